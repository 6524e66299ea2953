package thresholds

import (
	"fmt"
	"slices"
)

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

// WaitFrom is what a [Rolling.Wait] comes from.
type WaitFrom string

// What the next step may wait for.
const (
	WaitFromStep    WaitFrom = "step"    // a member is away, catching up, or a risk to lose, or restarted unannounced
	WaitFromBlocked WaitFrom = "blocked" // [Rolling.Blocked]
	WaitFromCheck   WaitFrom = "check"   // one of [Rolling.Checks]
)

// setPhase sets the phase and, where the next step has to wait, why.
func (r *Rolling) setPhase(b *cohort) {
	done, members := r.Done()
	underWay := r.UnderWay()
	if underWay && members > 0 && done == members {
		r.Phase = PhaseDone
		return
	}
	switch {
	case r.waitsForObstacle() || r.waitsForRisk(b):
		r.Phase = PhaseWait
	case r.waitsForFact():
		r.Phase = PhaseUnknown
	case underWay:
		r.Phase = PhaseNext
	default:
		r.Phase = PhaseOrder
	}
}

// waitsForObstacle reports whether something known stands in the way of the next step, and sets the wait to it.
func (r *Rolling) waitsForObstacle() bool {
	for i := range r.Steps {
		switch s := &r.Steps[i]; {
		case s.State == StepCatchingUp:
			brief := s.Member.Short + " is catching up"
			words := brief
			if s.Progress != "" {
				words += ": " + s.Progress
			}
			return r.waitsFor(WaitFromStep, words, brief)
		case s.State == StepAway && s.Mark != "":
			return r.waitsFor(WaitFromStep, s.Member.Short+" is away", s.Member.Short+" is away")
		}
	}
	if !r.Unknown && r.Blocked != "" {
		return r.waitsFor(WaitFromBlocked, r.Blocked, r.BlockedBrief)
	}
	return r.waitsForCheck(CheckFailed)
}

// waitsForRisk reports whether the loss of the member whose turn is next would be a risk, and sets the wait to why.
func (r *Rolling) waitsForRisk(b *cohort) bool {
	s := r.NextStep()
	if s == nil || r.Unknown {
		return false
	}
	who := s.Member
	if s.Kind == StepMoveLeader {
		who = s.From
	}
	at := b.place(who.Key)
	if at < 0 || b.members[at].CanLose.Verdict != LossRisk {
		return false
	}
	lose := &b.members[at].CanLose
	return r.waitsFor(WaitFromStep, who.Label+"'s turn is a risk: "+lose.Reason,
		fitting(VerdictWidth, who.Short+": "+lose.Headline, lose.Headline))
}

// waitsForFact reports whether something that is not known could stand in the way of the next step, and sets the wait
// to it.
func (r *Rolling) waitsForFact() bool {
	if r.Unknown {
		return r.waitsFor(WaitFromBlocked, r.Blocked, r.BlockedBrief)
	}
	if restarted := r.unannounced(); len(restarted) > 0 {
		return r.waitsFor(WaitFromStep, shortsOf(restarted).naming(HeadlineWidth, func(who string) string {
			if !r.hasWaiting() {
				return who + " restarted unannounced"
			}
			return who + " restarted unannounced; mark the next one"
		}), "a restart was not announced")
	}
	return r.waitsForCheck(CheckUnknown)
}

// unannounced are the members of which nobody knows whether their restarts were turns of a change.
func (r *Rolling) unannounced() (members []MemberRef) {
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Unannounced && s.State != StepDone {
			members = append(members, s.Member)
		}
	}
	return members
}

// hasWaiting reports that some member has yet to have its turn.
func (r *Rolling) hasWaiting() bool {
	return slices.ContainsFunc(r.Steps, func(s RollingStep) bool {
		return s.Kind == StepMember && (s.State == StepWaiting || s.State == StepNext)
	})
}

// hasDone reports that a member has had its turn.
func (r *Rolling) hasDone(of MemberRef) bool {
	return slices.ContainsFunc(r.Steps, func(s RollingStep) bool {
		return s.Kind == StepMember && s.Member.Key == of.Key && s.State == StepDone
	})
}

// hasAdopted reports that some member had its turn without an announcement, before others showed that it was one.
func (r *Rolling) hasAdopted() bool {
	return slices.ContainsFunc(r.Steps, func(s RollingStep) bool { return s.Unannounced && s.State == StepDone })
}

// waitsForCheck sets the wait to the first check with a status, if there is one.
func (r *Rolling) waitsForCheck(status CheckStatus) bool {
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Status == status {
			return r.waitsFor(WaitFromCheck, c.Text, c.Headline())
		}
	}
	return false
}

// waitsFor sets the wait, unless there is nothing to wait for.
func (r *Rolling) waitsFor(from WaitFrom, text, brief string) bool {
	if text == "" {
		return false
	}
	r.WaitFrom, r.Wait, r.WaitBrief = from, text, fitting(VerdictWidth, brief)
	return true
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
		switch {
		case r.To != "":
			return fmt.Sprintf("All %d run %s.", members, r.To)
		case r.hasAdopted():
			return fmt.Sprintf("All %d restarted, all are back.", members)
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
		case r.WaitFrom == WaitFromBlocked:
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

// RollingApplies reports that there are several members to change one by one: a change of one has no order.
func (a *Assessment) RollingApplies() bool {
	return a.Cluster.MemberListKnown && a.CountMembers() > 1
}

// SafeWhileWaiting reports that some member is safe to lose by itself, and the next step of a change has to wait: its
// verdict is no permission to begin or go on.
func (a *Assessment) SafeWhileWaiting() bool {
	if !a.RollingApplies() || a.Rolling.Phase.MayGoOn() || a.Rolling.Phase == PhaseDone {
		return false
	}
	return slices.ContainsFunc(a.Members, func(m Member) bool {
		return m.CanLose.Verdict == LossSafe && !m.LostAlready() && !m.Stray
	})
}
