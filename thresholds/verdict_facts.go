package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// verdictFacts are all facts behind the verdicts on a cluster's members. Nothing else influences a verdict.
type verdictFacts struct {
	now time.Time
	// whyNoMemberList is why there is no member list at all; empty if there is one.
	whyNoMemberList string
	// voters is how many the list has, and quorum how many of them must be healthy.
	voters, quorum int
	// answering reports that a voter answers, quorumSeen that there is a quorum, seen or proven by a read.
	answering, quorumSeen bool
	// noQuorum says in words, and noQuorumBrief in short, that there is no quorum now; quorumLacks describes what it
	// needs.
	noQuorum, noQuorumBrief, quorumLacks string
	// membership is how many voters the list has, once a quorum of them has confirmed it.
	membership fact[int]
	// incident describes what is critical about the whole cluster; empty if nothing is.
	incident fact[incident]
	// wantsAll is the version of a member that takes a new one only while all voters are connected; empty if none is
	// known to.
	wantsAll string
	// members are in the sweep's order.
	members []memberFacts
	path    *commitPath
}

// memberFacts are the facts about one member, as the one to lose and as a survivor.
type memberFacts struct {
	MemberRef
	// cluster is the one that it belongs to; 0: unknown.
	cluster    probe.ClusterID
	membership fact[probe.Membership]
	// votes reports that it is a voter, not a learner.
	votes fact[bool]
	// healthy reports that a voter takes part; unhealthy is the clause on why one does not. counts reports that it
	// counts towards the quorum now, even if its messages are not proven to arrive.
	healthy                   fact[bool]
	unhealthy, unhealthyBrief string
	counts                    bool
	// leaderless reports that it is unhealthy for want of a leader alone.
	leaderless bool
	// catchingUp reports that it counts, and can't help to commit before it has received what it lacks.
	catchingUp bool
	// ready reports that a learner has enough of the leader's log to be promoted.
	ready fact[bool]
	// read reports that a linearizable read through it succeeds.
	read fact[bool]
	// answers reports that it answers here, fails that it is down as far as is seen from here, down that it provably
	// takes no part, neverStarted that it never has, starts that it does not serve yet, justStarted that etcd does
	// not count it yet when another member is to be removed, leads that it leads.
	answers, fails, down, neverStarted, starts, justStarted, leads bool
	// defragments reports that it is being defragmented.
	defragments bool
	// voters is how many there are by its own member list.
	voters fact[int]
	// learns reports that it is a learner by its own word.
	learns bool
	// impairment is what makes a healthy voter a bad survivor.
	impairment fact[impairment]
	// wait is what commits would wait for without it alone.
	wait fact[wait]
}

// verdictFacts gathers the facts of a sweep. impairments are in the sweep's order.
func (e *Evaluator) verdictFacts(
	b *cohort, findings []Finding, unmeasured []Unmeasured, impairments []impairment, slow slowLinks,
) *verdictFacts {
	c := b.cluster
	f := &verdictFacts{
		now: b.now, voters: c.Voters, quorum: c.Quorum, answering: c.AnsweringVoters > 0, quorumSeen: c.QuorumSeen,
		quorumLacks: b.quorumLacks(c),
		membership:  b.membershipFact(),
		incident:    b.incidentFact(findings), members: make([]memberFacts, len(b.members)),
	}
	if !c.MemberListKnown {
		f.whyNoMemberList = c.whyNoMemberList()
	}
	f.noQuorum = fmt.Sprintf("quorum is lost (%s, needs %d)", c.countedVoters(), c.Quorum)
	f.noQuorumBrief = "quorum is lost: " + c.countedBrief()
	if c.noneLeads() {
		f.noQuorum = fmt.Sprintf("no leader (%s)", c.countedVoters())
		f.noQuorumBrief = "no leader: one must be elected"
	}
	f.path = newCommitPath(b.frame, c, findings, slow)
	for i := range b.members {
		m := &b.members[i]
		if v, known := m.ownVersion(); known && addsBesideAllOnly(v) {
			f.wantsAll = m.Version
		}
		up, known := m.Vitals[Uptime].Get()
		f.members[i] = memberFacts{
			MemberRef: m.MemberRef, cluster: m.probed.Cluster, membership: membershipFact(m, b.now),
			votes: b.votesFact(m), healthy: healthFact(m, c.Leader, b.now), counts: m.Healthy,
			unhealthy: m.Label + " " + m.unhealthyWords(), unhealthyBrief: m.unhealthyBrief(),
			leaderless: m.unhealthyRule == NoLeader, catchingUp: m.catchingUp,
			answers: m.State == StateOK, fails: m.State == StateDown && !m.isDefragmented(), down: b.provenDown(i),
			neverStarted: m.neverStarted, starts: m.startingWords() != "", justStarted: known && up < reconfigurable,
			leads:      m.Role == RoleLeader,
			impairment: b.impairmentFact(m, impairments[i], findings, unmeasured), ready: readyFact(m),
			read: b.readFact(m), voters: b.votersFact(m), learns: m.Role == RoleLearner,
			defragments: m.isDefragmented(),
		}
	}
	for i := range b.members {
		if b.members[i].Voter {
			w, missing := f.path.without(places{i})
			f.members[i].wait = f.waitFact(e.steadyWait(b.frame, i, w), missing)
		}
	}
	return f
}

// membershipFact is known if a quorum of the listed voters has lately confirmed the list.
func (b *cohort) membershipFact() fact[int] {
	s, c := b.sweep, b.cluster
	r := &s.MemberList.Value
	f := fact[int]{
		ground: GroundMembership, maxAge: 2 * max(listsMaxApart, 2*s.Interval),
		source: Plural(len(r.Witnesses), "voter"),
		missing: fmt.Sprintf("who votes is not known: %d of %s confirmed this member list", len(r.Witnesses),
			Plural(r.Voters, "voter")),
		brief: "who votes is not known",
	}
	switch {
	case !s.MemberList.Answered():
	case r.Cluster != c.ID:
		f.missing = fmt.Sprintf("who votes is not known: the member list is of another cluster (%s)", r.Cluster)
	case r.Voters != c.Voters:
		f.missing = "who votes is not known: the members do not agree with the list on who is a learner"
	case r.Confirmed():
		f.value, f.at, f.missing = r.Voters, s.MemberList.At, "who votes is not known"
	}
	return f
}

// incidentFact is known if the alarms are known. A critical finding about the cluster suffices, too.
func (b *cohort) incidentFact(findings []Finding) fact[incident] {
	f := fact[incident]{ground: GroundIncident, source: "the members",
		missing: "which alarms are raised is not known: no member says so", brief: "the alarms are not known"}
	var types, words, briefs []string
	for _, alarm := range b.cluster.Alarms {
		if !slices.Contains(types, alarm.Type) {
			types, briefs = append(types, alarm.Type), append(briefs, alarm.Type+" raised")
			words = append(words, alarm.Type+" raised by "+join(labelsOf(b.cluster.raisers(alarm.Type))))
		}
	}
	if full := b.full(); len(full) > 0 && !slices.Contains(types, "NOSPACE") {
		words = append(words,
			"the database of "+join(full)+" has reached its quota: the next put raises NOSPACE")
		briefs = append(briefs, "quota reached")
	}
	for i := range findings {
		f := &findings[i]
		// Two leaders are an incident before that has held for long enough to be critical, too.
		rivals := f.Rule == TwoLeaders && f.Level != Unknown && b.sweep.Dumps == nil
		if f.Member.IsZero() && f.Rule != AlarmNoSpace && f.Rule != AlarmCorrupt && !f.Resolving() &&
			(f.Severity == Critical || rivals) {
			words, briefs = append(words, f.Summary), append(briefs, b.settings.rule(f.Rule).Brief)
		}
	}
	if len(words) > 0 || b.alarmsKnown() {
		f.at = b.now
		f.value = incident{words: strings.Join(words, "; "), brief: fitting(VerdictWidth-len("down already, "),
			strings.Join(briefs, ", "), Plural(len(words), "incident"))}
	}
	return f
}

// full are the labels of the voters whose database has reached its quota: etcd refuses puts from there on, and raises
// NOSPACE at the first.
func (b *cohort) full() []string {
	return b.labelsWhere(func(m *memberState) bool {
		return m.Voter && m.State == StateOK && m.Vitals[DBQuotaUsed].Or(0) >= 1 && m.Stands(DBQuotaUsed)
	})
}

// incident is what is critical about the whole cluster; empty if nothing is.
type incident struct{ words, brief string }

// risk is the risk to lose a member during the incident.
func (i incident) risk() gap {
	return gap{GroundIncident, "possible, but not while an incident runs: " + i.words, i.brief}
}

func membershipFact(m *memberState, now time.Time) fact[probe.Membership] {
	f := fact[probe.Membership]{ground: GroundIdentity, source: m.Label,
		missing: "what " + m.Label + " is to the cluster is not known: it has not said",
		brief:   m.Short + " not identified"}
	if m.probed.Membership != probe.MembershipUnknown {
		f.value, f.at = m.probed.Membership, now
	}
	return f
}

// votesFact follows the list, and the member's own word that it was promoted: see isLearner.
func (f *frame) votesFact(m *memberState) fact[bool] {
	votes := fact[bool]{ground: GroundMembership, source: "the member list",
		missing: "whether " + m.Label + " votes is not known: it is not in the member list",
		brief:   m.Short + " is not listed"}
	if m.Listed {
		votes.value, votes.at = m.Voter, f.sweep.MemberList.At
	}
	return votes
}

// healthFact is whether a voter counts towards the quorum. A voter that fails to answer does not count; it is unknown
// of one that is out of reach, refuses to say, was asked only just now, or is not proven to be heard by the leader.
func healthFact(m *memberState, leader MemberRef, now time.Time) fact[bool] {
	f := fact[bool]{ground: GroundHealth, source: m.Label,
		missing: "whether " + m.Label + " is healthy is not known: it " + m.unhealthyWords(),
		brief:   m.Short + " " + m.unhealthyBrief()}
	switch {
	case !m.Voter || m.HealthUnknown:
	case m.hearing.isDoubt():
		f.missing, f.brief = m.hearingWords(leader)
	case m.Healthy:
		f.value, f.at = true, m.probed.Status.At
	default:
		f.at = now
	}
	return f
}

// readyFact is known of a learner that answers beside its leader.
func readyFact(m *memberState) fact[bool] {
	f := fact[bool]{ground: GroundHealth, source: m.Label,
		missing: "how much of the leader's log " + m.Label + " has is not known", brief: m.Short + ": log not known"}
	if m.Role == RoleLearner && m.State == StateOK && !m.Stale && m.Vitals[FollowerLag].IsKnown() {
		f.value, f.at = m.track.approach.since.IsZero(), m.probed.Status.At
	}
	return f
}

// provenDown reports that a member certainly takes no part: it fails to answer, no peer has a connection to it, and it
// never ran, or its host refuses connections at an address where it has answered or from which a peer is cut off, too,
// or enough peers show that they have none. Seen from here alone, a member may only be unreachable, and seen from one
// peer alone, only their link may be cut.
func (f *frame) provenDown(at int) bool {
	m := &f.members[at]
	if m.State != StateDown || m.isDefragmented() { // its metrics answer: its process runs
		return false
	}
	with, without := f.connectedPeers(at)
	switch {
	case len(with) > 0:
		return false
	case m.downError == probe.ErrRefused && (len(without) > 0 || !m.neverReached()):
		return true
	}
	return m.neverStarted || len(without) > 0 && f.takesNoPart(at, without)
}

// lostByPeers is [Member.LostByPeers]: each other voter has lost it, or is down itself.
func (f *frame) lostByPeers(at int) (lost bool) {
	if f.members[at].State != StateDown || !f.canVote(at) {
		return false
	}
	for i := range f.members {
		switch {
		case i == at || !f.canVote(i):
		case f.hasLost(i, at):
			lost = true
		case f.members[i].downError != probe.ErrRefused || !f.provenDown(i):
			return false
		}
	}
	return lost
}

// hasLost reports that a member which answers has no connection with one that is down, or has received no raft message
// from it for long enough: an open connection proves nothing, as that with a process that hangs stays open.
func (f *frame) hasLost(i, down int) bool {
	m, of := &f.members[i], &f.members[down]
	if m.State != StateOK || !f.showsNow(i) || m.probed.Metrics.At.Before(of.DownSince) {
		return false
	}
	if connected, known := f.connection(i, down); known && !connected {
		return true
	}
	heard := m.track.peers[of.ID]
	return heard != nil && heard.received.IsKnown() &&
		m.track.metricsAt.Sub(later(heard.receivedAt, of.DownSince)) >= 2*longElectionTimeout
}

// connectedPeers are the members whose metrics show a connection to the one at an index, and those whose metrics show
// none. A connection missing before that member failed to answer proves nothing about later.
func (f *frame) connectedPeers(at int) (with, without places) {
	for i := range f.members {
		m := &f.members[i]
		if i == at || m.State != StateOK || m.MetricsTooOld || !inDump(m.probed) && !f.sweep.InCluster(m.probed) {
			continue
		}
		switch active, known := m.probed.Metrics.Value.Peers[f.members[at].ID].Active.Get(); {
		case !known:
		case active > 0:
			with = append(with, i)
		case m.probed.Metrics.At.Before(f.members[at].DownSince):
		default:
			without = append(without, i)
		}
	}
	return with, without
}
