package cli

import (
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestExitCodesOfTheREADME tries what the README and check.md say of exit codes, each as a process, on real clusters.
// Interrupts need the real main: see TestSignalsEndIt in cmd/etcdoc.
func TestExitCodesOfTheREADME(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS})
	locked := etcdtest.New(t, etcdtest.Config{Size: 1, RootPassword: "secret"})
	if err := c.MoveLeader(t.Context(), c.Members()[1]); err != nil {
		t.Fatal(err)
	}
	const plain = "ETCDCTL_CACERT= ETCDCTL_CERT= ETCDCTL_KEY= "
	try := func(t *testing.T, script string, want int, says string) {
		t.Helper()
		t.Parallel()
		w := newWorkshop(t, c)
		script = strings.NewReplacer("OTHER-CA", c.Certs.OtherCAFile, "LOCKED", locked.Endpoints()[0]).Replace(script)
		if code, output, _ := w.run(script); code != want || !strings.Contains(output, says) {
			t.Errorf("%s: exit code %d, want %d, and %q in:\n%s", script, code, want, says, output)
		}
	}
	type tried struct {
		script string
		want   int
		says   string
	}
	run := func(t *testing.T, all map[string]tried) {
		for name, of := range all {
			t.Run(name, func(t *testing.T) { try(t, of.script, of.want, of.says) })
		}
	}
	t.Run("healthy", func(t *testing.T) {
		run(t, map[string]tried{
			"0 healthy":               {"etcdoc --once", 0, "Healthy"},
			"0 safe":                  {"etcdoc check --can-lose etcd-1", 0, "SAFE"},
			"1 no member answers":     {"etcdoc check --endpoints https://127.0.0.1:1", 1, "refused"},
			"2 flags":                 {"etcdoc check --no-such-flag", 2, "unknown flag"},
			"2 configuration":         {"echo thresholds: [] > c; etcdoc check --config c", 2, "thresholds"},
			"2 certificates":          {"etcdoc check --cacert OTHER-CA", 2, "--cacert"},
			"2 no such file":          {"etcdoc check --cacert /no/such/file", 2, "no such file"},
			"2 permissions":           {plain + "etcdoc check --endpoints LOCKED", 2, "--user"},
			"2 wrong password":        {plain + "etcdoc check --endpoints LOCKED --user root:x", 2, "password"},
			"2 no such member":        {"etcdoc check --can-lose etcd-9", 2, "no such member"},
			"2 nobody to ask":         {"etcdoc check --can-lose etcd-1 --endpoints https://127.0.0.1:1", 2, "not known"},
			"nagios: 0 OK":            {"etcdoc check -o nagios", 0, "OK"},
			"nagios: 3 for a mistake": {"etcdoc check -o nagios --no-such-flag", 3, "UNKNOWN"},
			"nagios: 2 no answer":     {"etcdoc check -o nagios --endpoints https://127.0.0.1:1", 2, "CRITICAL"},
		})
	})
	if err := c.Members()[0].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	run(t, map[string]tried{
		"1 a warning":              {"etcdoc check", 1, "etcd-1"},
		"0 below --fail-on":        {"etcdoc check --fail-on critical", 0, "etcd-1"},
		"1 no":                     {"etcdoc check --can-lose etcd-2", 1, "NO"},
		"1 no, whatever is risked": {"etcdoc check --can-lose etcd-2 --accept-risk", 1, "NO"},
		"0 down already":           {"etcdoc check --can-lose etcd-1", 0, "SAFE"},
		"nagios: 1 WARNING":        {"etcdoc check -o nagios", 1, "WARNING"},
		"nagios: 2 for no":         {"etcdoc check -o nagios --can-lose etcd-2", 2, "CRITICAL"},
	})
}
