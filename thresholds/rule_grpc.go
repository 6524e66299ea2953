package thresholds

import (
	"maps"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

const (
	// handlingRetention is how far back a track keeps the durations of calls, which are judged over minutes, in about
	// handlingSamples points.
	handlingRetention, handlingSamples = 5 * time.Minute, 60
	// maxFailedCounters bounds a member's counters of failed calls, by method and code. Failures with further codes are
	// added to another code of their method.
	maxFailedCounters = 64
	// failingLately is the newest part of a longer window in which calls must fail, too, for its failures to count.
	failingLately = 30 * time.Second
	// grpcSlow is the limit for the p99 of a unary method, in seconds: etcd mixin etcdGRPCRequestsSlow.
	grpcSlow = 0.150
)

// A methodTrack remembers the calls of one unary gRPC method.
type methodTrack struct {
	// ended counts the calls that ended, without those that clients cancelled.
	ended sumTrack
	// failed counts those that ended with a code that is the server's fault, by code.
	failed   map[string]*sumTrack
	handling window.Histogram
}

// A sumTrack is a counter over the sum of several series. sum is that of the exposition being read.
type sumTrack struct {
	window.Counter
	sum float64
}

// endScrape adds the sum of an exposition. A series that is new counts as 0 at the exposition before.
func (c *sumTrack) endScrape(before, at time.Time, keep time.Duration) {
	if c.IsEmpty() && !before.IsZero() {
		c.AddSpaced(before, 0, keep, crowdSamples)
	}
	c.AddSpaced(at, c.sum, keep, crowdSamples)
	c.sum = 0
}

// noteGRPC records the calls that an exposition counts, except those of excluded methods. before is when the last
// exposition arrived; keep is for how long samples are kept at least.
func (t *track) noteGRPC(
	m *probe.Metrics, excluded map[probe.GRPCMethod]bool, before, at time.Time, keep time.Duration,
) {
	calls := 0.0
	for call, n := range m.GRPCHandled {
		if call.Type != "unary" || call.Code == "Canceled" {
			continue
		}
		if call.Service == "etcdserverpb.KV" || call.Service == "etcdserverpb.Lease" {
			calls += n
		}
		if excluded[call.GRPCMethod] {
			continue
		}
		method := t.method(call.GRPCMethod)
		method.ended.sum += n
		if !isFailure(call.Code) {
			continue
		}
		t.failedCounter(method, call.Code).sum += n
	}
	for id, h := range m.GRPCHandling {
		if id.Type == "unary" && !excluded[id] {
			t.method(id).handling.AddSpaced(at, window.Buckets(h), max(handlingRetention, keep), handlingSamples)
		}
	}
	if len(t.grpc) > maxPeersKept {
		t.forgetMethods(m)
	}
	if m.GRPCHandled == nil {
		return
	}
	t.clientCalls.Add(at, calls, keep)
	for _, method := range t.grpc {
		method.ended.endScrape(before, at, max(longestWindow, keep))
		for _, code := range method.failed {
			code.endScrape(before, at, max(longestWindow, keep))
		}
	}
}

// failedCounter is the counter of a method's calls that fail with a code.
func (t *track) failedCounter(method *methodTrack, code string) *sumTrack {
	if failed := method.failed[code]; failed != nil {
		return failed
	}
	if len(method.failed) > 0 {
		n := 0
		for _, m := range t.grpc {
			n += len(m.failed)
		}
		if n >= maxFailedCounters {
			return method.failed[slices.Min(slices.Collect(maps.Keys(method.failed)))]
		}
	}
	if method.failed == nil {
		method.failed = make(map[string]*sumTrack)
	}
	failed := new(sumTrack)
	method.failed[code] = failed
	return failed
}

// forgetMethods forgets the methods that an exposition lacks.
func (t *track) forgetMethods(m *probe.Metrics) {
	exposed := make(map[probe.GRPCMethod]bool, len(t.grpc))
	for call := range m.GRPCHandled {
		exposed[call.GRPCMethod] = true
	}
	for method := range m.GRPCHandling {
		exposed[method] = true
	}
	maps.DeleteFunc(t.grpc, func(id probe.GRPCMethod, _ *methodTrack) bool { return !exposed[id] })
}

func (t *track) method(id probe.GRPCMethod) *methodTrack {
	method := t.grpc[id]
	if method == nil {
		if t.grpc == nil {
			t.grpc = make(map[probe.GRPCMethod]*methodTrack)
		}
		method = new(methodTrack)
		t.grpc[id] = method
	}
	return method
}

// callsInFlight returns the number of unary calls in flight, and the method that has most of them. etcd does not read
// all series at one moment: a method with more calls ended than started has none in flight.
func callsInFlight(m *probe.Metrics) (n probe.Value, most string) {
	if m.GRPCStarted == nil || m.GRPCHandled == nil {
		return probe.Value{}, ""
	}
	ended := make(map[probe.GRPCMethod]float64, len(m.GRPCStarted))
	for call, handled := range m.GRPCHandled {
		ended[call.GRPCMethod] += handled
	}
	sum, largest := 0.0, 0.0
	for method, started := range m.GRPCStarted {
		open := started - ended[method]
		if method.Type != "unary" || open <= 0 {
			continue
		}
		sum += open
		if open > largest || open == largest && method.Method < most {
			largest, most = open, method.Method
		}
	}
	return probe.Known(sum), most
}
