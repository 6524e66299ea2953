package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// membersOf are so many members that answer, in an assessment whose member list is known.
func membersOf(n int) *Assessment {
	a := &Assessment{At: epoch, Cluster: Cluster{MemberListKnown: true}}
	for i := range n {
		key := string(rune('1' + i))
		a.Members = append(a.Members, Member{MemberRef: MemberRef{Key: key, Label: "etcd-" + key}, State: StateOK})
	}
	return a
}

func TestRebuildInQuestion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		warranted Warrant
		known     bool
		want      bool
	}{
		{WarrantIfGone, true, true}, {WarrantUnknown, true, true}, {WarrantUnknown, false, false},
		{WarrantNo, true, false}, {"", true, false},
	} {
		a := membersOf(3)
		a.Recovery.Warranted, a.Cluster.MemberListKnown = test.warranted, test.known
		if got := a.RebuildInQuestion(); got != test.want {
			t.Errorf("%q, member list known %t: %t", test.warranted, test.known, got)
		}
	}
}

func TestRollingApplies(t *testing.T) {
	t.Parallel()
	proxied, unlisted, down := membersOf(2), membersOf(3), membersOf(3)
	proxied.Members[1].Stray = true
	unlisted.Cluster.MemberListKnown = false
	down.Members[1].State, down.Members[2].State = StateDown, StateDown
	for name, test := range map[string]struct {
		a    *Assessment
		want bool
	}{
		"one": {membersOf(1), false}, "two": {membersOf(2), true}, "one and a proxy": {proxied, false},
		"member list not known": {unlisted, false}, "one of three answers": {down, true}, "none": {membersOf(0), false},
	} {
		if got := test.a.RollingApplies(); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestSafeWhileWaiting(t *testing.T) {
	t.Parallel()
	for phase, want := range map[Phase]bool{
		PhaseWait: true, PhaseUnknown: true, PhaseOrder: false, PhaseNext: false, PhaseDone: false,
	} {
		a := membersOf(3)
		a.Rolling.Phase, a.Members[1].CanLose.Verdict = phase, LossSafe
		if got := a.SafeWhileWaiting(); got != want {
			t.Errorf("%s: %t", phase, got)
		}
		a.Members[1].State = StateDown
		if a.SafeWhileWaiting() {
			t.Errorf("%s: only a member that is lost already is safe to lose", phase)
		}
		a.Members[1].State, a.Members[1].Stray = StateOK, true
		if a.SafeWhileWaiting() {
			t.Errorf("%s: only what is no member is safe to lose", phase)
		}
	}
}

func TestAgeOf(t *testing.T) {
	t.Parallel()
	a := membersOf(1)
	m := &a.Members[0]
	m.Age = 3 * time.Second
	if got := a.AgeOf(m, epoch.Add(2*time.Second)); got != 5*time.Second {
		t.Errorf("it answered 3 s before the assessment of 2 s ago: %s", got)
	}
	m.State, m.DownSince = StateDown, epoch.Add(-time.Minute)
	if got := a.AgeOf(m, epoch.Add(2*time.Second)); got != time.Minute {
		t.Errorf("down for a minute by the assessment: %s", got)
	}
}

func TestVersionIsStale(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		m    Member
		want bool
	}{
		{Member{State: StateOK}, false}, {Member{State: StateOK, Stale: true}, true},
		{Member{State: StateDown}, true}, {Member{State: StateOK, Stale: true, Dumped: true}, false},
		{Member{State: StateOK, MetricsStale: true, Dumped: true}, true}, {Member{State: StateLate}, false},
	} {
		if got := test.m.VersionIsStale(); got != test.want {
			t.Errorf("%s, stale %t, dumped %t: %t", test.m.State, test.m.Stale, test.m.Dumped, got)
		}
	}
}

func TestDisconnected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		active probe.Value
		want   bool
	}{{probe.Known(0), true}, {probe.Known(1), false}, {probe.Value{}, false}} {
		if p := (Peer{Active: test.active}); p.Disconnected() != test.want {
			t.Errorf("%v connections: %t", test.active, !test.want)
		}
	}
}

// TestAlarmOf takes the level from the rule's finding, and the worst alarm of several.
func TestAlarmOf(t *testing.T) {
	t.Parallel()
	a := membersOf(3)
	one, two, three := &a.Members[0], &a.Members[1], &a.Members[2]
	three.NeverSeen = true
	if alarm, _, known := a.AlarmOf(one); alarm != nil || known {
		t.Errorf("nobody says which are raised: %v, known %t", alarm, known)
	}
	a.Cluster.AlarmsKnown = true
	a.Cluster.Alarms = []ClusterAlarm{{"CORRUPT", one.MemberRef}, {"NOSPACE", one.MemberRef}, {"NEW", two.MemberRef}}
	a.Findings = []Finding{{Rule: AlarmCorrupt, Level: Warning}, {Rule: AlarmNoSpace, Level: Critical}}
	if alarm, level, _ := a.AlarmOf(one); alarm == nil || alarm.Type != "NOSPACE" || level != Critical {
		t.Errorf("two alarms: %v %s", alarm, level)
	}
	if alarm, level, _ := a.AlarmOf(two); alarm == nil || alarm.Type != "NEW" || level != Unknown {
		t.Errorf("an alarm without a rule: %v %s", alarm, level)
	}
	if alarm, _, known := a.AlarmOf(three); alarm != nil || known {
		t.Errorf("a member that was never seen: %v, known %t", alarm, known)
	}
}

func TestLimitBase(t *testing.T) {
	t.Parallel()
	a := membersOf(3)
	if got := LimitBase(a.Members, DBSize); got != 0 {
		t.Errorf("no quota is known: %v", got)
	}
	a.Members[1].Vitals[DBQuota], a.Members[2].Vitals[DBQuota] = probe.Known(8), probe.Known(2)
	if got := LimitBase(a.Members, DBSize); got != 2 {
		t.Errorf("the smallest quota: %v", got)
	}
	if got := LimitBase(a.Members[1:2], DBSize); got != 8 {
		t.Errorf("one member's own quota: %v", got)
	}
	if got := LimitBase(a.Members, WALFsyncP99); got != 1 {
		t.Errorf("no share: %v", got)
	}
}

// TestSurvivorsOfALeader: only the loss of a leader that leads others costs an election.
func TestSurvivorsOfALeader(t *testing.T) {
	t.Parallel()
	a := membersOf(3)
	a.Members[0].Role = RoleLeader
	if a.Survivors("1").Cost == "" || a.Survivors("2").Cost != "" || a.Survivors("").Cost != "" {
		t.Errorf("%q, %q, %q", a.Survivors("1").Cost, a.Survivors("2").Cost, a.Survivors("").Cost)
	}
	a = membersOf(1)
	a.Members[0].Role = RoleLeader
	if cost := a.Survivors("1").Cost; cost != "" {
		t.Errorf("alone: %q", cost)
	}
}
