package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// shortWindow is the window of a check whose first sweep found the cluster unhealthy: scripts don't wait for long,
	// and people still see current rates. --wait sweeps at this interval.
	shortWindow = time.Second
	// A window is divided into sweepsPerWindow intervals, one longer than longWindow into sweepsPerLongWindow. A single
	// answer of a CPU-starved member can be quick. A CPU quota's period is 100 ms: sevenths of a second, like
	// minSweepInterval, hit each period at a different phase.
	sweepsPerWindow, sweepsPerLongWindow = 7, 21
	longWindow                           = 10 * time.Second
	// minSweepInterval is the shortest interval between sweeps; waits for late answers begin with it.
	minSweepInterval = 170 * time.Millisecond
	// maxHashWait bounds the wait for the members' hashes: two comparisons of large databases.
	maxHashWait = 2 * time.Minute
	// maxBackupsWait bounds the wait for the newest backups to be read whole.
	maxBackupsWait = time.Minute
	// answersNeeded is how many answers in a row a rate needs. The checker waits up to the command timeout for each.
	answersNeeded = 2
	// maxRoundTripWait bounds the wait for a peer round trip: etcd observes one every 30 s, and the next scrape has it.
	maxRoundTripWait = 30*time.Second + 2*shortWindow
	// maxProbesWait bounds the wait for whether members hear each other: three intervals of etcd's failing peer probes.
	maxProbesWait = 15*time.Second + 2*shortWindow
)

// Poller is a source whose interval can be set.
type Poller interface {
	probe.Source
	SetInterval(time.Duration)
}

// Check judges a cluster by rules (nil: the defaults), with sweeps over window, or with a single one if window is 0.
// With stopEarly it shortens the window when the first sweep finds the cluster unhealthy. It waits for late data that
// could change the outcome.
func Check(
	ctx context.Context, source Poller, rules []thresholds.Rule, window time.Duration, stopEarly bool,
) (thresholds.Assessment, error) {
	return newChecker(source, rules, window, 0).check(ctx, stopEarly, &question{failOn: thresholds.Warning})
}

// An asker knows whether what is asked depends on whether members hear each other, which takes a while to show.
type asker interface {
	dependsOnProbes(*thresholds.Assessment) bool
}

// A checker judges a cluster for a check, sweep by sweep.
type checker struct {
	source    Poller
	evaluator *thresholds.Evaluator
	window    time.Duration
	timeout   time.Duration // for an answer of a member
}

// newChecker returns a checker of a source whose answers take at most timeout; 0 means defaultCommandTimeout.
func newChecker(source Poller, rules []thresholds.Rule, window, timeout time.Duration) *checker {
	if timeout == 0 {
		timeout = defaultCommandTimeout
	}
	return &checker{source, thresholds.New(thresholds.Options{
		// The evaluator's window covers every sweep of a check, including those of its waits.
		Rules: rules, Window: max(window+shortWindow, thresholds.DefaultWindow, window+answersNeeded*timeout),
		Immediate: true, SinceStart: window == 0,
	}), window, timeout}
}

// check sweeps over the window, then waits for what the answer to q still needs: see [Check].
func (c *checker) check(ctx context.Context, stopEarly bool, q asker) (thresholds.Assessment, error) {
	a, err := c.observeNext(ctx, "looking at the cluster")
	if err != nil {
		return a, err
	}
	if c.window > 0 {
		span := c.window
		if stopEarly && codeOf(&a, thresholds.Warning) != ExitHealthy {
			span = min(span, shortWindow)
		}
		sweeps := min(time.Duration(sweepsPerWindow), max(1, span/minSweepInterval))
		if span > longWindow {
			sweeps = sweepsPerLongWindow
		}
		c.source.SetInterval(span / sweeps)
		for range sweeps {
			if a, err = c.observeNext(ctx, "looking at the cluster again"); err != nil {
				return a, err
			}
		}
	}
	if a, err = c.awaitMissing(ctx, a, q); err != nil {
		return a, err
	}
	c.source.SetInterval(shortWindow)
	a.Events = nil // the initial state is no event
	return a, nil
}

// A wait is for data without which the outcome of a check would be a matter of chance.
type wait struct {
	minInterval, atMost time.Duration
	needed              func(*thresholds.Assessment) bool
	waited, interval    time.Duration
}

// awaitMissing sweeps until an assessment lacks nothing that q needs, or each wait has reached its limit. The
// assessment then reports what is still missing as late.
func (c *checker) awaitMissing(
	ctx context.Context, a thresholds.Assessment, q asker,
) (thresholds.Assessment, error) {
	awaits := func(awaited thresholds.Await) func(*thresholds.Assessment) bool {
		return func(a *thresholds.Assessment) bool { return a.Await == awaited }
	}
	probes := func(a *thresholds.Assessment) bool {
		return a.Await == thresholds.AwaitProbes && q.dependsOnProbes(a)
	}
	login := func(a *thresholds.Assessment) bool { return a.AwaitsLogin }
	hashes := func(a *thresholds.Assessment) bool { return a.AwaitsHashes }
	backups := func(a *thresholds.Assessment) bool { return a.AwaitsBackups }
	waits := [...]wait{
		{minInterval: minSweepInterval, atMost: answersNeeded * c.timeout, needed: awaits(thresholds.AwaitAnswers)},
		{minInterval: minSweepInterval, atMost: c.timeout, needed: login},
		{minInterval: minSweepInterval, atMost: maxHashWait, needed: hashes},
		{minInterval: minSweepInterval, atMost: maxBackupsWait, needed: backups},
		{minInterval: shortWindow, atMost: maxRoundTripWait, needed: awaits(thresholds.AwaitRoundTrip)},
		{minInterval: shortWindow, atMost: maxProbesWait, needed: awaits(thresholds.AwaitReach)},
		{minInterval: shortWindow, atMost: maxProbesWait, needed: probes},
	}
	for {
		next := slices.IndexFunc(waits[:], func(w wait) bool { return w.waited < w.atMost && w.needed(&a) })
		if next < 0 {
			return a, nil
		}
		w := &waits[next]
		// A sweep ends while a throttled member runs. Asked at that same phase again, it would take as long every time,
		// so vary the interval.
		if w.interval *= 2; w.interval == 0 || w.interval > shortWindow {
			w.interval = w.minInterval
		}
		c.source.SetInterval(w.interval)
		began := time.Now()
		later, err := c.observeNext(ctx, "waiting for answers")
		if err != nil {
			return a, err
		}
		a, w.waited = later, w.waited+time.Since(began)
	}
}

// observeNext judges the next sweep. Its error begins with doing.
func (c *checker) observeNext(ctx context.Context, doing string) (thresholds.Assessment, error) {
	sweep, err := c.source.Next(ctx)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return thresholds.Assessment{}, fmt.Errorf("interrupted while %s: nothing was judged", doing)
	case err != nil:
		return thresholds.Assessment{}, fmt.Errorf("%s: %w", doing, err)
	}
	return c.evaluator.Observe(sweep), nil
}

// checkUntil checks once, and if wait is set, observes until an assessment is done, at most that long since it began.
// With an error it also returns the last assessment before it, if there is one.
func (c *checker) checkUntil(
	cmd *cobra.Command, wait time.Duration, q asker, done func(*thresholds.Assessment) bool, p progress,
) (thresholds.Assessment, error) {
	began := time.Now()
	a, err := c.check(cmd.Context(), !cmd.Flags().Changed("window"), q)
	if err != nil || wait == 0 {
		return a, err
	}
	return c.observeUntil(cmd.Context(), a, began, wait, done, p)
}

// observeUntil observes until an assessment is done or limit has passed since began, beginning with a. It returns the
// newest assessment with all events since a, and reports every step to p. Its error is ctx's if ctx ends the wait.
func (c *checker) observeUntil(
	ctx context.Context, a thresholds.Assessment, began time.Time, limit time.Duration,
	done func(*thresholds.Assessment) bool, p progress,
) (thresholds.Assessment, error) {
	defer p.end()
	waiting, cancel := context.WithDeadline(ctx, began.Add(limit))
	defer cancel()
	var events []thresholds.Event
	for !done(&a) {
		p.report(time.Since(began), limit, &a)
		next, err := c.observeNext(waiting, "looking again")
		switch {
		case ctx.Err() != nil:
			return a, ctx.Err()
		case waiting.Err() != nil:
			return a, nil
		case err != nil:
			return a, err
		}
		events = append(events, next.Events...)
		a = next
		a.Events = events
	}
	return a, nil
}
