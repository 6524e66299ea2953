package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// spaceFlags say which database is read, and what is shown of it.
type spaceFlags struct {
	output            string
	dataDir, snapshot string
	diff              bool
	between           time.Duration
	quota             string
	depth, top        int
	showKeys          bool
	showSecretNames   bool
	exact             bool
	from, tempDir     string
}

func (s *spaceFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&s.output, "output", "o", "table", "`format`: table, wide, json, yaml or csv")
	flags.StringVar(&s.dataDir, "data-dir", "", "the data directory (`folder`) of a member that does not run")
	flags.StringVar(&s.snapshot, "snapshot", "",
		"a snapshot (`file`), plain, .gz or .zip, or a copy of member/snap/db of a member that did not run")
	flags.BoolVar(&s.exact, "exact", false, "of a live cluster: let a member send its whole database, which loads it")
	flags.StringVar(&s.from, "from", "",
		"the `member` (name, id or endpoint) to read from (default a learner, else the follower with the lowest load)")
	flags.StringVar(&s.tempDir, "temp-dir", "",
		"with --exact: the `folder` for the database (default that for temporary files)")
	flags.BoolVar(&s.diff, "diff", false, "compare two of them, OLD and NEW: what has grown, and when the quota is reached; "+
		"with --exact, now is NEW")
	flags.DurationVar(&s.between, "between", 0, "the time between OLD and NEW (default what the files' times say)")
	flags.StringVar(&s.quota, "quota", "", "etcd's --quota-backend-bytes as a `size`, such as 8GiB (default "+
		"that of the live member)")
	flags.IntVar(&s.depth, "depth", probe.PrefixDepth, "how many segments of a key are its prefix, outside Kubernetes")
	flags.IntVar(&s.top, "top", 20, "how many prefixes and keys the table shows; 0 shows all prefixes")
	flags.BoolVar(&s.showKeys, "show-keys", false, "name the most revised and the largest keys")
	flags.BoolVar(&s.showSecretNames, "show-secret-names", false, "with --show-keys: also the names of Secrets")
}

// spaceOnly are the flags of the command that no file or variable sets.
var spaceOnly = []string{
	"data-dir", "snapshot", "diff", "between", "quota", "depth", "top", "show-keys", "show-secret-names", "exact", "from",
	"temp-dir",
}

// isLive reports whether the command is about a live cluster.
func (s *spaceFlags) isLive(args []string) bool {
	return s.dataDir == "" && s.snapshot == "" && (!s.diff || slices.Contains(args, now))
}

// check returns an error if the flags do not go together.
func (s *spaceFlags) check(args []string) error {
	given := 0
	for _, is := range []bool{s.dataDir != "", s.snapshot != "", s.diff} {
		if is {
			given++
		}
	}
	var errs []error
	live := s.isLive(args)
	switch {
	case given > 1:
		errs = append(errs, errors.New("give one of --data-dir DIR, --snapshot FILE and --diff OLD NEW, or none of them "+
			"for a live cluster"))
	case s.diff && args[0] == now:
		errs = append(errs, errors.New("now is the newer one: --diff OLD now"))
	case s.diff && live && !s.exact:
		errs = append(errs, errors.New("now takes --exact: an estimate has no history to compare"))
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{{"exact", s.exact}, {"from", s.from != ""}, {"temp-dir", s.tempDir != ""}} {
		if flag.given && !live {
			errs = append(errs, valueErrorf(flag.name, "is about a live cluster"))
		}
	}
	if s.tempDir != "" && !s.exact {
		errs = append(errs, valueErrorf("temp-dir", "goes with --exact"))
	}
	if s.showKeys && live && !s.exact {
		errs = append(errs, valueErrorf("show-keys", "takes --exact, a snapshot or a data directory: an estimate "+
			"reads only some keys"))
	}
	if s.between != 0 && !s.diff {
		errs = append(errs, valueErrorf("between", "goes with --diff"))
	}
	if s.between < 0 {
		errs = append(errs, valueErrorf("between", "%v: want more than 0, such as 24h", s.between))
	}
	if s.depth < 1 {
		errs = append(errs, valueErrorf("depth", "%d: want 1 or more", s.depth))
	}
	if s.top < 0 {
		errs = append(errs, valueErrorf("top", "%d: want 0 or more", s.top))
	}
	if s.diff && s.showKeys {
		errs = append(errs, valueErrorf("show-keys", "does not go with --diff"))
	}
	if s.showSecretNames && !s.showKeys {
		errs = append(errs, valueErrorf("show-secret-names", "goes with --show-keys"))
	}
	_, err := s.quotaBytes()
	return errors.Join(append(errs, err)...)
}

// quotaBytes is the quota; 0 if it is not known.
func (s *spaceFlags) quotaBytes() (int64, error) {
	if s.quota == "" {
		return 0, nil
	}
	bytes, err := humanize.ParseBytes(s.quota)
	if err != nil || bytes == 0 || bytes > 1<<60 {
		return 0, valueErrorf("quota", "%q: want a size such as 8GiB", probe.Redacted(s.quota))
	}
	return int64(bytes), nil
}

// options are what is read of a database.
func (s *spaceFlags) options() keyspace.Options {
	options := keyspace.Options{Depth: s.depth, ShowSecrets: s.showSecretNames}
	if s.showKeys {
		options.Keys = min(cmp.Or(s.top, keyspace.MaxKeys), keyspace.MaxKeys)
	}
	return options
}

// The help of the command.
const (
	spaceHelp = `Says what fills the database, by prefix of the keys, and never writes to it.

Of a live cluster it is an estimate, of live values alone: it counts all keys of
a member and reads some of the values, about a thousand requests in ten seconds,
and says how far off it may be (±). It asks a learner, or else the healthy
follower with the lowest load; the leader only where there is no other.

With --exact that member sends all of its database to a temporary file, which
loads it and takes the role root; the leader does so only if --from names it. Of
that, of a snapshot, and of the database of a member that does not run, it says
exactly what keys take: live values, history (what a compaction removes) and
tombstones (marks of deletions), and how many revisions a key has; and what a
compaction and a defragmentation would give back.

Prefixes are the resources of Kubernetes; of other keys their first segments
(--depth). Of Kubernetes' objects it also measures managedFields and annotations,
unless the API server has encrypted them. It shows no value, and names keys only
with --show-keys; the names of Secrets stay masked.

Exit codes:
  0  the database was read
  1  it is truncated or damaged, or as large as its quota
  2  it was not read: flags, no such file, no permission, no member to read from,
     not a database of etcd`

	spaceExamples = `  etcdoc space --endpoints https://10.0.0.1:2379
  etcdoc space --exact --show-keys
  etcdoc space --snapshot backup.db --quota 8GiB
  sudo etcdoc space --data-dir /var/lib/etcd --show-keys
  etcdoc space --snapshot etcd-snapshot.zip -o csv > prefixes.csv
  etcdoc space --diff monday.db.gz tuesday.db.gz --quota 8GiB
  etcdoc space --diff --exact monday.db.gz now`
)

func newSpace(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	space := new(spaceFlags)
	cmd := &cobra.Command{
		Use:     "space [--diff OLD NEW]",
		Short:   "What fills a database, by prefix: live, history; what has grown",
		Long:    spaceHelp,
		Example: spaceExamples,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case !space.diff:
				return noArguments(cmd, args)
			case len(args) != 2:
				return fmt.Errorf("%s --diff takes two snapshots or data directories, OLD and NEW", cmd.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if space.diff && len(args) < 2 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			load := settings.Load
			if !space.isLive(args) {
				load = func(_ *pflag.FlagSet, stderr io.Writer) ([]thresholds.Rule, error) {
					return settings.loadForFiles(cmd, stderr, "reads a file")
				}
			}
			rules, err := load(cmd.Flags(), streams.Err)
			if err != nil {
				return err
			}
			print, err := spaceFaceOf(space, widthOf(streams.Out))
			if err := errors.Join(space.check(args), settings.explain(err)); err != nil {
				return err
			}
			if !space.isLive(args) {
				return space.run(cmd.Context(), streams, print, nil, args)
			}
			live, err := connectToRead(cmd, streams, settings, connection, rules, readWish{
				about: "what fills a database is about", from: space.from, leaderToo: !space.exact,
			})
			if err != nil {
				return settings.explain(err)
			}
			defer live.prober.Close()
			return space.run(cmd.Context(), streams, print, live, args)
		},
	}
	space.register(cmd.Flags())
	return cmd
}

// A spaceReport is what fills a database.
type spaceReport struct {
	usage keyspace.Usage
	// source is the member that it is of; nil for a file.
	source *thresholds.DataSource
	quota  int64 // 0 if it is not known
	// reading is what there is to say about a live cluster's space; nil if that is no problem.
	reading *thresholds.Reading
}

// run reads what the flags name, prints what fills it, or what has grown, and returns the exit code as an error. live
// is nil unless a live cluster is to be read.
func (s *spaceFlags) run(
	ctx context.Context, streams Streams, print spaceFace, live *liveCluster, args []string,
) error {
	if s.diff {
		return s.runDiff(ctx, streams, print, live, args)
	}
	if live != nil && !s.exact {
		return s.runEstimate(ctx, streams, print, live)
	}
	var r spaceReport
	var err error
	if live != nil {
		r, err = s.stream(ctx, streams, live)
	} else {
		open, path := keyspace.Open, s.snapshot
		if s.dataDir != "" {
			open, path = keyspace.OpenDataDir, s.dataDir
		}
		r.quota, _ = s.quotaBytes() // checked
		r.usage, err = s.read(ctx, streams.Err, open, path)
	}
	if err != nil {
		return fileError(err, streams.Err)
	}
	if err := print.usage(streams.Out, &r); err != nil {
		return fmt.Errorf("printing what fills the database: %w", err)
	}
	return r.exit()
}

// runEstimate estimates what a live cluster's keys take, prints that and returns the exit code as an error.
func (s *spaceFlags) runEstimate(ctx context.Context, streams Streams, print spaceFace, live *liveCluster) error {
	r, err := s.estimate(ctx, streams, live)
	if err != nil {
		return fileError(err, streams.Err)
	}
	if err := print.estimate(streams.Out, &r); err != nil {
		return fmt.Errorf("printing what fills the database: %w", err)
	}
	return r.exit()
}

// exit is the exit code as an error.
func (r *spaceReport) exit() error {
	if r.quota > 0 && r.usage.DatabaseBytes >= r.quota {
		return exit{ExitUnhealthy}
	}
	return nil
}

// runDiff reads two databases, prints what has grown and returns the exit code as an error.
func (s *spaceFlags) runDiff(
	ctx context.Context, streams Streams, print spaceFace, live *liveCluster, args []string,
) error {
	var g growth
	for i, into := range []*spaceReport{&g.older, &g.newer} {
		var err error
		if into.quota, _ = s.quotaBytes(); args[i] == now { // checked
			*into, err = s.stream(ctx, streams, live)
		} else {
			into.usage, err = s.read(ctx, streams.Err, openerOf(args[i]), args[i])
		}
		if err != nil {
			return fileError(err, streams.Err)
		}
	}
	var err error
	if g.changes, err = keyspace.Compare(&g.older.usage, &g.newer.usage); err != nil {
		return fmt.Errorf("comparing %q with %q: %w", args[0], args[1], err)
	}
	if g.between, g.byFiles = s.between, s.between == 0; g.byFiles {
		g.between = max(g.newer.usage.Modified.Sub(g.older.usage.Modified), 0)
	}
	if err := print.growth(streams.Out, &g); err != nil {
		return fmt.Errorf("printing what has grown: %w", err)
	}
	return g.newer.exit()
}

// openerOf returns what opens a path: a file, or a data directory.
func openerOf(path string) opener {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return keyspace.OpenDataDir
	}
	return keyspace.Open
}

// An opener opens a database.
type opener func(ctx context.Context, path string, report keyspace.Progress) (*keyspace.DB, error)

// read opens and reads a database. On a terminal it shows how far it is if that takes over a second.
func (s *spaceFlags) read(
	ctx context.Context, stderr io.Writer, open opener, path string,
) (u keyspace.Usage, err error) {
	p := newReadProgress(stderr, path)
	defer p.end()
	opening := "unpacking"
	if s.exact {
		opening = "receiving the database of"
	}
	db, err := open(ctx, path, p.reporting(opening))
	switch {
	case errors.Is(err, keyspace.ErrLocked):
		return u, fmt.Errorf("%w. --endpoints asks the member itself: for an estimate, or with --exact for all of its "+
			"database", err)
	case err != nil:
		return u, err
	}
	options := s.options()
	options.Progress = p.reporting("reading")
	u, err = db.Read(ctx, options)
	return u, errors.Join(err, db.Close())
}
