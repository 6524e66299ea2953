package thresholds

import (
	"fmt"
	"strings"

	"github.com/coreos/go-semver/semver"

	"github.com/etcdoc/etcdoc/probe"
)

// judge is the verdict on a step about the member at an index, or -1 for one that it adds.
func (p *planner) judge(step PlanStep, at int) outcome {
	switch step.Verb {
	case PlanAdd:
		return p.adding(step)
	case PlanRemove:
		return p.removal(at)
	case PlanPromote:
		return p.promotion(at)
	case PlanStart:
		return p.starting(at)
	case PlanMoveLeader:
		return p.leading(at)
	default:
		return p.stopping(at)
	}
}

// stopping is the verdict on the loss of a member, for a restart or for longer.
func (p *planner) stopping(at int) outcome {
	out, _ := p.loss(places{at})
	if p.members[at].leads && p.voters > 1 && (out.verdict == LossSafe || out.verdict == LossRisk) {
		out.reason += "; it leads: " + electionCost
	}
	return out
}

// adding is the verdict on a new member: see the strict check of etcd's server (server.go: mayAddMember; cluster.go:
// IsReadyToAddVotingMember, ValidateMaxLearnerConfig), --strict-reconfig-check and --max-learners 1 being defaults.
func (p *planner) adding(step PlanStep) outcome {
	if p.whyNoMemberList != "" {
		return outcome{LossUnknown, GroundMembership, p.whyNoMemberList, "the member list is not known"}
	}
	d := &inquiry{now: p.now}
	counted := p.countedOthers(nil)
	left, perhaps := p.survivors(d, nil)
	if out, decided := p.quorumNow(d, nil, counted, perhaps, "no change of the membership can commit"); decided {
		return out
	}
	need(d, p.membership)
	if d.lacksMembership() {
		return d.unknown()
	}
	voters := p.voters + 1
	quorum := quorumOf(voters)
	if out, refused := p.refusesToAdd(d, step, left, perhaps, quorum); refused {
		return out
	}
	if step.Learner {
		return p.weigh(d, "a learner has no vote: the quorum does not change", noVote)
	}
	remain := fmt.Sprintf("%d of %s healthy until it has joined, quorum %d", left, Plural(voters, "voter"), quorum)
	headline := fmt.Sprintf("%d/%d until it has joined", left, voters)
	switch {
	case left < quorum:
		return outcome{LossNo, GroundQuorum, "quorum would be lost: " + remain + ": add it as a learner, and promote it",
			fmt.Sprintf("would leave %d/%d, needs %d", left, voters, quorum)}
	case left > quorum:
		return p.weigh(d, remain, headline)
	case p.quorum == left: // nor is there one to spare now
		return p.weigh(d, remain+": none to spare", headline)
	}
	margin := gap{GroundMargin, "none to spare until then: add it as a learner, and promote it",
		"none to spare until it joins"}
	return risky(remain, append(p.lastingRisks(d, nil), margin))
}

// weigh is SAFE, or RISK by the voters that stay.
func (p *planner) weigh(d *inquiry, remain, headline string) outcome {
	if risks := p.lastingRisks(d, nil); len(risks) > 0 {
		return risky(remain, risks)
	}
	return d.conclude(remain, headline)
}

// refusesToAdd is the outcome if etcd refuses a new member, so that a quorum of that many would be needed.
func (p *planner) refusesToAdd(
	d *inquiry, step PlanStep, left, perhaps, quorum int,
) (out outcome, refused bool) {
	for i := range p.members {
		m := &p.members[i]
		switch {
		case !p.isMember(i) || m.votes.value:
		case m.neverStarted && step.Learner:
			return outcome{LossNo, GroundMembership, "etcd refuses a second learner (--max-learners): " + m.Label +
				" never ran: remove it first, or start it and promote it", "another learner is there"}, true
		case step.Learner:
			return outcome{LossNo, GroundMembership,
				"etcd refuses a second learner (--max-learners): promote or remove " + m.Label + " first",
				"another learner is there"}, true
		case m.neverStarted:
			return outcome{LossNo, GroundMembership,
				m.Label + " is a learner that never ran: start it, or remove it first", "a learner never ran"}, true
		case m.ready.isKnown(p.now) && !m.ready.value:
			return outcome{LossNo, GroundMembership,
				m.Label + " is a learner that has yet to catch up: wait and promote it, or remove it first",
				"a learner is not ready"}, true
		case !need(d, m.ready):
			return d.unknown(), true
		}
	}
	if p.voters == 1 {
		return outcome{}, false // etcd takes a second member in any case
	}
	started := 0
	for i := range p.members {
		if m := &p.members[i]; m.votes.value && !m.neverStarted {
			started++
		}
	}
	fresh := p.justStartedVoters(-1)
	var away []string
	for i := range p.members {
		if m := &p.members[i]; m.votes.value && m.down {
			away = append(away, m.Label)
		}
	}
	switch {
	case started < quorum && !step.Learner:
		return outcome{LossNo, GroundQuorum, fmt.Sprintf("etcd refuses it: %d voters have started, and with one more "+
			"the quorum is %d", started, quorum), "etcd refuses: too few have started"}, true
	case perhaps < quorum:
		return outcome{LossNo, GroundQuorum, withReasons(fmt.Sprintf("etcd refuses it: only %s connected, and with one "+
			"more the quorum is %d", pluralForm(left, "1 voter is", fmt.Sprintf("%d voters are", left)), quorum),
			p.unhealthyOthers(nil)), "etcd refuses: too few connected"}, true
	case left < quorum:
		return d.unknown(), true
	case p.wantsAll != "" && len(away) > 0:
		return outcome{LossNo, GroundHealth, fmt.Sprintf("etcd %s refuses it unless all voters are connected: start or "+
			"remove %s first", p.wantsAll, join(away)), "etcd refuses: not all connected"}, true
	case left-len(fresh) < quorum:
		return outcome{LossNo, GroundQuorum,
			fmt.Sprintf("etcd refuses it until %s been up for %d s", haveWords(fresh), reconfigurable),
			"etcd refuses: too new"}, true
	}
	return outcome{}, false
}

// promotion is the verdict on a learner that becomes a voter (etcd's server.go: isLearnerReady).
func (p *planner) promotion(at int) outcome {
	d, x := &inquiry{now: p.now}, &p.members[at]
	if out, isOut := p.outside(d, x, "there is nothing to promote"); isOut {
		return out
	}
	counted := p.countedOthers(nil)
	left, perhaps := p.survivors(d, nil)
	if out, decided := p.quorumNow(d, nil, counted, perhaps, "no promotion can commit"); decided {
		return out
	}
	need(d, p.membership)
	switch votes := need(d, x.votes); {
	case d.lacksMembership():
		return d.unknown()
	case votes:
		return outcome{LossNo, GroundMembership, "it votes already: etcd promotes learners only", "it votes already"}
	case x.neverStarted:
		return outcome{LossNo, GroundHealth, fmt.Sprintf("it has not joined: etcd refuses it until it has %.0f%% of the "+
			"leader's log", 100*readyShare), "it has not joined"}
	case p.planned[at].stopped > 0 || x.down:
		return outcome{LossNo, GroundHealth, "it is down: etcd would count a voter that is not there", "it is down"}
	}
	if ready := need(d, x.ready); x.ready.isKnown(p.now) && !ready {
		return outcome{LossNo, GroundHealth, fmt.Sprintf("etcd refuses it until it has %.0f%% of the leader's log",
			100*readyShare), "it has yet to catch up"}
	}
	voters := p.voters + 1
	quorum := quorumOf(voters)
	left++
	need(d, x.impairment)
	return p.weigh(d, fmt.Sprintf("%d of %s healthy then, quorum %d", left, Plural(voters, "voter"), quorum),
		p.leaves(left, voters, left-quorum))
}

// starting is the verdict on starting a member, which costs nobody anything.
func (p *planner) starting(at int) outcome {
	d, x := &inquiry{now: p.now}, &p.members[at]
	if out, isOut := p.outside(d, x, ""); isOut {
		if need(d, x.membership) == probe.MembershipRemoved {
			return outcome{LossNo, GroundIdentity, "it was removed from the cluster: it must be added first",
				"removed from the cluster"}
		}
		return out
	}
	switch {
	case x.down && x.neverStarted:
		return outcome{LossSafe, "", "it joins: nothing is lost", "it joins"}
	case x.down:
		return outcome{LossSafe, "", "it comes back: nothing is lost", "it comes back"}
	}
	return outcome{LossSafe, "", "it is not known to be down: there may be nothing to start", "it may run already"}
}

// leading is the verdict on moving the leadership to a member.
func (p *planner) leading(at int) outcome {
	d, x := &inquiry{now: p.now}, &p.members[at]
	if out, isOut := p.outside(d, x, "it can't lead"); isOut {
		if out.verdict == LossSafe {
			return outcome{LossNo, GroundIdentity, out.reason, out.headline}
		}
		return out
	}
	counted := p.countedOthers(nil)
	others := &inquiry{now: p.now} // whose health matters for the quorum alone
	_, perhaps := p.survivors(others, nil)
	if out, decided := p.quorumNow(others, nil, counted, perhaps, "nobody can lead"); decided {
		return out
	}
	votes, healthy := need(d, x.votes), need(d, x.healthy)
	switch {
	case x.votes.isKnown(p.now) && !votes:
		return outcome{LossNo, GroundMembership, "etcd refuses it: a learner can't lead", "a learner can't lead"}
	case x.leads:
		return outcome{LossSafe, "", "it leads already", "it leads already"}
	case x.healthy.isKnown(p.now) && !healthy:
		return outcome{LossNo, GroundHealth, "it can't lead: " + x.unhealthy, "it " + x.unhealthyBrief}
	}
	hears := p.path.hears(at)
	if hears < p.quorum {
		d.missing = append(d.missing, gap{GroundCommitLatency,
			"whether " + x.Label + " and a quorum hear each other is not known", x.Short + ": links not known"})
	}
	var risks []gap
	if incident := need(d, p.incident); incident.words != "" {
		risks = append(risks, incident.risk())
	}
	if impairment := need(d, x.impairment); impairment.words != "" {
		risks = append(risks, gap{GroundSurvivors, "but every write would wait for it: " + impairment.words,
			impairment.brief})
	}
	if slow := p.slowUnder(at); slow.words != "" {
		risks = append(risks, slow)
	}
	if len(risks) > 0 && !d.lacksMembership() {
		return risky("it is healthy", risks)
	}
	return d.conclude("it is healthy; writes wait for a moment", "it is healthy")
}

// hears is how many healthy voters a member is known to hear and to be heard by, itself included.
func (p *commitPath) hears(at int) (n int) {
	for i, v := range p.voters {
		if v.healthy && (i == at || p.between(at, i).known) {
			n++
		}
	}
	return n
}

// slowUnder is the slow link that every commit would need under the leadership of a member; empty if none, or if every
// commit needs one now.
func (p *planner) slowUnder(at int) gap {
	path := *p.path
	path.voters = make([]pathVoter, len(p.path.voters))
	for i, v := range p.path.voters {
		path.voters[i] = pathVoter{v.healthy, i == at}
	}
	link, _ := path.overSlowLink(nil, false)
	if link == nil {
		return gap{}
	}
	if now, _ := p.path.overSlowLink(nil, false); now != nil {
		return gap{}
	}
	far := &p.members[link.a+link.b-at]
	return gap{GroundCommitLatency, strings.Join([]string{"but every commit would then wait for", far.Label + ", whose",
		link.slowWords(p.members[at].Label)}, " "), "waits for " + far.Short + "'s link"}
}

// addsBesideAllOnly reports that etcd of a version takes a new member, under the strict check, only while it is
// connected with all voters (isConnectedFullySince in etcdserver's mayAddMember): 3.5.29 and 3.6.10 of 2026-04-01 are
// the last known to. Later ones want a quorum (etcd pull requests 21641, 21667 and 21669).
func addsBesideAllOnly(v semver.Version) bool {
	if v.Minor == 6 {
		return v.LessThan(semver.Version{Major: 3, Minor: 6, Patch: 11})
	}
	return v.LessThan(semver.Version{Major: 3, Minor: 5, Patch: 30})
}
