package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// wants compares a finding with a level and words of its summary.
func wants(t *testing.T, a *Assessment, rule RuleID, member string, level Level) {
	t.Helper()
	f := finding(a, rule, member)
	if f.Level != level {
		t.Errorf("%s %s is %s %q, want %s", rule, member, f.Level, f.Summary, level)
	}
}

// wantInhibited wants a rule about a member to inhibit the finding.
func wantInhibited(t *testing.T, a *Assessment, rule RuleID, member string, because RuleID, of string) {
	t.Helper()
	if f := finding(a, rule, member); f.InhibitedBy != because || f.InhibitedByMember.Label != of {
		t.Errorf("%s %s is inhibited by %q %q, want %q %q", rule, member, f.InhibitedBy, f.InhibitedByMember.Label,
			because, of)
	}
}

// TestLearnerThatNeverRan has nothing to catch up with: it is to be started or removed, and no drain waits for it.
func TestLearnerThatNeverRan(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	s.add("etcd-4").learner = true
	s.neverStarted(4)
	a := s.run(10*time.Second, nil)
	f := finding(&a, LearnersPresent, "")
	says(t, "advice", f.Advice)
	if !strings.Contains(f.Advice, "etcd-4 was added and never ran: start it, or remove it") ||
		a.Reading.Step != "Start etcd on etcd-4, with an empty data directory" {
		t.Errorf("%s; %s", f.Advice, a.Reading.Step)
	}
	for _, step := range []string{"add etcd-5", "add etcd-5 learner"} {
		p, err := s.plan(&a, step)
		if err != nil || p.Verdict != LossNo || strings.Contains(p.Reason, "wait") {
			t.Errorf("%s: %v, %s, %s", step, err, p.Verdict, p.Reason)
		}
		says(t, step, p.Reason)
	}
	s.kill(3)
	a = s.run(10*time.Second, nil)
	if next := a.Reading.Next; !strings.Contains(next, "until etcd-3 is back") || strings.Contains(next, "etcd-4") {
		t.Errorf("beside a voter that is down: %s", next)
	}
}

func TestVoterCounts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		voters             int
		single, even, many Level
	}{
		{1, Notice, OK, OK}, {2, OK, Notice, OK}, {3, OK, OK, OK}, {4, OK, Notice, OK},
		{7, OK, OK, OK}, {8, OK, Notice, Notice}, {9, OK, OK, Notice},
	}
	for _, test := range tests {
		s := newScene(t, test.voters, Options{})
		s.observe()
		a := s.observe()
		wants(t, &a, SingleMember, "", test.single)
		wants(t, &a, VotersEven, "", test.even)
		wants(t, &a, VotersMany, "", test.many)
		if a.Reading.Cause != CauseHealthy {
			t.Errorf("%d voters: the reading is %s (%s), want healthy", test.voters, a.Reading.Cause, a.Reading.Text)
		}
	}
}

func learner(s *scene) *actor {
	m := s.add("etcd-9")
	m.learner, m.status.IsLearner = true, true
	return m
}

func TestLearnersPresent(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	m := learner(s)
	s.observe()
	a := s.observe()
	wants(t, &a, LearnersPresent, "", Notice)
	saysFinding(t, &a, LearnersPresent, "")
	wants(t, &a, VotersEven, "", OK)
	m.learner, m.status.IsLearner = false, false
	a = s.observe()
	wants(t, &a, LearnersPresent, "", OK)
	wants(t, &a, VotersEven, "", Notice)
	saysFinding(t, &a, VotersEven, "")
}

func TestLearnerStuck(t *testing.T) {
	t.Parallel()
	write := func(s *scene, n uint64) {
		for _, m := range s.members[:3] {
			m.status.RaftIndex += n
			m.status.RaftAppliedIndex += n
		}
	}
	tests := map[string]struct {
		start uint64
		act   func(s *scene, m *actor)
		after time.Duration
		level Level
	}{
		"catches up slowly": {100_000, func(_ *scene, m *actor) { m.status.RaftIndex += 20 }, 5 * time.Minute,
			OK},
		"keeps its distance": {100_000, func(_ *scene, m *actor) { m.status.RaftIndex += 10 }, 2 * time.Minute,
			Warning},
		"falls behind": {100_000, func(_ *scene, m *actor) { m.status.RaftIndex += 5 }, 2 * time.Minute,
			Warning},
		"near enough, some behind": {999_000, func(_ *scene, m *actor) { m.status.RaftIndex += 10 }, 2 * time.Minute,
			OK},
		"is stuck":         {100_000, nil, 2 * time.Minute, Warning},
		"just stopped":     {100_000, nil, 15 * time.Second, OK},
		"stopped for 15 s": {100_000, nil, 16 * time.Second, Notice},
		"stopped for 59 s": {100_000, nil, 60 * time.Second, Notice},
		"stopped for 60 s": {100_000, nil, 61 * time.Second, Warning},
		"is sent a snapshot": {0, func(_ *scene, m *actor) {
			m.metrics.Peers = map[probe.MemberID]probe.PeerMetrics{0xa0: {Active: probe.Known(1),
				SnapshotReceivesInflight: probe.Known(1)}}
		}, 5 * time.Minute, OK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			m := learner(s)
			write(s, 1_000_000-1000)
			m.status.RaftIndex, m.status.RaftAppliedIndex = test.start, test.start
			a := s.run(test.after, func() {
				write(s, 10)
				if test.act != nil {
					test.act(s, m)
				}
				m.status.RaftAppliedIndex = m.status.RaftIndex
			})
			wants(t, &a, LearnerStuck, "etcd-9", test.level)
			saysFinding(t, &a, LearnerStuck, "etcd-9")
			if test.level == OK {
				return
			}
			a = s.run(5*time.Minute, func() { // it catches up
				m.status.RaftIndex = min(m.status.RaftIndex+10_000, s.member(1).status.RaftIndex)
				m.status.RaftAppliedIndex = m.status.RaftIndex
			})
			wants(t, &a, LearnerStuck, "etcd-9", OK)
		})
	}
}

func TestLearnerDown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	m := learner(s)
	s.observe()
	m.down = errRefused
	a := s.run(2*time.Minute, nil)
	wants(t, &a, LearnerStuck, "etcd-9", Unknown)
	wantInhibited(t, &a, LearnerStuck, "etcd-9", MemberUnreachable, "")
}

func TestTwoLeaders(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.observe()
	s.member(2).status.Leader = s.member(2).id
	a := s.observe() // as a new leader says until it has applied an entry
	wants(t, &a, TwoLeaders, "", Notice)
	a = s.run(longElectionTimeout, nil)
	wants(t, &a, TwoLeaders, "", Critical)
	saysFinding(t, &a, TwoLeaders, "")

	s.member(2).status.RaftTerm = 8 // an election that not all have noticed
	a = s.observe()
	wants(t, &a, TwoLeaders, "", OK)

	s.member(2).status.RaftTerm = 7
	s.member(2).status.ClusterID = 0xc2
	a = s.run(longElectionTimeout+s.interval, nil)
	wants(t, &a, TwoLeaders, "", Critical)
	s.member(2).unlisted = true // an endpoint of another cluster
	a = s.observe()
	wants(t, &a, TwoLeaders, "", OK)
	s.member(2).unlisted = false
	s.member(2).status = s.member(3).status
	s.member(2).status.MemberID = s.member(2).id
	s.member(3).down = errRefused
	a = s.observe()
	wants(t, &a, TwoLeaders, "", Unknown)
	wantInhibited(t, &a, TwoLeaders, "", MemberUnreachable, "etcd-3")
}

// TestTwoLeadersAreAnIncidentAtOnce: before that is critical nobody is safe to lose, however many voters there are.
func TestTwoLeadersAreAnIncidentAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, 7, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(2).status.Leader = s.member(2).id
	a := s.observe()
	wants(t, &a, TwoLeaders, "", Notice)
	for i := range a.Members {
		if l := &a.Members[i].CanLose; l.Verdict == LossSafe {
			t.Errorf("%s is safe to lose: %s", a.Members[i].Label, l.Reason)
		}
	}
}

func TestClusterIDs(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.observe()
	s.member(3).status.ClusterID = 0xc2
	a := s.observe()
	wants(t, &a, ClusterIDMismatch, "", Warning)
	saysFinding(t, &a, ClusterIDMismatch, "")
	s.member(3).status.ClusterID = 0xc1
	a = s.observe()
	wants(t, &a, ClusterIDMismatch, "", OK)
}

func TestMemberLists(t *testing.T) {
	t.Parallel()
	gone := probe.Peer{ID: 0xb0, Name: "etcd-7", PeerURLs: []string{"http://etcd-7:2380"}}
	tests := map[string]struct {
		change func(list []probe.Peer) []probe.Peer
		level  Level
	}{
		"also has":     {func(l []probe.Peer) []probe.Peer { return append(l, gone) }, Warning},
		"lacks":        {func(l []probe.Peer) []probe.Peer { return l[1:] }, Warning},
		"as a learner": {func(l []probe.Peer) []probe.Peer { l[1].Learner = true; return l }, Warning},
		"elsewhere": {func(l []probe.Peer) []probe.Peer { l[1].PeerURLs = []string{"http://x:2380"}; return l },
			Warning},
		"in another order": {func(l []probe.Peer) []probe.Peer { l[0], l[2] = l[2], l[0]; return l }, OK},
		"without a name":   {func(l []probe.Peer) []probe.Peer { l[0].Name = ""; return l }, OK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.observe()
			s.member(3).list = test.change(s.list())
			a := s.run(30*time.Second, nil)
			wants(t, &a, MemberListMismatch, "", OK) // it may be about to learn
			a = s.observe()
			wants(t, &a, MemberListMismatch, "", test.level)
			saysFinding(t, &a, MemberListMismatch, "")
			s.member(3).list = nil
			a = s.observe()
			wants(t, &a, MemberListMismatch, "", OK)
		})
	}
}

func TestRemovedMemberRuns(t *testing.T) {
	t.Parallel()
	s := newScene(t, 4, Options{})
	s.observe()
	s.member(4).unlisted = true
	a := s.run(31*time.Second, nil)
	wants(t, &a, MemberListMismatch, "", Warning)
	saysFinding(t, &a, MemberListMismatch, "")
	wants(t, &a, ClusterIDMismatch, "", OK)
	s.member(4).down = errRefused
	a = s.observe()
	wants(t, &a, MemberListMismatch, "", OK)
}

func TestMemberListsMissing(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	s.member(3).list, s.member(3).noList = []probe.Peer{}, errRefused
	stale := s.sweep().Members[2].Peers
	for i := range 30 {
		sweep := s.sweep()
		sweep.Members[2].Peers.At, sweep.Members[2].Peers.Value = stale.At, sweep.Members[0].Peers.Value
		a := s.evaluator.Observe(sweep)
		s.now = s.now.Add(time.Second)
		want := OK
		if i > 10 {
			want = Unknown
		}
		wants(t, &a, MemberListMismatch, "", want)
	}
	s = newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	s.member(3).down = errRefused
	a := s.observe()
	wants(t, &a, MemberListMismatch, "", Unknown)
	wantInhibited(t, &a, MemberListMismatch, "", MemberUnreachable, "etcd-3")
}

func TestVersions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		versions string
		level    Level
	}{
		{"3.6.4 3.6.4 3.6.4", OK},
		{"3.6.4 3.6.4 3.6.5", Notice},
		{"3.6.4 3.6.4 3.7.0-rc.1", Notice},
		{"3.6.0 3.6.0 3.6.0-rc.1", Notice},
		{"3.5.9 3.6.4 3.6.4", Notice},
		{"3.5.9 3.6.4 3.7.0", Warning},
		{"2.3.8 3.0.0 3.0.0", Warning},
		{"3.6.4 3.6.4 trunk", Unknown},
		{"3.6.4 3.6.5 trunk", Notice},
		{"3.6.4 3.6.4 down", Unknown},
		{"3.6.4 3.6.5 down", Notice},
	}
	for _, test := range tests {
		s := newScene(t, 3, Options{})
		for i, version := range strings.Fields(test.versions) {
			s.members[i].status.Version = version
			if version == "down" {
				s.members[i].down = errRefused
			}
		}
		a := s.observe()
		wants(t, &a, VersionsMixed, "", test.level)
		says(t, test.versions, finding(&a, VersionsMixed, "").Summary)
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	ordered := []string{"3.4.39", "3.5-rc.1", "3.5", "3.5.1", "3.5.2-beta.1", "3.5.2-rc.0", "3.5.2-rc.9", "3.5.2-rc.10",
		"v3.5.2", "3.5.9+k3s1", "3.5.21", "3.10.0"}
	for i, text := range ordered {
		r, ok := parseVersion(text)
		if !ok {
			t.Errorf("%q can't be parsed", text)
		}
		for j, other := range ordered {
			o, _ := parseVersion(other)
			if got := r.Compare(o); got != compareInts(i, j) {
				t.Errorf("%s against %s: %d", text, other, got)
			}
		}
	}
	for _, text := range []string{"", "3", "3.x", "3.5.1.1", "-3.5.1", "not_decided", "3.5.99999999999999999999"} {
		if r, ok := parseVersion(text); ok {
			t.Errorf("%q is parsed as %+v", text, r)
		}
	}
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestSizesDiverge(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	tests := []struct {
		smallest float64 // of 1 GiB
		scale    float64
		level    Level
	}{
		{0.8001, 1, OK}, {0.8, 1, Notice}, {0.7999, 1, Notice},
		{0.5, 0.0976, OK}, {0.5, 0.0977, Notice}, // 100 MiB in use
	}
	for _, test := range tests {
		s := newScene(t, 3, Options{})
		for i, m := range s.members {
			size := gib * test.scale
			if i == 2 {
				size *= test.smallest
			}
			m.status.DBInUseBytes = int64(size)
		}
		a := s.run(5*time.Minute, nil)
		wants(t, &a, SizesDiverging, "", OK)
		a = s.observe()
		wants(t, &a, SizesDiverging, "", test.level)
		if test.level == Notice && test.smallest == 0.5 && test.scale == 0.0977 {
			wants(t, &a, SizesDiverging, "", Notice)
			saysFinding(t, &a, SizesDiverging, "")
		}
		s.member(3).down = errRefused
		a = s.observe()
		if test.scale == 1 {
			wants(t, &a, SizesDiverging, "", Unknown)
			wantInhibited(t, &a, SizesDiverging, "", MemberUnreachable, "etcd-3")
		}
	}
}

// TestListThatCannotBeUsed: a missing list is reported at once, with the reason.
func TestListThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	sweep := s.sweep()
	sweep.Members[0].Peers = probe.Fact[[]probe.Peer]{Err: &probe.Error{
		Kind: probe.ErrMalformed, Text: "its member list names 600 members: this is no etcd member",
	}}
	a := s.evaluator.Observe(sweep)
	wants(t, &a, MemberListMismatch, "", Unknown)
	saysFinding(t, &a, MemberListMismatch, "")
}
