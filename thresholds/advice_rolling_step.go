package thresholds

import (
	"slices"
	"time"
)

// A RollingStep is one step of a rolling change: a member's turn, or a move of the leadership.
type RollingStep struct {
	Kind StepKind
	// Member is whose turn it is, or who is to lead; From is who leads before a move, and zero in a member's turn.
	Member, From MemberRef
	State        StepState
	// Before and Now are the member's versions before the change and now; the same until it has changed, empty where
	// not known.
	Before, Now string
	// Since is when the state began, where that was seen: away, catching up, done.
	Since time.Time
	// Away is how long the member has been away, or was when it had its turn; 0 where no sweep found it away.
	Away time.Duration
	// Mark is the text of the mark that announces the member's outage, MarkUntil the end of that outage; zero without.
	Mark      string
	MarkUntil time.Time
	// Progress is how far a member has come that is catching up, or why a state is not known; in words.
	Progress string
	// Unannounced reports that the member is one of several that restarted without a mark or another sign of a change:
	// whether that was its turn is not known, or, where the step is done, the restarts themselves show it.
	Unannounced bool
	// Command moves the leadership, for a person to copy; empty in a member's turn, which is the operator's own, and
	// while the step may not be taken. See [Assessment.StepAction].
	Command string
}

// StepKind is what a [RollingStep] does.
type StepKind string

// The kinds of steps.
const (
	StepMember     StepKind = "member"      // a member is changed or restarted
	StepMoveLeader StepKind = "move-leader" // the leadership moves before the leader's turn
)

// StepState is how far a [RollingStep] has come.
type StepState string

// The states. A step that is next may have to wait: see [Rolling.Phase].
const (
	StepWaiting    StepState = "waiting"
	StepNext       StepState = "next"
	StepAway       StepState = "away"
	StepCatchingUp StepState = "catching-up" // it is back, and not yet as it was
	StepDone       StepState = "done"
	// StepUnknown: whether the member has had its turn was not seen.
	StepUnknown StepState = "unknown"
)

// NextStep is the step that is next, or nil.
func (r *Rolling) NextStep() *RollingStep {
	for i := range r.Steps {
		if r.Steps[i].State == StepNext {
			return &r.Steps[i]
		}
	}
	return nil
}

// Done counts the members that have had their turn, and all.
func (r *Rolling) Done() (done, members int) {
	for i := range r.Steps {
		if r.Steps[i].Kind == StepMember {
			members++
			if r.Steps[i].State == StepDone {
				done++
			}
		}
	}
	return done, members
}

// UnderWay reports that a change goes on: a member has had its turn or is announced to be away, or versions differ. An
// outage that nobody announced is none yet.
func (r *Rolling) UnderWay() bool {
	return r.To != "" || slices.ContainsFunc(r.Steps, func(s RollingStep) bool {
		begun := s.State == StepCatchingUp || s.Kind == StepMember && s.State == StepDone
		return s.Mark != "" || begun && !r.Began.IsZero()
	})
}

// Details say where the step stands: for how long a member is away and when the mark's time is over, what it lacks, or
// how long it was away and when it was done.
func (s *RollingStep) Details(now time.Time) []string {
	var words []string
	switch s.State {
	case StepAway:
		if s.Away > 0 {
			words = append(words, "for "+FormatDuration(s.Away))
		}
	case StepDone:
		if s.Away > 0 {
			words = append(words, "was away "+FormatDuration(s.Away))
		}
		if !s.Since.IsZero() {
			words = append(words, agoWords(now.Sub(s.Since)))
		}
	}
	if s.Progress != "" {
		words = append(words, s.Progress)
	}
	if left := s.MarkUntil.Sub(now); !s.MarkUntil.IsZero() {
		words = append(words, "announced, "+FormatDuration(max(left, 0))+" left")
	}
	return words
}

// Why is why the step is taken; empty for a member's turn, which is what the change is about.
func (s *RollingStep) Why() string {
	if s.Kind != StepMoveLeader {
		return ""
	}
	return "The leader's restart costs an election, and writes wait for it. " +
		"A move of the leadership costs milliseconds."
}

// VersionWords are the member's version before and now.
func (s *RollingStep) VersionWords() string {
	if s.Before == s.Now || s.Before == "" {
		return s.Now
	}
	return s.Before + " → " + s.Now
}
