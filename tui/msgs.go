package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// sweepMsg is a sweep that has ended, or why there is none.
type sweepMsg struct {
	sweep probe.Sweep
	err   error
	// at is when it arrived.
	at time.Time
}

// tickMsg says what time it is.
type tickMsg struct{ at time.Time }

// noticeMsg is what a command that was asked for by a key has done, or why it could not.
type noticeMsg struct {
	text string
	err  error
}

// endMsg ends the program: a signal, the terminal's loss, or the context's end.
type endMsg struct{ cause error }
