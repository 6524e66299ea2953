package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// shortLook is how far apart the two sweeps of a check are once the first has shown that the outcome is
	// unhealthy: a script is not kept waiting, and a person still sees rates of now. It is also the pace of --wait.
	shortLook = time.Second
	// hasty is how far apart sweeps are while a check waits for members that have only just been asked.
	hasty = 200 * time.Millisecond
	// settled bounds that wait: a member that has not answered by then is late, and said to be.
	settled = 2 * time.Second
	// loggedIn bounds the wait for logins: by then they have been answered, or have failed (--command-timeout).
	loggedIn = 5 * time.Second
	// hashed bounds the wait for the members' hashes, where those are asked for: two comparisons of large databases.
	hashed = 2 * time.Minute
)

// Pacer is a source whose pace can be set.
type Pacer interface {
	probe.Source
	SetInterval(time.Duration)
}

// Look judges a cluster by the rules (nil: the defaults), with two sweeps that are window apart, or by one where
// window is 0. With cut, the second look comes early when the first has shown that the outcome is not healthy.
func Look(ctx context.Context, source Pacer, rules []thresholds.Rule, window time.Duration, cut bool) (thresholds.Assessment, error) {
	return newLooker(source, rules, window).first(ctx, cut)
}

// A looker judges a cluster for a check, from sweep to sweep.
type looker struct {
	source    Pacer
	evaluator *thresholds.Evaluator
	window    time.Duration
}

func newLooker(source Pacer, rules []thresholds.Rule, window time.Duration) *looker {
	return &looker{source, thresholds.New(thresholds.Options{
		Rules: rules, Window: window + shortLook, Immediate: true, SinceStart: window == 0,
	}), window}
}

// first is the whole of a check: see [Look].
func (l *looker) first(ctx context.Context, cut bool) (thresholds.Assessment, error) {
	a, err := l.next(ctx, "looking at the cluster")
	if err != nil {
		return a, err
	}
	if l.window > 0 {
		if cut && codeOf(&a, thresholds.Warning) != ExitHealthy {
			l.source.SetInterval(min(l.window, shortLook))
		}
		if a, err = l.next(ctx, "looking at the cluster a second time"); err != nil {
			return a, err
		}
	}
	// A member that has just been asked may be about to answer, or not: that makes a difference.
	l.source.SetInterval(hasty)
	for began := time.Now(); a.Awaits() && time.Since(began) < settled || a.AwaitsLogin && time.Since(began) < loggedIn ||
		a.AwaitsHashes && time.Since(began) < hashed; {
		if a, err = l.next(ctx, "waiting for the members' answers"); err != nil {
			return a, err
		}
	}
	l.source.SetInterval(shortLook)
	a.Events = nil // how it is to begin with is no event
	return a, nil
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
