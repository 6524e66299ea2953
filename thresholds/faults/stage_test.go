//go:build faults

package faults

import (
	"context"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// sweepInterval is the dashboard's default.
	sweepInterval = time.Second
	// holds is how often a row may hold still.
	holds = 4
	// rowTimeout guards a row against hanging; no row waits for it.
	rowTimeout = 5 * time.Minute
	// steadySweeps in a row without a finding above notice make a cluster healthy enough for a fault.
	steadySweeps = 5
	// settlingSweeps bounds how long a new cluster may take to get there: leader changes at its start, and the first
	// p99s.
	settlingSweeps = 90
	// traceSweeps is how many of the last sweeps a failed row shows.
	traceSweeps = 12
)

// A setting is what a row needs on its stage.
type setting struct {
	cluster etcdtest.Config
	// make, if set, makes the cluster, and what must end with the test.
	make func(*testing.T) etcdtest.Config
	// writesPerSecond is the load; 0 is 60.
	writesPerSecond float64
	// observe changes the observer's configuration.
	observe func(*stage, *probe.Config)
	// unhealthy means that the fault exists from the beginning.
	unhealthy bool
	// onDisk keeps the data in the directory for temporary files, on a disk that others use as well. By default it is
	// in memory if there is room, so that nothing is slow except what the row slows.
	onDisk bool
}

const (
	memoryDir = "/dev/shm"
	// memoryBytes is more than any row takes.
	memoryBytes = 6 << 30
)

// dataDir is where the data of a cluster in memory goes; empty if there is no room.
func dataDir() string {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memoryDir, &fs); err != nil || fs.Bavail*uint64(fs.Bsize) < memoryBytes {
		return ""
	}
	return memoryDir
}

// A stage is a cluster with a load and an observer, for one row of the matrix.
type stage struct {
	*testing.T
	ctx      context.Context
	name     string
	report   *report
	cluster  *etcdtest.Cluster
	load     *load
	observer *observer
	truth    *truth
	// endpoints are the observer's.
	endpoints []string
	// began is the number of the first sweep after the newest change to the cluster began.
	began int
	// metrics are proxies in front of the members' metrics, in a stage with proxiedMetrics.
	metrics []*etcdtest.HTTPProxy
	// other is the second cluster, in a stage with besideAnotherCluster.
	other *etcdtest.Cluster
	// pair names the observer's own certificate files, in a stage with withExpiredPair.
	pair probe.TLS
	// clocksWrong switches the clocks of a stage with wrongClocks.
	clocksWrong atomic.Bool
}

// newStage builds a stage and waits until the observer finds its cluster healthy.
func newStage(t *testing.T, report *report, name string, set setting) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), rowTimeout+*heavyFor+*idleFor+holds**holdFor)
	t.Cleanup(cancel)
	if set.make != nil {
		set.cluster = set.make(t)
	}
	if !set.onDisk {
		set.cluster.Dir = dataDir()
	}
	set.cluster.Args = append([]string{"--log-level=error"}, set.cluster.Args...)
	cluster := etcdtest.New(t, set.cluster)
	client, err := cluster.ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	writes := set.writesPerSecond
	if writes == 0 {
		writes = 60
	}
	if *writesFlag != 0 {
		writes = *writesFlag
	}
	s := &stage{
		T: t, ctx: ctx, name: name, report: report, cluster: cluster, load: startLoad(t, client, writes),
		truth: newTruth(cluster),
	}
	config := probe.Config{
		Endpoints: cluster.Endpoints(), Cluster: true, Interval: sweepInterval,
		TLS: probe.TLS{CAFile: cluster.Certs.CAFile, CertFile: cluster.Certs.CertFile, KeyFile: cluster.Certs.KeyFile},
	}
	if set.cluster.RootPassword != "" {
		config.User, config.Password = "root", set.cluster.RootPassword
	}
	if set.observe != nil {
		set.observe(s, &config)
	}
	s.endpoints = config.Endpoints
	s.observer = startObserver(t, config, s.truth)
	t.Cleanup(func() { s.showTrace() })
	if !set.unhealthy {
		s.settle(writes >= 10)
	}
	return s
}

// settle waits until the cluster is healthy, with p99s if the load is enough for them.
func (s *stage) settle(busy bool) {
	s.Helper()
	steady := 0
	for i := range settlingSweeps {
		l := s.observer.at(s.ctx, i)
		if l == nil {
			break
		}
		if l.Level <= thresholds.Notice && (!busy || measured(l)) {
			steady++
		} else {
			steady = 0
		}
		if steady == steadySweeps {
			return
		}
	}
	s.Fatalf("the new cluster was not healthy for %d sweeps of the first %d", steadySweeps, settlingSweeps)
}

// measured reports whether all members have a p99.
func measured(l *observation) bool {
	for i := range l.Members {
		if !l.Members[i].Vitals[thresholds.WALFsyncP99].IsKnown() {
			return false
		}
	}
	return true
}

// change does something to the cluster. The next expectation counts from its beginning.
func (s *stage) change(what string, do func(context.Context) error) {
	s.Helper()
	s.began = s.observer.count()
	s.then(what, do)
}

// then does more to the cluster, as a part of the newest change.
func (s *stage) then(what string, do func(context.Context) error) {
	s.Helper()
	s.Logf("sweep %d: %s", s.observer.count(), what)
	ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
	defer cancel()
	if err := do(ctx); err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

// hold keeps the cluster as it is for as long as -hold says, so that people can look at it.
func (s *stage) hold() {
	s.Helper()
	if *holdFor == 0 {
		return
	}
	s.Logf("for %s: etcdoc --endpoints %s", *holdFor, strings.Join(s.endpoints, ","))
	for _, m := range s.cluster.Members() {
		s.Logf("  %s %x: client %s, peers %s, metrics %s, pid %d", m.Name, m.ID, m.ClientURL, m.PeerURL, m.MetricsURL,
			m.PID())
	}
	if certs := s.cluster.Certs; certs.CAFile != "" {
		s.Logf("  --cacert %s --cert %s --key %s", certs.CAFile, certs.CertFile, certs.KeyFile)
	}
	select {
	case <-time.After(*holdFor):
	case <-s.ctx.Done():
	}
}

// leader returns the current leader, and followers the other voters.
func (s *stage) leader() *etcdtest.Member {
	s.Helper()
	leader, err := s.cluster.Leader(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	return leader
}

func (s *stage) followers() []*etcdtest.Member {
	s.Helper()
	leader := s.leader()
	var followers []*etcdtest.Member
	for _, m := range s.cluster.Members() {
		if m != leader {
			followers = append(followers, m)
		}
	}
	return followers
}

func (s *stage) link(a, b *etcdtest.Member) *etcdtest.Link {
	s.Helper()
	link, err := s.cluster.Link(a, b)
	if err != nil {
		s.Fatal(err)
	}
	return link
}

// showTrace prints what the observer saw: the last sweeps if the row failed, all of them on request.
func (s *stage) showTrace() {
	n := s.observer.count()
	first := max(0, n-traceSweeps)
	switch {
	case *trace:
		first = 0
	case !s.Failed():
		return
	}
	for i := first; i < n; i++ {
		s.Logf("sweep %d: %s", i, s.observer.at(context.Background(), i).trace)
	}
}
