package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// How long a run of --on-change may take, how long its output is waited for after its end, and how much of that is
// logged.
const (
	onChangeLimit    = 30 * time.Second
	onChangePatience = time.Second
	onChangeOutput   = 64 << 10
)

// onChange runs the command of --on-change, one at a time: sh -c COMMAND, with the JSON of the newest assessment on its
// standard input, in a process group of its own. Nothing is put into the command. One goroutine calls Observe.
type onChange struct {
	command string
	limit   time.Duration
	log     *slog.Logger

	watch   thresholds.Watch
	newest  atomic.Pointer[thresholds.Assessment]
	wake    chan struct{} // a change that no run has seen yet
	reports chan error

	cancel context.CancelFunc
	done   chan struct{}
}

// newOnChange returns what runs a command once it is started.
func newOnChange(command string, log io.Writer) *onChange {
	return &onChange{
		command: command, limit: onChangeLimit,
		log:  slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		wake: make(chan struct{}, 1), reports: make(chan error, 1), done: make(chan struct{}),
	}
}

// start begins to wait for changes. Close ends that.
func (o *onChange) start() *onChange {
	ctx, cancel := context.WithCancel(context.Background())
	o.cancel = cancel
	go func() {
		defer close(o.done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-o.wake:
				o.report(ctx, o.run(ctx))
			}
		}
	}()
	return o
}

// Observe notices a change of the level or of a verdict. It does not block: a change during a run makes one more run
// after it, with what is newest then.
func (o *onChange) Observe(a *thresholds.Assessment) {
	var change thresholds.Change
	o.watch, change = o.watch.With(a, nil)
	o.newest.Store(a)
	if change.Changed {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
}

// Reports returns the channel of failed runs. A report that nobody takes makes way for the next one.
func (o *onChange) Reports() <-chan error { return o.reports }

// Close kills a run that is under way, and waits for its end.
func (o *onChange) Close() {
	o.cancel()
	<-o.done
}

// report passes on why a run failed.
func (o *onChange) report(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	select {
	case older := <-o.reports:
		o.log.Debug("nobody asked for a report", "err", older)
	default:
	}
	o.reports <- err // nobody else sends
}

// run runs the command once, and kills whatever it leaves behind.
func (o *onChange) run(ctx context.Context) error {
	var document bytes.Buffer
	if err := writeJSON(&document, o.newest.Load().Document()); err != nil {
		return fmt.Errorf("--on-change: making the JSON: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	output := &logLines{log: o.log, room: onChangeOutput}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", o.command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &document, output, output
	cmd.WaitDelay = onChangePatience
	killAll := inGroup(cmd)
	cmd.Cancel = killAll
	began := time.Now()
	err := cmd.Run()
	if cmd.Process != nil {
		_ = killAll() // what it left in the background
	}
	output.flush()
	err = o.outcome(ctx, err)
	o.log.Info("on-change ended", "took", time.Since(began).Round(time.Millisecond), "err", err)
	return err
}

// outcome words how a run ended.
func (o *onChange) outcome(ctx context.Context, err error) error {
	var exit *exec.ExitError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("--on-change: killed after %s", thresholds.FormatDuration(o.limit))
	case err == nil || errors.Is(err, exec.ErrWaitDelay): // a process in the background held the output
		return nil
	case errors.As(err, &exit):
		return fmt.Errorf("--on-change: %s", exit.ProcessState)
	}
	return fmt.Errorf("--on-change: %w", err)
}

// logLines logs what is written to it, line by line, up to some bytes.
type logLines struct {
	log *slog.Logger

	mu      sync.Mutex // guards the rest: the copier may still write when its patience ends
	room    int
	partial []byte
}

// Write takes everything, and logs whole lines.
func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := p[:min(len(p), l.room)]
	l.room -= len(taken)
	l.partial = append(l.partial, taken...)
	for {
		line, rest, whole := bytes.Cut(l.partial, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.write(line)
		l.partial = rest
	}
}

// flush logs the beginning of a line that has no end.
func (l *logLines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.partial) > 0 {
		l.write(l.partial)
		l.partial = nil
	}
	if l.room == 0 {
		l.write([]byte("(more is not logged)"))
	}
}

func (l *logLines) write(line []byte) {
	l.log.Info("on-change wrote", "line", probe.Printable(strings.TrimRight(string(line), "\r")))
}

// lockedWriter is a writer for several goroutines.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}
