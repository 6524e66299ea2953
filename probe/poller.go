package probe

import (
	"cmp"
	"context"
	"time"
)

// A poller asks a member one kind of question, one request at a time. It belongs to the goroutine in Next.
type poller[T any] struct {
	fact Fact[T]
	// every is how often it asks while answers arrive; 0 means in every sweep.
	every time.Duration
	// timeout bounds each attempt; 0 means the prober's CommandTimeout.
	timeout time.Duration
	// asked is when the newest attempt began, and sweep the number of its sweep; zero if it never asked.
	asked time.Time
	sweep uint64
}

func (q *poller[T]) busy() bool { return !q.fact.Pending.IsZero() }

// awaited reports whether the answer to this sweep's request is still to come.
func (q *poller[T]) awaited(sweep uint64) bool { return q.busy() && q.sweep == sweep }

// due reports whether to ask in the current sweep. Of the sweeps around the due time the nearest one asks. A failed
// request is repeated in the next sweep, unless the member will refuse it again.
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

// unsupported records that the member does not serve the question, so nobody asks it.
func (q *poller[T]) unsupported(why string) {
	if !q.busy() {
		*q = poller[T]{every: q.every, timeout: q.timeout, fact: Fact[T]{Err: &Error{Kind: ErrUnsupported, Text: why}}}
	}
}

// skip records why the question can't be asked now. The previous answer stays and ages.
func (q *poller[T]) skip(why *Error) {
	if !q.busy() {
		q.fact.Err = why
	}
}

// retry drops the finished attempt and asks again.
func (q *poller[T]) retry() {
	q.fact.Pending, q.asked, q.sweep = time.Time{}, time.Time{}, 0
}

// record makes an attempt's result the fact.
func (q *poller[T]) record(a answer[T]) {
	q.fact.Pending = time.Time{}
	q.fact.Took, q.fact.Slowest = a.took, max(q.fact.Slowest, a.took)
	q.fact.Err, q.fact.Partial = a.err.truncated(), a.ok && a.err != nil
	if a.ok {
		q.fact.Value, q.fact.At = a.value, a.at
	}
}

// resetSlowest begins a new sweep for Slowest.
func (q *poller[T]) resetSlowest() { q.fact.Slowest = 0 }

// answer is the result of one attempt. It has both a value and an error if only a part could be decoded.
type answer[T any] struct {
	value T
	ok    bool
	err   *Error
	at    time.Time     // as the attempt's end if it is zero
	took  time.Duration // as the attempt's if it is zero
	// hasHeader says that the answer has a header, which names who answered: from and cluster. endpoint says where, and
	// address is the host and port that its connection led to.
	hasHeader bool
	from      MemberID
	cluster   ClusterID
	endpoint  string
	address   string
	// dialled says that the answer came by a new connection, and silent are the addresses that accepted one and then
	// stayed silent.
	dialled bool
	silent  []string
}

// ask begins an attempt. The goroutine in Next calls accept with the answer.
func ask[T any](p *Prober, q *poller[T], call func(context.Context) answer[T], accept func(answer[T])) {
	began := p.cfg.Now()
	q.asked, q.sweep, q.fact.Pending = began, p.round.number, began
	p.calls.Go(func() {
		ctx, cancel := context.WithTimeout(p.ctx, cmp.Or(q.timeout, p.cfg.CommandTimeout))
		defer cancel()
		a := call(ctx)
		if a.at.IsZero() {
			a.at = p.cfg.Now()
		}
		if a.took == 0 {
			a.took = a.at.Sub(began)
		}
		p.inbox.put(func() { accept(a) })
	})
}
