package thresholds

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/assets/schematest"
	"github.com/etcdoc/etcdoc/probe"
)

// plan judges a plan on the scene's newest sweep, and holds its JSON to the schema.
func (s *scene) plan(a *Assessment, text string) (Plan, error) {
	s.t.Helper()
	steps, err := ParsePlan(text)
	if err != nil {
		return Plan{}, err
	}
	p, err := s.evaluator.Plan(steps, func(name string) (string, error) {
		for i := range a.Members {
			if a.Members[i].Label == name {
				return a.Members[i].Key, nil
			}
		}
		return "", errors.New("no such member")
	})
	if err == nil {
		document, err := json.Marshal(p.Document(a.At))
		if err != nil {
			s.t.Fatal(err)
		}
		schematest.Check(s.t, document)
		if !json.Valid(document) {
			s.t.Errorf("no JSON: %s", document)
		}
	}
	return p, err
}

// outline is a plan in a line: the verdict of each step, and the voters, healthy ones and quorum after it.
func (p *Plan) outline() string {
	parts := make([]string, len(p.Steps))
	for i := range p.Steps {
		s := &p.Steps[i]
		verdict := "-"
		if s.Judged {
			verdict = s.Verdict.String()
			if s.Ground != "" {
				verdict += "(" + string(s.Ground) + ")"
			}
		}
		if !s.After.MemberListKnown {
			parts[i] = verdict + " ?"
			continue
		}
		parts[i] = fmt.Sprintf("%s %d/%d q%d", verdict, s.After.Healthy, s.After.Voters, s.After.Quorum)
		if s.After.Unknown > 0 {
			parts[i] += fmt.Sprintf(" ?%d", s.After.Unknown)
		}
		if s.After.Learners > 0 {
			parts[i] += fmt.Sprintf(" +%d", s.After.Learners)
		}
	}
	return strings.Join(parts, "; ")
}

func TestPlans(t *testing.T) {
	t.Parallel()
	down := func(members ...int) func(*scene) {
		return func(s *scene) { s.kill(members...) }
	}
	leaderless := func(gone ...int) func(*scene) {
		return func(s *scene) {
			s.kill(gone...)
			for _, m := range s.members {
				m.status.Leader = 0
			}
		}
	}
	learner := func(behind uint64) func(*scene) {
		return func(s *scene) {
			m := s.add("etcd-4")
			m.learner, m.status.IsLearner = true, true
			for _, m := range s.members {
				m.status.RaftIndex, m.status.RaftAppliedIndex = 10_000, 10_000
			}
			m.status.RaftIndex -= behind
			m.status.RaftAppliedIndex = m.status.RaftIndex
		}
	}
	tests := map[string]struct {
		voters int
		begin  func(*scene) // before the first sweep
		direct func(*scene)
		plan   string
		want   string
	}{
		"nothing to lose": {3, nil, nil,
			"restart etcd-1; restart etcd-2; restart etcd-3",
			"safe 3/3 q2; safe 3/3 q2; safe 3/3 q2"},
		"stopped, and not": {3, nil, nil,
			"stop etcd-1; restart etcd-2; start etcd-1",
			"safe 2/3 q2; no(quorum) 2/3 q2; - 2/3 q2"},
		"stopped, and back": {3, nil, nil,
			"stop etcd-1; start etcd-1; restart etcd-2",
			"safe 2/3 q2; safe 3/3 q2; safe 3/3 q2"},
		"stopped, and restarted": {3, nil, nil,
			"stop etcd-2; restart etcd-2; restart etcd-3",
			"safe 2/3 q2; safe 3/3 q2; safe 3/3 q2"},
		"two of five stop": {5, nil, nil, "stop etcd-1; stop etcd-2", "safe 4/5 q3; risk(health) 3/5 q3"},
		"a replacement": {3, nil, nil,
			"remove etcd-3; add etcd-3; restart etcd-1",
			"risk(margin) 2/2 q2; safe 2/3 q2; no(quorum) 2/3 q2"},
		"and it starts": {3, nil, nil,
			"remove etcd-3; add etcd-4; start etcd-4; restart etcd-1",
			"risk(margin) 2/2 q2; safe 2/3 q2; safe 2/3 q2 ?1; unknown(health) 2/3 q2 ?1"},
		"of a dead one":     {3, nil, down(3), "remove etcd-3; add etcd-4", "safe 2/2 q2; safe 2/3 q2"},
		"added beside it":   {3, nil, down(3), "add etcd-4; remove etcd-3", "no(quorum) 2/3 q2; - 2/3 q2"},
		"a learner, too":    {3, nil, down(3), "add etcd-4 learner", "no(quorum) 2/3 q2"},
		"a fourth voter":    {3, nil, nil, "add etcd-4", "risk(margin) 3/4 q3"},
		"beside a dead one": {5, nil, down(5), "add etcd-6 learner", "risk(health) 4/5 q3 +1"},
		"and before 3.6.11": {5, nil, func(s *scene) { s.kill(5); s.member(1).status.Version = "3.6.10" },
			"add etcd-6 learner", "no(health) 4/5 q3"},
		"two of 3.5.29": {5, nil, func(s *scene) { s.member(3).status.Version = "3.5.29" },
			"add etcd-6; add etcd-7", "safe 5/6 q4; no(health) 5/6 q4"},
		"a sixth voter": {5, nil, nil, "add etcd-6; add etcd-7", "safe 5/6 q4; risk(health) 5/7 q4"},
		"as a learner": {3, nil, nil,
			"add etcd-4 learner; start etcd-4; promote etcd-4",
			"safe 3/3 q2 +1; safe 3/3 q2 +1; unknown(health) 3/4 q3 ?1"},
		"promoted too soon": {3, nil, nil,
			"add etcd-4 learner; promote etcd-4",
			"safe 3/3 q2 +1; no(health) 3/3 q2 +1"},
		"two learners": {3, nil, nil,
			"add etcd-4 learner; add etcd-5 learner",
			"safe 3/3 q2 +1; no(membership) 3/3 q2 +1"},
		"beside one that may be": {3, nil, nil, "add etcd-4 learner; start etcd-4; add etcd-5",
			"safe 3/3 q2 +1; safe 3/3 q2 +1; unknown(health) 3/4 q3 +1"},
		"beside a learner":   {3, learner(2000), nil, "add etcd-5", "no(membership) 3/3 q2 +1"},
		"one that is ready":  {3, learner(0), nil, "promote etcd-4; remove etcd-3", "safe 4/4 q3; safe 3/3 q2"},
		"one that is not":    {3, learner(2000), nil, "promote etcd-4", "no(health) 3/3 q2 +1"},
		"the leader removed": {3, nil, nil, "remove etcd-1", "risk(margin) 2/2 q2"},
		"a voter promoted":   {3, nil, nil, "promote etcd-1", "no(membership) 3/3 q2"},
		"a learner removed": {3, learner(2000), nil,
			"remove etcd-4; add etcd-5",
			"safe 3/3 q2; risk(margin) 3/4 q3"},
		"a learner stopped": {3, learner(0), nil,
			"stop etcd-4; promote etcd-4",
			"safe 3/3 q2 +1; no(health) 3/3 q2 +1"},
		"a second of one":    {1, nil, nil, "add etcd-2", "no(quorum) 1/1 q1"},
		"a second, learning": {1, nil, nil, "add etcd-2 learner", "safe 1/1 q1 +1"},
		"the only one":       {1, nil, nil, "restart etcd-1", "no(quorum) 1/1 q1"},
		"the leadership":     {3, nil, nil, "move-leader etcd-2; restart etcd-1", "safe 3/3 q2; safe 3/3 q2"},
		"to a dead one":      {3, nil, down(3), "move-leader etcd-3", "no(health) 2/3 q2"},
		"to a learner":       {3, learner(0), nil, "move-leader etcd-4", "no(membership) 3/3 q2 +1"},
		"to a slow one": {3, nil, func(s *scene) { s.member(2).metrics.ProposalsPending = probe.Known(200) },
			"move-leader etcd-2",
			"risk(survivors) 3/3 q2"},
		"to an unknown one": {3, nil, func(s *scene) { s.member(2).blind() },
			"move-leader etcd-2",
			"unknown(survivors) 3/3 q2"},
		"a dead one starts": {3, nil, down(3),
			"start etcd-3; restart etcd-1",
			"safe 2/3 q2 ?1; unknown(health) 2/3 q2 ?1"},
		"quorum is lost": {3, nil, down(2, 3), "start etcd-2", "safe 1/3 q2 ?1"},
		"which elects a leader": {3, nil, leaderless(2, 3), "start etcd-2; start etcd-3; remove etcd-3",
			"safe 0/3 q2 ?2; safe 0/3 q2 ?3; unknown(health) 0/2 q2 ?2"},
		"which can replace one": {3, nil, leaderless(2, 3), "start etcd-2; remove etcd-3",
			"safe 0/3 q2 ?2; unknown(health) 0/2 q2 ?2"},
		"one of two missing": {5, nil, leaderless(2, 3, 4, 5), "start etcd-2; remove etcd-5",
			"safe 0/5 q3 ?1; no(quorum) 0/5 q3 ?1"},
		"and not to be mended": {3, nil, down(2, 3), "remove etcd-2", "no(quorum) 1/3 q2"},
		"NOSPACE": {3, nil, func(s *scene) { s.alarm("NOSPACE", 1) },
			"restart etcd-2; move-leader etcd-2; add etcd-4 learner",
			"risk(incident) 3/3 q2; risk(incident) 3/3 q2; risk(incident) 3/3 q2 +1"},
		"no member list": {3, nil, func(s *scene) { s.noMemberList = true },
			"add etcd-4; restart etcd-1; promote etcd-4",
			"unknown(membership) ?; unknown(membership) ?; unknown(membership) ?"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, test.voters, Options{Immediate: true})
			if test.begin != nil {
				test.begin(s)
			}
			s.run(10*time.Second, nil)
			if test.direct != nil {
				test.direct(s)
			}
			s.run(8*time.Second, nil)
			a := s.observe()
			p, err := s.plan(&a, test.plan)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.outline(); got != test.want {
				t.Errorf("%s:\n%s, want\n%s", test.plan, got, test.want)
			}
			for i := range p.Steps {
				step := &p.Steps[i]
				if step.Judged {
					says(t, step.String(), step.Reason)
				}
				if step.Judged && (step.Reason == "" || step.Headline == "") ||
					i > 0 && step.Before != p.Steps[i-1].After ||
					step.Verb == PlanRemove && step.After.Leader == step.Member {
					t.Errorf("step %d is %+v", i+1, step)
				}
			}
		})
	}
}

// TestPlanChangesNoFacts: a plan is judged on a copy, and the same plan is judged alike again.
func TestPlanChangesNoFacts(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{Immediate: true})
	a := s.run(10*time.Second, nil)
	const text = "move-leader etcd-3; stop etcd-1; remove etcd-2; add etcd-9; start etcd-9; start etcd-1; restart etcd-4"
	first, err := s.plan(&a, text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Members {
		if got := s.evaluator.CanLose([]string{a.Members[i].Key}); got != a.Members[i].CanLose {
			t.Errorf("after the plan losing %s is %+v", a.Members[i].Label, got)
		}
	}
	again, err := s.plan(&a, text)
	if err != nil || again.outline() != first.outline() {
		t.Errorf("at first %s, then %s, %v", first.outline(), again.outline(), err)
	}
}

// TestPlanErrors name the step, the column, the word and what is allowed.
func TestPlanErrors(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	a := s.observe()
	for text, want := range map[string]string{
		"":       `it has no step: want steps such as "remove etcd-3; add etcd-4"`,
		" ; ;\n": `it has no step: want steps such as "remove etcd-3; add etcd-4"`,
		"restart etcd-1; restrat etcd-2": `step 2, "restrat" at column 17: no such step: want remove, add, ` +
			"promote, restart, stop, start or move-leader, then a member's name",
		"restart etcd-1;\nstop": "step 2, column 21: stop whom? Want a member's name, its id or an endpoint",
		"restart etcd-1 etcd-2": `step 1, "etcd-2" at column 16: restart takes one name: a semicolon ends ` +
			"the step",
		"add etcd-4 lerner": `step 1, "lerner" at column 12: want learner, or a semicolon that ends the ` +
			"step",
		"add etcd-4 learner now":     `step 1, "now" at column 20: a semicolon ends the step`,
		"restart étcd-1; stop x":     `step 1, "étcd-1" at column 9: no such member`,
		"remove etcd-1; stop etcd-1": `step 2, "etcd-1" at column 21: step 1 removes it`,
		"add etcd-1": `step 1, "etcd-1" at column 5: it is a member: ` +
			"remove it first, or name the new one otherwise",
		"add etcd-4; add etcd-4": `step 2, "etcd-4" at column 17: it is a member: ` +
			"remove it first, or name the new one otherwise",
		strings.Repeat("stop etcd-1;", maxPlanSteps+1): "step 201, column 2401: a plan has at most 200 steps: make two",
	} {
		if _, err := s.plan(&a, text); err == nil || err.Error() != want {
			t.Errorf("%.60q: %v, want\n%s", text, err, want)
		}
	}
}

// FuzzPlan: whatever a plan is, it is read or refused with a place within it, what is read is read alike once written,
// and judging it neither fails nor says that a quorum survives that would not.
func FuzzPlan(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := ParsePlan(text)
		if err != nil {
			var wrong *PlanError
			if !errors.As(err, &wrong) || wrong.Step > 0 && (wrong.Column < 1 || wrong.Column > len([]rune(text))+1) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		var written []string
		for i := range steps {
			written = append(written, steps[i].String())
		}
		again, err := ParsePlan(strings.Join(written, ";"))
		if err != nil || len(again) != len(steps) {
			t.Fatalf("%q is read as %q, and that as %v, %v", text, written, again, err)
		}
		judgePlan(t, again, voterUp, voterUp, voterUp, voterDown, voterJustLate)
		for i := range steps {
			if again[i].String() != steps[i].String() {
				t.Fatalf("%q: %+v, written and read again %+v", text, steps[i], again[i])
			}
		}
	})
}

// keyByLabel is the key of the member with a label.
func (e *Evaluator) keyByLabel(label string) (key string, err error) {
	for _, m := range e.facts.members {
		if m.Label == label {
			return m.Key, nil
		}
	}
	return "", errors.New("no such member")
}

// judgePlan judges steps on a cluster of these voters: no step that is allowed takes the quorum away.
func judgePlan(t *testing.T, steps []PlanStep, voters ...plight) {
	t.Helper()
	e := &Evaluator{facts: factsOf(clusterOf(voters), voters)}
	p, err := e.Plan(steps, e.keyByLabel)
	if err != nil {
		return // it names what is no member then
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		before, left := s.Before.Healthy-s.Before.Quorum, s.After.Healthy-s.After.Quorum
		if s.Verb == PlanPromote {
			left += s.After.Unknown // etcd refuses a learner that is not ready
		}
		if s.Judged && allows(s.Verdict) && left < min(0, before) {
			t.Fatalf("%v of %v: step %d is %s and leaves %+v", voters, steps, i+1, s.Verdict, s.After)
		}
	}
}

// TestPlanSaysTheQuorumOfItsStep: after a step the quorum is counted by what it changed, not by what answers now.
func TestPlanSaysTheQuorumOfItsStep(t *testing.T) {
	t.Parallel()
	voters := []plight{voterUp, voterUp, voterUp, voterJustLate, voterUp}
	e := &Evaluator{facts: factsOf(clusterOf(voters), voters)}
	steps, err := ParsePlan("remove etcd-2; stop etcd-3; stop etcd-1; stop etcd-5")
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan(steps, func(name string) (string, error) { return strings.TrimPrefix(name, "etcd-"), nil })
	if err != nil {
		t.Fatal(err)
	}
	last := &p.Steps[3]
	if last.Verdict != LossNo || last.Ground != GroundQuorum || last.Before.Healthy != 1 {
		t.Errorf("%s", p.outline())
	}
	says(t, "step 4", last.Reason)
	says(t, "step 4, brief", last.Headline)
}

// TestEveryPlanIsJudged: any steps on any members, new ones included, in any order.
func TestEveryPlanIsJudged(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	verbs := []string{"remove", "add", "promote", "restart", "stop", "start", "move-leader"}
	names := []string{"etcd-1", "etcd-2", "etcd-3", "etcd-4", "etcd-5", "new", "newer"}
	for range 20_000 {
		steps := make([]string, 1+random.IntN(8))
		for i := range steps {
			steps[i] = verbs[random.IntN(len(verbs))] + " " + names[random.IntN(len(names))]
			if strings.HasPrefix(steps[i], "add") && random.IntN(2) == 0 {
				steps[i] += " learner"
			}
		}
		plan, err := ParsePlan(strings.Join(steps, "; "))
		if err != nil {
			t.Fatalf("%q: %v", steps, err)
		}
		voters := make([]plight, 1+random.IntN(5))
		for i := range voters {
			voters[i] = plight(random.IntN(int(plights)))
		}
		judgePlan(t, plan, voters...)
	}
}

// TestWhatIsStartedCannotBeSeenYet: a step after one that starts a member can't be judged by looking longer.
func TestWhatIsStartedCannotBeSeenYet(t *testing.T) {
	t.Parallel()
	voters := []plight{voterUp, voterUp, voterUp}
	for plan, want := range map[string]bool{
		"remove etcd-3; add etcd-4; start etcd-4; restart etcd-1":                true,
		"stop etcd-1; remove etcd-1; add etcd-1; start etcd-1; restart etcd-2":   true,
		"remove etcd-3; add etcd-4; start etcd-4; remove etcd-4; restart etcd-1": false,
		"restart etcd-1": false,
	} {
		e := &Evaluator{facts: factsOf(clusterOf(voters), voters)}
		steps, err := ParsePlan(plan)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Plan(steps, e.keyByLabel)
		if err != nil {
			t.Fatal(err)
		}
		if last := &p.Steps[len(p.Steps)-1]; last.Foretold != want || want && last.Verdict != LossUnknown {
			t.Errorf("%s: %+v, want %v", plan, last, want)
		}
	}
}
