package thresholds

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestHistoryIsBounded: seven members that each expose as many names as the limits allow, and keep exposing new ones,
// leave the whole program within its memory budget.
func TestHistoryIsBounded(t *testing.T) {
	const size, looks, most = 7, 320, 80 << 20 // 16 minutes: a little more than the longest window
	evaluator := New(Options{})
	before := heapBytes()
	for i := range looks {
		evaluator.Observe(*crowded(size, i))
	}
	grown := heapBytes() - before
	runtime.KeepAlive(evaluator)
	t.Logf("%d looks at %d members take %d MiB", looks, size, grown>>20)
	if grown > most {
		t.Errorf("%d sweeps of %d members take %d MiB, want at most %d", looks, size, grown>>20, most>>20)
	}
}

func heapBytes() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// crowded is a sweep whose members each expose as many peers, methods and codes as probe's limits allow.
func crowded(size, sweep int) *probe.Sweep {
	const kinds, buckets = 64, 32
	at := time.Date(2026, 3, 1, 12, 0, 3*sweep, 0, time.UTC)
	s := &probe.Sweep{At: at, Interval: 3 * time.Second, Cluster: 1, Members: make([]probe.Member, size)}
	distribution := func() probe.Histogram {
		h := probe.Histogram{Bounds: make([]float64, buckets), Counts: make([]float64, buckets), Sum: float64(sweep)}
		for i := range h.Bounds {
			h.Bounds[i], h.Counts[i] = float64(i+1), float64(sweep)
		}
		return h
	}
	for j := range s.Members {
		id := probe.MemberID(j + 1)
		m := &probe.Metrics{
			ServerID: id, HasLeader: probe.Known(1), WALFsync: distribution(), BackendCommit: distribution(),
			Peers: make(map[probe.MemberID]probe.PeerMetrics), GRPCHandled: make(map[probe.GRPCCall]float64),
			GRPCHandling: make(map[probe.GRPCMethod]probe.Histogram),
		}
		for i := range kinds {
			count := probe.Known(float64(sweep * (i + 1)))
			m.Peers[probe.MemberID(i+1)] = probe.PeerMetrics{SentFailures: count, SnapshotSends: count,
				RoundTrip: distribution()}
			method := probe.GRPCMethod{Service: "s", Method: fmt.Sprint(i), Type: "unary"}
			m.GRPCHandling[method] = distribution()
			for _, code := range [...]string{"OK", "Unknown", "FailedPrecondition", "ResourceExhausted", "Internal",
				"Unavailable", "DataLoss", "DeadlineExceeded"} {
				m.GRPCHandled[probe.GRPCCall{GRPCMethod: method, Code: code}] = float64(sweep * (i + 1))
			}
		}
		s.Members[j] = probe.Member{
			ID: id, Name: fmt.Sprint("m", id), Listed: true, Cluster: 1,
			Status: probe.Fact[probe.Status]{At: at,
				Value: probe.Status{ClusterID: 1, MemberID: id, Leader: 1, RaftTerm: 2}},
			Metrics: probe.Fact[*probe.Metrics]{At: at, Value: m},
		}
	}
	return s
}
