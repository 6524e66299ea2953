package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestLoadDoesWhatKubernetesDoes(t *testing.T) {
	ctx := within(t)
	cluster, load := stage(t)
	w := &watcher{t: t, cluster: cluster, load: load}
	w.untilWritten(ctx, 100)
	for _, workload := range workloads() {
		response, err := cluster.Client().Get(ctx, workload.prefix, clientv3.WithPrefix())
		if err != nil || response.Count == 0 {
			t.Errorf("%s has no objects: %v", workload.prefix, err)
			continue
		}
		for _, kv := range response.Kvs {
			if size := len(kv.Value); size < workload.minBytes-8 || size > workload.maxBytes ||
				!strings.HasPrefix(string(kv.Value), "k8s\x00") {
				t.Errorf("%s has %d bytes, want %d to %d after %q", kv.Key, size, workload.minBytes, workload.maxBytes,
					"k8s\x00")
			}
			if (kv.Lease != 0) != workload.expires {
				t.Errorf("%s has lease %x", kv.Key, kv.Lease)
			}
		}
	}
	await(ctx, t, "the watches to see what is written", func() bool { return load.events.Load() > 0 })
	await(ctx, t, "a list", func() bool { return load.reads.Load() > 1 })
	if n := load.failures.Load(); n != 0 {
		t.Errorf("%d requests failed on a healthy cluster", n)
	}

	// With one hung member the load continues; with all of them hung it waits.
	hung := cluster.Members()[0]
	if err := hung.Pause(); err != nil {
		t.Fatal(err)
	}
	w.untilWritten(ctx, load.writes.Load()+3)
	if err := hung.Resume(); err != nil {
		t.Fatal(err)
	}
	for _, m := range cluster.Members() {
		if err := m.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	failures := load.failures.Load()
	await(ctx, t, "requests to fail", func() bool { return load.failures.Load() > failures })
	restartAll(ctx, t, cluster)
	w.untilWritten(ctx, load.writes.Load()+20)
	load.Stop()
	load.Stop()
	stopped := load.writes.Load()
	if _, err := cluster.Client().Get(ctx, "a"); err != nil || load.writes.Load() != stopped {
		t.Errorf("it writes on after Stop, or took the cluster with it: %v", err)
	}
}

// restartAll restarts them together: none serves without the others.
func restartAll(ctx context.Context, t *testing.T, cluster *etcdtest.Cluster) {
	t.Helper()
	members := cluster.Members()
	errs := make(chan error, len(members))
	for _, m := range members {
		go func() { errs <- m.Restart(ctx) }()
	}
	for range members {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
}

func TestBurstEndsWithItsContextAndWithItsWrites(t *testing.T) {
	ctx := within(t)
	cluster, load := stage(t)
	load.Burst(ctx, 2*burstKeys)
	response, err := cluster.Client().Get(ctx, burstPrefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil || response.Count != burstKeys {
		t.Errorf("a burst leaves %v keys, %v; want %d", response, err, burstKeys)
	}
	over, cancel := context.WithCancel(ctx)
	cancel()
	load.Burst(over, burstWrites)
}

func TestValuesCompressAsObjectsDo(t *testing.T) {
	values := newValueMaker()
	const size = 8 << 10
	value := values.make(size)
	if len(value) != size || values.make(size) == value {
		t.Fatalf("values have %d bytes, or are all the same", len(value))
	}
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	_, _ = writer.Write([]byte(value))
	_ = writer.Close()
	if n := compressed.Len(); n < size/10 || n > size*3/4 {
		t.Errorf("%d bytes compress to %d", size, n)
	}
}

// await polls until done, or fails the test when ctx ends.
func await(ctx context.Context, t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, ctx.Err())
		}
	}
}
