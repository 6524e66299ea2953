package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// places are members by their index.
type places []int

func (p places) has(i int) bool { return slices.Contains(p, i) }

// canLose reports whether the members of a set may be lost at once now, from known facts only. NO needs to know only
// that too few voters can be healthy; RISK also needs to know who votes; SAFE needs every fact.
func (f *verdictFacts) canLose(gone ...int) CanLose {
	out, _ := f.loss(gone)
	return out.canLose()
}

func (o *outcome) canLose() CanLose { return CanLose{o.verdict, o.ground, o.reason, o.headline} }

// loss is the outcome for a set; named is [Member.NamesUnhealthy].
func (f *verdictFacts) loss(gone places) (out outcome, named bool) {
	d := &inquiry{now: f.now}
	gone, out, areOut := f.losing(d, gone)
	if areOut {
		return out, false
	}
	voting := f.voting(d, gone)
	if len(voting) == 0 {
		need(d, f.membership)
		return f.unlessIncident(d, pluralForm(len(gone), "a learner has", "learners have")+
			" no vote: the quorum does not change", noVote), false
	}
	counted := f.countedOthers(gone)
	left, perhaps := f.survivors(d, gone)
	if out, decided := f.quorumNow(d, voting, counted, perhaps, f.quorumLacks); decided {
		return out, false
	}
	if lost, headline := f.lostAlready(voting); lost != "" {
		need(d, f.membership)
		reason := fmt.Sprintf("%s: nothing more would be lost (%d healthy, quorum %d)", lost, left, f.quorum)
		return f.unlessIncident(f.ifHeld(d, left), reason, headline), false
	}
	remain := fmt.Sprintf("leaves %s, quorum %d", Plural(counted, "healthy voter"), f.quorum)
	switch {
	case left >= f.quorum:
	case perhaps >= f.quorum:
		return d.unknown(), false
	case f.voters == 1:
		return outcome{LossNo, GroundQuorum, "it is the only voter", "the only voter"}, false
	case f.voters == len(voting):
		return outcome{LossNo, GroundQuorum, "they are all voters that there are", "no voter would be left"}, false
	default:
		unhealthy := f.unhealthyOthers(gone)
		return outcome{LossNo, GroundQuorum, withReasons("quorum would be lost: "+remain, unhealthy),
			fmt.Sprintf("would leave %d/%d, needs %d", counted, f.voters, f.quorum)}, len(unhealthy) > 0
	}
	if out, isParted := f.parted(gone); isParted {
		return out, false
	}
	need(d, f.membership)
	if d.lacksMembership() {
		return d.unknown(), false
	}
	then := f.waitWithout(gone)
	risks := f.lossRisks(d, gone, voting, then, left, perhaps)
	if len(risks) > 0 {
		return risky(remain, risks), len(f.unhealthyRisks(gone)) > 0
	}
	headline := f.leaves(left, f.voters, left-f.quorum)
	if left == f.quorum {
		remain += ": then none to spare"
	}
	return d.conclude(remain, headline), false
}

// parted is the outcome where too many of the voters that would be left are cut off from each other to follow a leader
// among them, those included that may be healthy.
func (f *verdictFacts) parted(gone places) (out outcome, isParted bool) {
	var left places
	for i := range f.members {
		m := &f.members[i]
		if m.votes.value && !gone.has(i) && (m.healthy.value || !m.healthy.isKnown(f.now)) {
			left = append(left, i)
		}
	}
	if !f.path.cuts || f.path.connectedVoters(left, nil) >= f.quorum {
		return outcome{}, false
	}
	var ends []string
	for k, i := range left {
		for _, j := range left[k+1:] {
			if f.path.cut(i, j) {
				ends = append(ends, f.members[i].Label+" and "+f.members[j].Label)
			}
		}
	}
	return outcome{LossNo, GroundQuorum, "quorum would be lost: of the voters that would be left, " +
		strings.Join(ends, ", ") + " can't reach each other", "the rest can't reach each other"}, true
}

// losing are the members of a set that there are to lose: without those that were removed. areOut reports that out is
// the outcome for the set, because it is not known what one of them is to the cluster, or because all were removed.
func (f *verdictFacts) losing(d *inquiry, set places) (gone places, out outcome, areOut bool) {
	for _, i := range set {
		one, isOut := f.outside(d, &f.members[i], "it has no vote")
		switch {
		case !isOut:
			gone = append(gone, i)
			continue
		case one.verdict == LossSafe:
			out = one
			continue
		case len(set) > 1:
			one.reason = f.members[i].Label + ": " + one.reason
		}
		return nil, one, true
	}
	if len(set) == 0 {
		return nil, d.conclude("nothing would be lost", "nothing would be lost"), true
	}
	return gone, out, len(gone) == 0
}

// voting are those members of a set that vote.
func (f *verdictFacts) voting(d *inquiry, set places) (voters places) {
	for _, i := range set {
		if need(d, f.members[i].votes) {
			voters = append(voters, i)
		}
	}
	return voters
}

// outside is the outcome for what is not one of the cluster's listed members; isOut is false for a member. vote is what
// the verdict says of a removed member.
func (f *verdictFacts) outside(d *inquiry, x *memberFacts, vote string) (out outcome, isOut bool) {
	if f.whyNoMemberList != "" {
		return outcome{LossUnknown, GroundMembership, f.whyNoMemberList, "the member list is not known"}, true
	}
	lack := func(words, headline string) (outcome, bool) {
		return outcome{LossUnknown, GroundIdentity, words, headline}, true
	}
	switch need(d, x.membership) {
	case probe.MembershipListed, probe.MembershipNeverStarted:
		return outcome{}, false
	case probe.MembershipRemoved:
		need(d, f.membership)
		return d.conclude("it was removed from the cluster: "+vote, "removed from the cluster"), true
	case probe.MembershipGone:
		return lack("nobody answers there, and no listed member advertises it: whose it is, if any member's, is not "+
			"known",
			"whose endpoint it is, is not known")
	case probe.MembershipStranger:
		return lack("what answers there is not known to be a member, and no listed member advertises it",
			"not known to be a member")
	case probe.MembershipPeerPort:
		return lack("it is a peer port: name the member by its name or its client URL", "a peer port, not a member")
	case probe.MembershipForeign:
		return lack(fmt.Sprintf("it is a member of another cluster (%s): give only that cluster's endpoints",
			x.cluster), "a member of another cluster")
	case probe.MembershipForked:
		return lack("it is in another cluster under the same id, which is not judged here: find out which of the two "+
			"clients use",
			"in a fork of this cluster")
	case probe.MembershipProxy:
		return lack("it answers for a cluster, not for a member: name a member", "not a single member")
	case probe.MembershipUnlisted:
		return lack("it is not in the member list, and it is not proven that it was removed: the list may lag",
			"not in the member list")
	}
	return d.unknown(), true
}

// survivors counts the healthy voters without those of a set: for certain, and at most.
func (f *verdictFacts) survivors(d *inquiry, gone places) (left, perhaps int) {
	for i := range f.members {
		m := &f.members[i]
		if !m.votes.value || gone.has(i) {
			continue
		}
		if before := len(d.missing); need(d, m.healthy) {
			left, perhaps = left+1, perhaps+1
		} else if len(d.missing) > before {
			perhaps++
		}
	}
	return left, perhaps
}

// countedOthers is how many voters count towards the quorum now, without those of a set.
func (f *verdictFacts) countedOthers(gone places) (n int) {
	for i := range f.members {
		if m := &f.members[i]; m.votes.value && m.counts && !gone.has(i) {
			n++
		}
	}
	return n
}

// ifHeld is the inquiry for a verdict that the quorum now suffices for: if as many voters as are left hold it for
// certain, no gap about another one's health matters.
func (f *verdictFacts) ifHeld(d *inquiry, left int) *inquiry {
	if left >= f.quorum {
		return d.certain()
	}
	return d
}

// quorumNow is the outcome if the voters that count without those of a set, and these themselves, do not hold the
// quorum now, as far as that is seen; none if it is held only with some of the set. lost is what a lost quorum means
// for the verdict.
func (f *verdictFacts) quorumNow(
	d *inquiry, gone places, left, perhaps int, lost string,
) (out outcome, decided bool) {
	needed := f.quorumSeen && f.notDown(gone) < f.quorum
	for _, i := range gone {
		switch x := &f.members[i]; {
		case x.counts:
			left, perhaps = left+1, perhaps+1
		case !x.healthy.isKnown(f.now):
			perhaps++
		}
	}
	switch {
	case !f.answering:
		return outcome{LossUnknown, GroundHealth,
			"no voter answers: the cluster is down, or can't be reached from here", "no voter answers"}, true
	case left >= f.quorum, needed:
		return outcome{}, false
	case f.quorumSeen:
		held := fmt.Sprintf("quorum is held, by voters that can't be reached from here: %d of %d answer", left,
			f.voters)
		return outcome{LossUnknown, GroundHealth, held,
			fmt.Sprintf("quorum held, %d/%d answer here", left, f.voters)}, true
	case perhaps >= f.quorum:
		for _, i := range gone {
			need(d, f.members[i].healthy)
		}
		return d.unknown(), true
	}
	return outcome{LossNo, GroundQuorum, f.noQuorum + ": " + lost, f.noQuorumBrief}, true
}

// notDown is how many voters without those of a set are not proven to be down.
func (f *verdictFacts) notDown(gone places) (n int) {
	for i := range f.members {
		if m := &f.members[i]; m.votes.value && !m.down && !gone.has(i) {
			n++
		}
	}
	return n
}

// unlessIncident is SAFE, or RISK during an incident.
func (f *verdictFacts) unlessIncident(d *inquiry, reason, headline string) outcome {
	if incident := need(d, f.incident); incident.words != "" && !d.lacksMembership() {
		return outcome{LossRisk, GroundIncident, withReasons(reason, []string{incident.risk().words}),
			fitting(VerdictWidth, headline+", "+incident.brief, headline+", incident", incident.brief)}
	}
	return d.conclude(reason, headline)
}

// risky is RISK by some risks, although the quorum would be kept with those who remain.
func risky(remain string, risks []gap) outcome {
	reasons := make([]string, len(risks))
	for i, risk := range risks {
		reasons[i] = risk.words
	}
	return outcome{LossRisk, risks[0].ground, withReasons(remain, reasons), risksHeadline(risks)}
}

// noVote is the headline of a learner's verdicts.
const noVote = "a learner has no vote"

// lostAlready says, in words and in short, that all voters of a set are down; empty unless they are.
func (f *verdictFacts) lostAlready(set places) (words, headline string) {
	ran, start := false, true
	for _, i := range set {
		if !f.members[i].down {
			return "", ""
		}
		ran, start = ran || !f.members[i].neverStarted, start && f.members[i].starts
	}
	switch {
	case start && ran:
		return pluralForm(len(set), "it does", "they do") + " not serve yet", "not serving yet"
	case !ran && len(set) == 1:
		return "it never ran", "it never ran"
	case !ran:
		return "they never ran", "they never ran"
	}
	return pluralForm(len(set), "it is", "they are") + " down already", "down already"
}

// leaves is the headline of a verdict by how many healthy voters would be left, spare more than the quorum.
func (f *verdictFacts) leaves(left, voters, spare int) string {
	if spare == 0 {
		return fmt.Sprintf("leaves %d/%d, then none to spare", left, voters)
	}
	return fmt.Sprintf("leaves %d/%d, %d to spare", left, voters, spare)
}

// lossRisks are the reasons why losing a set, with these voters in it, is a risk although quorum would be kept.
func (f *verdictFacts) lossRisks(
	d *inquiry, gone, voting places, wait fact[wait], left, perhaps int,
) (risks []gap) {
	if incident := need(d, f.incident); incident.words != "" {
		risks = append(risks, incident.risk())
	}
	for _, i := range voting {
		if m := &f.members[i]; m.defragments { // the advice is to wait for its end
			risks = append(risks, gap{GroundHealth, "but a defragmentation runs on " + m.Label + ": wait until it ends",
				"is defragmenting"})
		}
	}
	risks = append(risks, f.unhealthyRisks(gone)...)
	then := need(d, wait)
	clearly := wait.isKnown(f.now) && then.clearly
	if clearly {
		commits := "commits"
		if left == f.quorum {
			commits = "every commit"
		}
		risks = append(risks, then.risk(commits, &f.members[then.slowest]))
	}
	for i := range f.members {
		m := &f.members[i]
		if !m.votes.value || !m.healthy.value || gone.has(i) {
			continue
		}
		if impairment := need(d, m.impairment); impairment.words != "" &&
			(!clearly || i != then.slowest || !slowsCommits(impairment.rule)) {
			risk := gap{GroundSurvivors, "but " + impairment.words, impairment.brief}
			if !slices.Contains(risks, risk) { // both ends of a cut link have the same
				risks = append(risks, risk)
			}
		}
	}
	risks = append(risks, f.cutRisks(gone)...)
	if perhaps == f.quorum && f.voters >= 5 {
		words := "then none to spare"
		switch n := f.voters - perhaps - len(voting); n {
		case 0:
		case 1:
			words += ", as one voter is missing already"
		default:
			words += fmt.Sprintf(", as %d voters are missing already", n)
		}
		risks = append(risks, gap{GroundMargin, words, "then none to spare"})
	}
	return risks
}

// cutRisks are the links that are cut and of which an end would be left, from the first metrics that show it on: once
// the rule on them finds that, the ends are impaired. An impaired end that is left is a risk as it is.
func (f *verdictFacts) cutRisks(gone places) []gap {
	if !f.path.cuts {
		return nil
	}
	isRisk := func(i int) bool { return !gone.has(i) && f.members[i].impairment.value.words != "" }
	var ends []string
	for i := range f.members {
		for j := range i {
			one, other := &f.members[j], &f.members[i]
			bothGone, areVoters := gone.has(i) && gone.has(j), one.votes.value && other.votes.value
			if areVoters && !bothGone && !isRisk(i) && !isRisk(j) && f.path.cut(i, j) {
				ends = append(ends, one.Label+" and "+other.Label)
			}
		}
	}
	if len(ends) == 0 {
		return nil
	}
	return []gap{{GroundSurvivors, "but " + strings.Join(ends, ", ") + " can't reach each other",
		pluralForm(len(ends), "a link is cut", Plural(len(ends), "link")+" cut")}}
}

// slowsCommits reports that a finding by the rule says only what commits wait for.
func slowsCommits(rule RuleID) bool { return rule == WALFsyncSlow || rule == PeerRTTSlow }

// unhealthyOthers are the reasons of all voters known to be unhealthy, except those of a set.
func (f *verdictFacts) unhealthyOthers(gone places) (reasons []string) {
	for _, risk := range f.unhealthyRisks(gone) {
		reasons = append(reasons, risk.words)
	}
	return reasons
}

// unhealthyRisks are the voters of unhealthyOthers as risks.
func (f *verdictFacts) unhealthyRisks(gone places) (risks []gap) {
	for i := range f.members {
		if m := &f.members[i]; m.votes.value && m.healthy.isKnown(f.now) && !m.healthy.value && !gone.has(i) {
			risks = append(risks, gap{GroundHealth, m.unhealthy, m.Short + " " + m.unhealthyBrief})
		}
	}
	return risks
}

// withReasons appends reasons to a text.
func withReasons(text string, reasons []string) string {
	return strings.Join(slices.Concat([]string{text}, reasons), "; ")
}
