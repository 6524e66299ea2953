package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestARestartOfTheLeaderIsOneElection, in every sweep of it: while it is away, and when it is back and its metrics are
// not.
func TestARestartOfTheLeaderIsOneElection(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, nil)
	for range 2 { // one more would be too many
		s.elect(s.member(1).id)
		s.run(5*time.Second, nil)
	}
	quiet := func(when string, d time.Duration) {
		s.run(d, func() {
			for _, f := range s.evaluator.previous.Findings {
				if f.Rule == LeaderChanging && f.Level != Unknown {
					t.Errorf("%s: %s %q", when, f.Level, f.Summary)
				}
			}
		})
	}
	for i := range 4 {
		leader, next := s.member(i%3+1), s.member((i+1)%3+1)
		s.marks = []probe.Mark{{At: s.now, Text: "restart", Member: leader.name}}
		quiet("announced", 2*time.Second)
		leader.down = errRefused
		s.elect(next.id)
		quiet("away", 10*time.Second)
		leader.down, leader.noMetrics = nil, errRefused
		leader.status.Leader, leader.status.RaftTerm = next.id, next.status.RaftTerm
		leader.restart(s.now)
		quiet("back without metrics", 2*time.Second)
		leader.noMetrics = nil
		quiet("back", 10*time.Second)
	}
}

// TestExpectedRestartsAreNoneAgainAndAgain: a restart that was announced, or that is a member's turn in a rolling
// change, does not count towards those that happen again and again; a second one in the same turn does.
func TestExpectedRestartsAreNoneAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, nil)
	m := s.member(2)
	want := func(when string, level Level) {
		t.Helper()
		a := s.run(10*time.Second, nil)
		if f := finding(&a, MemberRestarted, "etcd-2"); f.Severity != level {
			t.Errorf("%s: %s %q, want %s", when, f.Severity, f.Summary, level)
		}
	}
	for range 4 {
		s.marks = []probe.Mark{{At: s.now, Text: "restart", Member: "etcd-2", Window: time.Minute}}
		s.run(2*time.Second, nil)
		m.restart(s.now)
		want("each announced", Notice)
	}
	s.marks = []probe.Mark{{At: s.now, Text: "look", Member: "etcd-2", Window: time.Second}}
	want("another mark", Notice)
	for i := range 4 { // the first is the one that the mark announced
		m.restart(s.now)
		want("not announced", []Level{Notice, Notice, Notice, Warning}[i])
	}
}

// TestTheHeadlineNamesAllThatRestarted, whether that is a remark or a warning.
func TestTheHeadlineNamesAllThatRestarted(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, nil)
	for _, want := range []string{
		"Healthy; etcd-1 and etcd-3 restarted lately", "Healthy; etcd-1 and etcd-3 restarted lately",
		"etcd-1 and etcd-3 start again and again",
	} {
		s.member(1).restart(s.now)
		s.member(3).restart(s.now)
		if a := s.run(10*time.Second, nil); a.Reading.Headline != want {
			t.Errorf("%q, want %q", a.Reading.Headline, want)
		}
	}
}
