package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestCanRemove(t *testing.T) {
	t.Parallel()
	down := func(s *scene, members ...int) {
		for _, i := range members {
			s.member(i).down = errRefused
		}
	}
	tests := map[string]struct {
		voters int
		direct func(*scene)
		member int
		want   Verdict
		reason string
	}{
		"one":                         {1, nil, 1, LossNo, "it is the only voter"},
		"two":                         {2, nil, 2, LossRisk, "leaves 1 of 1 voter healthy, quorum 1: no loss is tolerated"},
		"two, one down":               {2, func(s *scene) { down(s, 2) }, 2, LossNo, "quorum is lost (1 of 2 healthy, needs 2): no removal can commit"},
		"three":                       {3, nil, 2, LossRisk, "leaves 2 of 2 voters healthy, quorum 2: none to spare until another is added"},
		"the leader":                  {5, nil, 1, LossSafe, "leaves 4 of 4 voters healthy, quorum 3: 1 to spare; it leads: move the leadership first"},
		"four":                        {4, nil, 2, LossSafe, "leaves 3 of 3 voters healthy, quorum 2: 1 to spare"},
		"three, the down one":         {3, func(s *scene) { down(s, 3) }, 3, LossSafe, "it is down: remove it first, then add its replacement"},
		"three, another down":         {3, func(s *scene) { down(s, 3) }, 2, LossNo, "quorum would be lost: leaves 1 of 2 voters healthy, quorum 2; etcd-3 is down"},
		"four, another down":          {4, func(s *scene) { down(s, 4) }, 2, LossRisk, "leaves 2 of 3 voters healthy, quorum 2: none to spare"},
		"five, two down, one of them": {5, func(s *scene) { down(s, 4, 5) }, 4, LossSafe, "leaves 3 of 4 voters healthy, quorum 3: none to spare until another is added; it is down"},
		"quorum lost":                 {3, func(s *scene) { down(s, 2, 3) }, 3, LossNo, "no removal can commit"},
		"nobody answers":              {3, func(s *scene) { down(s, 1, 2, 3) }, 3, LossUnknown, "no voter answers"},
		"a survivor is in trouble":    {5, func(s *scene) { s.member(3).metrics.ProposalsPending = probe.Known(200) }, 2, LossRisk, "1 to spare; but etcd-3: 200 proposals are waiting to be committed"},
		"a corrupt one":               {3, func(s *scene) { s.member(1).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: 0xa2}} }, 3, LossRisk, "leaves 2 of 2 voters healthy, quorum 2: none to spare until another is added; but not during an incident: CORRUPT raised by etcd-3"},
		"unlisted":                    {4, func(s *scene) { s.member(4).unlisted = true; down(s, 4) }, 4, LossUnknown, "it is not proven that it was removed"},
		"removed":                     {4, func(s *scene) { s.member(4).unlisted, s.member(4).standing = true, probe.StandingRemoved }, 4, LossSafe, "nothing to remove"},
		"never started":               {4, func(s *scene) { s.neverStarted(4) }, 4, LossSafe, "leaves 3 of 3 voters healthy, quorum 2: 1 to spare; it never ran"},
		"another cluster's":           {4, func(s *scene) { s.member(4).unlisted = true; s.member(4).status.ClusterID = 0xdead }, 4, LossUnknown, "it is a member of another cluster (dead)"},
		"no member list":              {3, func(s *scene) { s.noRoster = true }, 1, LossUnknown, "member list is not known"},
		"a survivor has just started": {3, func(s *scene) { s.member(3).restart(s.now) }, 2, LossNo, "etcd refuses it until etcd-3 has been up for 5 s"},
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
			if got.Verdict != test.want || !strings.Contains(got.Reason, test.reason) || got.Reason == "" {
				t.Errorf("got %s (%s), want %s (%s)", got.Verdict, got.Reason, test.want, test.reason)
			}
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

// order is the order in labels.
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
	if got := order(&a.Rolling); got != "etcd-6 etcd-4 etcd-2 etcd-3 etcd-5 etcd-1" || a.Rolling.MoveLeaderTo.Label != "etcd-5" {
		t.Errorf("a slow disk: %s, leadership to %s", got, a.Rolling.MoveLeaderTo.Label)
	}
	if a.Rolling.Next != "etcdctl --endpoints=http://etcd-1:2379 move-leader a4" || a.Rolling.Blocked != "" {
		t.Errorf("next: %q, blocked: %q", a.Rolling.Next, a.Rolling.Blocked)
	}
	if want := "One by one: etcd-6, etcd-4, etcd-2, etcd-3, etcd-5; move the leadership to etcd-5, and etcd-1 last. Look again after each."; a.Rolling.Text != want {
		t.Errorf("text: %q", a.Rolling.Text)
	}

	for _, m := range s.members {
		m.status.RaftIndex, m.status.RaftAppliedIndex = 10_000, 10_000
	}
	s.member(3).status.RaftIndex, s.member(3).status.RaftAppliedIndex = 9000, 9000
	s.member(5).status.RaftIndex, s.member(5).status.RaftAppliedIndex = 9950, 9950
	a = s.observe()
	if got := order(&a.Rolling); got != "etcd-6 etcd-4 etcd-3 etcd-2 etcd-5 etcd-1" || a.Rolling.MoveLeaderTo.Label != "etcd-5" {
		t.Errorf("a lag of 1000, and one of 50: %s, leadership to %s", got, a.Rolling.MoveLeaderTo.Label)
	}

	s.member(2).down = errRefused
	a = s.observe()
	if got := order(&a.Rolling); got != "etcd-6 etcd-4 etcd-3 etcd-5 etcd-1" || a.Rolling.Blocked != "bring etcd-2 back first" || a.Rolling.Next != "" {
		t.Errorf("one down: %s, blocked %q, next %q", got, a.Rolling.Blocked, a.Rolling.Next)
	}
}

func TestRollingNeedsAnHeir(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	for _, m := range s.members[1:] {
		m.metrics.ProposalsPending = probe.Known(200)
	}
	s.observe()
	a := s.observe()
	if !a.Rolling.MoveLeaderTo.IsZero() || a.Rolling.Blocked != "no follower is fit to lead while etcd-1 is away" {
		t.Errorf("no follower without a warning: %+v", a.Rolling)
	}
	for _, m := range s.members[1:] { // a warning that says nothing about how it would lead
		m.metrics.ProposalsPending, m.status.Version = probe.Known(0), "3.5.2"
	}
	if a = s.run(time.Minute, nil); a.Rolling.MoveLeaderTo.IsZero() || a.Rolling.Blocked != "" {
		t.Errorf("old versions: %+v", a.Rolling)
	}
	s.elect(0)
	if a = s.run(6*time.Second, nil); !strings.HasPrefix(a.Rolling.Blocked, "etcd-") || a.Rolling.Next != "" {
		t.Errorf("no leader: %+v", a.Rolling)
	}
}

// TestRollingOnSlowDisks: an heir whose disk is as slow as the leader's makes nothing worse.
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
	recovery := func(want Warrant, newest string, words ...string) {
		t.Helper()
		a := s.run(6*time.Second, nil)
		r := a.Recovery
		if r.Warranted != want || r.Newest.Label != newest {
			t.Errorf("%+v, want %s, newest %q", r, want, newest)
		}
		for _, word := range words {
			if !strings.Contains(r.Text, word) {
				t.Errorf("%q lacks %q", r.Text, word)
			}
		}
	}
	recovery(WarrantNo, "", "Quorum is held")
	s.member(3).down = errRefused
	recovery(WarrantNo, "", "replace single members (remove, then add)")
	s.member(3).down = nil
	s.elect(0)
	recovery(WarrantNo, "", "3 of 3 voters answer, quorum needs 2: none of those is gone")
	s.elect(s.member(1).id)
	s.member(1).status.RaftIndex = 1012
	s.observe()
	s.member(1).down, s.member(2).down = errRefused, errRefused
	s.member(3).status.Leader = 0
	recovery(WarrantIfGone, "etcd-3", "Only if 2 of 3 voters are gone for good", "bring them back first",
		"Newest data of those that answer: etcd-3 (committed up to index 1000, term 8); but etcd-1 (committed up to index 1012, term 8) had more, 6.0 s ago: mend that one")
	s.member(3).status.RaftIndex, s.member(3).status.RaftTerm = 900, 9
	recovery(WarrantIfGone, "etcd-3", "Newest data of those that answer: etcd-3 (committed up to index 900, term 9); but etcd-1 (committed up to index 1012, term 8) had more")
	s.member(3).down = errRefused
	recovery(WarrantUnknown, "etcd-1", "No voter answers", "Newest data, last known 18 s ago: etcd-1 (committed up to index 1012, term 8).")
	s = newScene(t, 3, Options{})
	s.member(1).down, s.member(2).down, s.member(3).status.Leader = errRefused, errRefused, 0
	recovery(WarrantIfGone, "etcd-3", "Newest data of those that answer: etcd-3 (committed up to index 1000, term 7); what etcd-1 and etcd-2 had is not known.")
	s.members = s.members[:1]
	s.noRoster = true
	recovery(WarrantUnknown, "", "member list")
}

// TestRebuildFromTheMostCommitted: who has voted in a later term need not have what was committed in the one before.
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
	for _, m := range []*actor{b, c, d} { // C is elected by B and D
		m.status.RaftTerm, m.status.Leader = 6, c.id
	}
	s.observe()
	c.down, d.down = errRefused, errRefused
	a.status.Leader, b.status.Leader = 0, 0
	got := s.run(6*time.Second, nil)
	if r := got.Recovery; r.Warranted != WarrantIfGone || r.Newest.Label != a.name || !strings.Contains(r.Text, "etcd-2 (committed up to index 100, term 5)") {
		t.Errorf("%+v, want etcd-2 named", r)
	}
}

// TestRebuildTraps: what --force-new-cluster gets wrong is said of the versions in which it does.
func TestRebuildTraps(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"3.4.30": "keeps what its log says is committed", "3.5.21": "leaves other members behind (mended in 3.5.22; learners in 3.5.25)",
		"3.5.22": "leaves learners behind (mended in 3.5.25)", "3.5.25": "", "3.6.0": "leaves other members behind (mended in 3.6.1; learners in 3.6.6)",
		"3.6.1": "leaves learners behind (mended in 3.6.6)", "3.6.6": "", "3.7.0": "", "?": "",
	} {
		s := newScene(t, 3, Options{})
		for _, m := range s.members {
			m.status.Version = version
		}
		learner := s.add("etcd-4")
		learner.learner, learner.status.IsLearner = true, true
		s.observe()
		s.member(2).down, s.member(3).down, s.member(1).status.Leader = errRefused, errRefused, 0
		a := s.run(6*time.Second, nil)
		if got := a.Recovery.Text; strings.Contains(got, "Mind:") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
	}
}

// TestUnstartedIsNeverAskedBack: a voter that never ran has no data, and is started or taken out again.
// TestUnstartedIsBlamedOnlyWhereItIsMissed: enough voters run besides the one that never did, and can't elect: what keeps them
// from it is the cause, and to start the other one is not what is to be done.
func TestUnstartedIsBlamedOnlyWhereItIsMissed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		voters, unstarted int
		cut               [][2]int
		dark              bool // no metrics can be read
		cause             Cause
		text              []string
	}{
		"two run, cut from each other": {3, 1, [][2]int{{1, 2}}, false, CauseLinkCut,
			[]string{"The link between etcd-1 and etcd-2 is cut", "2 of 3 voters answer, enough for a quorum of 2", "None of them is to spare, because etcd-3 was added and never ran"}},
		"two run, and nobody tells of links": {3, 1, nil, true, CauseNoLeader,
			[]string{"2 of 3 voters answer, enough for a quorum of 2, and elect nobody", "because etcd-3 was added and never ran"}},
		"three run, each cut from both": {4, 1, [][2]int{{1, 2}, {2, 3}, {1, 3}}, false, CauseLinkCut, []string{"Links between members are cut", "because etcd-4 was added"}},
		"one link of three is cut":      {4, 1, [][2]int{{1, 2}}, false, CauseNoLeader, []string{"elect nobody", "because etcd-4 was added"}},
		"four run":                      {5, 1, nil, true, CauseNoLeader, []string{"elect nobody", "Besides, etcd-5 was added and never ran"}},
		"one runs":                      {2, 1, nil, false, CauseQuorumLost, []string{"because etcd-2 was added and never ran"}},
		"two run, and quorum needs all": {4, 2, nil, false, CauseQuorumLost, []string{"because etcd-3 and etcd-4 were added and never ran"}},
		"none never ran, and all are cut": {3, 0, [][2]int{{1, 2}, {2, 3}, {1, 3}}, false, CauseLinkCut,
			[]string{"3 of 3 voters answer, enough for a quorum of 2, and can't reach each other"}},
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
				if a := s.evaluator.previous; a.Level == Critical && a.Reading.Cause != test.cause && a.Cluster.Leader.IsZero() {
					t.Errorf("%s: meanwhile %s: %s", name, a.Reading.Cause, a.Reading.Text)
				}
			})
			if a.Level != Critical || a.Reading.Cause != test.cause {
				t.Errorf("%s: %s %s: %s", name, a.Level, a.Reading.Cause, a.Reading.Text)
			}
			for _, want := range test.text {
				if !strings.Contains(a.Reading.Text, want) {
					t.Errorf("%s: says %q, want %q in it", name, a.Reading.Text, want)
				}
			}
			if blamed := test.cause == CauseQuorumLost; strings.Contains(a.Reading.Next, "Start it now") != blamed || strings.Contains(a.Reading.Text, "because etcd") && strings.HasPrefix(a.Reading.Text, "Quorum is lost because") != blamed {
				t.Errorf("%s: %s Next: %s", name, a.Reading.Text, a.Reading.Next)
			}
		}
	}
}

func TestUnstartedIsNeverAskedBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2, Options{})
	s.neverStarted(2)
	s.member(1).status.Leader = 0
	a := s.run(10*time.Second, nil)
	if a.Reading.Cause != CauseQuorumLost || !strings.Contains(a.Reading.Text, "because etcd-2 was added and never ran") ||
		!strings.Contains(a.Reading.Next, "Start it now at the peer URL") || !strings.Contains(a.Reading.Next, "etcd-1 alone holds everything") {
		t.Errorf("one voter and one that never ran: %+v", a.Reading)
	}
	if r := a.Recovery; !strings.Contains(r.Text, "etcd-2") || !strings.Contains(r.Text, "it has no data") || r.Newest.Label != "etcd-1" || strings.Contains(r.Text, "bring them back") {
		t.Errorf("recovery: %+v", r)
	}
	s = newScene(t, 4, Options{})
	s.neverStarted(4)
	a = s.run(10*time.Second, nil)
	if a.Reading.Cause != CauseMemberDown || !strings.Contains(a.Reading.Text, "never ran") || !strings.Contains(a.Reading.Next, "member remove a3") ||
		!strings.Contains(a.Reading.Next, "quorum is 3 of 4") {
		t.Errorf("three voters and one that never ran: %+v", a.Reading)
	}
	s.member(3).down, s.member(2).status.Leader, s.member(1).status.Leader = errRefused, 0, 0
	a = s.run(10*time.Second, nil)
	if !strings.Contains(a.Reading.Next, "Bring back etcd-3 with the old data") || strings.Contains(a.Reading.Next, "etcd-4 with the old") || !strings.Contains(a.Reading.Next, "etcd-4 never ran") {
		t.Errorf("another one lost beside: %+v", a.Reading)
	}
	for _, text := range []string{a.Reading.Next, a.Recovery.Text} {
		if strings.Contains(text, "etcd-3 and etcd-4 with the old data") {
			t.Errorf("asks a voter back that never ran: %q", text)
		}
	}
}
