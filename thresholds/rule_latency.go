package thresholds

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// judgeLatency judges the p99 of a histogram over the evaluator's window, or with too few observations the bucket of
// the slowest one.
func judgeLatency(histogram func(*track) *window.Histogram, noun string) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		if m, ok := s.requireMetrics(); !ok {
			return m
		}
		h := histogram(s.track)
		switch {
		case !s.followsMetrics():
			return s.tooFewSamples(MissingQuantile)
		case !h.EndsAt(s.member.Metrics.At):
			return s.notExposed(noun+" durations", true)
		}
		d, known := h.Distribution(s.member.Metrics.At, s.settings.window, s.settings.sinceStart)
		if !known {
			return s.tooFewSamples(MissingQuantile)
		}
		m, observed := latencyIn(&d, s.rule.Minimum)
		if !observed {
			return s.nothingObserved(h, noun)
		}
		m.window, m.tooFewSamples = s.settings.window, m.observations > 0
		return m
	}
}

// latencyIn returns the p99 of the distribution, or with fewer observations than minimum a lower bound of the slowest
// one: the larger of its bucket's lower bound and the mean. observed is false where there are no observations.
func latencyIn(d *window.Distribution, minimum float64) (m measurement, observed bool) {
	if d.Observations >= max(minimum, 1) {
		p99, known := d.Quantile(0.99)
		return measurement{value: valueOf(p99, known), clipped: d.Clipped(p99), latency: newLatency(d, minimum)}, true
	}
	lower, upper, observed := d.HighestBucket()
	if !observed {
		return measurement{}, false
	}
	mean := valueOf(d.Mean())
	return measurement{
		value: probe.Known(lower).Max(mean), clipped: math.IsInf(upper, 1),
		lower: probe.Known(lower), upper: probe.Known(upper), mean: mean, observations: d.Observations,
		latency: newLatency(d, minimum),
	}, true
}

// nothingObserved judges a disk on which no operation has ended in the window: there was nothing to write, or a write
// hangs. Of one that has ended none since the process began, nothing is known at all.
func (s *subject) nothingObserved(h *window.Histogram, noun string) measurement {
	waits := elapsed(s.track.proposalsStuckSince, s.now) >= longElectionTimeout
	switch lacks := s.track.stuck(s.now) >= longElectionTimeout; {
	case lacks && s.member.Metrics.Value.HasLeader == probe.Known(0): // no leader sends it entries
		return measurement{
			unknown: fmt.Sprintf("no %s of %s has ended lately, because it has no leader", noun, s.at.Label),
			named:   true, inhibitedBy: NoLeader,
		}
	case lacks || waits:
		return measurement{
			unknown: fmt.Sprintf("no %s of %s has ended lately although there is something to write: it may hang",
				noun, s.at.Label),
			named: true,
		}
	}
	if ever, known := h.SinceStart(); known && ever.Observations == 0 {
		return measurement{notMeasurable: "no " + noun + " has ended since its process began", why: WhyTooFew}
	}
	return notApplicable
}

// brief is describe for a headline.
func (m measurement) brief(what string) string {
	switch {
	case m.observations > 0 && m.latency.IsKnown():
		return what + " " + m.latency.Bounds()
	case m.observations > 0:
		return what + " " + m.slowestOfFew()
	case m.clipped:
		return fmt.Sprintf("%s p99 %s or more", what, Seconds.Format(m.value.Or(0)))
	case m.latency.IsKnown():
		return fmt.Sprintf("%s p99 %s", what, m.latency)
	default:
		return fmt.Sprintf("%s p99 %s", what, Seconds.Format(m.value.Or(0)))
	}
}

// slowestOfFew is what the bucket of the slowest of a few observations says.
func (m measurement) slowestOfFew() string {
	if upper, has := m.upper.Get(); has && !m.clipped {
		return "≤ " + Seconds.Format(upper)
	}
	return "≥ " + Seconds.Format(m.lower.Or(0))
}

// describe puts a p99 in words, or the bucket of the slowest of a few observations, by whose lower bound it is judged.
func (m measurement) describe(what string) string {
	value := Seconds.Format(m.value.Or(0))
	of := fmt.Sprintf("(n=%.0f)", m.observations)
	if mean, known := m.mean.Get(); known {
		of = fmt.Sprintf("(n=%.0f, mean %s)", m.observations, Seconds.Format(mean))
	}
	lower := Seconds.Format(m.lower.Or(0))
	switch upper, few := m.upper.Get(); {
	case few:
		return fmt.Sprintf("slowest %s between %s and %s %s", what, lower, Seconds.Format(upper), of)
	case m.observations > 0:
		return fmt.Sprintf("slowest %s over %s %s", what, lower, of)
	case m.clipped:
		return fmt.Sprintf("%s p99 %s or more", what, value)
	case m.latency.IsKnown():
		return fmt.Sprintf("%s p99 %s", what, m.latency.Words())
	default:
		return fmt.Sprintf("%s p99 %s", what, value)
	}
}

// sayLatency says how long operations took; one is what one of them is called in headlines.
func sayLatency(what, one string) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		text := m.describe(what)
		if s.settings.sinceStart {
			text += " since its process began"
		}
		headline := m.brief(what)
		if m.observations > 0 {
			headline = m.brief("slowest " + one)
		}
		short, _, _ := strings.Cut(headline, ", ") // without the mean
		return s.has(text).briefly(headline, short).inShort(headline, short)
	}
}
