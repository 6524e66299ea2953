package thresholds

import (
	"slices"
	"time"
)

// A Mute silences the alerts of a rule's findings until a time, or until one of them gets worse.
type Mute struct {
	Rule RuleID
	// Member is the label or the key of the member; empty: the cluster, or every member.
	Member string
	Until  time.Time
	// Level is the worst level that it silences; OK: that of the finding which it meets first.
	Level Level
}

// silences reports whether the mute is about a finding.
func (m *Mute) silences(f *Finding) bool {
	return m.Rule == f.Rule && (m.Member == "" || m.Member == f.Member.Label || m.Member == f.Member.Key)
}

// Mutes are the active mutes. They are never changed: each method returns the next ones.
type Mutes []Mute

// After returns those that are still active at a moment, after an assessment: without those whose time is over, and
// those of a finding that is worse than they silence.
func (all Mutes) After(a *Assessment, now time.Time) Mutes {
	active := make(Mutes, 0, len(all))
	for _, m := range all {
		worst := OK
		for i := range a.Findings {
			if m.silences(&a.Findings[i]) {
				worst = max(worst, a.Findings[i].Level)
			}
		}
		if m.Level == OK {
			m.Level = worst
		}
		if now.Before(m.Until) && worst <= m.Level {
			active = append(active, m)
		}
	}
	return active
}

// With returns them with one more, which takes the place of one about the same.
func (all Mutes) With(m Mute) Mutes { return append(all.Without(m.Rule, m.Member), m) }

// Without returns them without the one about a rule and a member.
func (all Mutes) Without(rule RuleID, member string) Mutes {
	return slices.DeleteFunc(slices.Clone(all), func(m Mute) bool { return m.Rule == rule && m.Member == member })
}

// Of returns the mute of a finding; nil without one.
func (all Mutes) Of(f *Finding) *Mute {
	if i := slices.IndexFunc(all, func(m Mute) bool { return m.silences(f) }); i >= 0 {
		return &all[i]
	}
	return nil
}
