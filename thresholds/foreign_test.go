package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestTwoClustersWithoutAMemberList: the endpoints belong to two clusters, each with its own leader in the same term,
// versions, alarms, CA and lists, and no member list says who belongs where. Nothing compares one with the other, and
// the only finding is that there are two.
func TestTwoClustersWithoutAMemberList(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ours, theirs int
		be           func(theirs *actor)
	}{
		"one of each":     {1, 1, func(*actor) {}},
		"two of ours":     {2, 1, func(*actor) {}},
		"two of theirs":   {2, 2, func(*actor) {}},
		"three of each":   {3, 3, func(*actor) {}},
		"another version": {1, 1, func(m *actor) { m.status.Version, m.metrics.ClusterVersion = "3.4.20", "3.4" }},
		"another list":    {1, 1, func(m *actor) { m.list = []probe.Peer{{ID: m.id, Name: "etcd-1"}} }},
		"less in use": {1, 1, func(m *actor) {
			m.status.DBInUseBytes, m.metrics.DBInUseBytes = 1<<20, probe.Known(1<<20)
		}},
		"a CA that ends":  {1, 1, func(m *actor) { m.authority = &probe.Certificate{NotAfter: epoch.Add(40 * day)} }},
		"more in the log": {1, 1, func(m *actor) { m.status.RaftIndex, m.status.RaftAppliedIndex = 1<<30, 1<<30 }},
		"an alarm there": {1, 1, func(m *actor) {
			m.status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: m.id}}
		}},
		"a learner there":     {1, 1, func(m *actor) { m.status.IsLearner, m.learner = true, true }},
		"no leader there":     {1, 1, func(m *actor) { m.status.Leader = 0 }},
		"a downgrade there":   {1, 1, func(m *actor) { m.status.DowngradeEnabled = true }},
		"not said what it is": {1, 1, func(m *actor) { m.membership = probe.MembershipUnknown }},
	}
	aboutIt := []RuleID{ClusterIDMismatch, NoLeader}
	byCount := []RuleID{QuorumLost, QuorumAtRisk, LearnersPresent, VotersEven, SingleMember, VotersMany}
	for name, test := range tests {
		for _, known := range []bool{false, true} {
			s := newScene(t, test.ours, Options{})
			s.noMemberList = !known
			for i := range test.theirs {
				m := s.add("")
				m.unlisted = true
				m.membership = probe.MembershipForeign
				m.status.ClusterID = 0xdead
				m.status.Leader = probe.MemberID(0xa0 + test.ours)
				if i == 0 {
					test.be(m)
				}
			}
			for _, m := range s.members {
				m.metrics.Peers = clusterLinks(s, m)
				if !known && m.list == nil {
					m.list = clusterList(s, m)
				}
			}
			a := s.runUnlisted(2*time.Minute, !known)
			for i := range a.Findings {
				f := &a.Findings[i]
				if f.Level >= Unknown && !slices.Contains(aboutIt, f.Rule) &&
					(known || !slices.Contains(byCount, f.Rule)) {
					t.Errorf("%s, member list known %t: %s %s: %s", name, known, f.Rule, f.Member.Label, f.Summary)
				}
			}
			if f := finding(&a, ClusterIDMismatch, ""); f.Level != Warning ||
				!strings.Contains(f.Advice, "Give the endpoints of one cluster") {
				t.Errorf("%s, member list known %t: that there are two clusters is %s: %s", name, known, f.Level,
					f.Advice)
			}
			if text := texts(&a); strings.Contains(text, "Stop clients") ||
				strings.Contains(text, "is to be replaced") {
				t.Errorf("%s, member list known %t:\n%s", name, known, text)
			}
			for i := range a.Members {
				if got := a.Members[i].CanLose.Verdict; got == LossSafe && !known {
					t.Errorf("%s: losing %s is safe, and who votes is not known", name, a.Members[i].Label)
				}
			}
		}
	}
}

// runUnlisted works and observes for a while. With bare, no member list is used: no member is listed, and only those
// of another cluster have a known membership.
func (s *scene) runUnlisted(d time.Duration, bare bool) (a Assessment) {
	for end := s.now.Add(d); s.now.Before(end); s.now = s.now.Add(s.interval) {
		s.work(50, 2*time.Millisecond)
		sweep := s.sweep()
		for i := range sweep.Members {
			m := &sweep.Members[i]
			if bare {
				m.Listed = false
			}
			if bare && m.Membership == probe.MembershipListed {
				m.Membership = probe.MembershipUnknown
			}
		}
		a = s.evaluator.Observe(sweep)
	}
	return a
}

// clusterLinks are the connections of a member with those of its own cluster.
func clusterLinks(s *scene, of *actor) map[probe.MemberID]probe.PeerMetrics {
	peers := make(map[probe.MemberID]probe.PeerMetrics)
	for _, m := range s.members {
		if m != of && m.status.ClusterID == of.status.ClusterID {
			peers[m.id] = probe.PeerMetrics{Active: probe.Known(1), Disconnected: probe.Known(0),
				RoundTrip: probed(240)}
		}
	}
	return peers
}

// clusterList is the member list of a member's own cluster.
func clusterList(s *scene, of *actor) (list []probe.Peer) {
	for _, m := range s.members {
		if m.status.ClusterID == of.status.ClusterID {
			list = append(list, probe.Peer{ID: m.id, Name: m.name, Learner: m.learner,
				PeerURLs: []string{"http://" + m.name + ":2380"}})
		}
	}
	return list
}

// TestOneOfTwoClustersWithoutAMemberListIsDown: a member down in the other cluster costs ours no voter.
func TestOneOfTwoClustersWithoutAMemberListIsDown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.noMemberList = true
	m := s.add("")
	m.membership, m.status.ClusterID, m.status.Leader = probe.MembershipForeign, 0xdead, 0xa3
	for _, m := range s.members {
		m.metrics.Peers = clusterLinks(s, m)
	}
	s.runUnlisted(20*time.Second, true)
	m.down = errRefused
	a := s.runUnlisted(time.Minute, true)
	if f := finding(&a, MemberUnreachable, m.name); f.Level >= Warning {
		t.Errorf("%s: %s", f.Level, f.Summary)
	}
	if a.Cluster.Voters != 3 || a.Cluster.HealthyVoters != 3 {
		t.Errorf("%d of %d voters are healthy", a.Cluster.HealthyVoters, a.Cluster.Voters)
	}
}
