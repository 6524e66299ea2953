package cli

import (
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestCheckDowngrade: an enabled downgrade that does not proceed is a warning until it is cancelled; the storage
// versions are consistent with it and without.
func TestCheckDowngrade(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	_, r, _ := check(t, "--endpoints", endpoints(c), "--wait", "30s", "--fail-on", "critical")
	if r.finds("downgrade-enabled") {
		t.Errorf("nobody enabled one: %+v", r.Findings)
	}
	if _, err := c.Client().Downgrade(t.Context(), clientv3.DowngradeEnable, "3.6.0"); err != nil {
		t.Fatal(err)
	}
	_, r, _ = check(t, "--endpoints", endpoints(c))
	if !r.finds("downgrade-enabled") || r.Level != "warning" {
		t.Errorf("left over: %s %s: %s", r.Level, r.Reading.Cause, r.Reading.Text)
	}
	if _, err := c.Client().Downgrade(t.Context(), clientv3.DowngradeCancel, ""); err != nil {
		t.Fatal(err)
	}
	// Then etcd raises the cluster's version again, and each member its storage version: it checks every 4 s
	// (monitorVersionInterval) for either. In between they differ.
	for range 10 {
		_, r, _ = check(t, "--endpoints", endpoints(c), "--wait", "30s")
		if r.finds("downgrade-enabled") {
			t.Fatalf("cancelled: %+v", r.Findings)
		}
		if !r.finds("storage-version") {
			return
		}
	}
	t.Errorf("in the end, the schema's version is not the cluster's: %+v", r.Findings)
}
