package agent

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Who asks whether a node may go acts on the answer, so it is about this moment: from then on the agent sweeps every
// askedInterval, until nobody has asked for askedFor. The ages up to which facts count follow the interval.
const (
	askedInterval = time.Second
	askedFor      = 30 * time.Second
	// askedPatience is how long a question waits for a sweep: less than the second after which a probe gives up.
	askedPatience = 900 * time.Millisecond
)

// asked is when somebody asked about this moment, and who waits for the next report.
type asked struct {
	mu   sync.Mutex
	last time.Time
	// often reports that the source sweeps every askedInterval.
	often bool
	// next is closed when the next report is there.
	next chan struct{}
}

// current returns a report of this moment; it waits for one for at most askedPatience.
func (a *Agent) current(ctx context.Context) (*report, error) {
	ctx, cancel := context.WithTimeout(ctx, askedPatience)
	defer cancel()
	interval := min(askedInterval, a.options.Interval)
	for {
		next := a.ask()
		r, age := a.newest.Load(), a.age()
		if r != nil && r.interval <= interval && age <= freshFor*interval {
			return r, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return nil, whyNotCurrent(r, interval)
		}
	}
}

// whyNotCurrent says why a report is not of this moment, where sweeps should come in an interval; r is nil without one.
func whyNotCurrent(r *report, interval time.Duration) error {
	if r == nil {
		return errNoSweep
	}
	age := thresholds.FormatDuration(time.Since(r.arrived))
	if r.interval > interval {
		return fmt.Errorf("the newest sweep ended %s ago and is one of every %s: they come every %s now that somebody asks, "+
			"and none of those has ended yet", age, thresholds.FormatDuration(r.interval), thresholds.FormatDuration(interval))
	}
	return fmt.Errorf("what is known is %s old, and no sweep ended while this waited", age)
}

// ask makes the source sweep often, and returns what is closed when the next report is there.
func (a *Agent) ask() <-chan struct{} {
	q := &a.asked
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = time.Now()
	if !q.often && a.options.SetInterval != nil && a.options.Interval > askedInterval {
		q.often = true
		a.options.SetInterval(askedInterval)
	}
	return q.next
}

// arrived tells who waits that there is a new report, and lets the source sweep as ever once nobody asks.
func (a *Agent) arrived() {
	q := &a.asked
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.next)
	q.next = make(chan struct{})
	if q.often && time.Since(q.last) > askedFor {
		q.often = false
		a.options.SetInterval(a.options.Interval)
	}
}
