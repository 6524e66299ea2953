package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// logFlags say where the log of a member is.
type logFlags struct{ dataDir, walDir string }

// register adds the flags; use is what the log is for, behind a comma.
func (l *logFlags) register(flags *pflag.FlagSet, use string) {
	flags.StringVar(&l.dataDir, "data-dir", "", "the data directory (`folder`) of a member"+use)
	flags.StringVar(&l.walDir, "wal-dir", "", "the `folder` of its log, where etcd has a --wal-dir of its own")
}

// whoWrites is what the log of the member on this host is for, where the cluster is watched.
const whoWrites = " on this host, whose log says who writes (default: that of --profile, if it may be read)"

// logOnly are the flags that no file or variable sets, beside --data-dir.
var logOnly = []string{"wal-dir"}

// isGiven reports whether a flag names a log.
func (l *logFlags) isGiven() bool { return l.dataDir != "" || l.walDir != "" }

func (l *logFlags) check() error {
	if l.dataDir != "" && l.walDir != "" {
		return errors.New("give one of --data-dir DIR and --wal-dir DIR")
	}
	return nil
}

func (l *logFlags) dir() string {
	if l.walDir != "" {
		return l.walDir
	}
	return wal.Dir(l.dataDir)
}

// segments are those of the log.
func (l *logFlags) segments() ([]wal.Segment, error) {
	segments, err := wal.Segments(l.dir())
	if l.dataDir != "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
		return nil, fmt.Errorf("%w: is %q what etcd has as its --data-dir? Where etcd has a --wal-dir, give that", err,
			l.dataDir)
	}
	return segments, err
}

// written reads what was written lately to the log that flags name, else to the one that was found on this host, if it
// may be read; nil without one.
func (l *logFlags) written(found string) (func(context.Context) (probe.Written, error), error) {
	dir := found
	if l.isGiven() {
		dir = l.dir()
		if _, err := l.segments(); err != nil {
			return nil, err
		}
	} else if _, err := wal.Segments(found); err != nil || found == "" {
		return nil, nil //nolint:nilerr // nobody asked for it
	}
	recent := wal.NewRecent(dir)
	return func(ctx context.Context) (probe.Written, error) { return recent.Read(ctx, time.Now()) }, nil
}
