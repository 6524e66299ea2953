package thresholds

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/etcdoc/etcdoc/probe"
)

// A planner has the facts as they are after the steps so far, if each was done and went well.
type planner struct {
	*verdictFacts
	resolve func(name string) (key string, err error)
	// planned are what the steps did to each member, by its index.
	planned []planned
}

// planned is what the steps so far did to a member.
type planned struct {
	added, removed, stopped int // the number of the step; 0: none
	// before is a stopped member as it was.
	before *stoppedMember
	// started reports that it has been started, and that nobody can know yet whether it is healthy then.
	started bool
}

// awaitsStart reports that a member is started by then, which no look at the cluster as it is now can judge.
func (p *planner) awaitsStart() bool {
	return slices.ContainsFunc(p.planned, func(did planned) bool { return did.started })
}

type stoppedMember struct {
	facts memberFacts
	voter pathVoter
}

// clone is a copy that a plan may change.
func (f *verdictFacts) clone() *verdictFacts {
	out, path := *f, *f.path
	path.voters, path.disks, path.slowDisks, path.links = slices.Clone(path.voters), slices.Clone(path.disks),
		slices.Clone(path.slowDisks), slices.Clone(path.links)
	out.members, out.path = slices.Clone(f.members), &path
	return &out
}

// find returns the index of the member that a step names; -1 for one that it adds.
func (p *planner) find(step PlanStep) (at int, err error) {
	wrong := func(problem error) (int, error) {
		return -1, &PlanError{Step: step.Number, Column: step.Column, Word: step.Name, Problem: problem}
	}
	at = -1
	for i := range p.members { // the newest of a name that the plan has added
		if p.planned[i].added > 0 && p.members[i].Label == step.Name {
			at = i
		}
	}
	if step.Verb == PlanAdd {
		for i := range p.members {
			if p.members[i].Label == step.Name && p.isMember(i) {
				return wrong(fmt.Errorf("it is a member: remove it first, or name the new one otherwise"))
			}
		}
		return -1, nil
	}
	if at < 0 {
		key, err := p.resolve(step.Name)
		if err != nil {
			return wrong(err)
		}
		at = slices.IndexFunc(p.members, func(m memberFacts) bool { return m.Key == key })
	}
	if at < 0 {
		return wrong(fmt.Errorf("there is no such member"))
	}
	if n := p.planned[at].removed; n > 0 {
		return wrong(fmt.Errorf("step %d removes it", n))
	}
	return at, nil
}

// isMember reports that the member at an index is listed, and not removed by the plan.
func (p *planner) isMember(at int) bool {
	m := p.members[at].membership.value
	return m == probe.MembershipListed || m == probe.MembershipNeverStarted
}

// add takes a new member in: it counts as one that is not there until it is known to have joined, like Cluster API does
// with machines that it adds.
func (p *planner) add(step PlanStep) (at int) {
	at = len(p.members)
	p.members = append(p.members, memberFacts{
		MemberRef:  MemberRef{Key: "step " + strconv.Itoa(step.Number), Label: step.Name, Short: step.Name},
		membership: fact[probe.Membership]{value: probe.MembershipNeverStarted, at: p.now, ground: GroundIdentity},
		votes:      fact[bool]{value: !step.Learner, at: p.now, ground: GroundMembership},
		healthy:    fact[bool]{at: p.now, ground: GroundHealth}, down: true, neverStarted: true,
		unhealthy: step.Name + " has not joined yet", unhealthyBrief: "has not joined",
		impairment: fact[impairment]{at: p.now, ground: GroundSurvivors},
	})
	p.planned = append(p.planned, planned{added: step.Number})
	p.path.voters, p.path.disks = append(p.path.voters, pathVoter{}), append(p.path.disks, bounds{})
	p.path.slowDisks = append(p.path.slowDisks, false)
	for i, links := range p.path.links {
		p.path.links[i] = append(slices.Clip(links), bounds{}) // the evaluator's own rows stay as they are
	}
	p.path.links = append(p.path.links, make([]bounds, len(p.members)))
	return at
}

// apply changes the facts as a step does that was done and went well; isDone is false for one that must not be done,
// which only names its member.
func (p *planner) apply(step PlanStep, at int, isDone bool) {
	x, v := &p.members[at], &p.path.voters[at]
	switch {
	case !isDone && step.Verb == PlanAdd:
		x.membership.value, x.votes.value = probe.MembershipRemoved, false
	case !isDone:
	case step.Verb == PlanAdd:
	case step.Verb == PlanRemove:
		p.planned[at].removed, p.planned[at].started = step.Number, false
		x.membership.value, x.votes.value, x.healthy.value = probe.MembershipRemoved, false, false
		x.counts, x.leads = false, false
		*v = pathVoter{}
	case step.Verb == PlanPromote:
		x.votes.value = true
		x.healthy = fact[bool]{ground: GroundHealth, source: x.Label,
			missing: "whether " + x.Label + " has caught up is not known", brief: x.Short + ": log not known"}
		if x.ready.isKnown(p.now) && x.ready.value {
			x.healthy.value, x.healthy.at, x.counts, v.healthy = true, x.ready.at, true, true
		}
	case step.Verb == PlanRestart:
		v.leads, x.leads = false, false
		if x.down || x.votes.value && !x.counts {
			p.starts(at, step)
		}
	case step.Verb == PlanStop:
		p.stops(at, step)
	case step.Verb == PlanStart && x.down:
		p.starts(at, step)
	case step.Verb == PlanMoveLeader:
		for i := range p.members {
			p.members[i].leads, p.path.voters[i].leads = i == at, i == at
		}
	}
	p.count()
	if isDone { // what was seen and said of the quorum was so before the step
		now := p.counted()
		p.quorumSeen = false
		p.noQuorum = fmt.Sprintf("quorum is lost by then (%d of %s healthy, quorum %d)", now.Healthy,
			Plural(now.Voters, "voter"), now.Quorum)
		p.noQuorumBrief = fmt.Sprintf("quorum is lost by then: %d/%d", now.Healthy, now.Voters)
	}
}

// stops makes the member at an index one that is down.
func (p *planner) stops(at int, step PlanStep) {
	x, v := &p.members[at], &p.path.voters[at]
	x.leads, v.leads = false, false
	if x.counts || !x.votes.value && !x.down {
		p.planned[at].before = &stoppedMember{*x, *v}
	}
	p.planned[at].stopped, p.planned[at].started = step.Number, false
	x.healthy = fact[bool]{at: p.now, ground: GroundHealth}
	x.counts, x.down, v.healthy = false, true, false
	x.unhealthy, x.unhealthyBrief = fmt.Sprintf("%s is stopped (step %d)", x.Label, step.Number), "is stopped"
	x.ready = fact[bool]{at: p.now, ground: GroundHealth}
}

// starts makes the member at an index one that has been started: as it was before the plan stopped it, or else one
// that may be healthy or not.
func (p *planner) starts(at int, step PlanStep) {
	x, did := &p.members[at], &p.planned[at]
	did.stopped = 0
	if was := did.before; was != nil {
		*x, p.path.voters[at], did.before = was.facts, was.voter, nil
		return
	}
	did.started = true
	what := fmt.Sprintf("whether %s is healthy after step %d is not known", x.Label, step.Number)
	x.healthy = fact[bool]{ground: GroundHealth, missing: what, brief: x.Short + ": not seen yet"}
	x.ready = fact[bool]{ground: GroundHealth, missing: what, brief: x.Short + ": not seen yet"}
	x.impairment = fact[impairment]{ground: GroundSurvivors, missing: what, brief: x.Short + ": not seen yet"}
	x.membership.value, x.down, x.neverStarted, x.counts = probe.MembershipListed, false, false, false
	x.leaderless, p.path.voters[at].healthy = false, false
	p.elect(step)
}

// elect makes voters that lack only a leader ones that may be healthy or not, once they can be a quorum together with
// those that a step has started.
func (p *planner) elect(step PlanStep) {
	now := p.counted()
	able := now.Healthy + now.Unknown
	for i := range p.members {
		if p.isMember(i) && p.members[i].leaderless {
			able++
		}
	}
	if able < p.quorum {
		return
	}
	for i := range p.members {
		if x := &p.members[i]; x.leaderless {
			x.leaderless = false
			x.healthy = fact[bool]{ground: GroundHealth, brief: x.Short + ": leader not known",
				missing: fmt.Sprintf("whether %s knows a leader after step %d is not known", x.Label, step.Number)}
		}
	}
}

// count counts the voters anew, and what commits would wait for without each of them.
func (p *planner) count() {
	p.voters = 0
	for i := range p.members {
		if p.members[i].votes.value {
			p.voters++
		}
	}
	p.quorum = quorumOf(p.voters)
	p.path.quorum, p.membership.value = p.quorum, p.voters
	for i := range p.members {
		if p.members[i].votes.value {
			p.members[i].wait = p.waitFact(p.path.without(places{i}))
		}
	}
}

// state is how the cluster is now: without numbers while the member list is not known.
func (p *planner) state() PlanState {
	s := p.counted()
	if p.whyNoMemberList != "" {
		return PlanState{Leader: s.Leader}
	}
	return s
}

// counted counts what there is.
func (p *planner) counted() PlanState {
	s := PlanState{MemberListKnown: true, Voters: p.voters, Quorum: p.quorum}
	for i := range p.members {
		m := &p.members[i]
		switch {
		case !p.isMember(i):
		case !m.votes.value:
			s.Learners++
		case m.counts:
			s.Healthy++
			if m.catchingUp {
				s.CatchingUp++
			}
		case !m.healthy.isKnown(p.now):
			s.Unknown++
		}
		if m.leads {
			s.Leader = m.MemberRef
		}
	}
	return s
}
