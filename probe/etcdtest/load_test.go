package etcdtest_test

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestLoads: each load does what its name says, according to etcd's own counters, and stops.
func TestLoads(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m := c.Members()[0]
	for _, test := range []struct {
		name   string
		start  func() (*etcdtest.Load, error)
		series string
	}{
		{"puts", func() (*etcdtest.Load, error) { return c.Puts(ctx, 2, 100, 10) }, "etcd_mvcc_put_total"},
		{"read storm", func() (*etcdtest.Load, error) {
			return c.ReadStorm(ctx, etcdtest.ReadLoad{Readers: 2, Keys: 20, ValueBytes: 100})
		}, "etcd_mvcc_range_total"},
		{"serializable read storm", func() (*etcdtest.Load, error) {
			return c.ReadStorm(ctx, etcdtest.ReadLoad{Readers: 2, Keys: 20, ValueBytes: 100, Serializable: true})
		}, "etcd_mvcc_range_total"},
		{"lease churn", func() (*etcdtest.Load, error) { return c.LeaseChurn(ctx, 2, 0) },
			"etcd_debugging_lease_revoked_total"},
		{"large transactions", func() (*etcdtest.Load, error) { return c.LargeTransactions(ctx, 1, 0, 11<<10) },
			"etcd_mvcc_txn_total"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := metric(ctx, t, m.MetricsURL, test.series)
			l, err := test.start()
			if err != nil {
				t.Fatal(err)
			}
			defer l.Stop()
			await(ctx, t, "the load", func() bool { return l.Done() >= 10 })
			l.Stop()
			if n := metric(ctx, t, m.MetricsURL, test.series) - before; n < 10 {
				t.Errorf("%s grew by %g in %d requests", test.series, n, l.Done())
			}
			if l.Failed() != 0 {
				t.Errorf("%d requests failed", l.Failed())
			}
		})
	}
}

func TestALoadCountsWhatFails(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	if err := c.Members()[0].Kill(); err != nil {
		t.Fatal(err)
	}
	l, err := c.Puts(ctx, 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Stop()
	await(ctx, t, "a failure", func() bool { return l.Failed() > 0 })
}

// TestStuckWatchersAreSlowOnes: etcd counts them as slow once enough was written, and no longer once they are closed.
func TestStuckWatchersAreSlowOnes(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m := c.Members()[0]
	watchers, err := m.StuckWatchers(ctx, "/puts/", 4)
	if err != nil {
		t.Fatal(err)
	}
	defer watchers.Close()
	load, err := c.Puts(ctx, 4, 0, 1<<10)
	if err != nil {
		t.Fatal(err)
	}
	defer load.Stop()
	slow := func() float64 { return metric(ctx, t, m.MetricsURL, "etcd_debugging_mvcc_slow_watcher_total") }
	await(ctx, t, "slow watchers", func() bool { return slow() > 0 })
	watchers.Close()
	await(ctx, t, "no watchers", func() bool {
		return slow() == 0 && metric(ctx, t, m.MetricsURL, "etcd_debugging_mvcc_watcher_total") == 0
	})
}
