package thresholds

import (
	"maps"
	"slices"
)

// A Watch notices what changes from one assessment to the next, for those who do not look at a screen. It is a value:
// With returns the next one. The first assessment is no change, nor is one without rates.
type Watch struct {
	begun bool
	// level and cause are the last ones, and loud is the last level of the findings that are not muted.
	level, loud Level
	cause       Cause
	// verdicts are the last ones by the member's key, and known the last of those that were not unknown while it
	// answered.
	verdicts map[string]VerdictKind
	known    map[string]Verdict
}

// Change is what an assessment changes.
type Change struct {
	// First reports that there was nothing to compare with.
	First bool
	// Changed reports that the level or the verdict on losing a member is another one.
	Changed bool
	// Diagnosis reports that the level or the cause is another one, or the first.
	Diagnosis bool
	// Verdicts are the verdicts on losing a member that are other ones, or the first.
	Verdicts []VerdictChange
	// Worse is the level if it is worse than before; else OK. A notice is not worse than ok: it asks for nothing now.
	Worse Level
	// Headline says what is wrong at the level of Worse; empty if that is OK.
	Headline string
	// Unsafe are the members that answer and may be lost less than before: now it is a risk, or would cost the quorum.
	Unsafe []MemberRef
}

// IsWorse reports that something is worth an alert.
func (c *Change) IsWorse() bool { return c.Worse > OK || len(c.Unsafe) > 0 }

// With compares an assessment with those before. Findings that muted names don't count for Worse; nil: none is muted.
func (w Watch) With(a *Assessment, muted func(*Finding) bool) (Watch, Change) {
	if a.Reading.Cause == CauseFirstSweep {
		return w, Change{}
	}
	level, silenced, loudest := OK, OK, (*Finding)(nil)
	for i := range a.Findings {
		f := &a.Findings[i]
		switch {
		case f.InhibitedBy != "":
		case muted != nil && muted(f):
			silenced = max(silenced, f.Level)
		case f.Level > level:
			level, loudest = f.Level, f
		}
	}
	next := Watch{true, a.Level, level, a.Reading.Cause, map[string]VerdictKind{}, maps.Clone(w.known)}
	if next.known == nil {
		next.known = map[string]Verdict{}
	}
	c := Change{First: !w.begun, Changed: w.begun && a.Level != w.level,
		Diagnosis: !w.begun || a.Level != w.level || a.Reading.Cause != w.cause,
		Verdicts:  changesOfVerdicts(a, w.verdicts)}
	expected := slices.ContainsFunc(a.Findings, func(f Finding) bool { return f.Expected != "" })
	for i := range a.Members {
		m := &a.Members[i]
		now := m.CanLose.Verdict
		next.verdicts[m.Key] = m.VerdictKind()
		if now == LossUnknown || m.State != StateOK { // whoever does not answer is nothing to lose
			continue
		}
		before, seen := w.known[m.Key]
		next.known[m.Key] = now
		// While an announced outage lasts, that the others are at risk is no news.
		if w.begun && seen && now > max(before, LossSafe) && (now == LossNo || !expected) {
			c.Unsafe = append(c.Unsafe, m.MemberRef)
		}
	}
	c.Changed = c.Changed || w.begun && !maps.Equal(w.verdicts, next.verdicts)
	if w.begun && level > max(w.loud, Notice) {
		c.Worse, c.Headline = level, loudest.Headline
		if level == a.Level && silenced < level { // else the reading may be about what is muted
			c.Headline = a.Reading.Headline
		}
	}
	return next, c
}
