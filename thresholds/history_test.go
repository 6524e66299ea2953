package thresholds

import (
	"fmt"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func key(s *scene, i int) string { return s.member(i).id.String() }

func TestHistoryColumns(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	n := 0.0
	a := s.run(10*time.Second, func() { n++; s.member(1).metrics.ProposalsPending = probe.Known(n) })
	got := s.evaluator.History().Columns(key(s, 1), ProposalsPending, a.At, 10*time.Second, 10)
	for i, v := range got {
		if v.Or(-1) != float64(i+1) {
			t.Fatalf("columns %v, want 1 to 10", got)
		}
	}
	got = s.evaluator.History().Columns(key(s, 1), ProposalsPending, a.At, 20*time.Second, 10)
	if got[0].IsKnown() || got[3].IsKnown() || got[9].Or(-1) != 10 {
		t.Errorf("columns %v, want gaps before the beginning and the largest value of each", got)
	}
}

// TestHistoryGaps: a column narrower than the interval has the value of the sweep before, and a member that does not
// answer leaves a gap.
func TestHistoryGaps(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2, Options{})
	s.interval = 4 * time.Second
	s.run(40*time.Second, nil)
	s.member(1).down = errRefused
	s.run(20*time.Second, nil)
	s.member(1).down = nil
	a := s.run(12*time.Second, nil)
	got := s.evaluator.History().Columns(key(s, 1), ProposalsPending, a.At, 60*time.Second, 60)
	filled := ""
	for _, v := range got {
		if v.IsKnown() {
			filled += "#"
		} else {
			filled += "."
		}
	}
	// 40 s of answers, then 20 s without (from the first sweep that got none), then answers until now.
	want := "###############################" + "...................." + "#########"
	if filled != want {
		t.Errorf("got  %s\nwant %s", filled, want)
	}
}

func TestHistoryRollsUp(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	s.now = epoch.Truncate(time.Hour)
	start := s.now
	a := s.run(40*time.Minute, func() {
		minute := s.now.Sub(start) / time.Minute
		pending := float64(minute)
		if s.now.Sub(start)%time.Minute == 30*time.Second {
			pending += 100
		}
		s.member(1).metrics.ProposalsPending = probe.Known(pending)
	})
	got := s.evaluator.History().Columns(key(s, 1), ProposalsPending, a.At, 40*time.Minute, 40)
	for i, v := range got {
		if v.Or(-1) != float64(100+i) {
			t.Fatalf("minute %d is %v, want its largest value %d (%v)", i, v, 100+i, got)
		}
	}
	kept := s.evaluator.History().members[key(s, 1)]
	if n := kept.raw.len(); n != 901 {
		t.Errorf("%d raw samples, want 15 minutes of them", n)
	}
	if largest := kept.minutes.value(5, int(ProposalsPending)); largest != 105 {
		t.Errorf("the largest value of minute 5 is %v, want 105", largest)
	}
}

// TestHistoryBeginsWhereItBegan: the roll-up of the first minute covers neither the time before the first sample nor
// the time for which samples are kept.
func TestHistoryBeginsWhereItBegan(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	s.now = epoch.Truncate(time.Minute).Add(30 * time.Second)
	begun := s.now
	n := 0.0
	a := s.run(90*time.Second, func() { n++; s.member(1).metrics.ProposalsPending = probe.Known(n) })
	columns := s.evaluator.History().Columns(key(s, 1), ProposalsPending, a.At, 2*time.Minute, 120)
	for i, v := range columns {
		at := a.At.Add(-time.Duration(119-i) * time.Second)
		want := at.Sub(begun).Seconds() + 1
		if want < 1 {
			want = -1
		}
		if v.Or(-1) != want {
			t.Fatalf("%v after the beginning it is %v, want %v", at.Sub(begun), v, want)
		}
	}
}

// TestHistoryBegins: the beginning is that of the member that was seen first, also once its samples are rolled up.
func TestHistoryBegins(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2, Options{})
	if begins := s.evaluator.History().Begins(); !begins.IsZero() {
		t.Errorf("an empty history begins at %v", begins)
	}
	first := s.run(5*time.Second, nil)
	for range 2 {
		if got := s.evaluator.History().Begins(); got.After(first.At) || first.At.Sub(got) > 5*time.Second {
			t.Errorf("the history begins at %v, the first sweeps were until %v", got, first.At)
		}
		s.run(20*time.Minute, nil)
	}
}

func TestHistoryRoles(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(5*time.Second, nil)
	s.elect(s.member(2).id)
	a := s.run(5*time.Second, nil)
	roles := func(i int) (text string) {
		for _, c := range s.evaluator.History().Roles(key(s, i), a.At, 10*time.Second, 10) {
			text += fmt.Sprintf("%.1s%d ", c.Role, c.Term)
		}
		return text
	}
	if got, want := roles(1), "l7 l7 l7 l7 l7 f8 f8 f8 f8 f8 "; got != want {
		t.Errorf("etcd-1: %s, want %s", got, want)
	}
	if got, want := roles(2), "f7 f7 f7 f7 f7 l8 l8 l8 l8 l8 "; got != want {
		t.Errorf("etcd-2: %s, want %s", got, want)
	}
	if got := s.evaluator.History().Roles("nobody", a.At, time.Second, 3); len(got) != 3 || got[0].Role != RoleUnknown {
		t.Errorf("a member that is not there: %v", got)
	}
}

// TestCut: a column covers the time that Cut returns, and a window that can't be cut has no columns.
func TestCut(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	n := 0.0
	a := s.run(40*time.Second, func() { n++; s.member(1).metrics.ProposalsPending = probe.Known(n) })
	for _, columns := range []int{1, 7, 10, 20} {
		begin, width := Cut(a.At, 20*time.Second, columns)
		values := s.evaluator.History().Columns(key(s, 1), ProposalsPending, a.At, 20*time.Second, columns)
		if last := int(a.At.Sub(begin) / width); last != columns-1 || values[last].Or(0) != n {
			t.Errorf("of %d columns the newest value, %v, is not in column %d: %v", columns, n, last, values)
		}
	}
	for _, test := range []struct {
		window  time.Duration
		columns int
	}{{0, 5}, {time.Second, 0}, {3, 5}, {-time.Second, 5}} {
		if _, width := Cut(a.At, test.window, test.columns); width != 0 {
			t.Errorf("%v in %d columns of %v", test.window, test.columns, width)
		}
	}
}
