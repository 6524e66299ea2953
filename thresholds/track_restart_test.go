package thresholds

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestRestartIsCountersAnew: which changes of a process' start time and counters mean a restart.
func TestRestartIsCountersAnew(t *testing.T) {
	t.Parallel()
	const tenDays = 10 * 24 * time.Hour
	tests := map[string]struct {
		up time.Duration // in the first sweep
		// change changes sweep i, and returns how many restarts happened in it
		change func(i int, m *probe.Metrics) int
	}{
		"it trembles by a second": {up: tenDays, change: func(i int, m *probe.Metrics) int {
			shift(m, time.Duration(i%2)*time.Second)
			return 0
		}},
		"it trembles by a part of a second": {up: tenDays, change: func(i int, m *probe.Metrics) int {
			shift(m, time.Duration(i%3)*490*time.Millisecond)
			return 0
		}},
		"of a process that is young": {up: 20 * time.Second, change: func(i int, m *probe.Metrics) int {
			shift(m, time.Duration(i%2)*time.Second)
			return 0
		}},
		"the clock is set by 2 m":             {up: tenDays, change: clockSet(2 * time.Minute)},
		"the clock is set back by 2 m":        {up: tenDays, change: clockSet(-2 * time.Minute)},
		"the clock is set by 9 days":          {up: tenDays, change: clockSet(9 * 24 * time.Hour)},
		"the clock is set by all of its time": {up: tenDays, change: clockSet(tenDays + 65*time.Second)},
		"the clock is set beyond now":         {up: time.Hour, change: clockSet(48 * time.Hour)},
		"it restarts": {up: tenDays, change: func(i int, m *probe.Metrics) int {
			if i == 5 {
				began(m, 70*time.Second)
			}
			return b2i(i == 5)
		}},
		"it restarts, and does not say when it started": {up: tenDays, change: func(i int, m *probe.Metrics) int {
			m.StartTime = probe.Value{}
			if i == 5 {
				began(m, 70*time.Second)
				m.StartTime = probe.Value{}
			}
			return b2i(i == 5)
		}},
		"it restarts while the clock is set back": {up: tenDays, change: func(i int, m *probe.Metrics) int {
			if i == 5 {
				began(m, -2*tenDays)
			}
			return b2i(i == 5)
		}},
		"it restarts again and again, and gets a little further each time": {up: 2 * time.Second,
			change: func(i int, m *probe.Metrics) int {
				if i == 0 {
					return 0
				}
				up := time.Duration(i) * (15*time.Second - 50*time.Millisecond)
				m.StartTime = probe.Known(epochSeconds(up - 2*time.Second))
				return 1
			}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.interval = 15 * time.Second
			m := &s.member(2).metrics
			m.StartTime = probe.Known(epochSeconds(-test.up))
			want, start := 0, m.StartTime
			for i := range 12 {
				m.CPUSeconds = m.CPUSeconds.Plus(probe.Known(0.3))
				m.Puts = m.Puts.Plus(probe.Known(float64(rand.IntN(3))))
				m.StartTime = start
				want += test.change(i, m)
				if i == 5 && m.StartTime.IsKnown() {
					start = m.StartTime
				}
				s.observe()
			}
			a := s.observe()
			if n := count(s.evaluator, EventRestarted); n != want {
				t.Fatalf("%d restarts, want %d", n, want)
			}
			f := finding(&a, MemberRestarted, "etcd-2")
			if want == 0 && f.Rule != "" && test.up > 5*time.Minute {
				t.Errorf("%s: %s", f.Level, f.Summary)
			}
			if want != 1 {
				return
			}
			events := s.evaluator.Events(maxEvents)
			i := slices.IndexFunc(events, func(e Event) bool { return e.Kind == EventRestarted })
			if ago := a.At.Sub(events[i].At); f.Rule == "" || ago < 104*time.Second || ago > 111*time.Second {
				t.Errorf("%s: %q; restarted %s ago", f.Level, f.Summary, ago)
			}
		})
	}
}

func epochSeconds(after time.Duration) float64 { return float64(epoch.Add(after).UnixMilli()) / 1000 }

func b2i(is bool) int {
	if is {
		return 1
	}
	return 0
}

// shift moves the start time.
func shift(m *probe.Metrics, by time.Duration) {
	m.StartTime = m.StartTime.Plus(probe.Known(by.Seconds()))
}

// clockSet sets the clock of the member's host in sweep 5.
func clockSet(by time.Duration) func(int, *probe.Metrics) int {
	return func(i int, m *probe.Metrics) int {
		if i == 5 {
			shift(m, by)
		}
		return 0
	}
}

// began is another process, started that long after the scene began.
func began(m *probe.Metrics, after time.Duration) {
	m.StartTime, m.CPUSeconds, m.LeaderChanges = probe.Known(epochSeconds(after)), probe.Known(0.1), probe.Known(1)
}
