package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Finding is a rule that is breached, or that cannot be judged (Level is Unknown then).
type Finding struct {
	Rule  RuleID
	Level Level
	// Member is whom it is about; its zero value is the cluster.
	Member MemberRef
	// Severity is the level that it would have if nothing had announced it: see Expected.
	Severity Level
	// Was is the level that it had until it began to resolve; OK while it fires.
	PreviousLevel Level
	// Value was held against Limit, the limit of Level; both in Unit, both absent where there is no number to it.
	Value, Limit probe.Value
	Unit         Unit
	// Summary says what is wrong, with the numbers, in a short sentence.
	Summary string
	// What is the Summary without the name of the member, where that begins it: for where the name stands beside it.
	What string
	// Named says that Summary and Reason name whom it is about: see [Finding.Lead].
	Named bool
	// NameFirst says that Summary begins with a name, which stays as it is at the beginning of a sentence.
	NameFirst bool
	// Timed says that Summary says for how long it has been so.
	Timed  bool
	Advice string
	// Since is when it was first so.
	Since time.Time
	// State is firing, or resolving since ResolvingSince: over, and a notice until that has held for a while.
	State          AlertState
	ResolvingSince time.Time
	// Source is where the limit comes from.
	Source string
	// InhibitedBy names the rule of the finding that explains this one, so that it is no alarm of its own; InhibitedByMember is the
	// member which that finding is about, its zero value the same member or the cluster.
	InhibitedBy       RuleID
	InhibitedByMember MemberRef
	// InhibitedByReading says that the reading found that explanation; else the rule itself names it.
	InhibitedByReading bool
	// Told says that the reading is about this finding: it need not be told once more beside it.
	CoveredByReading bool
	// Expected is the text of the mark that announced the outage which this is a part of: until the mark's window ends it
	// is a notice. Empty where nothing announced it.
	Expected string
	// Basis is what Value was taken over, where that is neither the moment nor the rule's window.
	Basis Basis
	// TooFewSamples says that it stands on fewer observations than its rule asks for.
	TooFewSamples bool
	// LearnersOnly says that it concerns nobody but learners: no voter is a worse survivor for it.
	LearnersOnly bool
	// Why is why it can't be judged, where Level is Unknown; or why what is found is only what was last known.
	Why Why
	// Reason says in words why it can't be judged, where Level is Unknown.
	Reason string
}

// says is what the finding says, and say sets it.
func (f *Finding) says() statement {
	return statement{f.Summary, f.What, f.Named, f.NameFirst, f.Timed}
}

func (f *Finding) say(s statement) {
	f.Summary, f.What, f.Named, f.NameFirst, f.Timed = s.text, s.rest, s.named, s.nameFirst, s.hasDuration
}

// Lead names the member that the finding is about, before a Summary or Reason that does not: for where the name does not stand
// beside it.
func (f *Finding) Lead() string { return f.Member.lead(f.Named) }

// wholly is what the finding says, and why that was expected.
func (f *Finding) wholly() statement { return f.says().surround("", expectedFor(f.Expected)) }

// Words are what is wrong, and why that was expected.
func (f *Finding) Words() string { return f.wholly().text }

// opening are the words at the beginning of a sentence.
func (f *Finding) opening() string { return f.wholly().opening() }

// evidence is the finding as evidence that the reading's text does not give.
func (f *Finding) evidence() Evidence { return Evidence{Text: f.Words(), FromFinding: true} }

// Resolving reports that the finding is over, and only has to prove that it stays so.
func (f *Finding) Resolving() bool { return f.State == AlertResolving }

// provesLittle reports that the finding is a remark that stands on few observations: on a quiet cluster one slow fsync
// makes one, and it is no reason to blame a disk or to keep a member.
func (f *Finding) provesLittle() bool { return f.TooFewSamples && f.Level == Notice }
