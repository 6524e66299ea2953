package etcdtest

import (
	"context"
	"sync"
)

// Shared is a cluster for all tests of a package that do it no harm. The first test that uses it starts it.
type Shared struct {
	// Config is the cluster's configuration; nobody changes it.
	Config Config

	once    sync.Once
	cluster *Cluster
	err     error
}

// Use returns the cluster, which a test must leave as it is. If the test fails, it shows the ends of the members' logs.
func (s *Shared) Use(t TB) *Cluster {
	t.Helper()
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testStartTimeout)
		defer cancel()
		s.cluster, s.err = Start(ctx, s.Config)
	})
	if s.err != nil {
		t.Fatalf("starting an etcd cluster: %v", s.err)
	}
	t.Cleanup(func() { s.cluster.showLogs(t) })
	return s.cluster
}

// Stop ends the cluster for good, once no test uses it any more. If no test has used it, it does nothing.
func (s *Shared) Stop() error {
	s.once.Do(func() {})
	if s.cluster == nil {
		return nil
	}
	return s.cluster.Stop()
}
