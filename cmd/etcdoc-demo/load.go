package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

const (
	// requestTimeout bounds every request: a hanging member holds up one worker for that long.
	requestTimeout = 2 * time.Second
	// compactInterval is kube-apiserver's five minutes, scaled to a story of three.
	compactInterval = 20 * time.Second
	listInterval    = 5 * time.Second
	// listLimit is the page size that kube-apiserver's clients ask for.
	listLimit = 500
	// eventTTLSeconds is kube-apiserver's hour, scaled; as there, events share a lease, here for leaseShare.
	eventTTLSeconds = 60
	leaseShare      = 20 * time.Second
)

// A workload is a kind of object that clients keep writing.
type workload struct {
	prefix    string
	objects   int
	perSecond int
	// minBytes and maxBytes bound the size of a value.
	minBytes, maxBytes int
	// expires writes every object to a new key that lives for eventTTLSeconds; otherwise writes update objects.
	expires bool
}

// workloads are those of a cluster of about forty nodes: 60 writes a second, 200 kB in total.
func workloads() []workload {
	return []workload{
		{prefix: "/registry/pods/shop/web-", objects: 200, perSecond: 20, minBytes: 3 << 10, maxBytes: 8 << 10},
		{prefix: "/registry/leases/kube-node-lease/node-", objects: 40, perSecond: 24, minBytes: 400, maxBytes: 600},
		{prefix: "/registry/events/shop/web-", objects: 1 << 30, perSecond: 12, minBytes: 700, maxBytes: 1500,
			expires: true},
		{prefix: "/registry/configmaps/shop/settings-", objects: 30, perSecond: 4, minBytes: 1 << 10,
			maxBytes: 10 << 10},
	}
}

// A load does to a cluster what Kubernetes does: it updates objects, watches and lists them, and compacts the history.
// Any member may be down meanwhile; the load counts failures and repeats nothing.
type load struct {
	client *clientv3.Client
	values *valueMaker
	cancel context.CancelFunc
	work   sync.WaitGroup

	writes, reads, events, failures atomic.Int64
}

// startLoad starts a load on the cluster that config reaches. It ends with ctx or with Stop, which must be called.
func startLoad(ctx context.Context, config clientv3.Config) (*load, error) {
	config.Logger = zap.NewNop()
	client, err := clientv3.New(config)
	if err != nil {
		return nil, fmt.Errorf("making the load's client: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &load{client: client, values: newValueMaker(), cancel: cancel}
	for _, w := range workloads() {
		l.work.Go(func() { l.write(ctx, w) })
	}
	for _, prefix := range []string{"/registry/pods/", "/registry/leases/"} {
		l.work.Go(func() { l.watch(ctx, prefix) })
	}
	l.work.Go(func() { l.list(ctx, "/registry/pods/") })
	l.work.Go(func() { l.compact(ctx) })
	return l, nil
}

// Stop ends the load and waits for that. It may be called again.
func (l *load) Stop() {
	l.cancel()
	l.work.Wait()
	_ = l.client.Close() // fails at most with the cancelled context
}

// request runs and counts one request, within its timeout.
func (l *load) request(ctx context.Context, succeeded *atomic.Int64, do func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := do(ctx); err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			l.failures.Add(1)
		}
		return false
	}
	succeeded.Add(1)
	return true
}

// every calls do at an interval until ctx ends. A longer call delays the next; missed ones are not made up for.
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

func (l *load) write(ctx context.Context, w workload) {
	var (
		lease     clientv3.LeaseID
		granted   time.Time
		serial    int
		revisions = map[string]int64{}
	)
	every(ctx, time.Second/time.Duration(w.perSecond), func() {
		value := l.values.make(w.minBytes + rand.IntN(w.maxBytes-w.minBytes))
		if !w.expires {
			l.update(ctx, fmt.Sprintf("%s%03d", w.prefix, rand.IntN(w.objects)), value, revisions)
			return
		}
		if time.Since(granted) > leaseShare {
			ok := l.request(ctx, &l.reads, func(ctx context.Context) error {
				response, err := l.client.Grant(ctx, eventTTLSeconds)
				if err == nil {
					lease, granted = response.ID, time.Now()
				}
				return err
			})
			if !ok {
				return
			}
		}
		serial++
		key := fmt.Sprintf("%s%03d.%x", w.prefix, rand.IntN(200), serial)
		l.request(ctx, &l.writes, func(ctx context.Context) error {
			_, err := l.client.Put(ctx, key, value, clientv3.WithLease(lease))
			return err
		})
	})
}

// update writes an object as kube-apiserver does: only if nobody else has meanwhile; otherwise it learns the revision.
func (l *load) update(ctx context.Context, key, value string, revisions map[string]int64) {
	l.request(ctx, &l.writes, func(ctx context.Context) error {
		response, err := l.client.Txn(ctx).
			If(clientv3.Compare(clientv3.ModRevision(key), "=", revisions[key])).
			Then(clientv3.OpPut(key, value)).
			Else(clientv3.OpGet(key, clientv3.WithKeysOnly())).
			Commit()
		if err != nil {
			return err
		}
		if response.Succeeded {
			revisions[key] = response.Header.Revision
			return nil
		}
		revisions[key] = 0
		for _, kv := range response.Responses[0].GetResponseRange().Kvs {
			revisions[key] = kv.ModRevision
		}
		return nil
	})
}

// watch follows a prefix, and starts again whenever the watch ends.
func (l *load) watch(ctx context.Context, prefix string) {
	for ctx.Err() == nil {
		for response := range l.client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithPrevKV()) {
			l.events.Add(int64(len(response.Events)))
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

// list keeps reading a prefix in pages.
func (l *load) list(ctx context.Context, prefix string) {
	end := clientv3.GetPrefixRangeEnd(prefix)
	every(ctx, listInterval, func() {
		var page *clientv3.GetResponse
		read := func(ctx context.Context) (err error) {
			from := prefix
			if page != nil {
				from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
			}
			page, err = l.client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(listLimit))
			return err
		}
		for l.request(ctx, &l.reads, read) && page.More {
		}
	})
}

// compact drops, at every interval, the history from before the interval.
func (l *load) compact(ctx context.Context) {
	var before int64
	every(ctx, compactInterval, func() {
		l.request(ctx, &l.reads, func(ctx context.Context) error {
			now, err := l.client.Get(ctx, "/registry/health", clientv3.WithKeysOnly())
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

const (
	burstWriters  = 48
	burstKeys     = 400
	burstPrefix   = "/registry/jobs/batch/burst-"
	burstMinBytes = 512
	burstMaxBytes = 1024
)

// Burst writes as fast as the cluster allows, like a job gone wild, until ctx ends or it has made that many writes, of
// 768 bytes on average.
func (l *load) Burst(ctx context.Context, writes int64) {
	var begun atomic.Int64
	var writers sync.WaitGroup
	for range burstWriters {
		writers.Go(func() {
			for ctx.Err() == nil {
				n := begun.Add(1)
				if n > writes {
					return
				}
				key := fmt.Sprintf("%s%03d", burstPrefix, n%burstKeys)
				value := l.values.make(burstMinBytes + rand.IntN(burstMaxBytes-burstMinBytes))
				l.request(ctx, &l.writes, func(ctx context.Context) error {
					_, err := l.client.Put(ctx, key, value)
					return err
				})
			}
		})
	}
	writers.Wait()
}
