package thresholds

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// A Plan is a change of a cluster, judged step by step: each as if those before it had been done.
type Plan struct {
	// CanLose is the worst verdict of the steps, with its reason.
	CanLose
	Steps []PlannedStep
}

// A PlannedStep is one step of a plan.
type PlannedStep struct {
	PlanStep
	// Member is whom it is about; a member that the plan adds has no Key.
	Member MemberRef
	// Judged reports that there is a verdict: not after a step that must not be done.
	Judged bool
	// CanLose is the verdict on the step.
	CanLose
	// Foretold reports that it can't be judged before an earlier step was done, however long one looks.
	Foretold bool
	// Before and After are the cluster's state, as far as the plan changes it. A step that must not be done changes
	// nothing.
	Before, After PlanState
}

// Words are the step with its member's label, whichever name was written.
func (s *PlannedStep) Words() string {
	step := s.PlanStep
	step.Name = cmp.Or(s.Member.Label, s.Name)
	return step.String()
}

// PlanState is the state of a cluster before or after a step.
type PlanState struct {
	// MemberListKnown reports that the numbers mean something.
	MemberListKnown  bool
	Voters, Learners int
	// Healthy counts the voters that count towards the quorum, and Unknown those that may.
	Healthy, Unknown int
	// CatchingUp is how many of the healthy ones can't help to commit before they have received what they lack.
	CatchingUp int
	Quorum     int
	// Leader is zero if nobody leads, or if an election decides who does.
	Leader MemberRef
}

// Tolerance is how many voters may be lost before nothing commits; negative if the quorum is lost. It is absent unless
// the health of every voter is known.
func (s *PlanState) Tolerance() probe.Value {
	if !s.MemberListKnown || s.Unknown > 0 {
		return probe.Value{}
	}
	return probe.Known(float64(spare(s.Healthy, s.CatchingUp, s.Quorum)))
}

// A PlanError is why a plan can't be judged: one of its words is wrong.
type PlanError struct {
	Step   int // from 1; 0 for the whole plan
	Column int // of the word, from 1
	// Word is the wrong word, empty where one is missing.
	Word    string
	Problem error
	// Allowed are the words that could stand there, if they are a fixed list.
	Allowed []string
}

func (e *PlanError) Error() string {
	switch {
	case e.Step == 0:
		return e.Problem.Error()
	case e.Word == "":
		return fmt.Sprintf("step %d, column %d: %v", e.Step, e.Column, e.Problem)
	}
	return fmt.Sprintf("step %d, %q at column %d: %v", e.Step, probe.Redacted(e.Word), e.Column, e.Problem)
}

func (e *PlanError) Unwrap() error { return e.Problem }

// Plan judges steps by the newest sweep. resolve returns the key of the member that a name stands for. The error is a
// [PlanError] about a name.
func (e *Evaluator) Plan(steps []PlanStep, resolve func(name string) (key string, err error)) (Plan, error) {
	if e.facts == nil {
		return Plan{CanLose: e.CanLose(nil)}, nil
	}
	p := &planner{verdictFacts: e.facts.clone(), resolve: resolve, planned: make([]planned, len(e.facts.members))}
	var out Plan
	ended := false
	for _, step := range steps {
		at, err := p.find(step)
		if err != nil {
			return Plan{}, err
		}
		done := PlannedStep{PlanStep: step, Judged: !ended, Before: p.state()}
		if done.Judged {
			verdict := p.judge(step, at)
			done.CanLose = CanLose{verdict.verdict, verdict.ground, verdict.reason, verdict.headline}
			ended = done.Verdict == LossNo
			done.Foretold = done.Verdict == LossUnknown && p.awaitsStart()
		}
		if at < 0 {
			at = p.add(step)
		}
		done.Member = p.members[at].MemberRef
		p.apply(step, at, !ended)
		done.After = p.state()
		out.Steps = append(out.Steps, done)
	}
	worst := slices.MaxFunc(out.Steps, func(s, t PlannedStep) int { return cmp.Compare(s.rank(), t.rank()) })
	out.CanLose = worst.CanLose
	return out, nil
}

// rank orders steps by their verdicts, those without one first.
func (s *PlannedStep) rank() int {
	if !s.Judged {
		return -1
	}
	return s.Verdict.rank()
}
