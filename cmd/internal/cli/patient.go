package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Signals returns the signals that end the program.
func Signals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// errReaderGone says that a stream's reader took nothing in time.
var errReaderGone = errors.New("nobody reads what is written")

// drainTimeout is how long a stream's reader may take once the program must end. With two streams the program still
// ends within a second.
const drainTimeout = 300 * time.Millisecond

// A patientWriter waits for its reader until ctx ends. Nothing interrupts a write to a pipe or terminal that nobody
// drains, so it abandons that write and its goroutine: the process is about to exit. One goroutine writes at a time.
type patientWriter struct {
	ctx  context.Context
	to   io.Writer
	gone bool
}

// Write does not keep p.
func (s *patientWriter) Write(p []byte) (int, error) {
	if s.gone {
		return 0, errReaderGone
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	text := append([]byte(nil), p...) // the caller may reuse p while an abandoned write still runs
	go func() {
		n, err := s.to.Write(text)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return r.n, r.err
	case <-s.ctx.Done():
	}
	timer := time.NewTimer(drainTimeout)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.n, r.err
	case <-timer.C:
		s.gone = true
		return 0, errReaderGone
	}
}

// withContext runs f, which takes no context, and waits for it until ctx ends. After that f's result is dropped.
func withContext[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
