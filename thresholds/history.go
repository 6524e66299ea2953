package thresholds

import (
	"math"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

const (
	// rawHistory is how long each sample is kept; older ones are rolled up by minute.
	rawHistory = 15 * time.Minute
	// rolledHistory is how long roll-ups are kept.
	rolledHistory = 24 * time.Hour
	rollUp        = time.Minute
)

// History keeps every member's vitals over time: each sample for 15 minutes, and the largest of every minute for 24
// hours. Members are named by key. The goroutine that owns the evaluator owns it.
type History struct {
	members map[string]*memberHistory
}

type memberHistory struct {
	raw timeline[float64] // the samples: a value at its limit must compare equal to it
	// minutes are the largest values of each minute, from its first sample on. A member that led in it is a leader.
	minutes timeline[float32]
	// filling is the current minute; zero before the first.
	filling entry
}

// addAll records the vitals of all members of an assessment.
func (h *History) addAll(a *Assessment, interval time.Duration) {
	for i := range a.Members {
		h.add(a.At, interval, &a.Members[i], len(a.Members))
	}
}

// What history keeps of a member besides its vitals: what people see of each p99 that is a [Latency], and whether that
// is an upper bound. The vital itself is what levels go by.
const (
	shownFsync = int(vitalCount) + iota
	shownCommit
	boundFsync
	boundCommit
	historyCount
)

// shownAs returns where history keeps what people see of a vital, and where whether that is an upper bound; 0 if it
// never is.
func (v Vital) shownAs() (shown, bound int) {
	switch v {
	case WALFsyncP99:
		return shownFsync, boundFsync
	case BackendCommitP99:
		return shownCommit, boundCommit
	}
	return int(v), 0
}

// judgedAs returns the value that levels go by: the vital, or of a p99 of too few observations what is certain of the
// slowest one.
func (m *Member) judgedAs(v Vital) probe.Value {
	if !m.TooFewSamples.Has(v) {
		return m.Vitals[v]
	}
	return m.Latency(v).Low
}

// add records a member's vitals; members is how many there are. It skips stale values, because history has gaps, not
// repetitions.
func (h *History) add(now time.Time, interval time.Duration, m *Member, members int) {
	e := entry{from: now, lasts: max(interval*3/2, time.Second), role: RoleUnknown}
	if !m.Stale {
		e.role = m.Role
	}
	for of := range e.values {
		e.values[of] = math.NaN()
	}
	for v := range vitalCount {
		if m.IsStale(v) {
			continue
		}
		e.values[v] = m.judgedAs(v).Or(math.NaN())
		if shown, bound := v.shownAs(); bound > 0 {
			value, atMost := m.Shown(v)
			e.values[shown] = value.Or(math.NaN())
			if atMost {
				e.values[bound] = 1
			}
		}
	}
	if h.members == nil {
		h.members = make(map[string]*memberHistory)
	}
	member := h.members[m.Key]
	if member == nil {
		member = new(memberHistory)
		h.members[m.Key] = member
	}
	if members <= maxFullyTracked {
		member.raw.add(&e, rawHistory)
	} else {
		member.raw.addSpaced(&e, rawHistory, share(window.SpacedSamples, members))
	}
	member.roll(&e)
}

// roll adds a sample to the roll-up of its minute.
func (m *memberHistory) roll(e *entry) {
	f := &m.filling
	if f.from.IsZero() || !e.from.Truncate(rollUp).Equal(f.from.Truncate(rollUp)) {
		if !f.from.IsZero() {
			m.minutes.add(f, rolledHistory)
		}
		*f = *e
		f.lasts = e.from.Truncate(rollUp).Add(rollUp).Sub(e.from.Round(0))
		return
	}
	if e.role == RoleLeader || f.role == RoleUnknown {
		f.role = e.role
	}
	for of, value := range e.values {
		if !(value <= f.values[of]) && !math.IsNaN(value) {
			f.values[of] = value
		}
	}
}

// Begins is the time of the oldest data of any member; zero if there is none.
func (h *History) Begins() time.Time {
	var begins time.Time
	for _, m := range h.members {
		oldest := m.filling.from
		if m.minutes.len() > 0 {
			oldest = time.Unix(0, m.minutes.from(0))
		}
		if begins.IsZero() || oldest.Before(begins) {
			begins = oldest
		}
	}
	return begins
}

func (h *History) forget(member string) { delete(h.members, member) }

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

// Columns cuts the window that ends at `to` into n columns of equal width, oldest first, and returns the largest known
// value in each, as people see it: see [Member.Shown]. A column without a value is absent: a gap, never a zero. Columns
// align to multiples of their width, so that they keep their values as time moves on.
func (h *History) Columns(member string, v Vital, to time.Time, window time.Duration, n int) []probe.Value {
	shown, _ := v.shownAs()
	return h.columns(member, shown, to, window, n)
}

// Judged is [History.Columns] with the values that levels go by: a p99 as it is interpolated, or what is certain of the
// slowest of too few observations.
func (h *History) Judged(member string, v Vital, to time.Time, window time.Duration, n int) []probe.Value {
	return h.columns(member, int(v), to, window, n)
}

// AtMost reports whether a value of a vital in the window is an upper bound.
func (h *History) AtMost(member string, v Vital, to time.Time, window time.Duration) bool {
	_, bound := v.shownAs()
	return bound > 0 && h.peak(member, bound, to, window, 1).IsKnown()
}

// Peak returns the largest of [History.Columns], in less time; absent if there is none.
func (h *History) Peak(member string, v Vital, to time.Time, window time.Duration, n int) probe.Value {
	shown, _ := v.shownAs()
	return h.peak(member, shown, to, window, n)
}

func (h *History) peak(member string, of int, to time.Time, window time.Duration, n int) probe.Value {
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

func (h *History) columns(member string, of int, to time.Time, window time.Duration, n int) []probe.Value {
	columns := make([]probe.Value, n)
	h.walk(member, to, window, n, func(from, to int, s historySpan) {
		value := s.value(of)
		if math.IsNaN(value) {
			return
		}
		for i := from; i <= to; i++ {
			if largest, known := columns[i].Get(); !known || value > largest {
				columns[i] = probe.Known(value)
			}
		}
	})
	return columns
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
	h.walk(member, to, window, n, func(from, to int, s historySpan) {
		column := RoleColumn{Role: s.role()}
		if term := s.value(int(RaftTerm)); term > 0 {
			column.Term = uint64(term)
		}
		for i := from; i <= to; i++ {
			if column.Role == RoleLeader || columns[i].Role == RoleUnknown {
				columns[i].Role = column.Role
			}
			columns[i].Term = max(columns[i].Term, column.Term)
		}
	})
	return columns
}

// walk visits a member's data in the window, oldest first, each with the columns that it covers: minutes before the
// first kept sample, samples from there on.
func (h *History) walk(
	member string, to time.Time, window time.Duration, n int, visit func(from, to int, s historySpan),
) {
	kept := h.members[member]
	if kept == nil {
		return
	}
	begin, width := Cut(to, window, n)
	if width <= 0 {
		return
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
	if rawFrom > 0 {
		c.walkMinutes(&kept.minutes, rawFrom, visit)
	}
	c.walkSamples(&kept.raw, first, visit)
}

// columns are what [History.walk] cuts a window into, in nanoseconds.
type columns struct {
	begin      int64 // unix time
	end, width int64 // end is the window's, from begin on
	n          int
	// first is the column in which the last span began, and next where that column ends: a division per sample would
	// take as long as all the rest.
	first int
	next  int64
}

// reach returns the columns that a span covers; in is false where it lies outside the window. No span begins before the
// last one.
func (c *columns) reach(from, until int64) (first, last int, in bool) {
	if until <= 0 || from > c.end {
		return 0, 0, false
	}
	for ; from >= c.next; c.next += c.width {
		c.first++
	}
	last = c.first
	for next := c.next; until > next && last < c.n-1; next += c.width {
		last++
	}
	return c.first, last, c.first < c.n
}

// walkMinutes visits the minutes before rawFrom; from there on samples are finer.
func (c *columns) walkMinutes(minutes *timeline[float32], rawFrom int64, visit func(from, to int, s historySpan)) {
	for i := max(0, minutes.after(c.begin)-1); i < minutes.len(); i++ {
		m, at := minutes.place(i)
		from := m.from[at] - c.begin
		if from >= rawFrom {
			break
		}
		if first, last, in := c.reach(from, min(from+m.lasts[at], rawFrom)); in {
			visit(first, last, historySpan{rolled: m, at: at})
		}
	}
}

// walkSamples visits the samples from an index on, each until the next one at most.
func (c *columns) walkSamples(samples *timeline[float64], first int, visit func(from, to int, s historySpan)) {
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
		if first, last, in := c.reach(from, until); in {
			visit(first, last, historySpan{raw: s, at: at})
		}
		if from > c.end {
			break
		}
	}
}
