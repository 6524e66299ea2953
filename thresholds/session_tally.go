package thresholds

import (
	"sort"
	"time"
)

// A Tally sums up a part of a session.
type Tally struct {
	// Partial reports that some of that time was not watched, or is no longer remembered.
	Partial       bool
	LeaderChanges int
	Leaderless    LeaderlessTime
	WorstLevel    Level
	// LeaderBefore and LeaderAfter led at the begin and the end as far as is known; zero if nobody did.
	LeaderBefore, LeaderAfter MemberRef
	// Members are by key.
	Members map[string]MemberTally
}

// A MemberTally sums up how a member was.
type MemberTally struct {
	// Before, Worst and After are how it was at the begin, at its worst, and at the end. They have no progress, and no
	// word if that is not known.
	Before, Worst, After MemberCondition
	// Spent is for how long it was in each condition, by its word.
	Spent map[ConditionWord]time.Duration
}

// GotWorse reports that the member is worse at the end than at the begin.
func (t *MemberTally) GotWorse() bool { return t.Before.Word != "" && t.After.WorseThan(t.Before) }

// spellsKept is how many of the newest spells a session remembers of the cluster and of each member: as many as there
// are events. Older ones are only in its totals.
const spellsKept = maxEvents

// A spell is how something was from a sweep on.
type spell[T comparable] struct {
	at time.Time
	is T
}

// clusterSpell and memberSpell are what a session remembers of a sweep.
type clusterSpell struct {
	level   Level
	leader  MemberRef
	changes int // of leader since the session began
}

type memberSpell struct {
	word  ConditionWord
	level Level
	down  bool
}

func (t memberSpell) condition() MemberCondition {
	return MemberCondition{Word: t.word, Level: t.level}
}

// withSpell appends to spells, which others may share, if something has changed, and forgets the oldest.
func withSpell[T comparable](spells []spell[T], at time.Time, is T) []spell[T] {
	n := len(spells)
	if n > 0 && spells[n-1].is == is {
		return spells
	}
	if n >= spellsKept {
		spells = spells[n-spellsKept+1:]
	}
	return append(spells[:len(spells):len(spells)], spell[T]{at, is})
}

// during returns the spells that held between two times; partial reports that older ones are forgotten.
func during[T comparable](spells []spell[T], from, to time.Time) (held []spell[T], partial bool) {
	after := func(at time.Time) int {
		return sort.Search(len(spells), func(i int) bool { return spells[i].at.After(at) })
	}
	begin, end := max(after(from)-1, 0), after(to)
	if begin >= end {
		return nil, false
	}
	return spells[begin:end], len(spells) >= spellsKept && spells[begin].at.After(from)
}

// Between sums up the session from one time to another.
func (s *Session) Between(from, to time.Time) Tally {
	spells, partial := during(s.spells, from, to)
	t := Tally{Partial: partial || from.Before(s.From), Members: make(map[string]MemberTally, len(s.Members))}
	for i, spell := range spells {
		if i == 0 {
			t.LeaderBefore, t.LeaderChanges = spell.is.leader, -spell.is.changes
		}
		t.LeaderAfter, t.WorstLevel = spell.is.leader, max(t.WorstLevel, spell.is.level)
	}
	if n := len(spells); n > 0 {
		t.LeaderChanges += spells[n-1].is.changes
	}
	for _, gap := range s.gaps {
		t.Leaderless = t.Leaderless.plus(gap.within(from, to))
	}
	if s.IsLeaderless() {
		gap := s.gap
		gap.until = s.To
		t.Leaderless = t.Leaderless.plus(gap.within(from, to))
	}
	t.Partial = t.Partial || len(s.gaps) >= spellsKept && s.gaps[0].until.After(from)
	for _, b := range s.breaks {
		t.Partial = t.Partial || b.after.Before(to) && b.until.After(from)
	}
	for key, m := range s.Members {
		of, partial := m.between(from, to, s.To)
		t.Members[key], t.Partial = of, t.Partial || partial
	}
	return t
}

// between sums up the member; known is until when it was seen.
func (m *SessionMember) between(from, to, known time.Time) (t MemberTally, partial bool) {
	spells, partial := during(m.spells, from, to)
	t.Spent = make(map[ConditionWord]time.Duration)
	for i, spell := range spells {
		is := spell.is.condition()
		if i == 0 {
			t.Worst = is
			if !spell.at.After(from) {
				t.Before = is
			}
		}
		if is.WorseThan(t.Worst) {
			t.Worst = is
		}
		t.After = is
		until := known
		if i+1 < len(spells) {
			until = spells[i+1].at
		}
		t.Spent[is.Word] += overlap(spell.at, until, from, to)
	}
	return t, partial
}
