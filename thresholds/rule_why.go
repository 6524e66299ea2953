package thresholds

import "fmt"

// Why is why something can't be judged.
type Why string

// The reasons. A rule that is judged has none.
const (
	// WhyLate: it has been asked for and is not there yet, or the newest answer is too old to stand for this moment.
	WhyLate Why = "late"
	// WhyUnreadable: it can't be read.
	WhyUnreadable Why = "unreadable"
	// WhyNotExposed: the member's version, or its flags, do not give it.
	WhyNotExposed Why = "not-exposed"
	// WhyTooFew: there are too few samples of it yet.
	WhyTooFew Why = "too-few-samples"
	// WhyDown: the member is down.
	WhyDown Why = "down"
	// WhyOutOfReach: the member can't be reached from here; it may be well.
	WhyOutOfReach Why = "out-of-reach"
	// WhyRefused: the member answers that it will not tell.
	WhyRefused Why = "refused"
	// WhyNotDumped: dumped metrics do not have it.
	WhyNotDumped Why = "not-dumped"
	// WhyUndecided: what is known does not decide it, or the matter does not arise.
	WhyUndecided Why = "undecided"
)

// Unmeasured is a rule that could not be judged about a member (its zero value: the cluster), for no fault of theirs.
type Unmeasured struct {
	Rule   RuleID
	Member MemberRef
	Why    Why
	// Text says why in words.
	Text string
	// suspected says that there are signs of what the rule is about: nothing is safe for its not having been found.
	Suspected bool
}

// reason is why a measurement is none.
func (m *measurement) reason() Why {
	if m.why == "" && (m.unknown != "" || m.notMeasurable != "") {
		return WhyUndecided
	}
	return m.why
}

// notExposed is the measurement of what the member's metrics do not have: something that all versions expose, or not.
// Where they could be read in part only, it may be in the rest.
func (s *subject) notExposed(what string, always bool) measurement {
	m := s.notReported("its metrics have no " + what)
	if always && m.notMeasurable != "" {
		m.unknown, m.notMeasurable = m.notMeasurable, ""
	}
	return m
}

// notReported is notExposed of what some versions lack, in words of its own.
func (s *subject) notReported(text string) measurement {
	if s.member.Metrics.Err != nil {
		return s.unreadable()
	}
	return measurement{notMeasurable: text, why: WhyNotExposed}
}

func (s *subject) unreadable() measurement {
	text := "its metrics can't be read"
	if s.member.Metrics.Partial {
		text = "its metrics broke off before that"
	}
	return measurement{unknown: text, why: WhyUnreadable, inhibitedBy: MetricsUnavailable}
}

// metricsLate is the measurement of what stands on metrics that are not there in time.
func (s *subject) metricsLate() measurement {
	m := measurement{unknown: "its metrics have not been answered yet", why: WhyLate, inhibitedBy: MetricsUnavailable}
	if s.member.Metrics.Answered() {
		m.unknown = fmt.Sprintf("its metrics are late: the newest are %s old", FormatDuration(s.at.MetricsAge))
	}
	return m
}

// tooFewSamples is the measurement of what takes two looks, where there are not two in its window. A check and dumps have
// nothing else to go by; who watches goes on watching, once there have been two looks at all. Where answers are that far apart they are late.
func (s *subject) tooFewSamples(what string) measurement {
	text := what + " needs two looks"
	switch {
	case s.track.farApart(s.settings.window):
		return s.metricsLate()
	case s.first || s.settings.immediate || inDump(s.member) || s.track.expositions < 2:
		return measurement{unknown: text, why: WhyTooFew}
	default:
		return measurement{notMeasurable: text, why: WhyTooFew}
	}
}
