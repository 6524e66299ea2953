package probe

import (
	"cmp"
	"context"
	"time"
)

// A lane asks a member one kind of question, one at a time. It belongs to the goroutine that calls Next.
type poller[T any] struct {
	fact Fact[T]
	// every is how often the question is asked while it is answered; 0 is in every sweep.
	every time.Duration
	// timeout bounds each attempt; 0 is the prober's.
	timeout time.Duration
	// asked is when the newest attempt began, and sweep the number of the sweep that it began in; zero: the
	// question was never asked.
	asked time.Time
	sweep uint64
}

func (q *poller[T]) busy() bool { return !q.fact.Pending.IsZero() }

// awaited reports whether the answer to what was asked in this sweep is still to come.
func (q *poller[T]) awaited(sweep uint64) bool { return q.busy() && q.sweep == sweep }

// due reports whether the question is to be asked in the sweep that is running. Sweeps come once in interval: the
// one nearest to the due time asks. What failed is asked again in the next sweep, unless the member said that it
// will not answer it.
func (q *poller[T]) due(r *round) bool {
	switch {
	case q.busy() || q.sweep == r.number:
		return false
	case q.asked.IsZero():
		return true
	case q.fact.Err != nil && !q.fact.Err.Kind.isRefusal() && q.fact.Err.Kind != ErrUnsupported:
		return true
	}
	return r.began.Sub(q.asked)+r.interval/2 >= q.every
}

// unsupported notes that the member does not serve the question, which is therefore not asked.
func (q *poller[T]) unsupported(why string) {
	if !q.busy() {
		*q = poller[T]{every: q.every, timeout: q.timeout, fact: Fact[T]{Err: &Error{ErrUnsupported, why}}}
	}
}

// miss notes why the question can't be asked now. What was answered before stays, as old as it is.
func (q *poller[T]) skip(why *Error) {
	if !q.busy() {
		q.fact.Err = why
	}
}

// again drops the attempt that has ended, which tells nothing, and has the question asked anew.
func (q *poller[T]) retry() {
	q.fact.Pending, q.asked, q.sweep = time.Time{}, time.Time{}, 0
}

// settle makes an attempt's result the fact.
func (q *poller[T]) record(a answer[T]) {
	q.fact.Pending = time.Time{}
	q.fact.Took, q.fact.Slowest = a.took, max(q.fact.Slowest, a.took)
	q.fact.Err, q.fact.Partial = a.err.truncated(), a.ok && a.err != nil
	if a.ok {
		q.fact.Value, q.fact.At = a.value, a.at
	}
}

// told begins a new sweep for what is counted in each.
func (q *poller[T]) resetSlowest() { q.fact.Slowest = 0 }

// answer is what came of one attempt. There can be both a value and an error: a part of it could be read.
type answer[T any] struct {
	value T
	ok    bool
	err   *Error
	at    time.Time
	took  time.Duration
	// from is who answered, of which cluster, where the answer has a header that says so (headed), and where that was.
	hasHeader bool
	from      MemberID
	cluster   ClusterID
	endpoint  string
}

// ask begins an attempt. accept is called by the goroutine in Next, with the answer, once that is there.
func ask[T any](p *Prober, q *poller[T], call func(context.Context) answer[T], accept func(answer[T])) {
	began := p.cfg.Now()
	q.asked, q.sweep, q.fact.Pending = began, p.round.number, began
	p.calls.Go(func() {
		ctx, cancel := context.WithTimeout(p.ctx, cmp.Or(q.timeout, p.cfg.CommandTimeout))
		defer cancel()
		a := call(ctx)
		a.at = p.cfg.Now()
		if a.took == 0 {
			a.took = a.at.Sub(began)
		}
		p.inbox.put(func() { accept(a) })
	})
}
