package thresholds

import (
	"testing"
	"time"
)

// A muted moment is an assessment with findings of one rule, by the names of members.
func mutedMoment(levels map[string]Level) *Assessment {
	a := &Assessment{}
	for name, level := range levels {
		a.Findings = append(a.Findings, Finding{Rule: DBFragmented, Level: level, Member: MemberRef{Key: "k" + name, Label: name}})
	}
	return a
}

// TestMutes: a mute ends with its time, when a finding that it silences gets worse, and when another member joins; what
// it meets first it silences up to a warning.
func TestMutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	type moments []map[string]Level
	for _, c := range []struct {
		what, member string
		moments      moments
		active       bool
	}{
		{"nothing yet", "", moments{{}}, true},
		{"a warning", "", moments{{}, {"a=b": Warning}}, true},
		{"of the member's label", "a=b", moments{{"a=b": Warning}}, true},
		{"of the member's key", "ka=b", moments{{"a=b": Warning}}, true},
		{"critical from the start", "", moments{{"a=b": Critical}}, false},
		{"critical at last", "", moments{{}, {"a=b": Notice}, {"a=b": Critical}}, false},
		{"of the member, critical", "a=b", moments{{"a=b": Warning}, {"a=b": Critical}}, false},
		{"of another member, critical", "a=b", moments{{"a=b": Warning, "b": Critical}}, true},
		{"not judged at first", "", moments{{"a=b": Unknown, "b": Unknown}, {"a=b": Unknown, "b": Warning}}, true},
		{"several at once", "", moments{{"a=b": Warning, "b": Warning}}, true},
		{"another joins", "", moments{{"a=b": Warning}, {"a=b": Warning, "b": Warning}}, false},
		{"another takes its place", "", moments{{"a=b": Warning}, {}, {"b": Warning}}, false},
		{"another can't be judged", "", moments{{"a=b": Warning}, {"a=b": Warning, "b": Unknown}}, true},
		{"milder", "", moments{{"a=b": Warning}, {"a=b": Notice}}, true},
		{"again", "", moments{{"a=b": Warning}, {}, {"a=b": Notice}, {"a=b": Warning}}, true},
	} {
		m := Mute{Rule: DBFragmented, Member: c.member, Until: now.Add(time.Hour)}
		all := Mutes{}.With(m).With(m)
		for _, levels := range c.moments {
			all = all.After(mutedMoment(levels), now)
		}
		if (len(all) == 1) != c.active {
			t.Errorf("%s: %+v, want active: %t", c.what, all, c.active)
		}
		if left := all.After(mutedMoment(nil), m.Until); len(left) != 0 {
			t.Errorf("%s: it is active after its time: %+v", c.what, left)
		}
	}
}

// TestMuteFinding: what is muted while it stands is silenced at its level, for its member alone.
func TestMuteFinding(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, level := range []Level{Notice, Warning, Critical} {
		standing := mutedMoment(map[string]Level{"a": level})
		all := Mutes{}.With(MuteFinding(&standing.Findings[0], now.Add(time.Hour))).After(standing, now)
		if all.Of(&standing.Findings[0]) == nil {
			t.Fatalf("%v: it is not muted: %+v", level, all)
		}
		joined := mutedMoment(map[string]Level{"b": Critical})
		if all = all.After(joined, now); len(all) != 1 || all.Of(&joined.Findings[0]) != nil {
			t.Errorf("%v: another member: %+v", level, all)
		}
		if worse := all.After(mutedMoment(map[string]Level{"a": level + 1}), now); level < Critical && level+1 >= Warning &&
			len(worse) != 0 {
			t.Errorf("%v: it goes on although it got worse: %+v", level, worse)
		}
		if left := all.Without(DBFragmented, "ka"); len(left) != 0 {
			t.Errorf("%v: it was not taken away: %+v", level, left)
		}
	}
}
