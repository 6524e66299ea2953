package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Options set up an [Evaluator]. The zero value judges a live cluster by the default rules.
type Options struct {
	// Window is how far back rates and quantiles look; 0 is 15 s, and never less than four sweeps.
	Window time.Duration
	// MaxHold caps how long a limit must be crossed before a finding is raised: a check that looks for three
	// seconds can't ask for thirty. 0 is no cap; negative is no hold at all.
	MaxHold time.Duration
	// SinceStart judges quantiles of a single sweep over all that the process has observed since its start.
	SinceStart bool
}

// Evaluator turns sweeps into assessments. One goroutine owns it.
type Evaluator struct{}

// New returns an Evaluator that has seen nothing yet.
func New(o Options) *Evaluator { return &Evaluator{} }

// Observe judges the next sweep, given all that were observed before it.
func (e *Evaluator) Observe(s probe.Sweep) Assessment { return Assessment{} }

// History is what the members' vitals were.
func (e *Evaluator) History() *History { return nil }

// Events are the newest events, oldest first; at most n of them.
func (e *Evaluator) Events(n int) []Event { return nil }

// Cause names a reading's cause.
type Cause string

type judge func()
