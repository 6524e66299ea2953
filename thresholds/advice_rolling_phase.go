package thresholds

import "fmt"

// Phase is where a change of all members stands: whether its next step may be taken now. Faces go by it and derive it
// from nothing else; the zero Phase is that of no assessment, and permits nothing.
type Phase string

// The phases. Only [PhaseOrder] and [PhaseNext] permit a step: [Rolling.NextStep]. In them every check is ok, nothing
// blocks, and nobody is away or catching up.
const (
	// PhaseOrder: no change is under way, and one may begin.
	PhaseOrder Phase = "order"
	// PhaseNext: a change is under way, and its next step may be taken.
	PhaseNext Phase = "next"
	// PhaseWait: something that is known stands in the way of the next step, the first one included: [Rolling.Wait].
	PhaseWait Phase = "wait"
	// PhaseUnknown: nothing known stands in the way, and a fact is missing that could: [Rolling.Wait] names it.
	PhaseUnknown Phase = "unknown"
	// PhaseDone: all members have had their turn. There is no next step to wait for.
	PhaseDone Phase = "done"
)

// MayGoOn reports that the next step may be taken now.
func (p Phase) MayGoOn() bool { return p == PhaseOrder || p == PhaseNext }

// setPhase sets the phase and, where the next step has to wait, why.
func (r *Rolling) setPhase() {
	done, members := r.Done()
	underWay := r.UnderWay()
	if underWay && members > 0 && done == members {
		r.Phase, r.Wait = PhaseDone, ""
		return
	}
	if r.Wait = r.obstacle(); r.Wait != "" {
		r.Phase = PhaseWait
		return
	}
	switch r.Wait = r.openQuestion(); {
	case r.Wait != "":
		r.Phase = PhaseUnknown
	case underWay:
		r.Phase = PhaseNext
	default:
		r.Phase = PhaseOrder
	}
}

// obstacle is what is known to stand in the way of the next step; empty if nothing is.
func (r *Rolling) obstacle() string {
	for i := range r.Steps {
		switch s := &r.Steps[i]; {
		case s.State == StepCatchingUp && s.Progress != "":
			return s.Member.Short + " is catching up: " + s.Progress
		case s.State == StepCatchingUp:
			return s.Member.Short + " is catching up"
		case s.State == StepAway && s.Mark != "":
			return s.Member.Short + " is away"
		}
	}
	if !r.Unknown && r.Blocked != "" {
		return r.Blocked
	}
	return r.checkOf(CheckFailed)
}

// openQuestion is what is not known and could stand in the way of the next step; empty if all is known.
func (r *Rolling) openQuestion() string {
	if r.Unknown {
		return r.Blocked
	}
	return r.checkOf(CheckUnknown)
}

// checkOf is the text of the first check with a status; empty without one.
func (r *Rolling) checkOf(status CheckStatus) string {
	for i := range r.Checks {
		if r.Checks[i].Status == status {
			return r.Checks[i].Text
		}
	}
	return ""
}

// words sum up how to begin, or to go on.
func (r *Rolling) words() string {
	done, members := r.Done()
	soFar := ""
	if r.UnderWay() {
		soFar = fmt.Sprintf(" %d of %d done.", done, members)
	}
	switch r.Phase {
	case PhaseDone:
		if r.To != "" {
			return fmt.Sprintf("All %d run %s.", members, r.To)
		}
		return fmt.Sprintf("All %d have had their turn.", members)
	case PhaseUnknown:
		whether := "start"
		if soFar != "" {
			whether = "go on"
		}
		return "Whether to " + whether + " is not known: " + r.Wait + "." + soFar
	case PhaseWait:
		switch {
		case soFar != "":
			return "Not yet: " + r.Wait + "." + soFar
		case r.Wait == r.Blocked:
			return "Do not start: " + r.Wait + "."
		case r.MoveLeaderTo.IsZero():
			return "Not yet: " + r.Wait + "."
		}
		return "Not yet: " + r.Wait + ". Then one by one: " + r.orderWords() + "."
	case PhaseNext:
		return fmt.Sprintf("%d of %d done. Next: %s. Look again after that.", done, members, r.nextWords())
	}
	return "One by one: " + r.orderWords() + ". Look again after each."
}
