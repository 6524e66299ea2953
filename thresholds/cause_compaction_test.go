package thresholds

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// compacts lets a compaction of that duration end now on every member.
func (s *scene) compacts(took time.Duration) {
	for _, m := range s.members {
		h := m.metrics.CompactionMilliseconds
		m.metrics.CompactionMilliseconds = probe.Histogram{
			Bounds: []float64{100, math.Inf(1)}, Counts: []float64{0, h.Count() + 1},
			Sum: h.Sum + float64(took.Milliseconds()),
		}
		m.metrics.LastCompaction = probe.Known(float64(s.now.Unix()))
	}
}

// TestCompactionExplains: slowness that recurs every five minutes and starts with a compaction is attributed to it in
// the text.
func TestCompactionExplains(t *testing.T) {
	t.Parallel()
	const words = "what is slow at each compaction"
	tests := map[string]struct {
		took   time.Duration
		before time.Duration // when it becomes slow
		named  bool
	}{
		"as it ends":             {4 * time.Second, 0, true},
		"just after":             {4 * time.Second, time.Second, true},
		"long after":             {4 * time.Second, 20 * time.Second, false},
		"a compaction too short": {99 * time.Millisecond, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			for _, m := range s.members {
				m.metrics.CompactionMilliseconds = probe.Histogram{Bounds: []float64{100, math.Inf(1)},
					Counts: []float64{0, 0}}
			}
			fine := func() { s.work(50, 2*time.Millisecond) }
			s.run(20*time.Second, fine)
			for range 3 { // here once a minute
				s.compacts(test.took)
				s.run(time.Minute, fine)
			}
			s.compacts(test.took)
			s.run(test.before, fine)
			s.work(50, 2*time.Millisecond)
			s.member(2).fsync(50, 300*time.Millisecond)
			s.observe()
			a := s.run(2*time.Second, fine)
			if a.Level < Warning {
				t.Fatalf("%s: %s", a.Level, a.Reading.Text)
			}
			if strings.Contains(a.Reading.Text, words) != test.named {
				t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
			}
			if got := slices.ContainsFunc(a.Reading.EvidenceTexts(), func(line string) bool {
				return strings.Contains(line, "a compaction took 4 s, and ended ") &&
					strings.Contains(line, "it compacts every 1m00s")
			}); got != test.named {
				t.Errorf("evidence: %q", a.Reading.EvidenceTexts())
			}
			if took := a.Members[1].Vitals[CompactionTook].Or(0); math.Abs(took-test.took.Seconds()) > 1e-9 {
				t.Errorf("the vital is %v, want %v", took, test.took.Seconds())
			}
		})
	}
}

// TestCompactionsOfARestartedMember: a histogram that starts again at zero is no compaction.
func TestCompactionsOfARestartedMember(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	m := s.member(1)
	m.metrics.CompactionMilliseconds = probe.Histogram{Bounds: []float64{100, math.Inf(1)}, Counts: []float64{0, 9},
		Sum: 9000}
	a := s.observe()
	if a.Members[0].Vitals[CompactionTook].IsKnown() {
		t.Error("compactions from before the first sweep count as observed")
	}
	m.metrics.CompactionMilliseconds = probe.Histogram{Bounds: []float64{100, math.Inf(1)}, Counts: []float64{0, 0}}
	s.observe()
	s.compacts(500 * time.Millisecond)
	a = s.observe()
	if got := a.Members[0].Vitals[CompactionTook].Or(0); got != 0.5 {
		t.Errorf("the newest took %v", got)
	}
}

func TestCallsInFlight(t *testing.T) {
	t.Parallel()
	method := func(name, kind string) probe.GRPCMethod {
		return probe.GRPCMethod{Service: "etcdserverpb.KV", Method: name, Type: kind}
	}
	call := func(name, code string) probe.GRPCCall {
		return probe.GRPCCall{GRPCMethod: method(name, "unary"), Code: code}
	}
	tests := map[string]struct {
		started map[probe.GRPCMethod]float64
		handled map[probe.GRPCCall]float64
		n       probe.Value
		most    string
	}{
		"not counted": {nil, map[probe.GRPCCall]float64{}, probe.Value{}, ""},
		"no ends":     {map[probe.GRPCMethod]float64{}, nil, probe.Value{}, ""},
		"none": {map[probe.GRPCMethod]float64{method("Put", "unary"): 5},
			map[probe.GRPCCall]float64{call("Put", "OK"): 3, call("Put", "Canceled"): 2}, probe.Known(0), ""},
		"some": {
			map[probe.GRPCMethod]float64{method("Put", "unary"): 15, method("Range", "unary"): 40},
			map[probe.GRPCCall]float64{call("Put", "OK"): 5, call("Range", "OK"): 10, call("Range", "Unavailable"): 1},
			probe.Known(39), "Range",
		},
		"streams are open for long": {map[probe.GRPCMethod]float64{method("Watch", "bidi_stream"): 100},
			map[probe.GRPCCall]float64{}, probe.Known(0), ""},
		"ended in between": {map[probe.GRPCMethod]float64{method("Put", "unary"): 5,
			method("Txn", "unary"): 2}, map[probe.GRPCCall]float64{call("Put", "OK"): 6}, probe.Known(2), "Txn"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 1, Options{})
			s.member(1).metrics.GRPCStarted, s.member(1).metrics.GRPCHandled = test.started, test.handled
			s.observe()
			a := s.observe()
			n, most := callsInFlight(&s.member(1).metrics)
			if got := a.Members[0].Vitals[CallsInFlight]; got != test.n || n != test.n || most != test.most {
				t.Errorf("%v (%v), most %q, want %v, %q", got, n, most, test.n, test.most)
			}
		})
	}
}

// TestCallsInFlightAreEvidence of load.
func TestCallsInFlightAreEvidence(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	put := unary("Put")
	a := s.run(time.Minute, func() {
		s.work(50, 2*time.Millisecond)
		m := s.member(2)
		m.metrics.ProposalsPending = probe.Known(400)
		m.metrics.GRPCStarted = map[probe.GRPCMethod]float64{put: 1000}
		m.metrics.GRPCHandled = map[probe.GRPCCall]float64{{GRPCMethod: put, Code: "OK"}: 600}
	})
	if !slices.Contains(a.Reading.EvidenceTexts(), "etcd-2: 400 calls are in flight, most of them Put") {
		t.Errorf("%s: %q", a.Reading.Cause, a.Reading.EvidenceTexts())
	}
}
