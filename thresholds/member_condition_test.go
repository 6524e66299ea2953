package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// commitWith lets all members that answer commit n entries, except those in lags, which lack that many.
func (s *scene) commitWith(n uint64, lags map[*actor]uint64) {
	for _, m := range s.members {
		m.status.RaftIndex += n
		m.status.RaftAppliedIndex = m.status.RaftIndex
	}
	leader := s.member(1).status.RaftIndex
	for m, lag := range lags {
		m.status.RaftIndex, m.status.RaftAppliedIndex = leader-lag, leader-lag
	}
}

func wantCondition(t *testing.T, when string, m *Member, word ConditionWord) {
	t.Helper()
	if m.Condition.Word != word {
		t.Errorf("%s: %s is %+v, want %s", when, m.Label, m.Condition, word)
	}
}

// TestConditionOfALevel: a member that does nothing special has the word of its level, one that does not answer its
// state's.
func TestConditionOfALevel(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	s.run(3*time.Second, nil)
	s.member(2).down = errRefused
	s.member(3).hung = s.now
	s.member(4).certificate = &probe.Certificate{NotAfter: s.now.Add(3 * day), Subject: "CN=etcd-4"}
	a := s.run(6*time.Second, nil)
	for i, word := range []ConditionWord{"ok", ConditionDown, ConditionLate, "WARN", "ok"} {
		wantCondition(t, "", &a.Members[i], word)
		if c := a.Members[i].Condition; c.Progress != "" || c.Level < a.Members[i].Level {
			t.Errorf("%s, level %s: %+v", a.Members[i].Label, a.Members[i].Level, c)
		}
	}
}

// TestConditionOfCatchUp: a member that was down and is back catches up until it has all but a moment's worth; how long
// that takes is said once two sweeps show it, and not while it comes no closer.
func TestConditionOfCatchUp(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.commitWith(9000, nil)
	s.run(20*time.Second, func() { s.commitWith(10, nil) })
	back := s.member(3)
	back.down = errRefused
	a := s.run(10*time.Second, func() { s.commitWith(10, map[*actor]uint64{back: 5000}) })
	wantCondition(t, "while it is down", &a.Members[2], ConditionDown)

	back.down = nil
	lag := uint64(5000)
	a = s.run(time.Second, func() { s.commitWith(10, map[*actor]uint64{back: lag}) })
	c := &a.Members[2].Condition
	wantCondition(t, "back", &a.Members[2], ConditionCatchUp)
	if c.Behind.Or(0) != 5000 || c.Left.IsKnown() {
		t.Errorf("after one look: %+v, want no guess", c)
	}
	says(t, "after one look", c.Progress)
	a = s.run(5*time.Second, func() {
		lag -= 100
		s.commitWith(10, map[*actor]uint64{back: lag})
	})
	c = &a.Members[2].Condition
	if left := c.Left.Or(0); c.Behind.Or(0) != 4500 || left < 44 || left > 46 {
		t.Errorf("at 100 entries a second: %+v, want 45 s", c)
	}
	says(t, "at a rate", c.Progress)
	a = s.run(20*time.Second, func() { s.commitWith(10, map[*actor]uint64{back: lag}) })
	if c = &a.Members[2].Condition; a.Members[2].Condition.Left.IsKnown() {
		t.Errorf("no closer for 20 s: %+v", c)
	}
	a = s.run(time.Second, func() { s.commitWith(10, map[*actor]uint64{back: 20}) })
	wantCondition(t, "done", &a.Members[2], "ok")
	a = s.run(2*time.Second, func() { s.commitWith(10, map[*actor]uint64{back: 900}) })
	if word := a.Members[2].Condition.Word; word == ConditionCatchUp {
		t.Error("it lags later without having been away: CATCHUP")
	}
}

// TestConditionOfAStart: a process that has started connects with its peers before it serves, and is not down then; a
// hung one keeps its connections, which proves nothing.
func TestConditionOfAStart(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{true, false} {
		s := newScene(t, 3, Options{})
		s.run(3*time.Second, nil)
		connections := func(n float64) {
			for _, m := range s.members[:2] {
				m.metrics.Peers = s.links(m)
				m.metrics.Peers[s.member(3).id] = probe.PeerMetrics{Active: probe.Known(n)}
			}
		}
		s.member(3).down = errRefused
		if lost {
			connections(0)
		} else {
			connections(2)
		}
		a := s.run(3*time.Second, nil)
		wantCondition(t, fmt.Sprintf("down, connections lost: %t", lost), &a.Members[2], ConditionDown)
		connections(2)
		a = s.run(3*time.Second, nil)
		if !lost {
			wantCondition(t, "it never lost them", &a.Members[2], ConditionDown)
			continue
		}
		wantCondition(t, "connected again", &a.Members[2], ConditionCatchUp)
		says(t, "", a.Members[2].Condition.Progress)
		a = s.run(startedLately, nil)
		wantCondition(t, "still not serving", &a.Members[2], ConditionDown)
	}
}

// TestConditionAfterAnUnseenRestart: a process that started before watching began may still catch up.
func TestConditionAfterAnUnseenRestart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		up   time.Duration
		word ConditionWord
	}{{startedLately - time.Second, ConditionCatchUp}, {startedLately + time.Second, "ok"}} {
		s := newScene(t, 3, Options{Immediate: true})
		s.commitWith(9000, nil)
		back := s.member(2)
		back.restart(epoch.Add(-test.up))
		lag := uint64(900)
		a := s.run(2*time.Second, func() {
			lag -= 100
			s.commitWith(10, map[*actor]uint64{back: lag})
		})
		if word := a.Members[1].Condition.Word; (word == ConditionCatchUp) != (test.word == ConditionCatchUp) {
			t.Errorf("started %s before: %+v", test.up, a.Members[1].Condition)
		}
	}
}

// TestConditionOfANewMember: added and never started, then sent a snapshot, then catching up, then well.
func TestConditionOfANewMember(t *testing.T) {
	t.Parallel()
	for _, learner := range []bool{true, false} {
		s := newScene(t, 3, Options{})
		s.run(3*time.Second, nil)
		added := s.add("")
		added.learner, added.membership, added.down = learner, probe.MembershipNeverStarted, errRefused
		a := s.run(10*time.Second, nil)
		wantCondition(t, fmt.Sprintf("added, learner %t", learner), &a.Members[3], ConditionNeverUp)
		if strings.Contains(a.Reading.Headline, "never ran") && strings.Contains(a.Reading.Further, "never ran") {
			t.Errorf("learner %t: %q is said again: %q", learner, a.Reading.Headline, a.Reading.Further)
		}

		connected := func(on *actor) {
			on.metrics.Peers = s.links(on)
			on.metrics.Peers[added.id] = probe.PeerMetrics{Active: probe.Known(2)}
		}
		connected(s.member(1))
		a = s.observe()
		wantCondition(t, "connected", &a.Members[3], ConditionJoining)
		says(t, "connected", a.Members[3].Condition.Progress)

		added.down, added.name, added.membership = nil, "etcd-4", probe.MembershipUnknown
		added.status.IsLearner = learner
		lag := uint64(9000)
		s.commitWith(9000, nil)
		sending := s.links(s.member(1))
		sending[added.id] = probe.PeerMetrics{Active: probe.Known(2), SnapshotSendsInflight: probe.Known(1)}
		s.member(1).metrics.Peers = sending
		a = s.run(3*time.Second, func() { s.commitWith(10, map[*actor]uint64{added: lag}) })
		wantCondition(t, "being sent a snapshot", &a.Members[3], ConditionJoining)
		says(t, "being sent a snapshot", a.Members[3].Condition.Progress)

		s.member(1).metrics.Peers = nil
		a = s.run(3*time.Second, func() {
			lag -= 1000
			s.commitWith(10, map[*actor]uint64{added: lag})
		})
		wantCondition(t, "catching up", &a.Members[3], ConditionJoining)
		says(t, "catching up", a.Members[3].Condition.Progress)
		a = s.run(time.Second, func() { s.commitWith(10, map[*actor]uint64{added: 0}) })
		if word := a.Members[3].Condition.Word; word == ConditionJoining {
			t.Errorf("it has everything: %+v", a.Members[3].Condition)
		}
		if a.Members[3].Role == RoleLearner != learner {
			t.Errorf("it is a %s", a.Members[3].Role)
		}
	}
}

// TestConditionOfOneThatDenies: what refuses to answer runs.
func TestConditionOfOneThatDenies(t *testing.T) {
	t.Parallel()
	for _, kind := range []probe.ErrorKind{probe.ErrNoUser, probe.ErrPermission, probe.ErrWrongPassword} {
		s := newScene(t, 3, Options{Immediate: true})
		sweep := s.sweep()
		sweep.Members[2].Status = probe.Fact[probe.Status]{Err: &probe.Error{Kind: kind, Text: "it says no"}}
		a := s.evaluator.Observe(sweep)
		if words := a.Members[2].StateWords(); words != "? denied" {
			t.Errorf("%s: its state is %q", kind, words)
		}
	}
}

// TestConditionWithOtherFault: catching up hides no warning that it does not explain.
func TestConditionWithOtherFault(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.commitWith(9000, nil)
	s.run(3*time.Second, nil)
	back := s.member(3)
	back.down = errRefused
	s.run(3*time.Second, nil)
	back.down, back.certificate = nil, &probe.Certificate{NotAfter: s.now.Add(3 * day), Subject: "CN=etcd-3"}
	a := s.run(2*time.Second, func() { s.commitWith(1000, map[*actor]uint64{back: 5000}) })
	wantCondition(t, "with a certificate that expires", &a.Members[2], "WARN")
}

// TestConditionOfADefragmentation: a member that answers nothing but its metrics meanwhile is not down, until it does
// not answer those either.
func TestConditionOfADefragmentation(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	var progress string
	s.defragment(func(after time.Duration, a *Assessment) {
		wantCondition(t, after.String(), &a.Members[1], ConditionDefrag)
		progress = a.Members[1].Condition.Progress
	})
	says(t, "", progress)
	s.now = s.now.Add(s.interval)
	sweep := s.sweep()
	status, metrics := &sweep.Members[1].Status, &sweep.Members[1].Metrics
	status.Err, metrics.At, metrics.Pending = errTimeout, s.now.Add(-3*s.interval), s.now.Add(-2*s.interval)
	a := s.evaluator.Observe(sweep)
	wantCondition(t, "its metrics take long, too", &a.Members[1], ConditionDefrag)
	s.member(2).down = errRefused
	s.now = s.now.Add(s.interval)
	a = s.observe()
	wantCondition(t, "its process has ended", &a.Members[1], ConditionDown)
}

// TestDefragmentationIsEstimatedByTheLast that was seen from its start to its end: how long it takes, as long as that
// has not passed. The first one is not estimated.
func TestDefragmentationIsEstimatedByTheLast(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	const estimated = " of about "
	s.defragment(func(_ time.Duration, a *Assessment) {
		if words := a.Members[1].Condition.Progress; strings.Contains(words, estimated) {
			t.Errorf("the first: %q", words)
		}
	})
	for range 2 {
		s.member(2).metrics.DefragInflight = probe.Known(0)
		s.run(20*time.Second, nil)
		s.defragment(func(after time.Duration, a *Assessment) {
			words := a.Members[1].Condition.Progress
			if took := 12 * s.interval; strings.Contains(words, estimated) != (after < took) {
				t.Errorf("after %s of %s: %q", after, took, words)
			}
		})
	}
}

// TestNobodyIsOkWithoutALeader: a member that answers and knows no leader has a word for it, as bad as that is for the
// cluster; the word goes with the leader's return.
func TestNobodyIsOkWithoutALeader(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.elect(0)
	a := s.run(10*time.Second, func() { s.work(50, quickFsync) })
	for i := range a.Members {
		if c := a.Members[i].Condition; c.Word != ConditionNoLeader || c.Level != Critical {
			t.Errorf("nobody leads, and %s is %+v", a.Members[i].Label, c)
		}
	}
	s.elect(s.member(1).id)
	a = s.run(2*time.Minute, func() { s.work(50, quickFsync) })
	for i := range a.Members {
		if c := a.Members[i].Condition; c.Word != "ok" {
			t.Errorf("somebody leads again, and %s is %+v", a.Members[i].Label, c)
		}
	}
	cut := s.member(3)
	cut.status.Leader = 0
	a = s.run(10*time.Second, func() { s.work(50, quickFsync) })
	if c := a.Members[2].Condition; c.Word != ConditionNoLeader || c.Level != Warning {
		t.Errorf("one of three follows nobody: %+v", c)
	}
}

// TestTheOtherEndOfASlowLinkIsNotOk: the finding is about one of the two, and the reading blames both.
func TestTheOtherEndOfASlowLinkIsNotOk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(5*time.Minute, func() {
		s.work(50, quickFsync)
		for _, pair := range [][2]int{{1, 2}, {2, 1}} {
			from, to := s.member(pair[0]), s.member(pair[1])
			if from.metrics.Peers == nil {
				from.metrics.Peers = s.links(from)
			}
			peer := from.metrics.Peers[to.id]
			peer.RoundTrip = observed(peer.RoundTrip, 1, 300*time.Millisecond)
			from.metrics.Peers[to.id] = peer
		}
	})
	if len(a.Reading.About) != 2 || a.Level < Warning {
		t.Fatalf("%s: %s", a.Level, a.Reading.Text)
	}
	for _, ref := range a.Reading.About {
		if c := a.Member(ref.Key).Condition; c.Level < Warning || c.Word == "ok" {
			t.Errorf("%s is %+v: %s", ref.Label, c, a.Reading.Text)
		}
	}
}

// TestStateOfAValueOverItsLimit: the state of a member whose value is marked says so before the rule fires, too.
func TestStateOfAValueOverItsLimit(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, func() { s.work(50, quickFsync) })
	a := s.run(2*time.Second, func() {
		s.work(50, quickFsync)
		s.member(2).fsync(200, 300*time.Millisecond)
	})
	m := &a.Members[1]
	if k := m.Mark(WALFsyncP99); k.State != AlertPending || k.Level < Warning {
		t.Fatalf("the mark is %+v, want a pending warning", k)
	}
	if got := m.StateWords(); m.Condition.Over != "disk" || got != "ok !disk" {
		t.Errorf("state %q of %+v", got, m.Condition)
	}
	if got := a.Members[0].StateWords(); got != "ok" {
		t.Errorf("the others: state %q", got)
	}
}

// TestStateNamesTheCause: while a disk is over its limits, too, the state of its member has the disk's word, not that
// of a symptom; before the rule about the disk fires, too.
func TestStateNamesTheCause(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		fsync time.Duration
		want  string
	}{
		"applies and the disk":      {300 * ms, "disk"},
		"applies, and a quick disk": {2 * ms, "applies"},
	} {
		s := newScene(t, 3, Options{})
		s.run(70*time.Second, func() { s.work(50, quickFsync) })
		m := s.member(2)
		var a Assessment
		for range 90 {
			a = s.run(time.Second, func() {
				s.work(20, quickFsync)
				m.fsync(80, test.fsync)
				m.slowApplies(3)
			})
			if c := a.Members[1].Condition; c.Topic != "" && c.Topic != test.want ||
				c.Over != "" && c.Over != test.want {
				t.Fatalf("%s: %+v", name, c)
			}
		}
		if c := a.Members[1].Condition; c.Topic != test.want {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestAnnouncedRestartIsNoState: a restart that a mark announced leaves the member's state alone; any other is named.
func TestAnnouncedRestartIsNoState(t *testing.T) {
	t.Parallel()
	for _, announced := range []bool{true, false} {
		s := newScene(t, 3, Options{})
		s.run(30*time.Second, nil)
		if announced {
			s.marks = []probe.Mark{{At: s.now, Text: "restart", Member: "etcd-2", Window: time.Minute}}
		}
		s.run(2*time.Second, nil)
		s.member(2).restart(s.now)
		a := s.run(20*time.Second, nil)
		want := "NOTE restart"
		if announced {
			want = "ok"
		}
		if got := a.Members[1].StateWords(); got != want {
			t.Errorf("announced %t: %q, want %q; %+v", announced, got, want, finding(&a, MemberRestarted, "etcd-2"))
		}
	}
}

// TestANoticeSaysOfWhat: of two members whose disks are over what is recommended, the one whose reads are found slow
// says so, and not of the disk, which is a recommendation for either.
func TestANoticeSaysOfWhat(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(13*time.Second, func() {
		s.work(50, 20*time.Millisecond)
		for i, m := range s.members {
			took := 10 * time.Millisecond
			if i == 1 {
				took = 150 * time.Millisecond
			}
			m.reads(s.now, took, took)
		}
	})
	if c := a.Members[1].Condition; c.Topic != "reads" || c.Level != Notice {
		t.Errorf("its reads are slow: %+v", c)
	}
	if c := a.Members[2].Condition; c.Topic != "" || a.Members[2].Mark(WALFsyncP99).Level != Notice {
		t.Errorf("its disk is over what is recommended: %+v", c)
	}
}
