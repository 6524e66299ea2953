package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestMemberWithoutADump: the dumped members, etcd-1 and etcd-2, know a third one.
func TestMemberWithoutADump(t *testing.T) {
	t.Parallel()
	const third = 0x3333
	tests := map[string]struct {
		active, perSecond float64
		leads             bool // by one of the dumped members
		looks             int
		level             Level
		gap               string // the entry about it under what was not looked at; empty: none
	}{
		"sends to it fail":            {0, 30, true, 10, Warning, ""},
		"few sends to it fail":        {0, 0.05, true, 10, Notice, ""},
		"it was removed":              {0, 0, true, 10, OK, ""},
		"nobody who would send to it": {0, 0, false, 10, OK, "down, cut off, or was removed"},
		"it is there": {1, 0, true, 10, OK,
			"etcd-1, etcd-2 have a connection with: there is no dump of it"},
		"it is there, with hiccups":    {1, 1, true, 10, OK, "have a connection with"},
		"a single look":                {0, 30, true, 1, OK, "down, cut off, or was removed"},
		"a single look at one that is": {1, 0, true, 1, OK, "have a connection with"},
	}
	for name, test := range tests {
		for _, step := range []time.Duration{time.Second, 15 * time.Second, 30 * time.Second, time.Minute} {
			t.Run(fmt.Sprintf("%s, %v apart", name, step), func(t *testing.T) {
				d := newDumped(t, Options{SinceStart: test.looks == 1, Immediate: true})
				d.interval, d.members = step, d.members[:2]
				if !test.leads {
					d.member(1).metrics.IsLeader = probe.Known(0)
				}
				failed := 90000.0
				a := d.run(test.looks, func() {
					failed += test.perSecond * step.Seconds()
					for i, m := range d.members {
						m.metrics.Peers = d.links(m)
						peer := probe.PeerMetrics{Active: probe.Known(test.active), SentFailures: probe.Known(0)}
						if i == 0 {
							peer.SentFailures = probe.Known(failed)
						}
						m.metrics.Peers[third] = peer
					}
				})
				f := finding(&a, MemberUndumped, "")
				if f.Level != test.level || f.Level > OK &&
					(!strings.Contains(f.Summary, ", 3333,") || !strings.Contains(f.Summary, "etcd-1 fails")) {
					t.Errorf("%s %q, want %s", f.Level, f.Summary, test.level)
				}
				if test.level == Warning && (a.Reading.Cause != CauseMemberDown ||
					!strings.Contains(a.Reading.Text, "3333")) {
					t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
				}
				at := slices.IndexFunc(a.Reading.NotLookedAt,
					func(line string) bool { return strings.HasPrefix(line, "3333, ") })
				if (at >= 0) != (test.gap != "") || at >= 0 && !strings.Contains(a.Reading.NotLookedAt[at], test.gap) {
					t.Errorf("not looked at: %q, want %q", a.Reading.NotLookedAt, test.gap)
				}
			})
		}
	}
}

// TestDumpOfNobody: a dumped member without an id may be the one that the others know.
func TestDumpOfNobody(t *testing.T) {
	t.Parallel()
	d := newDumped(t, Options{Immediate: true})
	third := d.members[2].id
	a := d.run(10, func() {
		d.members[2].id = third
		d.work(50, time.Millisecond)
		d.peer(1, 3, func(p *probe.PeerMetrics) { p.Active = probe.Known(0); failSends(30)(p) })
		d.members[2].id = 0
	})
	if f := finding(&a, MemberUndumped, ""); f.Rule != "" {
		t.Errorf("%s: %s", f.Level, f.Summary)
	}
}

// TestDumpsOfSeveralClusters: several clusters are a finding, and so are several leaders of one of them.
func TestDumpsOfSeveralClusters(t *testing.T) {
	t.Parallel()
	knows := func(of *actor, ids ...probe.MemberID) {
		of.metrics.Peers = make(map[probe.MemberID]probe.PeerMetrics)
		for _, id := range ids {
			of.metrics.Peers[id] = probe.PeerMetrics{Active: probe.Known(1)}
		}
	}
	tests := map[string]struct {
		peers    [3][]probe.MemberID
		leaders  []int
		clusters Level
		rivals   Level
	}{
		"one cluster": {[3][]probe.MemberID{{0xa1, 0xa2}, {0xa0, 0xa2}, {0xa0, 0xa1}}, []int{1}, OK,
			OK},
		"one, known by another member": {[3][]probe.MemberID{{0xaf}, {0xaf}, {0xaf}}, []int{1}, OK, OK},
		"one, and one says nothing":    {[3][]probe.MemberID{{0xa1, 0xa2}, {0xa0}, nil}, []int{1}, OK, OK},
		"two clusters":                 {[3][]probe.MemberID{{0xa1}, {0xa0}, {0xb1, 0xb2}}, []int{1, 3}, Notice, OK},
		"two leaders of one": {[3][]probe.MemberID{{0xa1, 0xa2}, {0xa0, 0xa2}, {0xa0, 0xa1}}, []int{1, 3},
			OK, Warning},
		"two leaders, one says nothing": {[3][]probe.MemberID{{0xa1}, {0xa0}, nil}, []int{1, 3}, OK, Warning},
		"two leaders that say nothing":  {[3][]probe.MemberID{nil, nil, nil}, []int{1, 2}, OK, Warning},
		"two of one, and another's":     {[3][]probe.MemberID{{0xa1}, {0xa0}, {0xb1}}, []int{1, 2, 3}, Notice, Warning},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDumped(t, Options{})
			for i, m := range d.members {
				m.noPeers = test.peers[i] == nil
				if knows(m, test.peers[i]...); m.noPeers {
					m.metrics.Peers = nil
				}
				m.metrics.IsLeader = probe.Known(map[bool]float64{true: 1}[slices.Contains(test.leaders, i+1)])
			}
			a := d.run(20, func() { d.work(50, time.Millisecond) })
			clusters, rivals := finding(&a, ClusterIDMismatch, ""), finding(&a, TwoLeaders, "")
			if clusters.Level != test.clusters || clusters.Level > OK &&
				!strings.Contains(clusters.Summary, "2 clusters") {
				t.Errorf("clusters: %s %q", clusters.Level, clusters.Summary)
			}
			if rivals.Level != test.rivals || rivals.Level > OK &&
				!strings.Contains(rivals.Summary, "each say that they lead") {
				t.Errorf("leaders: %s %q", rivals.Level, rivals.Summary)
			}
		})
	}
}

// TestFailingCallsInDumps: failing calls are judged although no dump shows a quorum; without a leader they are
// explained by that.
func TestFailingCallsInDumps(t *testing.T) {
	t.Parallel()
	put := probe.GRPCMethod{Service: "etcdserverpb.KV", Method: "Put", Type: "unary"}
	for _, step := range []time.Duration{time.Second, 15 * time.Second, time.Minute} {
		for led, because := range map[float64]RuleID{1: "", 0: NoLeader} {
			d := newDumped(t, Options{})
			d.interval = step
			n := 0.0
			a := d.run(int(max(10*step, 3*time.Minute)/step), func() {
				n += 20 * step.Seconds()
				m := &d.member(2).metrics
				m.HasLeader = probe.Known(led)
				m.GRPCHandled = map[probe.GRPCCall]float64{{GRPCMethod: put, Code: "OK"}: n,
					{GRPCMethod: put, Code: "Unavailable"}: n / 2}
			})
			if f := finding(&a, GRPCFailing, "etcd-2"); f.Level != Warning || f.InhibitedBy != because {
				t.Errorf("%v apart, led %g: %s %q because of %q, want a warning because of %q", step, led, f.Level,
					f.Summary, f.InhibitedBy, because)
			}
		}
	}
}
