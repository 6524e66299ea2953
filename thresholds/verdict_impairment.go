package thresholds

import "slices"

// impairment is why a member would make a bad survivor: it can't help to commit before it has caught up, or the worst
// finding about it.
type impairment struct {
	words, brief string // in full, and in short; empty where nothing impairs it
	rule         RuleID
	// slow reports whether a finding of any level says that its disk or one of its links is slow.
	slow bool
}

// impairments returns each member's impairment, in the sweep's order. findings come worst first.
func (b *cohort) impairments(findings []Finding) []impairment {
	all := make([]impairment, len(b.members))
	for i := range b.members {
		if m := &b.members[i]; m.catchingUp {
			all[i] = impairment{words: m.Label + " " + m.catchingUpWords(), brief: m.Short + ": catching up",
				rule: FollowerLagging}
		}
	}
	for i := range findings {
		f := &findings[i]
		at, alarm := b.place(f.Member.Key), f.InhibitedBy == ""
		if at < 0 || !alarm && !f.InhibitedByReading {
			continue
		}
		m, x := &b.members[at], &all[at]
		x.slow = x.slow || slowsCommits(f.Rule) && f.isBreach() && !f.provesLittle()
		// An impairment that another impaired member causes leaves with that member, or counts there; one from
		// elsewhere stays, and so does a slow disk, which is the member's own.
		leaves := !alarm && !f.InhibitedByMember.IsZero() && f.InhibitedByMember.Key != m.Key &&
			b.settings.rule(f.InhibitedBy).Impairs &&
			f.Rule != WALFsyncSlow && f.Rule != BackendCommitSlow
		// Unreadable metrics are no impairment: they leave open whether there is one.
		impairs := b.settings.rule(f.Rule).Impairs && f.Rule != MetricsUnavailable
		if x.words == "" && impairs && !leaves && !f.LearnersOnly && f.Severity >= Warning {
			x.words, x.rule, x.brief = f.Summary, f.Rule, m.Short+": "+b.settings.rule(f.Rule).Brief
		}
	}
	return b.withOtherEnds(all)
}

// withOtherEnds also has what impairs one end of a cut link for the other end: the finding is about one.
func (b *cohort) withOtherEnds(own []impairment) []impairment {
	all := slices.Clone(own)
	for i := range all {
		for j := range own {
			if x := &all[i]; x.words == "" && own[j].rule == PeerDisconnected && b.members[i].Voter && b.cut(i, j) {
				x.words, x.brief, x.rule = own[j].words, own[j].brief, own[j].rule
			}
		}
	}
	return all
}

// catchingUpWords say what a member lacks, and what follows, as a clause after its name.
func (m *memberState) catchingUpWords() string {
	words := "is " + m.lackWords()
	if m.sentSnapshot {
		words = "is sent a snapshot, " + m.lackWords()
	}
	return words + ", and can't help to commit before it has caught up"
}

// impairmentFact is known if nothing that could make the member a bad survivor is left open.
func (b *cohort) impairmentFact(
	m *memberState, x impairment, findings []Finding, unmeasured []Unmeasured,
) fact[impairment] {
	f := fact[impairment]{ground: GroundSurvivors, source: m.Label,
		missing: "disk and links of " + m.Label + " are not known", brief: m.Short + ": metrics unknown"}
	switch {
	case x.words != "":
		f.value, f.at = x, b.now
		return f
	case m.MetricsTooOld && m.probed.Metrics.Err != nil:
		f.missing += ": its metrics can't be read from here (" + m.probed.Metrics.Err.Kind.Words() + ")"
		return f
	case m.MetricsTooOld:
		f.missing += ": its metrics are late"
		return f
	}
	for g := range about(findings, m.Key) {
		if g.Level == Unknown && b.settings.rule(g.Rule).Impairs {
			f.missing = b.unknownWords(m, g.Rule, g.Reason)
			f.brief = b.unknownBrief(m, g.Rule)
			return f
		}
	}
	for i := range unmeasured {
		u := &unmeasured[i]
		// After too few observations of its disk, it has just come back.
		returned := u.Why == WhyTooFew && (u.Rule == WALFsyncSlow || u.Rule == BackendCommitSlow)
		if u.Member.Key == m.Key && (returned || u.Suspected && b.settings.rule(u.Rule).Impairs) {
			f.missing = b.unknownWords(m, u.Rule, u.Text)
			f.brief = b.unknownBrief(m, u.Rule)
			return f
		}
	}
	f.at = m.probed.Metrics.At
	return f
}

// unknownWords say that a rule can't be judged about a member, and why.
func (b *cohort) unknownWords(m *memberState, rule RuleID, why string) string {
	return b.settings.rule(rule).Topic + " of " + m.Label + " unknown: " + why
}

// unknownBrief says in short that a rule can't be judged about a member.
func (b *cohort) unknownBrief(m *memberState, rule RuleID) string {
	return m.Short + ": " + b.settings.rule(rule).Topic + " unknown"
}
