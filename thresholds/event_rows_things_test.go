package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestTooFewVotersAreARow: that none is left to spare, that the quorum is lost, and that it is back with none to spare
// are one row; each time it says since when that is so.
func TestTooFewVotersAreARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	row := func(when string, rule RuleID, active bool, asBad, lasted time.Duration) {
		t.Helper()
		s.run(10*time.Second, nil)
		rows := append(s.rowsOf(QuorumAtRisk), s.rowsOf(QuorumLost)...)
		if len(rows) != 1 {
			t.Fatalf("%s: %d rows, want 1: %+v", when, len(rows), rows)
		}
		r := rows[0]
		if r.Rule != rule || r.Active != active || r.Active != (r.Over == "") || r.Times != 1 || r.AsBad != asBad ||
			r.Lasted != lasted {
			t.Errorf("%s: %+v, want %s, active %v, so for %v, and for %v in all", when, r, rule, active, asBad, lasted)
		}
	}
	s.kill(2)
	row("one is down", QuorumAtRisk, true, 9*time.Second, 9*time.Second)
	s.kill(3)
	row("two are down", QuorumLost, true, 9*time.Second, 19*time.Second)
	s.member(3).down = nil
	row("one is back", QuorumAtRisk, true, 29*time.Second, 29*time.Second)
	s.member(2).down = nil
	row("both are back", QuorumLost, false, 10*time.Second, 30*time.Second)
}

// TestARowSaysForHowLongItWasAsBad as its words: what got worse began before that.
func TestARowSaysForHowLongItWasAsBad(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	pending := func(n float64, d time.Duration) {
		s.member(1).metrics.ProposalsPending = probe.Known(n)
		s.run(d, nil)
	}
	pending(0, 3*time.Second)
	want := func(level Level, active bool, asBad, lasted time.Duration) {
		t.Helper()
		r := s.oneRow(t, level.String(), ProposalsQueued)
		if r.Level != level || r.Active != active || r.AsBad != asBad || r.Lasted != lasted {
			t.Errorf("%+v, want %s, so for %v, and for %v in all", r, level, asBad, lasted)
		}
	}
	pending(50, 20*time.Second)
	want(Notice, true, 19*time.Second, 19*time.Second)
	pending(200, 20*time.Second)
	want(Warning, true, 19*time.Second, 39*time.Second)
	pending(50, 20*time.Second)
	want(Notice, true, 59*time.Second, 59*time.Second)
	pending(0, 40*time.Second)
	want(Warning, false, 20*time.Second, 60*time.Second)
}

// TestRestartsAreARow: that a member restarted, and that it does so again and again, is one row.
func TestRestartsAreARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, nil)
	rows := func() (rows []Event) {
		for _, row := range EventRows(s.evaluator.Events(maxEvents)) {
			if row.Member.Label == "etcd-2" {
				rows = append(rows, row)
			}
		}
		return rows
	}
	for i := range 4 {
		s.member(2).restart(s.now)
		s.run(30*time.Second, nil)
		got := rows()
		if len(got) != 1 {
			t.Fatalf("%d rows of restart %d, want 1: %+v", len(got), i+1, got)
		}
		r, counted := got[0], i >= 2 // the words of the rule count them
		if r.Active != counted || (r.Rule == MemberRestarted) != counted || !counted && r.Times != i+1 ||
			counted && r.Times != 1 {
			t.Errorf("restart %d: %+v", i+1, r)
		}
	}
	s.run(15*time.Minute, nil)
	if got := rows(); len(got) != 1 || got[0].Active || got[0].Over == "" {
		t.Errorf("when they are over: %+v", got)
	}
}
