package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// WaitHealthy waits until all running members know the same leader and the voters among them answer linearizable reads.
// It does not wait for members that are paused or not running.
func (c *Cluster) WaitHealthy(ctx context.Context) error {
	if err := poll(ctx, c.checkHealth); err != nil {
		return fmt.Errorf("waiting for a healthy cluster: %w", err)
	}
	return nil
}

func (c *Cluster) checkHealth(ctx context.Context) error {
	statuses, err := c.statuses(ctx)
	if err != nil {
		return err
	}
	var leader uint64
	for m, status := range statuses {
		if status.Leader == 0 {
			return fmt.Errorf("%s knows no leader", m.Name)
		}
		if leader != 0 && leader != status.Leader {
			return errors.New("the members know different leaders")
		}
		leader = status.Leader
		if status.IsLearner {
			continue
		}
		if _, err := m.client.Get(ctx, "etcdtest"); err != nil {
			return fmt.Errorf("reading from %s: %w", m.Name, err)
		}
	}
	if leader == 0 {
		return errors.New("no member is running")
	}
	return nil
}

// statuses asks all running members at once and fails if one does not answer.
func (c *Cluster) statuses(ctx context.Context) (map[*Member]*pb.StatusResponse, error) {
	var (
		wg       sync.WaitGroup
		mu       sync.Mutex
		statuses = map[*Member]*pb.StatusResponse{}
		errs     []error
	)
	for _, m := range c.Members() {
		if !m.Running() {
			continue
		}
		wg.Go(func() {
			status, err := m.Status(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			statuses[m] = status
		})
	}
	wg.Wait()
	return statuses, errors.Join(errs...)
}

// Leader waits for and returns the running member that considers itself the leader; if there are two, the one in the
// higher term.
func (c *Cluster) Leader(ctx context.Context) (*Member, error) {
	var leader *Member
	err := poll(ctx, func(ctx context.Context) error {
		statuses, err := c.statuses(ctx)
		var term uint64
		for m, status := range statuses {
			if status.Leader == m.ID && status.RaftTerm > term {
				leader, term = m, status.RaftTerm
			}
		}
		if leader == nil {
			return errors.Join(errors.New("no member leads"), err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("finding the leader: %w", err)
	}
	return leader, nil
}

// MoveLeader makes to the leader and waits for it.
func (c *Cluster) MoveLeader(ctx context.Context, to *Member) error {
	err := poll(ctx, func(ctx context.Context) error {
		leader, err := c.Leader(ctx)
		if err != nil || leader == to {
			return err
		}
		if _, err := leader.client.MoveLeader(ctx, to.ID); err != nil {
			return err
		}
		return fmt.Errorf("%s still leads", leader.Name)
	})
	if err != nil {
		return fmt.Errorf("moving the leadership to %s: %w", to.Name, err)
	}
	return nil
}

// AddLearner adds a learner, starts it and waits until it serves. etcd refuses until its members have been connected
// for 5 s, so this may take that long.
func (c *Cluster) AddLearner(ctx context.Context) (*Member, error) {
	m, err := c.newMember()
	if err != nil {
		return nil, err
	}
	err = poll(ctx, func(ctx context.Context) error {
		_, err := c.client.MemberAddAsLearner(ctx, []string{m.PeerURL})
		if err != nil && !errors.Is(err, rpctypes.ErrPeerURLExist) {
			return err
		}
		m.ID, err = c.idByPeerURL(ctx, m.PeerURL)
		return err
	})
	if err != nil {
		c.forget(m)
		return nil, errors.Join(fmt.Errorf("adding %s as a learner: %w", m.Name, err), m.discard())
	}
	m.args = c.memberArgs(m, "existing")
	if err := m.start(); err != nil {
		return nil, err
	}
	if err := m.waitServing(ctx); err != nil {
		return nil, err
	}
	c.client.SetEndpoints(c.Endpoints()...)
	return m, nil
}

func (c *Cluster) idByPeerURL(ctx context.Context, url string) (uint64, error) {
	list, err := c.client.MemberList(ctx)
	if err != nil {
		return 0, err
	}
	for _, member := range list.Members {
		if slices.Contains(member.PeerURLs, url) {
			return member.ID, nil
		}
	}
	return 0, fmt.Errorf("no member has the peer URL %s", url)
}

// Promote makes a learner a voter once it has caught up.
func (c *Cluster) Promote(ctx context.Context, m *Member) error {
	err := poll(ctx, func(ctx context.Context) error {
		_, err := c.client.MemberPromote(ctx, m.ID)
		if errors.Is(err, rpctypes.ErrMemberNotLearner) {
			return nil // an unanswered attempt had succeeded
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("promoting %s: %w", m.Name, err)
	}
	return nil
}

// Remove removes a member from the membership and ends it. etcd refuses while that would endanger the quorum.
func (c *Cluster) Remove(ctx context.Context, m *Member) error {
	err := poll(ctx, func(ctx context.Context) error {
		_, err := c.client.MemberRemove(ctx, m.ID)
		if errors.Is(err, rpctypes.ErrMemberNotFound) {
			return nil // an unanswered attempt had succeeded
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("removing %s: %w", m.Name, err)
	}
	c.forget(m)
	c.client.SetEndpoints(c.Endpoints()...)
	return m.discard()
}

// RemoveIsolated cuts a follower off from the others and removes it from the membership. It runs on until Stop without
// learning of that. It needs [Config.PeerProxies]. etcd refuses until the others have been connected for 5 s.
func (c *Cluster) RemoveIsolated(ctx context.Context, m *Member) error {
	leader, err := c.Leader(ctx)
	if err != nil {
		return err
	}
	for _, other := range c.Members() {
		if other == m {
			continue
		}
		link, err := c.Link(m, other)
		if err != nil {
			return err
		}
		link.Cut()
	}
	err = poll(ctx, func(ctx context.Context) error {
		_, err := leader.client.MemberRemove(ctx, m.ID)
		if errors.Is(err, rpctypes.ErrMemberNotFound) {
			return nil // an unanswered attempt had succeeded
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("removing %s: %w", m.Name, err)
	}
	return nil
}

// forget deletes m from the list of members.
func (c *Cluster) forget(m *Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members = slices.DeleteFunc(c.members, func(other *Member) bool { return other == m })
}

// Compact drops the history up to the current revision.
func (c *Cluster) Compact(ctx context.Context) error {
	response, err := c.client.Get(ctx, "etcdtest", clientv3.WithKeysOnly())
	if err != nil {
		return fmt.Errorf("asking for the revision: %w", err)
	}
	_, err = c.client.Compact(ctx, response.Header.Revision, clientv3.WithCompactPhysical())
	if err != nil && !errors.Is(err, rpctypes.ErrCompacted) {
		// somebody has just compacted, or nobody has written since
		return fmt.Errorf("compacting at revision %d: %w", response.Header.Revision, err)
	}
	return nil
}
