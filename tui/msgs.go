package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// sweepMsg is a finished sweep, or why there is none.
type sweepMsg struct {
	sweep probe.Sweep
	err   error
	// at is when it arrived.
	at time.Time
	// turn is that of the connection that it came over.
	turn int
}

// openedMsg is the connection to a cluster to switch to, or why there is none.
type openedMsg struct {
	turn   int
	on     string
	target Target
	err    error
}

// tickMsg gives the time.
type tickMsg struct{ at time.Time }

// noticeMsg is the outcome of a command that a key started.
type noticeMsg struct {
	text string
	err  error
}

// endMsg ends the program: after a signal, without its terminal, or when its context ends.
type endMsg struct{ cause error }
