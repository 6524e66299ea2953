package thresholds

import (
	"cmp"
	"fmt"
)

// Fit is whether a member would carry the cluster on if another one were lost now: a healthy voter that nothing
// impairs, in a cluster without an incident. A missing fact makes it unfit.
type Fit struct {
	OK bool
	// Ground is the kind of fact that decides against it or is missing; empty if it is fit.
	Ground Ground
	// Reason is why, or why not. Headline is that in at most [VerdictWidth] columns.
	Reason, Headline string
}

// fit reports whether the member at an index would make a fit survivor. Where the member list is not known, because
// nobody but this member is asked, a read through it has to prove that it takes part, and its own list says how many
// voters there are.
func (f *verdictFacts) fit(i int) Fit {
	d, x := &inquiry{now: f.now}, &f.members[i]
	proven, voters := need(d, x.read), need(d, x.voters)
	counted := x.voters.isKnown(f.now)
	if f.whyNoMemberList == "" {
		*d, proven, voters, counted = inquiry{now: f.now}, true, f.voters, true
		if out, isOut := f.outside(d, x, "it has no vote"); isOut {
			return unfit(out)
		}
		need(d, f.membership)
		if votes := need(d, x.votes); !votes && x.votes.isKnown(f.now) {
			return unfit(outcome{ground: GroundIdentity, reason: "a learner has no vote", headline: noVote})
		}
	}
	incident, impairment := need(d, f.incident), need(d, x.impairment)
	switch healthy := need(d, x.healthy); {
	case x.learns:
		return unfit(outcome{ground: GroundIdentity, reason: "a learner has no vote", headline: noVote})
	case !healthy && x.healthy.isKnown(f.now):
		return unfit(outcome{ground: GroundHealth, reason: x.unhealthy, headline: x.unhealthyBrief})
	case !proven && x.read.isKnown(f.now):
		return unfit(outcome{ground: GroundHealth, reason: x.read.source + " answers no linearizable read",
			headline: "its reads fail"})
	case f.whyNoMemberList == "" && !f.quorumSeen:
		return unfit(outcome{ground: GroundQuorum, reason: f.noQuorum, headline: f.noQuorumBrief})
	case counted && voters <= quorumOf(voters): // one voter, or two
		return unfit(outcome{ground: GroundQuorum, headline: "no voter to spare",
			reason: fmt.Sprintf("of %s none may be lost: quorum needs %d", Plural(voters, "voter"), quorumOf(voters))})
	case incident.words != "":
		return unfit(outcome{ground: GroundIncident, reason: incident.words, headline: incident.brief})
	case impairment.words != "":
		return unfit(outcome{ground: GroundSurvivors, reason: impairment.words, headline: impairment.brief})
	case len(d.missing) > 0:
		return unfit(d.unknown())
	}
	return Fit{OK: true, Reason: "it is a healthy voter, and nothing impairs it", Headline: "a healthy voter"}
}

func unfit(out outcome) Fit {
	return Fit{false, cmp.Or(out.ground, GroundIdentity), out.reason, out.headline}
}

// readFact is whether a linearizable read through a member succeeds. That proves that it takes part: its leader has
// heard it, and a quorum has confirmed the leader. One that waits is the rule's about slow reads, which impairs it.
func (b *cohort) readFact(m *memberState) fact[bool] {
	read := &m.probed.Linearizable
	f := fact[bool]{ground: GroundHealth, source: m.Label, maxAge: max(listsMaxApart, 2*b.sweep.Interval),
		missing: "whether " + m.Label + " takes part is not known: no linearizable read through it has succeeded lately",
		brief:   m.Short + ": no read yet"}
	switch {
	case read.Err != nil:
		f.at, f.maxAge = b.now, 0
	case read.Answered():
		f.value, f.at = true, read.At.Add(-read.Took)
	}
	return f
}

// votersFact is how many voters there are by a member's own list, which it answers with what it has applied.
func (b *cohort) votersFact(m *memberState) fact[int] {
	list := &m.probed.Peers
	f := fact[int]{ground: GroundMembership, source: m.Label, maxAge: 2 * max(listsMaxApart, 2*b.sweep.Interval),
		missing: "how many voters there are is not known: " + m.Label + " has not named the members lately",
		brief:   m.Short + ": no member list yet"}
	if list.Answered() && len(list.Value) > 0 {
		f.at = list.At
		for i := range list.Value {
			if !list.Value[i].Learner {
				f.value++
			}
		}
	}
	return f
}
