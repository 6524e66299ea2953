package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Each test here is an incident, or an ordinary day, that an evaluator can get wrong.

// TestHungDiskOfTheLeader: the leader's disk hangs, another member is elected, and the old leader keeps answering
// Status with its old term, as a leader.
func TestHungDiskOfTheLeader(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(20, 2*time.Millisecond) })
	old := s.member(1)
	term, leader := old.status.RaftTerm, old.status.Leader
	s.elect(s.member(2).id)
	old.status.RaftTerm, old.status.Leader = term, leader
	old.metrics.ProposalsPending = probe.Known(3)
	a := s.run(20*time.Second, func() {
		for _, m := range s.members[1:] {
			m.fsync(20, 2*time.Millisecond)
			m.status.RaftIndex += 20
			m.status.RaftAppliedIndex += 20
		}
	})
	if a.Cluster.HealthyVoters != 2 || a.Cluster.Leader.Label != "etcd-2" || a.Members[0].Role == RoleLeader ||
		a.Members[0].Healthy {
		t.Errorf("the old leader counts: %+v, %+v", a.Cluster, a.Members[0])
	}
	if got := finding(&a, VoterUnhealthy, "etcd-1"); got.Level != Warning {
		t.Errorf("voter-unhealthy: %+v", got)
	}
	saysFinding(t, &a, VoterUnhealthy, "etcd-1")
	if got := finding(&a, WALFsyncSlow, "etcd-1"); got.Level != Unknown {
		t.Errorf("a disk on which no fsync returns: %+v", got)
	}
	saysFinding(t, &a, WALFsyncSlow, "etcd-1")
	if got := a.Members[1].CanLose; got.Verdict != LossNo || got.Ground != GroundQuorum {
		t.Errorf("losing the new leader: %+v", got)
	} else {
		says(t, "losing the new leader", got.Reason)
	}
}

// TestHungDiskOfAFollower: no election follows; the follower stops applying.
func TestHungDiskOfAFollower(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	write := func() {
		for _, m := range s.members[:2] {
			m.status.RaftIndex += 20
			m.status.RaftAppliedIndex += 20
		}
	}
	a := s.run(5*time.Second, write)
	if finding(&a, FollowerStuck, "etcd-3").Level != OK {
		t.Error("a follower that is 4 s behind is blamed")
	}
	a = s.run(5*time.Second, write)
	if got := finding(&a, FollowerStuck, "etcd-3"); got.Level != Warning || a.Members[2].Healthy ||
		a.Cluster.HealthyVoters != 2 {
		t.Errorf("a stuck follower: %+v, healthy %v", got, a.Members[2].Healthy)
	}
	if a.Reading.Cause != CauseVoterUnhealthy {
		t.Errorf("reading: %+v", a.Reading)
	}
	a = s.run(3*time.Second, func() {
		write()
		s.member(3).status = s.member(2).status
		s.member(3).status.MemberID = s.member(3).id
	})
	if got := finding(&a, FollowerStuck, "etcd-3"); !a.Members[2].Healthy || got.Level > Notice {
		t.Errorf("it has caught up: %+v", got)
	}
}

// TestBusyFollowerIsNotStuck: a follower is always a little behind a busy leader.
func TestBusyFollowerIsNotStuck(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for range 60 {
		for i, m := range s.members {
			m.status.RaftIndex += 500
			if i > 0 {
				m.status.RaftIndex = s.member(1).status.RaftIndex - 400
			}
			m.status.RaftAppliedIndex = m.status.RaftIndex
		}
		if a := s.observe(); a.Cluster.HealthyVoters != 3 || len(alarming(&a)) > 0 {
			t.Fatalf("after %v: %+v, %q", s.now.Sub(epoch), a.Cluster, alarming(&a))
		}
	}
}

// TestLeaderIsKilled: followers keep naming the dead leader until their election timeout, 5 s and more on RKE2.
func TestLeaderIsKilled(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.read = s.now
	}
	s.run(5*time.Second, nil)
	s.member(1).down = errRefused
	for range 8 { // the others still follow it
		a := s.observe()
		if !a.Cluster.Leader.IsZero() || a.Cluster.HealthyVoters != 0 {
			t.Fatalf("%v after its death: leader %q, %d healthy", a.At.Sub(epoch), a.Cluster.Leader.Label,
				a.Cluster.HealthyVoters)
		}
		if strings.Contains(a.Reading.Text, "Quorum is held") {
			t.Fatalf("reading: %s", a.Reading.Text)
		}
	}
	if a := s.observe(); finding(&a, QuorumLost, "").Level != Critical {
		t.Error("8 s in which no write can commit are no lost quorum")
	}
	s.elect(s.member(2).id)
	s.observe()
	got := newest(s.evaluator, EventLeader)
	if got.Lasted != 9*time.Second || got.Error != time.Second {
		t.Errorf("event: %+v", got)
	}
	says(t, "", got.Text)
}

// TestLeaderOutOfReach: the leader is out of our reach but not of the cluster's, as reads prove.
func TestLeaderOutOfReach(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(1).down = &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
	a := s.run(5*time.Second, func() { s.member(2).read = s.now })
	if a.Cluster.Leader.Label != "etcd-1" || a.Cluster.HealthyVoters != 2 {
		t.Errorf("leader %q, %d healthy: want etcd-1 and 2", a.Cluster.Leader.Label, a.Cluster.HealthyVoters)
	}
	s.member(3).down = s.member(1).down
	a = s.run(5*time.Second, func() { s.member(2).read = s.now })
	if got := finding(&a, QuorumLost, ""); got.Level != OK {
		t.Errorf("quorum-lost although a read has just succeeded: %+v", got)
	}
	if got := a.Members[1].CanLose; got.Verdict != LossUnknown || got.Ground == "" {
		t.Errorf("losing the one we can reach: %+v", got)
	} else {
		says(t, "losing the one we can reach", got.Reason)
	}
	s.elect(0) // now it loses its leader, and the last read proves nothing any more
	a = s.run(6*time.Second, nil)
	if got := finding(&a, QuorumLost, ""); got.Level != Critical || a.Members[1].CanLose.Verdict != LossNo {
		t.Errorf("without a leader: %+v, losing etcd-2 %+v", got, a.Members[1].CanLose)
	}
}

// TestStrayEndpoint: a given endpoint is not in the member list: a typo, or a node that was replaced.
func TestStrayEndpoint(t *testing.T) {
	t.Parallel()
	s := newScene(t, 4, Options{})
	stray := s.member(4)
	stray.unlisted, stray.id, stray.name, stray.down = true, 0, "", errRefused
	s.observe()
	a := s.observe()
	if a.Cluster.Voters != 3 || a.Cluster.HealthyVoters != 3 || a.Cluster.Quorum != 2 {
		t.Errorf("it counts as a voter: %+v", a.Cluster)
	}
	if len(alarming(&a)) > 0 || a.Level != Notice {
		t.Errorf("%s, %q, %q", a.Level, alarming(&a), a.Reading.Text)
	}
	saysReading(t, &a)
}

// TestLearnerNeverStarted: "member add --learner" was run, and the process was not started yet.
func TestLearnerNeverStarted(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.observe()
	learner := s.add("")
	learner.learner, learner.down = true, &probe.Error{Kind: probe.ErrUnreachable, Text: "it has no client URL"}
	sweep := s.sweep()
	m := &sweep.Members[3]
	m.ClientURLs, m.Endpoint, m.PeerURLs = nil, "", []string{"http://10.0.0.4:2380"}
	a := s.evaluator.Observe(sweep)
	f := finding(&a, MemberUnreachable, "10.0.0.4:2380")
	if f.Level != Notice || a.Level != Notice {
		t.Errorf("%s: %+v", a.Level, f)
	}
	says(t, "", f.Summary+"\n"+a.Reading.Next)
}

// TestSlowMemberAnswersLate: a member with a slow disk is late now and then, which must not resolve its findings.
func TestSlowMemberAnswersLate(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(5*time.Second, func() { s.work(50, 2*time.Millisecond) })
	var a Assessment
	firing := 0
	for i := range 120 {
		s.member(2).hung = time.Time{}
		if i%12 == 11 {
			s.member(2).hung = s.now.Add(-1500 * time.Millisecond)
		}
		s.work(50, 2*time.Millisecond)
		if i%12 != 11 {
			s.member(2).fsync(50, 2*time.Second)
		}
		a = s.observe()
		if finding(&a, WALFsyncSlow, "etcd-2").Level == Critical {
			firing++
		} else if firing > 0 {
			t.Fatalf("it fired, and after %d more sweeps it is %+v", firing, finding(&a, WALFsyncSlow, "etcd-2"))
		}
	}
	if firing < 80 {
		t.Errorf("firing in %d of 120 sweeps", firing)
	}
	if n := count(s.evaluator, EventResolved); n > 10 { // of member-late only
		t.Errorf("%d events of something resolved", n)
	}
	for _, event := range s.evaluator.Events(maxEvents) {
		if event.Kind == EventResolved && event.Rule == WALFsyncSlow {
			t.Errorf("a late answer has resolved it: %+v", event)
		}
	}
}

// TestOneStall: the disk stalls once. At no interval is that a slow disk.
func TestOneStall(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Second, 2 * time.Second, 6 * time.Second, 10 * time.Second,
		time.Minute} {
		s := newScene(t, 3, Options{})
		s.interval = interval
		s.run(20*interval, func() { s.work(200, 2*time.Millisecond) })
		s.member(2).fsync(30, 2*time.Second)
		for range 20 {
			s.work(200, 2*time.Millisecond)
			if a := s.observe(); len(alarming(&a)) > 0 {
				t.Fatalf("every %v: %q", interval, alarming(&a))
			}
		}
	}
}

// TestHungThenDown: a member that is late and then down has not answered in between, so its outage began when it
// stopped answering.
func TestHungThenDown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	hung := s.now
	s.member(2).hung = hung
	s.run(5*time.Second, nil)
	s.member(2).down = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	a := s.run(5*time.Second, nil)
	if !a.Members[1].DownSince.Equal(hung) || !finding(&a, MemberUnreachable, "etcd-2").Since.Equal(hung) {
		t.Errorf("down since %v, found since %v: want %v", a.Members[1].DownSince,
			finding(&a, MemberUnreachable, "etcd-2").Since, hung)
	}
	s.member(2).down, s.member(2).hung = nil, time.Time{}
	s.observe()
	var texts []string
	for _, event := range s.evaluator.Events(maxEvents) {
		if event.Member.Label == "etcd-2" {
			texts = append(texts, event.Text)
		}
	}
	want := []string{"etcd-2 does not answer", "etcd-2 is down (no answer in time)",
		"etcd-2 is back after 10s, caught up"}
	if !slices.Equal(texts, want) {
		t.Errorf("events %q, want %q", texts, want)
	}
}

// TestQuorumEvents: quorum at risk, lost, at risk again, and back: one event each.
func TestQuorumEvents(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.member(2).down = errRefused
	s.run(5*time.Second, nil)
	s.member(3).down = errRefused
	s.run(5*time.Second, nil)
	s.member(3).down = nil
	s.run(5*time.Second, nil)
	s.member(2).down = nil
	s.run(5*time.Second, nil)
	var texts []string
	for _, event := range s.evaluator.Events(maxEvents) {
		if event.Rule == QuorumAtRisk || event.Rule == QuorumLost {
			texts = append(texts, string(event.Kind)+" "+string(event.Rule)+" "+event.Lasted.String())
		}
	}
	want := []string{"firing quorum-at-risk 5s", "firing quorum-at-risk 15s", "firing quorum-lost 5s",
		"resolved quorum-lost 5s", "resolved quorum-at-risk 15s"}
	if !slices.Equal(texts, want) {
		t.Errorf("events %q, want %q", texts, want)
	}
}

// TestLeaderIsBack: findings about facts resolve at once.
func TestLeaderIsBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.elect(0)
	s.run(70*time.Second, nil)
	s.elect(s.member(2).id)
	if a := s.observe(); a.Level != OK || a.Reading.Cause != CauseHealthy {
		t.Errorf("%s: %s, %q", a.Level, a.Reading.Text, alarming(&a))
	}
}

// TestCoolingDownIsNoAlarm: a value that is back below its limit is reported as such, and blamed for nothing.
func TestCoolingDownIsNoAlarm(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(1).status.DBSizeBytes = 7 << 30
	s.run(20*time.Second, nil)
	s.member(1).status.DBSizeBytes = 1 << 30
	a := s.observe()
	f := finding(&a, DBQuotaNear, "etcd-1")
	if !f.Resolving() && f.Level > OK || a.Level > Notice || a.Reading.Cause != CauseHealthy {
		t.Errorf("%s, %s: %+v", a.Level, a.Reading.Text, f)
	}
	for _, want := range []string{"just now", "for 1s"} {
		if f = finding(&a, DBQuotaNear, "etcd-1"); !strings.HasSuffix(f.Summary, "; back below the limit "+want) {
			t.Errorf("%q, want that it is back below the limit %s", f.Summary, want)
		}
		a = s.observe()
	}
	s = newScene(t, 3, Options{})
	s.run(40*time.Second, func() { s.work(50, 300*time.Millisecond) })
	a = s.run(25*time.Second, func() { s.work(50, 2*time.Millisecond) })
	f = finding(&a, WALFsyncSlow, "etcd-1")
	if !f.Resolving() || f.Level != Notice || a.Reading.Cause != CauseHealthy {
		t.Errorf("%s: %+v", a.Reading.Text, f)
	}
	for _, event := range s.evaluator.Events(maxEvents) {
		if event.Active {
			t.Errorf("still active: %+v", event)
		}
	}
}

// TestMemberIsBackAfterAnOutage: its window is empty, but this is no first sweep.
func TestMemberIsBackAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, 2*time.Millisecond) })
	s.member(2).down = errRefused
	s.run(40*time.Second, func() { s.work(50, 2*time.Millisecond) })
	s.member(2).down = nil
	s.member(2).restart(s.now)
	if a := s.observe(); a.Level > Notice || a.Reading.Cause != CauseHealthy {
		t.Errorf("%s: %s", a.Level, a.Reading.Text)
	}
}

// TestCrashLoopHidesNoFlapping: restarts of a follower explain no leader changes.
func TestCrashLoopHidesNoFlapping(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	var a Assessment
	for i := range 10 {
		s.elect(s.member(i%2 + 1).id)
		s.member(3).restart(s.now)
		a = s.run(20*time.Second, nil)
	}
	if got := finding(&a, LeaderChanging, ""); got.Level != Critical {
		t.Errorf("10 elections in 200 s: %+v", got)
	}
}

// TestAnotherCluster: one of the members belongs to another cluster.
func TestAnotherCluster(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	s.member(5).status.ClusterID = 0xdead
	a := s.run(10*time.Second, nil)
	if f := finding(&a, VoterUnhealthy, "etcd-5"); f.Level != Warning {
		t.Errorf("%+v", f)
	} else {
		says(t, "", f.Summary)
	}
}

// TestSweepIsNotChanged: callers may keep using a sweep after Observe.
func TestSweepIsNotChanged(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	s.member(1).down = errRefused
	sweep := s.sweep()
	alarms := []probe.Alarm{{Type: "NOSPACE", Member: 0xa1}, {Type: "CORRUPT", Member: 0xa0},
		{Type: "CORRUPT", Member: 0xa0}}
	sweep.Alarms.Value = slices.Clone(alarms)
	s.evaluator.Observe(sweep)
	if !slices.Equal(sweep.Alarms.Value, alarms) {
		t.Errorf("the alarms became %v", sweep.Alarms.Value)
	}
}

// TestAlarmsAreReported: each alarm has its own finding, and an old alarm list proves nothing.
func TestAlarmsAreReported(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: 0xa1}, {Type: "CORRUPT", Member: 0xa0}}
	}
	a := s.observe()
	if got := finding(&a, AlarmNoSpace, "").Summary; got != "NOSPACE raised by etcd-2" {
		t.Errorf("NOSPACE: %q", got)
	}
	s = newScene(t, 1, Options{})
	s.member(1).status.RaftAppliedIndex = 0 // 3.3: Status names no alarms
	sweep := s.sweep()
	sweep.Alarms.At = s.now.Add(-time.Minute)
	a = s.evaluator.Observe(sweep)
	if got := finding(&a, AlarmNoSpace, "").Level; got != Unknown {
		t.Errorf("a list that is a minute old says %s", got)
	}
}

// TestAnAlarmGaugeThatStaysUp: etcd's own gauge outlives an alarm that more than one put had raised.
func TestAnAlarmGaugeThatStaysUp(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).metrics.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: s.member(2).id}}
	if a := s.observe(); len(a.Cluster.Alarms) != 0 {
		t.Errorf("no member's Status names an alarm, and found are %v", a.Cluster.Alarms)
	}
	for _, m := range s.members {
		m.status.RaftAppliedIndex = 0 // 3.3: Status names no alarms
	}
	if a := s.observe(); len(a.Cluster.Alarms) != 0 {
		t.Errorf("the list of alarms is empty, and found are %v", a.Cluster.Alarms)
	}
	sweep := s.sweep()
	sweep.Alarms = probe.Fact[[]probe.Alarm]{}
	if a := s.evaluator.Observe(sweep); len(a.Cluster.Alarms) != 1 {
		t.Errorf("only the metrics know of the alarm, and found are %v", a.Cluster.Alarms)
	}
}

// TestLeaderChangesAreOneFinding of the cluster, and one row of the events, however many members count them. It names
// who counted where not all did.
func TestLeaderChangesAreOneFinding(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(10*time.Second, nil)
	for i := range 4 {
		s.elect(s.member(i%2 + 1).id)
		a = s.run(20*time.Second, nil)
	}
	found := 0
	for i := range a.Findings {
		if a.Findings[i].Rule == LeaderChanging {
			found++
		}
	}
	if f := finding(&a, LeaderChanging, ""); found != 1 || f.Severity != Critical || f.Value.Or(0) != 4 ||
		strings.Contains(f.Summary, "etcd-") {
		t.Errorf("%d findings: %+v", found, f)
	}
	if n := countEvents(s.evaluator, LeaderChanging); n != 1 {
		t.Errorf("%d events of it", n)
	}
	for i := range a.Members {
		if got := a.Members[i].CanLose; got.Verdict != LossRisk || got.Ground != GroundIncident {
			t.Errorf("losing %s: %+v", a.Members[i].Label, got)
		}
	}
	m := s.member(2)
	m.metrics.LeaderChanges = m.metrics.LeaderChanges.Plus(probe.Known(1))
	a = s.observe()
	if f := finding(&a, LeaderChanging, ""); f.Value.Or(0) != 5 || !strings.Contains(f.Summary, "as etcd-2 saw it") {
		t.Errorf("one saw more: %q", f.Summary)
	}
}

// countEvents counts the events of a rule.
func countEvents(e *Evaluator, rule RuleID) (n int) {
	for _, event := range e.Events(maxEvents) {
		if event.Rule == rule {
			n++
		}
	}
	return n
}
