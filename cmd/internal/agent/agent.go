// Package agent is the node agent: it watches a cluster, or the member of its own node alone, and says what the
// evaluator says in its log, over HTTP and as Prometheus metrics. It judges nothing itself. Alerting is Alertmanager's.
package agent

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Options set up an [Agent]. All are required but Mutes and those after it.
type Options struct {
	Source probe.Source
	// Rules is the rule table. Interval is the time between two sweeps.
	Rules    []thresholds.Rule
	Interval time.Duration
	// Member names the member that /fit is about, by name, id or endpoint; empty: the only one that is asked.
	Member string
	// Find returns the member of a name, and Healthy whether an assessment passes a check.
	Find    func(a *thresholds.Assessment, name string) (*thresholds.Member, error)
	Healthy func(a *thresholds.Assessment) bool
	Log     *slog.Logger
	// HeartbeatInterval is how often the log says that all goes on, and ReportInterval how often it has a whole
	// assessment.
	HeartbeatInterval, ReportInterval time.Duration
	Version                           string
	// Mutes are the findings that are logged as muted.
	Mutes thresholds.Mutes
	// SetInterval changes the time between the source's sweeps, for those who ask about this moment: see current.
	SetInterval func(time.Duration)
	// Speaks reports whether it falls to this agent to say in its log what is about more than its own member, and Sends
	// whether as events; nil: it does. HandoverTime is how long nobody may do so when the agent that does is gone.
	Speaks, Sends func() bool
	HandoverTime  time.Duration
	// ReadyGuards returns the nodes whose guard counts as ready, for /fit; nil where there are none.
	ReadyGuards func(context.Context) ([]string, error)
	// Record takes the alarms that fire and resolve. It must not wait.
	Record func(kube.Event)
}

// An Agent watches a source. Its methods may be called by several goroutines.
type Agent struct {
	options Options
	counts  *counts
	// descriptions and landing take a while to make, which other commands need not wait for.
	descriptions *descriptions
	landing      *template.Template
	began        time.Time
	newest       atomic.Pointer[report]
	asked        asked
}

// A report is what the agent knows from its newest sweep. It is never changed.
type report struct {
	assessment thresholds.Assessment
	mutes      thresholds.Mutes
	// interval is that of the sweep, and arrived when it ended, by the process's monotonic clock.
	interval time.Duration
	arrived  time.Time
}

// New returns an agent that has seen nothing yet.
func New(o Options) *Agent {
	return &Agent{options: o, counts: newCounts(o.Rules), began: time.Now(), asked: asked{next: make(chan struct{})},
		descriptions: newDescriptions(), landing: newLanding()}
}

// Run follows the source until ctx or the source ends.
func (a *Agent) Run(ctx context.Context) error {
	evaluator := thresholds.New(thresholds.Options{Rules: a.options.Rules})
	journal := newJournal(&a.options)
	mutes := a.options.Mutes
	for {
		sweep, err := a.options.Source.Next(ctx)
		switch {
		case ctx.Err() != nil, errors.Is(err, io.EOF):
			journal.end()
			return nil
		case err != nil:
			return fmt.Errorf("looking at the cluster: %w", err)
		}
		assessment := evaluator.Observe(sweep)
		a.counts.add(&sweep, &assessment)
		mutes = mutes.After(&assessment, assessment.At)
		own, err := a.local(&assessment)
		journal.writeOwn(err)
		journal.write(&assessment, mutes, own)
		a.newest.Store(&report{assessment, mutes, sweep.Interval, time.Now()})
		a.arrived()
	}
}

// The ages, in intervals, from which a report says nothing about now: a sweep comes once in each.
const (
	liveFor  = 3 // the process hangs
	freshFor = 2 // the verdicts are too old to act on
)

// errNoSweep is why there is no report at first.
var errNoSweep = errors.New("no sweep has ended yet")

// age is how old the newest report is, or for how long there has been none.
func (a *Agent) age() time.Duration {
	if r := a.newest.Load(); r != nil {
		return time.Since(r.arrived)
	}
	return time.Since(a.began)
}

// report returns the newest report if it is at most so many intervals old; else why there is none.
func (a *Agent) report(intervals int) (*report, error) {
	r, age := a.newest.Load(), a.age()
	switch {
	case age > time.Duration(intervals)*a.options.Interval:
		return nil, fmt.Errorf("no sweep for %s, expected every %s", thresholds.FormatDuration(age),
			thresholds.FormatDuration(a.options.Interval))
	case r == nil:
		return nil, errNoSweep
	}
	return r, nil
}

// local returns the member that this agent is about.
func (a *Agent) local(of *thresholds.Assessment) (*thresholds.Member, error) {
	if a.options.Member != "" {
		m, err := a.options.Find(of, a.options.Member)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.options.Member, err)
		}
		return m, nil
	}
	if n := len(of.Members); n != 1 {
		return nil, fmt.Errorf("which of %s is this node's is not known: name it with --member",
			thresholds.Plural(n, "member"))
	}
	return &of.Members[0], nil
}
