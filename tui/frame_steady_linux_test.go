package tui

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// etcdocEnv and etcdctlEnv name the programs that are compared: see make bench-etcdctl.
const etcdocEnv, etcdctlEnv = "ETCDTEST_ETCDOC", "ETCDTEST_ETCDCTL"

// maxOfEtcdctl is the most that the dashboard may take of the processor time of an etcdctl endpoint status --cluster
// each second.
const maxOfEtcdctl = 0.5

// BenchmarkSteadyBesideEtcdctl watches a real cluster of three members once a second on a terminal of 120×40, and
// reports the share of a core that this takes once the history has begun; beside it, in the same time, that of
// `watch -n1 etcdctl endpoint status --cluster` without watch. The aim is at most 0.9% of a core.
func BenchmarkSteadyBesideEtcdctl(b *testing.B) {
	etcdoc, etcdctl := os.Getenv(etcdocEnv), os.Getenv(etcdctlEnv)
	if etcdoc == "" || etcdctl == "" {
		b.Skip("needs an etcdoc and an etcdctl: make bench-etcdctl")
	}
	const settle, span = 5 * time.Second, 30 * time.Second
	endpoints := strings.Join(etcdtest.New(b, etcdtest.Config{Size: 3}).Endpoints(), ",")
	v := newTerminal(b, 120, 40)
	dashboard := v.command("")
	dashboard.Path = etcdoc
	dashboard.Args = []string{etcdoc, "--config", os.DevNull, "--endpoints", endpoints, "--interval", "1s"}
	v.start(dashboard)
	v.awaitText("3/3 healthy")
	for b.Loop() {
		time.Sleep(settle)
		before, began := processorTimeOf(b, dashboard), time.Now()
		var theirs time.Duration
		for next := range int(span / time.Second) {
			time.Sleep(time.Until(began.Add(time.Duration(next) * time.Second)))
			status := exec.CommandContext(b.Context(), etcdctl, "--endpoints="+endpoints, "endpoint", "status", "--cluster")
			if out, err := status.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			theirs += status.ProcessState.UserTime() + status.ProcessState.SystemTime()
		}
		time.Sleep(time.Until(began.Add(span)))
		took := time.Since(began).Seconds()
		share := (processorTimeOf(b, dashboard) - before) / took
		b.ReportMetric(100*share, "core-%")
		b.ReportMetric(100*theirs.Seconds()/took, "etcdctl-core-%")
		ratio := share * took / theirs.Seconds()
		b.ReportMetric(ratio, "of-etcdctl")
		if ratio > maxOfEtcdctl {
			b.Errorf("the dashboard takes %.2f of the processor time of etcdctl, want at most %.2f", ratio, maxOfEtcdctl)
		}
	}
	v.press("q")
	if err := v.awaitExit(dashboard); err != nil {
		b.Fatal(err)
	}
}

// processorTimeOf is the processor time in seconds that a child has used, in hundredths (proc_pid_stat(5)).
func processorTimeOf(b *testing.B, child *exec.Cmd) float64 {
	b.Helper()
	const ticksPerSecond, userTime, systemTime = 100, 11, 12 // fields behind the name
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, behind, _ := strings.Cut(string(text), ") ")
	ticks := 0.0
	for i, field := range strings.Fields(behind) {
		if i == userTime || i == systemTime {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				b.Fatal(err)
			}
			ticks += n
		}
	}
	return ticks / ticksPerSecond
}
