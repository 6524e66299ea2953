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

// BenchmarkSteady watches a real cluster of three members once a second on a terminal of 120×40, and reports the share
// of a core that this takes once the history has begun; beside it, in the same time, that of a loop which asks for the
// status of all members as etcdctl does, but without starting a process for it each second.
func BenchmarkSteady(b *testing.B) {
	const settle, span = 5 * time.Second, 20 * time.Second
	endpoints := strings.Join(etcdtest.New(b, etcdtest.Config{Size: 3}).Endpoints(), ",")
	loop := exec.Command(os.Args[0])
	loop.Env = append(os.Environ(), statusEnv+"="+endpoints)
	if err := loop.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = loop.Process.Kill()
		_ = loop.Wait()
	})
	v := newTerminal(b, 120, 40)
	dashboard := v.child("", endpointsEnv+"="+endpoints, intervalEnv+"=1s")
	v.awaitText("3/3 healthy")
	for b.Loop() {
		time.Sleep(settle)
		before, loopBefore, began := processorTimeOf(b, dashboard), processorTimeOf(b, loop), time.Now()
		time.Sleep(span)
		took := time.Since(began).Seconds()
		share := (processorTimeOf(b, dashboard) - before) / took
		loopShare := (processorTimeOf(b, loop) - loopBefore) / took
		b.ReportMetric(100*share, "core-%")
		b.ReportMetric(100*loopShare, "status-loop-core-%")
		if loopShare > 0 {
			b.ReportMetric(share/loopShare, "of-status-loop")
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
