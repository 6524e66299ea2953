package thresholds

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// RuleID names a rule in findings, in the configuration and in the documentation.
type RuleID string

// Scope is what a rule is about: a member or the cluster.
type Scope string

// The scopes.
const (
	ScopeMember  Scope = "member"
	ScopeCluster Scope = "cluster"
)

// Limit is where a level begins: the value has been at or above Value (at or below it, if the rule says Below) for as
// long as For, and no shorter than the evaluator's window if it is taken over that. An absent Value means that the
// rule does not have the level. A rule whose unit is Condition has the limit 1, and 2 for its severe condition.
type Limit struct {
	Value probe.Value
	For   time.Duration
	// Window is how far back a rate or a trend looks for this level; 0 means the moment, or the evaluator's window.
	Window time.Duration
	// Source is where the limit comes from, besides the rule's Source; a configured limit has only this one.
	Source     string
	Configured bool
	// holds is, where the level of a condition begins with the more severe of two, which that is: "when they ...".
	holds string
}

// from returns the limit with its source.
func (l Limit) from(source string) Limit {
	l.Source = source
	return l
}

// when returns the limit with the words for its condition.
func (l Limit) when(holds string) Limit {
	l.holds = "when " + holds
	return l
}

// heldFor returns the limit that a value must breach for as long as hold.
func (l Limit) heldFor(hold time.Duration) Limit {
	l.For = hold
	return l
}

// Rule is one row of the rule table.
type Rule struct {
	ID    RuleID
	Scope Scope
	Unit  Unit
	// Vital is what the rule judges of a member; NoVital if it judges none of the vitals, or several. A rule in
	// another unit than its vital judges how the vital grows.
	Vital Vital
	// Summary is a phrase for what the rule looks at.
	Summary string
	// Brief says after the name of a member what a breach means: "etcd-3: disk slow" fits into [VerdictWidth].
	// Topic is one word for what the rule looks at, in at most topicWidth columns, and no role of a member.
	Brief, Topic              string
	Notice, Warning, Critical Limit
	// Below says that lower values are more severe: a level begins at or below its limit.
	Below bool
	// Minimum is how much of MinimumOf the rule needs before it judges the value; a rule with an empty MinimumOf
	// needs none. With fewer observations, a quantile is judged by what is certain of the slowest one: it took at
	// least the lower bound of its bucket, and at least the mean of all.
	Minimum     float64
	MinimumOf   string
	MinimumUnit Unit
	// Kept is how far back the samples of the rule are kept; 0: as far as those of most, 15 minutes.
	Kept time.Duration
	// Impairs says that a member with such a warning would be a worse survivor if another member were lost.
	Impairs bool
	// Recommends says that a notice is only a recommendation: what it is about works. A member's state
	// does not show it.
	Recommends bool
	// Step is the first thing to do about a breach, in at most [StepWidth] columns; {member} stands for its name.
	Step   string
	Advice string
	// Commits says that the advice asks for something that the cluster must commit, such as a membership change:
	// without a quorum nobody can follow it.
	Commits bool
	// Source is where the limits of all levels come from; see [Rule.SourceOf] for those of one level.
	Source string

	// headline is that of a diagnosis about a breach, where the finding's own says too little or too much: {member}
	// stands for the name, {value} for the value with its unit.
	headline string
	judge    func(*subject, time.Duration) measurement
	// say words a breach; it is called only after judge has measured one.
	say func(*subject, measurement) statement
	// advise words what to do if that depends on what was found; a nil advise or an empty text stands for Advice.
	advise func(*subject) string
}

// Limit returns the limit of a level; its value is absent if the rule does not have the level.
func (r *Rule) Limit(l Level) Limit {
	switch l {
	case Notice:
		return r.Notice
	case Warning:
		return r.Warning
	case Critical:
		return r.Critical
	default:
		return Limit{}
	}
}

// SourceOf returns where the limit of a level comes from.
func (r *Rule) SourceOf(l Level) string {
	limit := r.Limit(l)
	if limit.Configured {
		return limit.Source
	}
	return joinNonEmpty(limit.Source, r.Source)
}

// Sources returns where the default limits of all levels come from.
func (r *Rule) Sources() string {
	var all []string
	for _, level := range graded {
		if limit := r.Limit(level); limit.Source != "" && !limit.Configured {
			all = append(all, level.String()+": "+limit.Source)
		}
	}
	return joinNonEmpty(append(all, r.Source)...)
}

// joinNonEmpty joins the texts that are not empty.
func joinNonEmpty(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), "; ")
}

// IsOff reports whether the rule has no limit at all, and so is not judged.
func (r *Rule) IsOff() bool {
	return !r.Notice.Value.IsKnown() && !r.Warning.Value.IsKnown() && !r.Critical.Value.IsKnown()
}

// Breached reports whether a value has reached the limit.
func (r *Rule) Breached(value, limit float64) bool {
	if r.Below {
		return value <= limit
	}
	return value >= limit
}

// noticeMakesEvent reports whether a notice of the rule makes an event. A notice that fires at first sight comes and
// goes too often for that.
func (r *Rule) noticeMakesEvent() bool { return r.Notice.For > 0 || r.ID == DefragRunning }

// LongestWindow returns the longest window over which one of the limits looks back.
func (r *Rule) LongestWindow() time.Duration {
	return max(r.Notice.Window, r.Warning.Window, r.Critical.Window)
}

// WindowKept returns how far back the rule can look; older samples are dropped.
func (r *Rule) WindowKept() time.Duration { return cmp.Or(r.Kept, longestWindow) }

// at is a limit that a value must breach for as long as hold.
func at(value float64, hold time.Duration) Limit { return Limit{Value: probe.Known(value), For: hold} }

// within is a limit on what happened within a window.
func within(value float64, window time.Duration) Limit {
	return Limit{Value: probe.Known(value), Window: window}
}

// condition is the limit of a condition.
func condition(hold time.Duration) Limit { return at(1, hold) }

// severe is the limit of the more severe of two conditions.
func severe(hold time.Duration) Limit { return at(2, hold) }

// Times that several rules share.
const (
	// electionTimeout is etcd's default (--election-timeout=1000): the others would replace a leader that is silent
	// for longer.
	electionTimeout = time.Second
	// longElectionTimeout is the longest that a distribution sets (RKE2 and k3s): an election that takes longer has
	// failed.
	longElectionTimeout = 5 * time.Second
)

const (
	day = 24 * time.Hour
	mib = 1 << 20
	gib = 1 << 30
)
