package thresholds

import (
	"math"
	"slices"
	"sort"
	"time"
)

// chunkLength is how many entries of a timeline share their columns.
const chunkLength = 64

// A timeline is a queue of a member's vitals over time, as float64 to be exact or as float32 to be small. It is kept in
// columns, since most vitals are constant for minutes or absent, and a chart reads only one of them. The zero timeline
// is empty.
type timeline[F float32 | float64] struct {
	chunks []*chunk[F]
	// forgotten is how many entries of the first chunk are forgotten.
	forgotten int
}

// A chunk is up to chunkLength consecutive entries.
type chunk[F float32 | float64] struct {
	n int
	// from is when each entry begins and lasts how long it stands if none follows, in nanoseconds of unix time.
	from, lasts [chunkLength]int64
	roles       [chunkLength]uint8
	values      [historyCount]column[F]
}

// A column is one vital's values in a chunk: all equal to first while rest is nil. NaN is an unknown value.
type column[F float32 | float64] struct {
	first F
	rest  *[chunkLength]F
}

func (c *column[F]) at(i int) F {
	if c.rest == nil {
		return c.first
	}
	return c.rest[i]
}

// set sets the last of the values, of which i are before it.
func (c *column[F]) set(i int, value F) {
	switch {
	case c.rest != nil:
	case i == 0:
		c.first = value
		return
	case c.first == value || c.first != c.first && value != value:
		return
	default:
		c.rest = new([chunkLength]F)
		for j := range i {
			c.rest[j] = c.first
		}
	}
	c.rest[i] = value
}

// largest is the largest of some of the values; NaN where all of them are.
func (c *column[F]) largest(from, to int) F {
	if c.rest == nil {
		return c.first
	}
	largest := c.rest[from]
	for _, value := range c.rest[from+1 : to] {
		if value > largest || largest != largest {
			largest = value
		}
	}
	return largest
}

// An entry is a member's vitals from a moment on, and how long they stand if none follow.
type entry struct {
	from   time.Time
	lasts  time.Duration
	role   Role
	values [historyCount]float64 // NaN: unknown
}

// historyRoles are the roles by the number that a chunk has for them.
var historyRoles = [...]Role{RoleUnknown, RoleLeader, RoleFollower, RoleLearner}

func (t *timeline[F]) len() int {
	n := len(t.chunks)
	if n == 0 {
		return 0
	}
	return (n-1)*chunkLength + t.chunks[n-1].n - t.forgotten
}

// place is the chunk of an entry, and its place there.
func (t *timeline[F]) place(i int) (c *chunk[F], at int) {
	i += t.forgotten
	return t.chunks[i/chunkLength], i % chunkLength
}

func (t *timeline[F]) from(i int) int64 {
	c, at := t.place(i)
	return c.from[at]
}

// after is the index of the first entry that begins after a time.
func (t *timeline[F]) after(unixNano int64) int {
	return sort.Search(t.len(), func(i int) bool { return t.from(i) > unixNano })
}

// add appends an entry and forgets those older than keep. It drops one of the moment of the last: the same answer seen
// again adds nothing. One that is older shows that the clock was set back: what comes after it is forgotten.
func (t *timeline[F]) add(e *entry, keep time.Duration) {
	from := e.from.UnixNano()
	if n := t.len(); n > 0 && t.from(n-1) >= from {
		if t.from(n-1) == from {
			return
		}
		t.rewind(from)
	}
	if n := len(t.chunks); n == 0 || t.chunks[n-1].n == chunkLength {
		t.chunks = append(t.chunks, new(chunk[F]))
	}
	last := t.chunks[len(t.chunks)-1]
	last.n++
	last.put(e)
	t.forget(from - int64(keep))
}

// addSpaced is [window.Series.AddSpaced].
func (t *timeline[F]) addSpaced(e *entry, keep time.Duration, most int) {
	n, from := t.len(), e.from.UnixNano()
	if n < 2 || from-t.from(n-2) >= int64(keep)/int64(most) || from <= t.from(n-1) {
		t.add(e, keep)
		return
	}
	t.chunks[len(t.chunks)-1].put(e)
	t.forget(from - int64(keep))
}

// put sets the last entry.
func (c *chunk[F]) put(e *entry) {
	i := c.n - 1
	c.from[i], c.lasts[i] = e.from.UnixNano(), int64(e.lasts)
	c.roles[i] = uint8(max(0, slices.Index(historyRoles[:], e.role)))
	for v := range c.values {
		c.values[v].set(i, F(e.values[v]))
	}
}

// forget drops the entries that begin before a time.
func (t *timeline[F]) forget(before int64) {
	for t.from(0) < before {
		if t.forgotten++; t.forgotten == chunkLength {
			t.chunks[0], t.chunks, t.forgotten = nil, t.chunks[1:], 0
		}
	}
}

// rewind forgets the entries from a time on.
func (t *timeline[F]) rewind(to int64) {
	for n := t.len(); n > 0 && t.from(n-1) >= to; n-- {
		last := t.chunks[len(t.chunks)-1]
		if last.n--; last.n == 0 {
			t.chunks = t.chunks[:len(t.chunks)-1]
		}
	}
	if t.len() == 0 {
		*t = timeline[F]{}
	}
}

// value is a value of an entry; NaN where it is unknown.
func (t *timeline[F]) value(i, of int) float64 {
	c, at := t.place(i)
	return float64(c.values[of].at(at))
}

// peak is the largest value of the entries that begin before a time and last beyond another; NaN where all are unknown.
func (t *timeline[F]) peak(of int, begin, before int64) float64 {
	peak := math.NaN()
	i := max(0, t.after(begin)-1)
	if i < t.len() {
		if c, at := t.place(i); c.from[at]+c.lasts[at] <= begin {
			i++
		}
	}
	for i < t.len() {
		c, at := t.place(i)
		values := &c.values[of]
		for first := at; at < c.n && c.from[at] < before; at++ {
			if at > first && values.rest == nil { // it is constant
				at = c.n
				break
			}
			if value := float64(values.at(at)); !(value <= peak) && !math.IsNaN(value) {
				peak = value
			}
		}
		if at < c.n {
			break
		}
		i += c.n - (i+t.forgotten)%chunkLength
	}
	return peak
}
