package thresholds

import (
	"testing"
	"time"
)

// tallied is a session of sweeps a second apart: a cluster of one member as it is at each.
func tallied(sweeps int, is func(second int, a *Assessment)) Session {
	var s Session
	for i := range sweeps {
		a := Assessment{At: epoch.Add(time.Duration(i) * time.Second), Reading: Reading{Cause: CauseHealthy}}
		a.Cluster.Leadership, a.Cluster.Leader = Led, MemberRef{Key: "a", Label: "etcd-1"}
		a.Members = []Member{{MemberRef: MemberRef{Key: "a", Label: "etcd-1"}, State: StateOK,
			Condition: ofLevel(OK, "")}}
		is(i, &a)
		s = s.With(&a)
	}
	return s
}

// second is a time after the session's begin.
func second(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }

// TestTally: any part of a session has what happened in it, and no more.
func TestTally(t *testing.T) {
	t.Parallel()
	s := tallied(100, func(i int, a *Assessment) {
		m := &a.Members[0]
		switch {
		case i >= 20 && i < 30:
			m.State, m.Condition = StateDown, MemberCondition{Word: ConditionDown, Level: Critical}
			a.Level, a.Cluster.Leadership, a.Cluster.Leader = Critical, Leaderless, MemberRef{}
		case i >= 60:
			m.Condition = ofLevel(Warning, "")
			a.Level = Warning
		}
		if i >= 30 {
			a.Cluster.Leader = MemberRef{Key: "b", Label: "etcd-2"}
		}
		if i == 30 {
			a.Events = []Event{{Kind: EventLeader, At: a.At}}
		}
	})
	all := s.Between(epoch, second(99))
	if s.LeaderChanges != all.LeaderChanges || s.Leaderless != all.Leaderless || s.WorstLevel != all.WorstLevel ||
		s.Members["a"].Down != all.Members["a"].Spent[ConditionDown] {
		t.Errorf("the whole session has %d, %v, %s, %v, and the tally of all of it %+v", s.LeaderChanges, s.Leaderless,
			s.WorstLevel, s.Members["a"].Down, all)
	}
	for name, test := range map[string]struct {
		from, to          int
		changes           int
		leaderless        LeaderlessTime
		worst             Level
		down              time.Duration
		before, at, after string
		gotWorse          bool
	}{
		"all": {0, 99, 1, LeaderlessTime{9 * time.Second, 11 * time.Second}, Critical, 10 * time.Second, "ok",
			"DOWN", "WARN", true},
		"before": {0, 18, 0, LeaderlessTime{}, OK, 0, "ok", "ok", "ok", false},
		"begins": {10, 25, 0, LeaderlessTime{5 * time.Second, 6 * time.Second}, Critical, 5 * time.Second, "ok",
			"DOWN", "DOWN", true},
		"ends": {25, 40, 1, LeaderlessTime{4 * time.Second, 5 * time.Second}, Critical, 5 * time.Second, "DOWN",
			"DOWN", "ok", false},
		"after":       {31, 59, 0, LeaderlessTime{}, OK, 0, "ok", "ok", "ok", false},
		"between two": {58, 99, 0, LeaderlessTime{}, Warning, 0, "ok", "WARN", "WARN", true},
	} {
		tally := s.Between(second(test.from), second(test.to))
		m := tally.Members["a"]
		if tally.LeaderChanges != test.changes || tally.Leaderless != test.leaderless ||
			tally.WorstLevel != test.worst || tally.Partial ||
			m.Spent[ConditionDown] != test.down || string(m.Before.Word) != test.before ||
			string(m.Worst.Word) != test.at || string(m.After.Word) != test.after || m.GotWorse() != test.gotWorse {
			t.Errorf("%s: %+v", name, tally)
		}
	}
	if early := s.Between(second(-10), second(10)); !early.Partial || early.Members["a"].Before.Word != "" {
		t.Errorf("before watching began: %+v", early)
	}
}

// TestTallyWhileLeaderless has no end yet, and one of the same leader in its term is no change.
func TestTallyWhileLeaderless(t *testing.T) {
	t.Parallel()
	gap := func(from, to int) Session {
		return tallied(20, func(i int, a *Assessment) {
			if i >= from && i < to {
				a.Cluster.Leadership, a.Cluster.Leader = Leaderless, MemberRef{}
			}
		})
	}
	open, closed := gap(15, 20), gap(5, 8)
	if tally, want := open.Between(second(0), second(19)), (LeaderlessTime{4 * time.Second, 5 * time.Second}); tally.
		Leaderless != want || open.Leaderless != want || !tally.LeaderAfter.IsZero() {
		t.Errorf("open: %+v in the tally, %v in all", tally, open.Leaderless)
	}
	if tally, want := closed.Between(second(0), second(19)), (LeaderlessTime{2 * time.Second, 4 * time.Second}); tally.
		Leaderless != want || closed.Leaderless != want || tally.LeaderChanges != 0 {
		t.Errorf("closed: %+v in the tally, %v in all", tally, closed.Leaderless)
	}
}

// TestSessionIsBounded: what flaps is remembered for so many turns, and totals stay.
func TestSessionIsBounded(t *testing.T) {
	t.Parallel()
	s := tallied(3*spellsKept, func(i int, a *Assessment) {
		if i%2 == 1 {
			m := &a.Members[0]
			m.State, m.Condition = StateDown, MemberCondition{Word: ConditionDown, Level: Critical}
			a.Level, a.Cluster.Leadership, a.Cluster.Leader = Critical, Leaderless, MemberRef{}
		}
	})
	if n, of, gaps := len(s.spells), len(s.Members["a"].spells), len(s.gaps); n > spellsKept || of > spellsKept ||
		gaps > spellsKept {
		t.Errorf("remembers %d, %d and %d", n, of, gaps)
	}
	if down, want := s.Members["a"].Down, 3*spellsKept/2*time.Second-time.Second; down != want {
		t.Errorf("down for %v, want %v", down, want)
	}
	if !s.Between(epoch, s.To).Partial || s.Between(s.To.Add(-time.Minute), s.To).Partial {
		t.Error("only what is forgotten is partial")
	}
}

// TestLeaderlessWords: one wording for the event, the comparison and the summary.
func TestLeaderlessWords(t *testing.T) {
	t.Parallel()
	for of, want := range map[LeaderlessTime]string{
		{}:                                  "",
		{0, 2 * time.Second}:                "leaderless < 2s",
		{9 * time.Second, 11 * time.Second}: "leaderless 9s to 11s",
		{9 * time.Second, 9 * time.Second}:  "leaderless 9s",
	} {
		if got := of.Words(InSentences()); got != want {
			t.Errorf("%v: %q, want %q", of, got, want)
		}
	}
}

func TestConditionWorseThan(t *testing.T) {
	t.Parallel()
	down, critical := MemberCondition{Word: ConditionDown, Level: Critical}, ofLevel(Critical, "")
	for _, test := range []struct {
		a, b MemberCondition
		want bool
	}{
		{down, critical, true}, {critical, down, false}, {down, down, false},
		{ofLevel(Warning, ""), ofLevel(Notice, ""), true},
		{ofLevel(Notice, ""), down, false},
	} {
		if got := test.a.WorseThan(test.b); got != test.want {
			t.Errorf("%s worse than %s: %t", test.a.Word, test.b.Word, got)
		}
	}
}
