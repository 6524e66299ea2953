package tui

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// errExpired says that the terminal takes no output, and that nothing waits for it any longer.
var errExpired = errors.New("the terminal does not take any output")

// expiringOutput is the terminal's output, which can be given up. A terminal that nobody reads (a stalled ssh
// session) blocks a write for good, and with it the renderer and the event loop. Once expired, every write fails at
// once, even one under way; its goroutine stays until the terminal drains or the process ends, as nothing can
// interrupt it.
type expiringOutput struct {
	file    *os.File
	expired chan struct{}
	once    sync.Once
}

func newExpiringOutput(file *os.File) *expiringOutput {
	return &expiringOutput{file: file, expired: make(chan struct{})}
}

// expire gives the output up. It may be called from any goroutine, more than once.
func (o *expiringOutput) expire() { o.once.Do(func() { close(o.expired) }) }

// Write writes to the terminal. It does not keep p.
func (o *expiringOutput) Write(p []byte) (int, error) {
	select {
	case <-o.expired:
		return 0, fmt.Errorf("writing to the terminal: %w", errExpired)
	default:
	}
	type result struct {
		n   int
		err error
	}
	written := make(chan result, 1)
	own := append([]byte(nil), p...) // the caller may reuse p
	go func() {
		n, err := o.file.Write(own)
		written <- result{n, err}
	}()
	select {
	case r := <-written:
		return r.n, r.err
	case <-o.expired:
		return 0, fmt.Errorf("writing to the terminal: %w", errExpired)
	}
}

// Read, Close and Fd let Bubble Tea see that this is a terminal.
func (o *expiringOutput) Read(p []byte) (int, error) { return o.file.Read(p) }

// Close closes the file.
func (o *expiringOutput) Close() error { return o.file.Close() }

// Fd is the terminal's file descriptor.
func (o *expiringOutput) Fd() uintptr { return o.file.Fd() }
