package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// rowsOf are the rows of a rule.
func (s *scene) rowsOf(rule RuleID) (rows []Event) {
	for _, row := range EventRows(s.evaluator.Events(maxEvents)) {
		if row.Rule == rule {
			rows = append(rows, row)
		}
	}
	return rows
}

// oneRow is the only row of a rule; the test fails without it.
func (s *scene) oneRow(t *testing.T, when string, rule RuleID) Event {
	t.Helper()
	rows := s.rowsOf(rule)
	if len(rows) != 1 {
		t.Fatalf("%s: %d rows of %s, want 1: %+v", when, len(rows), rule, rows)
	}
	return rows[0]
}

// TestARowForEachThing: a finding that begins, gets worse, gets milder and ends is one row, with the worst that it was;
// the sentence of its end has the value of that moment.
func TestARowForEachThing(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	pending := func(n float64, d time.Duration) Event {
		s.member(1).metrics.ProposalsPending = probe.Known(n)
		s.run(d, nil)
		if len(s.rowsOf(ProposalsQueued)) == 0 {
			return Event{}
		}
		return s.oneRow(t, fmt.Sprint(n), ProposalsQueued)
	}
	pending(0, 3*time.Second)
	first := pending(50, 20*time.Second)
	if first.Level != Notice || !first.Active || first.Times != 1 || first.ID == 0 {
		t.Fatalf("begun: %+v", first)
	}
	worse := pending(200, 20*time.Second)
	if worse.Level != Warning || !worse.Active || worse.ID != first.ID || !worse.At.Equal(first.At) ||
		!worse.AsBadAt.After(first.At) ||
		worse.Lasted != s.now.Add(-s.interval).Sub(first.At) {
		t.Errorf("worse: %+v", worse)
	}
	over := pending(3, 70*time.Second)
	if over.Level != Warning || over.Active || over.Over == "" || over.ID != first.ID || over.Times != 1 {
		t.Errorf("over: %+v", over)
	}
	says(t, "what was", over.What)
	says(t, "in short", over.HeadlineWhat)
	says(t, "what holds now", over.Over)
	says(t, "the line of its end", newest(s.evaluator, EventResolved).Text)
	if n := count(s.evaluator, EventFiring) + count(s.evaluator, EventResolved); n < 3 {
		t.Errorf("%d changes, want one for each line of a log", n)
	}
	// At an earlier moment the row is as it was then.
	var then []Event
	at := first.At.Add(first.Lasted)
	for _, e := range s.evaluator.Events(maxEvents) {
		if e.KnownBy(at) {
			then = append(then, e.AsOf(at))
		}
	}
	for _, row := range EventRows(then) {
		if row.ID == first.ID && (row.Level != Notice || !row.Active || row.Over != "" || row.Lasted != first.Lasted) {
			t.Errorf("as of %s: %+v, want %+v", at, row, first)
		}
	}
}

// TestAnOutageIsARow: that a member was late, was down, is back and has caught up is one row.
func TestAnOutageIsARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.commitWith(9000, nil)
	s.run(3*time.Second, nil)
	victim := s.member(2)
	victim.hung = s.now
	s.run(3*time.Second, nil)
	late := s.oneRow(t, "late", MemberLate)
	victim.hung, victim.down = time.Time{}, &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	s.run(5*time.Second, nil)
	down := s.oneRow(t, "down", MemberUnreachable)
	if down.ID != late.ID || !down.At.Equal(late.At) || !down.Active || len(s.rowsOf(MemberLate)) != 0 {
		t.Errorf("it was late before: %+v, then %+v", late, down)
	}
	says(t, "down", down.HeadlineWhat)
	victim.down = nil
	s.run(3*time.Second, func() { s.commitWith(10, map[*actor]uint64{victim: 500}) })
	back := s.oneRow(t, "back", MemberUnreachable)
	if back.Active || back.ID != late.ID || back.Lasted != 8*time.Second {
		t.Errorf("back: %+v", back)
	}
	says(t, "back", back.Over)
	s.run(2*time.Second, func() { s.commitWith(10, map[*actor]uint64{victim: 0}) })
	says(t, "caught up", s.oneRow(t, "caught up", MemberUnreachable).Over)
	if now := s.oneRow(t, "caught up", MemberUnreachable); now.Lasted != back.Lasted {
		t.Errorf("catching up prolongs the outage: %s, was %s", now.Lasted, back.Lasted)
	}
}

// TestFlappingIsARow: what begins again soon after its end is the same row with a count; later it is another one.
func TestFlappingIsARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	var first time.Time
	outage := func(after time.Duration) {
		s.run(after, nil)
		s.member(2).down = errRefused
		begin := s.now
		s.run(10*time.Second, nil)
		rows := s.rowsOf(MemberUnreachable)
		if after == 0 || after > flapsWithin {
			first = begin
		}
		if last := rows[len(rows)-1]; !last.Active || !last.At.Equal(first) || !last.AsBadAt.Equal(begin) ||
			last.KnownAt.Before(begin) || last.AsBad != s.now.Add(-s.interval).Sub(begin) {
			t.Errorf("down since %v, first since %v: %+v", begin, first, last)
		}
		s.member(2).down = nil
		s.observe()
	}
	outage(0)
	outage(20 * time.Second)
	outage(flapsWithin - 2*time.Second)
	row := s.oneRow(t, "flapping", MemberUnreachable)
	if row.Times != 3 || row.Active || row.Lasted < 5*time.Minute {
		t.Errorf("%+v, want three times in more than 5 minutes", row)
	}
	outage(flapsWithin + 2*time.Second)
	if rows := s.rowsOf(MemberUnreachable); len(rows) != 2 || rows[1].Times != 1 || rows[1].ID == row.ID {
		t.Errorf("later: %+v", rows)
	}
	s.member(3).down = errRefused
	s.run(3*time.Second, nil)
	if rows := s.rowsOf(MemberUnreachable); len(rows) != 3 {
		t.Errorf("another member: %d rows", len(rows))
	}
}

// checkEventWidths asserts that the short forms of all events fit.
func checkEventWidths(t testing.TB, events []Event) {
	t.Helper()
	for i := range events {
		e := &events[i]
		if e.Kind == EventMark || e.Text == "" { // a rule that a test has made may have no words
			continue
		}
		if w := displaywidth.String(e.HeadlineWhat); w == 0 || w > EventWidth {
			t.Errorf("%q has %d columns, want 1 to %d: %s", e.HeadlineWhat, w, EventWidth, e.Text)
		}
		if w := displaywidth.String(e.BriefWhat); w == 0 || w > displaywidth.String(e.HeadlineWhat) || e.Brief == "" {
			t.Errorf("%q and %q are not short for %q", e.Brief, e.BriefWhat, e.HeadlineWhat)
		}
		if w := displaywidth.String(e.Headline); w == 0 || w > HeadlineWidth {
			t.Errorf("%q has %d columns: %s", e.Headline, w, e.Text)
		}
		if e.ID == 0 {
			t.Errorf("%q has no number", e.Text)
		}
	}
}

// TestALostLeaderIsARow: that the leader steps down where the quorum is lost, and that one is elected later, is one
// row, which says how long nobody led and in which term somebody does, also in few columns.
func TestALostLeaderIsARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(5*time.Second, nil)
	leader := s.member(1)
	leaderRow := func() Event {
		t.Helper()
		var rows []Event
		for _, row := range EventRows(s.evaluator.Events(maxEvents)) {
			if row.Kind == EventLeaderless || row.Kind == EventLeader {
				rows = append(rows, row)
			}
		}
		if len(rows) != 1 {
			t.Fatalf("%d rows, want 1: %+v", len(rows), rows)
		}
		return rows[0]
	}
	s.member(2).down, s.member(3).down = errRefused, errRefused
	s.elect(0)
	a := s.run(10*time.Second, nil)
	lost := leaderRow()
	if finding(&a, QuorumLost, "").Level != Critical || lost.Kind != EventLeaderless || !lost.Active ||
		lost.Member.ID != leader.id {
		t.Errorf("without a leader: %+v", lost)
	}
	says(t, "lost", lost.Text)
	s.member(2).down, s.member(3).down = nil, nil
	s.elect(s.member(2).id)
	a = s.run(5*time.Second, nil)
	won := leaderRow()
	if won.Kind != EventLeader || won.Active || won.ID != lost.ID || !won.At.Equal(lost.At) ||
		won.Member.Key != a.Cluster.Leader.Key {
		t.Errorf("elected: %+v", won)
	}
	if !strings.Contains(won.Headline, ", leaderless ") ||
		!strings.Contains(won.Text, fmt.Sprint("→ ", a.Cluster.Term)) {
		t.Errorf("it says for how long nobody led in %q, and the term in %q", won.Headline, won.Text)
	}
	says(t, "elected", won.Headline)
}

// TestLateTermIsTheSameElection: a member that names the new leader and still the old term has seen one election, whose
// row gets the term when that is known.
func TestLateTermIsTheSameElection(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(5*time.Second, nil)
	for _, m := range s.members {
		m.status.Leader = s.member(2).id
	}
	a := s.run(time.Second, nil)
	old := a.Cluster.Term
	for _, m := range s.members {
		m.status.RaftTerm++
	}
	a = s.run(time.Second, nil)
	elections := slices.DeleteFunc(s.evaluator.Events(maxEvents), func(e Event) bool { return e.Kind != EventLeader })
	if want := fmt.Sprintf("term %d → %d", old, old+1); a.Cluster.Term != old+1 || len(elections) != 1 ||
		!strings.Contains(elections[0].Text, want) || !strings.Contains(elections[0].Headline, "→ etcd-2") {
		t.Errorf("want one election that says %q: %+v", want, elections)
	}
	s.elect(s.member(2).id) // again, in another term
	s.run(5*time.Second, nil)
	s.elect(s.member(2).id)
	s.run(time.Second, nil)
	elections = slices.DeleteFunc(s.evaluator.Events(maxEvents), func(e Event) bool { return e.Kind != EventLeader })
	if len(elections) != 3 {
		t.Errorf("want three elections: %+v", elections)
	}
}

// TestWhatIsBackIsBelowTheLimit: a value over it is no answer to what holds once the thing is over.
func TestWhatIsBackIsBelowTheLimit(t *testing.T) {
	rule, _ := NewRuleSet(Rules()).Rule(WALFsyncSlow)
	m := &Member{}
	for seconds, want := range map[float64]string{0.006: "6 ms now", 0.019: ""} {
		m.Vitals[WALFsyncP99] = probe.Known(seconds)
		if got := valueWords(rule, m, " now"); got != want {
			t.Errorf("%v s: %q, want %q", seconds, got, want)
		}
	}
}

// TestAWokenMemberEndsNoGap: a member that wakes up names the leader of before for a moment. The time without a leader
// goes on until the next one.
func TestAWokenMemberEndsNoGap(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, nil)
	first := s.member(1).status
	s.member(1).down = errRefused
	s.elect(0)
	s.run(40*time.Second, nil)
	for _, m := range s.members[1:] {
		m.status.Leader, m.status.RaftTerm = first.Leader, first.RaftTerm
	}
	s.member(1).down = nil
	s.observe()
	s.elect(s.member(2).id)
	s.run(5*time.Second, nil)
	events := EventRows(s.evaluator.Events(maxEvents))
	for _, e := range events {
		if e.Kind == EventLeader {
			if e.Lasted < 38*time.Second || e.Lasted > 45*time.Second {
				t.Errorf("%q: %v without a leader", e.Text, e.Lasted)
			}
			return
		}
	}
	t.Errorf("no change of leader: %+v", events)
}
