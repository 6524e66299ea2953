package thresholds

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// observeWithout sweeps once as observe does, without waiting for a member's exposition if that is late.
func (s *scene) observeWithout(member int, late bool) Assessment {
	m := s.member(member)
	before, proofs := m.lastMetrics, maps.Clone(s.proofs)
	sweep := s.sweep()
	if late {
		before.Pending = s.now
		sweep.Members[member-1].Metrics, m.lastMetrics = before, before
		for ends, shown := range proofs {
			if ends[0] == m.id {
				s.proofs[ends] = shown
			}
		}
	}
	sweep.Took = min(s.interval/4, 500*time.Millisecond)
	a := s.evaluator.Observe(sweep)
	checkLaws(s.t, s, &a)
	s.now = s.now.Add(s.interval)
	return a
}

func allSafe(a *Assessment) bool {
	return !slices.ContainsFunc(verdicts(a), func(v Verdict) bool { return v != LossSafe })
}

// TestOneSlowScrapeChangesNoVerdict: a healthy cluster's verdicts bear one late exposition in four.
func TestOneSlowScrapeChangesNoVerdict(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second} {
		for member := range 3 {
			s := newScene(t, 3, Options{})
			s.interval = interval
			s.run(max(40*time.Second, 5*interval), func() { s.work(50, quickFsync) })
			for i := range 12 {
				s.work(50, quickFsync)
				if a := s.observeWithout(member+1, i%4 == 0); !allSafe(&a) {
					t.Fatalf("etcd-%d late, every %s, sweep %d: %v: %s", member+1, interval, i, verdicts(&a),
						a.Members[0].CanLose.Reason+a.Members[1].CanLose.Reason)
				}
			}
		}
	}
}

// TestLateMetricsHoldVerdicts: while the leader's metrics are late or can't be read, it is not known whether it hears
// the others; while a follower's are late, whether that one hears another follower. What would certainly cost the
// quorum still does.
func TestLateMetricsHoldVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name         string
		member, lost int
		unreadable   bool
	}{
		{"the leader's are late", 1, 2, false},
		{"the leader's can't be read", 1, 2, true},
		{"a follower's are late", 2, 1, false},
	} {
		s := newScene(t, 3, Options{})
		a := s.run(40*time.Second, func() { s.work(50, quickFsync) })
		seen := a.At
		next := func() {
			s.work(50, quickFsync)
			a = s.observeWithout(c.member, !c.unreadable)
		}
		if c.unreadable {
			s.member(c.member).noMetrics = errRefused
		}
		for range 12 {
			next()
			late := a.At.Sub(seen) > maxMomentAge(s.interval)
			if got := a.Members[c.lost-1].CanLose; late && got.Verdict != LossUnknown {
				t.Fatalf("%s for %s: %+v", c.name, a.At.Sub(seen), got)
			}
		}
		says(t, c.name, a.Members[c.lost-1].CanLose.Reason)
		s.member(3).down = errRefused
		for range 10 {
			next()
		}
		if got := verdicts(&a); got[0] != LossNo || got[1] != LossNo {
			t.Errorf("%s, with one down: %v: %s", c.name, got, a.Members[0].CanLose.Reason)
		}
	}
}

// TestAlwaysLate: from metrics that are always late the proof comes and goes, and the verdicts do not.
func TestAlwaysLate(t *testing.T) {
	t.Parallel()
	for by, want := range map[time.Duration]Verdict{
		400 * time.Millisecond: LossSafe, 1500 * time.Millisecond: LossUnknown, 2500 * time.Millisecond: LossUnknown,
		4900 * time.Millisecond: LossUnknown,
	} {
		s := newScene(t, 3, Options{})
		l := late{by: by}
		for range 90 {
			s.work(50, quickFsync)
			sweep := s.sweep()
			l.delay(&sweep.Members[0].Metrics, sweep.At)
			sweep.Took = s.interval / 4
			a := s.evaluator.Observe(sweep)
			s.now = s.now.Add(s.interval)
			if got := a.Members[1].CanLose; s.now.Sub(epoch) > 40*time.Second && got.Verdict != want {
				t.Fatalf("late by %s, after %s: %+v", by, s.now.Sub(epoch), got)
			}
		}
	}
}

// TestMutedFollowerBehindLateMetrics: a follower's messages stop to reach the leader, and any of the leader's
// expositions since are late. Nobody is SAFE to lose for a third sweep, and with all in time not for a second one that
// shows no messages.
func TestMutedFollowerBehindLateMetrics(t *testing.T) {
	t.Parallel()
	const sweeps = 4
	for pattern := range 1 << sweeps {
		for grew := range 2 { // by what arrived before, in the first sweep
			s := newScene(t, 3, Options{})
			s.run(40*time.Second, func() { s.work(50, quickFsync); s.hears(1) })
			var safe []bool
			for i := range sweeps {
				s.work(50, quickFsync)
				if i < grew {
					s.hears(1)
				} else {
					s.hears(1, 2)
				}
				a := s.observeWithout(1, pattern>>i&1 == 1)
				safe = append(safe, verdicts(&a)[2] == LossSafe)
			}
			if safe[2] || safe[3] || pattern == 0 && safe[grew] {
				t.Errorf("late %04b, of %d sweeps with messages: SAFE is %v", pattern, grew, safe)
			}
		}
	}
}

// TestFirstSweepIsHeardByReads: a single sweep shows no growth; a linearizable read through a follower shows that the
// leader hears it.
func TestFirstSweepIsHeardByReads(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ago  time.Duration
		err  *probe.Error
		want Verdict
	}{
		"just now":     {time.Second, nil, LossSafe},
		"before":       {time.Minute, nil, LossUnknown},
		"none":         {0, nil, LossUnknown},
		"unsuccessful": {time.Second, errTimeout, LossUnknown},
	} {
		s := newScene(t, 3, Options{Immediate: true, SinceStart: true})
		for _, m := range s.members {
			if c.ago > 0 {
				m.reads(s.now.Add(-c.ago), time.Millisecond, time.Millisecond)
			}
			m.linearizable.Err = c.err
		}
		a := s.observe()
		if got := a.Members[2].CanLose; got.Verdict != c.want {
			t.Errorf("%s: %+v", name, got)
		}
		if c.want == LossUnknown {
			says(t, name, a.Members[2].CanLose.Reason)
		}
	}
}
