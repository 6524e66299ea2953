package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A plannedReport is the JSON of a plan.
type plannedReport struct {
	Verdict string
	Steps   []struct {
		Step, Member, Verdict, Reason string
		Judged                        bool
		Before, After                 struct{ Voters, Quorum, Tolerance int }
	}
}

// TestPlanOnARealCluster judges changes of three members, of which one is dead in the end.
func TestPlanOnARealCluster(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if leader != c.Members()[0] {
		if err := c.MoveLeader(t.Context(), c.Members()[0]); err != nil {
			t.Fatal(err)
		}
	}
	// etcd refuses to remove a member until the others have been up for 5 s.
	if code, stdout, _ := etcdoc(t, "check", "--config", lenient(t), "--endpoints", endpoints(c), "--can-remove",
		"etcd-3", "--accept-risk", "--wait", "1m"); code != ExitHealthy {
		t.Fatalf("exit code %d: %s", code, stdout)
	}
	judge := func(steps string, code int, verdicts ...string) (p plannedReport) {
		t.Helper()
		got, stdout, stderr := etcdoc(t, "plan", steps, "--config", lenient(t), "--endpoints", endpoints(c), "-o", "json")
		if err := json.Unmarshal([]byte(stdout), &p); err != nil {
			t.Fatalf("%q: %v in %q, %q", steps, err, stdout, stderr)
		}
		var all []string
		for _, s := range p.Steps {
			if s.Judged {
				all = append(all, s.Verdict)
			}
		}
		if got != code || !slices.Equal(all, verdicts) {
			t.Errorf("%q: exit code %d, %+v; want %d, %q", steps, got, p, code, verdicts)
		}
		return p
	}
	p := judge("move-leader etcd-2; restart etcd-1; remove "+c.Members()[2].ClientURL+
		"; add etcd-4; restart etcd-1; start etcd-4",
		ExitUnhealthy, "safe", "safe", "risk", "safe", "no")
	if last := p.Steps[5]; last.Judged || last.Reason != "" || p.Verdict != "no" || p.Steps[2].Member != "etcd-3" ||
		p.Steps[2].After.Voters != 2 || p.Steps[3].After.Voters != 3 || p.Steps[3].After.Tolerance != 0 {
		t.Errorf("the plan is %+v", p)
	}
	code, _, stderr := etcdoc(t, "plan", "restart etcd-1; restart etcd-33", "--window", "0", "--endpoints", endpoints(c))
	if code != ExitNotDone || !strings.Contains(stderr, `step 2, "etcd-33" at column 25: there is no such member; `+
		"there are etcd-1 (") || !strings.Contains(stderr, "; did you mean etcd-3") {
		t.Errorf("a name that is none: %d, %s", code, stderr)
	}
	if err := c.Members()[2].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	judge("restart etcd-33", ExitNotDone)
	judge("add etcd-4; remove etcd-3", ExitUnhealthy, "no")
	judge("remove etcd-3; add etcd-4", ExitHealthy, "safe", "safe")
	judge("start etcd-3; restart etcd-1", ExitNotDone, "safe", "unknown")
}

// TestPlanUsage is what is wrong with a plan before anybody is asked.
func TestPlanUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"plan"}, `etcdoc plan takes a plan, such as "remove etcd-3; add etcd-4"`},
		{[]string{"plan", " "}, "it has no step"},
		{[]string{"plan", "restrat etcd-1"}, "did you mean restart?"},
		{[]string{"plan", "restrat etcd-1", "-o", "json"}, "did you mean restart?"},
		{[]string{"plan", "", "-o", "yaml"}, "it has no step"},
		{[]string{"check", "--can-lose", "", "-o", "json"}, "--can-lose names nobody"},
		{[]string{"plan", "restart", "etcd-1", "etcd-2"}, `step 1, "etcd-2" at column 16`},
		{[]string{"plan", "add etcd-1 lerner"}, "did you mean learner?"},
		{[]string{"plan", "restart etcd-1", "-o", "xml"}, `--output "xml": want table, json or yaml`},
		{[]string{"plan", "restart etcd-1", "--window", "-1s"}, "--window -1s: want 0 or more"},
	} {
		code, stdout, stderr := etcdoc(t, test.args...)
		if code != ExitNotDone || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%q: %d, %q, %q; want %q", test.args, code, stdout, stderr, test.want)
		}
	}
}

// TestPlanGolden compares the table of a plan with a file.
func TestPlanGolden(t *testing.T) {
	t.Parallel()
	state := func(voters, healthy, unknown int, leader string) thresholds.PlanState {
		return thresholds.PlanState{MemberListKnown: true, Voters: voters, Healthy: healthy, Unknown: unknown,
			Quorum: voters/2 + 1, Leader: thresholds.MemberRef{Key: leader, Label: leader}}
	}
	steps, err := thresholds.ParsePlan("remove etcd-3; add etcd-4; start etcd-4; stop etcd-1; restart etcd-2")
	if err != nil {
		t.Fatal(err)
	}
	states := []thresholds.PlanState{state(3, 3, 0, "etcd-1"), state(2, 2, 0, "etcd-1"), state(3, 2, 0, "etcd-1"),
		state(3, 2, 1, "etcd-1"), state(3, 2, 1, "etcd-1"), state(3, 2, 1, "etcd-1")}
	verdicts := []thresholds.CanLose{
		{Verdict: thresholds.LossRisk,
			Reason: "leaves 2 of 2 voters healthy, quorum 2: none to spare until another is added"},
		{Verdict: thresholds.LossSafe, Reason: "2 of 3 voters healthy until it has joined, quorum 2: none to spare"},
		{Verdict: thresholds.LossSafe, Reason: "it joins: nothing is lost"},
		{Verdict: thresholds.LossNo, Reason: "a reason"}, {},
	}
	p := &thresholds.Plan{CanLose: verdicts[3]}
	for i, s := range steps {
		p.Steps = append(p.Steps, thresholds.PlannedStep{PlanStep: s, Judged: i < 4, CanLose: verdicts[i],
			Before: states[i], After: states[i+1]})
	}
	var b bytes.Buffer
	if err := printPlan(&b, p, new(planQuestion).said(p, new(thresholds.Assessment)), 80); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(line) > 81 || strings.TrimRight(line, " \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("a line of %d columns: %q", utf8.RuneCountInString(line), line)
		}
	}
	compareGolden(t, "plan-80", b.Bytes())
	b.Reset()
	evil := &thresholds.Plan{Steps: []thresholds.PlannedStep{{Judged: true,
		PlanStep: thresholds.PlanStep{Number: 1, Verb: thresholds.PlanAdd, Name: "evil\x1b[31m"}}}}
	if err := printPlan(&b, evil, reply{}, 80); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(b.String(), "\n"); strings.Index(lines[2], "VERDICT") != strings.Index(lines[3], "UNKNOWN") {
		t.Errorf("a column is not below its title:\n%s\n%s", lines[2], lines[3])
	}
	b.Reset()
	unlisted := &thresholds.Plan{Steps: []thresholds.PlannedStep{{Judged: true}}}
	if err := printPlan(&b, unlisted, reply{}, 80); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(strings.Split(b.String(), "\n")[3]); !slices.Equal(got[len(got)-5:],
		[]string{"?", "?", "?", "?", "?"}) {
		t.Errorf("without a member list the row of a step is %q", got)
	}
	q := &planQuestion{}
	for verdict, want := range map[thresholds.Verdict]int{
		thresholds.LossSafe: 0, thresholds.LossRisk: 1, thresholds.LossNo: 1, thresholds.LossUnknown: 2,
	} {
		one := &thresholds.Plan{Steps: []thresholds.PlannedStep{
			{Judged: true, CanLose: thresholds.CanLose{Verdict: thresholds.LossSafe}},
			{Judged: true, CanLose: thresholds.CanLose{Verdict: verdict}}, {},
		}}
		if got := q.codeNow(one); got != want {
			t.Errorf("%s: exit code %d, want %d", verdict, got, want)
		}
	}
	q.acceptRisk = true
	if got := q.codeNow(&thresholds.Plan{Steps: p.Steps[:3]}); got != ExitHealthy {
		t.Errorf("an accepted risk: exit code %d", got)
	}
}
