package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestMemoryGrowth(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		from, to float64 // MiB
		level    Level
	}{
		{"half as much again, less a little", 1100, 1100*1.5 - 1, OK},
		{"half as much again", 1100, 1100 * 1.5, Notice},
		{"twice as much, less a little", 1100, 2200 - 1, Notice},
		{"twice as much", 1100, 2200, Warning},
		{"ten times as much of little", 50, 50 + 511, OK},
		{"of little, much", 50, 50 + 512, Warning},
		{"less", 4000, 1000, OK},
	}
	for _, test := range tests {
		s := newScene(t, 3, Options{})
		s.interval = 20 * time.Second
		m := s.member(2)
		m.metrics.ResidentBytes = probe.Known(test.from * mib)
		s.run(20*time.Minute, nil)
		m.metrics.ResidentBytes = probe.Known(test.to * mib)
		a := s.observe()
		f := finding(&a, MemoryGrowing, "etcd-2")
		if f.Level != test.level {
			t.Errorf("%s: %s %q, want %s", test.name, f.Level, f.Summary, test.level)
		}
		says(t, test.name, f.Summary)
		a = s.run(62*time.Minute, nil) // the old size is out of the window
		if f := finding(&a, MemoryGrowing, "etcd-2"); f.Rule != "" {
			t.Errorf("%s, more than an hour later: %q", test.name, f.Summary)
		}
	}
}

// TestYoungHeapGrows: what a process takes in its first minutes is what it needs.
func TestYoungHeapGrows(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.interval = 2 * time.Second
	m := s.member(2)
	s.run(5*time.Minute, nil)
	for range 2 {
		m.restart(s.now)
		m.metrics.ResidentBytes = probe.Known(20 * mib)
		for range 15 * 30 {
			if is := m.metrics.ResidentBytes.Or(0); is < 3*gib && s.now.Sub(epoch) < 40*time.Minute {
				m.metrics.ResidentBytes = probe.Known(min(is*1.1, 3*gib))
			}
			if a := s.observe(); finding(&a, MemoryGrowing, "etcd-2").Rule != "" {
				t.Fatalf("after %v: %s", s.now.Sub(epoch), finding(&a, MemoryGrowing, "etcd-2").Summary)
			}
		}
	}
}

func TestTextsOfTheProcess(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	m := s.member(2)
	m.metrics.OpenFDs, m.metrics.MaxFDs = probe.Known(900), probe.Known(1000)
	m.metrics.SlowWatchers, m.metrics.PendingEvents = probe.Known(3), probe.Known(1200)
	a := s.run(20*time.Second, nil)
	if f := finding(&a, WatchBacklog, "etcd-2"); f.Level != OK {
		t.Errorf("slow watchers for 20 s: %s", f.Summary)
	}
	a = s.run(11*time.Second, nil)
	for _, rule := range []RuleID{FDsExhausted, WatchBacklog} {
		if f := finding(&a, rule, "etcd-2"); f.Level < Notice {
			t.Errorf("%s: %s", rule, f.Level)
		}
		saysFinding(t, &a, rule, "etcd-2")
	}
	m.metrics.SlowWatchers = probe.Known(1)
	a = s.observe()
	says(t, "one slow watcher", finding(&a, WatchBacklog, "etcd-2").Summary)
}

func TestRestarts(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, nil)
	m := s.member(2)
	restarted := func(a Assessment) Finding { return finding(&a, MemberRestarted, "etcd-2") }
	m.restart(s.now)
	if f := restarted(s.run(2*time.Minute+time.Second, nil)); f.Level != Notice || f.Value != probe.Known(1) {
		t.Errorf("restarted: %s %q", f.Level, f.Summary)
	}
	if f := restarted(s.run(2*time.Minute+58*time.Second, nil)); f.Level != Notice {
		t.Errorf("restarted less than 5 m ago: %s", f.Level)
	}
	if f := restarted(s.run(2*time.Second, nil)); f.Rule != "" {
		t.Errorf("restarted more than 5 m ago: %s", f.Summary)
	}
	m.restart(s.now)
	if f := restarted(s.run(5*time.Minute, nil)); f.Level != Notice {
		t.Errorf("restarted twice: %s", f.Level)
	}
	m.restart(s.now)
	a := s.run(3*time.Second, nil)
	if f := restarted(a); f.Level != Warning || f.Value != probe.Known(3) {
		t.Errorf("restarted for the third time in 15 m: %s %v %q", f.Level, f.Value, f.Summary)
	} else {
		says(t, "three times", f.Summary)
	}
	if f := finding(&a, MemberRestarted, "etcd-1"); f.Rule != "" {
		t.Errorf("did not restart: %s", f.Summary)
	}
	if f := restarted(s.run(10*time.Minute, nil)); f.Rule != "" {
		t.Errorf("one of the three is 15 m ago, and the last 10 m: %s %q", f.Level, f.Summary)
	}
}

// TestStartedBeforeTheFirstSweep: a process that has started before watching began is no finding, however lately and
// however it is watched; when it started is known.
func TestStartedBeforeTheFirstSweep(t *testing.T) {
	t.Parallel()
	for _, ago := range []time.Duration{time.Second, 35 * time.Second, time.Hour} {
		for _, o := range []Options{{}, {Immediate: true}, {Immediate: true, SinceStart: true}} {
			s := newScene(t, 3, o)
			s.member(2).metrics.StartTime = probe.Known(float64(epoch.Add(-ago).Unix()))
			a := s.run(3*time.Second, nil)
			m := &a.Members[1]
			if f := finding(&a, MemberRestarted, "etcd-2"); f.Rule != "" || m.Restarts != 0 ||
				!m.Started.Equal(epoch.Add(-ago)) {
				t.Errorf("started %v ago: %q; %d restarts, at %s", ago, f.Summary, m.Restarts, m.Started)
			}
		}
	}
	s := newScene(t, 3, Options{})
	s.run(2*time.Second, nil)
	s.member(2).metrics.StartTime = probe.Value{} // not on every system
	a := s.observe()
	if f := finding(&a, MemberRestarted, "etcd-2"); f.Rule != "" {
		t.Errorf("%s %q", f.Level, f.Summary)
	}
}

// TestStartedBeforeAndAgain: the start before watching began is no restart, also once others are seen: two are two,
// and do not take the headline from a defragmentation.
func TestStartedBeforeAndAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).restart(epoch.Add(-35 * time.Second))
	s.run(10*time.Second, nil)
	s.member(2).restart(s.now)
	at := s.now
	a := s.run(3*time.Second, nil)
	if f := finding(&a, MemberRestarted, "etcd-2"); f.Level != Notice || f.Value != probe.Known(1) {
		t.Errorf("%+v, want one restart", f)
	}
	if m := &a.Members[1]; m.Restarts != 1 || !m.Started.Equal(at) {
		t.Errorf("%d restarts, the last at %s, want 1 at %s", m.Restarts, m.Started, at)
	}
	s.member(2).restart(s.now)
	s.member(3).metrics.DefragInflight = probe.Known(1)
	a = s.run(3*time.Second, nil)
	f := finding(&a, MemberRestarted, "etcd-2")
	says(t, "", f.Summary)
	wantReading(t, &a, CauseDefragRunning)
	s.member(2).restart(s.now)
	if a = s.run(8*time.Second, nil); finding(&a, MemberRestarted, "etcd-2").Level != Warning {
		t.Errorf("three restarts: %+v", finding(&a, MemberRestarted, "etcd-2"))
	}
	wantReading(t, &a, CauseDefragRunning)
}
