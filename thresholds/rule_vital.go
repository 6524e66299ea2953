package thresholds

import (
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeVital judges the current value of a vital.
func judgeVital(v Vital) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		m, ok := s.requireVital(v)
		switch {
		case !ok:
			return m
		case !s.at.Vitals[v].IsKnown() && v.optional():
			return s.notExposed(v.words(), false)
		case !s.at.Vitals[v].IsKnown():
			return measurement{
				unknown: fmt.Sprintf("%s does not say its %s", s.at.Label, v.words()),
				named:   true, why: WhyNotExposed,
			}
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

// minRateSpan is the shortest time that a live rate is averaged over: one stall in the first seconds is not a rate.
const minRateSpan = 30 * time.Second

// judgeTally judges a counter's rate in the window. A window that has not been watched in full is averaged over the
// time that has been, or minRateSpan where that is longer. A counter that has not grown in the evaluator's own window
// has a rate of 0.
func judgeTally(t tally) func(*subject, time.Duration) measurement {
	return func(s *subject, window time.Duration) measurement {
		if m, ok := s.requireMetrics(); !ok {
			return m
		}
		c := &s.track.tallies[t]
		if !s.followsMetrics() {
			return s.tooFewSamples(MissingRate)
		}
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
			return needsTwoSweeps(MissingRate, true)
		case !known:
			return s.tooFewSamples(MissingRate)
		case !s.settings.immediate:
			span = max(span, min(window, minRateSpan))
		case span < minRateSpan:
			count, _ := c.Growth(s.member.Metrics.At, span)
			grown = min(grown, proven(count))
		}
		if lately, known := c.Growth(s.member.Metrics.At, s.settings.window); known && lately == 0 {
			grown = 0
		}
		m := measurement{
			value: probe.Known(grown / span.Seconds()), over: span,
			clipped: s.settings.immediate && span < minRateSpan,
		}
		if step := s.settings.step(s.track); inDump(s.member) && grown > 0 && step >= minRateSpan {
			// The average since the dump before is over the limit, and no dump lies in between.
			m.since = s.member.Metrics.At.Add(-c.Span(s.member.Metrics.At, step+step/4))
			m.over = c.Span(s.member.Metrics.At, span)
		}
		return m
	}
}

// proven is the lower bound of the mean number of events, with 95 % certainty, where a check has counted n in the
// seconds that it lasts. For random (Poisson) events that is n - 1.645·√n: one or two events prove nothing.
func proven(n float64) float64 { return max(0, n-1.645*math.Sqrt(n)) }

// sayVitalRate words a rate, and sayVital a vital; brief is the format of the headline.
func sayVitalRate(format, brief string) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		rate := PerSecond.Format(m.value.Or(0))
		if m.clipped {
			rate = "at least " + rate
		}
		return s.has(fmt.Sprintf(format, rate) + overLast(m.over)).briefly(fmt.Sprintf(brief, rate))
	}
}

func sayVital(v Vital, format, brief string) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		value := v.Unit().Format(m.value.Or(0))
		text := fmt.Sprintf(format, value)
		if v.Unit() == PerSecond {
			text += overLast(s.settings.window)
		}
		return s.has(text).briefly(fmt.Sprintf(brief, value))
	}
}
