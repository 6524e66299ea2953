package tui

import (
	"math"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The logarithmic axis of the distributions, in seconds.
const (
	shortestLatency = 0.0001
	longestLatency  = 10
)

// renderDistributions draws how long fsyncs and commits take, from the median to the p99 to the slowest, on a
// logarithmic axis with the limits.
func (m model) renderDistributions(a *thresholds.Member, width int) block {
	t, room := m.theme, width-labelWidth
	if room < 30 {
		return nil
	}
	axis := yAxis{bottom: shortestLatency, top: longestLatency, log: true, unit: thresholds.Seconds}
	cellOf := func(seconds float64) int { return min(int(axis.share(seconds)*float64(room)), room-1) }
	var b block
	for _, d := range []struct {
		name            string
		p50, p99, worst thresholds.Vital
	}{
		{"WAL", thresholds.WALFsyncP50, thresholds.WALFsyncP99, thresholds.WALFsyncWorst},
		{"commit", thresholds.BackendCommitP50, thresholds.BackendCommitP99, thresholds.BackendCommitWorst},
	} {
		cells := make([]span, room)
		for x := range cells {
			cells[x] = span{t.faint, t.dot()}
		}
		limits := m.rules.Limits(d.p99, 1)
		for _, l := range limits {
			reached := l.Reached(a.Mark(d.p99).Level)
			cells[cellOf(l.Value)] = span{t.limitText(reached), t.bar()}
		}
		if worst, known := a.Vitals[d.worst].Get(); known {
			p99, _ := a.Shown(d.p99)
			m.drawDistribution(cells, a, a.Mark(d.p99).Level, cellOf, a.Vitals[d.p50].Or(worst), p99.Or(worst), worst)
		}
		l := newLine(t, width)
		l.cell(t.dim, d.name, labelWidth, false)
		l.addRaw(paintRuns(cells), room)
		b = append(b, l.String())
	}
	labels := newLine(t, width)
	labels.space(labelWidth)
	for n := axis.bottom; n < axis.top*(1-1e-9); n *= 10 {
		labels.space(labelWidth + cellOf(n) - labels.used)
		labels.add(t.dim, t.number(probe.Known(n), thresholds.Seconds))
	}
	legend := lineOf(t, width,
		span{text: blanks(labelWidth)}, span{t.dim, t.span() + " p50 to p99  " + string(t.upper()) + " worst  "},
		span{t.dim, t.bar() + " limits"})
	return append(b, labels.String(), legend)
}

// drawDistribution draws a bar from the median to the p99, and a dot for the slowest.
func (m model) drawDistribution(
	cells []span, a *thresholds.Member, level thresholds.Level, cellOf func(float64) int, p50, p99, worst float64,
) {
	t := m.theme
	s := t.loneBar(toneTime, level)
	if a.MetricsStale {
		s = t.dim
	}
	cells[cellOf(math.Max(worst, shortestLatency))] = span{s, string(t.upper())}
	for x := cellOf(p50); x <= cellOf(p99); x++ {
		cells[x] = span{s, t.span()}
	}
}
