package thresholds

import (
	"fmt"
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// judgeLatency judges the p99 of a histogram over the evaluator's window, or where it has too few observations
// the bucket that the slowest one fell in.
func judgeLatency(of func(*track) *window.Histogram, noun string) func(*subject, time.Duration) measurement {
	return func(s *subject, _ time.Duration) measurement {
		if m, ok := s.requireMetrics(); !ok {
			return m
		}
		b := of(s.track)
		if !b.EndsAt(s.member.Metrics.At) {
			return s.notExposed(noun+" durations", true)
		}
		d, known := b.Distribution(s.member.Metrics.At, s.settings.window, s.settings.sinceStart)
		if !known {
			return s.tooFewSamples("a p99")
		}
		m, any := latencyIn(&d, s.rule.Minimum)
		if !any {
			return s.nothingObserved(noun)
		}
		m.window, m.tooFewSamples = s.settings.window, m.observations > 0
		return m
	}
}

// latencyIn is the p99 of the distribution, or where it has fewer observations than minimum what is certain of the slowest one:
// it took no less than the lower bound of its bucket, nor than all did on average. any says whether there were any.
func latencyIn(d *window.Distribution, minimum float64) (m measurement, any bool) {
	if d.Observations >= max(minimum, 1) {
		p99, known := d.Quantile(0.99)
		return measurement{value: valueOf(p99, known), clipped: d.Clipped(p99)}, true
	}
	lower, upper, any := d.HighestBucket()
	if !any {
		return measurement{}, false
	}
	mean := valueOf(d.Mean())
	return measurement{
		value: probe.Known(lower).Max(mean), lower: probe.Known(lower), upper: probe.Known(upper), mean: mean, observations: d.Observations,
		clipped: math.IsInf(upper, 1),
	}, true
}

// nothingObserved judges a disk on which nothing has ended: nobody wrote, or what was begun hangs.
func (s *subject) nothingObserved(noun string) measurement {
	waits := elapsed(s.track.proposalsStuckSince, s.now) >= longElectionTimeout
	switch lacks := s.track.stuck(s.now) >= longElectionTimeout; {
	case lacks && s.member.Metrics.Value.HasLeader == probe.Known(0): // nobody sends it anything
		return measurement{unknown: fmt.Sprintf("no %s of %s has ended lately, for it has no leader", noun, s.at.Label), named: true, inhibitedBy: NoLeader}
	case lacks || waits:
		return measurement{unknown: fmt.Sprintf("no %s of %s has ended lately although there is something to write: it may hang", noun, s.at.Label), named: true}
	}
	return notApplicable
}

// describe puts a p99, or the bucket of the slowest of few observations, in words.
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
		return fmt.Sprintf("%s p99 is %s or more", what, value)
	default:
		return fmt.Sprintf("%s p99 is %s", what, value)
	}
}

func sayLatency(what string) func(*subject, measurement) statement {
	return func(s *subject, m measurement) statement {
		text := m.describe(what)
		if s.settings.sinceStart {
			text += " since its process began"
		}
		return s.has(text)
	}
}
