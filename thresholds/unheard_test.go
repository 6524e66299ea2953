package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// hears advances time by an interval in which the leader receives raft messages from its peers, except the mute ones.
func (s *scene) hears(leader int, mute ...int) {
	peers := s.links(s.member(leader))
	for i, m := range s.members {
		p, is := peers[m.id]
		if !is {
			continue
		}
		was := s.member(leader).metrics.Peers[m.id].ReceivedBytes.Or(1000)
		p.ReceivedBytes = probe.Known(was + 500)
		for _, other := range mute {
			if other == i+1 {
				p.ReceivedBytes = probe.Known(was)
			}
		}
		peers[m.id] = p
	}
	s.member(leader).metrics.Peers = peers
}

// TestUnheardFollower: a follower's messages do not reach the leader, while it hears the leader and answers as usual.
// It acknowledges nothing, so the other two are both needed.
func TestUnheardFollower(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(30*time.Second, func() { s.work(50, time.Millisecond); s.hears(1) })
	if a.Level != OK || a.Cluster.HealthyVoters != 3 {
		t.Fatalf("before: %s, %d healthy: %s", a.Level, a.Cluster.HealthyVoters, a.Reading.Text)
	}
	mute := func() { s.work(50, time.Millisecond); s.hears(1, 2) }
	if a = s.run(3*time.Second, mute); a.Cluster.HealthyVoters != 3 || verdicts(&a)[0] != LossUnknown ||
		verdicts(&a)[2] != LossUnknown {
		t.Errorf("after less than an election timeout %d are healthy, and the verdicts are %v", a.Cluster.HealthyVoters,
			verdicts(&a))
	}
	a = s.run(3*time.Second, mute)
	if got := verdicts(&a); got[0] != LossNo || got[2] != LossNo || a.Members[1].Healthy {
		t.Errorf("verdicts %v, etcd-2 healthy %v: %s", got, a.Members[1].Healthy, a.Members[0].CanLose.Reason)
	}
	a = s.run(10*time.Second, mute)
	if a.Level < Warning {
		t.Errorf("%s: %s", a.Level, a.Reading.Text)
	}
	wantReading(t, &a, CauseLinkCut)
	saysReading(t, &a)
	says(t, "evidence", strings.Join(a.Reading.EvidenceTexts(), "; "))
	a = s.run(3*time.Second, func() { s.work(50, time.Millisecond); s.hears(1) })
	if a.Cluster.HealthyVoters != 3 {
		t.Errorf("once it is heard again %d are healthy", a.Cluster.HealthyVoters)
	}
}

// TestSilenceOfALeaderSaysNothing: only a leader receives messages all the time. Silence proves nothing about a new
// leader, with old metrics, or with metrics that do not count bytes.
func TestSilenceOfALeaderSaysNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*scene){
		"a follower hears nothing from another one": func(s *scene) { s.hears(1); s.hears(3, 2) },
		"the metrics count no bytes": func(s *scene) {
			s.member(1).metrics.Peers, s.member(1).countsNoBytes = s.links(s.member(1)), true
		},
		"the leader's metrics can't be read": func(s *scene) { s.member(1).noMetrics = errRefused },
	}
	for name, live := range tests {
		s := newScene(t, 3, Options{})
		s.run(10*time.Second, func() { s.work(50, time.Millisecond); s.hears(1) })
		a := s.run(30*time.Second, func() { s.work(50, time.Millisecond); live(s) })
		if a.Cluster.HealthyVoters != 3 {
			t.Errorf("%s: %d are healthy", name, a.Cluster.HealthyVoters)
		}
		if got := a.Members[1].CanLose; (got.Verdict == LossSafe) != strings.HasPrefix(name, "a follower") {
			t.Errorf("%s: losing etcd-2: %+v", name, got)
		}
	}
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, func() { s.work(50, time.Millisecond); s.hears(1); s.hears(2, 3) })
	s.elect(s.member(2).id)
	if a := s.run(3*time.Second, func() { s.hears(2, 3) }); a.Cluster.HealthyVoters != 3 {
		t.Errorf("a leader of 3 s: %d are healthy", a.Cluster.HealthyVoters)
	}
}

// TestNeverHeard: a joining member is listed before it serves. One that never does is found after the longest
// election timeout; a check does not wait for that.
func TestNeverHeard(t *testing.T) {
	t.Parallel()
	level := func(s *scene, d time.Duration) Level {
		a := s.run(d, func() { s.work(5, quickFsync) })
		f := finding(&a, MemberLate, "etcd-4")
		return f.Level
	}
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, func() { s.work(5, quickFsync) })
	newcomer := s.add("etcd-4")
	newcomer.learner, newcomer.status.IsLearner, newcomer.hung = true, true, s.now
	if got := level(s, 4*time.Second); got != Notice {
		t.Errorf("while it starts: %s", got)
	}
	if got := level(s, 3*time.Second); got != Warning {
		t.Errorf("when it does not answer: %s", got)
	}
	check := newScene(t, 3, Options{Immediate: true})
	check.add("etcd-4").hung = check.now
	if got := level(check, 3*time.Second); got != Warning {
		t.Errorf("in a check: %s", got)
	}
}

// TestLeaderIsNoPeerOfItsOwn: messages queued for a leader count as received from itself once their receiver leads.
// That they stop proves nothing.
func TestLeaderIsNoPeerOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(30*time.Second, func() {
		s.work(50, time.Millisecond)
		s.hears(1)
		s.peer(1, 1, func(p *probe.PeerMetrics) { p.ReceivedBytes, p.Active = probe.Known(108), probe.Known(0) })
	})
	if a.Level != OK || a.Cluster.HealthyVoters != 3 || verdicts(&a)[1] != LossSafe {
		t.Errorf("%s, %d healthy, %v: %s", a.Level, a.Cluster.HealthyVoters, verdicts(&a), a.Reading.Text)
	}
}

// TestHeardInACheck: a check that has not seen the leader hear a follower does not count on that one, and sweeps
// again.
func TestHeardInACheck(t *testing.T) {
	t.Parallel()
	for _, mute := range []bool{false, true} {
		s := newScene(t, 3, Options{Immediate: true})
		s.interval = 300 * time.Millisecond
		a := s.run(8*time.Second, func() { s.hears(1) })
		if a.Await != AwaitNothing {
			t.Errorf("all are heard: waits for %d", a.Await)
		}
		s = newScene(t, 3, Options{Immediate: true})
		s.interval = 300 * time.Millisecond
		a = s.run(600*time.Millisecond, func() {
			if mute {
				s.hears(1, 2)
			} else {
				s.hears(1)
			}
		})
		if got := verdicts(&a); (got[2] != LossSafe) != mute || (a.Await == AwaitAnswers) != mute {
			t.Errorf("etcd-2 is not heard %v: %v, waits for %d", mute, got, a.Await)
		}
		if !mute {
			continue
		}
		a = s.run(6*time.Second, func() { s.hears(1, 2) })
		if got := verdicts(&a); got[2] != LossNo || a.Reading.Cause != CauseLinkCut {
			t.Errorf("after 6 s: %v, %s: %s", got, a.Reading.Cause, a.Reading.Text)
		}
	}
}

// TestYoungFollowersThatAreNotConnected: the connections of a new process show that members hear each other. Without
// one that is unknown, whatever round trips there were before.
func TestYoungFollowersThatAreNotConnected(t *testing.T) {
	t.Parallel()
	for _, connected := range []bool{true, false} {
		s := newScene(t, 3, Options{Immediate: true})
		s.run(10*time.Second, nil)
		s.member(2).restart(s.now)
		if !connected {
			s.peer(2, 3, active(0))
			s.peer(3, 2, active(0))
		}
		a := s.run(3*time.Second, nil)
		if got := a.Members[0].CanLose; (got.Verdict == LossSafe) != connected {
			t.Errorf("connected %v: %+v", connected, got)
		}
	}
}
