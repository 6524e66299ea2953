package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// exitCodes explains a check's exit codes in the help.
const exitCodes = `Exit codes:
  0  healthy: nothing at --fail-on (a warning) or above
  1  unhealthy: a finding at --fail-on or above; also where no member answers
  2  could not check: flags, configuration, certificates, permissions, an
     interrupt; no endpoint is named, and no etcd was found; or nothing wrong
     was seen, but the quorum was not either, or with --hash the members' data
     was not
Dumps (--input) mostly show no quorum: of them 0 says that nothing wrong was seen,
and 2 that they contradict each other: of several clusters, or of other moments.
With --cluster=false they are about the members asked: 0 also needs a
linearizable read that proves a quorum. The level stays unknown, as the others'
is, so --fail-on unknown never passes.
With --can-lose MEMBER[,MEMBER...], --can-lose-max[=N] or --can-remove MEMBER they
are about that verdict alone:
  0  safe (with --accept-risk also risk)
  1  risk, or no
  2  unknown, or there is no such member
With -o nagios they are a plug-in's: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.`

// checkFlags say what a check asks, how long it observes, and in which format it answers.
type checkFlags struct {
	output     string
	window     time.Duration
	input      string
	failOn     string
	canLose    []string
	canLoseMax int
	canRemove  string
	acceptRisk bool
	waiting    waitFlags
	hash       bool
}

func (c *checkFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&c.output, "output", "o", "table",
		"`format` of what --once prints: table, wide, json, yaml or nagios")
	flags.StringVarP(&c.output, "write-out", "w", "table", "etcdctl's name for --output")
	_ = flags.MarkHidden("write-out") // registered above
	flags.StringVar(&c.input, "input", "",
		"`path` of dumped metrics to judge instead of a live cluster: a folder with a file for each member, "+
			"or with a folder for each member of files named by unix time or RFC 3339; "+
			"one such file or folder; or - for standard input")
	flags.DurationVar(&c.window, "window", 3*time.Second,
		"how long --once takes, and over what rates and quantiles are taken; "+
			"it waits longer for answers that are late; 0: one sweep, and quantiles since each member's start")
	flags.StringVar(&c.failOn, "fail-on", "warning",
		"`level` from which the exit code of --once is 1: notice, unknown, warning or critical")
	flags.StringSliceVar(&c.canLose, "can-lose", nil,
		"`member` (name, id or endpoint), or several with commas, whose verdict alone the exit code of --once is about: "+
			"0 only if losing it, or all of them at once, is safe now")
	flags.IntVar(&c.canLoseMax, "can-lose-max", 0,
		"the same about losing any `number` of voters at once, whichever they are, one if no number is given "+
			"(--can-lose-max=2); it also says how many may be lost at once, and which")
	flags.Lookup("can-lose-max").NoOptDefVal = "1"
	flags.StringVar(&c.canRemove, "can-remove", "",
		"the same about removing a `member` from the membership for good (etcdctl member remove)")
	flags.BoolVar(&c.acceptRisk, "accept-risk", false,
		"let --can-lose, --can-lose-max and --can-remove pass where the verdict is risk")
	flags.BoolVar(&c.hash, "hash", false,
		"compare the members' data too, by a hash of it at one revision, twice: "+
			"each member reads its whole database for that, and commits nothing meanwhile; "+
			"exit code 2 where the data can't be compared")
	c.waiting.register(flags, "the check", "--once would exit 0")
}

// question validates the flags and returns the question that they ask. given reports whether a flag is on the command
// line.
func (c *checkFlags) question(given func(flag string) bool, connection *connectionFlags) (*question, error) {
	level, levelErr := parseLevel(c.failOn)
	q := &question{
		failOn: level, acceptRisk: c.acceptRisk, hash: c.hash, quorum: connection.cluster,
		proof: !connection.cluster, once: c.window == 0,
		document: c.output == "json" || c.output == "yaml",
		streak:   streak{stable: c.waiting.stable},
	}
	if err := errors.Join(checkWindow(c.window), c.waiting.check(), levelErr, c.ask(given, q)); err != nil {
		return nil, err
	}
	switch {
	case given("accept-risk") && q.asks == "":
		return nil, valueErrorf("accept-risk", "goes with --can-lose MEMBER, --can-lose-max or --can-remove MEMBER")
	case given("fail-on") && q.asks != "":
		return nil, valueErrorf("fail-on", "does not go with --%s: the exit code is about the verdict alone", q.asks)
	}
	return q, nil
}

// parseLevel is the level that --fail-on names.
func parseLevel(name string) (thresholds.Level, error) {
	level, err := thresholds.ParseLevel(name)
	if err != nil || level == thresholds.OK {
		return 0, notOneOf("fail-on", name, []string{"notice", "unknown", "warning", "critical"})
	}
	return level, nil
}

func checkWindow(window time.Duration) error {
	if window < 0 {
		return valueErrorf("window", "%v: want 0 or more, such as 3s", window)
	}
	return nil
}

// checkOutput returns an error if there is no such format.
func (c *checkFlags) checkOutput() error {
	_, err := faceOf(c.output, io.Discard, thresholds.RuleSet{})
	return err
}

// questionFlags ask a question about members.
var questionFlags = [...]string{"can-lose", "can-lose-max", "can-remove"}

// ask sets what the question is about, if it is about members.
func (c *checkFlags) ask(given func(flag string) bool, q *question) error {
	switch {
	case len(c.canLose) > 1 && slices.Contains(c.canLose, ""):
		return valueErrorf("can-lose", "has an empty name: want names, ids or endpoints, with a comma between two")
	case given("can-lose") && len(c.canLose) == 0, slices.Contains(c.canLose, ""):
		return valueErrorf("can-lose", "names nobody: want a member's name, id or endpoint, or several with commas")
	case given("can-remove") && c.canRemove == "":
		return valueErrorf("can-remove", "names nobody: want a member's name, id or endpoint")
	case strings.Contains(c.canRemove, ","):
		return valueErrorf("can-remove", "%s: want one member: ask about each by itself", probe.Redacted(c.canRemove))
	case c.canLoseMax < 0, given("can-lose-max") && c.canLoseMax == 0:
		return valueErrorf("can-lose-max", "%d: want how many voters, 1 or more", c.canLoseMax)
	}
	asked := [...]bool{len(c.canLose) > 0, c.canLoseMax > 0, c.canRemove != ""}
	names := [...][]string{c.canLose, nil, {c.canRemove}}
	for i, is := range asked {
		switch {
		case !is:
			continue
		case q.asks != "":
			return valueErrorf(questionFlags[i], "does not go with --%s: ask one question", q.asks)
		}
		q.asks, q.needed = thresholds.Question(questionFlags[i]), c.canLoseMax
		for _, name := range names[i] {
			q.names = append(q.names, probe.Printable(strings.TrimSpace(name)))
		}
	}
	return nil
}

func newCheck(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var check checkFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check once, print, exit: 0 healthy, 1 unhealthy, 2 could not check",
		Long: `Looks at the cluster, prints what there is to say, and exits. It is the same as
etcdoc --once.

` + exitCodes,
		Example: `  etcdoc check -o wide
  etcdoc check --can-lose etcd-2 && kubectl drain node-2
  etcdoc check --wait 5m                     # after a change: until it is healthy
  etcdoc check --can-lose etcd-3 --wait 10m  # before the next one
  etcdoc check --can-lose etcd-1,etcd-4      # both at once, as with a rack
  etcdoc check --can-lose-max                # any one; says how many, and which
  etcdoc check --can-remove etcd-3           # for good: etcdctl member remove
  etcdoc check --hash                        # is the data the same everywhere?
  etcdoc check --input bundle                # dumps instead of a live cluster`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd, streams, settings, connection, &check)
		},
	}
	check.register(cmd.Flags())
	return cmd
}

// runCheck runs a check. With -o nagios an error is the plug-in's output too.
func runCheck(
	cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, check *checkFlags,
) error {
	err := settings.explain(doCheck(cmd, streams, settings, connection, check))
	var code exit
	if err == nil || check.output != "nagios" || errors.As(err, &code) {
		return err
	}
	fmt.Fprintln(streams.Out, nagiosFailure(err))
	return exit{nagiosUnknown}
}

func doCheck(
	cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, check *checkFlags,
) error {
	rules, err := settings.Load(cmd.Flags(), streams.Err)
	if err != nil {
		return err
	}
	q, err := check.question(cmd.Flags().Changed, connection)
	if err != nil {
		return err
	}
	face, err := faceOf(check.output, streams.Out, thresholds.NewRuleSet(rules))
	if err != nil {
		return err
	}
	switch names, err := settings.several(cmd.Flags()); {
	case err != nil:
		return err
	case names != nil:
		return checkClusters(cmd, streams, settings, check, names)
	}
	if check.input != "" || cmd.Flags().Changed("input") {
		return runInput(cmd, streams, check, rules, q, face)
	}
	config, err := connection.config(cmd.Context(), streams, settings.given(cmd.Flags()))
	if err != nil {
		return err
	}
	settings.mentionClusters(cmd.Flags(), streams.Err)
	connection.warn(streams.Err)
	connection.host.readBackupsAtOnce()
	config.Interval, config.HashKV = check.window, check.hash
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	defer prober.Close()

	checker := newChecker(prober, rules, check.window, config.CommandTimeout)
	q.judge = checker.evaluator
	a, err := check.run(cmd, checker, q, newProgress(streams.Err, q))
	if a.At.IsZero() {
		return err
	}
	switch answerErr := answer(streams, face, q, &a); {
	case err == nil:
		return answerErr
	case cmd.Context().Err() != nil:
		return errors.New("interrupted while waiting: this is how it was last")
	default:
		return err
	}
}

// run checks once, and with --wait until the answer is good. With an error it also returns the last assessment before
// it, if there is one.
func (c *checkFlags) run(
	cmd *cobra.Command, checker *checker, q *question, p progress,
) (thresholds.Assessment, error) {
	return checker.checkUntil(cmd, c.waiting.wait, q, func(a *thresholds.Assessment) bool {
		q.note(a)
		return q.code(a) == ExitHealthy || q.isUnanswerable(a)
	}, p)
}

// answer prints an assessment and returns the exit code as an error.
func answer(streams Streams, face face, q *question, a *thresholds.Assessment) error {
	var unanswerable error
	if q.isUnanswerable(a) {
		if _, unanswerable = q.find(a); !q.document {
			return unanswerable
		}
	}
	code, err := face(streams.Out, q, a)
	switch {
	case err != nil:
		return fmt.Errorf("printing the assessment: %w", err)
	case unanswerable != nil:
		return unanswerable
	}
	if code != ExitHealthy {
		return exit{code}
	}
	return nil
}
