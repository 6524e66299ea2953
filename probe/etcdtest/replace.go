package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// AddUnstarted adds a voter without starting it: it has an id and counts for the quorum. In a cluster of one that loses
// the quorum at once; [Member.Restart] starts it and restores the quorum. etcd refuses if that would endanger an
// existing quorum, and until its members have been connected for 5 s.
func (c *Cluster) AddUnstarted(ctx context.Context) (*Member, error) {
	m, err := c.newMember()
	if err != nil {
		return nil, err
	}
	m.args = c.memberArgs(m, "existing")
	if err := c.addVoter(ctx, m); err != nil {
		c.forget(m)
		return nil, errors.Join(err, m.discard())
	}
	return m, nil
}

// addVoter adds m by its peer URL and sets its id.
func (c *Cluster) addVoter(ctx context.Context, m *Member) error {
	err := poll(ctx, func(ctx context.Context) error {
		added, err := c.client.MemberAdd(ctx, []string{m.PeerURL})
		if errors.Is(err, rpctypes.ErrPeerURLExist) { // an unanswered attempt had succeeded
			m.ID, err = c.idByPeerURL(ctx, m.PeerURL)
			return err
		}
		if err != nil {
			return err
		}
		m.ID = added.Member.ID
		return nil
	})
	if err != nil {
		return fmt.Errorf("adding %s: %w", m.Name, err)
	}
	return nil
}

// Replace removes a member, wipes its data, and adds and starts a new one with its name and URLs, as people do after a
// node lost its disk. It returns once the new one serves. m is dead then: use the returned member instead.
func (c *Cluster) Replace(ctx context.Context, m *Member) (*Member, error) {
	if err := m.Kill(); err != nil {
		return nil, err
	}
	err := poll(ctx, func(ctx context.Context) error {
		_, err := c.client.MemberRemove(ctx, m.ID)
		if errors.Is(err, rpctypes.ErrMemberNotFound) {
			return nil // an unanswered attempt had succeeded
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("removing %s: %w", m.Name, err)
	}
	next, err := c.replaceBy(m)
	if err != nil {
		return nil, err
	}
	next.args = c.memberArgs(next, "existing")
	if err := c.addVoter(ctx, next); err != nil {
		return nil, err
	}
	if err := next.start(); err != nil {
		return nil, err
	}
	return next, next.waitServing(ctx)
}

// replaceBy puts a new member, without data, in the place of a stopped one, with its name, ports, proxy and client.
func (c *Cluster) replaceBy(m *Member) (*Member, error) {
	if err := os.RemoveAll(m.DataDir); err != nil {
		return nil, fmt.Errorf("wiping %s: %w", m.Name, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.released || m.alive() {
		return nil, fmt.Errorf("replacing %s: it is running, or was removed, or its cluster is stopped", m.Name)
	}
	next := &Member{
		Name: m.Name, ClientURL: m.ClientURL, PeerURL: m.PeerURL, MetricsURL: m.MetricsURL, DataDir: m.DataDir,
		cluster: c, ports: m.ports, proxy: m.proxy, log: m.log, client: m.client, undoThrottling: m.undoThrottling,
	}
	m.released, m.undoThrottling = true, nil
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.Index(c.members, m)
	if at < 0 {
		return nil, fmt.Errorf("replacing %s: it is none of the cluster's", m.Name)
	}
	c.members[at] = next
	return next, nil
}
