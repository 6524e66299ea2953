package etcdtest_test

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestARestoredClusterIsAnotherOneWithTheSameKeys and the same URLs.
func TestARestoredClusterIsAnotherOneWithTheSameKeys(t *testing.T) {
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{PeerProxies: true})
	before, err := c.Client().Put(ctx, "a", "1")
	if err != nil {
		t.Fatal(err)
	}
	old := c.Members()
	if err := c.Restore(ctx); err != nil {
		t.Fatal(err)
	}
	for i, m := range c.Members() {
		status, err := m.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if status.Header.ClusterId == before.Header.ClusterId || status.Header.MemberId != m.ID || m.ID == old[i].ID {
			t.Errorf("%s is member %x, not %x, of cluster %x", m.Name, status.Header.MemberId, m.ID, status.Header.ClusterId)
		}
		if got, err := m.Client().Get(ctx, "a"); err != nil || got.Count != 1 || m.ClientURL != old[i].ClientURL {
			t.Errorf("%s at %s, which was %s, has not got the data: %v, %v", m.Name, m.ClientURL, old[i].ClientURL, got, err)
		}
	}
	if _, err := c.Client().Put(ctx, "a", "2"); err != nil {
		t.Errorf("writing to the restored cluster: %v", err)
	}
	if err := c.Members()[0].Restart(ctx); err != nil {
		t.Errorf("restarting a restored member: %v", err)
	}
}
