package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
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
}

func (s *spaceFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&s.output, "output", "o", "table", "`format`: table, wide, json, yaml or csv")
	flags.StringVar(&s.dataDir, "data-dir", "", "the data directory (`folder`) of a member that does not run")
	flags.StringVar(&s.snapshot, "snapshot", "",
		"a snapshot (`file`), plain, .gz or .zip, or a copy of member/snap/db of a member that did not run")
	flags.BoolVar(&s.diff, "diff", false, "compare two of them, OLD and NEW: what has grown, and when the quota is reached")
	flags.DurationVar(&s.between, "between", 0, "the time between OLD and NEW (default what the files' times say)")
	flags.StringVar(&s.quota, "quota", "", "etcd's --quota-backend-bytes as a `size`, such as 8GiB")
	flags.IntVar(&s.depth, "depth", probe.PrefixDepth, "how many segments of a key are its prefix, outside Kubernetes")
	flags.IntVar(&s.top, "top", 20, "how many prefixes and keys the table shows; 0 shows all prefixes")
	flags.BoolVar(&s.showKeys, "show-keys", false, "name the most revised and the largest keys")
	flags.BoolVar(&s.showSecretNames, "show-secret-names", false, "with --show-keys: also the names of Secrets")
}

// spaceOnly are the flags of the command that no file or variable sets.
var spaceOnly = []string{
	"data-dir", "snapshot", "diff", "between", "quota", "depth", "top", "show-keys", "show-secret-names",
}

// check returns an error if the flags do not go together.
func (s *spaceFlags) check() error {
	sources := errors.New("give one of --data-dir DIR, --snapshot FILE and --diff OLD NEW")
	given := 0
	for _, is := range []bool{s.dataDir != "", s.snapshot != "", s.diff} {
		if is {
			given++
		}
	}
	var errs []error
	if given != 1 {
		errs = append(errs, sources)
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
	spaceHelp = `Reads the database file of a member that does not run, or a snapshot, and says
what fills it, by prefix: keys, the bytes of live values, of history (what a
compaction removes) and of tombstones (marks of deletions), and how many
revisions a key has; and what a compaction and a defragmentation would give
back. It asks nobody, and never writes to the file.

Prefixes are the resources of Kubernetes; of other keys their first segments
(--depth). Of Kubernetes' objects it also measures managedFields and annotations,
unless the API server has encrypted them. It shows no value, and names keys only
with --show-keys; the names of Secrets stay masked.

etcd keeps the database of a running member locked. Save a snapshot of it
(etcdctl snapshot save), and read that.

Exit codes:
  0  the database was read
  1  it is truncated or damaged, or as large as --quota
  2  it was not read: flags, no such file, no permission, not a database of etcd`

	spaceExamples = `  etcdoc space --snapshot backup.db --quota 8GiB
  sudo etcdoc space --data-dir /var/lib/etcd --show-keys
  etcdoc space --snapshot etcd-snapshot.zip -o csv > prefixes.csv
  etcdoc space --diff monday.db.gz tuesday.db.gz --quota 8GiB`
)

func newSpace(streams Streams, settings *Settings) *cobra.Command {
	space := new(spaceFlags)
	cmd := &cobra.Command{
		Use:     "space [--diff OLD NEW]",
		Short:   "What fills a database file, by prefix: live, history; what has grown",
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
			if _, err := settings.loadForFiles(cmd, streams.Err, "reads a file"); err != nil {
				return err
			}
			print, err := spaceFaceOf(space, widthOf(streams.Out))
			if err := errors.Join(space.check(), settings.explain(err)); err != nil {
				return err
			}
			if space.diff {
				return space.runDiff(cmd.Context(), streams, args[0], args[1], print)
			}
			return space.run(cmd.Context(), streams, print)
		},
	}
	space.register(cmd.Flags())
	return cmd
}

// run reads a database, prints what fills it and returns the exit code as an error.
func (s *spaceFlags) run(ctx context.Context, streams Streams, print spaceFace) error {
	open, path := keyspace.Open, s.snapshot
	if s.dataDir != "" {
		open, path = keyspace.OpenDataDir, s.dataDir
	}
	u, err := s.read(ctx, streams.Err, open, path)
	if err != nil {
		return fileError(err, streams.Err)
	}
	quota, _ := s.quotaBytes() // checked
	if err := print.usage(streams.Out, &u, quota); err != nil {
		return fmt.Errorf("printing what fills the database: %w", err)
	}
	if quota > 0 && u.DatabaseBytes >= quota {
		return exit{ExitUnhealthy}
	}
	return nil
}

// runDiff reads two databases, prints what has grown and returns the exit code as an error.
func (s *spaceFlags) runDiff(ctx context.Context, streams Streams, older, newer string, print spaceFace) error {
	var g growth
	var err error
	for _, of := range []struct {
		path string
		into *keyspace.Usage
	}{{older, &g.older}, {newer, &g.newer}} {
		open := keyspace.Open
		if info, err := os.Stat(of.path); err == nil && info.IsDir() {
			open = keyspace.OpenDataDir
		}
		if *of.into, err = s.read(ctx, streams.Err, open, of.path); err != nil {
			return fileError(err, streams.Err)
		}
	}
	if g.changes, err = keyspace.Compare(&g.older, &g.newer); err != nil {
		return fmt.Errorf("comparing %q with %q: %w", older, newer, err)
	}
	g.quota, _ = s.quotaBytes() // checked
	if g.between, g.byFiles = s.between, s.between == 0; g.byFiles {
		g.between = max(g.newer.Modified.Sub(g.older.Modified), 0)
	}
	if err := print.growth(streams.Out, &g); err != nil {
		return fmt.Errorf("printing what has grown: %w", err)
	}
	if g.quota > 0 && g.newer.DatabaseBytes >= g.quota {
		return exit{ExitUnhealthy}
	}
	return nil
}

// An opener opens a database.
type opener func(ctx context.Context, path string, report keyspace.Progress) (*keyspace.DB, error)

// read opens and reads a database. On a terminal it shows how far it is if that takes over a second.
func (s *spaceFlags) read(
	ctx context.Context, stderr io.Writer, open opener, path string,
) (u keyspace.Usage, err error) {
	p := newReadProgress(stderr, path)
	defer p.end()
	db, err := open(ctx, path, p.reporting("unpacking"))
	if err != nil {
		return u, err
	}
	options := s.options()
	options.Progress = p.reporting("reading")
	u, err = db.Read(ctx, options)
	return u, errors.Join(err, db.Close())
}
