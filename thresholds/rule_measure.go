package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A measurement is a rule's result for a subject. Exactly one of value, unknown, notMeasurable and notApplicable is
// set.
type measurement struct {
	value probe.Value
	// unknown says why the rule can't be judged although it should be.
	unknown string
	// named is set where unknown names its member.
	named bool
	// timed is set where unknown says for how long it has lasted.
	timed bool
	// advice is what to do about unknown, if anything.
	advice string
	// missing and missingOf are the same as in [Finding].
	missing   MissingFact
	missingOf string
	// why is the kind of reason for unknown or notMeasurable; empty: [WhyUndecided].
	why Why
	// notMeasurable says why nobody could judge the rule: the member's version or flags don't expose what it takes, or
	// it has not been watched for long enough. It is no finding; the reading says that the rule was not checked.
	notMeasurable string
	// suspected is set where a notMeasurable problem shows signs: a missing finding does not rule it out.
	suspected bool
	// inhibitedBy is the rule whose finding, if there is one, causes this: a finding about inhibitedByMember (a
	// member's key), or where that is empty about the same subject or the cluster.
	inhibitedBy       RuleID
	inhibitedByMember string
	// notApplicable is set where there is nothing to compare with a limit for now.
	notApplicable bool
	// window is what the value was taken over; 0: it is instantaneous.
	window time.Duration
	// over is the time that a rate or a count covers, which may be less than its window.
	over time.Duration
	// since is when the condition began, where that is known better than from the first sweep that saw it.
	since time.Time
	// seenBy are the places of the members whose value it is, where the rule is about the cluster and takes the worst.
	seenBy []int
	// certain is set where waiting for the rule's hold would prove nothing more.
	certain bool
	// observations, mean, and the bounds of the slowest observation's bucket are set where there were too few
	// observations for a quantile: see Rule.Minimum.
	observations       float64
	lower, upper, mean probe.Value
	// latency is what is known of a p99, or of the slowest of too few.
	latency Latency
	// learnersOnly is set where the member lacks links to learners only, which does not weaken it as a survivor.
	learnersOnly bool
	// basis is what value was computed from.
	basis Basis
	// tooFewSamples is set where the observations are too few to prove a problem, such as a single slow fsync.
	tooFewSamples bool
	// hangs is set where value is the duration of an unfinished fsync.
	hangs bool
	// clipped is set where the true value is value or more.
	clipped bool
	// disproves reports that what the rule found before was not so.
	disproves bool
	// maxLevel caps the finding's level where observations are too few; OK: no cap.
	maxLevel Level
}

// duration words a value that is a time in seconds for which something has lasted.
func (m measurement) duration() string {
	return FormatDuration(time.Duration(m.value.Or(0) * float64(time.Second)))
}

var notApplicable = measurement{notApplicable: true}

// holds returns the measurement of a condition: 1 where it is true, else 0.
func holds(is bool) measurement {
	if is {
		return measurement{value: probe.Known(1)}
	}
	return measurement{value: probe.Known(0)}
}

// requireStatus returns ok where the member's Status can be judged, else why not.
func (s *subject) requireStatus() (m measurement, ok bool) {
	switch {
	case inDump(s.member):
		return measurement{notMeasurable: notDumped, why: WhyNotDumped}, false
	case s.at.State == StateDown:
		return measurement{
			unknown: s.at.Label + " " + s.at.downWords(), named: true,
			why: WhyDown, missing: MissingStatus, missingOf: s.at.Key, inhibitedBy: MemberUnreachable,
		}, false
	case s.at.State == StateLate:
		text := " does not answer in time"
		if s.at.NeverSeen {
			text = " has not answered yet"
		}
		return measurement{
			unknown: s.at.Label + text, named: true,
			why: WhyLate, missing: MissingStatus, missingOf: s.at.Key, inhibitedBy: MemberLate,
		}, false
	case s.at.State == StateOutOfReach:
		return measurement{
			unknown: s.at.Label + " is out of reach from here", named: true,
			why: WhyOutOfReach, missing: MissingStatus, missingOf: s.at.Key, inhibitedBy: MemberUnreachable,
		}, false
	case s.member.Status.Err != nil: // it refuses
		return measurement{
			unknown: s.member.Status.Err.Text, named: namesMember(s.member.Status.Err, s.at.Label),
			why: WhyRefused, missing: MissingStatus, missingOf: s.at.Key, inhibitedBy: MemberUnreachable,
		}, false
	}
	return measurement{}, true
}

// requireMetrics returns ok where the member's metrics can be judged, else why not.
func (s *subject) requireMetrics() (m measurement, ok bool) {
	switch {
	case s.at.State == StateDown && !s.at.answersMetrics():
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

// followsMetrics reports whether the track has taken in the newest exposition. One from before a break is not compared
// with what comes after.
func (s *subject) followsMetrics() bool { return s.track.metricsAt.Equal(s.member.Metrics.At) }

// answersMetrics reports whether the member answers a scrape although its Status timed out: its process runs, and what
// Status waits for hangs.
func (m *memberState) answersMetrics() bool {
	return m.downError == probe.ErrTimeout && m.probed.Metrics.Err == nil && !m.MetricsStale
}
