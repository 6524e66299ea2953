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
	// loadRequestTimeout bounds every request of a load: a member that hangs holds up a share of the load only.
	loadRequestTimeout = 2 * time.Second
	// maxTxnOps is etcd's default for --max-txn-ops: server/embed/config.go, DefaultMaxTxnOps.
	maxTxnOps = 128
)

// A Load is what clients do to a cluster, whatever becomes of it: what fails is counted and not repeated. It has
// clients of its own, and ends with Stop or the context it was started with.
type Load struct {
	client *clientv3.Client
	cancel context.CancelFunc
	work   sync.WaitGroup
	stop   sync.Once

	done, failed atomic.Int64
}

// Done is how many requests have succeeded so far.
func (l *Load) Done() int64 { return l.done.Load() }

// Failed is how many requests have not.
func (l *Load) Failed() int64 { return l.failed.Load() }

// Stop ends the load and waits for that. It may be called again.
func (l *Load) Stop() {
	l.stop.Do(func() {
		l.cancel()
		l.work.Wait()
		_ = l.client.Close()
	})
}

// A Reading is a storm of reads.
type ReadLoad struct {
	// Readers read at the same time, each as fast as it can.
	Readers int
	// Keys of ValueBytes each are written first; every read is of all of them.
	Keys, ValueBytes int
	// Serializable reads are answered by the member that is asked, of its own data; else the leader confirms each.
	Serializable bool
}

// ReadStorm lists a prefix all the time, as clients do that have lost their watch.
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

// Puts writes values of so many bytes to 400 keys, so often a second; perSecond 0 is as fast as the writers can.
func (c *Cluster) Puts(ctx context.Context, writers int, perSecond float64, valueBytes int) (*Load, error) {
	const keys = 400
	return c.load(ctx, writers, perSecond, func(ctx context.Context, client *clientv3.Client, _ int) error {
		_, err := client.Put(ctx, fmt.Sprintf("/puts/%04d", rand.IntN(keys)), randomValue(valueBytes))
		return err
	})
}

// LeaseChurn grants a lease, puts a key under it and revokes it, so often a second; perSecond 0 is as fast as the
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

// LargeTransactions commits as many puts of so many bytes as a transaction may have, so often a second; perSecond 0 is
// as fast as the writers can. etcd refuses requests above 1.5 MiB: 11 KiB a value.
func (c *Cluster) LargeTransactions(ctx context.Context, writers int, perSecond float64, valueBytes int) (*Load, error) {
	return c.load(ctx, writers, perSecond, func(ctx context.Context, client *clientv3.Client, worker int) error {
		ops := make([]clientv3.Op, maxTxnOps)
		for i := range ops {
			ops[i] = clientv3.OpPut(fmt.Sprintf("/large-transactions/%d/%03d", worker, i), randomValue(valueBytes))
		}
		_, err := client.Txn(ctx).Then(ops...).Commit()
		return err
	})
}

// load starts so many workers that do something so often a second, all together; 0 is as fast as they can.
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
	var pace time.Duration
	if perSecond > 0 {
		pace = time.Duration(float64(workers) / perSecond * float64(time.Second))
	}
	for worker := range workers {
		l.work.Go(func() {
			for next := paced(ctx, pace); next(); {
				l.count(ctx, func(ctx context.Context) error { return do(ctx, client, worker) })
			}
		})
	}
	return l, nil
}

// count does something once, within its time.
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

// paced returns what waits for the next turn and reports whether ctx lasts. A turn that takes longer delays the next.
func paced(ctx context.Context, pace time.Duration) (next func() bool) {
	if pace == 0 {
		return func() bool { return ctx.Err() == nil }
	}
	tick := time.NewTicker(pace)
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
