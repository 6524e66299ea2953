package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/backup"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// backupFlags say how backups are judged, and what is shown of them.
type backupFlags struct {
	output      string
	maxAge      time.Duration
	whole       int
	compare     bool
	compareKeys int64
	dryRun      bool
	tempDir     string
}

func (f *backupFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&f.output, "output", "o", "table", "`format`: table, json or yaml")
	flags.DurationVar(&f.maxAge, "max-age", 0,
		"exit 1 if the newest backup is older (default of a directory the limit of backup-stale, 26h; of a file any age)")
	flags.IntVar(&f.whole, "whole", 2, "of a directory: read so many of the newest backups whole; 0 reads all")
	f.registerOfFile(flags)
}

// registerOfFile registers the flags that are about a file alone.
func (f *backupFlags) registerOfFile(flags *pflag.FlagSet) {
	flags.BoolVar(&f.compare, "compare", false,
		"say what a restore would lose of the live cluster; so do --endpoints and other flags about it")
	flags.Int64Var(&f.compareKeys, "compare-keys", backup.CompareKeys,
		"with --compare: look at so many keys of the cluster at most; 0 looks at all")
	flags.BoolVar(&f.dryRun, "dry-run-restore", false,
		"let etcdutl restore it to a temporary directory, which is removed, and compare what is there then")
	flags.StringVar(&f.tempDir, "temp-dir", "", "with --dry-run-restore: `folder` for that directory (default $TMPDIR or /tmp)")
}

// backupOnly are the flags of the command that no file or variable sets.
var backupOnly = []string{"max-age", "whole", "compare", "compare-keys", "dry-run-restore"}

func (f *backupFlags) check() error {
	var errs []error
	if f.maxAge < 0 {
		errs = append(errs, valueErrorf("max-age", "%v: want more than 0, such as 26h", f.maxAge))
	}
	if f.whole < 0 {
		errs = append(errs, valueErrorf("whole", "%d: want 0 or more", f.whole))
	}
	if f.compareKeys < 0 {
		errs = append(errs, valueErrorf("compare-keys", "%d: want 0 or more", f.compareKeys))
	}
	if f.tempDir != "" && !f.dryRun {
		errs = append(errs, valueErrorf("temp-dir", "goes with --dry-run-restore"))
	}
	return errors.Join(errs...)
}

// The help of the command.
const (
	backupHelp = `Reads a snapshot of etcd (plain, .gz or .zip) whole and says whether it is good: the
sum at its end, each page of it, each revision, the members, and what is in it. It
never writes to it.

With --endpoints, or another flag about a cluster, it says what a restore would
lose of that: how many revisions, and which keys by prefix, of which it reads names
and revisions from a follower, slowly. With --dry-run-restore etcd's own etcdutl, if
it is on the PATH, restores the snapshot to a temporary directory.

Of a directory (default --backup-dir, or that of RKE2 and k3s on this host) it says
which backup is the newest, on which schedule they come and where some are missing,
and reads the two newest whole (--whole). It knows the names that RKE2, k3s,
OpenShift and cron jobs give: a time in a name counts more than that of the file,
which may be a copy's.

Exit codes:
  0  the backup is good
  1  it is damaged, older than --max-age, of another cluster, or was not restored; of
     a directory also: there is none, or the newest has less than half of the keys,
     or of their bytes, of that before it, or an older revision
  2  it was not read, compared or restored: flags, no such file, no permission, not a
     snapshot of etcd, no member that answers, no etcdutl`

	backupExamples = `  etcdoc backup /backups/etcd-2026-11-28.db.gz
  etcdoc backup backup.db --endpoints https://10.0.0.1:2379 --dry-run-restore
  sudo etcdoc backup /var/lib/rancher/rke2/server/db/snapshots --max-age 13h
  etcdoc backup /backups --whole 0 -o json | jq '.problems[].text'`
)

func newBackup(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	flags := new(backupFlags)
	cmd := &cobra.Command{
		Use:     "backup [FILE|DIR]",
		Short:   "Is the backup good: a snapshot, or a directory of them",
		Long:    backupHelp,
		Example: backupExamples,
		Args:    atMostOne,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			rules, err := settings.Load(cmd.Flags(), streams.Err)
			if err != nil {
				return err
			}
			print, err := backupFaceOf(flags, widthOf(streams.Out))
			if err := errors.Join(flags.check(), settings.explain(err)); err != nil {
				return err
			}
			flags.compare = flags.compare || len(args) > 0 && flags.aboutCluster(cmd) != ""
			place := strings.Join(args, "")
			if len(args) == 0 {
				place = connection.host.backupPlace(settings.given(cmd.Flags()))
			}
			if place == "" {
				return fmt.Errorf("%s takes a snapshot or a directory of them, such as /backups: --backup-dir names none, and "+
					"this host has no folder of them that is known", cmd.CommandPath())
			}
			return flags.run(cmd, streams, place, print, func() (*liveCluster, error) {
				live, err := connectToRead(cmd, streams, settings, connection, rules,
					readWish{about: "a backup is compared with", leaderToo: true})
				return live, settings.explain(err)
			}, thresholds.BackupAge(thresholds.NewRuleSet(rules)))
		},
	}
	flags.register(cmd.Flags())
	return cmd
}

// aboutCluster returns a flag about a live cluster that the command line has; empty if it has none.
func (f *backupFlags) aboutCluster(cmd *cobra.Command) string {
	if cmd.Flags().Changed(onFlag) {
		return onFlag
	}
	if name := changedFlag(cmd, new(connectionFlags).register); name != backupDirFlag {
		return name
	}
	return ""
}

// A connector connects to the live cluster.
type connector func() (*liveCluster, error)

func (f *backupFlags) run(
	cmd *cobra.Command, streams Streams, path string, print backupFace, connect connector, usual time.Duration,
) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fileError(err, streams.Err)
	case info.IsDir() && isDataDir(path):
		return fmt.Errorf("%q is the data directory of a member, and no backup: etcdoc space --data-dir reads it", path)
	case info.IsDir():
		name := changedFlag(cmd, f.registerOfFile)
		if f.compare {
			name = cmp.Or(name, f.aboutCluster(cmd))
		}
		if name != "" {
			return valueErrorf(name, "is about a snapshot, and %s is a directory: name one in it", path)
		}
		return f.runDir(cmd.Context(), streams, path, print, usual)
	case cmd.Flags().Changed("whole"):
		return valueErrorf("whole", "is about a directory, and %s is a file", path)
	}
	return f.runFile(cmd.Context(), streams, path, print, connect)
}

// isDataDir reports whether a directory is what etcd has as its --data-dir.
func isDataDir(dir string) bool {
	_, err := os.Stat(keyspace.DataFile(dir))
	return err == nil
}

// A judgedFile is a snapshot that was named by itself, with what was found out about it.
type judgedFile struct {
	path string
	at   time.Time // of the look
	file probe.Backup
	// check is nil if the snapshot is not whole.
	check  *keyspace.Check
	maxAge time.Duration
	// loss is what a restore would lose of the cluster that source is a member of, and shared says that the snapshot
	// has a member of it; nil if they were not compared.
	loss   *backup.Loss
	source *thresholds.DataSource
	shared bool
	// restored is how a restore went; nil if it was not tried, for which untried is the reason if it was asked for.
	restored *backup.Restored
	untried  string
	// failed is why it was not compared or restored otherwise; nil if it was, or if nobody asked.
	failed error
}

// stale reports whether it is older than asked for.
func (j *judgedFile) stale() bool { return j.maxAge > 0 && j.at.Sub(j.file.Taken) > j.maxAge }

// isAhead reports that its time is in the future, so that its age is not known.
func (j *judgedFile) isAhead() bool { return thresholds.IsAhead(&j.file, j.at) }

// level is that of the file by itself, and of what it was compared with.
func (j *judgedFile) level() thresholds.Level {
	switch {
	case j.check == nil, j.stale(), j.loss != nil && j.loss.Foreign, j.restored != nil && j.restored.Problem != "":
		return thresholds.Warning
	case j.untried != "", j.failed != nil, j.maxAge > 0 && j.isAhead():
		return thresholds.Unknown
	case j.check.Sum == keyspace.SumNone, j.isAhead():
		return thresholds.Notice
	}
	return thresholds.OK
}

// exitOf is the exit code of a level as an error.
func exitOf(level thresholds.Level) error {
	switch {
	case level >= thresholds.Warning:
		return exit{ExitUnhealthy}
	case level == thresholds.Unknown:
		return exit{ExitNotDone}
	}
	return nil
}

// runFile checks a snapshot, prints what was found out and returns the exit code as an error.
func (f *backupFlags) runFile(
	ctx context.Context, streams Streams, path string, print backupFace, connect connector,
) error {
	j := judgedFile{path: path, at: time.Now(), maxAge: f.maxAge}
	var err error
	if j.file, err = backup.FileOf(path); err != nil {
		return fileError(err, streams.Err)
	}
	p := newReadProgress(streams.Err, path)
	c, err := backup.CheckFile(ctx, path, keyspace.Options{}, p.stages)
	p.end()
	var damaged *keyspace.DamagedError
	switch {
	case errors.As(err, &damaged):
		j.file.State, j.file.Problem = probe.BackupDamaged, damaged.Brief()
	case errors.Is(err, keyspace.ErrLocked):
		return fmt.Errorf("%q is the database of a member, and etcd is running on it: save a snapshot of the member "+
			"(etcdctl snapshot save FILE), and check that", path)
	case err != nil:
		return fileError(err, streams.Err)
	default:
		j.check, j.file.State, j.file.Content = &c, probe.BackupWhole, backup.ContentOf(&c)
	}
	if j.check != nil && f.compare {
		j.failed = f.compareWith(ctx, streams, &j, connect)
	}
	if j.check != nil && f.dryRun && ctx.Err() == nil {
		j.failed = errors.Join(j.failed, f.restore(ctx, streams, &j))
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if err := print.file(streams.Out, &j); err != nil {
		return fmt.Errorf("printing what was found out about the backup: %w", err)
	}
	if j.failed != nil && j.level() == thresholds.Unknown {
		return j.failed
	}
	return exitOf(j.level())
}

// compareWith says what a restore would lose of the live cluster.
func (f *backupFlags) compareWith(ctx context.Context, streams Streams, j *judgedFile, connect connector) error {
	live, err := connect()
	if err != nil {
		return err
	}
	defer live.prober.Close()
	most := f.compareKeys
	if most == 0 {
		most = math.MaxInt64
	}
	p := newReadProgress(streams.Err, "it with the cluster")
	defer p.end()
	var l backup.Loss
	source, err := live.from(streams, func(reader *probe.MemberReader, _ thresholds.DataSource) (err error) {
		l, err = backup.Compare(ctx, reader, j.check, most, p.reporting("comparing"))
		return err
	})
	if err != nil {
		return fmt.Errorf("comparing with the cluster: %w", err)
	}
	j.loss, j.source = &l, &source
	j.shared = slices.ContainsFunc(j.check.State.Members, func(was probe.Peer) bool {
		return slices.ContainsFunc(live.seen.Members, func(m thresholds.Member) bool { return m.ID == was.ID })
	})
	return nil
}

// restore lets etcd's own tool restore the snapshot.
func (f *backupFlags) restore(ctx context.Context, streams Streams, j *judgedFile) error {
	tool, err := backup.FindTool()
	if err != nil {
		j.untried = backup.Tool + " is not on the PATH: it comes with etcd"
		return nil
	}
	p := newReadProgress(streams.Err, "what was restored")
	defer p.end()
	r, err := backup.Restore(ctx, tool, j.path, f.tempDir, j.check, p.stages)
	var room *backup.RoomError
	switch {
	case errors.As(err, &room):
		j.untried = room.Error() + ": --temp-dir names another place"
	case err != nil:
		return fmt.Errorf("restoring it: %w", err)
	default:
		j.restored = &r
	}
	return nil
}

// A judgedDir is a directory of backups, with what was found out about it.
type judgedDir struct {
	probe.Backups
	verdict thresholds.BackupsVerdict
}

// runDir looks at the backups in a directory, prints what was found out and returns the exit code as an error. The
// newest may usually be so old.
func (f *backupFlags) runDir(
	ctx context.Context, streams Streams, dir string, print backupFace, usual time.Duration,
) error {
	now := time.Now()
	found, err := backup.Scan(ctx, dir, now)
	if err != nil {
		return fileError(err, streams.Err)
	}
	whole := 0
	for i := range found.Files {
		file := &found.Files[i]
		if file.State != probe.BackupUnchecked || f.whole > 0 && whole >= f.whole {
			continue
		}
		p := newReadProgress(streams.Err, file.Name)
		*file, _, err = backup.Check(ctx, dir, *file, p.stages)
		p.end()
		if err != nil {
			return fileError(err, streams.Err)
		}
		if file.State == probe.BackupWhole {
			whole++
		}
	}
	maxAge := f.maxAge
	if maxAge == 0 {
		maxAge = usual
	}
	j := judgedDir{found, thresholds.JudgeBackups(&found, now, maxAge)}
	if err := print.dir(streams.Out, &j); err != nil {
		return fmt.Errorf("printing what was found out about the backups: %w", err)
	}
	return exitOf(j.verdict.Level)
}

// stages reports the stages of a check.
func (p *readProgress) stages(stage keyspace.Stage) keyspace.Progress {
	return p.reporting(string(stage))
}
