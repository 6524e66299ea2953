package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Plain writes what a source sees to standard output, a line for every change, until ctx ends or the source has no more.
// Nothing is ever overwritten: it suits a log, a pipe and a screen reader. A reader that goes away ends it.
func (s *ScreenFlags) Plain(ctx context.Context, streams Streams, source probe.Source) error {
	if out, _ := file(streams.Out); out == os.Stdout { // or the closed pipe would kill the process before anything is cleaned up
		broken := make(chan os.Signal, 1)
		signal.Notify(broken, syscall.SIGPIPE)
		defer signal.Stop(broken)
	}
	p := &plainLog{w: streams.Out, name: s.name, local: s.local, lastVerdicts: map[string]thresholds.Verdict{}}
	err := p.follow(ctx, source, thresholds.New(thresholds.Options{Rules: s.rules}))
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

// plainLog writes a line for every change.
type plainLog struct {
	w     io.Writer
	name  string // of the cluster; empty: its id
	local bool   // local time instead of UTC
	err   error  // of the first write that failed

	lastDay        string // of the line before
	membersWritten bool   // it has been said how the cluster stands
	lastStatus     string // level and cause, as said last
	lastVerdicts   map[string]thresholds.Verdict
	lastReady      thresholds.CheckStatus // for the next step, as said last

	session thresholds.Session
}

// follow writes until ctx ends or the source does.
func (p *plainLog) follow(ctx context.Context, source probe.Source, evaluator *thresholds.Evaluator) error {
	for p.err == nil {
		sweep, err := source.Next(ctx)
		if ctx.Err() != nil || errors.Is(err, io.EOF) {
			p.writeSummary()
			break
		}
		if err != nil {
			return fmt.Errorf("looking at the cluster: %w", err)
		}
		p.observe(evaluator.Observe(sweep))
	}
	if p.err != nil {
		return fmt.Errorf("writing what has changed: %w", p.err)
	}
	return nil
}

// observe writes what an assessment has that the one before did not.
func (p *plainLog) observe(a thresholds.Assessment) {
	p.writeEvents(&a)
	p.session = p.session.With(&a)
	if a.Reading.Cause == thresholds.CauseFirstLook {
		return // rates need a second sweep
	}
	if standing := a.Level.String() + string(a.Reading.Cause); standing != p.lastStatus {
		p.lastStatus = standing
		p.writeLine(a.At, strings.ToUpper(a.Level.String()), a.Reading.Text)
	}
	if !p.membersWritten {
		p.membersWritten = true
		p.writeMembers(&a)
	}
	p.writeVerdicts(&a)
	p.writeStep(&a)
}

// sayStep writes whether the next member may be changed or restarted, where that is not as it was.
func (p *plainLog) writeStep(a *thresholds.Assessment) {
	ready := a.Rolling.Ready()
	if ready == p.lastReady || len(a.Rolling.Order) < 2 {
		return
	}
	p.lastReady = ready
	p.writeLine(a.At, "STEP", map[thresholds.CheckStatus]string{
		thresholds.CheckOK: "ready for the next one: ", thresholds.CheckFailed: "not ready: ", thresholds.CheckUnknown: "whether ready is not known: ",
	}[ready]+stepChecks(&a.Rolling))
}

// sayEvents writes the events. One that has held for a while before it counted is told when it counts.
func (p *plainLog) writeEvents(a *thresholds.Assessment) {
	events := slices.Clone(a.Events)
	for i := range events {
		if e := &events[i]; e.At.Before(p.session.To) {
			e.Text += ", since " + p.clock(e.At)
			e.At = a.At
		}
	}
	slices.SortStableFunc(events, func(e, f thresholds.Event) int { return e.At.Compare(f.At) })
	for i := range events {
		e := &events[i]
		word := strings.ToUpper(e.Level.String())
		switch e.Kind {
		case thresholds.EventMark:
			word = "MARK"
		case thresholds.EventStarted:
			e.Text = fmt.Sprintf("%s, cluster %s", e.Text, p.cluster(a))
		}
		p.writeLine(e.At, word, e.Words())
	}
}

// cluster is what the cluster is called.
func (p *plainLog) cluster(a *thresholds.Assessment) string {
	switch {
	case p.name != "":
		return p.name
	case a.Cluster.ID == 0:
		return "not known yet"
	}
	return a.Cluster.ID.String()
}

// sayMembers writes what each member is.
func (p *plainLog) writeMembers(a *thresholds.Assessment) {
	for i := range a.Members {
		m := &a.Members[i]
		words := []string{m.Label, string(m.Role), strings.ToUpper(string(m.State))}
		if m.Version != "" {
			words = append(words, "etcd "+m.Version)
		}
		p.writeLine(a.At, "MEMBER", strings.Join(append(words, m.Endpoints...), " "))
	}
}

// sayVerdicts writes which members may be lost now, where that is not as it was: those of one verdict for one reason in a
// line. A reason that alone has changed is no news.
func (p *plainLog) writeVerdicts(a *thresholds.Assessment) {
	type verdict struct {
		now, was thresholds.Verdict
		known    bool
		reason   string
	}
	var said []verdict
	who := map[verdict][]string{}
	for i := range a.Members {
		m := &a.Members[i]
		was, known := p.lastVerdicts[m.Key]
		if known && was == m.CanLose.Verdict {
			continue
		}
		p.lastVerdicts[m.Key] = m.CanLose.Verdict
		v := verdict{m.CanLose.Verdict, was, known, m.CanLose.Reason}
		if who[v] == nil {
			said = append(said, v)
		}
		who[v] = append(who[v], m.Label)
	}
	for _, v := range said {
		text := "may be lost now: " + strings.ToUpper(v.now.String())
		if v.known {
			text += " (was " + strings.ToUpper(v.was.String()) + ")"
		}
		p.writeLine(a.At, "LOSE", strings.Join(who[v], ", ")+": "+text+": "+v.reason)
	}
}

// end writes what was seen on the whole.
func (p *plainLog) writeSummary() {
	s := &p.session
	if s.Sweeps == 0 {
		return
	}
	leaders := fmt.Sprintf("leader changes: %d", s.LeaderChanges)
	if s.Leaderless > 0 || s.IsLeaderless() {
		leaders += fmt.Sprintf(", %v without a leader (give or take %v)", s.Leaderless.Round(time.Millisecond), s.LeaderlessError.Round(time.Millisecond))
	}
	p.writeLine(s.To, "END", fmt.Sprintf("watched for %v, sweeps: %d, events: %d, marks: %d, %s; worst level %s; at the end %s: %s",
		s.To.Sub(s.From).Round(time.Second), s.Sweeps, s.Events, s.Marks, leaders,
		strings.ToUpper(s.WorstLevel.String()), strings.ToUpper(s.Last.Level.String()), s.Last.Reading.Text))
}

// plainTime is the time that a line begins with.
const plainTime = "15:04:05Z"

// say writes a line, and before it the day where that is another one.
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
