package cli

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// manyMembers are two sweeps of a cluster of n members with many kinds of impairments: a third has no leader, some
// are down, some late, some have no metrics. With dumps they are expositions that somebody sent.
func manyMembers(n int, dumps bool) []probe.Sweep {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var sweeps []probe.Sweep
	for i := range 2 {
		at := now.Add(time.Duration(i) * 3 * time.Second)
		s := probe.Sweep{At: at, Interval: 3 * time.Second, Members: make([]probe.Member, n)}
		if dumps {
			s.Dumps = &probe.DumpSpan{Files: 2 * n, Sweeps: 2, First: now, Last: now.Add(3 * time.Second)}
		} else {
			s.Cluster, s.MemberList = 1, probe.Fact[probe.MemberList]{Value: probe.MemberList{From: 1}, At: at}
			s.Alarms = probe.Fact[[]probe.Alarm]{At: at}
		}
		for j := range s.Members {
			s.Members[j] = oneOfMany(j, i, at, dumps)
		}
		sweeps = append(sweeps, s)
	}
	return sweeps
}

func oneOfMany(j, sweep int, at time.Time, dumps bool) probe.Member {
	id := probe.MemberID(j + 1)
	m := probe.Member{ID: id, Name: fmt.Sprintf("etcd-%05d", j), Listed: !dumps,
		Endpoint: fmt.Sprintf("http://10.0.%d.%d:2379", j/250, j%250)}
	m.Metrics = probe.Fact[*probe.Metrics]{At: at, Value: &probe.Metrics{
		ServerID: id, ServerVersion: "3.5.0", HasLeader: probe.Known(float64(min(j%3, 1))), IsLeader: probe.Known(0),
		ProposalsPending: probe.Known(float64(j % 7 * 100)), ProposalsFailed: probe.Known(float64(sweep * j)),
		DBSizeBytes: probe.Known(1e9), DBQuotaBytes: probe.Known(float64(1+j%2) * 1.02e9),
		StartTime: probe.Known(1.7e9), SlowApplies: probe.Known(float64(100 * sweep)),
		HeartbeatSendFailures: probe.Known(float64(100 * sweep)),
		Peers: map[probe.MemberID]probe.PeerMetrics{
			id%64 + 1:     {SentFailures: probe.Known(float64(100 * sweep)), Active: probe.Known(1)},
			(id+1)%64 + 1: {Active: probe.Known(0), Disconnected: probe.Known(1)},
		},
	}}
	failed := &probe.Error{Kind: probe.ErrRefused, Text: fmt.Sprintf("%s: connection refused", m.Endpoint)}
	if dumps {
		m.Endpoint, m.Status.Err = "", &probe.Error{Kind: probe.ErrNotInDump, Text: "a dump has no Status"}
	} else {
		m.Cluster, m.Status = 1, probe.Fact[probe.Status]{At: at, Value: probe.Status{
			ClusterID: 1, MemberID: id, Leader: probe.MemberID(min(j%3, 1)), Version: fmt.Sprintf("3.%d.0", 4+j%4),
			RaftTerm: 7, RaftIndex: 1000,
			RaftAppliedIndex: uint64(1000 - j%5*300), DBSizeBytes: 1e9, DBInUseBytes: 1e8,
			Errors: []string{"etcdserver: no leader"},
		}}
		if j%5 == 0 {
			m.Status.Err = failed
		}
	}
	switch j % 11 {
	case 0:
		m.Metrics.Err = &probe.Error{Kind: probe.ErrMalformed, Text: m.Name + ": line 3"}
	case 1:
		m.Metrics = probe.Fact[*probe.Metrics]{Err: failed}
	}
	return m
}

// sayMany judges a cluster and writes it in a format; it returns the length of the output.
func sayMany(t testing.TB, sweeps []probe.Sweep, format string) int {
	t.Helper()
	evaluator := thresholds.New(thresholds.Options{Immediate: true})
	var a thresholds.Assessment
	for _, s := range sweeps {
		a = evaluator.Observe(s)
	}
	face, err := faceOf(format, io.Discard, thresholds.NewRuleSet(thresholds.Rules()))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if _, err := face(&b, &question{failOn: thresholds.Warning}, &a); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func BenchmarkManyMembers(b *testing.B) {
	for _, dumps := range []bool{true, false} {
		for _, n := range []int{250, 500, 1000} {
			sweeps := manyMembers(n, dumps)
			for _, format := range []string{"table", "json"} {
				b.Run(fmt.Sprintf("dumps=%t/%d/%s", dumps, n, format), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						sayMany(b, sweeps, format)
					}
				})
			}
		}
	}
}
