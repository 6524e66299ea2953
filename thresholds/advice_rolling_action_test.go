package thresholds

import (
	"testing"
	"time"
)

// TestStepActions: whatever else holds, nothing is drained or moved unless the phase permits it.
func TestStepActions(t *testing.T) {
	t.Parallel()
	member := MemberRef{Key: "1", Label: "etcd-1", Short: "etcd-1"}
	turn := RollingStep{Kind: StepMember, Member: member}
	move := RollingStep{Kind: StepMoveLeader, Member: MemberRef{Key: "2"}, From: member, Command: "etcdctl move-leader"}
	bare := move
	bare.Command = ""
	const reason = "leaves 1, quorum needs 2"
	for _, test := range []struct {
		name    string
		step    RollingStep
		state   StepState
		phase   Phase
		verdict Verdict
		want    StepAction
		why     string
	}{
		{"order", turn, StepNext, PhaseOrder, LossSafe, ActionDrain, ""},
		{"next", turn, StepNext, PhaseNext, LossRisk, ActionDrain, ""},
		{"later", turn, StepWaiting, PhaseNext, LossSafe, ActionDrain, ""},
		{"its turn was not seen", turn, StepUnknown, PhaseOrder, LossSafe, ActionDrain, ""},
		{"wait", turn, StepNext, PhaseWait, LossSafe, ActionNone, "that"},
		{"unknown", turn, StepNext, PhaseUnknown, LossSafe, ActionNone, "that"},
		{"no assessment", turn, StepNext, "", LossSafe, ActionNone, "whether to go on is not known"},
		{"done with all others", turn, StepUnknown, PhaseDone, LossSafe, ActionNone, "whether to go on is not known"},
		{"can't be lost", turn, StepNext, PhaseOrder, LossNo, ActionNone, reason},
		{"whether it can be lost is not known", turn, StepNext, PhaseNext, LossUnknown, ActionNone, reason},
		{"away", turn, StepAway, PhaseWait, LossSafe, ActionWait, ""},
		{"catching up", turn, StepCatchingUp, PhaseWait, LossSafe, ActionWait, ""},
		{"done", turn, StepDone, PhaseNext, LossSafe, ActionWait, ""},
		{"no turn", turn, "", PhaseOrder, LossSafe, ActionNone, "no member of this cluster"},
		{"move", move, StepWaiting, PhaseOrder, LossSafe, ActionMoveLeader, ""},
		{"no move", bare, StepNext, PhaseNext, LossSafe, ActionNone, "the leadership may be about to move"},
		{"no move yet", move, StepNext, PhaseWait, LossSafe, ActionNone, "that"},
		{"whether to move is not known", move, StepNext, PhaseUnknown, LossSafe, ActionNone, "that"},
		{"moved", move, StepDone, PhaseNext, LossSafe, ActionNone, "the leadership has moved"},
	} {
		a := Assessment{Rolling: Rolling{Phase: test.phase}, Members: []Member{{MemberRef: member, State: StateOK,
			CanLose: CanLose{Verdict: test.verdict, Reason: reason}}}}
		if test.phase == PhaseWait || test.phase == PhaseUnknown {
			a.Rolling.Wait = "that"
		}
		test.step.State = test.state
		if got, why := a.StepAction(&test.step); got != test.want || why != test.why {
			t.Errorf("%s: %s %q, want %s %q", test.name, got, why, test.want, test.why)
		}
		a.Members[0].State = StateLate
		if got, _ := a.StepAction(&test.step); got == ActionDrain {
			t.Errorf("%s: a member that does not answer may be drained", test.name)
		}
	}
}

// TestNoCommandWhileWaiting: a member that is safe to lose is not to be drained while a change has to wait, and the
// leadership stays.
func TestNoCommandWhileWaiting(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(time.Minute, func() { s.work(50, 2*time.Millisecond) })
	a := s.run(3*time.Minute, func() {
		s.work(50, 2*time.Millisecond)
		s.member(3).fsync(50, 400*time.Millisecond)
	})
	if a.Rolling.Phase != PhaseWait || a.Rolling.Next != "" {
		t.Fatalf("%s, %s, next %q", a.Rolling.Phase, a.Rolling.Wait, a.Rolling.Next)
	}
	safe := false
	for i := range a.Rolling.Steps {
		step := &a.Rolling.Steps[i]
		action, why := a.StepAction(step)
		if action != ActionNone || why != a.Rolling.Wait || step.Command != "" {
			t.Errorf("%s %s: %s %q, command %q", step.Kind, step.Member.Label, action, why, step.Command)
		}
		safe = safe || step.Kind == StepMember && a.Member(step.Member.Key).CanLose.Verdict == LossSafe
	}
	if !safe {
		t.Error("nobody is safe to lose: the scene shows nothing")
	}
}
