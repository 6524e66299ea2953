package tui

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// heapMiB is the live heap, and what of the process' memory it takes, with what is lost between its objects.
func heapMiB() (live, resident float64) {
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc) / (1 << 20), float64(stats.HeapInuse+stats.StackInuse) / (1 << 20)
}

// watchedFor is what a dashboard of 120×40 has after it has watched a scenario, whose last sweep is long before now.
func watchedFor(m model, c scenario, before time.Duration) model {
	for s := range busyAs(c) {
		shift(&s, -before)
		m = m.withSweep(s)
	}
	return m
}

// busyAs is a scenario with the calls and the bytes that clients of a control plane make.
func busyAs(c scenario) func(func(probe.Sweep) bool) {
	methods := [...]string{"Range", "Txn", "LeaseGrant", "LeaseKeepAlive", "Compact", "Watch", "Status", "MemberList"}
	return func(yield func(probe.Sweep) bool) {
		n := 0.0
		for s := range c.all() {
			n++
			for i := range s.Members {
				m := s.Members[i].Metrics.Value
				m.ClientSentBytes, m.ClientReceivedBytes = probe.Known(n*9000), probe.Known(n*4000)
				m.GRPCStarted = map[probe.GRPCMethod]float64{}
				for j, name := range methods {
					method := probe.GRPCMethod{Service: "etcdserverpb.KV", Method: name, Type: "unary"}
					m.GRPCStarted[method] = n * float64(j+1)
					m.GRPCHandled[probe.GRPCCall{GRPCMethod: method, Code: "OK"}] = n * float64(j+1)
				}
				m.GRPCHandled[probe.GRPCCall{GRPCMethod: probe.GRPCMethod{Service: "etcdserverpb.KV", Method: "Range",
					Type: "unary"}, Code: "Unavailable"}] = 3
			}
			if !yield(s) {
				return
			}
		}
	}
}

// TestMemoryIsFlat: a dashboard that has watched three members for a day, the last hour of it once a second, has all
// that it will ever have, and that is little. Its process has besides what the program and its connections take.
func TestMemoryIsFlat(t *testing.T) {
	const most, growth, mostResident = 5.0, 0.3, 9.0 // MiB
	before, residentBefore := heapMiB()
	m := resized(t, newTestModel(nil), 120, 40)
	m = watchedFor(m, scenario{members: 3, sweeps: 23 * 180, every: 20 * time.Second}, time.Hour)
	m = watchedFor(m, scenario{members: 3, sweeps: 1800}, 30*time.Minute)
	for _, keys := range pageKeys { // each has its caches
		press(t, m, keys...).render()
	}
	full, _ := heapMiB()
	full -= before
	m = watchedFor(m, scenario{members: 3, sweeps: 1800}, 0)
	after, resident := heapMiB()
	after, resident = after-before, resident-residentBefore
	t.Logf("%.1f MiB after a day, %.1f MiB half an hour later, which take %.1f MiB", full, after, resident)
	if resident > mostResident {
		t.Errorf("the heap takes %.1f MiB of the process' memory, want at most %v MiB", resident, mostResident)
	}
	if after > most || after-full > growth {
		t.Errorf("a day takes %.2f MiB, and half an hour %.2f MiB more: want at most %v MiB, and no growth", full,
			after-full, most)
	}
	if oldest := m.seen.past.last.assessment.At.Sub(m.seen.past.at(0)); oldest < 23*time.Hour {
		t.Errorf("the past goes back %v, want a day", oldest)
	}
}

// BenchmarkDay watches three members once a second for a day, and reports what that takes.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		before, _ := heapMiB()
		m := resized(b, newTestModel(nil), 120, 40)
		m = watchedFor(m, scenario{members: 3, sweeps: 24 * 3600}, 0)
		after, _ := heapMiB()
		b.ReportMetric(after-before, "MiB-after-a-day")
		runtime.KeepAlive(m.seen)
	}
}
