package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// newMember adds a member with a name, ports, a proxy and a client, and starts nothing.
func (c *Cluster) newMember() (*Member, error) {
	c.mu.Lock()
	c.created++
	name := fmt.Sprintf("etcd-%d", c.created)
	c.mu.Unlock()
	m := &Member{
		Name: name, DataDir: filepath.Join(c.dir, name), cluster: c,
		log: &logTail{name: name, next: c.config.Log, mu: &c.logMu},
	}
	if err := m.allocate(); err != nil {
		return nil, errors.Join(fmt.Errorf("making %s: %w", name, err), m.discard())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil, errors.Join(fmt.Errorf("making %s: the cluster is stopped", name), m.discard())
	}
	c.members = append(c.members, m)
	return m, nil
}

// allocate gives the member what discard releases.
func (m *Member) allocate() error {
	for range portsPerMember {
		p, err := reservePort()
		if err != nil {
			return err
		}
		m.ports = append(m.ports, p)
	}
	c := m.cluster
	scheme := c.scheme()
	m.ClientURL = m.clientPort().url(scheme)
	m.PeerURL = m.peerPort().url(scheme)
	switch {
	case c.config.Metrics:
		m.MetricsURL = m.metricsPort().url("http") + "/metrics"
	case c.config.GRPCOnly:
		m.MetricsURL = m.httpPort().url(scheme) + "/metrics"
	default:
		m.MetricsURL = m.ClientURL + "/metrics"
	}
	if c.config.PeerProxies {
		proxy, err := newProxy(m.peerPort().address, c.peerRoute(m))
		if err != nil {
			return err
		}
		m.proxy = proxy
		m.PeerURL = scheme + "://" + proxy.Addr()
	}
	config, err := c.clientConfig(m.ClientURL)
	if err != nil {
		return err
	}
	if m.client, err = clientv3.New(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return nil
}

// learnIDs sets the members' ids.
func (c *Cluster) learnIDs(ctx context.Context) error {
	for _, m := range c.Members() {
		status, err := m.Status(ctx)
		if err != nil {
			return err
		}
		m.ID = status.Header.MemberId
	}
	return nil
}
