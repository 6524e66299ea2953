package thresholds

import (
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// TestLatencyIsAsExactAsItsBuckets: a p99 whose bucket holds the median too is that bucket and no more.
func TestLatencyIsAsExactAsItsBuckets(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for name, test := range map[string]struct {
		counts      []float64 // up to 0.064, 0.128, 0.256, 1.024, unbounded
		sum         float64
		text, words string
		exact, few  bool
	}{
		"all in one bucket": {[]float64{0, 0, 200, 200, 200}, 27, "128–256 ms", "128–256 ms, mean 135 ms", false,
			false},
		"most in one bucket": {[]float64{0, 90, 200, 200, 200}, 25, "128–256 ms", "128–256 ms, mean 125 ms",
			false, false},
		"spread":              {[]float64{190, 195, 200, 200, 200}, 5, "205 ms", "205 ms", true, false},
		"few":                 {[]float64{1, 2, 4, 4, 4}, 0.5, "≤ 256 ms", "≤ 256 ms, mean 125 ms", false, true},
		"few, beyond":         {[]float64{0, 0, 0, 0, 2}, 8, "≥ 1 s", "≥ 1 s, mean 4 s", false, true},
		"beyond":              {[]float64{0, 0, 0, 0, 200}, 800, "≥ 1 s", "≥ 1 s, mean 4 s", false, false},
		"over a second":       {[]float64{0, 0, 0, 200, 200}, 0, "256 ms–1 s", "256 ms–1 s", false, false},
		"nothing":             {[]float64{0, 0, 0, 0, 0}, 0, "", "", false, false},
		"a sum that can't be": {[]float64{0, 0, 200, 200, 200}, 1000, "128–256 ms", "128–256 ms", false, false},
	} {
		var h window.Histogram
		for at, b := range []window.Buckets{{Counts: []float64{0, 0, 0, 0, 0}}, {Counts: test.counts, Sum: test.sum}} {
			b.Bounds = []float64{0.064, 0.128, 0.256, 1.024, inf}
			h.Add(epoch.Add(time.Duration(at)*time.Second), b, time.Hour)
		}
		d, _ := h.Over(epoch.Add(time.Second), time.Hour)
		l := newLatency(&d, 100)
		if l.String() != test.text || l.Words() != test.words {
			t.Errorf("%s: %q and %q, want %q and %q", name, l.String(), l.Words(), test.text, test.words)
		}
		if l.Exact != test.exact || l.Few != test.few || l.P99.IsKnown() == (test.few || l.Observations == 0) {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// TestLastKnownLatency: while nothing is written, the last latency stays, marked as such and judged by nobody, until
// it is too old.
func TestLastKnownLatency(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(30*time.Second, func() { s.work(50, 2*time.Millisecond) })
	before := a.Members[1].Latency(WALFsyncP99)
	if a.Members[1].IsStale(WALFsyncP99) || before.Last || !before.IsKnown() {
		t.Fatalf("%+v while it writes", before)
	}
	a = s.run(time.Minute, func() {})
	m := &a.Members[1]
	if l := m.Latency(WALFsyncP99); !l.Last || !l.IsKnown() {
		t.Errorf("%+v a minute after the last write, want the last known", l)
	}
	value, _ := m.Shown(WALFsyncP99)
	if !m.IsStale(WALFsyncP99) || !value.IsKnown() || m.Vitals[WALFsyncP99].IsKnown() {
		t.Errorf("shows %v, stale %v, vital %v: want the last one as stale, and no vital", value,
			m.IsStale(WALFsyncP99), m.Vitals[WALFsyncP99])
	}
	if a.Reading.Cause != CauseHealthy {
		t.Errorf("reads %s", a.Reading.Cause)
	}
	a = s.run(latencyKept, func() {})
	if l := a.Members[1].Latency(WALFsyncP99); l.IsKnown() || a.Members[1].IsStale(WALFsyncP99) {
		t.Errorf("%+v after %s, want nothing", l, latencyKept)
	}
}

// TestPauseKeepsTheFinding: after a pause in watching, one exposition says nothing of now. A slow disk's finding stays
// as the last known one, and what can't be judged yet is not the headline.
func TestPauseKeepsTheFinding(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	slow := func() { s.work(50, 2*time.Millisecond); s.member(2).fsync(50, 300*time.Millisecond) }
	a := s.run(50*time.Second, slow)
	if finding(&a, WALFsyncSlow, "etcd-2").Level < Warning {
		t.Fatalf("no slow disk: %+v", a.Reading)
	}
	s.now = s.now.Add(40 * time.Second)
	slow()
	a = s.observe()
	f := finding(&a, WALFsyncSlow, "etcd-2")
	if f.Level < Warning || f.Why != WhyTooFew {
		t.Errorf("after the pause: %+v, want the last known finding", f)
	}
	if a.Reading.Cause != CauseSlowDisk {
		t.Errorf("after the pause it reads %s: %s", a.Reading.Cause, a.Reading.Text)
	}
	if v := a.Members[1].WALFsync; !v.Last || v.P99 == (probe.Value{}) {
		t.Errorf("after the pause: %+v, want the last known latency", v)
	}
}
