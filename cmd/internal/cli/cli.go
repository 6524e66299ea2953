// Package cli is etcdoc's command line, with a file for each command. It turns flags, environment and files into a
// [probe.Config], connects the prober to the evaluator and a face, and turns the assessment into an exit code. It
// judges nothing itself.
//
// Data goes to stdout, everything else to stderr. Colours and cursor movement only go to a terminal.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
)

// The exit codes.
const (
	ExitHealthy   = 0 // healthy, or done
	ExitUnhealthy = 1 // the check found the cluster unhealthy
	ExitNotDone   = 2 // could not check: flags, configuration, certificates
)

// exit is an error that carries an exit code through cobra and prints nothing.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Run runs etcdoc with the arguments after its name and returns its exit code.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	streams := NewStreams(ctx, stdin, stdout, stderr)
	root := newRoot(streams, isCompletion(args))
	root.SetArgs(args)
	nameAs(root, os.Args[0])
	root.SetIn(stdin)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	refuseUnknown(root)
	err := root.ExecuteContext(ctx)
	if lost := streams.undelivered(); lost != nil {
		if wantsNagios(args) {
			warnf(streams.Err, "%v", lost)
			return nagiosUnknown
		}
		if errors.Is(lost, syscall.EPIPE) { // whoever read it has enough: as of other tools, that needs no words
			return ExitNotDone
		}
		err = lost
	}
	if code := new(exit); err != nil && !errors.As(err, code) && wantsNagios(args) {
		fmt.Fprintln(streams.Out, nagiosFailure(err))
		return nagiosUnknown
	}
	return ExitCode(err, "etcdoc", streams.Err)
}

// nameAs lets the help name a command as it was called: kubectl runs a plug-in by the name kubectl-etcdoc.
func nameAs(root *cobra.Command, argv0 string) {
	name := strings.TrimSuffix(filepath.Base(argv0), ".exe")
	if plugin, is := strings.CutPrefix(name, pluginPrefix); is && plugin == root.Name() {
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl " + plugin}
		nameInExamples(root, plugin)
	}
}

// nameInExamples lets the examples of a command, and of those below it, call kubectl's plug-in.
func nameInExamples(cmd *cobra.Command, plugin string) {
	called := regexp.MustCompile(`(?m)(^  |[|&] |\$\(|sudo )` + regexp.QuoteMeta(plugin) + ` `)
	cmd.Example = called.ReplaceAllString(cmd.Example, "${1}kubectl "+plugin+" ")
	for _, below := range cmd.Commands() {
		nameInExamples(below, plugin)
	}
}

// ExitCode returns the exit code for err. It writes err to stderr with the program's name, unless err only carries an
// exit code.
func ExitCode(err error, program string, stderr io.Writer) int {
	var code exit
	switch {
	case err == nil:
		return ExitHealthy
	case errors.As(err, &code):
		return code.code
	default:
		fmt.Fprintf(stderr, "%s: %s\n", program, strings.Join(messages(err), "\n"))
		return ExitNotDone
	}
}

// newRoot returns the command tree. Only a shell's request needs what completes, which takes a millisecond to set up.
func newRoot(streams Streams, completes bool) *cobra.Command {
	var connection connectionFlags
	var check checkFlags
	var screen ScreenFlags
	var settings Settings
	var once bool
	root := &cobra.Command{
		Use:   "etcdoc",
		Short: "The doctor for etcd: is the cluster healthy, why not, may I lose this member now, what next",
		Long: `etcdoc watches every member of an etcd cluster and says in words whether the
cluster is healthy, what the cause is if not, and whether a member may be lost
now. Without a command it shows the dashboard; with --plain it writes a line for
every change; with --once it checks once, prints and exits. It only reads.

` + exitCodes,
		Example: `  etcdoc --endpoints https://10.0.0.1:2379 \
      --cacert ca.crt --cert client.crt --key client.key
  etcdoc --plain | tee etcd.log
  etcdoc --once -o json
  etcdoc --once || echo "not healthy"
  etcdoc --once --can-lose etcd-2 --wait 10m && kubectl drain node-2`,
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if once {
				if name := changedFlag(cmd, new(ScreenFlags).register); name != "" {
					return valueErrorf(name, "is about the dashboard: it does not go with --once")
				}
				return runCheck(cmd, streams, &settings, &connection, &check)
			}
			if name := changedFlag(cmd, new(checkFlags).register); name != "" {
				return valueErrorf(name, "goes with --once")
			}
			return runWatch(cmd, streams, &settings, &connection, &screen)
		},
	}
	root.SetFlagErrorFunc(flagError)
	wrapped := fmt.Sprintf(".FlagUsagesWrapped %d", widthOf(streams.Out))
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", wrapped))
	connection.register(root.PersistentFlags())
	settings.Register(root.PersistentFlags())
	screen.register(root.Flags())
	check.register(root.Flags())
	root.Flags().BoolVar(&once, "once", false, "check once, print, and exit: 0 healthy, 1 unhealthy, 2 could not check")

	root.AddCommand(
		newWatch(streams, &settings, &connection), newCheck(streams, &settings, &connection),
		newPlan(streams, &settings, &connection), newServe(streams, &settings, &connection),
		newSpace(streams, &settings, &connection), newWrites(streams, &settings), newDisk(streams, &settings),
		newBackup(streams, &settings, &connection),
		newRecover(streams, &settings, &connection),
		newConfig(streams, &settings, &connection),
		newExplain(streams, &settings), newAssets(streams), newMan(streams), newVersion(streams),
	)
	if completes {
		complete(root, &settings, &connection)
	}
	return root
}

// flagError rewords cobra's error about a flag: what is wrong, and what the flag wants.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		switch f := invalid.GetFlag(); f.Value.Type() {
		case "duration":
			return valueErrorf(f.Name, "%q: want a duration, such as 3s or 5m", probe.Redacted(invalid.GetValue()))
		case "bool":
			return fmt.Errorf("--%s=%s: want true or false", f.Name, probe.Redacted(invalid.GetValue()))
		default:
			return valueErrorf(f.Name, "%q: want %s", probe.Redacted(invalid.GetValue()), wanted(f))
		}
	}
	// The rest of an unknown shorthand may hold a password (-uroot:secret), so quote only its letter.
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("unknown flag -%.1s (%s --help lists the flags)",
			unknown.GetSpecifiedName(), cmd.CommandPath())
	}
	return fmt.Errorf("%w (%s --help lists the flags)", err, cmd.CommandPath())
}

// noArguments rejects arguments, and points to the help that lists the commands.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if f := cmd.Flags().Lookup("can-lose-max"); f != nil && f.Changed {
		if _, err := strconv.Atoi(args[0]); err == nil {
			return valueErrorf(f.Name, "takes its number after an equals sign: --%s=%s", f.Name, args[0])
		}
	}
	if cmd.HasParent() {
		return fmt.Errorf("%s takes no argument, got %q", cmd.CommandPath(), probe.Redacted(args[0]))
	}
	return fmt.Errorf("unknown command %q (%s --help lists the commands)", probe.Redacted(args[0]), cmd.CommandPath())
}

// refuseUnknown makes cobra's own commands refuse what they don't know: they would print their help, and be done. They
// write to what the root does then.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.PreRunE = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err != nil || len(rest) > 0 {
					return noArguments(found, rest)
				}
				return nil
			}
		case "completion":
			cmd.Args = cobra.ArbitraryArgs
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) == 0 {
					return cmd.Help()
				}
				return fmt.Errorf("there is no completion for %q: want bash, zsh, fish or powershell", probe.Redacted(args[0]))
			}
		}
	}
}

// changedFlag returns the first flag given on the command line that one of the functions registers.
func changedFlag(cmd *cobra.Command, register ...func(*pflag.FlagSet)) (name string) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, register := range register {
		register(flags)
	}
	flags.VisitAll(func(f *pflag.Flag) {
		if name == "" && cmd.Flags().Changed(f.Name) {
			name = f.Name
		}
	})
	return name
}
