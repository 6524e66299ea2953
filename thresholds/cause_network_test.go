package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestReadsThroughALink: a slow link is diagnosed only from evidence: how long reads take through a follower, from
// its own data, through the leader and through the others. Quick round trips count against it only if they are
// recent.
func TestReadsThroughALink(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	forget := func(of *probe.Fact[probe.Read]) { *of = probe.Fact[probe.Read]{} }
	tests := map[string]struct {
		act    func(s *scene)
		trips  time.Duration // over the link, every 30 s; 0: none is observed
		before time.Duration // the same, until then
		lasted time.Duration
		check  bool
		blamed bool
	}{
		"all known": {nil, 0, 0, 75 * time.Second, false, true},
		"its reads unknown": {func(s *scene) { forget(&s.member(2).linearizable) }, 0, 0, 75 * time.Second,
			false, false},
		"those of its own data unknown": {func(s *scene) { forget(&s.member(2).serializable) }, 0, 0, 75 * time.Second,
			false, false},
		"the leader's unknown": {func(s *scene) { forget(&s.member(1).linearizable) }, 0, 0, 75 * time.Second,
			false, false},
		"the other follower's unknown": {func(s *scene) { forget(&s.member(3).linearizable) }, 0, 0, 75 * time.Second,
			false, false},
		"one that does not end": {func(s *scene) {
			s.member(2).linearizable.Pending = s.now.Add(-3 * time.Second)
		}, 0, 0, 75 * time.Second, false, true},
		"quick round trips":              {nil, 2 * ms, 2 * ms, 75 * time.Second, false, false},
		"quick round trips of before":    {nil, 0, 2 * ms, 20 * time.Second, false, true},
		"quick ones, in a check":         {nil, 2 * ms, 2 * ms, 4 * time.Second, true, false},
		"long ones":                      {nil, 480 * ms, 2 * ms, 75 * time.Second, false, true},
		"a third of a read, and no more": {nil, 200 * ms, 200 * ms, 75 * time.Second, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: test.check})
			n := 0
			trips := func(took time.Duration) {
				if n++; took > 0 && (n%30 == 0 || test.check && n == 3) {
					for _, ends := range [][2]int{{1, 2}, {1, 3}, {2, 3}} {
						if ends == [2]int{1, 2} {
							s.rtt(1, 2, took)
						} else {
							s.rtt(ends[0], ends[1], min(took, 120*ms))
						}
					}
				}
			}
			if !test.check {
				s.run(time.Minute, func() { s.work(50, quickFsync); trips(test.before) })
			}
			a := s.run(test.lasted, func() {
				s.work(50, quickFsync)
				for _, m := range s.members {
					m.reads(s.now, 10*ms, 5*ms)
				}
				s.member(2).reads(s.now, 700*ms, 5*ms)
				s.member(3).reads(s.now, max(10*ms, min(test.trips, 120*ms)), 5*ms) // at least a round trip
				s.member(2).metrics.SlowReadIndexes = s.member(2).metrics.SlowReadIndexes.Plus(probe.Known(3))
				trips(test.trips)
				if test.act != nil {
					test.act(s)
				}
			})
			if a.Level < Notice || (a.Reading.Cause == CauseSlowLink) != test.blamed {
				t.Errorf("%s, %s: %s", a.Level, a.Reading.Cause, a.Reading.Text)
			}
			if !test.blamed && a.Level >= Warning && a.Reading.Cause != CauseNotClear &&
				a.Reading.Cause != CauseSlowNetwork {
				t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
			}
		})
	}
}
