package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
	"github.com/etcdoc/etcdoc/thresholds"
)

// loadForFiles fills in the flags of a command that is about files and asks no member, and returns the rules. It
// refuses the flags about members; what says what the command does instead.
func (s *Settings) loadForFiles(cmd *cobra.Command, stderr io.Writer, what string) ([]thresholds.Rule, error) {
	rules, err := s.Load(cmd.Flags(), stderr)
	if err != nil {
		return nil, err
	}
	if name := changedFlag(cmd, new(connectionFlags).register); name != "" {
		return nil, valueErrorf(name, "is about members that answer: %s %s", cmd.CommandPath(), what)
	}
	return rules, nil
}

// fileError returns the error of files that were not read. That they are damaged was found out: the exit code is then
// that of an unhealthy cluster.
func fileError(err error, stderr io.Writer) error {
	var database *keyspace.DamagedError
	var log *wal.DamagedError
	switch {
	case errors.As(err, &database), errors.As(err, &log):
		warnf(stderr, "%v", err)
		return exit{ExitUnhealthy}
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: try sudo", err)
	}
	return err
}
