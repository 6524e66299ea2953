package thresholds

import (
	"testing"
	"time"
)

// TestAnOrdinaryDiskMakesNoNote: a disk that is slower than etcd's FAQ recommends gets a notice, and its member is ok.
func TestAnOrdinaryDiskMakesNoNote(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(time.Minute, func() {
		for _, m := range s.members {
			m.fsync(50, 14*time.Millisecond)
		}
	})
	for i := range a.Members {
		m := &a.Members[i]
		if f := a.Finding(WALFsyncSlow, m.Key); f == nil || f.Level != Notice {
			t.Fatalf("%s: %+v, want a notice about its disk", m.Label, f)
		}
		if m.Worst != OK || m.Condition.Topic != "" || m.Condition.Word != "ok" {
			t.Errorf("%s: level %s, worst %s, of %q, state %s", m.Label, m.Level, m.Worst, m.Condition.Topic,
				m.Condition.Word)
		}
		if k := m.Mark(WALFsyncP99); k.State != AlertFiring || k.Level != Notice || k.Limit != known(0.010) {
			t.Errorf("%s: its fsyncs are marked %+v", m.Label, k)
		}
	}
	if a.Members[0].Level != Notice {
		t.Errorf("etcd-1 has level %s", a.Members[0].Level)
	}
	if a = s.run(time.Minute, func() { s.member(2).fsync(50, 200*time.Millisecond) }); a.Members[1].Worst != Warning {
		t.Errorf("with a slow disk etcd-2 is %s", a.Members[1].Worst)
	}
}

// TestNotesSayOfWhat: a notice that is more than a recommendation makes a member's state, with a word for what it is
// about.
func TestNotesSayOfWhat(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.holds(1<<10, 1<<10, 2<<10)
	}
	s.member(2).holds(1<<10+400, 1<<10+400, 2<<10)
	a := s.run(time.Minute, nil)
	if m := a.Members[1]; m.Worst != Notice || m.Condition.Topic != "db" {
		t.Errorf("with two thirds of its quota used, etcd-2 is %s, of %q", m.Worst, m.Condition.Topic)
	}
	if m := a.Members[0]; m.Worst != OK {
		t.Errorf("with half of its quota used, etcd-1 is %s", m.Worst)
	}
}

// TestAMemberOverItsQuotaIsCritical, although the alarm explains what is said of its database, and it is no safe time
// to lose a member before the alarm is raised either.
func TestAMemberOverItsQuotaIsCritical(t *testing.T) {
	t.Parallel()
	for name, raised := range map[string]bool{"raised": true, "not raised yet": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 5, Options{})
			s.add("learner").status.IsLearner = true
			s.members[5].learner = true
			for _, m := range s.members {
				m.holds(2070, 2000, 2048)
			}
			if raised {
				s.raisesNoSpace(0xa1)
			}
			a := s.run(time.Minute, nil)
			for i := range a.Members {
				m := &a.Members[i]
				if f := a.Finding(DBQuotaNear, m.Key); f == nil || f.Level != Critical ||
					raised && f.InhibitedBy == "" {
					t.Fatalf("%s: %+v", m.Label, f)
				}
				if m.Level != Critical || m.Worst != Critical || m.Condition.Level != Critical {
					t.Errorf("%s over its quota: level %s, worst %s, state %+v", m.Label, m.Level, m.Worst, m.Condition)
				}
				for _, v := range []CanLose{m.CanLose, CanLose(m.CanRemove)} {
					if v.Verdict != LossRisk || v.Ground != GroundIncident {
						t.Errorf("%s while no put commits: %+v", m.Label, v)
					}
				}
			}
			says(t, "", a.Members[0].CanLose.Reason+" | "+a.Members[0].CanLose.Headline)
		})
	}
}
