//go:build faults

package faults

import (
	"context"
	"sync"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// An observation is one sweep's assessment, with a summary of what the members answered.
type observation struct {
	thresholds.Assessment
	trace string
	// indispensable is what was true at that moment: see [truth].
	indispensable map[probe.MemberID]bool
}

// An observer sweeps a cluster continuously, as the dashboard does, and keeps the assessments.
type observer struct {
	done   chan struct{}
	truth  *truth
	prober *probe.Prober
	mu     sync.Mutex
	seen   []observation
	more   chan struct{} // closed and replaced when seen grows
}

// startObserver starts an observer that ends with the test.
func startObserver(t *testing.T, config probe.Config, truth *truth) *observer {
	t.Helper()
	prober, err := probe.New(config)
	if err != nil {
		t.Fatalf("making a prober: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	o := &observer{truth: truth, prober: prober, done: make(chan struct{}), more: make(chan struct{})}
	t.Cleanup(func() {
		cancel()
		<-o.done
		prober.Close()
	})
	go func() {
		defer close(o.done)
		o.run(ctx, prober)
	}()
	return o
}

func (o *observer) run(ctx context.Context, source probe.Source) {
	evaluator := thresholds.New(thresholds.Options{})
	var previous *probe.Sweep
	for {
		sweep, err := source.Next(ctx)
		if err != nil {
			return
		}
		l := observation{Assessment: evaluator.Observe(sweep)}
		l.trace = describe(previous, &sweep, &l.Assessment)
		previous = &sweep
		l.indispensable = o.truth.indispensable()
		o.mu.Lock()
		o.seen = append(o.seen, l)
		close(o.more)
		o.more = make(chan struct{})
		o.mu.Unlock()
	}
}

// count returns how many sweeps there were so far.
func (o *observer) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.seen)
}

// at waits for the sweep with that number, from 0; nil if ctx ends first.
func (o *observer) at(ctx context.Context, i int) *observation {
	for {
		o.mu.Lock()
		more := o.more
		if i < len(o.seen) {
			defer o.mu.Unlock()
			return &o.seen[i]
		}
		o.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return nil
		}
	}
}
