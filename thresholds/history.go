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

// What history keeps of a member besides its vitals: what people see of each p99, and whether that is an upper bound.
// The vital itself is what levels go by.
const (
	shownFsync = int(vitalCount) + iota
	shownCommit
	shownTrip
	boundFsync
	boundCommit
	boundTrip
	historyCount
)

// shownAs returns where history keeps what people see of a vital, and where it keeps that if it is an upper bound; 0 if
// it never is.
func (v Vital) shownAs() (shown, bound int) {
	switch v {
	case WALFsyncP99:
		return shownFsync, boundFsync
	case BackendCommitP99:
		return shownCommit, boundCommit
	case PeerRTTP99:
		return shownTrip, boundTrip
	}
	return int(v), 0
}

// judgedAs returns the value that levels go by: the vital, or of a p99 of too few observations what is certain of the
// slowest one. No level goes by a median: history keeps what people see of it.
func (m *Member) judgedAs(v Vital) probe.Value {
	switch {
	case v == WALFsyncP50, v == BackendCommitP50:
		shown, _ := m.Shown(v)
		return shown
	case !m.TooFewSamples.Has(v):
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
				e.values[bound] = e.values[shown]
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
