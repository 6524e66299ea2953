package thresholds

import (
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestRestartedDiskIsJudgedByItsOwnFsyncs: what the process before wrote within the window says nothing about the disk
// now. The first fsyncs of the new process do, also while it writes nothing more.
func TestRestartedDiskIsJudgedByItsOwnFsyncs(t *testing.T) {
	t.Parallel()
	const fast, slow = 6 * time.Millisecond, 300 * time.Millisecond
	tests := map[string]struct {
		away  time.Duration
		boots func(*actor) // what the new process has written at its first answer
		want  Verdict
	}{
		"none has ended":                      {3 * time.Second, func(*actor) {}, LossUnknown},
		"none has ended, after a minute":      {time.Minute, func(*actor) {}, LossUnknown},
		"they are slow":                       {3 * time.Second, func(m *actor) { m.fsync(3, slow) }, LossRisk},
		"they are slow, after a minute":       {time.Minute, func(m *actor) { m.fsync(3, slow) }, LossRisk},
		"they are fast, and it is idle":       {3 * time.Second, func(m *actor) { m.fsync(3, fast) }, LossSafe},
		"they are fast, idle, after a minute": {time.Minute, func(m *actor) { m.fsync(3, fast) }, LossSafe},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 3, Options{})
			s.run(40*time.Second, func() { s.work(50, fast) })
			s.kill(3)
			s.run(test.away, func() { s.work(50, fast) })
			m := s.member(3)
			m.down = nil
			m.restart(s.now.Add(-500 * time.Millisecond))
			m.metrics.WALFsync, m.metrics.BackendCommit = unobserved(), unobserved()
			m.commit(3, fast)
			test.boots(m)
			var a Assessment
			var got CanLose
			for since := s.now; s.now.Sub(since) < 10*time.Second; {
				s.member(1).fsync(50, fast)
				s.member(2).fsync(50, fast)
				a = s.observe()
				if got = a.Members[1].CanLose; got.Verdict != test.want {
					t.Errorf("%s after its first answer: %s (%s; %s)", s.now.Sub(since)-s.interval, got.Verdict,
						got.Headline, got.Reason)
				}
			}
			if test.want == LossUnknown {
				says(t, "", got.Reason)
				if l := a.Members[2].WALFsync; !l.Last || !l.IsKnown() {
					t.Errorf("the column has %+v, want the last known value", l)
				}
			}
		})
	}
}

// TestRestartLeavesLinksMeasured: after a restart, the first round trips take as long as the start, at both links of
// the member. Once reads show that the leader's is quick again, so is the followers': it was quick before the restart,
// and carries all that is sent. Without that, it is not known.
func TestRestartLeavesLinksMeasured(t *testing.T) {
	t.Parallel()
	const quick, read = 2 * time.Millisecond, 5 * time.Millisecond
	tests := map[string]struct {
		before   time.Duration // round trips of the followers
		restarts bool
		after    func(*scene)
		unsure   bool
	}{
		"it carries":          {quick, true, func(*scene) {}, false},
		"it was slow before":  {60 * time.Millisecond, true, func(*scene) {}, true},
		"messages are lost":   {quick, true, func(s *scene) { s.peer(1, 3, failSends(1)) }, true},
		"one end has lost it": {quick, true, func(s *scene) { s.peer(3, 1, active(0)) }, true},
		"it did not restart":  {quick, false, func(*scene) {}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 3, Options{})
			s.elect(s.member(2).id)
			restarted, m := epoch.Add(2*time.Minute), s.member(3)
			unsure := time.Duration(0)
			for s.now.Before(restarted.Add(2 * time.Minute)) {
				after, slow := s.now.Sub(restarted), 40*time.Millisecond
				round := after%(30*time.Second) == 5*time.Second
				switch {
				case after == 0 && test.restarts:
					m.restart(s.now)
					m.fsync(3, quickFsync)
					m.metrics.Peers = nil
				case after > 0 && round:
					for range after / (30 * time.Second) {
						slow = slow * 4 / 10
					}
					s.seesRTT(1, 3, max(slow, quick))
					s.seesRTT(2, 3, max(slow, quick))
				case after < 0 && s.now.Unix()%30 == 5:
					s.rtt(1, 2, quick)
					s.rtt(2, 3, quick)
					s.rtt(1, 3, test.before)
				}
				s.writeWith()
				m.levelWith(s.member(1))
				if s.now.Unix()%5 == 0 {
					for _, m := range s.members {
						m.reads(s.now, read, quick)
					}
				}
				if after > 0 {
					test.after(s)
					if after < 10*time.Second {
						m.reads(m.linearizable.At, 300*time.Millisecond, quick)
					}
				}
				if a := s.observe(); after > 0 && a.Members[1].CanLose.Verdict == LossUnknown {
					unsure += s.interval
				}
			}
			if (unsure > 0) != test.unsure {
				t.Errorf("losing the leader was unknown for %s", unsure)
			}
		})
	}
}

// TestUnmeasuredLinksAreJudgedAlike: whether nothing measures one link or all of them, the verdict on the leader is the
// same while nothing is slow.
func TestUnmeasuredLinksAreJudgedAlike(t *testing.T) {
	t.Parallel()
	verdict := func(up time.Duration, all bool) (got []Verdict) {
		s := newScene(t, 3, Options{})
		s.elect(s.member(2).id)
		for _, m := range s.members {
			m.metrics.StartTime = known(epochSeconds(-up))
		}
		s.unprobed = all
		for range 60 {
			s.writeWith()
			for _, ends := range [...][2]int{{1, 3}, {3, 1}} {
				s.peer(ends[0], ends[1], func(p *probe.PeerMetrics) { p.RoundTrip = probe.Histogram{} })
			}
			a := s.observe()
			got = append(got, a.Members[1].CanLose.Verdict)
		}
		return got
	}
	for _, up := range []time.Duration{5 * time.Second, time.Minute, time.Hour} {
		if one, all := verdict(up, false), verdict(up, true); !slices.Equal(one, all) {
			t.Errorf("up for %s: one link is not measured: %v; none is: %v", up, one, all)
		}
	}
}
