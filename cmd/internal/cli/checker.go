package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// shortLook is how long a check takes once its first sweep has shown that the outcome is unhealthy: a script is not kept
	// waiting, and a person still sees rates of now. It is also the pace of --wait.
	shortWindow = time.Second
	// looks is into how many parts sweeps cut a check's window, and manyLooks those of one of more than longLook: one answer
	// of a member that is short of CPU may well be quick. Sevenths of seconds, and hasty, meet the period of a CPU quota,
	// 100 ms, at ever other moments.
	sweepsPerWindow, sweepsPerLongWindow = 7, 21
	longWindow                           = 10 * time.Second
	// hasty is how far apart sweeps are at least, and while a check waits for answers that are on their way.
	minSweepInterval = 170 * time.Millisecond
	// hashed bounds the wait for the members' hashes, where those are asked for: two comparisons of large databases.
	maxHashWait = 2 * time.Minute
	// answersNeeded is for how many answers in a row a check waits: a rate takes two. Each is given as long as it may take.
	answersNeeded = 2
	// roundTrips bounds the wait for a round trip: etcd observes one every 30 s, and it is in the next exposition.
	maxRoundTripWait = 30*time.Second + 2*shortWindow
	// probes bounds the wait for whether members hear each other: three times the pace of etcd's probers that get no answer.
	maxProbesWait = 15*time.Second + 2*shortWindow
)

// Pacer is a source whose pace can be set.
type Poller interface {
	probe.Source
	SetInterval(time.Duration)
}

// Look judges a cluster by the rules (nil: the defaults), with sweeps over window, or by one where window is 0. With cut,
// the last comes early when the first has shown that the outcome is not healthy. It waits for what would make the outcome
// a matter of chance.
func Check(ctx context.Context, source Poller, rules []thresholds.Rule, window time.Duration, cut bool) (thresholds.Assessment, error) {
	return newChecker(source, rules, window, 0).check(ctx, cut, &question{failOn: thresholds.Warning})
}

// A looker judges a cluster for a check, from sweep to sweep.
type checker struct {
	source    Poller
	evaluator *thresholds.Evaluator
	window    time.Duration
	// patience is how long an answer may take.
	timeout time.Duration
}

// newLooker makes a looker at a source whose answers take at most timeout; 0: as long as the default allows.
func newChecker(source Poller, rules []thresholds.Rule, window, timeout time.Duration) *checker {
	if timeout == 0 {
		timeout = defaultCommandTimeout
	}
	return &checker{source, thresholds.New(thresholds.Options{
		// All that a check sees is in its window, also where it has waited.
		Rules: rules, Window: max(window+shortWindow, thresholds.DefaultWindow, window+answersNeeded*timeout),
		Immediate: true, SinceStart: window == 0,
	}), window, timeout}
}

// first is the whole of a check that is asked a question: see [Look].
func (l *checker) check(ctx context.Context, cut bool, asked *question) (thresholds.Assessment, error) {
	a, err := l.observeNext(ctx, "looking at the cluster")
	if err != nil {
		return a, err
	}
	if l.window > 0 {
		span := l.window
		if cut && codeOf(&a, thresholds.Warning) != ExitHealthy {
			span = min(span, shortWindow)
		}
		sweeps := min(time.Duration(sweepsPerWindow), max(1, span/minSweepInterval))
		if span > longWindow {
			sweeps = sweepsPerLongWindow
		}
		l.source.SetInterval(span / sweeps)
		for range sweeps {
			if a, err = l.observeNext(ctx, "looking at the cluster again"); err != nil {
				return a, err
			}
		}
	}
	if a, err = l.awaitMissing(ctx, a, asked); err != nil {
		return a, err
	}
	l.source.SetInterval(shortWindow)
	a.Events = nil // how it is to begin with is no event
	return a, nil
}

// A wait is for what would make the outcome of a check a matter of chance: looked for again after every, atMost so long in all.
type wait struct {
	minInterval, atMost time.Duration
	needed              func(*thresholds.Assessment) bool
	waited, interval    time.Duration
}

// settle waits for what an assessment lacks, each for as long as it may take. What has not been answered by then is late, and
// said to be.
func (l *checker) awaitMissing(ctx context.Context, a thresholds.Assessment, asked *question) (thresholds.Assessment, error) {
	waits := [...]wait{
		{minInterval: minSweepInterval, atMost: answersNeeded * l.timeout, needed: func(a *thresholds.Assessment) bool { return a.Await == thresholds.AwaitAnswers }},
		{minInterval: minSweepInterval, atMost: l.timeout, needed: func(a *thresholds.Assessment) bool { return a.AwaitsLogin }},
		{minInterval: minSweepInterval, atMost: maxHashWait, needed: func(a *thresholds.Assessment) bool { return a.AwaitsHashes }},
		{minInterval: shortWindow, atMost: maxRoundTripWait, needed: func(a *thresholds.Assessment) bool { return a.Await == thresholds.AwaitRoundTrip }},
		{minInterval: shortWindow, atMost: maxProbesWait, needed: func(a *thresholds.Assessment) bool {
			return a.Await == thresholds.AwaitProbes && asked.dependsOnProbes(a)
		}},
	}
	for {
		next := slices.IndexFunc(waits[:], func(w wait) bool { return w.waited < w.atMost && w.needed(&a) })
		if next < 0 {
			return a, nil
		}
		w := &waits[next]
		// A member that runs at times has answered when a sweep comes: asked at once again, it would take as long each time.
		if w.interval *= 2; w.interval == 0 || w.interval > shortWindow {
			w.interval = w.minInterval
		}
		l.source.SetInterval(w.interval)
		began := time.Now()
		later, err := l.observeNext(ctx, "waiting for answers")
		if err != nil {
			return a, err
		}
		a, w.waited = later, w.waited+time.Since(began)
	}
}

// next is the assessment of the next sweep.
func (l *checker) observeNext(ctx context.Context, doing string) (thresholds.Assessment, error) {
	sweep, err := l.source.Next(ctx)
	if err != nil {
		return thresholds.Assessment{}, fmt.Errorf("%s: %w", doing, err)
	}
	return l.evaluator.Observe(sweep), nil
}

// until looks on from an assessment until one is done, or limit has passed since began, and returns the newest one,
// with the events since a. Progress is told of each. The error is that of ctx, when that ended the wait.
func (l *checker) observeUntil(ctx context.Context, a thresholds.Assessment, began time.Time, limit time.Duration, done func(*thresholds.Assessment) bool, p progress) (thresholds.Assessment, error) {
	defer p.end()
	waiting, cancel := context.WithDeadline(ctx, began.Add(limit))
	defer cancel()
	var events []thresholds.Event
	for !done(&a) {
		p.report(time.Since(began), limit, &a)
		next, err := l.observeNext(waiting, "looking again")
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
