package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// isFailure reports whether a code is the server's fault, as etcd's mixin counts it
// (etcdHighNumberOfFailedGRPCRequests).
func isFailure(code string) bool {
	switch code {
	case "Unknown", "FailedPrecondition", "ResourceExhausted", "Internal", "Unavailable", "DataLoss",
		"DeadlineExceeded":
		return true
	}
	return false
}

// methodFailures is how many calls of a method fail.
type methodFailures struct {
	method string
	ratio  float64       // of failed calls to calls
	rate   float64       // calls per second, failed or not
	calls  float64       // failed or not
	codes  []string      // most frequent first
	over   time.Duration // how long they were counted
}

// worstMethod returns the method with the largest share of failing calls, both over the window and lately. Methods with
// fewer calls than the rule's minimum, such as those that etcdoc itself calls, don't count; rare is the worst of them
// that certainly exceeds the warning limit.
func (s *subject) worstMethod(window time.Duration) (worst, rare methodFailures, known bool) {
	at := s.member.Metrics.At
	for id, t := range s.track.grpc {
		span := t.ended.Covered(at, window)
		all, grows := t.ended.Growth(at, span)
		if !grows {
			continue
		}
		known = true
		counted, over := span, span
		if !s.settings.immediate {
			over = max(span, min(window, minRateSpan))
		}
		if inDump(s.member) { // a window reaches further back than the dumps in it
			over = t.ended.Span(at, span)
			counted = over
		}
		f := methodFailures{method: id.Method, rate: all / over.Seconds(), calls: all, over: counted}
		if all == 0 {
			continue
		}
		failed, codes := s.failed(t, span)
		short := min(span, max(failingLately, 3*s.settings.interval))
		recent, _ := t.ended.Growth(at, short)
		recentlyFailed, _ := s.failed(t, short)
		of := &worst
		if f.rate < s.rule.Minimum {
			if of = &rare; !s.rule.Breached(proven(failed)/all, s.rule.Warning.Value.Or(math.Inf(1))) {
				continue
			}
		} else if s.settings.immediate && span < minRateSpan {
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

// failed returns the number of failed calls of a method and their codes, the most frequent first. Requests that a
// learner refuses because learners don't serve them are no failures.
func (s *subject) failed(t *methodTrack, span time.Duration) (n float64, codes []string) {
	grown := make(map[string]float64, len(t.failed))
	for code, count := range t.failed {
		if s.at.Role == RoleLearner && (code == "FailedPrecondition" || code == "Unavailable") {
			continue
		}
		if growth, _ := count.Growth(s.member.Metrics.At, span); growth > 0 {
			n, grown[code] = n+growth, growth
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(cmp.Compare(grown[b], grown[a]), cmp.Compare(a, b)) })
	return n, codes
}

// failureWindow returns the window in which failures count: it begins settlingTime after the last time without a leader
// or a quorum. Where the member has no leader or no quorum now, inhibitedBy is the rule for that.
func (s *subject) failureWindow(window time.Duration) (counts time.Duration, inhibitedBy RuleID) {
	if inhibitedBy := unserved(s.at, s.cluster); inhibitedBy != "" || s.track.leaderlessUntil.IsZero() {
		return window, inhibitedBy
	}
	return min(window, s.now.Sub(s.track.leaderlessUntil)-settlingTime), ""
}

func judgeGRPCFailures(s *subject, window time.Duration) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	if s.member.Metrics.Value.GRPCHandled == nil {
		return s.notReported("its metrics do not count gRPC calls")
	}
	counts, inhibitedBy := s.failureWindow(window)
	worst, rare, known := s.worstMethod(counts)
	switch {
	case counts < window && worst.ratio == 0:
		return resolvedAtOnce
	case inhibitedBy == "" && rare.ratio > 0 && !s.rule.Breached(worst.ratio, s.rule.Warning.Value.Or(math.Inf(1))):
		return measurement{
			notMeasurable: fmt.Sprintf("%s of %.0f calls of %s failed (%s), and fewer than %s are too few to judge by",
				Ratio.Format(rare.ratio), rare.calls, rare.method, strings.Join(rare.codes, ", "),
				PerSecond.Format(s.rule.Minimum)),
			why: WhyTooFew,
		}
	case known || len(s.track.grpc) == 0 && !s.first:
		return measurement{value: probe.Known(worst.ratio), inhibitedBy: inhibitedBy}
	case s.settings.sinceStart:
		return needsTwoSweeps(MissingRate, true)
	case s.first:
		return needsTwoSweeps(MissingRate, false)
	}
	return notApplicable
}

func sayGRPCFailures(s *subject, m measurement) statement {
	counts, _ := s.failureWindow(s.reach(s.rule.LongestWindow()))
	worst, _, _ := s.worstMethod(counts)
	codes, all := strings.Join(worst.codes, ", "), PerSecond.Format(worst.rate)+" in all"+overLast(worst.over)
	return s.has(fmt.Sprintf("%s of the calls of %s fail: %s (%s)", Ratio.Format(m.value.Or(0)), worst.method,
		codes, all)).
		briefly(fmt.Sprintf("%s of %s calls fail", Ratio.Format(m.value.Or(0)), worst.method),
			Ratio.Format(m.value.Or(0))+" of a method's calls fail").
		saying(fmt.Sprintf("They are of %s, and fail with %s (%s)", worst.method, codes, all))
}
