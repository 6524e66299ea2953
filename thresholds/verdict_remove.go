package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// reconfigurable is how many seconds etcd must have been connected to a member to count it when another one is removed
// (etcdserver's HealthInterval, under --strict-reconfig-check, the default).
const reconfigurable = 5

// canRemove reports whether the member at an index may be removed for good now. A yes also passes etcd's strict check:
// enough of the remaining members have started and are connected.
func (f *verdictFacts) canRemove(at int) CanRemove {
	out := f.removal(at)
	return CanRemove{out.verdict, out.ground, out.reason, out.headline}
}

func (f *verdictFacts) removal(at int) outcome {
	d, x, gone := &inquiry{now: f.now}, &f.members[at], places{at}
	if out, isOut := f.outside(d, x, "there is nothing to remove"); isOut {
		return out
	}
	counted := f.countedOthers(gone)
	left, perhaps := f.survivors(d, gone)
	voting := gone
	if !x.votes.value {
		voting = nil
	}
	if out, decided := f.quorumNow(d, voting, counted, perhaps, "no removal can commit"); decided {
		return out
	}
	need(d, f.membership)
	if left < f.quorum && !x.healthy.isKnown(f.now) { // it may be needed to commit its own removal
		need(d, x.healthy)
		return d.unknown()
	}
	switch {
	case !need(d, x.votes):
		// The quorum that commits the removal is certain, so further unknown voters don't matter.
		return f.unlessIncident(f.ifHeld(d, left), "a learner has no vote: the quorum does not change", noVote)
	case f.voters == 1:
		return outcome{LossNo, GroundQuorum, "it is the only voter", "the only voter"}
	}
	quorum := quorumOf(f.voters - 1)
	remain := fmt.Sprintf("leaves %d of %s healthy, quorum %d", counted, Plural(f.voters-1, "voter"), quorum)
	if left < quorum {
		if perhaps >= quorum {
			return d.unknown()
		}
		return outcome{LossNo, GroundQuorum, withReasons("quorum would be lost: "+remain, f.unhealthyOthers(gone)),
			fmt.Sprintf("would leave %d/%d, needs %d", counted, f.voters-1, quorum)}
	}
	if fresh := f.justStartedVoters(at); !x.down && left-len(fresh) < quorum {
		return outcome{LossNo, GroundQuorum,
			fmt.Sprintf("etcd refuses it until %s been up for %d s", haveWords(fresh), reconfigurable),
			fmt.Sprintf("etcd refuses: %s too new", pluralForm(len(fresh), "a voter is", "voters are"))}
	}
	if d.lacksMembership() {
		return d.unknown()
	}
	return f.removed(d, at, left, left-quorum, remain)
}

// removed is the outcome of a removal that can commit and keeps the quorum, with spare voters to spare.
func (f *verdictFacts) removed(d *inquiry, at, left, spare int, remain string) outcome {
	x := &f.members[at]
	headline := f.leaves(left, f.voters-1, spare)
	switch {
	case f.voters == 2:
		remain += ": no loss is tolerated"
	case spare == 0:
		remain += ": none to spare until another is added"
	default:
		remain += fmt.Sprintf(": %d to spare", spare)
	}
	unhealthy := x.healthy.isKnown(f.now) && !x.healthy.value
	switch {
	case x.down && x.neverStarted:
		return f.unlessIncident(f.ifHeld(d, left), remain+"; it never ran", "it never ran")
	case x.down && x.starts:
		return outcome{LossRisk, GroundHealth, remain + "; it starts: wait until it serves", "starts: wait until it serves"}
	case x.down:
		return f.unlessIncident(f.ifHeld(d, left), remain+"; it is down: remove it first, then add its replacement",
			"down: remove, then replace it")
	case x.leads:
		remain += "; it leads: move the leadership first"
	case unhealthy && !x.answers:
		remain += "; it does not answer here, and may run"
	case unhealthy: // neither an alarm nor a defragmentation stops raft
		remain += "; it is not healthy, and may still vote"
	}
	risks, ground := f.lastingRisks(d, places{at}), GroundMargin
	if len(risks) > 0 && risks[0].ground == GroundIncident {
		ground = GroundIncident
	}
	if spare > 0 && len(risks) == 0 {
		return d.conclude(remain, headline)
	}
	if spare > 0 && ground == GroundMargin {
		ground = GroundSurvivors
	}
	out := outcome{LossRisk, ground, remain, headline}
	if len(risks) > 0 {
		out.reason = risky(remain, risks).reason
		if spare == 0 {
			risks = append(risks, gap{GroundMargin, "", "then none to spare"})
		}
		out.headline = risksHeadline(risks)
	}
	return out
}

// lastingRisks are why a change of the membership is a risk while the voters that stay, all but those of a set, are as
// they are.
func (f *verdictFacts) lastingRisks(d *inquiry, gone places) (risks []gap) {
	if incident := need(d, f.incident); incident.words != "" {
		risks = append(risks, incident.risk())
	}
	risks = append(risks, f.unhealthyRisks(gone)...)
	for i := range f.members {
		m := &f.members[i]
		if !m.votes.value || !m.healthy.value || gone.has(i) {
			continue
		}
		if impairment := need(d, m.impairment); impairment.words != "" {
			risk := gap{GroundSurvivors, "but " + impairment.words, impairment.brief}
			if !slices.Contains(risks, risk) { // both ends of a cut link have the same
				risks = append(risks, risk)
			}
		}
	}
	return risks
}

// justStartedVoters are the labels of the healthy voters that have only just started, without the one at an index.
func (f *verdictFacts) justStartedVoters(at int) (fresh []string) {
	for i := range f.members {
		if m := &f.members[i]; i != at && m.healthy.value && m.justStarted {
			fresh = append(fresh, m.Label)
		}
	}
	return fresh
}

// haveWords joins labels with "has" or "have".
func haveWords(labels []string) string {
	if len(labels) == 1 {
		return labels[0] + " has"
	}
	return strings.Join(labels, ", ") + " have"
}
