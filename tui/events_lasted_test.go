package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestAnEventLastedAsLongAsItsWords: what got worse says for how long it is as bad as its words, and for how long it
// has gone on in all; with little room only the former. What is over says so in any room.
func TestAnEventLastedAsLongAsItsWords(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	now := m.shown.assessment.At
	for _, test := range []struct {
		name          string
		asBad, lasted time.Duration
		over          string
		times         int
		want, brief   string
	}{
		{"got worse", 5 * time.Second, 38 * time.Second, "", 1, "for 5s, 38s in all", "for 5s"},
		{"as bad from the start", 38 * time.Second, 38 * time.Second, "", 1, "for 38s", "for 38s"},
		{"as bad nearly from the start", 37 * time.Second, 38 * time.Second, "", 1, "for 37s", "for 37s"},
		{"so for an hour", 55 * time.Minute, 60 * time.Minute, "", 1, "for 55m00s", "for 55m00s"},
		{"over", 5 * time.Second, 38 * time.Second, "ended at 40%", 1, "5s, 38s in all, over", "over"},
		{"over, as bad all the time", 38 * time.Second, 38 * time.Second, "over", 1, "38s, over", "over"},
		{"again", 5 * time.Second, 38 * time.Second, "", 3, "3 times, now for 5s", "3×"},
		{"again, just now", 500 * time.Millisecond, 500 * time.Millisecond, "", 2, "2 times, just now", "2×"},
		{"again, and over", 5 * time.Second, 38 * time.Second, "over", 3, "3 times in 38s, over", "3×, over"},
	} {
		e := thresholds.Event{At: now.Add(-test.lasted), AsBadAt: now.Add(-test.asBad), Lasted: test.lasted,
			AsBad: test.asBad, Over: test.over, Active: test.over == "", Times: test.times, Level: thresholds.Critical}
		if got := m.lasted(&e); got[0] != test.want || got[len(got)-1] != test.brief {
			t.Errorf("%s: %q, want %q to %q", test.name, got, test.want, test.brief)
		}
	}
}

// TestAValueOutlivesInAll: where room is short, for how long something has gone on in all gives way before its value,
// and the longest words that fit beside how long it is as bad are said.
func TestAValueOutlivesInAll(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	now := m.shown.assessment.At
	e := thresholds.Event{At: now.Add(-66 * time.Second), AsBadAt: now.Add(-40 * time.Second), Active: true, Times: 1,
		Level: thresholds.Critical, Worst: thresholds.Critical,
		Text: "etcd-2: WAL fsync 512 ms–1 s, mean 416 ms, of 31 in the last minute", Named: true,
		Headline: "etcd-2: WAL fsync 512 ms–1 s, mean 416 ms", Brief: "etcd-2: WAL fsync 512 ms–1 s"}
	line := func(width int) string { return strings.TrimRight(ansi.Strip(m.renderEvent(&e, "", width)), " ") }
	for width, want := range map[int][2]string{
		80: {e.Headline, "for 40s, 1m06s in all"}, 68: {e.Headline, "for 40s"}, 55: {e.Brief, "for 40s"},
	} {
		got := line(width)
		if !strings.Contains(got, want[0]+" ") || !strings.HasSuffix(got, " "+want[1]) {
			t.Errorf("%d columns: %q, want %q and %q", width, got, want[0], want[1])
		}
	}
	e.Level = thresholds.Notice
	if got := line(90); !strings.Contains(got, e.Headline+"; CRIT at worst ") || !strings.HasSuffix(got, " for 40s") {
		t.Errorf("milder now: %q", got)
	}
}

// TestALateChangeOfTheLeaderComesEarly: where few rows have room, a change of the leader in the last minutes is one of
// them, before what is newer and matters less.
func TestALateChangeOfTheLeaderComesEarly(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	now := m.shown.assessment.At
	m.shown.events = []thresholds.Event{
		{At: now.Add(-90 * time.Second), KnownAt: now.Add(-90 * time.Second), Kind: thresholds.EventLeader,
			Text: "etcd-2 leads now"},
		{At: now.Add(-80 * time.Second), KnownAt: now.Add(-80 * time.Second), Active: true, Level: thresholds.Warning,
			Text: "no voter to spare"},
		{At: now.Add(-9 * time.Second), KnownAt: now.Add(-9 * time.Second), Active: true, Level: thresholds.Notice,
			Text: "a slow fsync"},
	}
	b, _ := m.listEvents(80, 2)
	for i, want := range []string{"no voter to spare", "etcd-2 leads now"} {
		if got := ansi.Strip(b[i]); !strings.Contains(got, want) {
			t.Errorf("row %d: %q, want %q", i+1, got, want)
		}
	}
}
