package thresholds

import (
	"slices"
	"time"
)

// A Mute silences the alerts of a rule's findings until a time, or until they get worse: until one rises above the
// level that is silenced, or another member joins. A critical one is silenced only if it stood when it was muted.
type Mute struct {
	Rule RuleID
	// Member is the label or the key of the member; empty: the cluster, or every member.
	Member string
	Until  time.Time
	// silenced are the levels that it silences, by the keys of the members that it has met; nil before it meets one. It
	// is replaced, never changed.
	silenced map[string]Level
}

// MuteFinding returns a mute of a finding that stands, at its level.
func MuteFinding(f *Finding, until time.Time) Mute {
	return Mute{f.Rule, f.Member.Key, until, map[string]Level{f.Member.Key: f.Level}}
}

// silences reports whether the mute is about a finding.
func (m *Mute) silences(f *Finding) bool {
	return m.Rule == f.Rule && (m.Member == "" || m.Member == f.Member.Label || m.Member == f.Member.Key)
}

// Mutes are the active mutes. They are never changed: each method returns the next ones.
type Mutes []Mute

// after returns the mute after an assessment, and whether it goes on. What raises no alert by its level counts for
// nothing: it may be a rule that can't be judged yet.
func (m Mute) after(a *Assessment) (next Mute, goesOn bool) {
	met := map[string]Level{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Level < Warning || !m.silences(f) {
			continue
		}
		met[f.Member.Key] = f.Level
		limit := Warning
		if m.silenced != nil {
			limit = m.silenced[f.Member.Key]
		}
		if f.Level > limit {
			return m, false
		}
	}
	if m.silenced == nil && len(met) > 0 {
		m.silenced = met
	}
	return m, true
}

// After returns those that are still active at a moment, after an assessment: without those whose time is over, and
// those of findings that have got worse.
func (all Mutes) After(a *Assessment, now time.Time) Mutes {
	active := make(Mutes, 0, len(all))
	for _, m := range all {
		if next, goesOn := m.after(a); goesOn && now.Before(m.Until) {
			active = append(active, next)
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
