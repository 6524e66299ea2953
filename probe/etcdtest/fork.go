package etcdtest

import (
	"context"
	"fmt"
	"os"
)

// Fork copies the data of a stopped member and starts the copy with --force-new-cluster on ports of its own: a cluster
// of one with the same cluster id, unknown to the others. It has the member's name and id, and Fork returns once it
// serves. From then on Members and Endpoints contain it beside the original, and the cluster as a whole is never
// healthy again.
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
