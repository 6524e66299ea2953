package thresholds

import (
	"testing"
	"time"
)

// TestMutes: a mute ends with its time, or when a finding that it silences gets worse than it was at first.
func TestMutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	having := func(levels ...Level) *Assessment {
		a := &Assessment{}
		for _, level := range levels {
			a.Findings = append(a.Findings, Finding{Rule: DBFragmented, Level: level, Member: MemberRef{Key: "1", Label: "a=b"}})
		}
		return a
	}
	for _, name := range []string{"a=b", "1", ""} {
		m := Mute{Rule: DBFragmented, Member: name, Until: now.Add(time.Hour)}
		all := Mutes{}.With(m).With(m).After(having(), now).After(having(Notice), now)
		finding := having(Notice).Findings[0]
		if len(all) != 1 || all.Of(&finding) == nil {
			t.Fatalf("%q: the mute is not active: %+v", name, all)
		}
		if left := all.After(having(Warning), now); len(left) != 0 {
			t.Errorf("%q: it is active although the finding got worse: %+v", name, left)
		}
		if left := all.After(having(Notice), m.Until); len(left) != 0 {
			t.Errorf("%q: it is active after its time: %+v", name, left)
		}
		if left := all.After(having(), now); len(left) != 1 || left[0].Level != Notice {
			t.Errorf("%q: it forgot the level: %+v", name, left)
		}
		if finding.Member = (MemberRef{Key: "2", Label: "b"}); (all.Of(&finding) != nil) != (name == "") {
			t.Errorf("%q: of another member: %v", name, all.Of(&finding))
		}
		if left := all.Without(DBFragmented, name); len(left) != 0 {
			t.Errorf("%q: it was not taken away: %+v", name, left)
		}
	}
}
