package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestADefragmentationIsNoHang: Status waits until a defragmentation ends, and times out if that takes too long; the
// metrics answer all the time.
func TestADefragmentationIsNoHang(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	s.defragment(func(after time.Duration, a *Assessment) {
		if a.Reading.Cause != CauseDefragRunning {
			t.Errorf("after %s: %s: %s", after, a.Reading.Cause, a.Reading.Text)
		}
		want := Warning
		if after < 2*time.Second { // it is asked once more
			want = Notice
		}
		if f := finding(a, DefragRunning, s.member(2).name); f.Level != want || f.Resolving() {
			t.Errorf("after %s: %+v, want %s", after, f, want)
		}
		said := 0
		for i := range a.Findings {
			if f := &a.Findings[i]; f.Member.Key == s.member(2).id.String() && f.InhibitedBy == "" && f.Level >= Notice &&
				f.Level != Unknown {
				said++
			}
		}
		if said != 1 {
			t.Errorf("after %s: %d findings about the defragmented member, want 1", after, said)
		}
	})
}

// TestADefragmentationAtTheMargin: that no voter is left to spare is a warning from the first look on, by the metrics.
func TestADefragmentationAtTheMargin(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]int{"watched": 20, "the first sweep": 0} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			for range before {
				s.observe()
			}
			s.member(2).metrics.DefragInflight = probe.Known(1)
			a := s.observe()
			wants(t, &a, QuorumAtRisk, "", Warning)
			if a.Level != Warning {
				t.Errorf("%s beside %q", a.Level, a.Cluster.Margin)
			}
		})
	}
	s := newScene(t, 5, Options{})
	s.run(20*time.Second, nil)
	s.member(2).metrics.DefragInflight = probe.Known(1)
	if a := s.observe(); a.Level != Notice {
		t.Errorf("with a voter to spare: %s", a.Level)
	}
}

// defragment lets the second member be defragmented for twelve sweeps.
func (s *scene) defragment(each func(after time.Duration, a *Assessment)) {
	began := s.now
	s.member(2).metrics.DefragInflight = probe.Known(1)
	for range 12 {
		s.now = s.now.Add(s.interval)
		sweep, after := s.sweep(), s.now.Sub(began)
		status := &sweep.Members[1].Status
		status.At, status.Pending = began, began.Add(s.interval)
		if after > 6*time.Second {
			status.Err = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
		}
		a := s.evaluator.Observe(sweep)
		checkLaws(s.t, s, &a)
		each(after, &a)
	}
}

// TestEventOfADefragmentation: it is one row, from its begin to its end, and no other says that the member is down.
func TestEventOfADefragmentation(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	s.defragment(func(after time.Duration, _ *Assessment) {
		if after < 3*time.Second {
			return
		}
		row := s.oneRow(t, after.String(), DefragRunning)
		if !row.Active || row.Lasted != after-s.interval || row.Over != "" {
			t.Errorf("after %s: %+v", after, row)
		}
		if after == 12*time.Second {
			says(t, "while it lasts", row.Headline)
			says(t, "in full", row.Text)
		}
	})
	s.member(2).metrics.DefragInflight = probe.Known(0)
	s.observe()
	s.observe()
	row := s.oneRow(t, "when it has ended", DefragRunning)
	if row.Active || row.Lasted != 11*time.Second || row.Over == "" {
		t.Errorf("when it has ended: %+v", row)
	}
	says(t, "over", row.Over)
	says(t, "its end", newest(s.evaluator, EventResolved).Text)
	for _, rule := range []RuleID{MemberUnreachable, MemberLate, VoterUnhealthy} {
		if rows := s.rowsOf(rule); len(rows) > 0 {
			t.Errorf("%s: %+v", rule, rows)
		}
	}
}

// TestADefragmentationBeginsOnce, also where it is a notice at first, and a warning when Status does not answer.
func TestADefragmentationBeginsOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	var begun []Level
	s.defragment(func(_ time.Duration, a *Assessment) {
		for i := range a.Events {
			if a.Events[i].Rule == DefragRunning {
				begun = append(begun, a.Events[i].Level)
			}
		}
	})
	if len(begun) != 1 {
		t.Errorf("it begins at %v", begun)
	}
	if row := s.oneRow(t, "while it lasts", DefragRunning); row.Level != Warning {
		t.Errorf("its level is %s", row.Level)
	}
}

// TestADefragmentedMemberIsNotSafeToLose: the advice is to wait until the defragmentation ends.
func TestADefragmentedMemberIsNotSafeToLose(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, func() { s.work(20, quickFsync) })
	m := s.member(3)
	m.metrics.DefragInflight = probe.Known(1)
	a := s.run(5*time.Second, func() { s.work(20, quickFsync) })
	if got := a.Members[2].CanLose; got.Verdict != LossRisk || !strings.Contains(got.Reason, "wait until it ends") {
		t.Errorf("%+v", got)
	}
	m.metrics.DefragInflight = probe.Known(0)
	a = s.run(20*time.Second, func() { s.work(20, quickFsync) })
	if got := a.Members[2].CanLose; got.Verdict != LossSafe {
		t.Errorf("when it has ended: %+v", got)
	}
}
