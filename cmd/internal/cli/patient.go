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

// Signals are those that end the program: what it waits for, it waits for no longer then.
func Signals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// errNotTaken says that the reader of a stream takes nothing, and is waited for no longer.
var errReaderGone = errors.New("nobody reads what is written")

// lastWords is how long a stream's reader may take once the program has been told to end: of a second in all, as there are
// two streams.
const drainTimeout = 300 * time.Millisecond

// A patient stream waits for its reader until ctx ends. Nothing interrupts a write to a pipe or a terminal that nobody
// drains: it is left behind with its goroutine then, for the process ends. One goroutine writes at a time.
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
	own := append([]byte(nil), p...) // the caller's may change once this has returned
	go func() {
		n, err := s.to.Write(own)
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

// within waits for what can't be interrupted, until ctx ends. The function goes on then, and what it returns is dropped.
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
