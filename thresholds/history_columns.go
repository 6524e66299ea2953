package thresholds

import (
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// Cut returns the start and the width of the n columns into which [History.Columns] and [History.Roles] cut a window.
// width is 0 if columns would be shorter than a nanosecond.
func Cut(to time.Time, window time.Duration, n int) (begin time.Time, width time.Duration) {
	if n <= 0 {
		return to, 0
	}
	if width = window / time.Duration(n); width <= 0 {
		return to, 0
	}
	return to.Truncate(width).Add(width).Add(-width * time.Duration(n)), width
}

// Chart is a vital of a member in the columns of a window, oldest first. A column without a value is absent: a gap,
// never a zero.
type Chart struct {
	// Values are the largest known ones, as people see them: see [Member.Shown]. There is room for one more.
	Values []probe.Value
	// Judged are those that levels go by: a p99 as it is interpolated, or what is certain of the slowest of too few
	// observations. They are Values for the vitals that are shown as they are judged.
	Judged []probe.Value
	// bounds are the largest of the Values that are upper bounds; empty for the vitals that have none.
	bounds []probe.Value
}

// AtMost reports whether a value that was taken of some columns is an upper bound: half of those that are as large are.
func (c *Chart) AtMost(value probe.Value, from, end int) bool {
	n, known := value.Get()
	if !known || len(c.bounds) == 0 {
		return false
	}
	large := func(values []probe.Value) (count int) {
		for _, v := range values[from:end] {
			if is, known := v.Get(); known && is >= n {
				count++
			}
		}
		return count
	}
	bounds := large(c.bounds)
	return bounds > 0 && 2*bounds >= large(c.Values)
}

// Least is what an upper bound that was taken of the columns is at least, taken likewise of what is judged. A bucket of
// etcd's histograms ends at twice where it begins, so that no value in it is below half of its end.
func (c *Chart) Least(bound probe.Value, taken func([]probe.Value) probe.Value) probe.Value {
	upper, known := bound.Get()
	judged, has := taken(c.Judged).Get()
	if !known || !has {
		return probe.Value{}
	}
	return probe.Known(min(judged, upper/2))
}

// Columns are the Values of the [Chart] of one vital.
func (h *History) Columns(member string, v Vital, to time.Time, window time.Duration, n int) []probe.Value {
	return h.Charts(member, []Vital{v}, to, window, n)[0].Values
}

// Charts cuts the window that ends at `to` into n columns of equal width, and returns a chart of each vital. Columns
// align to multiples of their width, so that they keep their values as time moves on.
func (h *History) Charts(member string, vitals []Vital, to time.Time, window time.Duration, n int) []Chart {
	stretches := h.stretches(member, to, window, n)
	charts := make([]Chart, len(vitals))
	all := make([]probe.Value, len(vitals)*(n+1))
	for i, v := range vitals {
		from := i * (n + 1)
		values := all[from : from+n : from+n+1]
		shown, bound := v.shownAs()
		setLargest(values, stretches, shown)
		charts[i] = Chart{Values: values, Judged: values}
		if bound > 0 {
			charts[i].Judged = make([]probe.Value, n)
			setLargest(charts[i].Judged, stretches, int(v))
			charts[i].bounds = make([]probe.Value, n)
			setLargest(charts[i].bounds, stretches, bound)
		}
	}
	return charts
}

// setLargest sets columns to the largest value in each of what history keeps.
func setLargest(columns []probe.Value, stretches []stretch, of int) {
	for i := range stretches {
		s := &stretches[i]
		value := s.largest(of)
		if math.IsNaN(value) {
			continue
		}
		if largest, known := columns[s.column].Get(); !known || value > largest {
			columns[s.column] = probe.Known(value)
		}
	}
}

// Peak returns the largest of [History.Columns], in less time; absent if there is none.
func (h *History) Peak(member string, v Vital, to time.Time, window time.Duration, n int) probe.Value {
	of, _ := v.shownAs()
	kept := h.members[member]
	begin, width := Cut(to, window, n)
	if kept == nil || width <= 0 {
		return probe.Value{}
	}
	from, end := begin.UnixNano(), to.UnixNano()+1
	peak, minutesEnd := kept.raw.peak(of, from, end), end
	if kept.raw.len() > 0 { // from there on samples are finer
		minutesEnd = min(end, kept.raw.from(max(0, kept.raw.after(from)-1)))
	}
	if minutesEnd > from {
		if rolled := kept.minutes.peak(of, from, minutesEnd); !(rolled <= peak) && !math.IsNaN(rolled) {
			peak = rolled
		}
	}
	if math.IsNaN(peak) {
		return probe.Value{}
	}
	return probe.Known(peak)
}

// Median returns the median of the known values, as [window.Median] takes it; absent if none is known.
func Median(values []probe.Value) probe.Value {
	var known []float64
	for _, value := range values {
		if n, has := value.Get(); has {
			known = append(known, n)
		}
	}
	if median, ok := window.Median(known); ok {
		return probe.Known(median)
	}
	return probe.Value{}
}

// RoleColumn is a member's role and term during one column.
type RoleColumn struct {
	Role Role
	Term uint64 // the highest one; 0: unknown
}

// Roles is [History.Columns] for role and term: a column in which the member led is a leader's.
func (h *History) Roles(member string, to time.Time, window time.Duration, n int) []RoleColumn {
	columns := make([]RoleColumn, n)
	for i := range columns {
		columns[i].Role = RoleUnknown
	}
	for _, s := range h.stretches(member, to, window, n) {
		c := &columns[s.column]
		for at := s.from; at < s.to; at++ {
			if role := s.role(at); role == RoleLeader || c.Role == RoleUnknown {
				c.Role = role
			}
		}
		if term := s.largest(int(RaftTerm)); term > 0 {
			c.Term = max(c.Term, uint64(term))
		}
	}
	return columns
}

// A stretch is consecutive entries of a chunk that fall into one column. An entry that reaches into more columns is in
// a stretch of each.
type stretch struct {
	raw      *chunk[float64]
	rolled   *chunk[float32] // if raw is nil
	from, to int             // the entries, without the one at to
	column   int
}

// largest is the largest value; NaN where all are unknown.
func (s *stretch) largest(of int) float64 {
	if s.raw != nil {
		return s.raw.values[of].largest(s.from, s.to)
	}
	return float64(s.rolled.values[of].largest(s.from, s.to))
}

func (s *stretch) role(at int) Role {
	if s.raw != nil {
		return historyRoles[s.raw.roles[at]]
	}
	return historyRoles[s.rolled.roles[at]]
}

// stretches are a member's data in the window, oldest first: minutes before the first kept sample, samples from there
// on. They point into the history, and hold until the next sweep.
func (h *History) stretches(member string, to time.Time, window time.Duration, n int) []stretch {
	kept := h.members[member]
	if kept == nil {
		return nil
	}
	begin, width := Cut(to, window, n)
	if width <= 0 {
		return nil
	}
	c := columns{
		begin: begin.UnixNano(), end: to.UnixNano() - begin.UnixNano(), width: int64(width), n: n, next: int64(width),
	}
	// The last sample before the window reaches into it.
	first := max(0, kept.raw.after(c.begin)-1)
	rawFrom := c.end
	if kept.raw.len() > 0 {
		rawFrom = kept.raw.from(first) - c.begin
	}
	c.stretches = make([]stretch, 0, n+len(kept.raw.chunks))
	if rawFrom > 0 {
		c.walkMinutes(&kept.minutes, rawFrom)
	}
	c.walkSamples(&kept.raw, first)
	return c.stretches
}

// columns are what a window is cut into, in nanoseconds, and what falls into them.
type columns struct {
	stretches []stretch

	begin      int64 // unix time
	end, width int64 // end is the window's, from begin on
	n          int
	// first is the column in which the last entry began, and next where that column ends: a division per sample would
	// take as long as all the rest.
	first int
	next  int64
}

// add adds an entry to the columns that it covers, unless it lies outside the window. No entry begins before the last
// one.
func (c *columns) add(s stretch, from, until int64) {
	if until <= 0 || from > c.end {
		return
	}
	for ; from >= c.next; c.next += c.width {
		c.first++
	}
	for s.column = c.first; s.column < c.n; s.column++ {
		last := len(c.stretches) - 1
		if last >= 0 && c.stretches[last].continues(&s) {
			c.stretches[last].to = s.to
		} else {
			c.stretches = append(c.stretches, s)
		}
		if until <= c.next+int64(s.column-c.first)*c.width {
			return
		}
	}
}

// continues reports that another stretch is the next entries of the same chunk and column.
func (s *stretch) continues(next *stretch) bool {
	return s.to == next.from && s.column == next.column && s.raw == next.raw && s.rolled == next.rolled
}

// walkMinutes adds the minutes before rawFrom; from there on samples are finer.
func (c *columns) walkMinutes(minutes *timeline[float32], rawFrom int64) {
	for i := max(0, minutes.after(c.begin)-1); i < minutes.len(); i++ {
		m, at := minutes.place(i)
		from := m.from[at] - c.begin
		if from >= rawFrom {
			break
		}
		c.add(stretch{rolled: m, from: at, to: at + 1}, from, min(from+m.lasts[at], rawFrom))
	}
}

// walkSamples adds the samples from an index on, each until the next one at most.
func (c *columns) walkSamples(samples *timeline[float64], first int) {
	n := samples.len()
	s, at := (*chunk[float64])(nil), chunkLength
	for i := first; i < n; i++ {
		if at++; at >= chunkLength || s == nil {
			s, at = samples.place(i)
		}
		from := s.from[at] - c.begin
		until := from + s.lasts[at]
		switch {
		case at+1 < s.n:
			until = min(until, s.from[at+1]-c.begin)
		case i+1 < n:
			until = min(until, samples.from(i+1)-c.begin)
		}
		if until > c.end && c.end > from {
			until = c.end
		}
		c.add(stretch{raw: s, from: at, to: at + 1}, from, until)
		if from > c.end {
			break
		}
	}
}
