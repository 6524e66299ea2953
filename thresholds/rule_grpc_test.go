package thresholds

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func unary(method string) probe.GRPCMethod {
	return probe.GRPCMethod{Service: "etcdserverpb.KV", Method: method, Type: "unary"}
}

// calls counts n calls of a method that end with a code.
func (m *actor) calls(method probe.GRPCMethod, code string, n float64) {
	handled := maps.Clone(m.metrics.GRPCHandled)
	if n > 0 {
		handled[probe.GRPCCall{GRPCMethod: method, Code: code}] += n
	}
	m.metrics.GRPCHandled = handled
}

func TestGRPCFailures(t *testing.T) {
	t.Parallel()
	stream := probe.GRPCMethod{Service: "etcdserverpb.Watch", Method: "Watch", Type: "bidi_stream"}
	tests := map[string]struct {
		act   func(m *actor)
		level Level
	}{
		"none": {func(m *actor) { m.calls(unary("Put"), "OK", 1000) }, OK},
		"under 1%": {func(m *actor) { m.calls(unary("Put"), "OK", 991); m.calls(unary("Put"), "Unavailable", 9) },
			OK},
		"1%": {func(m *actor) {
			m.calls(unary("Put"), "OK", 990)
			m.calls(unary("Put"), "Unavailable",
				10)
		}, Notice},
		"under 5%": {func(m *actor) {
			m.calls(unary("Put"), "OK", 951)
			m.calls(unary("Put"), "Unavailable",
				49)
		}, Notice},
		"5%": {func(m *actor) {
			m.calls(unary("Put"), "OK", 950)
			m.calls(unary("Put"), "Unavailable",
				50)
		}, Warning},
		"all":            {func(m *actor) { m.calls(unary("Put"), "Internal", 5) }, Warning},
		"hardly called":  {func(m *actor) { m.calls(unary("Put"), "Internal", 1.9) }, OK},
		"just enough":    {func(m *actor) { m.calls(unary("Put"), "Internal", 2.1) }, Warning},
		"streams":        {func(m *actor) { m.calls(stream, "Unavailable", 100) }, OK},
		"cancelled":      {func(m *actor) { m.calls(unary("Put"), "Canceled", 100) }, OK},
		"client's fault": {func(m *actor) { m.calls(unary("Put"), "InvalidArgument", 100) }, OK},
		"another method": {func(m *actor) { m.calls(unary("Range"), "OK", 9000); m.calls(unary("Txn"), "Unknown", 9) },
			Warning},
		"several codes": {func(m *actor) {
			m.calls(unary("Put"), "Unavailable", 1)
			m.calls(unary("Put"), "ResourceExhausted", 9)
		}, Warning},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.interval = 5 * time.Second
			s.run(10*time.Second, nil)
			act := func() {
				for range int(s.interval / time.Second) {
					test.act(s.member(2))
				}
			}
			a := s.run(6*time.Minute, act)
			wants(t, &a, GRPCFailing, "etcd-2", test.level)
			saysFinding(t, &a, GRPCFailing, "etcd-2")
			wants(t, &a, GRPCFailing, "etcd-1", OK)
			a = s.run(3*time.Minute, nil)
			wants(t, &a, GRPCFailing, "etcd-2", OK)
		})
	}
}

// TestGRPCFailuresSayHowLongTheyWereCounted: a check of some seconds says nothing of the minutes before.
func TestGRPCFailuresSayHowLongTheyWereCounted(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	a := s.run(4*time.Second, func() {
		s.member(2).calls(unary("Put"), "OK", 50)
		s.member(2).calls(unary("Put"), "Unavailable", 50)
	})
	f := finding(&a, GRPCFailing, "etcd-2")
	if f.Level < Notice || !strings.Contains(f.Summary, "in the last 3s") {
		t.Errorf("%s: %q", f.Level, f.Summary)
	}
}

// TestGRPCFailuresOfABurst: short failures are over by the time that the rule could fire.
func TestGRPCFailuresOfABurst(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	ok := func() { s.member(2).calls(unary("Put"), "OK", 50) }
	s.run(30*time.Second, ok)
	s.run(20*time.Second, func() { s.member(2).calls(unary("Put"), "Unavailable", 50) })
	for range 300 {
		ok()
		a := s.observe()
		wants(t, &a, GRPCFailing, "etcd-2", OK)
	}
}

func TestGRPCFailuresWithoutLeader(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	ok := func() { s.member(2).calls(unary("Put"), "OK", 50) }
	s.run(time.Minute, ok)
	s.elect(0)
	a := s.run(2*time.Minute, func() { s.member(2).calls(unary("Put"), "Unavailable", 50) })
	wants(t, &a, GRPCFailing, "etcd-2", Warning)
	wantInhibited(t, &a, GRPCFailing, "etcd-2", NoLeader, "")
	s.elect(s.member(1).id)
	for i := range 300 { // earlier calls fail for a moment
		ok()
		if i < 5 {
			s.member(2).calls(unary("Put"), "Unavailable", 50)
		}
		a = s.observe()
		wants(t, &a, GRPCFailing, "etcd-2", OK)
	}
}

func TestGRPCFailuresOfALearner(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	m := learner(s)
	a := s.run(5*time.Minute, func() {
		m.calls(unary("Put"), "FailedPrecondition", 10)
		m.calls(unary("Range"), "Unavailable", 10)
	})
	wants(t, &a, GRPCFailing, "etcd-9", OK)
	a = s.run(5*time.Minute, func() { m.calls(unary("Range"), "Internal", 10) })
	wants(t, &a, GRPCFailing, "etcd-9", Warning)
}

// TestGRPCRestart: the counters of a new process begin at 0, and the old process' failures are no new ones.
func TestGRPCRestart(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).calls(unary("Put"), "Unavailable", 1e6)
	work := func() { s.member(2).calls(unary("Put"), "OK", 50) }
	s.run(2*time.Minute, work)
	s.member(2).restart(s.now)
	s.member(2).metrics.GRPCHandled = map[probe.GRPCCall]float64{}
	for range 300 {
		a := s.observe()
		wants(t, &a, GRPCFailing, "etcd-2", OK)
		work()
	}
}

func TestGRPCSlow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method probe.GRPCMethod
		took   time.Duration
		n      float64 // a second
		rule   RuleID
		level  Level
	}{
		"fast put":          {unary("Put"), 127 * time.Millisecond, 10, GRPCSlow, OK},
		"slow put":          {unary("Put"), 129 * time.Millisecond, 10, GRPCSlow, Warning},
		"few slow puts":     {unary("Put"), 300 * time.Millisecond, 0.2, GRPCSlow, Warning},
		"slow range":        {unary("Range"), 5 * time.Second, 10, GRPCRangeSlow, Warning},
		"range is no put":   {unary("Range"), 5 * time.Second, 10, GRPCSlow, OK},
		"range under 3 s":   {unary("Range"), 1800 * time.Millisecond, 10, GRPCRangeSlow, Notice},
		"range over 0.15 s": {unary("Range"), 129 * time.Millisecond, 10, GRPCRangeSlow, Notice},
		"range in time":     {unary("Range"), 127 * time.Millisecond, 10, GRPCRangeSlow, OK},
		"slow txn":          {unary("Txn"), 6 * time.Second, 10, GRPCTxnSlow, Warning},
		"txn under 5 s":     {unary("Txn"), 4 * time.Second, 10, GRPCTxnSlow, Notice},
		"txn over 0.15 s":   {unary("Txn"), 129 * time.Millisecond, 10, GRPCTxnSlow, Notice},
		"txn in time":       {unary("Txn"), 127 * time.Millisecond, 10, GRPCTxnSlow, OK},
		"few slow txns":     {unary("Txn"), 300 * time.Millisecond, 0.2, GRPCTxnSlow, Notice},
		"few quick txns":    {unary("Txn"), 149 * time.Millisecond, 0.2, GRPCTxnSlow, OK},
		"a defragmentation": {unary("Defragment"), 6 * time.Second, 1, GRPCSlow, OK},
		"a stream": {probe.GRPCMethod{Service: "etcdserverpb.Watch", Method: "Watch", Type: "bidi_stream"},
			6 * time.Second, 1, GRPCSlow, OK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.interval = 5 * time.Second
			s.member(2).metrics.GRPCHandling = map[probe.GRPCMethod]probe.Histogram{}
			h := probe.Histogram{Bounds: fsyncBounds(), Counts: make([]float64, 15)}
			a := s.run(11*time.Minute, func() {
				h = observed(h, test.n*s.interval.Seconds(), test.took)
				s.member(2).metrics.GRPCHandling = map[probe.GRPCMethod]probe.Histogram{test.method: h}
			})
			wants(t, &a, test.rule, "etcd-2", test.level)
			saysFinding(t, &a, test.rule, "etcd-2")
			wants(t, &a, test.rule, "etcd-1", OK)
			a = s.run(11*time.Minute, nil)
			wants(t, &a, test.rule, "etcd-2", OK)
		})
	}
}
