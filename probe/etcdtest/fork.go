package etcdtest

import (
	"context"
	"fmt"
	"os"
)

// Fork copies the data of a member that does not run, and starts the copy with --force-new-cluster, at ports of its own: a
// cluster of one, under the same cluster id, that its other members know nothing of. It has the member's name and id, and
// returns once it serves. It is among Members and Endpoints from then on, beside the one whose data it was started with;
// the cluster as a whole is never healthy again.
func (c *Cluster) Fork(ctx context.Context, of *Member) (*Member, error) {
	if of.Running() {
		return nil, fmt.Errorf("forking %s: it is running", of.Name)
	}
	m, err := c.newMember()
	if err != nil {
		return nil, err
	}
	m.Name, m.ID = of.Name, of.ID
	if err := os.CopyFS(m.DataDir, os.DirFS(of.DataDir)); err != nil {
		return nil, fmt.Errorf("copying the data of %s: %w", of.Name, err)
	}
	m.args = append(c.memberArgs(m, "existing"), "--force-new-cluster")
	if err := m.start(); err != nil {
		return nil, err
	}
	return m, m.waitServing(ctx)
}
