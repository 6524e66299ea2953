package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// exitCodes is what the exit codes of a check mean, for its help.
const exitCodes = `Exit codes:
  0  healthy: nothing at --fail-on (a warning) or above
  1  unhealthy: a finding at --fail-on or above; also where no member answers
  2  could not check: flags, configuration, certificates, permissions, an
     interrupt; or nothing wrong was seen, but the quorum was not either,
     or with --hash the members' data was not
With --can-lose MEMBER they are about that verdict alone:
  0  safe (with --accept-risk also risk)
  1  risk, or no
  2  unknown, or there is no such member
With -o nagios they are a plug-in's: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.`

type checkFlags struct {
	output     string
	window     time.Duration
	input      string
	failOn     string
	canLose    string
	acceptRisk bool
	wait       time.Duration
	hash       bool
}

func (c *checkFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&c.output, "output", "o", "table", "`format` of what --once prints: table, wide, json, yaml or nagios")
	flags.StringVarP(&c.output, "write-out", "w", "table", "etcdctl's name for --output")
	_ = flags.MarkHidden("write-out") // it was just made
	flags.StringVar(&c.input, "input", "", "`path` of dumped metrics to judge instead of a live cluster: a folder with a file for each member, or with a folder for each member of files named by unix time or RFC 3339; one such file or folder; or - for standard input")
	flags.DurationVar(&c.window, "window", 3*time.Second, "how long --once looks, and over what rates and quantiles are taken; it waits longer for answers that are late; 0: one sweep, and quantiles since each member's start")
	flags.StringVar(&c.failOn, "fail-on", "warning", "`level` from which the exit code of --once is 1: notice, unknown, warning or critical")
	flags.StringVar(&c.canLose, "can-lose", "", "`member` (name, id or endpoint) whose verdict alone the exit code of --once is about: 0 only if losing it now is safe")
	flags.BoolVar(&c.acceptRisk, "accept-risk", false, "let --can-lose pass where losing the member is a risk")
	flags.BoolVar(&c.hash, "hash", false, "compare the members' data too, by a hash of it at one revision, twice: each member reads its whole database for that, and commits nothing meanwhile; exit code 2 where the data can't be compared")
	flags.DurationVar(&c.wait, "wait", 0, "keep looking until --once would exit 0, at most this long; the first look is finished in any case")
}

// question is what the flags ask.
func (c *checkFlags) question(cmd *cobra.Command, connection *connectionFlags) (*question, error) {
	if c.window < 0 {
		return nil, valueErrorf("window", "%v: want 0 or more, such as 3s", c.window)
	}
	if c.wait < 0 {
		return nil, valueErrorf("wait", "%v: want 0 or more, such as 5m", c.wait)
	}
	level, err := thresholds.ParseLevel(c.failOn)
	if err != nil || level == thresholds.OK {
		return nil, valueErrorf("fail-on", "%q: want notice, unknown, warning or critical", c.failOn)
	}
	switch given := cmd.Flags().Changed; {
	case given("can-lose") && c.canLose == "":
		return nil, valueErrorf("can-lose", "names nobody: want a member's name, id or endpoint")
	case given("accept-risk") && c.canLose == "":
		return nil, valueErrorf("accept-risk", "goes with --can-lose MEMBER")
	case given("fail-on") && c.canLose != "":
		return nil, valueErrorf("fail-on", "does not go with --can-lose: the exit code is about the verdict alone")
	}
	return &question{
		hash: c.hash, failOn: level, canLose: probe.Printable(c.canLose), acceptRisk: c.acceptRisk, quorum: connection.cluster,
	}, nil
}

func newCheck(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var looks checkFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look once, print, exit: 0 healthy, 1 unhealthy, 2 could not check",
		Long:  "Looks at the cluster, prints what there is to say, and exits. It is the same as\netcdoc --once.\n\n" + exitCodes,
		Example: `  etcdoc check -o wide
  etcdoc check --can-lose etcd-2 && kubectl drain node-2
  etcdoc check --wait 5m                     # after a change: until it is healthy
  etcdoc check --can-lose etcd-3 --wait 10m  # before the next one
  etcdoc check --hash                        # is the data the same everywhere?
  etcdoc check --input bundle                # dumps instead of a live cluster`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCheck(cmd, streams, settings, connection, &looks)
		},
	}
	looks.register(cmd.Flags())
	return cmd
}

// runCheck is the check. A plug-in of Nagios reports its own failure in its own way.
func runCheck(cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, looks *checkFlags) error {
	err := settings.explain(doCheck(cmd, streams, settings, connection, looks))
	var asked exit
	if err == nil || looks.output != "nagios" || errors.As(err, &asked) {
		return err
	}
	fmt.Fprintln(streams.Out, nagiosFailure(err))
	return exit{nagiosUnknown}
}

func doCheck(cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, looks *checkFlags) error {
	rules, err := settings.Load(cmd.Flags(), streams.Err)
	if err != nil {
		return err
	}
	asked, err := looks.question(cmd, connection)
	if err != nil {
		return err
	}
	face, err := faceOf(looks.output, streams.Out, rules)
	if err != nil {
		return err
	}
	if looks.input != "" || cmd.Flags().Changed("input") {
		return runInput(cmd, streams, looks, rules, asked, face)
	}
	config, err := connection.config(cmd.Context(), streams)
	if err != nil {
		return err
	}
	connection.warn(streams.Err)
	config.Interval, config.HashKV = looks.window, looks.hash
	prober, err := probe.New(config)
	if err != nil {
		return err
	}
	defer prober.Close()

	a, err := looks.run(cmd, newChecker(prober, rules, looks.window, config.CommandTimeout), asked, newProgress(streams.Err, asked))
	if a.At.IsZero() {
		return err
	}
	switch answered := answer(streams, face, asked, &a); {
	case err == nil:
		return answered
	case cmd.Context().Err() != nil:
		return errors.New("interrupted while waiting: this is how it was last")
	default:
		return err
	}
}

// look is the first look, and those that --wait adds to it. With an error there may be an assessment: the last one
// before it.
func (c *checkFlags) run(cmd *cobra.Command, l *checker, asked *question, p progress) (thresholds.Assessment, error) {
	ctx, began := cmd.Context(), time.Now()
	a, err := l.check(ctx, !cmd.Flags().Changed("window"), asked)
	if err != nil || c.wait == 0 {
		return a, err
	}
	return l.observeUntil(ctx, a, began, c.wait, func(a *thresholds.Assessment) bool {
		return asked.code(a) == ExitHealthy || asked.isUnanswerable(a)
	}, p)
}

// answer prints an assessment and turns it into the exit code.
func answer(streams Streams, face face, asked *question, a *thresholds.Assessment) error {
	if asked.isUnanswerable(a) {
		_, err := asked.find(a)
		return err
	}
	code, err := face(streams.Out, asked, a)
	if err != nil {
		return fmt.Errorf("printing the assessment: %w", err)
	}
	if code != ExitHealthy {
		return exit{code}
	}
	return nil
}

// isWrong reports that no further look can answer the question: it is about a member that is not there.
func (q *question) isUnanswerable(a *thresholds.Assessment) bool {
	if q.canLose == "" {
		return false
	}
	_, err := q.find(a)
	var notYet notYetError
	return err != nil && !errors.As(err, &notYet)
}
