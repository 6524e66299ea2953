package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// tooFewVoters are the rows about voters that are too few: the one about what is so now, and, while the quorum is back
// with none to spare, the one about its loss, if both are there.
func (s *scene) tooFewVoters(t *testing.T, when string) (now Event, lost *Event) {
	t.Helper()
	rows := append(s.rowsOf(QuorumAtRisk), s.rowsOf(QuorumLost)...)
	if n := len(rows); n == 0 || n > 2 || n == 2 && (!rows[0].Active || rows[0].ID == rows[1].ID) {
		t.Fatalf("%s: %d rows: %+v", when, n, rows)
	}
	if len(rows) == 2 {
		lost = &rows[1]
	}
	return rows[0], lost
}

// TestTooFewVotersAreARow: that none is left to spare, and that the quorum is lost are one row; each time it says since
// when that is so. While the quorum is back with none to spare, its loss has a row of its own.
func TestTooFewVotersAreARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	row := func(when string, rule RuleID, active bool, asBad time.Duration) *Event {
		t.Helper()
		s.run(10*time.Second, nil)
		r, lost := s.tooFewVoters(t, when)
		if r.Rule != rule || r.Active != active || r.Active != (r.Over == "") || r.Times != 1 || r.AsBad != asBad ||
			r.Lasted != asBad {
			t.Errorf("%s: %+v, want %s, active %v, for %v", when, r, rule, active, asBad)
		}
		return lost
	}
	none := func(lost *Event) {
		t.Helper()
		if lost != nil {
			t.Errorf("the loss has another row: %+v", lost)
		}
	}
	s.kill(2)
	none(row("one is down", QuorumAtRisk, true, 9*time.Second))
	s.kill(3)
	none(row("two are down", QuorumLost, true, 9*time.Second))
	s.member(3).down = nil
	if lost := row("one is back", QuorumAtRisk, true, 29*time.Second); lost == nil || lost.Active || lost.Times != 1 ||
		lost.Over != "back" || lost.Level != Critical || lost.Lasted != 10*time.Second {
		t.Errorf("the row of the loss is %+v", lost)
	}
	s.member(2).down = nil
	none(row("both are back", QuorumLost, false, 10*time.Second))
	if over, _ := s.tooFewVoters(t, "both are back"); over.Over != "back" {
		t.Errorf("both are back, and the row of the loss says %q", over.Over)
	}
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

// TestARowCountsAndDatesWhatItSays: a quorum that was lost once is not lost "2 times" where twice there was no voter to
// spare; no member is named as the one of each time; and the row keeps its time when it is over.
func TestARowCountsAndDatesWhatItSays(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	row := func(when string, rule RuleID, at time.Time, times int, lasted time.Duration) {
		t.Helper()
		s.run(10*time.Second, nil)
		r, _ := s.tooFewVoters(t, when)
		if r.Rule != rule || r.Times != times || !r.At.Equal(at) || r.Lasted != lasted || r.KnownAt.Before(at) {
			t.Errorf("%s: %+v, want %s, %d times, first at %s, for %s", when, r, rule, times, at, lasted)
		}
		for _, text := range []string{r.Text, r.What, r.Headline, r.HeadlineWhat, r.Brief, r.BriefWhat} {
			if text == "" || times > 1 && strings.Contains(text, "etcd-") {
				t.Errorf("%s: %q, want words, and no member where it was another one before", when, text)
			}
		}
		says(t, when, r.Text)
	}
	first := s.now
	s.kill(2)
	row("etcd-2 is down", QuorumAtRisk, first, 1, 9*time.Second)
	s.member(2).down = nil
	row("it is back", QuorumAtRisk, first, 1, 10*time.Second)
	second := s.now
	s.kill(3)
	row("etcd-3 is down", QuorumAtRisk, first, 2, second.Add(9*time.Second).Sub(first))
	lost := s.now
	s.kill(2)
	row("etcd-2 as well", QuorumLost, lost, 1, 9*time.Second)
	s.member(2).down = nil
	row("etcd-2 is back", QuorumAtRisk, first, 2, second.Add(29*time.Second).Sub(first))
	s.member(3).down = nil
	row("all are back", QuorumLost, lost, 1, 10*time.Second)
	s.run(steadyAfter, nil) // until both count again
	third := s.now
	s.kill(2, 3)
	row("both are down", QuorumLost, lost, 2, third.Add(9*time.Second).Sub(lost))
	s.member(2).down, s.member(3).down = nil, nil
	row("all are back again", QuorumLost, lost, 2, third.Add(10*time.Second).Sub(lost))
}

// TestARowIsExpectedIfAllOfItWas announced: not for the second of two outages. The mark keeps what it announced.
func TestARowIsExpectedIfAllOfItWas(t *testing.T) {
	t.Parallel()
	for _, announced := range [][2]bool{{false, true}, {true, false}, {true, true}} {
		s := newScene(t, 3, Options{})
		s.run(3*time.Second, nil)
		for i, mark := range announced {
			if mark {
				s.marks = []probe.Mark{{At: s.now, Text: "reboot", Member: "etcd-2", Window: 15 * time.Second}}
			}
			s.observe()
			s.member(2).down = errRefused
			s.run(10*time.Second, nil)
			r := s.oneRow(t, "down", MemberUnreachable)
			if all := announced[0] && (i == 0 || announced[1]); r.Times != i+1 || (r.Expected != "") != all ||
				mark && r.Announcement.Mark == 0 {
				t.Errorf("%v, outage %d: %+v, want expected %v", announced, i+1, r, all)
			}
			s.member(2).down = nil
			s.run(20*time.Second, nil)
		}
		r := s.oneRow(t, "back", MemberUnreachable)
		if all := announced[0] && announced[1]; (r.Expected != "") != all || r.Times != 2 || r.Active {
			t.Errorf("%v: %+v, want expected %v", announced, r, all)
		}
	}
}

// TestEveryFullDatabaseHasARow, also those that the finding about the first one inhibits.
func TestEveryFullDatabaseHasARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.status.DBSizeBytes, m.metrics.DBSizeBytes = 8<<30, probe.Known(8<<30)
		m.status.DBInUseBytes, m.metrics.DBInUseBytes = 8<<30, probe.Known(8<<30)
	}
	a := s.run(20*time.Second, nil)
	for i := range a.Members {
		m := &a.Members[i]
		rows := 0
		for _, e := range EventRows(s.evaluator.Events(maxEvents)) {
			if e.Rule == DBQuotaNear && e.Member.Key == m.Key && e.Active && e.Level == Critical {
				rows++
			}
		}
		if rows != 1 {
			t.Errorf("%s has %d rows", m.Label, rows)
		}
	}
}
