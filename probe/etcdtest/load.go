package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// loadRequestTimeout bounds every request of a load, so that a hanging member holds up only a share of it.
	loadRequestTimeout = 2 * time.Second
	// maxTxnOps is etcd's default for --max-txn-ops: server/embed/config.go, DefaultMaxTxnOps.
	maxTxnOps = 128
)

// A Load is client traffic. It counts failures and repeats nothing. It has clients of its own, and ends with Stop or
// with the context it was started with.
type Load struct {
	client *clientv3.Client
	cancel context.CancelFunc
	work   sync.WaitGroup
	stop   sync.Once

	done, failed atomic.Int64
}

// Done is how many requests have succeeded.
func (l *Load) Done() int64 { return l.done.Load() }

// Failed is how many requests have failed.
func (l *Load) Failed() int64 { return l.failed.Load() }

// Stop ends the load and waits for that. It may be called again.
func (l *Load) Stop() {
	l.stop.Do(func() {
		l.cancel()
		l.work.Wait()
		_ = l.client.Close()
	})
}

// A ReadLoad describes a storm of reads.
type ReadLoad struct {
	// Readers read concurrently, each as fast as it can.
	Readers int
	// Keys keys of ValueBytes each are written first; every read returns all of them.
	Keys, ValueBytes int
	// Serializable reads are answered by the member asked, from its own data; otherwise the leader confirms each.
	Serializable bool
}

// ReadStorm keeps listing a prefix, like clients that have lost their watch.
func (c *Cluster) ReadStorm(ctx context.Context, r ReadLoad) (*Load, error) {
	const prefix = "/read-storm/"
	if err := c.writeKeys(ctx, prefix, r.Keys, r.ValueBytes); err != nil {
		return nil, err
	}
	options := []clientv3.OpOption{clientv3.WithPrefix()}
	if r.Serializable {
		options = append(options, clientv3.WithSerializable())
	}
	return c.load(ctx, r.Readers, 0, func(ctx context.Context, client *clientv3.Client, _ int) error {
		_, err := client.Get(ctx, prefix, options...)
		return err
	})
}

// Puts writes values of valueBytes to 400 keys, perSecond times a second; 0 means as fast as the writers can.
func (c *Cluster) Puts(ctx context.Context, writers int, perSecond float64, valueBytes int) (*Load, error) {
	const keys = 400
	return c.load(ctx, writers, perSecond, func(ctx context.Context, client *clientv3.Client, _ int) error {
		_, err := client.Put(ctx, fmt.Sprintf("/puts/%04d", rand.IntN(keys)), randomValue(valueBytes))
		return err
	})
}

// LeaseChurn grants a lease, puts a key under it and revokes it, perSecond times a second; 0 means as fast as the
// workers can. Every turn is three proposals.
func (c *Cluster) LeaseChurn(ctx context.Context, workers int, perSecond float64) (*Load, error) {
	const ttlSeconds = 60
	return c.load(ctx, workers, perSecond, func(ctx context.Context, client *clientv3.Client, worker int) error {
		lease, err := client.Grant(ctx, ttlSeconds)
		if err != nil {
			return err
		}
		_, err = client.Put(ctx, fmt.Sprintf("/lease-churn/%d", worker), "", clientv3.WithLease(lease.ID))
		_, revokeErr := client.Revoke(ctx, lease.ID)
		return errors.Join(err, revokeErr)
	})
}

// LargeTransactions commits transactions of the maximum number of puts of valueBytes, perSecond times a second; 0 means
// as fast as the writers can. etcd rejects requests above 1.5 MiB: 11 KiB per value.
func (c *Cluster) LargeTransactions(ctx context.Context, writers int, perSecond float64,
	valueBytes int) (*Load, error) {
	return c.load(ctx, writers, perSecond, func(ctx context.Context, client *clientv3.Client, worker int) error {
		ops := make([]clientv3.Op, maxTxnOps)
		for i := range ops {
			ops[i] = clientv3.OpPut(fmt.Sprintf("/large-transactions/%d/%03d", worker, i), randomValue(valueBytes))
		}
		_, err := client.Txn(ctx).Then(ops...).Commit()
		return err
	})
}

// load starts workers that together call do perSecond times a second; 0 means as fast as they can.
func (c *Cluster) load(
	ctx context.Context, workers int, perSecond float64, do func(context.Context, *clientv3.Client, int) error,
) (*Load, error) {
	config, err := c.ClientConfig()
	if err != nil {
		return nil, err
	}
	client, err := clientv3.New(config)
	if err != nil {
		return nil, fmt.Errorf("making a load's client: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Load{client: client, cancel: cancel}
	var interval time.Duration
	if perSecond > 0 {
		interval = time.Duration(float64(workers) / perSecond * float64(time.Second))
	}
	for worker := range workers {
		l.work.Go(func() {
			for next := ticking(ctx, interval); next(); {
				l.count(ctx, func(ctx context.Context) error { return do(ctx, client, worker) })
			}
		})
	}
	return l, nil
}

// count makes and counts one attempt, within its timeout.
func (l *Load) count(ctx context.Context, do func(context.Context) error) {
	attempt, cancel := context.WithTimeout(ctx, loadRequestTimeout)
	defer cancel()
	switch err := do(attempt); {
	case err == nil:
		l.done.Add(1)
	case ctx.Err() == nil:
		l.failed.Add(1)
	}
}

// ticking returns a function that waits for the next turn and reports whether ctx is still alive. A turn that takes
// longer delays the next.
func ticking(ctx context.Context, interval time.Duration) (next func() bool) {
	if interval == 0 {
		return func() bool { return ctx.Err() == nil }
	}
	tick := time.NewTicker(interval)
	return func() bool {
		select {
		case <-tick.C:
			return true
		case <-ctx.Done():
			tick.Stop()
			return false
		}
	}
}

// writeKeys writes so many keys under a prefix.
func (c *Cluster) writeKeys(ctx context.Context, prefix string, keys, valueBytes int) error {
	for i := range keys {
		if _, err := c.client.Put(ctx, fmt.Sprintf("%s%06d", prefix, i), randomValue(valueBytes)); err != nil {
			return fmt.Errorf("writing key %d under %s: %w", i, prefix, err)
		}
	}
	return nil
}

func randomValue(bytes int) string {
	value := make([]byte, bytes)
	for i := range value {
		value[i] = byte(rand.Uint32())
	}
	return string(value)
}
