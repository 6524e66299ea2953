package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

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
	maxLevel Level
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
func (s *subject) requireStatus() (m measurement, ok bool) {
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
		return measurement{unknown: s.member.Status.Err.Text, named: namesMember(s.member.Status.Err, s.at.Label), why: WhyRefused, inhibitedBy: MemberUnreachable}, false
	}
	return measurement{}, true
}

// noMetrics says why nothing that stands on the member's metrics can be judged; ok where it can.
func (s *subject) requireMetrics() (m measurement, ok bool) {
	switch {
	case s.at.State == StateDown && !s.answersMetrics():
		return s.requireStatus()
	case !s.at.MetricsTooOld:
		return measurement{}, true
	case s.at.State == StateLate, s.at.State == StateOutOfReach:
		return s.requireStatus()
	case s.member.Metrics.Err != nil:
		return s.unreadable(), false
	}
	return s.metricsLate(), false
}

// metricsRun reports that the member answers with its metrics although its Status has timed out: what that waits for hangs, and
// the process runs.
func (s *subject) answersMetrics() bool {
	return s.at.downError == probe.ErrTimeout && s.member.Metrics.Err == nil && !s.at.MetricsStale
}
