package thresholds

import "time"

// LeaderlessTime is for how long nobody led. Sweeps only bound it: when it began and ended between two of them is
// unknown.
type LeaderlessTime struct{ Least, Most time.Duration }

// Words are the time in a notation: leaderless < 2 s, or leaderless 9 s to 11 s; empty if somebody led all the time.
func (t LeaderlessTime) Words(n Notation) string {
	switch {
	case t.Most <= 0:
		return ""
	case t.Least <= 0:
		return "leaderless < " + n.Duration(max(t.Most, time.Second))
	case t.Least < t.Most:
		return "leaderless " + n.Duration(t.Least) + " to " + n.Duration(t.Most)
	}
	return "leaderless " + n.Duration(t.Most)
}

// middle is the middle of the bounds, and error how far off it may be.
func (t LeaderlessTime) middle() time.Duration { return (t.Least + t.Most) / 2 }
func (t LeaderlessTime) error() time.Duration  { return (t.Most - t.Least) / 2 }

func (t LeaderlessTime) plus(more LeaderlessTime) LeaderlessTime {
	return LeaderlessTime{t.Least + more.Least, t.Most + more.Most}
}

// A leaderGap is a time without a leader as sweeps show it.
type leaderGap struct {
	// after is the last sweep with a leader; zero if there was none before.
	after time.Time
	// first and last are the first and the last sweep without one; zero if no sweep fell into the gap.
	first, last time.Time
	// until is the first sweep with a leader again; zero while there is none.
	until time.Time
}

// next is the gap after one more sweep. With a leader it is the gap that ended.
func (g leaderGap) next(now time.Time, leadership Leadership) leaderGap {
	switch leadership {
	case Leaderless:
		if g.first.IsZero() {
			g.first = now
		}
		g.last = now
	case Led:
		g.until = now
	}
	return g
}

// with is the gap together with an earlier one that was no end of it.
func (g leaderGap) with(earlier leaderGap) leaderGap {
	g.after, g.first = earlier.after, earlier.first
	if g.last.IsZero() {
		g.last = earlier.last
	}
	return g
}

// within is how much of the gap lies between two times.
func (g leaderGap) within(from, to time.Time) LeaderlessTime {
	begin, end := g.after, g.until
	if begin.IsZero() {
		begin = g.first
	}
	if end.IsZero() {
		end = to
	}
	if begin.IsZero() {
		return LeaderlessTime{}
	}
	return LeaderlessTime{Least: overlap(g.first, g.last, from, to), Most: overlap(begin, end, from, to)}
}

// overlap is for how long two spans of time overlap.
func overlap(begin, end, from, to time.Time) time.Duration {
	if begin.Before(from) {
		begin = from
	}
	if end.After(to) {
		end = to
	}
	return max(0, end.Sub(begin))
}
