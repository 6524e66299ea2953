package agent

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestMutes: a mute ends with its time, or when a finding that it silences gets worse than it was at first.
func TestMutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m, err := ParseMute("db-fragmentation@a=b=1h", thresholds.NewRuleSet(thresholds.Rules()), now)
	if err != nil {
		t.Fatal(err)
	}
	at := func(after time.Duration, levels ...thresholds.Level) *thresholds.Assessment {
		a := &thresholds.Assessment{At: now.Add(after)}
		for _, level := range levels {
			a.Findings = append(a.Findings, thresholds.Finding{Rule: thresholds.DBFragmented, Level: level,
				Member: thresholds.MemberRef{Key: "1", Label: "a=b"}})
		}
		return a
	}
	all := mutes{m}.standing(at(0)).standing(at(time.Minute, thresholds.Notice))
	if len(all) != 1 || all.of(&at(0, thresholds.Notice).Findings[0]) == nil {
		t.Fatalf("the mute does not stand: %+v", all)
	}
	if left := all.standing(at(time.Minute, thresholds.Warning)); len(left) != 0 {
		t.Errorf("it stands although it got worse: %+v", left)
	}
	if left := all.standing(at(time.Hour, thresholds.Notice)); len(left) != 0 {
		t.Errorf("it stands after its time: %+v", left)
	}
	other := at(0, thresholds.Notice).Findings[0]
	other.Member.Label = "b"
	if all.of(&other) != nil {
		t.Error("it silences another member's")
	}
}

// TestParseMute rejects what names no rule or no time.
func TestParseMute(t *testing.T) {
	t.Parallel()
	rules := thresholds.NewRuleSet(thresholds.Rules())
	for _, text := range []string{"", "db-fragmentation", "nothing=1h", "db-fragmentation=", "db-fragmentation=soon", "db-fragmentation=-1h"} {
		if m, err := ParseMute(text, rules, time.Now()); err == nil {
			t.Errorf("%q is %+v", text, m)
		}
	}
	m, err := ParseMute("db-fragmentation=2026-11-27T18:00:00Z", rules, time.Now())
	if err != nil || m.Member != "" || m.Until.Hour() != 18 {
		t.Errorf("%+v, %v", m, err)
	}
}
