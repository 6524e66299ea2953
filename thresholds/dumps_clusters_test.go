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
	const third = 0x3333
	tests := map[string]struct {
		active, perSecond float64
		leads             bool // one of the dumped members
		looks             int
		level             Level
		gap               string // what is said of it among what was not looked at; empty: nothing
	}{
		"sends to it fail":             {0, 30, true, 10, Warning, ""},
		"few sends to it fail":         {0, 0.05, true, 10, Notice, ""},
		"it was removed":               {0, 0, true, 10, OK, ""},
		"nobody who would send to it":  {0, 0, false, 10, OK, "down, cut off, or was removed"},
		"it is there":                  {1, 0, true, 10, OK, "etcd-1, etcd-2 have a connection with: there is no dump of it"},
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
						told := probe.PeerMetrics{Active: probe.Known(test.active), SentFailures: probe.Known(0)}
						if i == 0 {
							told.SentFailures = probe.Known(failed)
						}
						m.metrics.Peers[third] = told
					}
				})
				f := finding(&a, MemberUndumped, "")
				if f.Level != test.level || f.Level > OK && (!strings.Contains(f.Summary, ", 3333,") || !strings.Contains(f.Summary, "etcd-1 fails")) {
					t.Errorf("%s %q, want %s", f.Level, f.Summary, test.level)
				}
				if test.level == Warning && (a.Reading.Cause != CauseMemberDown || !strings.Contains(a.Reading.Text, "3333")) {
					t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
				}
				at := slices.IndexFunc(a.Reading.NotLookedAt, func(line string) bool { return strings.HasPrefix(line, "3333, ") })
				if (at >= 0) != (test.gap != "") || at >= 0 && !strings.Contains(a.Reading.NotLookedAt[at], test.gap) {
					t.Errorf("not looked at: %q, want %q", a.Reading.NotLookedAt, test.gap)
				}
			})
		}
	}
}

// TestDumpOfNobody: a dumped member that does not say who it is may be the one that the others know.
func TestDumpOfNobody(t *testing.T) {
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

// TestDumpsOfSeveralClusters are said; several leaders are said where they are of one.
func TestDumpsOfSeveralClusters(t *testing.T) {
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
		"one cluster":                   {[3][]probe.MemberID{{0xa1, 0xa2}, {0xa0, 0xa2}, {0xa0, 0xa1}}, []int{1}, OK, OK},
		"one, known by another member":  {[3][]probe.MemberID{{0xaf}, {0xaf}, {0xaf}}, []int{1}, OK, OK},
		"one, and one says nothing":     {[3][]probe.MemberID{{0xa1, 0xa2}, {0xa0}, nil}, []int{1}, OK, OK},
		"two clusters":                  {[3][]probe.MemberID{{0xa1}, {0xa0}, {0xb1, 0xb2}}, []int{1, 3}, Notice, OK},
		"two leaders of one":            {[3][]probe.MemberID{{0xa1, 0xa2}, {0xa0, 0xa2}, {0xa0, 0xa1}}, []int{1, 3}, OK, Warning},
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
			if clusters.Level != test.clusters || clusters.Level > OK && !strings.Contains(clusters.Summary, "2 clusters") {
				t.Errorf("clusters: %s %q", clusters.Level, clusters.Summary)
			}
			if rivals.Level != test.rivals || rivals.Level > OK && !strings.Contains(rivals.Summary, "each say that they lead") {
				t.Errorf("leaders: %s %q", rivals.Level, rivals.Summary)
			}
		})
	}
}

// TestLinksOfSeveralClusters: nothing is said of links between the members of two clusters, and what a link within one has is said.
func TestLinksOfSeveralClusters(t *testing.T) {
	const missing = -1 // the peer is not named
	tests := map[string]struct {
		clusters []int           // of how many members, all of which are dumped
		active   map[[2]int]int  // what a member, by its number, says of another one, where that is not 1
		cut      map[int]string  // the members that have no connection, and with whom
		leaders  map[int]float64 // who leads; else the first of each cluster
		told     int             // how many clusters
	}{
		"3 and 3":                        {clusters: []int{3, 3}, told: 2},
		"3 and 1 alone":                  {clusters: []int{3, 1}},
		"1 and 1":                        {clusters: []int{1, 1}},
		"2, 3 and 2":                     {clusters: []int{2, 3, 2}, told: 3},
		"3, and a link of it is cut":     {clusters: []int{3}, active: map[[2]int]int{{1, 2}: 0}, cut: map[int]string{1: "etcd-2"}},
		"3 and 3, and a link is cut":     {clusters: []int{3, 3}, active: map[[2]int]int{{4, 6}: 0}, cut: map[int]string{4: "etcd-6"}, told: 2},
		"3, and one names nobody":        {clusters: []int{3}, active: map[[2]int]int{{3, 1}: missing, {3, 2}: missing, {1, 3}: 0}, cut: map[int]string{1: "etcd-3", 3: "etcd-1 and etcd-2"}},
		"3 and 3, only one has a leader": {clusters: []int{3, 3}, leaders: map[int]float64{1: 1}, told: 2},
		"3 and 3, two only know a third": {clusters: []int{3, 3}, active: map[[2]int]int{{4, 5}: missing, {5, 4}: missing}, cut: map[int]string{4: "etcd-5", 5: "etcd-4"}, told: 2},
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
					if (f.Level >= Warning) != (with != "") || with != "" && !strings.HasSuffix(f.Summary, "no connection with "+with) {
						t.Errorf("%s: %s %q, want that it is cut off from %q", label, f.Level, f.Summary, with)
					}
					for _, peer := range a.Members[i].Peers {
						if d.clusterOf(test.clusters, i) != d.clusterOf(test.clusters, place(&a, peer.Key)) {
							t.Errorf("%s has %s among its peers", label, peer.Label)
						}
					}
				}
				if f := finding(&a, ClusterIDMismatch, ""); (f.Level == Notice) != (test.told > 1) || test.told > 1 && !strings.Contains(f.Summary, fmt.Sprintf("%d clusters", test.told)) {
					t.Errorf("%s %q, want %d clusters", f.Level, f.Summary, test.told)
				}
				if test.told > 1 && test.cut == nil && (a.Reading.Cause != CauseMembership || a.Level >= Warning || !a.Cluster.Leader.IsZero()) {
					t.Errorf("%s, led by %q: %s", a.Level, a.Cluster.Leader.Label, a.Reading.Text)
				}
				harmless(t, &a)
			})
		}
	}
}

// clusterDumps is a scene of dumps of clusters with so many members each.
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

// clusterOf is which cluster the member at a place is of.
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

// harmless: dumps prove nothing for which data may be given up.
func harmless(t *testing.T, a *Assessment) {
	t.Helper()
	texts := []string{a.Reading.Text, a.Reading.Next}
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Level > OK && f.Rule != QuorumLost { // whose advice is against it
			texts = append(texts, f.Advice)
		}
	}
	for _, text := range texts {
		for _, harm := range []string{"wipe", "remove", "force-new-cluster"} {
			if strings.Contains(text, harm) {
				t.Errorf("%q stands on dumps alone: %s", harm, text)
			}
		}
	}
}

// TestSeveralDumpedLeaders: at one moment it is a notice, for dumps are taken one after the other; if it lasts, a warning.
func TestSeveralDumpedLeaders(t *testing.T) {
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
			if f := finding(&a, TwoLeaders, ""); f.Level != test.want && !(test.want == OK && f.Clearing) {
				t.Errorf("%s %q, want %s", f.Level, f.Summary, test.want)
			}
			if test.want > OK && (a.Reading.Cause != CauseMembership || !strings.Contains(a.Reading.Next, "at the same moment")) {
				t.Errorf("%s: %s Next: %s", a.Reading.Cause, a.Reading.Text, a.Reading.Next)
			}
			harmless(t, &a)
		})
	}
}

// TestFailingCallsInDumps are judged although no dump shows a quorum; those of a member without a leader are put down to that.
func TestFailingCallsInDumps(t *testing.T) {
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
				m.GRPCHandled = map[probe.GRPCCall]float64{{GRPCMethod: put, Code: "OK"}: n, {GRPCMethod: put, Code: "Unavailable"}: n / 2}
			})
			if f := finding(&a, GRPCFailing, "etcd-2"); f.Level != Warning || f.Because != because {
				t.Errorf("%v apart, led %g: %s %q because of %q, want a warning because of %q", step, led, f.Level, f.Summary, f.Because, because)
			}
		}
	}
}
