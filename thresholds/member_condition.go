package thresholds

import "github.com/etcdoc/etcdoc/probe"

// ConditionWord says in one or two words how a member is, or what keeps it busy.
type ConditionWord string

// The words. Those of the levels are of a member that answers and does nothing special: see [Level.Word].
const (
	ConditionDown ConditionWord = "DOWN"
	ConditionLate ConditionWord = "LATE"
)

// MemberCondition is how a member is: what faces show as its state.
type MemberCondition struct {
	Word ConditionWord
	// Level is how bad that is.
	Level Level
	// Progress is in words how far it has come with what Word names; empty where Word names nothing that progresses.
	Progress string
	// Behind is how many entries it has yet to take in, and Left how many seconds that takes at the rate of the last
	// sweeps; absent where they are not known.
	Behind, Left probe.Value
}

// condition derives the member's condition from its state and its level.
func (m *memberState) condition() MemberCondition {
	switch m.State {
	case StateDown:
		return MemberCondition{Word: ConditionDown, Level: Critical}
	case StateLate:
		return MemberCondition{Word: ConditionLate, Level: max(m.Level, Unknown)}
	case StateOutOfReach: // it may be healthy: nobody knows from here
		return ofLevel(max(m.Level, Unknown))
	}
	return ofLevel(m.Level)
}

// ofLevel is the condition of a member of which only a level is to be said.
func ofLevel(l Level) MemberCondition {
	return MemberCondition{Word: ConditionWord(l.Word()), Level: l}
}
