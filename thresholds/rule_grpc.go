package thresholds

import (
	"maps"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

const (
	// handlingKept is how far back the durations of calls are kept, in about so many points: they are judged over minutes.
	handlingRetention, handlingSamples = 5 * time.Minute, 60
	// mostFailing is how many counters there are of a member's calls that failed, by method and code. What fails beyond is
	// counted with another code of its method.
	maxFailedCounters = 64
	// lately is for how long calls must have failed up to now for failures in a longer window to be news.
	failingLately = 30 * time.Second
	// grpcSlow is when the p99 of a unary method is slow, in seconds: etcd mixin etcdGRPCRequestsSlow.
	grpcSlow = 0.150
)

// A methodTrack is what is remembered of the calls of one unary gRPC method.
type methodTrack struct {
	// all are the calls that ended, those left out that clients cancelled.
	ended sumTrack
	// failed are those that ended with a code that is the server's fault, by code.
	failed   map[string]*sumTrack
	handling window.Histogram
}

// A sumTrack is a counter that is summed up from several series; sum is that of the exposition being taken in.
type sumTrack struct {
	window.Counter
	sum float64
}

// take ends the summing up. A series that begins stood at 0 before, when the last exposition arrived.
func (c *sumTrack) endScrape(before, at time.Time, keep time.Duration) {
	if c.IsEmpty() && !before.IsZero() {
		c.AddSpaced(before, 0, keep, crowdSamples)
	}
	c.AddSpaced(at, c.sum, keep, crowdSamples)
	c.sum = 0
}

// followGRPC takes in the calls that an exposition counts; before is when the last one arrived, and left are the methods
// that are left out. Nothing is forgotten that is no older than keep.
func (t *track) noteGRPC(m *probe.Metrics, left map[probe.GRPCMethod]bool, before, at time.Time, keep time.Duration) {
	for call, n := range m.GRPCHandled {
		if call.Type != "unary" || call.Code == "Canceled" || left[call.GRPCMethod] {
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
		if id.Type == "unary" && !left[id] {
			t.method(id).handling.AddSpaced(at, window.Buckets(h), max(handlingRetention, keep), handlingSamples)
		}
	}
	if len(t.grpc) > maxPeersKept {
		t.forgetMethods(m)
	}
	if m.GRPCHandled == nil {
		return
	}
	for _, method := range t.grpc {
		method.ended.endScrape(before, at, max(longestWindow, keep))
		for _, code := range method.failed {
			code.endScrape(before, at, max(longestWindow, keep))
		}
	}
}

// failing is the counter of the calls of a method that fail with a code.
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

// forgetMethods forgets the methods that an exposition does not have.
func (t *track) forgetMethods(m *probe.Metrics) {
	named := make(map[probe.GRPCMethod]bool, len(t.grpc))
	for call := range m.GRPCHandled {
		named[call.GRPCMethod] = true
	}
	for method := range m.GRPCHandling {
		named[method] = true
	}
	maps.DeleteFunc(t.grpc, func(id probe.GRPCMethod, _ *methodTrack) bool { return !named[id] })
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

// callsInFlight is how many unary calls have begun and not ended, with the method that most of them are of. Series are not
// read at one and the same moment: a method of which more calls have ended than begun has none.
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
