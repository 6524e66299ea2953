package thresholds

import (
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// RuleID names a rule in findings, in the configuration and in the documentation.
type RuleID string

// Scope is what a rule is about.
type Scope string

// The scopes.
const (
	ScopeMember  Scope = "member"
	ScopeCluster Scope = "cluster"
)

// Limit is where a level begins: at or above Value (at or below it, where the rule says Below), for as long as For,
// and where the value is taken over the evaluator's window for no less than that. An absent Value: the rule does not
// have that level. The limit of a rule whose unit is Condition is 1, and 2 for the severe condition.
type Limit struct {
	Value probe.Value
	For   time.Duration
	// Window is how far back a rate or a trend looks for this level; 0: the rule looks at the moment, or over the
	// evaluator's window.
	Window time.Duration
	// Source is where the limit comes from, besides what the rule's own says; of a configured one that alone.
	Source     string
	Configured bool
}

// from returns the limit with its source.
func (l Limit) from(source string) Limit {
	l.Source = source
	return l
}

// heldFor returns the limit that must be breached for as long as hold.
func (l Limit) heldFor(hold time.Duration) Limit {
	l.For = hold
	return l
}

// Rule is one row of the rule table.
type Rule struct {
	ID    RuleID
	Scope Scope
	Unit  Unit
	// Vital is what the rule judges of a member; NoVital where that is none of the vitals, or more than one. A rule in another
	// unit judges how it grows.
	Vital Vital
	// Summary says in a phrase what the rule looks at.
	Summary                   string
	Notice, Warning, Critical Limit
	// Below says that lower values are the severe ones: a level begins at or below its limit.
	Below bool
	// Minimum is how much there must be of MinimumOf before the rule is judged by its value; 0 with an empty MinimumOf:
	// the rule needs none. A quantile of fewer observations is judged by what is certain of the slowest one: it took no
	// less than the lower bound of its bucket, nor than all of them did on average.
	Minimum     float64
	MinimumOf   string
	MinimumUnit Unit
	// Impairs says that a member with such a warning would make a worse survivor of another one's loss.
	Impairs bool
	Advice  string
	// Commits says that the advice asks for what the cluster must commit, such as a change of its members: without a quorum it
	// can't be followed.
	Commits bool
	// Source is where its limits come from, as far as that is the same for all levels: see [Rule.SourceOf].
	Source string

	judge func(*subject, time.Duration) measurement
	// say puts a breach in words; it is called only where judge measured something.
	say func(*subject, measurement) statement
	// advise is what to do about a breach where that depends on what was found; nil, or an empty text: Advice.
	advise func(*subject) string
}

// Limit is the limit of a level; one with an absent value for a level that has none.
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

// SourceOf is where the limit of a level comes from.
func (r *Rule) SourceOf(l Level) string {
	limit := r.Limit(l)
	if limit.Configured {
		return limit.Source
	}
	return joinNonEmpty(limit.Source, r.Source)
}

// Sources are where the limits of all levels come from by default.
func (r *Rule) Sources() string {
	var all []string
	for _, level := range graded {
		if limit := r.Limit(level); limit.Source != "" && !limit.Configured {
			all = append(all, level.String()+": "+limit.Source)
		}
	}
	return joinNonEmpty(append(all, r.Source)...)
}

// joined are texts, those left out that say nothing.
func joinNonEmpty(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), "; ")
}

// IsOff reports that the rule has no limit at all: it is not judged.
func (r *Rule) IsOff() bool {
	return !r.Notice.Value.IsKnown() && !r.Warning.Value.IsKnown() && !r.Critical.Value.IsKnown()
}

// Breached reports whether a value is on the wrong side of a limit.
func (r *Rule) Breached(value, limit float64) bool {
	if r.Below {
		return value <= limit
	}
	return value >= limit
}

// lasting reports whether a notice of the rule is worth an event: one that is given at the first sight of something comes
// and goes too often.
func (r *Rule) noticeMakesEvent() bool { return r.Notice.For > 0 }

// LongestWindow is the longest window that a limit of the rule looks back over.
func (r *Rule) LongestWindow() time.Duration {
	return max(r.Notice.Window, r.Warning.Window, r.Critical.Window)
}

// WindowKept is how far back the rule can look: what is older is not kept.
func (r *Rule) WindowKept() time.Duration {
	switch r.ID {
	case DBGrowing:
		return sizeRetention
	case MemoryGrowing:
		return memoryKept
	case PeerRTTSlow:
		return rttWindow
	case GRPCSlow, GRPCRangeSlow, GRPCTxnSlow:
		return handlingRetention
	default:
		return longestWindow
	}
}

// known is short for the value of a limit.
func known(value float64) probe.Value { return probe.Known(value) }

// at is a limit that must be crossed for a while.
func at(value float64, hold time.Duration) Limit { return Limit{Value: probe.Known(value), For: hold} }

// within is a limit on what happened in a window.
func within(value float64, window time.Duration) Limit {
	return Limit{Value: probe.Known(value), Window: window}
}

// condition is the limit of a condition.
func condition(hold time.Duration) Limit { return at(1, hold) }

// severe is the limit of the severe one of two conditions.
func severe(hold time.Duration) Limit { return at(2, hold) }

// The times that more than one rule goes by.
const (
	// electionTimeout is etcd's default (--election-timeout=1000): a member that is silent for longer is one that
	// the others would replace if it led.
	electionTimeout = time.Second
	// longElectionTimeout is the longest one that a distribution sets (RKE2 and k3s): an election that has not
	// ended after it has not succeeded.
	longElectionTimeout = 5 * time.Second
)

const (
	day = 24 * time.Hour
	mib = 1 << 20
	gib = 1 << 30
)
