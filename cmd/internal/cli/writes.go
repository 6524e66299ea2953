package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
	"github.com/etcdoc/etcdoc/thresholds"
)

// writesFlags say which log is read, which part of it, and what is shown of that.
type writesFlags struct {
	logFlags

	output          string
	since           time.Duration
	from, to        uint64
	depth, top      int
	by              string
	showKeys        bool
	showSecretNames bool
	follow          bool
	interval        time.Duration
}

func (s *writesFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&s.output, "output", "o", "table", "`format`: table, wide, json, yaml or csv")
	s.logFlags.register(flags, ", running or not")
	flags.DurationVar(&s.since, "since", 0,
		"only the files that were written to in this time; a file's time bounds those of all in it (default all)")
	flags.Uint64Var(&s.from, "from", 0, "`index` of the first entry")
	flags.Uint64Var(&s.to, "to", 0, "`index` of the last entry")
	flags.IntVar(&s.depth, "depth", probe.PrefixDepth, "how many segments of a key are its prefix, outside Kubernetes")
	flags.IntVar(&s.top, "top", 20, "how many prefixes, keys and leases the table shows; 0 shows all prefixes")
	flags.StringVar(&s.by, "by", "writes", "what puts a prefix first: writes or bytes")
	flags.BoolVar(&s.showKeys, "show-keys", false, "name the keys and leases that are written most")
	flags.BoolVar(&s.showSecretNames, "show-secret-names", false, "with --show-keys: also the names of Secrets")
	flags.BoolVar(&s.follow, "follow", false, "go on, and show what is written from now on")
	flags.DurationVar(&s.interval, "interval", time.Second, "with --follow: time between two tables, or lines")
}

// writesOnly are the flags of the command that no file or variable sets.
var writesOnly = []string{"since", "from", "to", "by", "follow"}

// check returns an error if the flags do not go together.
func (s *writesFlags) check() error {
	var errs []error
	if errs = append(errs, s.logFlags.check()); !s.isGiven() {
		errs = append(errs, errors.New("give one of --data-dir DIR and --wal-dir DIR"))
	}
	if s.since < 0 {
		errs = append(errs, valueErrorf("since", "%v: want more than 0, such as 1h", s.since))
	}
	if s.to > 0 && s.to < s.from {
		errs = append(errs, valueErrorf("to", "%d: want no less than --from, %d", s.to, s.from))
	}
	if s.depth < 1 {
		errs = append(errs, valueErrorf("depth", "%d: want 1 or more", s.depth))
	}
	if s.top < 0 {
		errs = append(errs, valueErrorf("top", "%d: want 0 or more", s.top))
	}
	if s.by != "writes" && s.by != "bytes" {
		errs = append(errs, notOneOf("by", s.by, []string{"writes", "bytes"}))
	}
	if s.showSecretNames && !s.showKeys {
		errs = append(errs, valueErrorf("show-secret-names", "goes with --show-keys"))
	}
	if s.follow && (s.since != 0 || s.from != 0 || s.to != 0) {
		errs = append(errs, valueErrorf("follow", "begins now: it does not go with --since, --from and --to"))
	}
	if s.follow && s.output != "table" && s.output != "wide" {
		errs = append(errs, valueErrorf("follow", "goes with -o table: it writes a line each time where there is no terminal"))
	}
	if s.follow && s.interval <= 0 {
		errs = append(errs, valueErrorf("interval", "%v: want more than 0", s.interval))
	}
	return errors.Join(errs...)
}

func (s *writesFlags) options() wal.Options {
	o := wal.Options{From: s.from, To: s.to, Depth: s.depth, ShowSecrets: s.showSecretNames}
	if s.showKeys {
		o.Top = cmp.Or(s.top, keyspace.MaxKeys)
	}
	return o
}

// The help of the command.
const (
	writesHelp = `Reads the write-ahead log of a member, running or not, and says who writes: puts,
deletes and bytes by prefix of the keys, transactions, leases, sizes of requests,
and what changed the cluster. It takes no lock, asks nobody and writes nothing.

A log has writes only: reads are not in it. It has no times either: when a file
was last written to bounds the time of what is in it. etcd keeps what it has not
yet in a snapshot, and up to five files (--max-wals). A transaction's writes count as if
what it compares holds: whether that did is not in a log.

With --follow it shows what is written from now on, in a table on a terminal and
in a line each time elsewhere.

Exit codes:
  0  the log was read
  1  it is damaged; what is before that is printed
  2  it was not read: flags, no such directory, no permission, no log`

	writesExamples = `  sudo etcdoc writes --data-dir /var/lib/etcd --since 1h
  sudo etcdoc writes --data-dir /var/lib/etcd --follow --by bytes
  etcdoc writes --wal-dir member/wal --show-keys --from 120000 --to 140000
  etcdoc writes --wal-dir member/wal -o csv > prefixes.csv`
)

func newWrites(streams Streams, settings *Settings) *cobra.Command {
	writes := new(writesFlags)
	cmd := &cobra.Command{
		Use:     "writes",
		Short:   "Who writes, from a member's log: by prefix, key and lease; now with --follow",
		Long:    writesHelp,
		Example: writesExamples,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := settings.loadForFiles(cmd, streams.Err, "reads a log"); err != nil {
				return err
			}
			print, err := writesFaceOf(writes, widthOf(streams.Out))
			if err := errors.Join(writes.check(), settings.explain(err)); err != nil {
				return err
			}
			if writes.follow {
				return fileError(writes.runFollow(cmd.Context(), streams), streams.Err)
			}
			return fileError(writes.run(cmd.Context(), streams, print), streams.Err)
		},
	}
	writes.register(cmd.Flags())
	return cmd
}

// A readLog is what was read of a log.
type readLog struct {
	wal.Writes
	dir string
	// segments are those that were read, and torn is how the last one ends; nil if that is whole.
	segments []wal.Segment
	// after is when what was read began to be written at the earliest; zero if that is not known.
	after time.Time
	torn  *wal.Torn
}

// chosen are the segments to read: those that may hold an entry from an index on, and what was written since a moment.
// before is the one in front of them, whose time says when they began to be written.
func chosen(segments []wal.Segment, from uint64, since time.Time) (kept []wal.Segment, before *wal.Segment) {
	first := 0
	for first < len(segments) {
		isBefore := first < len(segments)-1 && segments[first+1].FirstIndex <= from
		if !isBefore && !segments[first].Written.Before(since) {
			break
		}
		first++
	}
	if first > 0 {
		before = &segments[first-1]
	}
	return segments[first:], before
}

// run reads a log and prints what is in it.
func (s *writesFlags) run(ctx context.Context, streams Streams, print writesFace) error {
	l := readLog{dir: s.dir()}
	segments, err := s.segments()
	if err != nil {
		return err
	}
	var since time.Time
	if s.since > 0 {
		since = time.Now().Add(-s.since)
	}
	var before *wal.Segment
	l.segments, before = chosen(segments, s.from, since)
	if before != nil {
		l.after = before.Written
	}
	if len(l.segments) == 0 {
		return fmt.Errorf("nothing was written to %s in the last %s: its last file is of %s", l.dir,
			thresholds.FormatDuration(s.since), before.Written.UTC().Format(time.RFC3339))
	}
	p := newReadProgress(streams.Err, l.dir)
	l.Writes, l.torn, err = wal.Count(ctx, l.segments, s.options(), p.reporting("reading"))
	p.end()
	var damaged *wal.DamagedError
	if err != nil && !errors.As(err, &damaged) {
		return err
	}
	if l.Entries == 0 && l.Member == 0 && err == nil {
		return fmt.Errorf("%s holds no record: etcd begins each file with whose log it is", l.segments[0].Path)
	}
	if printed := print(streams.Out, &l); printed != nil {
		return fmt.Errorf("printing who writes: %w", printed)
	}
	return err
}
