package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Plain writes a line to standard output for every change, until ctx or the source ends. It never overwrites anything,
// so it suits logs, pipes and screen readers. It returns nil when its reader closes the pipe.
func (s *ScreenFlags) Plain(ctx context.Context, streams Streams, source probe.Source) error {
	if out, _ := file(streams.Out); out == os.Stdout { // by default SIGPIPE kills the process before it can clean up
		broken := make(chan os.Signal, 1)
		signal.Notify(broken, syscall.SIGPIPE)
		defer signal.Stop(broken)
	}
	log, closeLog, err := s.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	p := &plainLog{w: streams.Out, name: s.name, local: s.local}
	if s.onChange != "" {
		p.changes = newOnChange(s.onChange, log).start()
		defer p.changes.Close()
	}
	err = p.follow(ctx, source, thresholds.New(thresholds.Options{Rules: s.rules}))
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

// plainLog writes a line for every change, and keeps what it wrote last to notice one.
type plainLog struct {
	w     io.Writer
	name  string // of the cluster; empty means its id
	local bool   // local time instead of UTC
	err   error  // of the first write that failed

	lastDay  string
	watch    thresholds.Watch
	lastStep plainStep

	session thresholds.Session // for the last line

	changes *onChange // runs --on-change; nil without it
}

// follow writes until ctx or the source ends.
func (p *plainLog) follow(ctx context.Context, source probe.Source, evaluator *thresholds.Evaluator) error {
	for p.err == nil {
		sweep, err := source.Next(ctx)
		p.writeReport(sweep.At)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			p.writeSummary()
			break
		}
		if err != nil {
			return fmt.Errorf("looking at the cluster: %w", err)
		}
		a := evaluator.Observe(sweep)
		p.observe(a)
		if p.changes != nil {
			p.changes.Observe(&a)
		}
	}
	if p.err != nil {
		return fmt.Errorf("writing what has changed: %w", p.err)
	}
	return nil
}

// observe writes what is new in an assessment.
func (p *plainLog) observe(a thresholds.Assessment) {
	p.writeEvents(&a)
	p.session = p.session.With(&a)
	if a.Reading.Cause == thresholds.CauseFirstSweep {
		return // rates need a second sweep
	}
	var change thresholds.Change
	p.watch, change = p.watch.With(&a, nil)
	if change.Diagnosis {
		p.writeLine(a.At, strings.ToUpper(a.Level.String()), a.Reading.Text)
	}
	if change.First {
		p.writeMembers(&a)
		for i := range a.APIServers {
			s := &a.APIServers[i]
			p.writeLine(a.At, "API", s.Name()+": "+s.Line())
		}
	}
	p.writeVerdicts(a.At, change.Verdicts)
	p.writeStep(&a)
}

// writeReport writes why --on-change has failed, if it has since the last sweep.
func (p *plainLog) writeReport(at time.Time) {
	if p.changes == nil {
		return
	}
	select {
	case err := <-p.changes.Reports():
		if at.IsZero() {
			at = p.session.To
		}
		p.writeLine(at, "RUN", err.Error())
	default:
	}
}

// writeSummary writes the last line, about the whole session.
func (p *plainLog) writeSummary() {
	s := &p.session
	if s.Sweeps == 0 {
		return
	}
	leaders := fmt.Sprintf("leader changes: %d", s.LeaderChanges)
	if leaderless := s.Leaderless.Words(thresholds.InSentences()); leaderless != "" {
		leaders += ", " + leaderless
	}
	p.writeLine(s.To, "END", fmt.Sprintf(
		"watched for %s, sweeps: %d, events: %d, marks: %d, %s; worst level %s; at the end %s: %s",
		thresholds.FormatDuration(s.To.Sub(s.From)), s.Sweeps, s.Events, s.Marks, leaders,
		strings.ToUpper(s.WorstLevel.String()), strings.ToUpper(s.Last.Level.String()), s.Last.Reading.Text))
}

// plainTime is the layout of a line's time in UTC.
const plainTime = "15:04:05Z"

// writeLine writes a line, after the date if that has changed.
func (p *plainLog) writeLine(at time.Time, word, text string) {
	day := at.UTC().Format(time.DateOnly) + ", times in UTC"
	if p.local {
		day = at.Local().Format(time.DateOnly) + ", times in " + at.Local().Format("MST -0700")
	}
	if day != p.lastDay {
		p.lastDay = day
		p.write(day + "\n")
	}
	p.write(fmt.Sprintf("%s  %-8s  %s\n", p.clock(at), word, probe.Printable(text)))
}

func (p *plainLog) clock(at time.Time) string {
	if p.local {
		return at.Local().Format(time.TimeOnly)
	}
	return at.UTC().Format(plainTime)
}

func (p *plainLog) write(line string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, line)
	}
}
