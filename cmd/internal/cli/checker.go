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
	shortLook = time.Second
	// looks is into how many parts sweeps cut a check's window, and manyLooks those of one of more than longLook: one answer
	// of a member that is short of CPU may well be quick. Sevenths of seconds, and hasty, meet the period of a CPU quota,
	// 100 ms, at ever other moments.
	looks, manyLooks = 7, 21
	longLook         = 10 * time.Second
	// hasty is how far apart sweeps are at least, and while a check waits for answers that are on their way.
	hasty = 170 * time.Millisecond
	// hashed bounds the wait for the members' hashes, where those are asked for: two comparisons of large databases.
	hashed = 2 * time.Minute
	// answersNeeded is for how many answers in a row a check waits: a rate takes two. Each is given as long as it may take.
	answersNeeded = 2
	// roundTrips bounds the wait for a round trip: etcd observes one every 30 s, and it is in the next exposition.
	roundTrips = 30*time.Second + 2*shortLook
	// probes bounds the wait for whether members hear each other: three times the pace of etcd's probers that get no answer.
	probes = 15*time.Second + 2*shortLook
)

// Pacer is a source whose pace can be set.
type Pacer interface {
	probe.Source
	SetInterval(time.Duration)
}

// Look judges a cluster by the rules (nil: the defaults), with sweeps over window, or by one where window is 0. With cut,
// the last comes early when the first has shown that the outcome is not healthy. It waits for what would make the outcome
// a matter of chance.
func Look(ctx context.Context, source Pacer, rules []thresholds.Rule, window time.Duration, cut bool) (thresholds.Assessment, error) {
	return newLooker(source, rules, window, 0).first(ctx, cut, &question{failOn: thresholds.Warning})
}

// A looker judges a cluster for a check, from sweep to sweep.
type looker struct {
	source    Pacer
	evaluator *thresholds.Evaluator
	window    time.Duration
	// patience is how long an answer may take.
	patience time.Duration
}

// newLooker makes a looker at a source whose answers take at most timeout; 0: as long as the default allows.
func newLooker(source Pacer, rules []thresholds.Rule, window, timeout time.Duration) *looker {
	if timeout == 0 {
		timeout = defaultCommandTimeout
	}
	return &looker{source, thresholds.New(thresholds.Options{
		// All that a check sees is in its window, also where it has waited.
		Rules: rules, Window: max(window+shortLook, thresholds.DefaultWindow, window+answersNeeded*timeout),
		Immediate: true, SinceStart: window == 0,
	}), window, timeout}
}

// first is the whole of a check that is asked a question: see [Look].
func (l *looker) first(ctx context.Context, cut bool, asked *question) (thresholds.Assessment, error) {
	a, err := l.next(ctx, "looking at the cluster")
	if err != nil {
		return a, err
	}
	if l.window > 0 {
		span := l.window
		if cut && codeOf(&a, thresholds.Warning) != ExitHealthy {
			span = min(span, shortLook)
		}
		sweeps := min(time.Duration(looks), max(1, span/hasty))
		if span > longLook {
			sweeps = manyLooks
		}
		l.source.SetInterval(span / sweeps)
		for range sweeps {
			if a, err = l.next(ctx, "looking at the cluster again"); err != nil {
				return a, err
			}
		}
	}
	if a, err = l.settle(ctx, a, asked); err != nil {
		return a, err
	}
	l.source.SetInterval(shortLook)
	a.Events = nil // how it is to begin with is no event
	return a, nil
}

// A wait is for what would make the outcome of a check a matter of chance: looked for again after every, atMost so long in all.
type wait struct {
	every, atMost time.Duration
	needed        func(*thresholds.Assessment) bool
	waited, pace  time.Duration
}

// settle waits for what an assessment lacks, each for as long as it may take. What has not been answered by then is late, and
// said to be.
func (l *looker) settle(ctx context.Context, a thresholds.Assessment, asked *question) (thresholds.Assessment, error) {
	waits := [...]wait{
		{every: hasty, atMost: answersNeeded * l.patience, needed: func(a *thresholds.Assessment) bool { return a.Await == thresholds.AwaitAnswers }},
		{every: hasty, atMost: l.patience, needed: func(a *thresholds.Assessment) bool { return a.AwaitsLogin }},
		{every: hasty, atMost: hashed, needed: func(a *thresholds.Assessment) bool { return a.AwaitsHashes }},
		{every: shortLook, atMost: roundTrips, needed: func(a *thresholds.Assessment) bool { return a.Await == thresholds.AwaitRoundTrip }},
		{every: shortLook, atMost: probes, needed: func(a *thresholds.Assessment) bool { return a.Await == thresholds.AwaitProbes && asked.isOpen(a) }},
	}
	for {
		next := slices.IndexFunc(waits[:], func(w wait) bool { return w.waited < w.atMost && w.needed(&a) })
		if next < 0 {
			return a, nil
		}
		w := &waits[next]
		// A member that runs at times has answered when a sweep comes: asked at once again, it would take as long each time.
		if w.pace *= 2; w.pace == 0 || w.pace > shortLook {
			w.pace = w.every
		}
		l.source.SetInterval(w.pace)
		began := time.Now()
		later, err := l.next(ctx, "waiting for answers")
		if err != nil {
			return a, err
		}
		a, w.waited = later, w.waited+time.Since(began)
	}
}

// next is the assessment of the next sweep.
func (l *looker) next(ctx context.Context, doing string) (thresholds.Assessment, error) {
	sweep, err := l.source.Next(ctx)
	if err != nil {
		return thresholds.Assessment{}, fmt.Errorf("%s: %w", doing, err)
	}
	return l.evaluator.Observe(sweep), nil
}

// until looks on from an assessment until one is done, or limit has passed since began, and returns the newest one,
// with the events since a. Progress is told of each. The error is that of ctx, when that ended the wait.
func (l *looker) until(ctx context.Context, a thresholds.Assessment, began time.Time, limit time.Duration, done func(*thresholds.Assessment) bool, p progress) (thresholds.Assessment, error) {
	defer p.end()
	waiting, cancel := context.WithDeadline(ctx, began.Add(limit))
	defer cancel()
	var events []thresholds.Event
	for !done(&a) {
		p.tell(time.Since(began), limit, &a)
		next, err := l.next(waiting, "looking again")
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
