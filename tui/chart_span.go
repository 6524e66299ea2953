package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// spans are the lengths of the time axis while the history is shorter than the window that the keys choose: steps, so
// that charts stand still between them.
var spans = [...]time.Duration{
	30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute,
	30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// spanFor is the length of the time axis for a history of some age: the least span that shows all of it, and at most
// the window.
func spanFor(age, window time.Duration) time.Duration {
	for _, s := range spans {
		if s >= age && s < window {
			return s
		}
	}
	return window
}

// span is how far back the charts on the screen go.
func (m model) span() time.Duration {
	return spanFor(m.elapsed(m.judge.Begins()), m.charts.window)
}

// chartsOf are n values of each of some vitals of a member over the span: the last one is the newest value, which the
// table shows too; each other one is the largest of its part of the span.
func (m model) chartsOf(a *thresholds.Member, vitals []thresholds.Vital, n int) []thresholds.Chart {
	charts := m.judge.Charts(a.Key, vitals, m.shown.assessment.At, m.span(), pastColumns(n))
	for i, v := range vitals {
		charts[i].Values = append(charts[i].Values, newest(a, v))[:n]
	}
	return charts
}

// columnsOf are the values of one vital: see chartsOf.
func (m model) columnsOf(a *thresholds.Member, v thresholds.Vital, n int) []probe.Value {
	return m.chartsOf(a, []thresholds.Vital{v}, n)[0].Values
}

// newest is a member's value at the moment shown, as the table has it; absent where only an older one is known.
func newest(a *thresholds.Member, v thresholds.Vital) probe.Value {
	if a.IsStale(v) {
		return probe.Value{}
	}
	shown, _ := a.Shown(v)
	return shown
}

// extentOf is the extent of columnsOf. Only a logarithmic axis needs the least of them.
func (m model) extentOf(a *thresholds.Member, v thresholds.Vital, n int) extent {
	if m.charts.scale == ScaleLog {
		return extent{}.with(m.columnsOf(a, v, n))
	}
	peak := m.judge.Peak(a.Key, v, m.shown.assessment.At, m.span(), pastColumns(n))
	return extent{}.with([]probe.Value{peak, newest(a, v)})
}

// pastColumns is how many of n values of a chart show the span; one more shows the newest value alone.
func pastColumns(n int) int { return max(n-1, 1) }

// cut is the start and the length of the parts of the span that a chart of so many columns shows.
func (m model) cut(columns int) (begin time.Time, each time.Duration) {
	return thresholds.Cut(m.shown.assessment.At, m.span(), pastColumns(columns*m.theme.samplesPerCell()))
}

// columnOf is the column of a chart for a time, and whether the time is in the span.
func (m model) columnOf(at time.Time, columns int) (x int, in bool) {
	begin, each := m.cut(columns)
	if each <= 0 || at.Before(begin) || at.After(m.shown.assessment.At) {
		return 0, false
	}
	per := m.theme.samplesPerCell()
	return min(int(at.Sub(begin)/each), pastColumns(columns*per)-1) / per, true
}

// timeOf is the time at which a column of a chart begins, and how long it is; the last one is the moment shown.
func (m model) timeOf(x, columns int) (at time.Time, length time.Duration) {
	if x >= columns-1 {
		return m.shown.assessment.At, 0
	}
	begin, each := m.cut(columns)
	each *= time.Duration(m.theme.samplesPerCell())
	return begin.Add(time.Duration(x) * each), each
}

// worstOf is the length of the columns of a chart if each shows the worst of several sweeps; 0 if each shows one.
func (m model) worstOf(columns int) time.Duration {
	_, each := m.cut(columns)
	if each *= time.Duration(m.theme.samplesPerCell()); each > m.conn.interval {
		return each
	}
	return 0
}

// spanWords say how far back a chart goes, and what its columns are.
func (m model) spanWords(columns int) string {
	text := "last " + thresholds.ShortDuration(m.span())
	if each := m.worstOf(columns); each > 0 {
		text += ", worst of each " + m.theme.number(probe.Known(each.Seconds()), thresholds.Seconds)
	}
	return text
}
