package cli

import (
	"errors"
	"fmt"
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
	// once means that a single sweep is to answer (--window 0).
	once      bool
	evaluator *thresholds.Evaluator
	streak    streak
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

// codeNow is the exit code, whatever was before: 0 if every step is safe, 1 if one is not, 2 if one can't be judged.
func (q *planQuestion) codeNow(p *thresholds.Plan) int {
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
	return err == nil && q.codeNow(&p) == ExitNotDone
}

// code is the exit code of a plan that was judged at a moment.
func (q *planQuestion) code(p *thresholds.Plan, at time.Time) int {
	code := q.codeNow(p)
	if code == ExitHealthy && !q.streak.isLongEnough(at) {
		return ExitUnhealthy
	}
	return code
}

// isDone notes how the plan stands, and reports whether a wait for it is over: it may be carried out, or no later sweep
// can judge it, because it has a mistake.
func (q *planQuestion) isDone(a *thresholds.Assessment) bool {
	p, err := q.judge(a)
	q.streak.note(err == nil && q.codeNow(&p) == ExitHealthy, a.At)
	var notYet notYetError
	return err == nil && q.code(&p, a.At) == ExitHealthy || err != nil && !errors.As(err, &notYet)
}

// said returns the plan's answer in a word and in a sentence.
func (q *planQuestion) said(p *thresholds.Plan, a *thresholds.Assessment) reply {
	r := reply{strings.ToUpper(p.Verdict.String()), planWords(p)}
	foretold := slices.ContainsFunc(p.Steps, func(s thresholds.PlannedStep) bool { return s.Foretold })
	if q.once && longerLookHelps(a) && q.codeNow(p) == ExitNotDone && !foretold {
		r.text += " " + longerWindow + "."
	}
	if q.streak.stable > 0 && q.codeNow(p) == ExitHealthy {
		r.text += " So " + q.streak.words(a.At) + "."
	}
	return r
}

// brief is the answer in one line, with the step that stands in the way.
func (q *planQuestion) brief(a *thresholds.Assessment) string {
	p, err := q.judge(a)
	if err != nil {
		return reply{"UNKNOWN", err.Error()}.String()
	}
	r := q.said(&p, a)
	if p.Verdict != thresholds.LossSafe {
		r.text += " " + p.Reason
	}
	return r.String()
}

func (q *planQuestion) changeKey(a *thresholds.Assessment) string {
	p, err := q.judge(a)
	if err != nil {
		return ""
	}
	key := p.Verdict.String() + " " + string(p.Ground)
	for i := range p.Steps {
		key += " " + stepVerdict(&p.Steps[i])
	}
	return key
}

// The help of the command.
const (
	planHelp = `Looks at the cluster, and judges a change step by step, each step as if those
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
look again then. What follows a step that must not be done is not judged.

Exit codes:
  0  every step is safe (with --accept-risk also risk)
  1  a step is a risk, or must not be done
  2  a step can't be judged, or the plan has a mistake`

	planExamples = `  etcdoc plan "remove etcd-3; add etcd-4"
  etcdoc plan "add etcd-4 learner; start etcd-4"
  etcdoc plan "move-leader etcd-2; restart etcd-1"
  etcdoc plan "restart etcd-1" --wait 10m --stable 1m`
)

func needsPlan(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%s takes a plan, such as %q", cmd.CommandPath(), "remove etcd-3; add etcd-4")
	}
	return nil
}

func newPlan(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var output string
	var window time.Duration
	var waiting waitFlags
	q := new(planQuestion)
	cmd := &cobra.Command{
		Use:     `plan "STEP; STEP; ..."`,
		Short:   "Judge a change step by step before it is made: members removed, added, restarted",
		Long:    planHelp,
		Example: planExamples,
		Args:    needsPlan,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			return planWordsAt(args, typed, func() []string { return memberNames(cmd, settings, connection) }),
				cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := settings.Load(cmd.Flags(), streams.Err)
			if err != nil {
				return err
			}
			if err := settings.one(cmd.Flags(), "a plan is about"); err != nil {
				return err
			}
			print, err := planFace(output, streams.Out)
			if err != nil {
				return err
			}
			if err := errors.Join(checkWindow(window), waiting.check()); err != nil {
				return err
			}
			q.streak.stable, q.once = waiting.stable, window == 0
			if q.steps, err = thresholds.ParsePlan(strings.Join(args, " ")); err != nil {
				return planError(err, nil)
			}
			config, err := connection.config(cmd.Context(), streams, settings.given(cmd.Flags()))
			if err != nil {
				return err
			}
			settings.mentionClusters(cmd.Flags(), streams.Err)
			connection.warn(streams.Err)
			connection.host.readBackupsAtOnce()
			config.Interval = window
			prober, err := probe.New(config)
			if err != nil {
				return err
			}
			defer prober.Close()
			checker := newChecker(prober, rules, window, config.CommandTimeout)
			q.evaluator = checker.evaluator
			return q.run(cmd, checker, waiting.wait, streams, print)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&output, "output", "o", "table", "`format`: table, json or yaml")
	flags.DurationVar(&window, "window", 3*time.Second, "how long to look before judging: see etcdoc check --help")
	flags.BoolVar(&q.acceptRisk, "accept-risk", false, "exit 0 where a step is a risk")
	waiting.register(flags, "the judgement", "every step is allowed, so that it would exit 0")
	return cmd
}

// run looks at the cluster, with wait until every step is allowed, prints the plan and returns the exit code as an
// error.
func (q *planQuestion) run(
	cmd *cobra.Command, c *checker, wait time.Duration, streams Streams, print planPrinter,
) error {
	a, failed := c.checkUntil(cmd, wait, q, q.isDone, newProgress(streams.Err, q))
	if a.At.IsZero() {
		return failed
	}
	p, wrong := q.judge(&a)
	var said reply
	if wrong == nil {
		said = q.said(&p, &a)
	} else {
		wrong = planError(wrong, &a)
		p = thresholds.Plan{CanLose: unjudged(wrong)}
	}
	if err := print(streams.Out, &p, said, a.At); err != nil {
		return fmt.Errorf("printing the plan: %w", err)
	}
	if wrong != nil {
		return wrong
	}
	switch code := q.code(&p, a.At); {
	case cmd.Context().Err() != nil:
		return errors.New("interrupted while waiting: this is how it was last")
	case failed != nil:
		return failed
	case code != ExitHealthy:
		return exit{code}
	}
	return nil
}

// unjudged is the verdict where an error keeps a question from being judged.
func unjudged(err error) thresholds.CanLose {
	return thresholds.CanLose{Verdict: thresholds.LossUnknown, Reason: probe.Printable(err.Error()),
		Headline: "not judged: see the reason"}
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
