package thresholds

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

const (
	// handlingKept is how far back the durations of calls are kept, in about so many points: they are judged over minutes.
	handlingKept, handlingSamples = 5 * time.Minute, 60
	// mostFailing is how many counters there are of a member's calls that failed, by method and code. What fails beyond is
	// counted with another code of its method.
	mostFailing = 64
	// lately is for how long calls must have failed up to now for failures in a longer window to be news.
	lately = 30 * time.Second
	// grpcSlow is when the p99 of a unary method is slow, in seconds: etcd mixin etcdGRPCRequestsSlow.
	grpcSlow = 0.150
)

// A methodTrack is what is remembered of the calls of one unary gRPC method.
type methodTrack struct {
	// all are the calls that ended, those left out that clients cancelled.
	all sumTrack
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
func (c *sumTrack) take(before, at time.Time, keep time.Duration) {
	if c.IsEmpty() && !before.IsZero() {
		c.AddSpaced(before, 0, keep, crowdSamples)
	}
	c.AddSpaced(at, c.sum, keep, crowdSamples)
	c.sum = 0
}

// isFailure says whether a code is the server's fault, as etcd's mixin counts it (etcdHighNumberOfFailedGRPCRequests).
func isFailure(code string) bool {
	switch code {
	case "Unknown", "FailedPrecondition", "ResourceExhausted", "Internal", "Unavailable", "DataLoss", "DeadlineExceeded":
		return true
	}
	return false
}

// followGRPC takes in the calls that an exposition counts; before is when the last one arrived, and left are the methods
// that are left out. Nothing is forgotten that is no older than keep.
func (t *track) followGRPC(m *probe.Metrics, left map[probe.GRPCMethod]bool, before, at time.Time, keep time.Duration) {
	for call, n := range m.GRPCHandled {
		if call.Type != "unary" || call.Code == "Canceled" || left[call.GRPCMethod] {
			continue
		}
		method := t.method(call.GRPCMethod)
		method.all.sum += n
		if !isFailure(call.Code) {
			continue
		}
		t.failing(method, call.Code).sum += n
	}
	for id, h := range m.GRPCHandling {
		if id.Type == "unary" && !left[id] {
			t.method(id).handling.AddSpaced(at, window.Buckets(h), max(handlingKept, keep), handlingSamples)
		}
	}
	if len(t.grpc) > mostRemembered {
		t.forgetMethods(m)
	}
	if m.GRPCHandled == nil {
		return
	}
	for _, method := range t.grpc {
		method.all.take(before, at, max(longestWindow, keep))
		for _, code := range method.failed {
			code.take(before, at, max(longestWindow, keep))
		}
	}
}

// failing is the counter of the calls of a method that fail with a code.
func (t *track) failing(method *methodTrack, code string) *sumTrack {
	if failed := method.failed[code]; failed != nil {
		return failed
	}
	if len(method.failed) > 0 {
		n := 0
		for _, m := range t.grpc {
			n += len(m.failed)
		}
		if n >= mostFailing {
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

// failing is how calls of a method fail.
type failing struct {
	method string
	ratio  float64
	rate   float64       // calls per second, failed or not
	calls  float64       // how many there were
	codes  []string      // most frequent first
	over   time.Duration // what calls and rate are of
}

// worstMethod is the method of which the largest share of calls fails, over the window and lately as well. Methods that
// are hardly called are left out, such as those that etcdoc itself calls: rare is the worst of those where too many to warn
// of fail for certain.
func (s *subject) worstMethod(window time.Duration) (worst, rare failing, known bool) {
	at := s.member.Metrics.At
	for id, t := range s.track.grpc {
		span := t.all.Covered(at, window)
		all, has := t.all.Growth(at, span)
		if !has {
			continue
		}
		known = true
		over := span
		if !s.settings.immediate {
			over = max(span, min(window, leastSpan))
		}
		if inDump(s.member) { // a window reaches back over more than the dumps in it
			over = t.all.Span(at, span)
		}
		f := failing{method: id.Method, rate: all / over.Seconds(), calls: all, over: over}
		if all == 0 {
			continue
		}
		failed, codes := s.failed(t, span)
		short := min(span, max(lately, 3*s.settings.interval))
		recent, _ := t.all.Growth(at, short)
		recentlyFailed, _ := s.failed(t, short)
		of := &worst
		if f.rate < s.rule.Minimum {
			if of = &rare; !s.rule.Breached(proven(failed)/all, s.rule.Warning.Value.Or(math.Inf(1))) {
				continue
			}
		} else if s.settings.immediate && span < leastSpan {
			failed, recentlyFailed = proven(failed), proven(recentlyFailed)
		}
		if recent <= 0 || failed <= 0 {
			continue
		}
		if f.ratio, f.codes = min(failed/all, recentlyFailed/recent), codes; of == &rare && f.ratio > 0 {
			f.ratio = failed / all
		}
		if order := cmp.Compare(f.ratio, of.ratio); order > 0 || order == 0 && f.method < of.method {
			*of = f
		}
	}
	return worst, rare, known
}

// failed counts the failed calls of a method, and names their codes. That a learner refuses what it does not serve is
// nobody's failure.
func (s *subject) failed(t *methodTrack, span time.Duration) (n float64, codes []string) {
	grown := make(map[string]float64, len(t.failed))
	for code, count := range t.failed {
		if s.at.Role == RoleLearner && (code == "FailedPrecondition" || code == "Unavailable") {
			continue
		}
		if more, _ := count.Growth(s.member.Metrics.At, span); more > 0 {
			n, grown[code] = n+more, more
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(cmp.Compare(grown[b], grown[a]), cmp.Compare(a, b)) })
	return n, codes
}

// failuresSince is the window in which failures count: not while there was no leader or no quorum, nor for a moment
// after. because is the rule that the failures are put down to where that is so now.
func (s *subject) failuresSince(window time.Duration) (counts time.Duration, because RuleID) {
	if because := unserved(s.at, s.cluster); because != "" || s.track.leaderlessUntil.IsZero() {
		return window, because
	}
	return min(window, s.now.Sub(s.track.leaderlessUntil)-settled), ""
}

func judgeGRPCFailures(s *subject, window time.Duration) measurement {
	if m, ok := s.noMetrics(); !ok {
		return m
	}
	if s.member.Metrics.Value.GRPCHandled == nil {
		return s.notSaid("its metrics do not count gRPC calls")
	}
	counts, because := s.failuresSince(window)
	worst, rare, known := s.worstMethod(counts)
	switch {
	case counts < window && worst.ratio == 0:
		return ended
	case because == "" && rare.ratio > 0 && !s.rule.Breached(worst.ratio, s.rule.Warning.Value.Or(math.Inf(1))):
		return measurement{
			notMeasurable: fmt.Sprintf("%s of %.0f calls of %s failed (%s), and fewer than %s are too few to judge by",
				Ratio.Format(rare.ratio), rare.calls, rare.method, strings.Join(rare.codes, ", "), PerSecond.Format(s.rule.Minimum)),
			why: WhyTooFew,
		}
	case known || len(s.track.grpc) == 0 && !s.first:
		return measurement{value: probe.Known(worst.ratio), inhibitedBy: because}
	case s.settings.sinceStart:
		return measurement{notMeasurable: "a rate needs two looks"}
	case s.first:
		return measurement{unknown: "a rate needs two looks"}
	}
	return notApplicable
}

func sayGRPCFailures(s *subject, m measurement) statement {
	counts, _ := s.failuresSince(s.reach(s.rule.LongestWindow()))
	worst, _, _ := s.worstMethod(counts)
	over := counts
	if inDump(s.member) {
		over = worst.over
	}
	return s.has(fmt.Sprintf("%s of the calls of %s fail: %s (%s in all%s)", Ratio.Format(m.value.Or(0)), worst.method,
		strings.Join(worst.codes, ", "), PerSecond.Format(worst.rate), overLast(over)))
}

// methods are the methods that a rule is about.
type methods int

const (
	otherMethods methods = iota
	methodRange
	methodTxn
)

// has says whether a method is among them. Defragment, Hash and HashKV read the whole database, and take their time.
func (m methods) has(name string) bool {
	switch name {
	case "Range":
		return m == methodRange
	case "Txn":
		return m == methodTxn
	case "Defragment", "Hash", "HashKV":
		return false
	}
	return m == otherMethods
}

func judgeGRPCSlow(of methods) func(*subject, time.Duration) measurement {
	return func(s *subject, window time.Duration) measurement {
		if m, ok := s.noMetrics(); !ok {
			return m
		}
		if s.member.Metrics.Value.GRPCHandling == nil {
			return measurement{notMeasurable: "etcd measures how long calls take only with --metrics=extensive"}
		}
		m, method, known := s.slowestMethod(of, window)
		switch {
		case method != "":
			m.window = window
			return m
		case s.first && !known:
			return measurement{unknown: "a p99 needs two looks"}
		}
		return notApplicable // nobody called
	}
}

// slowestMethod is the slowest of the methods that were called in the window.
func (s *subject) slowestMethod(of methods, window time.Duration) (worst measurement, method string, known bool) {
	for id, t := range s.track.grpc {
		if !of.has(id.Method) {
			continue
		}
		d, has := t.handling.Distribution(s.member.Metrics.At, window, s.settings.sinceStart)
		known = known || has
		m, any := latencyIn(&d, s.rule.Minimum)
		if !any {
			continue
		}
		if order := cmp.Compare(m.value.Or(0), worst.value.Or(0)); method == "" || order > 0 || order == 0 && id.Method < method {
			worst, method = m, id.Method
		}
	}
	return worst, method, known
}

func sayGRPCSlow(of methods) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		_, method, _ := s.slowestMethod(of, m.window)
		return s.has(m.describe(method))
	}
}
