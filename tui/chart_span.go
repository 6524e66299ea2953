package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// spans are the lengths of the time axis while the history is shorter than the window that the keys choose: steps, so
// that charts stand still between them, each at most a quarter longer than the last, so that none leaves charts blank.
var spans = [...]time.Duration{
	time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second, 6 * time.Second, 7 * time.Second,
	8 * time.Second, 10 * time.Second, 12 * time.Second, 15 * time.Second, 18 * time.Second, 20 * time.Second,
	25 * time.Second, 30 * time.Second, 35 * time.Second, 40 * time.Second, 50 * time.Second,
	time.Minute, 75 * time.Second, 90 * time.Second, 105 * time.Second, 2 * time.Minute, 150 * time.Second,
	3 * time.Minute, 210 * time.Second, 4 * time.Minute, 5 * time.Minute, 6 * time.Minute, 7 * time.Minute,
	8 * time.Minute, 10 * time.Minute, 12 * time.Minute, 15 * time.Minute, 18 * time.Minute, 20 * time.Minute,
	25 * time.Minute, 30 * time.Minute, 35 * time.Minute, 40 * time.Minute, 50 * time.Minute,
	time.Hour, 75 * time.Minute, 90 * time.Minute, 105 * time.Minute, 2 * time.Hour, 150 * time.Minute,
	3 * time.Hour, 210 * time.Minute, 4 * time.Hour, 5 * time.Hour, 6 * time.Hour, 7 * time.Hour, 8 * time.Hour,
	10 * time.Hour, 12 * time.Hour, 15 * time.Hour, 18 * time.Hour, 20 * time.Hour, 24 * time.Hour,
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

// span is how far back the charts on the screen go: to the second sweep, the first that has rates.
func (m model) span() time.Duration {
	age := m.elapsed(m.judge.Begins())
	if age >= 2*m.conn.interval {
		age -= m.conn.interval
	}
	return spanFor(age, m.charts.window)
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
