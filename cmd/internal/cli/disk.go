package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/probe/disk"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	diskHelp = `Measures how long a disk takes to make a write durable, as etcd writes its log:
records, one after the other, into a file of 64 MB that is made before, and
fdatasync after each. It writes about 23 MB, and removes the file, also if it is
interrupted. It needs no etcd.

DIR is where etcd keeps its data or its log, before there is any, or a directory
beside it on the same disk: the data of an etcd that runs there is left alone
unless --beside-etcd says otherwise, because each write of the measurement makes
that etcd wait. Then there are at most 5 writes a second.

Exit codes:
  0  fast enough: p99 is below the limit of wal-fsync-slow, 10 ms by default
  1  it is not
  2  could not measure, or too few writes to say`

	diskExamples = `  etcdoc disk /var/lib/etcd
  etcdoc disk /var/lib/etcd --beside-etcd --duration 60s
  etcdoc disk /mnt/ssd --growing -o json | jq .p99_seconds`

	// besidePause is between two writes beside a running etcd: they are to add little to its own.
	besidePause = 200 * time.Millisecond
)

// diskFlags say how to measure.
type diskFlags struct {
	output   string
	options  disk.Options
	beside   bool
	duration time.Duration
}

// diskOnly are the flags of the command that no file or variable sets.
var diskOnly = []string{"record-size", "writes", "duration", "growing", "beside-etcd"}

func newDisk(streams Streams, settings *Settings) *cobra.Command {
	var flags diskFlags
	cmd := &cobra.Command{
		Use:     "disk DIR",
		Short:   "Measure whether a disk is fast enough for etcd: how long fdatasync takes",
		Long:    diskHelp,
		Example: diskExamples,
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("%s takes a directory, such as /var/lib/etcd", cmd.CommandPath())
			}
			return runDisk(cmd, streams, settings, &flags, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVarP(&flags.output, "output", "o", "table", "table, json or yaml")
	f.IntVar(&flags.options.RecordBytes, "record-size", disk.RecordBytes, "`bytes` of a record")
	f.IntVar(&flags.options.Writes, "writes", disk.Writes, "end after so many writes")
	f.DurationVar(&flags.duration, "duration", 30*time.Second, "end after this time")
	f.BoolVar(&flags.options.Growing, "growing", false, "let the file grow with each write, as fio does")
	f.BoolVar(&flags.beside, "beside-etcd", false, "measure also where a running etcd has its data, 5 writes a second")
	return cmd
}

func runDisk(cmd *cobra.Command, streams Streams, settings *Settings, flags *diskFlags, dir string) error {
	rules, err := settings.loadForFiles(cmd, streams.Err, "writes to a disk")
	if err != nil {
		return err
	}
	print, err := diskFace(flags.output, streams.Out)
	if err != nil {
		return err
	}
	o := flags.options
	switch o.Duration = flags.duration; {
	case o.RecordBytes < 1 || o.RecordBytes > disk.SegmentBytes:
		return valueErrorf("record-size", "%d: want 1 to %d bytes", o.RecordBytes, disk.SegmentBytes)
	case o.Writes < 1:
		return valueErrorf("writes", "%d: want 1 or more", o.Writes)
	case o.Duration <= 0:
		return valueErrorf("duration", "%s: want more than 0", o.Duration)
	}
	if flags.beside {
		o.Pause = besidePause
	}
	line := newStatusLine(streams.Err)
	if line != nil {
		o.Report = func(r *disk.Result) { line.show(diskProgress(r, &o)) }
	}
	r, err := disk.Measure(cmd.Context(), dir, o)
	if line != nil {
		line.end()
	}
	if err != nil {
		return fileError(diskError(err), streams.Err)
	}
	speed := thresholds.JudgeDisk(diskTimes(&r), thresholds.NewRuleSet(rules))
	if err := print(streams.Out, &r, &speed); err != nil {
		return err
	}
	switch speed.Level {
	case thresholds.OK:
		return nil
	case thresholds.Unknown:
		return exit{ExitNotDone}
	}
	return exit{ExitUnhealthy}
}

// diskError says what to do about an error of a measurement.
func diskError(err error) error {
	var live *disk.LiveError
	var space *disk.SpaceError
	var memory *disk.MemoryError
	switch {
	case errors.As(err, &memory):
		return fmt.Errorf("%w: give a directory on the disk that etcd has", err)
	case errors.As(err, &live):
		return fmt.Errorf("%w, and each write of the measurement would make it wait: give a directory beside it on the "+
			"same disk, or --beside-etcd for 5 writes a second", err)
	case errors.As(err, &space):
		return fmt.Errorf("%w: free some, or give another directory on the same disk", err)
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted: the file of the measurement is removed")
	}
	return err
}
