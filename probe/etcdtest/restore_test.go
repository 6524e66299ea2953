package etcdtest_test

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestARestoredClusterIsAnotherOneWithTheSameKeys and the same URLs; with the same token it has the same ids, too.
func TestARestoredClusterIsAnotherOneWithTheSameKeys(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{PeerProxies: true})
	before, err := c.Client().Put(ctx, "a", "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, sameToken := range []bool{true, false} {
		old := c.Members()
		if err := c.Restore(ctx, sameToken); err != nil {
			t.Fatal(err)
		}
		for i, m := range c.Members() {
			status, err := m.Status(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if m.ID != status.Header.MemberId || m.ClientURL != old[i].ClientURL {
				t.Errorf("%s is member %x at %s, want %x at %s", m.Name, status.Header.MemberId, m.ClientURL, m.ID,
					old[i].ClientURL)
			}
			same := m.ID == old[i].ID && status.Header.ClusterId == before.Header.ClusterId
			if same != sameToken {
				t.Errorf("with the same token %v, member %x of %x became %x of %x",
					sameToken, old[i].ID, before.Header.ClusterId, m.ID, status.Header.ClusterId)
			}
			if got, err := m.Client().Get(ctx, "a"); err != nil || got.Count != 1 {
				t.Errorf("%s has not got the data: %v, %v", m.Name, got, err)
			}
		}
		if _, err := c.Client().Put(ctx, "a", "2"); err != nil {
			t.Errorf("writing to the restored cluster: %v", err)
		}
	}
	if err := c.Members()[0].Restart(ctx); err != nil {
		t.Errorf("restarting a restored member: %v", err)
	}
}
