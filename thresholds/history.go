package thresholds

import (
	"math"
	"sort"
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

// History keeps every member's vitals over time: each sample for 15 minutes, and the least, mean and largest of every
// minute for 24 hours. Members are named by key. The goroutine that owns the evaluator owns it.
type History struct {
	members map[string]*memberHistory
}

type memberHistory struct {
	raw     window.Series[sample]
	minutes window.Series[minute]
	// filling is the current minute.
	filling minute
}

// sample is one moment, and how long it stands if none follows.
type sample struct {
	at     time.Time
	lasts  time.Duration
	role   Role
	vitals [vitalCount]float64 // NaN: unknown
}

func (s sample) When() time.Time { return s.at }

// minute is the roll-up of one minute, from its first sample on.
type minute struct {
	at, until      time.Time
	role           Role
	counts         [vitalCount]uint16
	least, largest [vitalCount]float32
	mean           [vitalCount]float32
}

func (m minute) When() time.Time { return m.at }

// addAll records the vitals of all members of an assessment.
func (h *History) addAll(a *Assessment, interval time.Duration) {
	for i := range a.Members {
		h.add(a.At, interval, &a.Members[i], len(a.Members))
	}
}

// add records a member's vitals; members is how many there are. It skips stale values, because history has gaps, not
// repetitions, and p99s of too few observations, because people see the slowest of those instead: see [Member.Shown].
func (h *History) add(now time.Time, interval time.Duration, m *Member, members int) {
	s := sample{at: now, lasts: max(interval*3/2, time.Second), role: RoleUnknown}
	if !m.Stale {
		s.role = m.Role
	}
	for v := range s.vitals {
		s.vitals[v] = math.NaN()
		if !m.IsStale(Vital(v)) && !m.TooFewSamples.Has(Vital(v)) {
			s.vitals[v] = m.Vitals[v].Or(math.NaN())
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
		member.raw.Add(s, rawHistory)
	} else {
		member.raw.AddSpaced(s, rawHistory, share(window.SpacedSamples, members))
	}
	member.roll(&s)
}

// roll adds a sample to the roll-up of its minute.
func (m *memberHistory) roll(s *sample) {
	if m.filling.at.IsZero() || !s.at.Truncate(rollUp).Equal(m.filling.at.Truncate(rollUp)) {
		if !m.filling.at.IsZero() {
			m.minutes.Add(m.filling, rolledHistory)
		}
		m.filling = minute{at: s.at, until: s.at.Truncate(rollUp).Add(rollUp), role: s.role}
	}
	f := &m.filling
	if s.role == RoleLeader || f.role == RoleUnknown {
		f.role = s.role
	}
	for v, value := range s.vitals {
		if math.IsNaN(value) {
			continue
		}
		f.counts[v]++
		n, x := f.counts[v], float32(value)
		if n == 1 {
			f.least[v], f.largest[v], f.mean[v] = x, x, x
			continue
		}
		f.least[v], f.largest[v] = min(f.least[v], x), max(f.largest[v], x)
		f.mean[v] += (x - f.mean[v]) / float32(n)
	}
}

// Begins is the time of the oldest data of any member; zero if there is none.
func (h *History) Begins() time.Time {
	var begins time.Time
	for _, m := range h.members {
		oldest := m.filling.at
		if rolled := m.minutes.All(); len(rolled) > 0 {
			oldest = rolled[0].at
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
// value in each. A column without a value is absent: a gap, never a zero. Columns align to multiples of their width, so
// that they keep their values as time moves on.
func (h *History) Columns(member string, v Vital, to time.Time, window time.Duration, n int) []probe.Value {
	columns := make([]probe.Value, n)
	h.walk(member, to, window, n, func(from, to int, s *sample, m *minute) {
		var value probe.Value
		switch {
		case s != nil:
			value = probe.Known(s.vitals[v])
		case m.counts[v] > 0:
			value = probe.Known(float64(m.largest[v]))
		}
		for i := from; i <= to; i++ {
			columns[i] = columns[i].Max(value)
		}
	})
	return columns
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
	h.walk(member, to, window, n, func(from, to int, s *sample, m *minute) {
		column := RoleColumn{Role: RoleUnknown}
		switch {
		case s != nil:
			column.Role = s.role
			if term := s.vitals[RaftTerm]; term > 0 {
				column.Term = uint64(term)
			}
		case m.counts[RaftTerm] > 0:
			column = RoleColumn{m.role, uint64(m.largest[RaftTerm])}
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
	member string, to time.Time, window time.Duration, n int, visit func(from, to int, s *sample, m *minute),
) {
	kept := h.members[member]
	if kept == nil {
		return
	}
	begin, width := Cut(to, window, n)
	if width <= 0 {
		return
	}
	c := columns{begin, to.Sub(begin), width, n}
	samples := kept.raw.All()
	if len(samples) > 0 && samples[0].at.Before(begin) {
		// The last sample before the window reaches into it.
		first := sort.Search(len(samples), func(i int) bool { return samples[i].at.After(begin) })
		samples = samples[max(0, first-1):]
	}
	rawFrom := c.end
	if len(samples) > 0 {
		rawFrom = samples[0].at.Sub(begin)
	}
	if rawFrom > 0 {
		c.walkMinutes(kept.minutes.All(), rawFrom, visit)
	}
	c.walkSamples(samples, visit)
}

// columns are what [History.walk] cuts a window into.
type columns struct {
	begin      time.Time
	end, width time.Duration // end is the window's, from begin on
	n          int
}

// reach returns the columns that a span covers; in is false where it lies outside the window.
func (c *columns) reach(from, until time.Duration) (first, last int, in bool) {
	if until <= 0 || from > c.end {
		return 0, 0, false
	}
	first, last = max(0, int(from/c.width)), min(c.n-1, int((until-1)/c.width))
	return first, last, first < c.n
}

// walkMinutes visits the minutes before rawFrom; from there on samples are finer.
func (c *columns) walkMinutes(
	minutes []minute, rawFrom time.Duration, visit func(from, to int, s *sample, m *minute),
) {
	early := sort.Search(len(minutes), func(i int) bool { return minutes[i].until.After(c.begin) })
	for i := range minutes[early:] {
		m := &minutes[early+i]
		from := m.at.Sub(c.begin)
		if from >= rawFrom {
			break
		}
		if first, last, in := c.reach(from, min(m.until.Sub(c.begin), rawFrom)); in {
			visit(first, last, nil, m)
		}
	}
}

// walkSamples visits the samples, each until the next one at most.
func (c *columns) walkSamples(samples []sample, visit func(from, to int, s *sample, m *minute)) {
	var next time.Duration
	for i := range samples {
		s, from := &samples[i], next
		if i == 0 {
			from = s.at.Sub(c.begin)
		}
		until := from + s.lasts
		if i+1 < len(samples) {
			next = samples[i+1].at.Sub(c.begin)
			until = min(until, next)
		}
		if until > c.end && c.end > from {
			until = c.end
		}
		if first, last, in := c.reach(from, until); in {
			visit(first, last, s, nil)
		}
		if from > c.end {
			break
		}
	}
}
