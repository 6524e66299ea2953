package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// marked is a scenario with two marks: 100 s before the end, and 30 s before it. In between proposals queue up at
// etcd-3, 7 at first and 40 at most, and 3 are left; etcd-2 leads until it goes down for 10 s, and etcd-1 after that.
func marked() scenario {
	return scenario{members: 3, sweeps: 300, fault: func(ago time.Duration, s *probe.Sweep, w *world) {
		pending := 1.0
		switch ago {
		case 100 * time.Second:
			s.Marks = []probe.Mark{{At: s.At, Text: "before", Member: "etcd-2", Window: time.Minute}}
		case 30 * time.Second:
			s.Marks = []probe.Mark{{At: s.At, Text: "between"}}
		}
		switch {
		case ago < 30*time.Second:
			pending = 3
		case ago == 60*time.Second:
			pending = 40
		case ago < 100*time.Second:
			pending = 7
		}
		s.Members[2].Metrics.Value.ProposalsPending = probe.Known(pending)
		if ago <= 80*time.Second {
			w.leader, w.term = 0, 43
		}
		if ago <= 80*time.Second && ago > 70*time.Second {
			down(s, 1)
		}
	}}
}

func TestCompare(t *testing.T) {
	m := watched(t, "marked", 120, 40)
	third := &m.shown.assessment.Members[2]
	pending := func(m model) [3]float64 {
		t.Helper()
		c, any := m.comparison()
		if !any {
			t.Fatal("there is nothing to compare")
		}
		v := m.compareVitals(c, third, []thresholds.Vital{thresholds.ProposalsPending})[0]
		return [3]float64{v.before.Value.Or(-1), v.worst.Value.Or(-1), v.after.Value.Or(-1)}
	}
	state := func(m model) thresholds.Tally {
		c, _ := m.comparison()
		return m.compared(c).tally
	}
	m = press(t, m, "c") // the newest mark, and now
	if got := pending(m); got != [3]float64{7, 7, 3} && got != [3]float64{7, 3, 3} {
		t.Errorf("from B to now %v are pending, want 7 before, 3 now", got)
	}
	s, second := state(m), m.shown.members[1].Key
	if s.LeaderChanges != 0 || s.Members[second].Spent[thresholds.ConditionDown] != 0 || s.Partial {
		t.Errorf("nothing changed since B, but the page shows %+v", s)
	}
	m = press(t, m, "k") // A and B
	if c, _ := m.comparison(); c.from != 0 || c.to != 1 {
		t.Fatalf("k compares %d with %d, want the first mark with the next", c.from, c.to)
	}
	if got := pending(m); got != [3]float64{1, 40, 3} {
		t.Errorf("from A to B %v are pending, want 1, 40, 3", got)
	}
	key := m.shown.members[1].Key
	s = state(m)
	of := s.Members[key]
	if s.LeaderChanges != 1 || s.LeaderBefore.Label != "etcd-2" || s.LeaderAfter.Label != "etcd-1" ||
		of.Spent[thresholds.ConditionDown] != 10*time.Second || of.Before.Word != "ok" || of.Worst.Word != "DOWN" || of.After.Word == "DOWN" {
		t.Errorf("from A to B the states are %+v", s)
	}
	screen := plainScreen(t, m, 120, 40)
	for _, want := range []string{`A "before" 14:30:27Z → B "between" 14:31:37Z, 1m10s`, "leader changes 1",
		"leader etcd-2 → etcd-1"} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is missing:\n%s", want, screen)
		}
	}
	if line := strings.Fields(lineWith(t, screen, " pending")); strings.Join(line[len(line)-4:], " ") != "1 40 3↑ +2" {
		t.Errorf("the pending line is %q", line)
	}
	if c, _ := press(t, m, "tab").comparison(); c.from != 0 || c.to != -1 {
		t.Errorf("tab compares %d with %d, want the first mark with now", c.from, c.to)
	}
	if got := press(t, m, "c").page(); got != pageOverview {
		t.Errorf("c again leads to page %d", got)
	}
	if what, text := m.copyCompare(); what != "comparison" || !strings.Contains(text, "pending") ||
		strings.Contains(text, "\x1b") {
		t.Errorf("the copy is %s:\n%s", what, text)
	}
}

// TestCompareMarksNothingElse than what got worse, between marks too: of what has only changed it says by how much.
func TestCompareMarksNothingElse(t *testing.T) {
	t.Parallel()
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 120,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago == 60*time.Second {
				s.Marks = []probe.Mark{{At: s.At, Text: "before"}}
			}
			if ago < 60*time.Second {
				metrics := s.Members[0].Metrics.Value
				metrics.ResidentBytes = probe.Known(1.5 * (1 << 30))
				metrics.ProposalsApplied = probe.Known(metrics.ProposalsApplied.Or(0) + 300*(60-ago.Seconds()))
			}
		}}, 120, 40), "c")
	screen := plainScreen(t, m, 120, 40)
	for row, change := range map[string]string{" memory": "+4", " applied/s": "+300"} {
		line := lineWith(t, screen, row)
		if strings.ContainsAny(line, "↑↓") || !strings.Contains(line, change) {
			t.Errorf("%q has a mark, or not %s", line, change)
		}
	}
}

// TestCompareFromTheEvents compares the selected mark with the next.
func TestCompareFromTheEvents(t *testing.T) {
	m := press(t, watched(t, "marked", 120, 40), "e", "G")
	for m.selectedEvent().Kind != thresholds.EventMark {
		m = press(t, m, "k")
	}
	if c, _ := press(t, m, "c").comparison(); c.from != 0 || c.to != 1 {
		t.Errorf("from the event of mark A, %d is compared with %d", c.from, c.to)
	}
}

// TestCompareDoesNotInvent values that are unknown.
func TestCompareDoesNotInvent(t *testing.T) {
	m := press(t, watched(t, "one-down", 120, 40), "c")
	c, _ := m.comparison()
	fsync := []thresholds.Vital{thresholds.WALFsyncP99}
	if v := m.compareVitals(c, &m.shown.assessment.Members[1], fsync)[0]; !v.isPast ||
		!v.before.Value.IsKnown() {
		t.Errorf("a member that is down has %+v", v)
	}
}

// TestCompareTheLastMinutes marks only what got worse, also where watching began later.
func TestCompareTheLastMinutes(t *testing.T) {
	m := press(t, watched(t, "slow-disk", 120, 40), "c")
	c, any := m.comparison()
	if !any || c.span != 5*time.Minute || c.watched != 299*time.Second || c.end.Sub(c.begin) != c.watched {
		t.Fatalf("compares %+v", c)
	}
	screen := plainScreen(t, m, 120, 40)
	if !strings.Contains(screen, "BEFORE is the") || strings.Contains(screen, "that was watched") {
		t.Errorf("a second's rounding is no gap:\n%s", screen)
	}
	worse := lineWith(t, screen, " worse")
	for _, want := range []string{"etcd-3 ok → ", "etcd-3 WAL p99 "} {
		if !strings.Contains(worse, want) {
			t.Errorf("%q is not among what got worse:\n%s", want, screen)
		}
	}
	if strings.Contains(worse, "etcd-1") || !strings.Contains(lineWith(t, screen, " commit p99    "), "↑") ||
		strings.ContainsAny(lineWith(t, screen, " db size"), "↑↓=") {
		t.Errorf("more than what got worse is marked, or less:\n%s", screen)
	}
	small := plainScreen(t, m, 60, 15)
	if row := lineWith(t, small, " commit p99"); !strings.Contains(row, "↑") || !strings.Contains(small, "+1 more: o") {
		t.Errorf("where two members fit, the one that got worse is hidden:\n%s", small)
	}
	m = press(t, m, "+")
	if c, _ := m.comparison(); c.span != time.Minute || c.end.Sub(c.begin) != time.Minute || c.watched != 0 {
		t.Errorf("after + it compares %+v", c)
	}
	if screen := plainScreen(t, m, 120, 40); !strings.Contains(screen, "nothing is worse now than before") {
		t.Errorf("a minute ago it was as slow:\n%s", screen)
	}
	m = press(t, m, "-", "-", "-", "-", "-")
	if c, _ := m.comparison(); c.span != time.Hour {
		t.Errorf("after - it compares %+v", c)
	}
	if !strings.Contains(plainScreen(t, m, 120, 40), "LAST 4m59s") ||
		!strings.Contains(plainScreen(t, m, 120, 40), "all that was watched") {
		t.Error("of an hour, all but five minutes are missing, and nothing says so")
	}
	healthy := press(t, watched(t, "healthy", 80, 24), "c", "j", "k", "tab", "o", "G")
	if screen := plainScreen(t, healthy, 80, 24); !strings.Contains(screen, "nothing is worse now than before") {
		t.Errorf("healthy:\n%s", screen)
	}
	marks := press(t, watched(t, "marked", 120, 40), "c", "-")
	if c, _ := marks.comparison(); c.span != 5*time.Minute {
		t.Errorf("- beside marks compares %+v", c)
	}
	if c, _ := press(t, marks, "k").comparison(); c.span != 0 || c.from != 0 {
		t.Errorf("k leads back to %+v, want the mark before the last", c)
	}
}

// TestCompareAllThatWasWatched: where that is less than the minutes that were asked for, what happened soon after the
// beginning is compared with the first values, and is among the events.
func TestCompareAllThatWasWatched(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ watched, ago int }{{42, 35}, {25, 12}, {12, 7}, {130, 110}} {
		m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: test.watched + 1,
			fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
				if ago <= time.Duration(test.ago)*time.Second {
					down(s, 2)
				}
			}}, 120, 40), "c")
		c, _ := m.comparison()
		third := m.compared(c).members[2]
		if watched := time.Duration(test.watched) * time.Second; c.end.Sub(c.begin) != watched || !third.isWorse() ||
			third.tally.Before.Word != "ok" || !third.values[0].before.Value.IsKnown() {
			t.Errorf("of %v, %v are compared, before them the third member was %+v", watched, c.end.Sub(c.begin),
				third.tally)
		}
		for _, size := range storySizes {
			screen := plainScreen(t, m, size[0], size[1])
			if !strings.Contains(screen, "LAST "+m.theme.duration(c.watched)) || !strings.Contains(screen, "→ DOWN") {
				t.Errorf("%v:\n%s", size, screen)
			}
		}
		if screen := plainScreen(t, m, 120, 40); !strings.Contains(screen, "etcd-3 is down") {
			t.Errorf("the event is not between:\n%s", screen)
		}
	}
}

// TestCompareSaysAValueOnce: a change that is the value is not written beside it, and what is written alike is not
// worse.
func TestCompareSaysAValueOnce(t *testing.T) {
	t.Parallel()
	m := watched(t, "healthy", 120, 40)
	shown := func(n float64) thresholds.ShownValue { return thresholds.ShownValue{Value: probe.Known(n)} }
	f := comparedFrame{member: comparedMemberWidth + comparedChange, change: true}
	l := newLine(m.theme, 60)
	m.addCompared(l, f, &comparedValue{before: shown(0), worst: shown(.005), after: shown(.005), isWorse: true},
		thresholds.Seconds, false)
	if text := ansi.Strip(l.String()); strings.Count(text, "5ms") != 2 { // WORST and AFTER
		t.Errorf("from nothing: %q", text)
	}
	limit := m.rules.Judging(thresholds.WALFsyncP99).Notice.Value.Or(0)
	for after, want := range map[float64]bool{limit + 1e-7: false, 2 * limit: true} {
		v := comparedValue{before: shown(limit - 1e-7), after: shown(after)}
		if got := m.gotWorse(&v, thresholds.WALFsyncP99); got != want {
			t.Errorf("from %v to %v: worse %v, want %v", v.before, v.after, got, want)
		}
	}
}

// TestCompareSignsWhatIsWorse also where only one of two values is an upper bound: a colour alone is none. By how much
// it changed is not known then, and what is not worse may be the same.
func TestCompareSignsWhatIsWorse(t *testing.T) {
	t.Parallel()
	m := watched(t, "healthy", 120, 40)
	f := comparedFrame{member: comparedMemberWidth + comparedChange, change: true}
	bound := thresholds.ShownValue{Value: probe.Known(.008), AtMost: true}
	slow := thresholds.ShownValue{Value: probe.Known(.179)}
	for _, test := range []struct {
		before, after thresholds.ShownValue
		isWorse       bool
		want          string
	}{
		{bound, slow, true, "≤8ms      ? 179ms↑"},
		{slow, bound, true, "179ms      ?  ≤8ms↓"},
		{bound, slow, false, "≤8ms      ?  179ms"},
	} {
		l := newLine(m.theme, 60)
		v := comparedValue{before: test.before, after: test.after, isWorse: test.isWorse}
		m.addCompared(l, f, &v, thresholds.Seconds, true)
		if got, want := strings.Fields(ansi.Strip(l.String())), strings.Fields(test.want); !slices.Equal(got, want) {
			t.Errorf("worse %v: %q, want %q", test.isWorse, got, want)
		}
	}
}

// TestCompareLeadsWithTheWorst: warnings, then values by how much they grew, then remarks.
func TestCompareLeadsWithTheWorst(t *testing.T) {
	t.Parallel()
	m := watched(t, "healthy", 120, 40)
	c := &compared{vitals: comparedVitals()}
	grew := func(vital thresholds.Vital, before, after float64) []comparedValue {
		values := make([]comparedValue, len(c.vitals))
		for i, v := range c.vitals {
			if v.vital == vital {
				values[i] = comparedValue{isWorse: true, before: thresholds.ShownValue{Value: probe.Known(before)},
					after: thresholds.ShownValue{Value: probe.Known(after)}}
			}
		}
		return values
	}
	is := func(word thresholds.ConditionWord, level thresholds.Level) thresholds.MemberTally {
		after := thresholds.MemberCondition{Word: word, Level: level}
		return thresholds.MemberTally{Before: thresholds.MemberCondition{Word: "ok"}, Worst: after, After: after}
	}
	c.members = []comparedMember{
		{&m.shown.members[0], is("NOTE", thresholds.Notice), grew(thresholds.WALFsyncP99, .01, .02)},
		{&m.shown.members[1], is("NOTE", thresholds.Notice), grew(thresholds.BackendCommitP99, .008, .179)},
		{&m.shown.members[2], is("WARN", thresholds.Warning), grew(thresholds.PeerRTTP99, .01, .03)},
	}
	want := []string{"etcd-3 ok → WARN", "etcd-2 commit p99 8ms → 179ms", "etcd-3 RTT p99 10ms → 30ms",
		"etcd-1 WAL p99 10ms → 20ms", "etcd-1 ok → NOTE", "etcd-2 ok → NOTE"}
	if got := m.worsened(c); !slices.Equal(got, want) {
		t.Errorf("what got worse is %q, want %q", got, want)
	}
}

// TestCompareDifferences: a difference is that of the numbers beside it.
func TestCompareDifferences(t *testing.T) {
	t.Parallel()
	th := plainTheme()
	for _, test := range []struct {
		was, is float64
		unit    thresholds.Unit
		want    string
	}{
		{.0134, .0246, thresholds.Seconds, "+12ms"}, {.0008, .00134, thresholds.Seconds, "+500µs"},
		{1.26 * (1 << 30), 1.74 * (1 << 30), thresholds.Bytes, "+410M"}, {.104, .256, thresholds.Ratio, "+16%"},
		{3, 40, thresholds.Count, "+37"}, {12_400, 15_600, thresholds.PerSecond, "+4000"},
	} {
		if got := th.changeText(test.was, th.difference(test.was, test.is, test.unit), test.unit); got != test.want {
			t.Errorf("%v to %v: %q, want %q", test.was, test.is, got, test.want)
		}
	}
}

// TestCompareNamesLeadersInShort names.
func TestCompareNamesLeadersInShort(t *testing.T) {
	t.Parallel()
	m := watched(t, "healthy", 120, 40)
	text := m.comparedCluster(&thresholds.Tally{
		LeaderBefore: thresholds.MemberRef{Key: "1", Label: "prod-eu-west-control-plane-01", Short: "…-plane-01"},
		LeaderAfter:  thresholds.MemberRef{},
	})
	if !strings.Contains(text, "leader …-plane-01 → nobody") {
		t.Errorf("the leaders are not named in short: %q", text)
	}
}

// TestUpperBoundsStayBounds: a p99 that is an upper bound in its cell is one where a column of its chart is read, and
// in the comparison, wherever the last minutes begin.
func TestUpperBoundsStayBounds(t *testing.T) {
	t.Parallel()
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 120, 40), "enter", "1", "z")
	v := m.selectedMember().Cell(thresholds.WALFsyncP99)
	if !v.AtMost {
		t.Fatalf("after 3 sweeps the p99 is exact: %+v", v)
	}
	for _, column := range []string{"newest", "one before"} {
		if line := lineWith(t, plainScreen(t, m, 120, 40), "^ read"); !strings.Contains(line, "p99 ≤") ||
			strings.Contains(line, "max ≤") {
			t.Errorf("%s: %q", column, line)
		}
		m = press(t, m, "left")
	}
	member, at := m.selectedMember().Key, m.shown.assessment.At
	for past := range 3 {
		to := at.Truncate(time.Minute).Add(time.Minute + time.Duration(past)*time.Second)
		values := m.windowValues(member, []thresholds.Vital{thresholds.WALFsyncP99}, to, time.Minute, 60, largest)
		if past < at.Second() && (!values[0].Value.IsKnown() || !values[0].AtMost) {
			t.Errorf("at %v the worst is exact: %+v", to, values[0])
		}
	}
}

// TestAnUpperBoundIsNotWorse: that a value is at most so much now does not show that it has grown.
func TestAnUpperBoundIsNotWorse(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil)
	v := comparedValue{before: thresholds.ShownValue{Value: probe.Known(.004), AtMost: true},
		after: thresholds.ShownValue{Value: probe.Known(.064)}}
	if !m.gotWorse(&v, thresholds.WALFsyncP99) {
		t.Error("from at most 4 ms to 64 ms is not worse")
	}
	if v.after.AtMost = true; m.gotWorse(&v, thresholds.WALFsyncP99) {
		t.Error("at most 64 ms is worse than at most 4 ms")
	}
	if v.leastAfter = probe.Known(.032); !m.gotWorse(&v, thresholds.WALFsyncP99) {
		t.Error("between 32 and 64 ms is not worse than at most 4 ms")
	}
	if v.before.Value = probe.Known(.032); !m.gotWorse(&v, thresholds.WALFsyncP99) {
		t.Error("between 32 and 64 ms is not worse than at most 32 ms")
	}
	if v.leastAfter = probe.Known(.016); m.gotWorse(&v, thresholds.WALFsyncP99) {
		t.Error("between 16 and 64 ms is worse than at most 32 ms")
	}
}

// TestCompareExplainsItsSigns: each sign on the page has a word there, and what stayed the same has none.
func TestCompareExplainsItsSigns(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"healthy", "marked", "slow-disk", "one-down"} {
		m := press(t, watched(t, name, 80, 24), "c")
		for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			screen := plainScreen(t, m, size[0], size[1])
			_, table, _ := strings.Cut(screen, " state ")
			for _, sign := range []string{"↑", "↓", "≤", "~"} {
				if strings.Contains(table, sign) && !strings.Contains(screen, " "+sign+" ") {
					t.Errorf("%s at %v: nothing says what %s is:\n%s", name, size, sign, screen)
				}
			}
			if strings.Contains(table, "=") {
				t.Errorf("%s at %v: what stayed the same has a sign:\n%s", name, size, screen)
			}
		}
	}
}

// TestCompareBoundsOfASlowDisk: where a disk's upper bound now is several buckets above what it was, that is worse.
func TestCompareBoundsOfASlowDisk(t *testing.T) {
	t.Parallel()
	m := press(t, watched(t, "healthy", 120, 40), "c")
	c, _ := m.comparison()
	third := m.shown.assessment.Members[2]
	third.WALFsync = thresholds.Latency{Low: probe.Known(.512), High: probe.Known(1.024), Observations: 20, Few: true}
	v := m.compareVitals(c, &third, []thresholds.Vital{thresholds.WALFsyncP99})[0]
	if !v.after.AtMost || !m.gotWorse(&v, thresholds.WALFsyncP99) {
		t.Errorf("from %v to between 512 ms and 1 s is not worse: %+v", v.before, v)
	}
	third.WALFsync.Low = probe.Known(0)
	if v := m.compareVitals(c, &third, []thresholds.Vital{thresholds.WALFsyncP99})[0]; m.gotWorse(&v,
		thresholds.WALFsyncP99) {
		t.Error("at most 1 s is worse, though it may be less than before")
	}
}

// TestCompareSaysWhatItWas: a member that was late, or being defragmented, was not down.
func TestCompareSaysWhatItWas(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil)
	late := thresholds.MemberCondition{Word: thresholds.ConditionLate, Level: thresholds.Warning}
	for _, test := range []struct {
		worst thresholds.MemberCondition
		spent map[thresholds.ConditionWord]time.Duration
		want  string
	}{
		{late, map[thresholds.ConditionWord]time.Duration{"ok": time.Minute, "LATE": 7 * time.Second}, "LATE 7s"},
		{late, map[thresholds.ConditionWord]time.Duration{"LATE": 7 * time.Second, "DEFRAG": 25 * time.Second},
			"LATE 7s, DEFRAG 25s"},
		{thresholds.MemberCondition{Word: "WARN", Level: thresholds.Warning},
			map[thresholds.ConditionWord]time.Duration{"WARN": time.Minute, "LATE": 2 * time.Second}, "WARN, LATE 2s"},
		{thresholds.MemberCondition{Word: thresholds.ConditionDown, Level: thresholds.Critical},
			map[thresholds.ConditionWord]time.Duration{"DOWN": 75 * time.Second, "CATCHUP": 65 * time.Second},
			"DOWN 1m15s"},
	} {
		if got := m.worstWords(&thresholds.MemberTally{Worst: test.worst, Spent: test.spent}); got != test.want {
			t.Errorf("%v: %q, want %q", test.spent, got, test.want)
		}
	}
}

// TestComparePastValues: what the table has behind the sign of a last known value is behind it in the comparison too,
// and is not worse than before.
func TestComparePastValues(t *testing.T) {
	t.Parallel()
	past := func(ago time.Duration, s *probe.Sweep, w *world) {
		if ago < 10*time.Second {
			w.slow[2] = .4
		}
		if ago < 3*time.Second {
			down(s, 2)
		}
	}
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 60, fault: past}, 80, 24), "c")
	c, _ := m.comparison()
	third := &m.shown.assessment.Members[2]
	v := m.compareVitals(c, third, []thresholds.Vital{thresholds.WALFsyncP99})[0]
	cell := third.Cell(thresholds.WALFsyncP99)
	_, _, now := v.texts(m.theme, thresholds.Seconds)
	if want := "~" + m.theme.worstText(cell.ShownValue, thresholds.Seconds); !v.isPast || now != want {
		t.Errorf("now is %q, want %q", now, want)
	}
	if m.gotWorse(&v, thresholds.WALFsyncP99) || !strings.Contains(plainScreen(t, m, 80, 24), " "+now) {
		t.Errorf("the last known value is worse, or not on the screen:\n%s", plainScreen(t, m, 80, 24))
	}
	trips := *third
	trips.State, trips.MetricsStale = thresholds.StateOK, false
	trips.Vitals[thresholds.PeerRTTP99] = probe.Known(1.6)
	trips.Peers = []thresholds.Peer{{RoundTripP99: probe.Known(1.6), RoundTripIsPast: true}}
	if v := m.compareVitals(c, &trips, []thresholds.Vital{thresholds.PeerRTTP99})[0]; !v.isPast {
		t.Errorf("a round trip of before is one of now: %+v", v)
	}
}
