package thresholds

import (
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// count advances the members' counters.
func (s *scene) count(n float64) {
	for _, m := range s.members {
		for _, c := range []*probe.Value{
			&m.metrics.LeaderChanges, &m.metrics.HeartbeatSendFailures, &m.metrics.SlowApplies,
			&m.metrics.SlowReadIndexes, &m.metrics.LeasesGranted,
		} {
			*c = c.Plus(probe.Known(n))
		}
	}
}

// TestObserverSlept: a laptop was suspended for hours. Its monotonic clock stood still while the members kept
// counting.
func TestObserverSlept(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.now = time.Now() // with a monotonic reading
	for _, m := range s.members {
		m.metrics.StartTime = probe.Known(float64(s.now.Add(-time.Hour).Unix()))
	}
	s.run(time.Minute, func() { s.work(50, 2*time.Millisecond) })
	s.count(60) // during the hours of sleep
	s.evaluator.lastSweepEnd = s.evaluator.lastSweepEnd.Add(-8 * time.Hour)
	a := s.observe()
	if a.Reading.Cause != CauseFirstSweep {
		t.Errorf("after the sleep: %s (%s), want a first sweep", a.Reading.Cause, a.Reading.Text)
	}
	for range 60 {
		s.work(50, 2*time.Millisecond)
		if a = s.observe(); a.Level > OK {
			t.Fatalf("counts from during the sleep belong to this moment: %s: %v", a.Reading.Text, a.Findings)
		}
	}
}

// TestClockGoesBack: the observer's clock is set back by an hour. Whatever is seen from then on counts, and nothing
// waits for the hour to pass.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(3).status.RaftIndex -= 100 // it is behind, and stuck by now
	s.run(time.Minute, func() { s.work(50, 2*time.Millisecond) })
	s.marks = []probe.Mark{{At: s.now, Text: "reboot", Member: "etcd-2"}}
	s.run(time.Second, nil)
	events := len(s.evaluator.Events(100))
	s.now = s.now.Add(-time.Hour)
	back := s.now
	a := s.observe()
	if got := s.evaluator.Events(100); a.Reading.Cause == CauseHealthy || len(got) != events {
		t.Errorf("as soon as the clock is set: %s, new events %v", a.Reading.Cause, got[events:])
	}
	s.member(3).status.RaftIndex += 100
	a = s.run(time.Minute, func() {
		s.work(50, 2*time.Millisecond)
		s.member(2).fsync(50, 200*time.Millisecond)
	})
	if f := finding(&a, WALFsyncSlow, "etcd-2"); f.Level != Warning || f.Since.Before(back) {
		t.Errorf("etcd-2's disk is slow since the clock was set: %s since %v", f.Level, f.Since)
	}
	if f := finding(&a, FollowerStuck, "etcd-3"); f.Rule != "" {
		t.Errorf("etcd-3 has caught up: %s", f.Summary)
	}
	columns := s.evaluator.History().Columns(key(s, 2), RaftTerm, a.At, time.Minute, 10)
	if slices.ContainsFunc(columns, func(v probe.Value) bool { return !v.IsKnown() }) {
		t.Errorf("the minute since has gaps: %v", columns)
	}
	s.member(2).hung = s.now
	if a = s.run(5*time.Second, nil); a.Members[1].State != StateLate ||
		finding(&a, MemberLate, "etcd-2").Expected != "" {
		t.Errorf("etcd-2 hangs: %s, expected %q by a mark of another hour", a.Members[1].State,
			finding(&a, MemberLate, "etcd-2").Expected)
	}
	for _, event := range s.evaluator.Events(100) {
		if event.Lasted < 0 {
			t.Errorf("lasted %v: %+v", event.Lasted, event)
		}
	}
}

// TestHungSinceBeforeTheClockWentBack: the request was sent at a time that is now in the future.
func TestHungSinceBeforeTheClockWentBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, nil)
	s.member(3).hung = s.now
	s.run(500*time.Millisecond, nil)
	s.now = s.now.Add(-time.Hour)
	a := s.run(5*time.Second, nil)
	if a.Members[2].State != StateLate || finding(&a, MemberLate, "etcd-3").Level != Warning ||
		a.Cluster.HealthyVoters != 2 {
		t.Errorf("etcd-3 is %s (%s), %d healthy", a.Members[2].State, finding(&a, MemberLate, "etcd-3").Summary,
			a.Cluster.HealthyVoters)
	}
	if got := verdicts(&a); got[0] != LossNo {
		t.Errorf("verdicts %v, want no while etcd-3 hangs", got)
	}
}

// TestGap: an hour without a sweep does not prove that anything held for the hour.
func TestGap(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(time.Minute, func() { s.work(50, 2*time.Millisecond) })
	s.member(2).metrics.ProposalsPending = probe.Known(200)
	s.observe()
	s.now = s.now.Add(time.Hour)
	a := s.observe()
	if f := finding(&a, ProposalsQueued, "etcd-2"); f.Rule != "" {
		t.Errorf("seen twice, an hour apart: %s: %s", f.Level, f.Summary)
	}
	if f := finding(&a, WALFsyncSlow, "etcd-1"); f.Level != Unknown {
		t.Errorf("one sweep after an hour: the disk is %s, want unknown", f.Level)
	}
	if a = s.run(20*time.Second, nil); finding(&a, ProposalsQueued, "etcd-2").Level != Warning {
		t.Errorf("they wait on: %+v", finding(&a, ProposalsQueued, "etcd-2"))
	}
	s.now = s.now.Add(time.Hour)
	if a = s.observe(); finding(&a, ProposalsQueued, "etcd-2").Level != Warning {
		t.Errorf("the finding is not firing any more: %+v", finding(&a, ProposalsQueued, "etcd-2"))
	}
}

// TestIntervals: at any interval, a healthy cluster is healthy, and a dead member and a slow disk are found.
func TestIntervals(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{100 * time.Millisecond, time.Minute, 10 * time.Minute} {
		s := newScene(t, 3, Options{})
		s.interval = interval
		s.observe()
		for range 20 {
			s.work(100, 2*time.Millisecond)
			if a := s.observe(); a.Level > OK {
				t.Fatalf("every %v: %s: %v", interval, a.Reading.Text, a.Findings)
			}
		}
		slow := func() {
			s.work(50, 2*time.Millisecond)
			s.member(2).fsync(50, 200*time.Millisecond)
		}
		if a := s.run(max(10*interval, 40*time.Second), slow); finding(&a, WALFsyncSlow, "etcd-2").Level != Warning {
			t.Errorf("every %v: a slow disk is %+v", interval, finding(&a, WALFsyncSlow, "etcd-2"))
		}
		s.member(3).down = errRefused
		if a := s.observe(); finding(&a, MemberUnreachable, "etcd-3").Level != Warning {
			t.Errorf("every %v: a dead member is %+v", interval, finding(&a, MemberUnreachable, "etcd-3"))
		}
	}
}

// TestMembersClockIsSet: the start time that a process reports moves with its host's clock, which is no restart.
func TestMembersClockIsSet(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	dated := func(step time.Duration) func() {
		return func() {
			for _, m := range s.members {
				m.metrics.Date = s.now.Truncate(time.Second)
			}
			m := &s.member(2).metrics
			m.Date = s.now.Add(step).Truncate(time.Second)
			m.StartTime = probe.Known(float64(epoch.Add(step - time.Hour).Unix()))
		}
	}
	s.run(10*time.Second, dated(0))
	s.run(10*time.Second, dated(40*time.Second))
	restarted := func() (n int) {
		for _, event := range s.evaluator.Events(100) {
			if event.Kind == EventRestarted {
				n++
			}
		}
		return n
	}
	if n := restarted(); n != 0 {
		t.Errorf("its clock was set ahead: %d restarts", n)
	}
	s.member(2).restart(epoch.Add(20 * time.Second))
	start := s.member(2).metrics.StartTime
	s.run(10*time.Second, func() {
		dated(0)()
		s.member(2).metrics.StartTime = start
	})
	if n := restarted(); n != 1 {
		t.Errorf("it restarted: %d restarts", n)
	}
}
