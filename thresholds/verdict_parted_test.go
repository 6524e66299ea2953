package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// cutOff ends the connections between pairs of members, in both directions.
func (s *scene) cutOff(pairs [][2]int) {
	for _, m := range s.members {
		m.metrics.Peers = s.links(m)
	}
	for _, ends := range pairs {
		one, other := s.member(ends[0]), s.member(ends[1])
		for _, end := range [...][2]*actor{{one, other}, {other, one}} {
			p := end[0].metrics.Peers[end[1].id]
			p.Active = probe.Known(0)
			end[0].metrics.Peers[end[1].id] = p
		}
	}
}

// TestManyVotersAreCutOff: among more voters than can be tried, a cut link leaves none to spare, and no sweep hangs.
func TestManyVotersAreCutOff(t *testing.T) {
	t.Parallel()
	s := newScene(t, 31, Options{})
	s.run(20*time.Second, func() { s.work(20, quickFsync) })
	s.cutOff([][2]int{{2, 3}})
	s.work(20, quickFsync)
	if a := s.observe(); a.Cluster.Tolerance() != probe.Known(0.0) {
		t.Errorf("%v may fail: %s", a.Cluster.Tolerance(), a.Cluster.Margin)
	}
}

// TestSurvivorsAreCutOff: who leads and is heard by all can't be lost if those that would be left can't hear each
// other, from the first sweep that shows it on; the others can, as far as the quorum goes. The margin says no more than
// that.
func TestSurvivorsAreCutOff(t *testing.T) {
	t.Parallel()
	const no, kept = "NO", "kept"
	for name, test := range map[string]struct {
		voters int
		cut    [][2]int
		want   []string
		spare  float64
	}{
		"three, the two followers": {3, [][2]int{{2, 3}}, []string{no, kept, kept}, 0},
		"five, two followers":      {5, [][2]int{{2, 3}}, []string{kept, kept, kept, kept, kept}, 2},
		"five, two from two":       {5, [][2]int{{2, 4}, {2, 5}, {3, 4}, {3, 5}}, []string{no, kept, kept, kept, kept}, 0},
		"five, one from all others": {5, [][2]int{{2, 3}, {2, 4}, {2, 5}}, []string{kept, kept, kept, kept, kept},
			1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, test.voters, Options{})
			s.run(2*time.Minute, func() { s.work(20, quickFsync) })
			s.cutOff(test.cut)
			for range 60 {
				s.work(20, quickFsync)
				a := s.observe()
				for i, want := range test.want {
					v := a.Members[i].CanLose
					if (v.Verdict == LossNo) != (want == no) {
						t.Fatalf("after %v etcd-%d: %s %s", s.now.Sub(epoch), i+1, v.Verdict, v.Reason)
					}
					if want == no && !strings.Contains(v.Reason, "can't reach each other") {
						t.Errorf("etcd-%d: %s", i+1, v.Reason)
					}
				}
				if a.Cluster.Tolerance() != probe.Known(test.spare) {
					t.Fatalf("after %v %v may fail: %s", s.now.Sub(epoch), a.Cluster.Tolerance(), a.Cluster.Margin)
				}
				if test.spare == 0 && !strings.Contains(a.Cluster.Margin, "none to spare") {
					t.Errorf("margin %q", a.Cluster.Margin)
				}
			}
		})
	}
}

// TestCutLinksAreNamedWithTheirPorts: the step names the ports that the member list has, and the member that all cut
// links share.
func TestCutLinksAreNamedWithTheirPorts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cut  [][2]int
		urls []string
		want string
	}{
		"one":               {[][2]int{{2, 3}}, nil, "Check peer port 2380 between etcd-2 and etcd-3"},
		"another port":      {[][2]int{{2, 3}}, []string{"https://10.0.0.1:12380"}, "Check peer port 12380 between etcd-2 and etcd-3"},
		"two with a member": {[][2]int{{2, 3}, {2, 4}}, nil, "Check peer port 2380 between etcd-2 and etcd-3 and etcd-4"},
	} {
		s := newScene(t, 5, Options{})
		s.run(20*time.Second, func() { s.work(20, quickFsync) })
		s.cutOff(test.cut)
		var a Assessment
		for range 30 {
			s.work(20, quickFsync)
			sweep := s.sweep()
			for i := range sweep.Members {
				sweep.Members[i].PeerURLs = test.urls
			}
			a = s.evaluator.Observe(sweep)
			s.now = s.now.Add(s.interval)
		}
		if a.Reading.Step != test.want {
			t.Errorf("%s: %q, want %q: %s", name, a.Reading.Step, test.want, a.Reading.Headline)
		}
	}
}

// TestSlowEndOfACutLink: with the slow one of two members that are cut off from each other the link is no less cut.
func TestSlowEndOfACutLink(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	act := func() {
		s.work(20, quickFsync)
		s.member(2).fsync(50, 200*time.Millisecond)
	}
	s.run(2*time.Minute, act)
	s.cutOff([][2]int{{2, 3}})
	act()
	a := s.observe()
	if v := a.Members[1].CanLose; a.Cluster.Tolerance() != probe.Known(0.0) || v.Verdict != LossRisk {
		t.Errorf("%q, etcd-2: %s %s", a.Cluster.Margin, v.Verdict, v.Reason)
	}
}
