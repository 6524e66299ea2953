package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestCanRemove(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		voters  int
		direct  func(*scene)
		member  int
		want    Verdict
		because Ground
	}{
		"one":                         {1, nil, 1, LossNo, GroundQuorum},
		"two":                         {2, nil, 2, LossRisk, GroundMargin},
		"two, one down":               {2, func(s *scene) { s.kill(2) }, 2, LossNo, GroundQuorum},
		"three":                       {3, nil, 2, LossRisk, GroundMargin},
		"the leader":                  {5, nil, 1, LossSafe, ""},
		"four":                        {4, nil, 2, LossSafe, ""},
		"three, the down one":         {3, func(s *scene) { s.kill(3) }, 3, LossSafe, ""},
		"three, another down":         {3, func(s *scene) { s.kill(3) }, 2, LossNo, GroundQuorum},
		"four, another down":          {4, func(s *scene) { s.kill(4) }, 2, LossRisk, GroundMargin},
		"five, two down, one of them": {5, func(s *scene) { s.kill(4, 5) }, 4, LossSafe, ""},
		"quorum lost":                 {3, func(s *scene) { s.kill(2, 3) }, 3, LossNo, GroundQuorum},
		"nobody answers":              {3, func(s *scene) { s.kill(1, 2, 3) }, 3, LossUnknown, GroundHealth},
		"a survivor is impaired": {5, func(s *scene) { s.member(3).metrics.ProposalsPending = probe.Known(200) },
			2, LossRisk, GroundSurvivors},
		"a corrupt one": {3, func(s *scene) {
			s.member(1).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: 0xa2}}
		}, 3, LossRisk, GroundIncident},
		"one of three that is defragmented": {3, func(s *scene) { s.member(3).metrics.DefragInflight = probe.Known(1) }, 3,
			LossRisk, GroundMargin},
		"one of five that is defragmented": {5, func(s *scene) { s.member(3).metrics.DefragInflight = probe.Known(1) }, 3,
			LossSafe, ""},
		"one of five that lags, another down": {5, func(s *scene) {
			s.member(3).status.RaftIndex, s.member(3).status.RaftAppliedIndex = 10_000, 1
			s.kill(4)
		}, 3, LossRisk, GroundMargin},
		"unlisted": {4, func(s *scene) { s.member(4).unlisted = true; s.kill(4) }, 4, LossUnknown,
			GroundIdentity},
		"removed": {4, func(s *scene) {
			s.member(4).unlisted, s.member(4).membership = true, probe.MembershipRemoved
		}, 4, LossSafe, ""},
		"never started": {4, func(s *scene) { s.neverStarted(4) }, 4, LossSafe, ""},
		"another cluster's": {4, func(s *scene) {
			s.member(4).unlisted = true
			s.member(4).status.ClusterID = 0xdead
		}, 4, LossUnknown, GroundIdentity},
		"no member list":              {3, func(s *scene) { s.noMemberList = true }, 1, LossUnknown, GroundMembership},
		"a survivor has just started": {3, func(s *scene) { s.member(3).restart(s.now) }, 2, LossNo, GroundQuorum},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, test.voters, Options{Immediate: true})
			s.observe()
			if test.direct != nil {
				test.direct(s)
			}
			s.observe()
			a := s.observe()
			got := a.Members[test.member-1].CanRemove
			if got.Verdict != test.want || got.Ground != test.because {
				t.Errorf("got %s for %q (%s), want %s for %q", got.Verdict, got.Ground, got.Reason, test.want,
					test.because)
			}
			says(t, "", got.Reason)
		})
	}
}

func TestRemovingALearner(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	learner := s.add("etcd-4")
	learner.learner, learner.status.IsLearner = true, true
	s.observe()
	if a := s.observe(); a.Members[3].CanRemove.Verdict != LossSafe {
		t.Errorf("a learner: %+v, want safe", a.Members[3].CanRemove)
	}
	s.member(2).down, s.member(3).down = errRefused, errRefused
	if a := s.observe(); a.Members[3].CanRemove.Verdict != LossNo {
		t.Errorf("a learner without a quorum: %+v, want no", a.Members[3].CanRemove)
	}
}

// order returns the order in labels.
func order(r *Rolling) string {
	var labels []string
	for _, ref := range r.Order {
		labels = append(labels, ref.Label)
	}
	return strings.Join(labels, " ")
}

func TestRollingOrderGoesByNeed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	learner := s.add("etcd-6")
	learner.learner, learner.status.IsLearner = true, true
	const fast, slow = 2 * time.Millisecond, 30 * time.Millisecond
	a := s.run(40*time.Second, s.writes(fast, fast, fast, slow, fast, fast))
	if got := order(&a.Rolling); got != "etcd-6 etcd-4 etcd-2 etcd-3 etcd-5 etcd-1" ||
		a.Rolling.MoveLeaderTo.Label != "etcd-5" {
		t.Errorf("a slow disk: %s, leadership to %s", got, a.Rolling.MoveLeaderTo.Label)
	}
	if a.Rolling.Blocked != "" {
		t.Errorf("blocked: %q", a.Rolling.Blocked)
	}
	says(t, "next", a.Rolling.Next)
	says(t, "", a.Rolling.Text)

	for _, m := range s.members {
		m.status.RaftIndex, m.status.RaftAppliedIndex = 10_000, 10_000
	}
	s.member(3).status.RaftIndex, s.member(3).status.RaftAppliedIndex = 9000, 9000
	s.member(5).status.RaftIndex, s.member(5).status.RaftAppliedIndex = 9950, 9950
	a = s.observe()
	if got := order(&a.Rolling); got != "etcd-6 etcd-4 etcd-3 etcd-2 etcd-5 etcd-1" ||
		a.Rolling.MoveLeaderTo.Label != "etcd-5" {
		t.Errorf("a lag of 1000, and one of 50: %s, leadership to %s", got, a.Rolling.MoveLeaderTo.Label)
	}

	s.member(2).down = errRefused
	a = s.observe()
	if got := order(&a.Rolling); got != "etcd-6 etcd-4 etcd-3 etcd-5 etcd-1" || a.Rolling.Blocked == "" ||
		a.Rolling.Next != "" {
		t.Errorf("one down: %s, blocked %q, next %q", got, a.Rolling.Blocked, a.Rolling.Next)
	}
	says(t, "blocked", a.Rolling.Blocked)
}

func TestRollingNeedsAnHeir(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	for _, m := range s.members[1:] {
		m.metrics.ProposalsPending = probe.Known(200)
	}
	s.observe()
	a := s.observe()
	if !a.Rolling.MoveLeaderTo.IsZero() || a.Rolling.Blocked == "" {
		t.Errorf("no follower without a warning: %+v", a.Rolling)
	}
	says(t, "blocked", a.Rolling.Blocked)
	for _, m := range s.members[1:] { // a warning that says nothing about how it would lead
		m.metrics.ProposalsPending, m.status.Version = probe.Known(0), "3.5.2"
	}
	if a = s.run(time.Minute, nil); a.Rolling.MoveLeaderTo.IsZero() || a.Rolling.Blocked != "" {
		t.Errorf("old versions: %+v", a.Rolling)
	}
	s.elect(0)
	if a = s.run(6*time.Second, nil); a.Rolling.Blocked == "" || a.Rolling.Next != "" {
		t.Errorf("no leader: %+v", a.Rolling)
	}
	says(t, "no leader", a.Rolling.Blocked)
}

// TestRollingOnSlowDisks: a new leader whose disk is as slow as the old one's makes nothing worse.
func TestRollingOnSlowDisks(t *testing.T) {
	t.Parallel()
	const fast, slow = 2 * time.Millisecond, 30 * time.Millisecond
	for name, test := range map[string]struct {
		disks []time.Duration
		heir  string
	}{
		"all are slow":           {[]time.Duration{slow, slow, slow}, "etcd-3"},
		"the followers are slow": {[]time.Duration{fast, slow, slow}, ""},
	} {
		s := newScene(t, 3, Options{})
		if a := s.run(40*time.Second, s.writes(test.disks...)); a.Rolling.MoveLeaderTo.Label != test.heir {
			t.Errorf("%s: leadership to %q, want %q: %s", name, a.Rolling.MoveLeaderTo.Label, test.heir, a.Rolling.Text)
		}
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	recovery := func(what string, want Warrant, newest string) {
		t.Helper()
		a := s.run(6*time.Second, nil)
		r := a.Recovery
		if r.Warranted != want || r.Newest.Label != newest {
			t.Errorf("%+v, want %s, newest %q", r, want, newest)
		}
		says(t, what, r.Text)
	}
	recovery("all is well", WarrantNo, "")
	s.member(3).down = errRefused
	recovery("one is down", WarrantNo, "")
	s.member(3).down = nil
	s.elect(0)
	recovery("no leader", WarrantNo, "")
	s.elect(s.member(1).id)
	s.member(1).status.RaftIndex = 1012
	s.observe()
	s.member(1).down, s.member(2).down = errRefused, errRefused
	s.member(3).status.Leader = 0
	recovery("quorum is lost", WarrantIfGone, "etcd-3")
	s.member(3).status.RaftIndex, s.member(3).status.RaftTerm = 900, 9
	recovery("a later term, and less committed", WarrantIfGone, "etcd-3")
	s.member(3).down = errRefused
	recovery("nobody answers", WarrantUnknown, "etcd-1")
	s = newScene(t, 3, Options{})
	s.member(1).down, s.member(2).down, s.member(3).status.Leader = errRefused, errRefused, 0
	recovery("nothing is known of the others", WarrantIfGone, "etcd-3")
	s.members = s.members[:1]
	s.noMemberList = true
	recovery("no member list", WarrantUnknown, "")
}

// TestRebuildFromTheMostCommitted: a vote in a later term does not prove that the voter has what was committed in the
// one before.
func TestRebuildFromTheMostCommitted(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	l1, a, b, c, d := s.member(1), s.member(2), s.member(3), s.member(4), s.member(5)
	for _, m := range []*actor{l1, a, c} {
		m.status.RaftIndex, m.status.RaftTerm = 100, 5
	}
	for _, m := range []*actor{b, d} {
		m.status.RaftIndex, m.status.RaftTerm = 90, 5
	}
	s.observe()
	l1.down = errRefused
	for _, m := range []*actor{b, c, d} { // B and D elect C
		m.status.RaftTerm, m.status.Leader = 6, c.id
	}
	s.observe()
	c.down, d.down = errRefused, errRefused
	a.status.Leader, b.status.Leader = 0, 0
	got := s.run(6*time.Second, nil)
	if r := got.Recovery; r.Warranted != WarrantIfGone || r.Newest.Label != a.name {
		t.Errorf("%+v, want etcd-2 named", r)
	}
}

// TestRebuildTraps: advice names what --force-new-cluster gets wrong, for the versions that do.
func TestRebuildTraps(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.4.30", "3.5.21", "3.5.22", "3.5.25", "3.6.0", "3.6.1", "3.6.6", "3.7.0", "?"} {
		s := newScene(t, 3, Options{})
		for _, m := range s.members {
			m.status.Version = version
		}
		learner := s.add("etcd-4")
		learner.learner, learner.status.IsLearner = true, true
		s.observe()
		s.member(2).down, s.member(3).down, s.member(1).status.Leader = errRefused, errRefused, 0
		a := s.run(6*time.Second, nil)
		if a.Recovery.Warranted != WarrantIfGone {
			t.Errorf("%s: %+v", version, a.Recovery)
		}
		says(t, version, a.Recovery.Text)
	}
}

// TestUnstartedIsBlamedOnlyWhereItIsMissed: if enough voters run without the unstarted one and still elect nobody,
// the cause is what keeps them from it, and starting the other one is no advice.
func TestUnstartedIsBlamedOnlyWhereItIsMissed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		voters, unstarted int
		cut               [][2]int
		dark              bool // no metrics are readable
		cause             Cause
	}{
		"two run, cut from each other":      {3, 1, [][2]int{{1, 2}}, false, CauseLinkCut},
		"two run, and nobody reports links": {3, 1, nil, true, CauseNoLeader},
		"three run, each cut from both":     {4, 1, [][2]int{{1, 2}, {2, 3}, {1, 3}}, false, CauseLinkCut},
		"one link of three is cut":          {4, 1, [][2]int{{1, 2}}, false, CauseNoLeader},
		"four run":                          {5, 1, nil, true, CauseNoLeader},
		"one runs":                          {2, 1, nil, false, CauseQuorumLost},
		"two run, and quorum needs all":     {4, 2, nil, false, CauseQuorumLost},
		"none never ran, and all are cut":   {3, 0, [][2]int{{1, 2}, {2, 3}, {1, 3}}, false, CauseLinkCut},
	} {
		for _, immediate := range []bool{false, true} {
			s := newScene(t, test.voters, Options{Immediate: immediate})
			s.run(20*time.Second, func() { s.work(50, quickFsync) })
			for i := range test.unstarted {
				s.neverStarted(test.voters - i)
			}
			for _, m := range s.members {
				m.status.Leader = 0
				if test.dark {
					m.noMetrics = errRefused
				}
			}
			for _, ends := range test.cut {
				for _, m := range []*actor{s.member(ends[0]), s.member(ends[1])} {
					if m.metrics.Peers == nil {
						m.metrics.Peers = s.links(m)
					}
				}
				s.member(ends[0]).metrics.Peers[s.member(ends[1]).id] = probe.PeerMetrics{Active: probe.Known(0)}
				s.member(ends[1]).metrics.Peers[s.member(ends[0]).id] = probe.PeerMetrics{Active: probe.Known(0)}
			}
			a := s.run(30*time.Second, func() {
				if a := s.evaluator.previous; a.Level == Critical && a.Reading.Cause != test.cause &&
					a.Cluster.Leader.IsZero() {
					t.Errorf("%s: meanwhile %s: %s", name, a.Reading.Cause, a.Reading.Text)
				}
			})
			if a.Level != Critical || a.Reading.Cause != test.cause {
				t.Errorf("%s: %s %s: %s", name, a.Level, a.Reading.Cause, a.Reading.Text)
			}
			says(t, fmt.Sprintf("%s, immediate %t", name, immediate), a.Reading.Text+"\n"+a.Reading.Next)
		}
	}
}

// TestUnstartedIsNeverAskedBack: a voter that never ran has no data, so the advice is to start it or to remove it.
func TestUnstartedIsNeverAskedBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2, Options{})
	s.neverStarted(2)
	s.member(1).status.Leader = 0
	a := s.run(10*time.Second, nil)
	if a.Reading.Cause != CauseQuorumLost {
		t.Errorf("one voter and one that never ran: %+v", a.Reading)
	}
	says(t, "one of two", a.Reading.Text+"\n"+a.Reading.Next)
	if r := a.Recovery; r.Newest.Label != "etcd-1" {
		t.Errorf("recovery: %+v", r)
	}
	says(t, "one of two, recovery", a.Recovery.Text)
	s = newScene(t, 4, Options{})
	s.neverStarted(4)
	a = s.run(10*time.Second, nil)
	if a.Reading.Cause != CauseMemberDown {
		t.Errorf("three voters and one that never ran: %+v", a.Reading)
	}
	says(t, "one of four", a.Reading.Text+"\n"+a.Reading.Next)
	s.member(3).down, s.member(2).status.Leader, s.member(1).status.Leader = errRefused, 0, 0
	a = s.run(10*time.Second, nil)
	says(t, "another one lost beside", a.Reading.Next+"\n"+a.Recovery.Text)
}
