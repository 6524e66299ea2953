package thresholds

import (
	"cmp"
	"iter"
	"strconv"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// Finding is a rule that is breached, or that can't be judged (Level is Unknown then).
type Finding struct {
	Rule  RuleID
	Level Level
	// Member is the member that it is about; zero for the cluster.
	Member MemberRef
	// Severity is the level without the announcement: see Expected.
	Severity Level
	// PreviousLevel is the level until it began to resolve; OK while it fires.
	PreviousLevel Level
	// Value breached Limit, the limit of Level; both in Unit, and both absent for a condition.
	Value, Limit probe.Value
	Unit         Unit
	// Summary is what is wrong, with the numbers, in a short sentence.
	Summary string
	// What is the Summary without the member's name at its start, for places that show the name beside it.
	What string
	// Headline is the Summary in at most 60 columns, with the member's name, and HeadlineWhat without it. They are
	// complete in themselves, without a period at the end.
	Headline, HeadlineWhat string
	// BriefWhat is HeadlineWhat in few words, with the value; empty where the rule's brief words do.
	BriefWhat string
	// Predicate reports that HeadlineWhat is what the member is or does: it follows the name without a colon.
	Predicate bool
	// Named reports that Summary and Reason name the member: see [Finding.Lead].
	Named bool
	// NameFirst reports that Summary begins with a name, which keeps its case at the start of a sentence.
	NameFirst bool
	// Timed reports that Summary says how long it has lasted.
	Timed bool
	// Advice is what to do about it by itself: see [Inhibition.AdviceFor]. Step is its first step, in at most
	// [StepWidth] columns; empty if time alone helps.
	Advice, Step string
	// Since is when it began.
	Since time.Time
	// State is firing or resolving. A resolving finding is below its limit since ResolvingSince, and a notice until
	// that has held for a while.
	State          AlertState
	ResolvingSince time.Time
	// Source is the origin of the limit.
	Source string
	// InhibitedBy is the rule of the finding that explains this one, which then raises no alarm of its own;
	// InhibitedByMember is the member of that finding, zero for the same member or the cluster.
	InhibitedBy       RuleID
	InhibitedByMember MemberRef
	// InhibitedByReading reports that the reading found that explanation, not the rule itself.
	InhibitedByReading bool
	// CoveredByReading reports that the reading describes this finding, so a face need not repeat it.
	CoveredByReading bool
	// QuotedByReading reports that the reading has its words, as evidence or in the text.
	QuotedByReading bool
	// Expected is the text of the mark that announced the outage behind this finding, which is a notice until the
	// mark's window ends. Empty if nothing announced it.
	Expected string
	// Announcement is that of the mark.
	Announcement Announcement
	// Basis is what Value was taken over, if neither the moment nor the rule's window.
	Basis Basis
	// TooFewSamples reports that it rests on fewer observations than its rule requires.
	TooFewSamples bool
	// LearnersOnly reports that it concerns only learners: it makes no voter a worse survivor.
	LearnersOnly bool
	// Why is why it can't be judged, if Level is Unknown; or why the finding is only the last known one.
	Why Why
	// BriefIsAll reports that Headline says all that Summary does. Beyond is what Summary says beyond it, as a sentence
	// without a full stop; empty where BriefIsAll, or where nobody took that apart.
	BriefIsAll bool
	Beyond     string
	// Missing is what it lacks, if Level is Unknown and other rules lack the same; MissingOf is the key of the member
	// that it is missing of. See [Finding.Gap].
	Missing   MissingFact
	MissingOf string
	// Reason is in words why it can't be judged, if Level is Unknown.
	Reason string
}

// about yields the findings about the member of a key, or about the cluster if the key is empty, in their order.
func about(findings []Finding, key string) iter.Seq[*Finding] {
	return func(yield func(*Finding) bool) {
		for i := range findings {
			if f := &findings[i]; f.Member.Key == key && !yield(f) {
				return
			}
		}
	}
}

// findingBy returns the finding by a rule about the member of a key, or about the cluster; nil without one.
func findingBy(findings []Finding, rule RuleID, key string) *Finding {
	for f := range about(findings, key) {
		if f.Rule == rule {
			return f
		}
	}
	return nil
}

// says and say get and set the finding's statement.
func (f *Finding) says() statement {
	return statement{
		text: f.Summary, rest: f.What, headline: f.HeadlineWhat, brief: f.BriefWhat, predicate: f.Predicate,
		named: f.Named, nameFirst: f.NameFirst, hasDuration: f.Timed,
		beyond: f.Beyond, hasBeyond: f.BriefIsAll || f.Beyond != "",
	}
}

func (f *Finding) say(s statement) {
	f.Summary, f.What, f.Named, f.NameFirst, f.Timed = s.text, s.rest, s.named, s.nameFirst, s.hasDuration
	f.HeadlineWhat, f.BriefWhat, f.Predicate = s.headline, s.brief, s.predicate
	f.Beyond, f.BriefIsAll = s.beyond, s.hasBeyond && s.beyond == ""
}

// nameHeadline completes the headline of a finding by a rule once its member is known.
func (f *Finding) nameHeadline(r *Rule) {
	what := f.says().headlineFor(r)
	f.BriefIsAll = f.BriefIsAll || f.HeadlineWhat == "" && r.headline == "" && f.says().fits(r)
	switch {
	case f.Level == Unknown:
		what, f.BriefIsAll = f.unknownHeadline(r)
		f.Predicate = false
	case f.Resolving(), f.Why != "":
		past := fitting(r.whatRoom(), formerly+what, formerly+r.Brief)
		f.BriefIsAll = f.BriefIsAll && past == formerly+what
		what, f.Predicate = past, false
	}
	f.HeadlineWhat, f.Headline = what, what
	switch {
	case f.Member.IsZero():
	case f.Predicate:
		f.Headline = f.Member.Short + " " + what
	default:
		f.Headline = f.Member.Short + ": " + what
	}
}

// whatRoom is how many columns a headline by the rule has besides the name.
func (r *Rule) whatRoom() int {
	if r.Scope == ScopeCluster {
		return HeadlineWidth
	}
	return whatWidth + pastWidth
}

// unknownHeadline says that the rule can't be judged, and why; whole reports that this is the whole reason.
func (f *Finding) unknownHeadline(r *Rule) (headline string, whole bool) {
	width, who := r.whatRoom(), "it"
	if r.Scope == ScopeCluster {
		who = "a member"
	}
	if f.Missing.ofAPIServer() {
		who = "it"
	}
	if r.ID == MemberUnreachable && f.Why == WhyOutOfReach {
		return "out of reach from here", false
	}
	unknown, short := strconv.Quote(r.Brief)+" unknown", r.Topic+" unknown"
	if why := f.Why.brief(who); why != "" {
		return fitting(width, unknown+", "+why, short+", "+why, unknown, short), false
	}
	if !f.Named {
		for _, form := range []string{unknown + ": " + f.Reason, f.Reason} {
			if displaywidth.String(form) <= width {
				return form, true
			}
		}
	}
	return fitting(width, unknown, short), false
}

// Together are the headlines of findings of one rule: of two, both; of more, what the first says, and whom it holds for
// besides.
func Together(findings []*Finding) string {
	switch len(findings) {
	case 0:
		return ""
	case 1:
		return findings[0].Headline
	case 2:
		return findings[0].Headline + "; " + findings[1].Headline
	}
	others := make([]string, len(findings)-1)
	for i, f := range findings[1:] {
		others[i] = f.Member.Short
	}
	return findings[0].Headline + "; likewise " + join(others)
}

// Lead is the member's name for a Summary or Reason that lacks it; empty if the text names the member.
func (f *Finding) Lead() string { return f.Member.lead(f.Named) }

// wholly is the finding's statement, with why it was expected.
func (f *Finding) wholly() statement { return f.says().surround("", expectedFor(f.Expected)) }

// Words are what is wrong, and why it was expected.
func (f *Finding) Words() string { return f.wholly().text }

// opening is Words at the start of a sentence.
func (f *Finding) opening() string { return f.wholly().opening() }

// evidence is the finding as evidence for the reading, which quotes it then.
func (f *Finding) evidence() Evidence {
	f.QuotedByReading = true
	return Evidence{Text: f.Words(), Rule: f.Rule, Member: f.Member}
}

// Help is the id of the runbook about the finding: `etcdoc explain` takes it.
func (f *Finding) Help() string { return string(f.Rule) }

// IsAlarm reports a warning, or worse, that no other finding explains.
func (f *Finding) IsAlarm() bool { return f.Level >= Warning && f.InhibitedBy == "" }

// isBreach reports that the rule is breached, and not only was: the value is over the limit, whatever explains that.
func (f *Finding) isBreach() bool { return f.Level != Unknown && !f.Resolving() }

// Resolving reports that the value is back below the limit and must stay there for a while.
func (f *Finding) Resolving() bool { return f.State == AlertResolving }

// provesLittle reports a notice that rests on few observations. One slow fsync on an idle cluster makes one; that is no
// reason to blame a disk or to keep a member.
func (f *Finding) provesLittle() bool { return f.TooFewSamples && f.Level == Notice }

// explain keeps InhibitedBy only where the inhibiting finding exists: an unknown that nothing explains counts. What
// can't be judged explains no breach.
func explain(findings []Finding) {
	there := make(map[alertKey]Level, len(findings))
	for i := range findings {
		if f := &findings[i]; f.InhibitedBy == "" {
			there[alertKey{f.Rule, f.Member.Key}] = f.Level
		}
	}
	for i := range findings {
		f := &findings[i]
		if f.InhibitedBy == "" {
			continue
		}
		by := OK
		for _, key := range f.inhibitors() {
			by = max(by, there[key])
		}
		if by == OK || by == Unknown && f.Level != Unknown {
			f.InhibitedBy, f.InhibitedByMember = "", MemberRef{}
			there[alertKey{f.Rule, f.Member.Key}] = f.Level
		}
	}
}

// worstFirst orders findings by weight, then by member.
func worstFirst(f, g Finding) int {
	return cmp.Or(cmp.Compare(weight(&g), weight(&f)), cmp.Compare(f.Member.Label, g.Member.Label))
}

// severestFirst orders findings by their level alone.
func severestFirst(f, g *Finding) int { return cmp.Compare(g.Level, f.Level) }

// weight orders findings worst first; inhibited ones come last.
func weight(f *Finding) int {
	if f.InhibitedBy != "" {
		return -1
	}
	return int(f.Level)
}
