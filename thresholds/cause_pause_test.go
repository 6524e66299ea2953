package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// writeWith lets all members write and be heard by the leader, but those that stand still.
func (s *scene) writeWith(still ...int) {
	s.write(50, still...)
	leader := s.leading() + 1
	for i := range s.members {
		if at := i + 1; at != leader {
			s.peer(leader, at, func(p *probe.PeerMetrics) {
				if !slices.Contains(still, at) {
					p.ReceivedBytes = probe.Known(p.ReceivedBytes.Or(1000) + 500)
				}
			})
		}
	}
}

// pause lets a member stand still for some sweeps, in which the others commit entries.
func (s *scene) pause(member, sweeps int, each func(*Assessment)) {
	s.member(member).hung = s.now
	for range sweeps {
		s.writeWith(member)
		a := s.observe()
		each(&a)
	}
	s.member(member).hung = time.Time{}
}

// levelWith lets a member have all that another one has.
func (m *actor) levelWith(other *actor) {
	m.status.RaftIndex, m.status.RaftAppliedIndex = other.status.RaftIndex, other.status.RaftAppliedIndex
	m.metrics.ProposalsCommitted, m.metrics.ProposalsApplied = other.metrics.ProposalsCommitted,
		other.metrics.ProposalsApplied
}

// TestPauseCutsNoLink: the first answers of a member that stood still show connections that ended meanwhile, and a
// leader that has heard nothing from it. That is no cut link, and what has not been written meanwhile no hanging disk.
// A link that stays cut is named.
func TestPauseCutsNoLink(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*scene){
		"it is not heard yet":        func(*scene) {},
		"it knows no leader yet":     func(s *scene) { s.member(2).status.Leader = 0 },
		"it has entries to apply":    func(s *scene) { s.member(2).status.RaftAppliedIndex -= 6000 },
		"it is heard, not connected": func(s *scene) { s.hears(1) },
	}
	for name, first := range tests {
		for _, stays := range []bool{false, true} {
			s := newScene(t, 3, Options{})
			s.run(40*time.Second, func() { s.writeWith() })
			s.pause(2, 7, func(*Assessment) {})
			named := time.Duration(0)
			for i := range 40 {
				s.member(2).status.Leader = s.member(1).id
				connections := active(4)
				switch {
				case i == 0:
					s.writeWith(2)
					first(s)
					connections = active(0)
				case stays:
					for _, m := range []*actor{s.member(1), s.member(3)} {
						m.fsync(50, quickFsync)
						m.metrics.ProposalsCommitted = m.metrics.ProposalsCommitted.Plus(known(50))
						m.status.RaftIndex += 50
						m.status.RaftAppliedIndex += 50
					}
					s.hears(1, 2)
					s.member(2).status.Leader, s.member(2).metrics.HasLeader = 0, known(0)
					connections = active(0)
				default:
					s.writeWith()
					s.member(2).levelWith(s.member(1))
				}
				s.peer(1, 2, connections)
				s.peer(2, 1, connections)
				switch a := s.observe(); {
				case a.Reading.Cause == CauseLinkCut && named == 0:
					named = time.Duration(i) * s.interval
				case a.Reading.Cause == CauseSlowDisk:
					t.Errorf("%s, %d sweeps after the pause: %s", name, i, a.Reading.Text)
				}
			}
			if stays != (named > 0) || stays && named < settlingTime {
				t.Errorf("%s: a cut link (stays: %t) is named after %s", name, stays, named)
			}
		}
	}
}

// TestPauseSlowsNoDisk: an fsync that was in progress while a member stood still took as long as that, whenever its
// exposition shows it. The disk is judged by the others.
func TestPauseSlowsNoDisk(t *testing.T) {
	t.Parallel()
	const slow = 300 * time.Millisecond
	for name, shownIn := range map[string]int{"its first answer": 0, "its second answer": 1} {
		for _, sweeps := range []int{4, 7, 12} {
			s := newScene(t, 3, Options{})
			writes := func(still ...int) {
				s.writeWith(3)
				s.member(3).levelWith(s.member(1))
				if len(still) == 0 {
					s.hears(1)
					s.member(3).fsync(3, slow)
					s.member(3).commit(3, slow)
				}
			}
			s.run(time.Minute, func() { writes() })
			honest := func(when string) func(*Assessment) {
				return func(a *Assessment) {
					f := finding(a, WALFsyncSlow, "etcd-3")
					if value := f.Value.Or(0); value > 0.6 {
						t.Errorf("%s, %d sweeps, %s: %v, %s", name, sweeps, when, value, a.Reading.Headline)
					}
					if got := a.Members[1].CanLose.Verdict; got == LossSafe {
						t.Errorf("%s, %d sweeps, %s: losing etcd-2 is %s", name, sweeps, when, got)
					}
					if a.Reading.Cause == CauseSlowDisks {
						t.Errorf("%s, %d sweeps, %s: the others are quick: %s", name, sweeps, when, a.Reading.Text)
					}
				}
			}
			s.pause(3, sweeps, honest("meanwhile"))
			for i := range 20 {
				writes()
				if i == shownIn {
					s.member(3).fsync(1, time.Duration(sweeps)*s.interval)
					s.member(3).commit(1, time.Duration(sweeps)*s.interval)
				}
				a := s.observe()
				honest("after " + FormatDuration(time.Duration(i)*s.interval))(&a)
				if i > 2 && finding(&a, WALFsyncSlow, "etcd-3").Level < Warning {
					t.Errorf("%s, %d sweeps: the disk that is slow anyway is %+v", name, i,
						finding(&a, WALFsyncSlow, "etcd-3"))
				}
			}
		}
	}
}

// TestLateMembersDiskIsJudged: a member that is late again and again has a disk all the same.
func TestLateMembersDiskIsJudged(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, func() { s.writeWith() })
	var a Assessment
	for range 15 {
		s.pause(3, 4, func(*Assessment) {})
		a = s.run(2*time.Second, func() {
			s.writeWith(3)
			s.member(3).levelWith(s.member(1))
			s.hears(1)
			s.member(3).fsync(6, 600*time.Millisecond)
		})
	}
	if f := finding(&a, WALFsyncSlow, "etcd-3"); f.Level < Warning {
		t.Errorf("%+v, want an alarm", f)
	}
}

// TestPauseSlowsApplies: what a member applied late because it stood still is a consequence of that.
func TestPauseSlowsApplies(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(time.Minute, func() { s.writeWith() })
	s.pause(3, 8, func(*Assessment) {})
	for i := range 20 {
		s.writeWith()
		s.member(3).levelWith(s.member(1))
		if i < 3 {
			s.member(3).slowApplies(2)
		}
		a := s.observe()
		if i == 5 && finding(&a, AppliesSlow, "etcd-3").Level < Notice {
			t.Errorf("%d sweeps after: no slow applies", i)
		}
		if strings.Contains(a.Reading.Headline+a.Reading.Step, "applies") || strings.Contains(a.Reading.Step, "iostat") ||
			strings.Contains(a.Reading.Next, "mtr") {
			t.Errorf("%d sweeps after: %q: %q", i, a.Reading.Headline, a.Reading.Step)
		}
		if i == 5 {
			saysReading(t, &a)
		}
	}
}
