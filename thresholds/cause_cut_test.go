package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestCutLinks cuts the link between two followers, that of a follower and the leader, and all links of a follower.
func TestCutLinks(t *testing.T) {
	t.Parallel()
	cut := func(s *scene, a, b int) {
		s.peer(a, b, active(0))
		s.peer(b, a, active(0))
	}
	write := func(s *scene, without int) {
		for i, m := range s.members {
			if i+1 != without {
				m.fsync(50, quickFsync)
				m.status.RaftIndex += 50
				m.status.RaftAppliedIndex += 50
			}
		}
	}
	tests := map[string]struct {
		act   func(*scene)
		cause Cause
	}{
		"two followers":   {func(s *scene) { write(s, 0); cut(s, 2, 3) }, CauseLinkCut},
		"one end says so": {func(s *scene) { write(s, 0); s.peer(2, 3, active(0)) }, CauseLinkCut},
		"leader and follower": {func(s *scene) { write(s, 3); cut(s, 1, 3); s.member(3).status.Leader = 0 },
			CauseLinkCut},
		"around a follower": {func(s *scene) {
			write(s, 3)
			cut(s, 1, 3)
			cut(s, 2,
				3)
			s.member(3).status.Leader = 0
		}, CauseCutOff},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(20*time.Second, func() { write(s, 0) })
			var a Assessment
			for range 60 { // from the first alarm on, no other cause
				test.act(s)
				if a = s.observe(); a.Level >= Warning && a.Reading.Cause != test.cause {
					t.Fatalf("blames %s (%s) meanwhile; alarms %q", a.Reading.Cause, a.Reading.Text, alarming(&a))
				}
			}
			wantReading(t, &a, test.cause)
			saysReading(t, &a)
			others := slices.DeleteFunc(alarming(&a), func(alarm string) bool { return alarm == "quorum-at-risk " })
			if len(others) != 1 {
				t.Errorf("alarms %q, want one of the cut", others)
			}
		})
	}
}

// TestCutOffLearner: if the leader has no connection with a learner, that is the learner's impairment and nobody
// else's.
func TestCutOffLearner(t *testing.T) {
	t.Parallel()
	s := newScene(t, 4, Options{})
	learner := s.member(4)
	learner.learner, learner.status.IsLearner = true, true
	a := s.run(100*time.Second, func() {
		for i, m := range s.members[:3] {
			m.fsync(50, quickFsync)
			m.status.RaftIndex += 50
			m.status.RaftAppliedIndex += 50
			if s.now.Sub(epoch) > 20*time.Second {
				s.peer(i+1, 4, active(0)) // its own gauge claims to be connected
			}
		}
		if s.now.Sub(epoch) <= 20*time.Second {
			learner.status.RaftIndex = s.member(1).status.RaftIndex
			learner.status.RaftAppliedIndex = s.member(1).status.RaftIndex
		}
	})
	wantReading(t, &a, CauseLearner)
	saysReading(t, &a)
	if n := len(alarming(&a)); n != 1 {
		t.Errorf("alarms %q, want one", alarming(&a))
	}
	for i := range a.Members {
		if lose := a.Members[i].CanLose; lose.Verdict != LossSafe {
			t.Errorf("losing %s: %+v, want safe: the learner has no vote", a.Members[i].Label, lose)
		}
	}
}

// TestPeersKnowBetter: if its peers still hear a member, it is only out of our reach.
func TestPeersKnowBetter(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(2).down = &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
	a := s.run(20*time.Second, func() {
		s.peer(1, 2, active(1))
		s.peer(3, 2, active(1))
	})
	wantReading(t, &a, CauseMemberDown)
	saysReading(t, &a)
}

// TestUnansweredProbes: etcd checks its probes of a peer every 5 s while they go unanswered, and every 30 s
// otherwise. Two followers that stop hearing each other stay connected, and could elect neither of them without the
// leader.
func TestUnansweredProbes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		healthy, trip time.Duration
	}{
		"since they began": {0, 0}, "since a while": {90 * time.Second, 2 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.elect(s.member(1).id)
			began := s.now
			trips := func(every int64, trip time.Duration) func() {
				return func() {
					s.work(20, quickFsync)
					second := int64(s.now.Sub(began).Seconds())
					if second%30 == 5 {
						s.rtt(1, 2, 2*time.Millisecond)
						s.rtt(1, 3, 2*time.Millisecond)
					}
					if second%every == 0 {
						s.rtt(2, 3, trip)
					}
				}
			}
			if test.healthy > 0 {
				if a := s.run(test.healthy, trips(30, 2*time.Millisecond)); a.Level != OK ||
					verdicts(&a)[0] != LossSafe {
					t.Fatalf("before: %s, %v: %s", a.Level, verdicts(&a), a.Reading.Text)
				}
			}
			a := s.run(60*time.Second, trips(5, test.trip))
			wantReading(t, &a, CauseLinkCut)
			saysReading(t, &a)
			if a.Level < Warning || verdicts(&a)[0] != LossNo || a.Cluster.Tolerance() != probe.Known(0.0) {
				t.Errorf("%s, %s, the leader: %s, %s", a.Level, a.Cluster.Margin, verdicts(&a)[0],
					a.Members[0].CanLose.Reason)
			}
			says(t, "evidence", strings.Join(a.Reading.EvidenceTexts(), "; "))
			if test.healthy > 0 {
				a = s.run(60*time.Second, trips(30, 2*time.Millisecond))
				if a.Level >= Warning || verdicts(&a)[0] != LossSafe {
					t.Errorf("after it: %s, %v: %s", a.Level, verdicts(&a), a.Reading.Text)
				}
			}
		})
	}
}

// TestProbesOfAMemberThatWasDown: probes went unanswered while the member was down, which proves nothing about now.
func TestProbesOfAMemberThatWasDown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	began := s.now
	trips := func(every int64) func() {
		return func() {
			s.work(20, quickFsync)
			if int64(s.now.Sub(began).Seconds())%every == 0 {
				s.rtt(1, 2, 2*time.Millisecond)
				s.rtt(1, 3, 2*time.Millisecond)
				s.rtt(2, 3, 2*time.Millisecond)
			}
		}
	}
	s.run(40*time.Second, trips(30))
	s.member(3).down = errRefused
	s.run(40*time.Second, trips(5))
	s.member(3).down = nil
	back := s.now
	s.run(90*time.Second, func() {
		trips(30)()
		if p := s.evaluator.previous; s.now.Sub(back) > 3*time.Second {
			for _, m := range []string{"etcd-1", "etcd-2", "etcd-3"} {
				if f := finding(p, PeerDisconnected, m); f.Level >= Warning {
					t.Fatalf("%v after it: %s", s.now.Sub(back), f.Summary)
				}
			}
		}
	})
}

// TestLostPeerThatCannotBeAsked: of members that all advertise the same URL, one has lost its connection with another,
// which may not run: that can't be seen from here, and its host comes first.
func TestLostPeerThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.elsewhere(2, 3)
	run := func() Assessment {
		return s.run(time.Minute, func() { s.work(50, time.Millisecond); s.member(1).read = s.now })
	}
	run()
	lost := s.member(1).metrics.Peers
	lost[s.member(3).id] = probe.PeerMetrics{Active: probe.Known(0), Disconnected: probe.Known(1)}
	a := run()
	says(t, "", a.Reading.Text+"\n"+a.Reading.Next)
	if a.Reading.Cause != CauseLinkCut || !strings.HasPrefix(a.Reading.Next, "See on the host of etcd-3") ||
		strings.Contains(a.Reading.Next, "the other members") ||
		!strings.Contains(a.Reading.Text, "From here it can't be seen whether etcd-3 runs") {
		t.Errorf("%s: %s\n%s", a.Reading.Cause, a.Reading.Text, a.Reading.Next)
	}
}
