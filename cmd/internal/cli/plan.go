package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// A planQuestion asks whether a plan may be carried out, beginning now.
type planQuestion struct {
	steps      []thresholds.PlanStep
	acceptRisk bool
	evaluator  *thresholds.Evaluator
}

// judge judges the plan by the newest sweep, whose assessment a is.
func (q *planQuestion) judge(a *thresholds.Assessment) (thresholds.Plan, error) {
	return q.evaluator.Plan(q.steps, func(name string) (string, error) {
		m, err := findMember(a, probe.Printable(name))
		if err != nil {
			return "", err
		}
		return m.Key, nil
	})
}

// code is the exit code: 0 if every step is safe, 1 if one is not, 2 if one can't be judged.
func (q *planQuestion) code(p *thresholds.Plan) int {
	code := ExitHealthy
	if len(p.Steps) == 0 {
		code = ExitNotDone // nobody was asked
	}
	for i := range p.Steps {
		switch s := &p.Steps[i]; {
		case !s.Judged || s.Verdict == thresholds.LossSafe:
		case s.Verdict == thresholds.LossRisk && q.acceptRisk:
		case s.Verdict == thresholds.LossUnknown:
			code = ExitNotDone
		default:
			return ExitUnhealthy
		}
	}
	return code
}

func (q *planQuestion) dependsOnProbes(a *thresholds.Assessment) bool {
	p, err := q.judge(a)
	return err == nil && q.code(&p) == ExitNotDone
}

func newPlan(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var output string
	var window time.Duration
	q := new(planQuestion)
	cmd := &cobra.Command{
		Use:   `plan "STEP; STEP; ..."`,
		Short: "Judge a change step by step before it is made: members removed, added, restarted",
		Long: `Looks at the cluster once, and judges a change step by step, each step as if those
before it had been done and gone well. It changes nothing.

A step is a verb and a member's name, its id or an endpoint:
  remove MEMBER         from the membership (etcdctl member remove)
  add NAME [learner]    a new member (etcdctl member add), as a voter or learner
  promote MEMBER        make a learner a voter
  stop MEMBER           and leave it down
  start MEMBER          one that is down, or was added
  restart MEMBER        stop it, and start it before the next step
  move-leader MEMBER    let it lead
Semicolons or line ends separate steps. A member that the plan adds counts as a
voter that is not there yet; once it is started, it may have joined or not, so
look again then. What follows a step that can't be done is not judged.

Exit codes:
  0  every step is safe (with --accept-risk also risk)
  1  a step is a risk, or can't be done
  2  a step can't be judged, or the plan has a mistake`,
		Example: `  etcdoc plan "remove etcd-3; add etcd-4"
  etcdoc plan "add etcd-4 learner; start etcd-4"
  etcdoc plan "move-leader etcd-2; restart etcd-1"`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%s takes a plan, such as %q", cmd.CommandPath(), "remove etcd-3; add etcd-4")
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			verbs := texts(thresholds.PlanVerbs())
			if n := len(args); n > 0 && slices.Contains(verbs, args[n-1]) {
				return memberNames(cmd, settings, connection), cobra.ShellCompDirectiveNoFileComp
			}
			return verbs, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := settings.Load(cmd.Flags(), streams.Err)
			if err != nil {
				return err
			}
			print, err := planFace(output, streams.Out)
			if err != nil {
				return err
			}
			if window < 0 {
				return valueErrorf("window", "%v: want 0 or more, such as 3s", window)
			}
			if q.steps, err = thresholds.ParsePlan(strings.Join(args, " ")); err != nil {
				return planError(err, nil)
			}
			config, err := connection.config(cmd.Context(), streams, settings.given(cmd.Flags()))
			if err != nil {
				return err
			}
			connection.warn(streams.Err)
			config.Interval = window
			prober, err := probe.New(config)
			if err != nil {
				return err
			}
			defer prober.Close()
			checker := newChecker(prober, rules, window, config.CommandTimeout)
			q.evaluator = checker.evaluator
			return q.run(cmd, checker, streams.Out, print)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "table", "`format`: table, json or yaml")
	flags.DurationVar(&window, "window", 3*time.Second, "how long to look before judging: see etcdoc check --help")
	flags.BoolVar(&q.acceptRisk, "accept-risk", false, "exit 0 where a step is a risk")
	return cmd
}

// run looks at the cluster, prints the plan and returns the exit code as an error.
func (q *planQuestion) run(cmd *cobra.Command, c *checker, w io.Writer, print planPrinter) error {
	a, err := c.check(cmd.Context(), !cmd.Flags().Changed("window"), q)
	if err != nil {
		return err
	}
	p, err := q.judge(&a)
	if err != nil {
		return planError(err, &a)
	}
	if err := print(w, &p, a.At); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	if code := q.code(&p); code != ExitHealthy {
		return exit{code}
	}
	return nil
}

// planError adds what an error about a plan's word may have meant, by the members of a if it is about one of them.
func planError(err error, a *thresholds.Assessment) error {
	var wrong *thresholds.PlanError
	if !errors.As(err, &wrong) || wrong.Word == "" {
		return err
	}
	names := wrong.Allowed
	if a != nil {
		for _, m := range membersOf(a) {
			names = append(names, m.Label)
		}
	}
	near := limits.Nearest(wrong.Word, names)
	if len(near) == 0 || near[0] == wrong.Word {
		return err
	}
	return fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
}

// A planPrinter writes a plan that was judged at a moment.
type planPrinter func(w io.Writer, p *thresholds.Plan, at time.Time) error

func planFace(format string, out io.Writer) (planPrinter, error) {
	switch format {
	case "table", "simple", "wide":
		return func(w io.Writer, p *thresholds.Plan, _ time.Time) error { return printPlan(w, p, widthOf(out)) }, nil
	case "json", "yaml":
		return func(w io.Writer, p *thresholds.Plan, at time.Time) error {
			text, err := p.JSON(at)
			if err != nil {
				return err
			}
			var indented bytes.Buffer
			if format == "yaml" {
				return toYAML(w, bytes.NewReader(text))
			}
			if err := json.Indent(&indented, text, "", "  "); err != nil {
				return err
			}
			indented.WriteByte('\n')
			_, err = indented.WriteTo(w)
			return err
		}, nil
	}
	return nil, valueErrorf("output", "%q: want table, json or yaml", format)
}

// printPlan writes a plan for people: the worst of it, a table of what each step changes, and why.
func printPlan(w io.Writer, p *thresholds.Plan, width int) error {
	b := &paragraphs{width: width}
	b.add(lead(strings.ToUpper(p.Verdict.String())), planWords(p))
	b.WriteByte('\n')
	rows := [][]string{{"", "STEP", "VERDICT", "VOTERS", "HEALTHY", "QUORUM", "TO SPARE", "LEADER"}}
	for i := range p.Steps {
		s := &p.Steps[i]
		rows = append(rows, []string{
			fmt.Sprint(s.Number), s.String(), stepVerdict(s), change(s.Before.Voters, s.After.Voters),
			change(healthyWords(&s.Before), healthyWords(&s.After)), change(s.Before.Quorum, s.After.Quorum),
			change(s.Before.Tolerance(), s.After.Tolerance()),
			change(leaderWord(&s.Before), leaderWord(&s.After)),
		})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = pad(cell, widths[i], false)
		}
		b.WriteString(strings.TrimRight(strings.Join(row, columnGap), " ") + "\n")
	}
	b.WriteByte('\n')
	for i := range p.Steps {
		if s := &p.Steps[i]; s.Judged {
			b.add(fmt.Sprintf("%*d  %s", widths[0], s.Number, lead(stepVerdict(s))), s.String()+": "+s.Reason)
		}
	}
	b.add("\n", "This is how the cluster is now. Look again before each step.")
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// planWords sum the plan up.
func planWords(p *thresholds.Plan) string {
	var of [4][]string
	rest := ""
	for i := range p.Steps {
		s := &p.Steps[i]
		if !s.Judged {
			rest = "; what follows is not judged"
			continue
		}
		of[s.Verdict] = append(of[s.Verdict], fmt.Sprint(s.Number))
	}
	steps := func(v thresholds.Verdict, one, several string) string {
		if len(of[v]) == 1 {
			return "Step " + of[v][0] + " " + one
		}
		return "Steps " + strings.Join(of[v], ", ") + " " + several
	}
	switch p.Verdict {
	case thresholds.LossSafe:
		return "Every step is safe, once the one before it is done and all are healthy again."
	case thresholds.LossRisk:
		return steps(p.Verdict, "is a risk.", "are a risk.")
	case thresholds.LossNo:
		return steps(p.Verdict, "can't be done", "can't be done") + rest + "."
	}
	return steps(p.Verdict, "can't be judged.", "can't be judged.")
}

func stepVerdict(s *thresholds.PlannedStep) string {
	if !s.Judged {
		return "-"
	}
	return strings.ToUpper(s.Verdict.String())
}

// change shows a value before and after a step, once if it stays.
func change[T comparable](before, after T) string {
	if before == after {
		return fmt.Sprint(before)
	}
	return fmt.Sprintf("%v → %v", before, after)
}

// healthyWords are how many voters are healthy: at least, and at most.
func healthyWords(s *thresholds.PlanState) string {
	if s.Unknown == 0 {
		return fmt.Sprint(s.Healthy)
	}
	return fmt.Sprintf("%d–%d", s.Healthy, s.Healthy+s.Unknown)
}

func leaderWord(s *thresholds.PlanState) string {
	if s.Leader.IsZero() {
		return string(thresholds.SignUnknown)
	}
	return s.Leader.Label
}
