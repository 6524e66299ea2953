package thresholds

import (
	"testing"
	"time"
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
