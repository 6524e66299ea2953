package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/probe/recovery"
)

// recoverFlags say what is read, and what is shown of it.
type recoverFlags struct {
	output          string
	walDirs         []string
	depth, top      int
	showKeys        bool
	showSecretNames bool
	exact           bool
	tempDir         string
}

func (r *recoverFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&r.output, "output", "o", "table", "`format`: table, json or yaml")
	flags.StringArrayVar(&r.walDirs, "wal-dir", nil,
		"`DIR=LOG`: where the log of a data directory is, where etcd has a --wal-dir of its own; may be repeated")
	flags.BoolVar(&r.exact, "exact", false,
		"with --endpoints: let the members that answer send their whole databases, which loads them")
	flags.StringVar(&r.tempDir, "temp-dir", "",
		"with --exact: the `folder` for these databases (default that for temporary files)")
	flags.IntVar(&r.depth, "depth", probe.PrefixDepth, "how many segments of a key are its prefix, outside Kubernetes")
	flags.IntVar(&r.top, "top", 20, "how many prefixes and keys the table shows; 0 shows all prefixes")
	flags.BoolVar(&r.showKeys, "show-keys", false, "name the keys that would be lost")
	flags.BoolVar(&r.showSecretNames, "show-secret-names", false, "with --show-keys: also the names of Secrets")
}

// check returns an error if the flags do not go together.
func (r *recoverFlags) check() error {
	var errs []error
	if _, err := r.logs(); err != nil {
		errs = append(errs, err)
	}
	if r.depth < 1 {
		errs = append(errs, valueErrorf("depth", "%d: want 1 or more", r.depth))
	}
	if r.top < 0 {
		errs = append(errs, valueErrorf("top", "%d: want 0 or more", r.top))
	}
	if r.showSecretNames && !r.showKeys {
		errs = append(errs, valueErrorf("show-secret-names", "goes with --show-keys"))
	}
	if r.tempDir != "" && !r.exact {
		errs = append(errs, valueErrorf("temp-dir", "goes with --exact"))
	}
	return errors.Join(errs...)
}

// logs are the logs of data directories that have them elsewhere, by the data directory.
func (r *recoverFlags) logs() (map[string]string, error) {
	logs := map[string]string{}
	for _, pair := range r.walDirs {
		dir, log, ok := strings.Cut(pair, "=")
		if !ok || dir == "" || log == "" {
			return nil, valueErrorf("wal-dir", "%q: want a data directory and its log, as in /var/lib/etcd=/mnt/wal", pair)
		}
		logs[dir] = log
	}
	return logs, nil
}

// The help of the command.
const (
	recoverHelp = `Reads what is left of a cluster, and says whether to build it anew at all, from
which member, and what that would lose: revisions, and keys by prefix.

PATH is a data directory of a member that does not run (with member/snap/db and
member/wal), a snapshot (plain, .gz or .zip), or a bundle of several: a directory
that holds them, or a tar archive. With --endpoints the members that still answer
count, too; with --exact also their databases, which say the keys. Give all that
you have: each more makes the answer more certain.

What counts is up to which index of the log a choice keeps the entries, which is
max(HardState.Commit, consistent_index) for etcd --force-new-cluster; not the
term, and not where the log ends. A cluster is built anew only if a quorum of its
voters is gone for good, which etcdoc can't see. It names the way that loses
nothing where there is one. It runs none of the commands that it prints, and
never writes to the files.

It shows no value, and names keys only with --show-keys; the names of Secrets
stay masked. --profile says how etcd is run, for the commands, if neither the
paths nor this host's files say it.

Exit codes:
  0  no need to build it anew, or the first choice has all that may be committed
  1  something is or may be lost with each choice, or a file is damaged
  2  no choice can be ranked: flags, no such file, no permission, nothing of etcd,
     several clusters`

	recoverExamples = `  etcdoc recover node-1/etcd node-2/etcd node-3/etcd
  sudo etcdoc recover /var/lib/etcd --profile kubeadm --show-keys
  etcdoc recover bundle.tar.gz snapshot.db.gz -o json
  etcdoc recover node-1/etcd --wal-dir node-1/etcd=node-1/wal
  etcdoc recover node-2/etcd --endpoints https://10.0.0.1:2379 --exact --show-keys`
)

func newRecover(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	flags := new(recoverFlags)
	cmd := &cobra.Command{
		Use:     "recover PATH...",
		Short:   "Whether to build a cluster anew, from which member, and what would be lost",
		Long:    recoverHelp,
		Example: recoverExamples,
		Args:    cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return settings.explain(runRecover(cmd, streams, settings, connection, flags, args))
		},
	}
	flags.register(cmd.Flags())
	return cmd
}

func runRecover(
	cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, flags *recoverFlags,
	paths []string,
) error {
	if _, err := settings.Load(cmd.Flags(), streams.Err); err != nil {
		return err
	}
	print, err := recoverFaceOf(flags, widthOf(streams.Out))
	if err := errors.Join(flags.check(), connection.host.check(cmd.Flags().Changed), err); err != nil {
		return err
	}
	if err := settings.one(cmd.Flags(), "it is about"); err != nil {
		return err
	}
	asks := asksMembers(cmd, settings, paths)
	if name := connectionFlag(cmd); name != "" && !asks {
		return valueErrorf(name, "goes with --endpoints: nobody is asked without")
	}
	if flags.exact && !asks {
		return valueErrorf("exact", "goes with --endpoints: nobody is asked without")
	}
	if len(paths) == 0 && !asks {
		return fmt.Errorf("%s takes data directories, snapshots or bundles of them, or --endpoints of members that answer",
			cmd.CommandPath())
	}
	options := recovery.Options{Paths: paths, Depth: flags.depth}
	options.WALDirs, _ = flags.logs() // checked
	if asks {
		prober, live, err := askLive(cmd, streams, settings, connection)
		if err != nil {
			return err
		}
		defer prober.Close()
		if options.Live = live; flags.exact {
			options.Stream = flags.streamFrom(prober)
		}
		if len(options.Live) == 0 && len(paths) == 0 {
			return errors.New("no member answers: name data directories or snapshots of members")
		}
		if len(options.Live) == 0 {
			warnf(streams.Err, "no member answers: only the files are compared")
		}
	}
	a, err := readSurvivors(cmd.Context(), streams.Err, options)
	if err != nil {
		return fileError(err, streams.Err)
	}
	found := recovered{Analysis: a, at: time.Now(), profile: recoverProfile(connection, cmd.Flags().Changed, a)}
	found.steps = found.stepsOf()
	if err := print(streams.Out, &found); err != nil {
		return fmt.Errorf("printing what would be lost: %w", err)
	}
	if code := found.code(); code != ExitHealthy {
		return exit{code}
	}
	return nil
}

// asksMembers reports whether members are to be asked. Beside files that are only those named on the command line.
func asksMembers(cmd *cobra.Command, settings *Settings, paths []string) bool {
	given := settings.given(cmd.Flags())
	if len(paths) > 0 {
		given = cmd.Flags().Changed
	}
	return slices.ContainsFunc([]string{"endpoints", "discovery-srv", onFlag, kubeFlag}, given)
}

// connectionFlag returns a flag given on the command line that is about asking members; empty if there is none.
func connectionFlag(cmd *cobra.Command) (name string) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(connectionFlags).register(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		if cmd.Flags().Changed(f.Name) && f.Name != "profile" && f.Name != "root" {
			name = f.Name
		}
	})
	return name
}

// sweepsToAsk is how many sweeps it takes until every member that answers at once has been asked for all.
const sweepsToAsk = 3

// askLive asks the members that answer. The caller closes the prober.
func askLive(cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags) (
	*probe.Prober, []*recovery.Survivor, error,
) {
	config, err := connection.config(cmd.Context(), streams, settings.given(cmd.Flags()))
	if err != nil {
		return nil, nil, err
	}
	connection.warn(streams.Err)
	config.Interval = minSweepInterval
	prober, err := probe.New(config)
	if err != nil {
		return nil, nil, err
	}
	var sweep probe.Sweep
	began := time.Now()
	for n := 0; n < sweepsToAsk || isWaiting(&sweep) && time.Since(began) < config.CommandTimeout; n++ {
		if sweep, err = prober.Next(cmd.Context()); err != nil {
			prober.Close()
			return nil, nil, fmt.Errorf("looking at the cluster: %w", err)
		}
	}
	return prober, recovery.FromSweep(&sweep), nil
}

// streamFrom lets members send their databases.
func (r *recoverFlags) streamFrom(prober *probe.Prober) func(
	context.Context, *recovery.Survivor, keyspace.Progress,
) (*keyspace.DB, error) {
	return func(ctx context.Context, s *recovery.Survivor, report keyspace.Progress) (*keyspace.DB, error) {
		reader, err := prober.ReadMember(s.Member)
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		db, err := keyspace.Stream(ctx, reader, probe.Printable(s.Label()), r.tempDir, report)
		return db, streamError(err)
	}
}

// isWaiting reports that a member has not answered yet, and may.
func isWaiting(sweep *probe.Sweep) bool {
	return slices.ContainsFunc(sweep.Members, func(m probe.Member) bool {
		return !m.Status.Answered() && !m.Status.Pending.IsZero()
	})
}

// readSurvivors reads and compares what is left. On a terminal it shows how far it is if that takes over a second.
func readSurvivors(ctx context.Context, stderr io.Writer, o recovery.Options) (*recovery.Analysis, error) {
	var shown *readProgress
	end := func() {
		if shown != nil {
			shown.end()
		}
	}
	began := time.Now()
	o.Report = func(doing, path string) keyspace.Progress {
		end()
		shown = newReadProgress(stderr, path)
		shown.next = began.Add(firstProgress)
		return shown.reporting(doing)
	}
	defer func() { end() }()
	return recovery.Read(ctx, o)
}

// recoverProfile is how etcd is run, for the commands: what the user says, else what the path of the first choice says,
// else what this host's files say if the first choice is its own data directory; empty if that is not known.
func recoverProfile(connection *connectionFlags, given func(flag string) bool, a *recovery.Analysis) profile.Name {
	if given("profile") && connection.host.profile != string(profile.Auto) {
		return profile.Name(connection.host.profile)
	}
	for _, s := range a.Survivors {
		if name := profile.OfDataDir(s.Path); name != "" {
			return name
		}
	}
	host, err := profile.Find(profile.Options{Root: connection.host.root, Now: time.Now()})
	if err != nil || host == nil {
		return ""
	}
	for _, s := range a.Survivors {
		if host.DataDir != "" && s.Path == host.DataDir {
			return host.Profile
		}
	}
	return ""
}
