package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestCheckHash: a follower whose database was changed while it was down looks healthy until hashes are compared.
func TestCheckHash(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	for i := range 20 {
		if _, err := c.Client().Put(t.Context(), fmt.Sprintf("key-%d", i), "value"); err != nil {
			t.Fatal(err)
		}
	}
	one := c.Endpoints()[0]
	if code, r, _ := check(t, "--endpoints", one, "--hash", "--fail-on", "critical"); code != ExitHealthy ||
		r.finds("hash-mismatch") {
		t.Errorf("healthy: exit code %d, %s, %+v", code, r.Reading.Text, r.Findings)
	}

	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bad := c.Members()[1]
	if bad == leader {
		bad = c.Members()[2]
	}
	if err := bad.Terminate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := bad.CorruptValue("key-7"); err != nil {
		t.Fatal(err)
	}
	if err := bad.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitHealthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := etcdoc(t, "check", "--endpoints", one, "-o", "wide", "--fail-on", "critical")
	if !strings.Contains(stdout, "--hash") || !strings.Contains(stdout, "CompactHashCheck") {
		t.Errorf("without --hash, the output does not say that nothing was compared:\n%s", stdout)
	}
	code, r, _ := check(t, "--endpoints", one, "--hash", "--fail-on", "critical")
	if code != ExitUnhealthy || r.Level != "critical" || r.Reading.Cause != "corruption" ||
		!slices.Equal(r.Reading.About, []string{bad.Name}) {
		t.Errorf("corrupt: exit code %d, %s %s: %s", code, r.Level, r.Reading.Cause, r.Reading.Text)
	}
	for _, f := range r.Findings {
		if f.Rule == "hash-mismatch" && *f.Member != bad.Name {
			t.Errorf("%s is blamed too", *f.Member)
		}
	}
	for _, m := range r.Members {
		if m.HashKV.Hash == "" || m.HashKV.Revision < 20 {
			t.Errorf("%s: its hash is %+v", m.Name, m.HashKV)
		}
		if m.Name != bad.Name && m.CanLose.Verdict == "safe" {
			t.Errorf("%s is safe to lose, with corrupt data among the survivors", m.Name)
		}
	}
}

// TestCheckHashOfAPair: if the data of two members differs, it is unknown whose is right.
func TestCheckHashOfAPair(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 2})
	if _, err := c.Client().Put(t.Context(), "key-7", "value"); err != nil {
		t.Fatal(err)
	}
	m := c.Members()[1]
	if _, err := m.Client().Get(t.Context(), "key-7"); err != nil { // it has applied it, too
		t.Fatal(err)
	}
	if err := m.Terminate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.CorruptValue("key-7"); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitHealthy(t.Context()); err != nil {
		t.Fatal(err)
	}
	code, r, _ := check(t, "--endpoints", endpoints(c), "--hash", "--fail-on", "critical")
	if code != ExitUnhealthy || r.Reading.Cause != "corruption" || len(r.Reading.About) != 2 {
		t.Errorf("exit code %d, %s: %s", code, r.Reading.Cause, r.Reading.Text)
	}
}

func TestHashGoesWithALiveCluster(t *testing.T) {
	code, _, stderr := etcdoc(t, "check", "--hash", "--input", t.TempDir())
	if code != ExitNotDone || !strings.Contains(stderr, "--hash is about a live cluster") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// TestCheckHashOfNobody does not wait for hashes if no member can or may be asked for one.
func TestCheckHashOfNobody(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, RootPassword: "secret"})
	if _, err := c.Client().UserAdd(t.Context(), "app", "app"); err != nil {
		t.Fatal(err)
	}
	args := []string{"--endpoints", endpoints(c), "--hash", "--window", "0"}
	code, r, took := check(t, append(args, "--user", "app:app")...)
	if code != ExitNotDone || took > maxHashWait {
		t.Errorf("without permission: exit code %d after %v: %s", code, took, r.Reading.Text)
	}
	if code, r, _ = check(t, append(args, "--user", "root:secret")...); code == ExitNotDone {
		t.Errorf("alone: exit code %d: %s", code, r.Reading.Text)
	}
	if code, r, took = check(t, args...); code != ExitNotDone || took > maxHashWait {
		t.Errorf("nobody says who asks: exit code %d after %v: %s", code, took, r.Reading.Text)
	}
	if err := c.Members()[0].Kill(); err != nil {
		t.Fatal(err)
	}
	if code, r, took = check(t, args...); code != ExitUnhealthy || took > maxHashWait {
		t.Errorf("down: exit code %d after %v: %s", code, took, r.Reading.Text)
	}
}
