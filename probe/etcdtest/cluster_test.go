package etcdtest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	if os.Getenv(orphanEnv) != "" {
		os.Exit(runOrphanMaker(os.Stdout)) //nolint:forbidigo // TestMain stands in for main
	}
	// Tests mostly wait for clusters, so more of them run than there are CPUs. The flag overrides this.
	_ = flag.Set("test.parallel", "4")
	goleak.VerifyTestMain(m)
}

// within bounds how long a test waits: a guard against hanging, never a measurement.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestThreeMembersAreUpKilledPausedAndRestarted(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	began := time.Now()
	c := etcdtest.New(t, etcdtest.Config{})
	t.Logf("three members were healthy after %s", time.Since(began))
	if len(c.Members()) != 3 || len(c.Endpoints()) != 3 {
		t.Fatalf("members %v, endpoints %v: want three", c.Members(), c.Endpoints())
	}
	if _, err := c.Client().Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	m := c.Members()[1]
	before := m.PID()
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if m.Running() || processExists(before) {
		t.Fatal("it is still there after Kill")
	}
	if err := m.Kill(); err != nil {
		t.Fatalf("killing it again: %v", err)
	}
	if err := m.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if m.PID() == before {
		t.Fatal("it has the same process id after Restart")
	}
	if err := c.WaitHealthy(ctx); err != nil {
		t.Fatal(err)
	}
	if got, err := m.Client().Get(ctx, "a"); err != nil || got.Count != 1 {
		t.Fatalf("it lost its data: %v %v", got, err)
	}

	if err := m.Pause(); err != nil {
		t.Fatal(err)
	}
	brief, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if _, err := m.Status(brief); err == nil {
		t.Fatal("it answered while paused")
	}
	if err := m.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitHealthy(ctx); err != nil {
		t.Fatal(err)
	}
	if err := m.Terminate(ctx); err != nil {
		t.Fatal(err)
	}
	if m.Running() {
		t.Fatal("it is still there after Terminate")
	}
	if err := m.Pause(); err == nil {
		t.Fatal("a member that is not running was paused")
	}
}

// A failing is a test that has failed, for New.
type failing struct {
	testing.TB
	cleanups []func()
	logged   string
}

func (f *failing) Failed() bool                    { return true }
func (f *failing) Cleanup(do func())               { f.cleanups = append(f.cleanups, do) }
func (f *failing) Logf(format string, args ...any) { f.logged += fmt.Sprintf(format, args...) }

func TestAFailedTestShowsTheMembersLogs(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	c := etcdtest.New(f, etcdtest.Config{Size: 1})
	pid := c.Members()[0].PID()
	for _, do := range f.cleanups {
		do()
	}
	if !strings.Contains(f.logged, "the log of etcd-1") || !strings.Contains(f.logged, "serving client traffic") {
		t.Errorf("it logged %q", f.logged)
	}
	if processExists(pid) {
		t.Error("the cluster outlived the test")
	}
}
