//go:build unix

package probe

import (
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// BenchmarkSweep sweeps three real members and reports etcdoc's own CPU time per sweep.
func BenchmarkSweep(b *testing.B) {
	cluster := etcdtest.New(b, etcdtest.Config{Size: 3})
	p, err := New(Config{Endpoints: cluster.Endpoints(), Cluster: true, Interval: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Next(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		p.Hurry()
		if _, err := p.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/sweep")
}

// processorTime returns the CPU time of this process, without its children.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
