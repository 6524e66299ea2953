package thresholds

import (
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A subject is what a rule is judged on: a member, or with member nil the cluster.
type subject struct {
	*cohort
	rule *Rule
	// settings are those that the subject is judged by: the sweep's, or the member's own.
	settings settings
	// linked are the links of all members, as far as they were looked at, in the sweep's order.
	linked [][]peerLink

	// place is where the member is in members and sweep; negative for a rule about the cluster.
	place  int
	member *probe.Member
	track  *track
	at     *memberState // what has been worked out of the member so far
}

// newSubject makes a subject of the cluster.
func newSubject(b *cohort) subject {
	return subject{cohort: b, linked: make([][]peerLink, len(b.members)), settings: b.settings, place: -1}
}

// about makes a subject of the member at a place; of the cluster where that is negative.
func (s *subject) about(i int) {
	s.place, s.member, s.track, s.at, s.settings = i, nil, nil, nil, s.frame.settings
	if i >= 0 {
		s.member, s.at = s.members[i].probed, &s.members[i]
		s.track, s.settings = s.at.track, s.at.settings
	}
}

// restarts counts the restarts in the window that ends now which explain that the subject saw the leader change: its own,
// and those of leaders.
func (s *subject) restarts(window time.Duration) (n int) {
	for i := range s.members {
		t := s.members[i].track
		n += t.restartsWithin(s.now, window, t != s.track)
	}
	return n
}

// A measurement is what a rule found for a subject. Exactly one of value, unknown, unmeasurable and quiet says
// something.
type measurement struct {
	value probe.Value
	// unknown says why it cannot be judged although it should be.
	unknown string
	// named says that unknown names whom it is about.
	named bool
	// timed says that unknown says for how long it has been so.
	timed bool
	// advice is what to do about what is unknown, where that is known.
	advice string
	// why is the kind of reason of unknown and unmeasurable; empty: [WhyUndecided].
	why Why
	// unmeasurable says why it cannot be judged by anybody: the member's version or its flags don't give what it takes,
	// or it has not been watched for long enough. It is no finding; the reading says that it was not looked at.
	notMeasurable string
	// suspected says of what is unmeasurable that there are signs of it: that it is not found is no proof that it is not so.
	suspected bool
	// inhibitedBy names the rule that this is a consequence of, if there is a finding by it: about inhibitedByMember (the key of a
	// member), or where that is empty about the same subject or the cluster.
	inhibitedBy       RuleID
	inhibitedByMember string
	// quiet says that the rule does not apply at the moment: there is nothing to hold against a limit.
	notApplicable bool
	// window is the time that the value is taken over; 0: it is of this moment.
	window time.Duration
	// over is the time that a rate or a count is of, as far back as that reached.
	over time.Duration
	// since is when it began, where that is known better than by the sweep that saw it first.
	since time.Time
	// certain says that waiting would not make it more so.
	certain bool
	// observations, the bounds of the slowest one's bucket, and the mean are set where there were too few observations
	// for a quantile: see Rule.Minimum.
	observations       float64
	lower, upper, mean probe.Value
	// learnersOnly says that all that is missed by it has no vote: nobody is a worse survivor for having lost a learner.
	learnersOnly bool
	// basis is what value was taken over.
	basis Basis
	// tooFewSamples says that so few observations prove little: a fsync that took long once may be no more than that.
	tooFewSamples bool
	// hangs says that the value is of an fsync that has not ended.
	hangs bool
	// clipped says that the true value is value or more.
	clipped bool
	// atMost is the worst level that it may be judged as, for want of more observations; OK: there is no such bound.
	atMost Level
}

var notApplicable = measurement{notApplicable: true}

// holds is the measurement of a condition.
func holds(is bool) measurement {
	if is {
		return measurement{value: probe.Known(1)}
	}
	return measurement{value: probe.Known(0)}
}

// noStatus says why nothing that stands on the member's Status can be judged; ok where it can.
func (s *subject) noStatus() (m measurement, ok bool) {
	switch {
	case inDump(s.member):
		return measurement{notMeasurable: notDumped, why: WhyNotDumped}, false
	case s.at.State == StateDown:
		return measurement{unknown: s.at.Label + " is down", named: true, why: WhyDown, inhibitedBy: MemberUnreachable}, false
	case s.at.State == StateLate:
		return measurement{unknown: s.at.Label + " has not answered yet", named: true, why: WhyLate, inhibitedBy: MemberLate}, false
	case s.at.State == StateOutOfReach:
		return measurement{unknown: s.at.Label + " is out of reach from here", named: true, why: WhyOutOfReach, inhibitedBy: MemberUnreachable}, false
	case s.member.Status.Err != nil: // it answers that it won't
		return measurement{unknown: s.member.Status.Err.Text, named: names(s.member.Status.Err, s.at.Label), why: WhyRefused, inhibitedBy: MemberUnreachable}, false
	}
	return measurement{}, true
}

// noMetrics says why nothing that stands on the member's metrics can be judged; ok where it can.
func (s *subject) noMetrics() (m measurement, ok bool) {
	switch {
	case s.at.State == StateDown && !s.metricsRun():
		return s.noStatus()
	case !s.at.MetricsTooOld:
		return measurement{}, true
	case s.at.State == StateLate, s.at.State == StateOutOfReach:
		return s.noStatus()
	case s.member.Metrics.Err != nil:
		return s.unreadable(), false
	}
	return s.metricsLate(), false
}

// metricsRun reports that the member answers with its metrics although its Status has timed out: what that waits for hangs, and
// the process runs.
func (s *subject) metricsRun() bool {
	return s.at.why == probe.ErrTimeout && s.member.Metrics.Err == nil && !s.at.MetricsStale
}

// judgeVital judges a vital of the moment.
func judgeVital(v Vital) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		m, ok := s.noVital(v)
		switch {
		case !ok:
			return m
		case !s.at.Vitals[v].IsKnown() && v.optional():
			return s.notExposed(v.words(), false)
		case !s.at.Vitals[v].IsKnown():
			return measurement{unknown: fmt.Sprintf("%s does not say its %s", s.at.Label, v.words()), named: true, why: WhyNotExposed}
		}
		return measurement{value: s.at.Vitals[v]}
	}
}

// judgeVitalCondition judges whether a vital is more than 0.
func judgeVitalCondition(v Vital) func(*subject, time.Duration) measurement {
	judge := judgeVital(v)
	return func(s *subject, window time.Duration) measurement {
		m := judge(s, window)
		if value, known := m.value.Get(); known {
			m = holds(value > 0)
		}
		return m
	}
}

// sayCondition puts a condition of a member in words.
func sayCondition(what string) func(*subject, measurement) statement {
	return func(s *subject, _ measurement) statement { return s.does(what) }
}

// leastSpan is over how long at least a live rate is taken: one stall in the first seconds is not a rate.
const leastSpan = 30 * time.Second

// judgeTally judges how fast a counter grew in the window. A window that has not been watched for long enough yet
// counts as far as it has been, and as 30 s at least. What has stood still for the evaluator's own window is over,
// however fast it grew before.
func judgeTally(t tally) func(*subject, time.Duration) measurement {
	return func(s *subject, window time.Duration) measurement {
		if m, ok := s.noMetrics(); !ok {
			return m
		}
		c := &s.track.tallies[t]
		if c.IsEmpty() {
			return s.notExposed("count of "+tallies[t].noun, false)
		}
		if !c.EndsAt(s.member.Metrics.At) {
			return s.notExposed("count of "+tallies[t].noun, true)
		}
		span := c.Covered(s.member.Metrics.At, window)
		grown, known := c.Increase(s.member.Metrics.At, span)
		switch {
		case !known && (s.settings.sinceStart || inDump(s.member)):
			return measurement{notMeasurable: "a rate needs two looks", why: WhyTooFew}
		case !known:
			return s.tooFew("a rate")
		case !s.settings.immediate:
			span = max(span, min(window, leastSpan))
		case span < leastSpan:
			count, _ := c.Growth(s.member.Metrics.At, span)
			grown = min(grown, proven(count))
		}
		if lately, known := c.Growth(s.member.Metrics.At, s.settings.window); known && lately == 0 {
			grown = 0
		}
		m := measurement{value: probe.Known(grown / span.Seconds()), over: span, clipped: s.settings.immediate && span < leastSpan}
		if step := s.settings.step(s.track); inDump(s.member) && grown > 0 && step >= leastSpan {
			// It is over the limit on average in all the time since the look before: nobody looked in between.
			m.since, m.over = s.member.Metrics.At.Add(-c.Span(s.member.Metrics.At, step+step/4)), c.Span(s.member.Metrics.At, span)
		}
		return m
	}
}

// proven is how many events there were for certain where a check has counted n of them in the seconds that it lasts. Of
// events that come by chance (Poisson), n in one look prove with 95 % certainty that on average there are no fewer than
// n - 1.645·√n: one or two prove nothing.
func proven(n float64) float64 { return max(0, n-1.645*math.Sqrt(n)) }

func sayVitalRate(format string) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		rate := PerSecond.Format(m.value.Or(0))
		if m.clipped {
			rate = "at least " + rate
		}
		return s.has(fmt.Sprintf(format, rate) + overLast(m.over))
	}
}

func sayVital(v Vital, format string) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		text := fmt.Sprintf(format, v.Unit().Format(m.value.Or(0)))
		if v.Unit() == PerSecond {
			text += overLast(s.settings.window)
		}
		return s.has(text)
	}
}
