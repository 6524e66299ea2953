package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestClockOffset(t *testing.T) {
	t.Parallel()
	at := epoch.Add(500 * time.Millisecond)
	tests := []struct {
		date   time.Duration // after epoch
		took   time.Duration
		offset float64
	}{
		{0, 100 * time.Millisecond, 0},
		{time.Second, 0, 0.5},
		{3 * time.Second, time.Minute, 2.5},                  // the answer was written before it arrived
		{-time.Second, 500 * time.Millisecond, 0},            // -1 s … 0 s, asked at 0 s
		{-time.Second, 499 * time.Millisecond, -0.001},       //
		{-3 * time.Second, 100 * time.Millisecond, -2.4},     //
		{-3 * time.Second, 2500 * time.Millisecond, 0},       // the answer may have been written at once
		{3600 * time.Second, 100 * time.Millisecond, 3599.5}, // an hour
	}
	for _, test := range tests {
		m := probe.Fact[*probe.Metrics]{Value: &probe.Metrics{Date: epoch.Add(test.date)}, At: at, Took: test.took}
		if got := clockOffset(&m).Or(-99); got < test.offset-1e-9 || got > test.offset+1e-9 {
			t.Errorf("Date %v, asked %v before %v: %v, want %v", test.date, test.took, at, got, test.offset)
		}
	}
	if clockOffset(&probe.Fact[*probe.Metrics]{Value: &probe.Metrics{}, At: at}).IsKnown() {
		t.Error("an offset without a Date")
	}
}

func TestClocks(t *testing.T) {
	t.Parallel()
	const s1 = time.Second
	tests := map[string]struct {
		offsets  []time.Duration
		member   string
		level    Level
		observer Level
	}{
		"right":           {[]time.Duration{0, 0, 0}, "etcd-1", OK, OK},
		"one 1 s off":     {[]time.Duration{0, s1, 0}, "etcd-2", OK, OK},
		"one 2 s ahead":   {[]time.Duration{0, 2 * s1, 0}, "etcd-2", Warning, OK},
		"one 2 s behind":  {[]time.Duration{0, 0, -2 * s1}, "etcd-3", OK, OK}, // a Date has a resolution of 1 s
		"one 3 s behind":  {[]time.Duration{0, 0, -3 * s1}, "etcd-3", Warning, OK},
		"ours is behind":  {[]time.Duration{60 * s1, 60 * s1, 61 * s1}, "etcd-3", OK, Notice},
		"ours is ahead":   {[]time.Duration{-60 * s1, -60 * s1, -60 * s1}, "etcd-1", OK, Notice},
		"ours and one":    {[]time.Duration{60 * s1, 60 * s1, 0}, "etcd-3", Warning, Notice},
		"no majority":     {[]time.Duration{0, 60 * s1, 30 * s1}, "etcd-2", Warning, OK},
		"two members":     {[]time.Duration{0, 5 * s1}, "etcd-2", Warning, OK},
		"a single member": {[]time.Duration{5 * s1}, "etcd-1", Warning, OK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, len(test.offsets), Options{})
			a := clocks(s, 15*time.Second, test.offsets...)
			wants(t, &a, ClockDrifting, test.member, OK)
			a = clocks(s, time.Second, test.offsets...)
			wants(t, &a, ClockDrifting, test.member, test.level)
			saysFinding(t, &a, ClockDrifting, test.member)
			wants(t, &a, ObserverClock, "", test.observer)
			saysFinding(t, &a, ObserverClock, "")
			a = clocks(s, 16*time.Second, make([]time.Duration, len(test.offsets))...)
			wants(t, &a, ClockDrifting, test.member, OK)
			wants(t, &a, ObserverClock, "", OK)
		})
	}
}

func TestClocksUnknown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(20*time.Second, nil) // no Date
	wants(t, &a, ClockDrifting, "etcd-1", OK)
	clocks(s, 20*time.Second, 0, 0, 5*time.Second)
	s.member(3).noMetrics = errRefused
	a = s.run(time.Minute, nil)
	wants(t, &a, ClockDrifting, "etcd-3", Unknown)
}
