package tui

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestAnEventLastedAsLongAsItsWords: what got worse says for how long it is as bad as its words, and for how long it
// has gone on in all; with little room only the former. What is over says so in any room.
func TestAnEventLastedAsLongAsItsWords(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	now := m.shown.assessment.At
	end := m.clock(now)
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
		{"over", 5 * time.Second, 38 * time.Second, "ended at 40%", 1, "over " + end + " after 5s, 38s in all", "over"},
		{"over, as bad all the time", 38 * time.Second, 38 * time.Second, "over", 1, "over " + end + " after 38s",
			"over"},
		{"again", 5 * time.Second, 38 * time.Second, "", 3, "3 times, for 5s", "3×"},
		{"again, just now", 500 * time.Millisecond, 500 * time.Millisecond, "", 2, "2 times, just now", "2×"},
		{"again, and over", 5 * time.Second, 38 * time.Second, "over", 3, "3 times in 38s, over " + end, "3×, over"},
	} {
		e := thresholds.Event{At: now.Add(-test.lasted), AsBadAt: now.Add(-test.asBad), Lasted: test.lasted,
			AsBad: test.asBad, Over: test.over, Active: test.over == "", Times: test.times, Level: thresholds.Critical}
		if got := m.lasted(&e); got[0] != test.want || got[len(got)-1] != test.brief {
			t.Errorf("%s: %q, want %q to %q", test.name, got, test.want, test.brief)
		}
	}
}
