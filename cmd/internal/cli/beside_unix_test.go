//go:build unix

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// etcdocEnv and etcdctlEnv name the programs that a benchmark compares: see make bench-etcdctl.
const etcdocEnv, etcdctlEnv = "ETCDTEST_ETCDOC", "ETCDTEST_ETCDCTL"

// costs are the wall times and the CPU times of a command's runs.
type costs struct{ wall, cpu []time.Duration }

// add runs a command line after the other, as one run.
func (c *costs) add(b *testing.B, lines ...[]string) {
	b.Helper()
	var cpu time.Duration
	began := time.Now()
	for _, line := range lines {
		cmd := exec.CommandContext(b.Context(), line[0], line[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%q: %v\n%s", line, err, out)
		}
		usage, is := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !is {
			b.Fatalf("no usage of %q", line)
		}
		cpu += time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	c.wall, c.cpu = append(c.wall, time.Since(began)), append(c.cpu, cpu)
}

// median is the middle one, in milliseconds.
func median(of []time.Duration) float64 {
	slices.Sort(of)
	return float64(of[len(of)/2].Microseconds()) / 1000
}

// beside runs etcdoc and etcdctl in turn, either first every other time. It reports the medians of etcdoc's runs, and
// their ratios to etcdctl's, and fails where one is above its limit.
func beside(b *testing.B, mostWall, mostCPU float64, etcdoc []string, etcdctl ...[]string) {
	b.Helper()
	var ours, theirs costs
	for n := 0; b.Loop(); n++ {
		if n%2 == 0 {
			ours.add(b, etcdoc)
		}
		theirs.add(b, etcdctl...)
		if n%2 != 0 {
			ours.add(b, etcdoc)
		}
	}
	b.ReportMetric(median(ours.wall), "wall-ms")
	b.ReportMetric(median(ours.cpu), "cpu-ms")
	wall, cpu := median(ours.wall)/median(theirs.wall), median(ours.cpu)/median(theirs.cpu)
	b.ReportMetric(wall, "wall-ratio")
	b.ReportMetric(cpu, "cpu-ratio")
	if b.N > 1 && (wall > mostWall || cpu > mostCPU) {
		b.Errorf("%.2f of the wall time and %.2f of the CPU time of etcdctl, at most %.2f and %.2f", wall, cpu,
			mostWall, mostCPU)
	}
}

// BenchmarkBesideEtcdctl compares what people wait for with what they wait for today: one look at three real members,
// of which one is given or all, with etcdctl's endpoint status and endpoint health, and the version with its version.
// The aim is a look in at most 0.7 of the time and 0.6 of the CPU time, and the version within 20 ms. It fails where a
// look is no quicker than what people use today: three members on one host spend most of its wall time on their own
// answers.
func BenchmarkBesideEtcdctl(b *testing.B) {
	etcdoc, etcdctl := os.Getenv(etcdocEnv), os.Getenv(etcdctlEnv)
	if etcdoc == "" || etcdctl == "" {
		b.Skip("needs an etcdoc and an etcdctl: make bench-etcdctl")
	}
	endpoints := threeVoters.Use(b).Endpoints()
	for _, given := range [][]string{endpoints[:1], endpoints} {
		flag := "--endpoints=" + strings.Join(given, ",")
		b.Run(fmt.Sprintf("look from %d", len(given)), func(b *testing.B) {
			beside(b, 1, 0.7, []string{etcdoc, "--once", "--window", "0", "--config", os.DevNull, flag},
				[]string{etcdctl, flag, "endpoint", "status", "--cluster"},
				[]string{etcdctl, flag, "endpoint", "health", "--cluster"})
		})
	}
	b.Run("version", func(b *testing.B) {
		beside(b, 2, 2, []string{etcdoc, "version"}, []string{etcdctl, "version"})
	})
}
