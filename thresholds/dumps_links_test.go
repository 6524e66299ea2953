package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestLinksOfSeveralClusters: members of two clusters have no link with each other; a link within one cluster is
// judged.
func TestLinksOfSeveralClusters(t *testing.T) {
	t.Parallel()
	const missing = -1 // the peer is not named
	tests := map[string]struct {
		clusters []int           // sizes of the clusters, fully dumped
		active   map[[2]int]int  // what one member reports about another, both by number; 1 by default
		cut      map[int]string  // the members without a connection, and with whom
		leaders  map[int]float64 // who leads; by default the first of each cluster
		reported int             // how many clusters are reported
	}{
		"3 and 3":       {clusters: []int{3, 3}, reported: 2},
		"3 and 1 alone": {clusters: []int{3, 1}},
		"1 and 1":       {clusters: []int{1, 1}},
		"2, 3 and 2":    {clusters: []int{2, 3, 2}, reported: 3},
		"3, and a link of it is cut": {clusters: []int{3}, active: map[[2]int]int{{1, 2}: 0},
			cut: map[int]string{1: "etcd-2"}},
		"3 and 3, and a link is cut": {clusters: []int{3, 3}, active: map[[2]int]int{{4, 6}: 0},
			cut: map[int]string{4: "etcd-6"}, reported: 2},
		"3, and one names nobody": {clusters: []int{3},
			active: map[[2]int]int{{3, 1}: missing, {3, 2}: missing, {1, 3}: 0},
			cut:    map[int]string{1: "etcd-3", 3: "etcd-1 and etcd-2"}},
		"3 and 3, only one has a leader": {clusters: []int{3, 3}, leaders: map[int]float64{1: 1}, reported: 2},
		"3 and 3, two only know a third": {clusters: []int{3, 3},
			active: map[[2]int]int{{4, 5}: missing, {5, 4}: missing}, cut: map[int]string{4: "etcd-5", 5: "etcd-4"},
			reported: 2},
	}
	for name, test := range tests {
		for _, looks := range []int{1, 30} {
			t.Run(fmt.Sprintf("%s, looks: %d", name, looks), func(t *testing.T) {
				d := clusterDumps(t, test.clusters, Options{SinceStart: looks == 1, Immediate: looks == 1})
				a := d.run(looks, func() {
					d.work(50, time.Millisecond)
					d.nameWithin(test.clusters)
					for of, active := range test.active {
						from, to := d.member(of[0]), d.member(of[1]).id
						if active == missing {
							delete(from.metrics.Peers, to)
						} else {
							from.metrics.Peers[to] = probe.PeerMetrics{Active: probe.Known(float64(active))}
						}
					}
					for i, m := range d.members {
						if test.leaders != nil {
							m.metrics.IsLeader = probe.Known(test.leaders[i+1])
						}
					}
				})
				for i := range a.Members {
					label := a.Members[i].Label
					f, with := finding(&a, PeerDisconnected, label), test.cut[i+1]
					if (f.Level >= Warning) != (with != "") || with != "" &&
						!strings.HasSuffix(f.Summary, "no connection with "+with) {
						t.Errorf("%s: %s %q, want that it is cut off from %q", label, f.Level, f.Summary, with)
					}
					for _, peer := range a.Members[i].Peers {
						if d.clusterOf(test.clusters, i) != d.clusterOf(test.clusters, place(&a, peer.Key)) {
							t.Errorf("%s has %s among its peers", label, peer.Label)
						}
					}
				}
				if f := finding(&a, ClusterIDMismatch, ""); (f.Level == Notice) != (test.reported > 1) ||
					test.reported > 1 &&
						!strings.Contains(f.Summary, fmt.Sprintf("%d clusters", test.reported)) {
					t.Errorf("%s %q, want %d clusters", f.Level, f.Summary, test.reported)
				}
				if test.reported > 1 && test.cut == nil &&
					(a.Reading.Cause != CauseMembership || a.Level >= Warning || !a.Cluster.Leader.IsZero()) {
					t.Errorf("%s, led by %q: %s", a.Level, a.Cluster.Leader.Label, a.Reading.Text)
				}
				harmless(t, &a)
			})
		}
	}
}

// TestSpaceAdviceForDumps names no unknown endpoint, and nothing of another cluster.
func TestSpaceAdviceForDumps(t *testing.T) {
	t.Parallel()
	const quota = 2 << 30
	for name, test := range map[string]struct {
		clusters []int
		set      func(d *dumped)
		next     string
	}{
		"defragment": {[]int{3}, func(d *dumped) { d.member(2).metrics.DBInUseBytes = probe.Known(0.04 * quota) },
			"etcdctl --endpoints=ENDPOINT defrag"},
		"compact": {[]int{3}, func(d *dumped) {
			d.member(2).metrics.Keys, d.member(2).metrics.CurrentRevision = probe.Known(10), probe.Known(50_000)
		}, "etcdctl --endpoints=ENDPOINT compact 50000"},
		"another cluster's revision": {[]int{3, 3}, func(d *dumped) {
			d.member(4).metrics.CurrentRevision = probe.Known(90_000)
		}, "etcdctl --endpoints=ENDPOINT compact REVISION"},
		"a larger quota in its cluster": {[]int{3}, func(d *dumped) {
			d.member(1).metrics.DBQuotaBytes = probe.Known(4 * quota)
		}, "Give etcd-2 and etcd-3 the quota that etcd-1 has"},
		"a larger quota in another one": {[]int{3, 3}, func(d *dumped) {
			d.member(4).metrics.DBQuotaBytes = probe.Known(4 * quota)
		}, "etcdctl --endpoints=ENDPOINT compact REVISION"},
	} {
		t.Run(name, func(t *testing.T) {
			d := clusterDumps(t, test.clusters, Options{SinceStart: true, Immediate: true})
			a := d.run(1, func() {
				d.work(50, time.Millisecond)
				d.nameWithin(test.clusters)
				for i, m := range d.members {
					m.metrics.DBQuotaBytes = probe.Known(quota)
					size := probe.Known(map[bool]float64{true: 0.98 * quota, false: 0.1 * quota}[i == 1])
					m.metrics.DBSizeBytes, m.metrics.DBInUseBytes = size, size
					m.metrics.Keys = probe.Value{}
					m.metrics.CurrentRevision = probe.Value{}
					m.metrics.CompactRevision = probe.Known(1)
				}
				test.set(d)
			})
			if a.Reading.Cause != CauseQuotaNear || !strings.Contains(a.Reading.Next, test.next) ||
				strings.Contains(a.Reading.Next, "endpoints= ") {
				t.Errorf("%s: %s Next: %s, want %q", a.Reading.Cause, a.Reading.Text, a.Reading.Next, test.next)
			}
		})
	}
}

// clusterDumps is a scene of dumps of clusters of those sizes.
func clusterDumps(t *testing.T, sizes []int, o Options) *dumped {
	n := 0
	for _, size := range sizes {
		n += size
	}
	d := &dumped{scene: newScene(t, n, o), span: probe.DumpSpan{Files: n, Sweeps: 1, First: epoch, Last: epoch}}
	for _, m := range d.members {
		m.metrics.HasLeader, m.metrics.IsLeader, m.metrics.IsLearner = probe.Known(1), probe.Known(0), probe.Known(0)
		m.metrics.ServerVersion, m.noPeers = "3.5.16", true
	}
	first := 0
	for _, size := range sizes {
		d.members[first].metrics.IsLeader = probe.Known(1)
		first += size
	}
	return d
}

// clusterOf returns which cluster the member at a place belongs to.
func (d *dumped) clusterOf(sizes []int, i int) int {
	for of, size := range sizes {
		if i -= size; i < 0 {
			return of
		}
	}
	return -1
}

// nameWithin lets the members name those of their own cluster as connected.
func (d *dumped) nameWithin(sizes []int) {
	for i, m := range d.members {
		m.metrics.Peers = make(map[probe.MemberID]probe.PeerMetrics)
		for j, peer := range d.members {
			if i != j && d.clusterOf(sizes, i) == d.clusterOf(sizes, j) {
				m.metrics.Peers[peer.id] = probe.PeerMetrics{Active: probe.Known(1), SentFailures: probe.Known(0)}
			}
		}
		if len(m.metrics.Peers) == 0 {
			m.metrics.Peers = nil
		}
	}
}

// place is where a member is.
func place(a *Assessment, key string) int {
	return slices.IndexFunc(a.Members, func(m Member) bool { return m.Key == key })
}

// harmless: nothing in dumps proves enough to give up data.
func harmless(t *testing.T, a *Assessment) {
	t.Helper()
	texts := []string{a.Reading.Text, a.Reading.Next}
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Level > OK && f.Rule != QuorumLost { // whose advice warns against it
			texts = append(texts, f.Advice)
		}
	}
	for _, text := range texts {
		for _, harm := range []string{"wipe", "remove", "force-new-cluster"} {
			if strings.Contains(text, harm) {
				t.Errorf("%q is advised from dumps alone: %s", harm, text)
			}
		}
	}
}

// TestSeveralDumpedLeaders: at one moment they are a notice, because dumps are taken one after the other; if it
// lasts, a warning.
func TestSeveralDumpedLeaders(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		leaders [][]int // at each moment
		once    bool
		want    Level
	}{
		"a single look":                  {[][]int{{1, 2}}, true, Notice},
		"the last look":                  {[][]int{{1}, {1, 2}}, true, Notice},
		"two looks":                      {[][]int{{1, 2}, {1, 2}}, true, Warning},
		"another one each time":          {[][]int{{1, 2}, {2, 3}}, true, Notice},
		"it is over":                     {[][]int{{1, 2}, {2}}, true, OK},
		"a series, the leadership moved": {[][]int{{1}, {1}, {1}, {1}, {1, 2}}, false, Notice},
		"a series, both for good":        {[][]int{{1}, {1}, {1, 2}, {1, 2}, {1, 2}}, false, Warning},
	} {
		t.Run(name, func(t *testing.T) {
			sizes := []int{3}
			d := clusterDumps(t, sizes, Options{SinceStart: len(test.leaders) == 1, Immediate: test.once})
			d.interval = 15 * time.Second
			var a Assessment
			for _, leaders := range test.leaders {
				a = d.run(1, func() {
					d.work(50, time.Millisecond)
					d.nameWithin(sizes)
					for i, m := range d.members {
						m.metrics.IsLeader = probe.Known(map[bool]float64{true: 1}[slices.Contains(leaders, i+1)])
					}
				})
			}
			if f := finding(&a, TwoLeaders, ""); f.Level != test.want && (test.want != OK || !f.Resolving()) {
				t.Errorf("%s %q, want %s", f.Level, f.Summary, test.want)
			}
			if test.want > OK && (a.Reading.Cause != CauseMembership ||
				!strings.Contains(a.Reading.Next, "at the same moment")) {
				t.Errorf("%s: %s Next: %s", a.Reading.Cause, a.Reading.Text, a.Reading.Next)
			}
			harmless(t, &a)
		})
	}
}
