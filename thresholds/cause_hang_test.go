package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// write lets the cluster commit n entries in an interval. All members but those at the given places write them, and
// hear the leader.
func (s *scene) write(n float64, without ...int) {
	leader := s.leading()
	for i, m := range s.members {
		if i != leader {
			s.peer(i+1, leader+1, func(p *probe.PeerMetrics) {
				p.ReceivedBytes = probe.Known(p.ReceivedBytes.Or(0) + 100 + 1000*n)
			})
			m.metrics.HasLeader = probe.Known(1)
		}
		if slices.Contains(without, i+1) {
			continue
		}
		m.metrics.ProposalsCommitted = m.metrics.ProposalsCommitted.Plus(probe.Known(n))
		m.metrics.ProposalsApplied = m.metrics.ProposalsApplied.Plus(probe.Known(n))
		m.status.RaftIndex = m.status.RaftIndex + uint64(n)
		m.status.RaftAppliedIndex = m.status.RaftAppliedIndex + uint64(n)
		m.fsync(n, quickFsync)
		m.commit(n, quickFsync)
	}
}

// leading returns the place of the member that the newest term has for its leader.
func (s *scene) leading() (place int) {
	newest := slices.MaxFunc(s.members,
		func(a, b *actor) int { return int(a.status.RaftTerm) - int(b.status.RaftTerm) })
	return slices.IndexFunc(s.members, func(m *actor) bool { return m.id == newest.status.Leader })
}

// lead makes a member the leader according to all but one.
func (s *scene) lead(to, unaware int) {
	was := *s.member(unaware)
	s.elect(s.member(to).id)
	s.member(unaware).status, s.member(unaware).metrics.LeaderChanges = was.status, was.metrics.LeaderChanges
	for i, m := range s.members {
		m.metrics.IsLeader = probe.Known(0)
		if i+1 == to || i+1 == unaware {
			m.metrics.IsLeader = probe.Known(1)
		}
		m.metrics.HasLeader = probe.Known(1)
	}
}

// readsWait lets all reads succeed except those through one member, which wait.
func (s *scene) readsWait(at int) {
	for _, m := range s.members {
		m.reads(s.now, 10*time.Millisecond, 5*time.Millisecond)
	}
	s.member(at).reads(s.now, 5*time.Second, 5*time.Millisecond)
}

// TestHungDisk: dashboard and check name the disk whose fsync does not return, however much is written, and nothing
// claims that no disk is slow.
func TestHungDisk(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"watched": {}, "a check": {Immediate: true, Window: 10 * time.Second}} {
		for _, writes := range []float64{1, 20, 200} {
			for _, leads := range []bool{false, true} {
				s := newScene(t, 3, o)
				if !o.Immediate {
					s.run(20*time.Second, func() { s.write(writes) })
				}
				victim := 2
				if leads {
					victim = 1
					s.lead(3, 1)
				}
				a := s.run(8*time.Second, func() {
					s.write(writes, victim)
					s.readsWait(victim)
					pending := &s.member(victim).metrics.ProposalsPending
					*pending = pending.Plus(probe.Known(1))
				})
				label := s.member(victim).name
				wantReading(t, &a, CauseSlowDisk)
				wantBlamed(t, &a, label)
				says(t, fmt.Sprintf("%s, %g writes, the leader %t", name, writes, leads), a.Reading.Text)
				if f := finding(&a, WALFsyncSlow, label); f.Level != Critical {
					t.Errorf("%s, %g writes: %+v", name, writes, f)
				}
				if text := strings.Join(a.Reading.EvidenceTexts(), "; "); strings.Contains(text, "no disk is slow") {
					t.Errorf("%s, %g writes: %s", name, writes, text)
				}
				for i := range a.Members {
					if i != victim-1 && a.Members[i].CanLose.Verdict == LossSafe {
						t.Errorf("%s, %g writes: losing %s is safe", name, writes, a.Members[i].Label)
					}
				}
			}
		}
	}
}

// TestHungDiskIsPartOfWhatIsNotClear: until a hung disk is certain, no other cause is blamed alone.
func TestHungDiskIsPartOfWhatIsNotClear(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true, Window: 10 * time.Second})
	s.run(3*time.Second, func() { s.write(20) })
	var a Assessment
	for range 2 {
		s.write(20, 2)
		s.readsWait(2)
		a = s.observe()
	}
	if a.Await != AwaitAnswers {
		t.Errorf("a check waits for %v", a.Await)
	}
	if a.Reading.Cause != CauseSlowDisk && !slices.Contains(a.Reading.Candidates, CauseSlowDisk) {
		t.Errorf("%s %q: %s", a.Reading.Cause, a.Reading.Candidates, a.Reading.Text)
	}
}

// TestNotAHungDisk: a member that writes nothing for another reason has no hung disk, and its disk is unknown.
func TestNotAHungDisk(t *testing.T) {
	t.Parallel()
	stall := func(s *scene) { // the leader's messages do not arrive
		was := s.member(2).metrics.Peers[s.member(1).id].ReceivedBytes
		s.write(20, 2)
		s.peer(2, 1, func(p *probe.PeerMetrics) { p.ReceivedBytes = was })
	}
	tests := map[string]func(*scene){
		"its link is cut": func(s *scene) {
			stall(s)
			s.member(2).metrics.HasLeader, s.member(2).status.Leader = probe.Known(0), 0
		},
		"what comes from the leader is stalled": stall,
		"it is stopped": func(s *scene) {
			s.write(20, 2)
			if s.member(2).hung.IsZero() {
				s.member(2).hung = s.now
			}
		},
		"it is CPU-starved": func(s *scene) {
			s.write(20, 2)
			s.member(2).answersIn(800 * time.Millisecond)
		},
		"it is sent a snapshot": func(s *scene) {
			s.write(20, 2)
			s.peer(1, 2, func(p *probe.PeerMetrics) { p.SnapshotSendsInflight = probe.Known(1) })
		},
		"it takes a snapshot in": func(s *scene) {
			s.write(20, 2)
			s.member(2).metrics.SnapshotApplyInProgress = probe.Known(1)
		},
		"nobody writes": func(s *scene) { s.write(0) },
		"it wrote all":  func(s *scene) { s.write(0); s.readsWait(2) },
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			for _, o := range []Options{{}, {Immediate: true, Window: 10 * time.Second}} {
				s := newScene(t, 3, o)
				s.run(20*time.Second, func() {
					s.write(20)
					for _, m := range s.members {
						m.answersIn(4 * time.Millisecond)
					}
				})
				a := s.run(12*time.Second, func() { act(s) })
				if a.Reading.Cause == CauseSlowDisk || slices.Contains(a.Reading.Candidates, CauseSlowDisk) {
					t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
				}
				if f := finding(&a, WALFsyncSlow, "etcd-2"); f.Level > Unknown {
					t.Errorf("%s %s", f.Level, f.Summary)
				}
				if text := strings.Join(a.Reading.EvidenceTexts(), "; "); strings.Contains(text, "no disk is slow") {
					t.Errorf("of the disk of etcd-2 nothing is known, and yet: %s", text)
				}
			}
		})
	}
}

// TestCutOffIsNoHungDisk: a member that was cut off lacks what the others have written meanwhile, and has seen a leader
// since: its log has waited for no disk.
func TestCutOffIsNoHungDisk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.write(20) })
	s.write(20, 2)
	s.observe() // it is behind for a moment
	m := s.member(2)
	m.noMetrics = errRefused
	s.run(15*time.Second, func() { s.write(20, 2) })
	m.noMetrics, m.metrics.LeaderChanges = nil, m.metrics.LeaderChanges.Plus(probe.Known(1))
	s.write(20, 2)
	a := s.observe()
	if f := finding(&a, WALFsyncSlow, "etcd-2"); f.Level > Unknown {
		t.Errorf("%s %s", f.Level, f.Summary)
	}
	for i := range a.Members {
		if strings.Contains(a.Members[i].CanLose.Reason, "fsync") {
			t.Error(a.Members[i].CanLose.Reason)
		}
	}
}

// TestHungDiskOfTheLeaderInDumps: the leader's fsync counts stand still while its pending proposals grow, and its
// peers write.
func TestHungDiskOfTheLeaderInDumps(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{15 * time.Second, time.Minute} {
		d := newDumped(t, Options{})
		d.interval = step
		d.run(5, func() { d.work(50, quickFsync) })
		a := d.run(7, func() {
			for _, m := range d.members[1:] {
				m.fsync(50, quickFsync)
				m.commit(50, quickFsync)
			}
			d.member(1).metrics.ProposalsPending = d.member(1).metrics.ProposalsPending.Plus(probe.Known(40))
		})
		wantReading(t, &a, CauseSlowDisk)
		says(t, fmt.Sprintf("%v apart", step), a.Reading.Text)
		wantBlamed(t, &a, "etcd-1")
	}
}

// TestDefragmentationIsNoHungDisk: a leader under defragmentation applies nothing, and its clients wait.
func TestDefragmentationIsNoHungDisk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.write(20) })
	a := s.run(10*time.Second, func() {
		s.member(1).metrics.IsLeader, s.member(1).metrics.ProposalsPending = probe.Known(1), probe.Known(20)
		s.member(1).metrics.DefragInflight = probe.Known(1)
	})
	if f := finding(&a, WALFsyncSlow, "etcd-1"); f.Level > Unknown {
		t.Errorf("%s %s", f.Level, f.Summary)
	}
}
