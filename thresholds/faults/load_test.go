//go:build faults

package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// loadWriters bounds the concurrent writes, so that a hung member delays only a share of the load.
	loadWriters = 8
	loadKeys    = 400
	loadPrefix  = "/load/"
	loadBytes   = 1 << 10
	// loadTimeout bounds every request.
	loadTimeout = 2 * time.Second
	// readInterval is the time between two reads, compactInterval between two compactions: kube-apiserver's five
	// minutes, scaled.
	readInterval    = 200 * time.Millisecond
	compactInterval = 20 * time.Second
)

// A load writes, reads, watches and compacts through any fault: failures are counted and not retried.
type load struct {
	client *clientv3.Client
	cancel context.CancelFunc
	work   sync.WaitGroup

	writes, failures atomic.Int64
}

// startLoad starts a load at that rate in writes per second, which ends with the test.
func startLoad(t *testing.T, config clientv3.Config, writesPerSecond float64) *load {
	t.Helper()
	client, err := clientv3.New(config)
	if err != nil {
		t.Fatalf("making the load's client: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{client: client, cancel: cancel}
	t.Cleanup(l.stop)
	writers := loadWriters
	if writesPerSecond < loadWriters {
		writers = 1
	}
	for range writers {
		l.work.Go(func() {
			every(ctx, time.Duration(float64(writers)/writesPerSecond*float64(time.Second)),
				func() { l.put(ctx, loadPrefix, loadBytes) })
		})
	}
	if writesPerSecond < 1 {
		return l // nearly idle: no reads and no compactions
	}
	l.work.Go(func() {
		every(ctx, readInterval, func() {
			l.request(ctx, func(ctx context.Context) error {
				_, err := client.Get(ctx, loadPrefix, clientv3.WithPrefix(), clientv3.WithLimit(20))
				return err
			})
		})
	})
	l.work.Go(func() { l.watch(ctx) })
	l.work.Go(func() { l.compact(ctx) })
	return l
}

// stop ends the load and waits for its goroutines. It may be called again.
func (l *load) stop() {
	l.cancel()
	l.work.Wait()
	_ = l.client.Close()
}

// every calls do at that interval until ctx ends. A slow call delays the next.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-ctx.Done():
			return
		}
	}
}

func (l *load) request(ctx context.Context, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	if err := do(ctx); err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		l.failures.Add(1)
	}
}

// put writes random bytes to one of the keys under prefix.
func (l *load) put(ctx context.Context, prefix string, bytes int) {
	l.request(ctx, func(ctx context.Context) error {
		_, err := l.client.Put(ctx, fmt.Sprintf("%s%04d", prefix, rand.IntN(loadKeys)), randomValue(bytes))
		if err == nil {
			l.writes.Add(1)
		}
		return err
	})
}

func randomValue(bytes int) string {
	value := make([]byte, bytes)
	for i := range value {
		value[i] = byte(rand.Uint32())
	}
	return string(value)
}

// watch follows the load's writes, and restarts from the present whenever the watch ends.
func (l *load) watch(ctx context.Context) {
	for ctx.Err() == nil {
		for range l.client.Watch(clientv3.WithRequireLeader(ctx), loadPrefix, clientv3.WithPrefix()) {
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

// compact drops, at every interval, the history from before the interval.
func (l *load) compact(ctx context.Context) {
	var before int64
	every(ctx, compactInterval, func() {
		l.request(ctx, func(ctx context.Context) error {
			now, err := l.client.Get(ctx, loadPrefix, clientv3.WithKeysOnly())
			if err != nil {
				return err
			}
			if before != 0 {
				_, err = l.client.Compact(ctx, before)
			}
			before = now.Header.Revision
			return err
		})
	})
}

// burst writes with that many writers, each as fast as it can, until stop is called.
func (l *load) burst(t *testing.T, writers int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for range writers {
		work.Go(func() {
			for ctx.Err() == nil {
				l.put(ctx, loadPrefix, loadBytes)
			}
		})
	}
	stop = func() {
		cancel()
		work.Wait()
	}
	t.Cleanup(stop)
	return stop
}
