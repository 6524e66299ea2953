package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	output string
	maxAge time.Duration
	whole  int
}

func (f *backupFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&f.output, "output", "o", "table", "`format`: table, json or yaml")
	flags.DurationVar(&f.maxAge, "max-age", 0,
		"exit 1 if the newest backup is older (default 26h of a directory; any age of a file)")
	flags.IntVar(&f.whole, "whole", 2, "of a directory: read so many of the newest backups whole; 0 reads all")
}

// backupOnly are the flags of the command that no file or variable sets.
var backupOnly = []string{"max-age", "whole"}

func (f *backupFlags) check() error {
	var errs []error
	if f.maxAge < 0 {
		errs = append(errs, valueErrorf("max-age", "%v: want more than 0, such as 26h", f.maxAge))
	}
	if f.whole < 0 {
		errs = append(errs, valueErrorf("whole", "%d: want 0 or more", f.whole))
	}
	return errors.Join(errs...)
}

// The help of the command.
const (
	backupHelp = `Reads a snapshot of etcd (plain, .gz or .zip) whole and says whether it is good: the
sum at its end, each page of it, each revision, the members, and what is in it. It
never writes to it.

Of a directory it says which backup is the newest, on which schedule they come and
where some are missing, and reads the two newest whole (--whole). It knows the names
that RKE2, k3s, OpenShift and cron jobs give: a time in a name counts more than that
of the file, which may be a copy's.

Exit codes:
  0  the backup is good
  1  it is damaged or older than --max-age; of a directory also: there is none, or
     the newest has less than half of the keys, or of their bytes, of that before
     it, or an older revision
  2  it was not read: flags, no such file, no permission, not a snapshot of etcd`

	backupExamples = `  etcdoc backup /backups/etcd-2026-11-28.db.gz
  sudo etcdoc backup /var/lib/rancher/rke2/server/db/snapshots --max-age 13h
  etcdoc backup /backups --whole 0 -o json | jq '.problems[].text'`
)

func newBackup(streams Streams, settings *Settings) *cobra.Command {
	flags := new(backupFlags)
	cmd := &cobra.Command{
		Use:     "backup FILE|DIR",
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
			if len(args) == 0 {
				return fmt.Errorf("%s takes a snapshot or a directory of them, such as /backups", cmd.CommandPath())
			}
			if _, err := settings.loadForFiles(cmd, streams.Err, "reads files"); err != nil {
				return err
			}
			print, err := backupFaceOf(flags, widthOf(streams.Out))
			if err := errors.Join(flags.check(), settings.explain(err)); err != nil {
				return err
			}
			return flags.run(cmd, streams, args[0], print)
		},
	}
	flags.register(cmd.Flags())
	return cmd
}

func (f *backupFlags) run(cmd *cobra.Command, streams Streams, path string, print backupFace) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fileError(err, streams.Err)
	case info.IsDir() && isDataDir(path):
		return fmt.Errorf("%q is the data directory of a member, and no backup: etcdoc space --data-dir reads it", path)
	case info.IsDir():
		return f.runDir(cmd.Context(), streams, path, print)
	case cmd.Flags().Changed("whole"):
		return valueErrorf("whole", "is about a directory, and %s is a file", path)
	}
	return f.runFile(cmd.Context(), streams, path, print)
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
}

// stale reports whether it is older than asked for.
func (j *judgedFile) stale() bool { return j.maxAge > 0 && j.at.Sub(j.file.Taken) > j.maxAge }

// level is that of the file by itself.
func (j *judgedFile) level() thresholds.Level {
	switch {
	case j.check == nil, j.stale():
		return thresholds.Warning
	case j.check.Sum == keyspace.SumNone:
		return thresholds.Notice
	}
	return thresholds.OK
}

// runFile checks a snapshot, prints what was found out and returns the exit code as an error.
func (f *backupFlags) runFile(ctx context.Context, streams Streams, path string, print backupFace) error {
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
	if err := print.file(streams.Out, &j); err != nil {
		return fmt.Errorf("printing what was found out about the backup: %w", err)
	}
	if j.level() >= thresholds.Warning {
		return exit{ExitUnhealthy}
	}
	return nil
}

// A judgedDir is a directory of backups, with what was found out about it.
type judgedDir struct {
	probe.Backups
	verdict thresholds.BackupsVerdict
}

// runDir looks at the backups in a directory, prints what was found out and returns the exit code as an error.
func (f *backupFlags) runDir(ctx context.Context, streams Streams, dir string, print backupFace) error {
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
		maxAge = thresholds.DefaultBackupAge
	}
	j := judgedDir{found, thresholds.JudgeBackups(&found, now, maxAge)}
	if err := print.dir(streams.Out, &j); err != nil {
		return fmt.Errorf("printing what was found out about the backups: %w", err)
	}
	switch {
	case j.verdict.Level >= thresholds.Warning:
		return exit{ExitUnhealthy}
	case j.verdict.Level == thresholds.Unknown:
		return exit{ExitNotDone}
	}
	return nil
}

// stages reports the stages of a check.
func (p *readProgress) stages(stage keyspace.Stage) keyspace.Progress {
	return p.reporting(string(stage))
}
