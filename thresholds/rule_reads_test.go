package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// reading is a scene whose members answer reads every 5 seconds; the second one as act says, the others fast.
func reading(t *testing.T, d time.Duration, act func(s *scene, m *actor)) Assessment {
	s := newScene(t, 3, Options{})
	n := 0
	return s.run(d, func() {
		for i, m := range s.members {
			if n%5 == 0 {
				m.reads(s.now, 12*time.Millisecond, 4*time.Millisecond)
			}
			if i == 1 {
				act(s, m)
			}
		}
		n++
	})
}

// TestReadsThatWaitedForALeader do not say that reads wait, once there is one again; those that wait after that do.
func TestReadsThatWaitedForALeader(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, nil)
	wait := func(d time.Duration, perSecond float64) Finding {
		s.run(d, func() {
			m := &s.member(2).metrics
			m.SlowReadIndexes = m.SlowReadIndexes.Plus(probe.Known(perSecond))
		})
		return finding(s.evaluator.previous, ReadIndexesSlow, "etcd-2")
	}
	s.elect(0)
	wait(20*time.Second, 1)
	s.elect(s.member(1).id)
	for range 90 {
		if f := wait(time.Second, 0); f.Rule != "" && f.Level != Unknown {
			t.Fatalf("there is a leader again: %s %q", f.Level, f.Summary)
		}
	}
	if f := wait(10*time.Second, 1); f.Level != Notice {
		t.Errorf("reads wait now: %s %q, want a notice", f.Level, f.Summary)
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	timeout := &probe.Error{Kind: probe.ErrTimeout, Text: "http://etcd-2:2379: no answer in 5 s"}
	tests := []struct {
		name                       string
		act                        func(s *scene, m *actor)
		linearizable, serializable Level
	}{
		{"fast", func(*scene, *actor) {}, OK, OK},
		{"slow", func(_ *scene, m *actor) { m.linearizable.Took = 1200 * ms }, Warning, OK},
		{"slow alone", func(_ *scene, m *actor) { m.linearizable.Took, m.serializable.Took = 1200*ms, 1150*ms },
			Warning, Warning},
		{"far away", func(_ *scene, m *actor) {
			m.far, m.linearizable.Took, m.serializable.Took = 300*ms, 320*ms, 303*ms
		}, OK, OK},
		{"far away and slow", func(_ *scene, m *actor) { m.far, m.linearizable.Took = 300*ms, 800*ms }, Notice, OK},
		{"fails in time", func(_ *scene, m *actor) { m.linearizable.Took, m.linearizable.Err = 5*time.Second, timeout },
			Critical, OK},
		{"fails at once, lately", func(_ *scene, m *actor) {
			m.linearizable.Took = ms
			m.linearizable.Err = &probe.Error{Kind: probe.ErrNoLeader, Text: "etcd-2: leader changed"}
		}, OK, OK},
		{"fails at once", func(_ *scene, m *actor) {
			m.linearizable.At = time.Time{}
			m.linearizable.Took = ms
			m.linearizable.Err = &probe.Error{Kind: probe.ErrOther, Text: "etcd-2: request is too large"}
		}, Unknown, OK},
		{"is under way", func(_ *scene, m *actor) { m.linearizable.Pending = epoch }, Critical, OK},
		{"was never answered", func(_ *scene, m *actor) { m.linearizable = probe.Fact[probe.Read]{Pending: epoch} },
			Critical, OK},
		{"has just been asked", func(s *scene, m *actor) {
			m.linearizable = probe.Fact[probe.Read]{Pending: s.now.Add(-100 * ms)}
		}, Unknown, OK},
		{"stale", func(_ *scene, m *actor) { m.linearizable.At = epoch }, Unknown, OK},
		{"not asked", func(_ *scene, m *actor) {
			m.linearizable, m.serializable = probe.Fact[probe.Read]{}, probe.Fact[probe.Read]{}
		}, OK, OK},
		{"a learner's", func(_ *scene, m *actor) {
			m.learner = true
			m.status.IsLearner = true
			m.linearizable = probe.Fact[probe.Read]{Err: &probe.Error{Kind: probe.ErrUnsupported}}
		}, OK, OK},
		{"denied", func(_ *scene, m *actor) {
			m.linearizable.Err = &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
			m.linearizable.Took = 3 * time.Second
		}, Critical, OK},
		{"no word on Status", func(_ *scene, m *actor) {
			m.down, m.linearizable.Took = &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}, 1500*ms
		}, Warning, OK},
		{"down", func(_ *scene, m *actor) { m.down = errRefused }, Unknown, Unknown},
	}
	for _, test := range tests {
		a := reading(t, 20*time.Second, test.act)
		f := finding(&a, LinearizableReadSlow, "etcd-2")
		if f.Level != test.linearizable {
			t.Errorf("%s: linearizable %s %q, want %s", test.name, f.Level, f.Summary, test.linearizable)
		}
		says(t, test.name, f.Summary)
		if f := finding(&a, SerializableReadSlow, "etcd-2"); f.Level != test.serializable {
			t.Errorf("%s: serializable %s %q, want %s", test.name, f.Level, f.Summary, test.serializable)
		}
		if f := finding(&a, LinearizableReadSlow, "etcd-1"); f.Rule != "" {
			t.Errorf("%s: etcd-1 is fast, and its level is %s: %s", test.name, f.Level, f.Summary)
		}
	}
}

// TestOneSlowReadIsNone: reads come every 5 s, and the rule needs more than two slow ones in a row.
func TestOneSlowReadIsNone(t *testing.T) {
	t.Parallel()
	a := reading(t, 40*time.Second, func(s *scene, m *actor) {
		if slow := s.now.Sub(epoch); slow >= 20*time.Second && slow < 30*time.Second {
			m.linearizable.Took = 3 * time.Second
		}
		if before := s.evaluator.previous; before != nil {
			if f := finding(before, LinearizableReadSlow, "etcd-2"); f.Rule != "" {
				t.Errorf("after %v: %s", s.now.Sub(epoch), f.Summary)
			}
		}
	})
	if f := finding(&a, LinearizableReadSlow, "etcd-2"); f.Rule != "" {
		t.Errorf("in the end: %s", f.Summary)
	}
}

// TestReadsThatAreConsequences: the finding that inhibits a slow read.
func TestReadsThatAreConsequences(t *testing.T) {
	t.Parallel()
	slow := func(m *actor) { m.linearizable.Took, m.serializable.Took = 3*time.Second, 4*time.Millisecond }
	tests := map[RuleID]func(s *scene, m *actor){
		"":                   func(_ *scene, m *actor) { slow(m) },
		NoLeader:             func(_ *scene, m *actor) { slow(m); m.status.Leader = 0 },
		DefragRunning:        func(_ *scene, m *actor) { slow(m); m.metrics.DefragInflight = probe.Known(1) },
		SerializableReadSlow: func(_ *scene, m *actor) { slow(m); m.serializable.Took = 3 * time.Second },
	}
	for inhibitor, act := range tests {
		a := reading(t, 20*time.Second, act)
		if f := finding(&a, LinearizableReadSlow, "etcd-2"); f.Level != Critical || f.InhibitedBy != inhibitor {
			t.Errorf("%s inhibited by %q, want critical inhibited by %q", f.Level, f.InhibitedBy, inhibitor)
		}
	}
}

// TestFirstReadWaitsForTheConnection, as Status does, which does not make the member slow.
func TestFirstReadWaitsForTheConnection(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	for _, m := range s.members {
		m.far = 400 * time.Millisecond // name, TCP, TLS, and the request
		m.reads(s.now, 430*time.Millisecond, 405*time.Millisecond)
	}
	s.observe()
	for _, m := range s.members {
		m.far = 80 * time.Millisecond
	}
	a := s.observe()
	for _, f := range a.Findings {
		if f.Rule == LinearizableReadSlow || f.Rule == SerializableReadSlow {
			t.Error(f.Summary)
		}
	}
}

// TestFollowerLag lets a member fall behind a leader that commits 1000 entries a second.
func TestFollowerLag(t *testing.T) {
	t.Parallel()
	behind := func(s *scene, keepsUp float64) {
		s.member(1).status.RaftIndex += 1000
		s.member(3).status.RaftIndex += 1000
		s.member(2).status.RaftIndex += uint64(1000 * keepsUp)
	}
	lag := func(a *Assessment) Finding { return finding(a, FollowerLagging, "etcd-2") }
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { behind(s, 1) })
	levels := map[time.Duration]Level{}
	for i := range 90 {
		behind(s, 0.9) // 100 entries a second: at the notice after 10 s, at the warning after 50 s, both held for 10 s
		a := s.observe()
		levels[time.Duration(i+1)*time.Second] = lag(&a).Level
	}
	for after, want := range map[time.Duration]Level{
		19 * time.Second: OK, 20 * time.Second: Notice, 59 * time.Second: Notice, 60 * time.Second: Warning,
		90 * time.Second: Warning,
	} {
		if levels[after] != want {
			t.Errorf("after %v: %s, want %s", after, levels[after], want)
		}
	}
	a := s.run(60*time.Second, func() { behind(s, 1) })
	if f := lag(&a); f.Rule != "" {
		t.Errorf("9000 entries behind, no further: %s", f.Summary)
	}
	a = s.run(25*time.Second, func() { behind(s, 0) })
	if f := lag(&a); f.Level != Warning || f.InhibitedBy != FollowerStuck {
		t.Errorf("is stuck: %s inhibited by %q, want a warning inhibited by follower-stuck", f.Level, f.InhibitedBy)
	}
	if f := finding(&a, FollowerLagging, "etcd-3"); f.Rule != "" {
		t.Errorf("keeps up: %s", f.Summary)
	}
}

// TestFollowerLagWithoutItsLeader is unknown, and not the follower's fault.
func TestFollowerLagWithoutItsLeader(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		act       func(s *scene)
		level     Level
		inhibitor RuleID
		ofMember  string
	}{
		"down": {func(s *scene) { s.member(1).down = errRefused }, Unknown, MemberUnreachable, "etcd-1"},
		"late": {func(s *scene) { s.member(1).hung = s.now }, Unknown, MemberLate, "etcd-1"},
		"none": {func(s *scene) { s.elect(0) }, Unknown, NoLeader, ""},
		"a learner's": {func(s *scene) {
			s.member(2).learner, s.member(2).status.IsLearner = true, true
			s.member(1).down = errRefused
		}, OK, "", ""},
		"not looked at": {func(s *scene) {
			s.member(2).status.Leader = 0xdead
			s.member(1).status.Leader, s.member(3).status.Leader = 0xdead, 0xdead
		}, OK, "", ""},
	}
	for name, test := range tests {
		s := newScene(t, 3, Options{})
		s.run(5*time.Second, nil)
		test.act(s)
		a := s.run(3*time.Second, nil)
		f := finding(&a, FollowerLagging, "etcd-2")
		if f.Level != test.level || f.InhibitedBy != test.inhibitor || f.InhibitedByMember.Label != test.ofMember {
			t.Errorf("%s: %s %q inhibited by %q of %q, want %s inhibited by %q of %q", name, f.Level, f.Summary,
				f.InhibitedBy, f.InhibitedByMember.Label, test.level, test.inhibitor, test.ofMember)
		}
		if (f.Level == Unknown) != (f.Why != "") {
			t.Errorf("%s: %s for %q", name, f.Level, f.Why)
		}
	}
}
