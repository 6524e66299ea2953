package thresholds

import (
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
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

// meanRate is a live counter's rate in the window. A window that has not been watched in full is averaged over the time
// that has been, or minRateSpan where that is longer. A counter that has not grown lately has a rate of 0.
func meanRate(
	c *window.Counter, at time.Time, over, lately time.Duration,
) (rate float64, span time.Duration, known bool) {
	span = c.Covered(at, over)
	grown, known := c.Increase(at, span)
	if recent, ok := c.Growth(at, lately); ok && recent == 0 {
		grown = 0
	}
	span = max(span, min(over, minRateSpan))
	return grown / span.Seconds(), span, known
}

// judgeTally judges a counter's rate in the window: see [meanRate]. A check, which is shorter, judges the least rate
// that it proves.
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
		at := s.member.Metrics.At
		if !c.EndsAt(at) {
			return s.notExposed("count of "+tallies[t].noun, true)
		}
		rate, span, known := meanRate(c, at, window, s.settings.window)
		switch {
		case !known && (s.settings.sinceStart || inDump(s.member)):
			return needsTwoSweeps(MissingRate, true)
		case !known:
			return s.tooFewSamples(MissingRate)
		}
		m := measurement{value: probe.Known(rate), over: span}
		if watched := c.Covered(at, window); s.settings.immediate && watched < minRateSpan {
			m.over, m.clipped = watched, true
			if rate > 0 {
				count, _ := c.Growth(at, watched)
				grown, _ := c.Increase(at, watched)
				m.value = probe.Known(min(grown, proven(count)) / watched.Seconds())
			}
		}
		if step := s.settings.step(s.track); inDump(s.member) && rate > 0 && step >= minRateSpan {
			// The average since the dump before is over the limit, and no dump lies in between.
			m.since = at.Add(-c.Span(at, step+step/4))
			m.over = c.Span(at, span)
		}
		return m
	}
}

// proven is the lower bound of the mean number of events, with 95% certainty, where a check has counted n in the
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
			return s.has(text + overLast(s.settings.window)).briefly(fmt.Sprintf(brief, value))
		}
		return s.has(text).briefly(fmt.Sprintf(brief, value)).saying("")
	}
}
