package thresholds

// StepAction is the command that a face may offer for a step of a rolling change.
type StepAction string

// The actions. Only [ActionDrain] and [ActionMoveLeader] change anything.
const (
	// ActionNone: no command fits now.
	ActionNone StepAction = "none"
	// ActionDrain: drain the member's node, once a check has confirmed that the member may be lost.
	ActionDrain StepAction = "drain"
	// ActionMoveLeader: [RollingStep.Command].
	ActionMoveLeader StepAction = "move-leader"
	// ActionWait: wait until the cluster is well again.
	ActionWait StepAction = "wait"
)

// StepAction is the command that a face may offer for a step now, and if that is none, why: nothing is moved or drained
// unless the phase and the member's own verdict permit it. The step may be that of a row without a turn.
func (a *Assessment) StepAction(s *RollingStep) (action StepAction, why string) {
	r := &a.Rolling
	switch s.State {
	case StepAway, StepCatchingUp:
		return ActionWait, ""
	case StepDone:
		if s.Kind == StepMember {
			return ActionWait, ""
		}
		return ActionNone, "the leadership has moved"
	case StepWaiting, StepNext, StepUnknown:
	default:
		if m := a.Member(s.Member.Key); m != nil && m.Condition.Word == ConditionNeverUp {
			return ActionNone, s.Member.Short + " never ran: it has no part in the change"
		}
		return ActionNone, "no member of this cluster"
	}
	switch {
	case !r.Phase.MayGoOn() && r.Wait != "":
		return ActionNone, r.Wait
	case !r.Phase.MayGoOn():
		return ActionNone, "whether to go on is not known"
	case s.Kind == StepMoveLeader && s.Command == "":
		return ActionNone, "the leadership may be about to move"
	case s.Kind == StepMoveLeader:
		return ActionMoveLeader, ""
	}
	m := a.Member(s.Member.Key)
	switch {
	case m != nil && m.State == StateOutOfReach:
		return ActionNone, s.Member.Short + " is out of reach from here"
	case m == nil || m.State != StateOK:
		return ActionNone, s.Member.Short + " does not answer"
	case m.CanLose.Verdict != LossSafe && m.CanLose.Verdict != LossRisk:
		return ActionNone, m.CanLose.Reason
	}
	return ActionDrain, ""
}
