package thresholds

import (
	"fmt"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// A diagnoser chooses the diagnosis that explains an assessment's findings, and words it. It lives for one sweep.
type diagnoser struct {
	*cohort
	findings   []Finding
	unmeasured []Unmeasured
	history    *History
	// explained are the explanations of recent sweeps; residual is the diagnosis of the one that inhibits residual
	// symptoms now.
	explained []*explanation
	residual  *diagnosis
	// previous is the cause of the last reading; nil without one.
	previous *heldCause
	// slow are the links that are slow now.
	slow slowLinks
	// These are filled on first use: see clusterGroups, largestQuota and stepWord.
	groups        []int
	largestQuotas map[int]*memberState
	stepTexts     map[stepKey]string
	// index is filled on first use: see indexed.
	index *findingIndex
	// caution belongs to the next step of the reading; nil without one.
	caution *caution
	// end is how the reading's text goes on.
	end openEnd
}

// diagnosed is what diagnosing a sweep gives: the reading, which words the diagnosis that explains the worst findings,
// the caution about its next step (nil without one), the findings with the inhibited ones last, and the links that the
// reading and the marks say are slow.
type diagnosed struct {
	reading  Reading
	end      openEnd
	caution  *caution
	findings []Finding
	slow     slowLinks
	// successor is the place of the member that the reading names where it advises to move the leadership; -1 if nobody
	// could lead.
	successor int
}

func (e *Evaluator) diagnose(b *cohort, findings []Finding, unmeasured []Unmeasured) diagnosed {
	r := &diagnoser{
		cohort: b, findings: findings, unmeasured: unmeasured,
		history: &e.history, explained: e.explained, previous: e.held,
	}
	r.slow = r.slowLinks()
	reading, d := r.reading()
	e.remember(r, d)
	e.hold(r, d)
	reading.NotLookedAt = r.notLookedAt()
	slices.SortStableFunc(findings, worstFirst) // inhibited findings come last
	return diagnosed{reading, r.end, r.caution, findings, r.slow, r.leaderInstead()}
}

// reading returns the reading and the diagnosis that it words. The diagnosis is nil where there is none, or only
// residual symptoms are left.
func (r *diagnoser) reading() (Reading, *diagnosis) {
	r.adviseCommitting()
	r.adviseForeign()
	r.adviseSpace()
	switch {
	case len(r.members) == 0:
		return Reading{
			Cause: CauseUnreachable, Headline: "No member is known", Text: "No member is known.",
			Step: "Name a member with --endpoints", Next: "Name one with --endpoints.",
		}, nil
	case !slices.ContainsFunc(r.sweep.Members, func(m probe.Member) bool { return !m.IsStray() }):
		return r.straysOnly(), nil
	case r.nobodyAnswers():
		return r.allUnreachable(), nil
	}
	r.inhibitResidual()
	d, found := r.chooseDiagnosis()
	r.adviseOnLostQuorum(found)
	worst := r.worst(Unknown)
	alarm := d != nil && d.level >= Warning
	if alarm || d != nil && worst == nil {
		if x := r.residualOf(d); x != nil {
			d = r.asResidual(x, d)
			r.applyInhibition(d)
			return r.readingOf(d), nil
		}
	}
	d = r.steady(d, found)
	switch {
	case !alarm && r.residual != nil:
		return r.readingOf(r.residual), nil
	case alarm, d != nil && worst == nil:
		r.applyInhibition(d)
		return r.readingOf(d), d
	case worst == nil:
		if after := r.aftermath(); after != nil {
			return r.readingOf(after), nil
		}
		return r.healthy(), nil
	case r.sweep.Dumps != nil:
		return r.dumped(d), nil
	default:
		return r.undetermined(worst), nil
	}
}

// worst returns the first finding of a level that is neither inhibited nor resolving; nil without one.
func (r *diagnoser) worst(level Level) *Finding {
	for i := range r.findings { // sorted by severity
		if f := &r.findings[i]; f.Level == level && f.InhibitedBy == "" && !f.Resolving() {
			return f
		}
	}
	return nil
}

// andMore words how many more there are of what a noun names; nothing if there are none.
func andMore(n int, noun string) string {
	if n <= 0 {
		return ""
	}
	return " (and " + Plural(n, "more "+noun) + ")"
}

// undetermined words a rule that can't be judged, where nothing worse was found.
func (r *diagnoser) undetermined(f *Finding) Reading {
	if f.Why == WhyTooFew { // whatever else is not known says more
		for i := range r.findings {
			if g := &r.findings[i]; g.Level == Unknown && g.InhibitedBy == "" && g.Why != WhyTooFew {
				f = g
				break
			}
		}
	}
	if f.Why == WhyTooFew && !r.settings.immediate && !r.cluster.dumped || r.first && f.Why == WhyTooFew {
		return r.tooFewYet()
	}
	reason := f.Lead() + f.Reason
	if unreachable := r.outOfReach(); len(unreachable) > 0 {
		return r.someOutOfReach(unreachable)
	}
	r.end = openEnd{true, "."}
	margin := r.margin()
	saysSo := f.Missing == MissingMemberList || f.Missing == MissingQuorum
	if saysSo && !r.cluster.MemberListKnown && !r.cluster.dumped { // that the member list is not known
		margin = r.answers(", and")
	}
	reading := Reading{
		Cause:    CauseUndetermined,
		Headline: f.Headline,
		Step:     f.Step,
		Text:     fmt.Sprintf("Not everything could be judged: %s. %s", reason, upperFirst(margin)),
		Evidence: []Evidence{{
			Text: r.conditions([]RuleID{f.Rule}) + ": " + reason, InText: true, Rule: f.Rule, Member: f.Member,
		}},
		Next: f.Advice,
	}
	if f.Advice == "" && r.cluster.givenOnly && !r.cluster.MemberListKnown {
		reading.Step = "Give --cluster=true to have the whole cluster judged"
		reading.Next = "Give --cluster=true to have all members that the member list names judged, and their quorum."
	}
	if !f.BriefIsAll {
		reading.Further = "The reason: " + reason + "."
	}
	r.caution = r.cautionAbout(f)
	for i := range r.findings {
		if g := &r.findings[i]; g.Level == Notice && g.InhibitedBy == "" && !g.Resolving() {
			reading.Evidence = append(reading.Evidence, g.evidence())
		}
	}
	return reading
}

// tooFewYet words what is known without rates and quantiles, where nothing else is unknown: no fault was found.
func (r *diagnoser) tooFewYet() Reading {
	first := "now"
	if r.first {
		first = "yet"
	}
	r.end = openEnd{true, ". Rates and quantiles need another sweep."}
	return Reading{
		Cause: CauseFirstSweep, Headline: "No fault found " + first + "; rates need another sweep",
		Text: "No fault found " + first + ": " + r.margin(),
	}
}

// margin words how many voters are healthy, and that none can be lost. How many can be is said last: see settled.
func (r *diagnoser) margin() string {
	c := r.cluster
	spare := ": none can be lost"
	if c.marginAwaitsVerdicts() {
		spare = ""
	}
	healthy := fmt.Sprintf("%s %s healthy, quorum needs %d", ofVoters(c.HealthyVoters, c.Voters),
		pluralForm(c.HealthyVoters, "is", "are"), c.Quorum)
	switch {
	case !c.MemberListKnown && c.dumped:
		return r.dumpedMargin()
	case !c.MemberListKnown:
		return r.answers(",") + ", and " + c.noMemberList()
	case c.UnknownVoters > 0:
		return fmt.Sprintf("%s %s seen healthy, %s, quorum needs %d", ofVoters(c.HealthyVoters, c.Voters),
			pluralForm(c.HealthyVoters, "is", "are"), c.unknownVoters(), c.Quorum)
	case c.HealthyVoters < c.Quorum:
		words, _ := c.againstQuorum()
		return words
	case c.Voters == 1:
		return "the only voter is healthy, and can't be lost"
	case c.CatchingUpVoters > 0:
		return fmt.Sprintf("%s, and %d %s up%s", healthy, c.CatchingUpVoters,
			pluralForm(c.CatchingUpVoters, "catches", "catch"), spare)
	}
	return healthy + spare
}

// answers words how many endpoints answer, where there is no member list to count voters by; and, after a conjunction,
// what proves a quorum.
func (r *diagnoser) answers(conjunction string) string {
	proof := ""
	if r.cluster.QuorumProven {
		proof = conjunction + " a linearizable read proves a quorum"
	}
	return fmt.Sprintf("%d of %s answered%s", countAnswering(r.results), Plural(len(r.members), "endpoint"), proof)
}

// quorumWords words whether there is a quorum, and its margin, without the full stop.
func (r *diagnoser) quorumWords() string {
	c := r.cluster
	switch {
	case !c.MemberListKnown && !c.QuorumProven:
		return "Whether quorum is held is not known: " + r.margin()
	case !c.MemberListKnown:
		return "Quorum is held: " + r.margin()
	case c.HealthyVoters >= c.Quorum:
		return "Quorum is held: " + r.margin()
	case c.QuorumSeen:
		return "Quorum is held, by voters that can't be reached from here: " + r.margin()
	case c.HealthyVoters+c.UnknownVoters >= c.Quorum:
		return "Whether quorum is held is not known yet: " + r.margin()
	case c.Leader.IsZero() && c.Voters-len(r.votersDown()) >= c.Quorum:
		return "There is no leader at the moment, and writes wait for an election: " + r.margin()
	default:
		return "Quorum is not held now: " + r.margin()
	}
}
