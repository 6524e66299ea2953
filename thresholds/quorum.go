package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// separateClusters sets which members are outside of the judged cluster, and in which other one.
func (f *frame) separateClusters() {
	for i := range f.members {
		f.members[i].outside, f.members[i].Other = !f.inJudgedCluster(i), f.otherCluster(i)
	}
}

// quorumOf is how many of so many voters must be healthy for a write to commit, as raft has it.
func quorumOf(voters int) int { return voters/2 + 1 }

// clusterState is the state of a cluster with a leader and a term, before its voters are counted. Dumps name their
// leader themselves.
func (f *frame) clusterState(leader MemberRef, term uint64) *clusterState {
	c := &clusterState{
		Cluster: Cluster{
			MemberListKnown: f.sweep.MemberList.Answered(), ID: f.sweep.Cluster, Leader: leader, Term: term,
			Alarms: f.clusterAlarms(), AlarmsKnown: f.alarmsKnown(),
		},
		dumped: f.sweep.Dumps != nil, givenOnly: f.sweep.GivenOnly,
	}
	if c.dumped {
		c.dumpedIn, c.dumps = dumpedIn(f.sweep.Members)
		c.Leader = f.dumpedLeader(c.dumps)
	}
	return c
}

// countVoters counts the voters, and which of them are healthy under the cluster's leader, term and alarms.
func (f *frame) countVoters(c *clusterState) {
	leader := f.leaderOf(c)
	for i := range f.members {
		m := &f.members[i]
		listed := f.isListed(i)
		if m.Role == RoleLearner && listed {
			c.Learners++
		}
		if m.Role == RoleLearner || !listed {
			continue
		}
		c.Voters++
		m.Voter = true
		if m.State == StateOK {
			c.AnsweringVoters++
		}
		m.unhealthyReason, m.briefReason, m.unhealthyRule = f.unhealthyReason(i, c)
		if m.unhealthyReason == "" && m.State == StateOK && !m.Stale {
			if m.hearing = f.hearing(leader, i); m.hearing == notHeard {
				m.unhealthyReason = "is not heard by the leader: nothing that it sends arrives there"
				m.briefReason = "is not heard"
			}
		}
		m.Healthy = m.State == StateOK && !m.Stale && m.unhealthyReason == ""
		switch {
		case m.Healthy:
			c.HealthyVoters++
			if m.catchingUp {
				c.CatchingUpVoters++
			}
		case m.track.unhealthySince.IsZero():
			m.track.unhealthySince = cmp.Or(m.track.downSince, m.track.lateSince, f.now)
		}
		if m.HealthUnknown = m.uncertain(f.now); m.HealthUnknown {
			c.UnknownVoters++
			if m.State == StateOutOfReach {
				c.OutOfReachVoters++
			}
		}
	}
	c.Quorum = quorumOf(c.Voters)
	f.discountUnsteady(c)
	c.CutOff = f.cutOff(c)
}

// discountUnsteady takes voters that answer only now and then for unhealthy as long as the others hold the quorum: who
// counts on them may find them silent.
func (f *frame) discountUnsteady(c *clusterState) {
	for i := range f.members {
		m := &f.members[i]
		switch {
		case !m.Healthy:
			continue
		case c.HealthyVoters == c.Quorum || !m.track.failures.unsteady(f.now, f.settings.interval):
			m.track.unhealthySince = time.Time{}
			continue
		}
		m.Healthy, m.isUnsteady = false, true
		m.unhealthyReason, m.briefReason = "answers only now and then", "answers at times"
		c.HealthyVoters--
		if m.catchingUp {
			c.CatchingUpVoters--
		}
		if m.track.unhealthySince.IsZero() {
			m.track.unhealthySince = f.now
		}
	}
}

// mostVotersTried is how many healthy voters there may be to try which of them may fail together: etcd recommends up to
// 7. Of more that are cut off from each other none counts as to spare.
const mostVotersTried = 9

// cutOff is how many fewer voters may fail because some of those that would be left are cut off from each other.
func (f *frame) cutOff(c *clusterState) int {
	var voters, healthy places
	for i := range f.members {
		if m := &f.members[i]; m.Voter {
			voters = append(voters, i)
			if m.Healthy {
				healthy = append(healthy, i)
			}
		}
	}
	spare := c.spare()
	switch f.cuts = f.anyCut(voters); {
	case !f.cuts:
		return 0
	case len(healthy) > mostVotersTried:
		return max(spare, 0)
	}
	for n := 1; n <= spare; n++ {
		if f.someLossParts(healthy, nil, 0, n, c.Quorum) {
			return spare - n + 1
		}
	}
	return 0
}

// someLossParts reports whether the loss of some n of the voters, from a place among them on, and of those that are
// gone leaves no quorum that could follow a leader.
func (f *frame) someLossParts(voters, gone places, from, n, quorum int) bool {
	if n == 0 {
		return f.connectedVoters(voters, gone) < quorum
	}
	for k := from; k < len(voters); k++ {
		if f.someLossParts(voters, append(slices.Clip(gone), voters[k]), k+1, n-1, quorum) {
			return true
		}
	}
	return false
}

// connectedVoters is how many of some voters, without those that are gone, could follow the same one of them at most.
func (f *frame) connectedVoters(voters, gone places) (most int) {
	for _, i := range voters {
		n := 0
		for _, j := range voters {
			if !gone.has(i) && !gone.has(j) && (i == j || !f.cut(i, j)) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// anyCut reports whether any two of some members are cut off from each other.
func (f *frame) anyCut(members places) bool {
	for k, i := range members {
		if slices.ContainsFunc(members[k+1:], func(j int) bool { return f.cut(i, j) }) {
			return true
		}
	}
	return false
}

// cut reports that two members are cut off from each other: the newest metrics of both show no connection with the
// other one, or what one of them sends on a connection does not arrive. Where one of them has a connection that works,
// etcd can send what the other one lacks on requests of its own.
func (f *frame) cut(i, j int) bool {
	return f.lacksConnection(i, j) && f.lacksConnection(j, i) || f.connectionHangs(i, j) || f.connectionHangs(j, i)
}

// connectionHangs reports that a member has a connection with another one, and no probe on it is answered: what it asks
// of the other one, or the answer, is lost, and so are votes. Whether the leader and a follower hear each other is
// known from what is committed.
func (f *frame) connectionHangs(i, j int) bool {
	if max(i, j) >= len(f.members) || f.members[i].Role == RoleLeader || f.members[j].Role == RoleLeader {
		return false
	}
	metrics := f.members[i].probed.Metrics.Value
	return metrics != nil && f.showsNow(i) && metrics.Peers[f.members[j].ID].Active.Or(0) > 0 &&
		f.members[i].track.unanswered(f.members[j].track, f.members[j].ID, f.now)
}

// lacksConnection reports that a member's newest metrics show no connection with another one. One that a plan adds has
// none.
func (f *frame) lacksConnection(i, j int) bool {
	if max(i, j) >= len(f.members) {
		return false
	}
	metrics := f.members[i].probed.Metrics.Value
	if metrics == nil || !f.showsNow(i) {
		return false
	}
	active, known := metrics.Peers[f.members[j].ID].Active.Get()
	return known && active == 0
}

// leaderOf is the place of the cluster's leader, or -1 if it does not answer now.
func (f *frame) leaderOf(c *clusterState) int {
	for i := range f.members {
		m := &f.members[i]
		if m.ID == c.Leader.ID && m.ID != 0 && m.Role == RoleLeader && m.State == StateOK && !m.Stale {
			return i
		}
	}
	return -1
}

// unhealthyReason is why a voter that answers does not count as healthy, the same in short, and the rule about exactly
// that, if there is one. All are empty if it counts or does not answer.
func (f *frame) unhealthyReason(i int, c *clusterState) (why, brief string, rule RuleID) {
	m := &f.members[i]
	if m.State != StateOK || m.Stale {
		return "", "", ""
	}
	if c.HasAlarm("CORRUPT", m.Key) {
		return "has raised a CORRUPT alarm", "has CORRUPT alarm", AlarmCorrupt
	}
	s := &m.probed.Status.Value
	lag, known := m.Vitals[ApplyLag].Get()
	limit, limited := f.settings.rule(ApplyLagging).Warning.Value.Get()
	switch {
	case m.probed.Membership == probe.MembershipForked:
		return "is in another cluster under the same id", "is in a fork", ClusterForked
	case m.probed.Cluster != c.ID:
		return fmt.Sprintf("belongs to another cluster (%s)", m.probed.Cluster), "is of another one", ""
	case s.Leader == 0:
		return "knows no leader", "knows no leader", NoLeader
	case s.RaftTerm < c.Term:
		return fmt.Sprintf("is still in term %d, the cluster is in %d", s.RaftTerm, c.Term), "is in an old term", ""
	case f.renounces(s.Leader, s.RaftTerm):
		return fmt.Sprintf("follows %s, which no longer leads", f.refOf(s.Leader).Label), "lost its leader", ""
	case c.Leader.IsZero():
		return "follows a leader that is down", "lost its leader", ""
	case s.Leader != c.Leader.ID:
		return fmt.Sprintf("follows %s, the cluster follows %s", s.Leader, c.Leader.Label), "follows another", ""
	case known && limited && lag >= limit:
		return fmt.Sprintf("has %s committed entries to apply", Count.Format(lag)), "lags in applying", ApplyLagging
	case m.track.stuck(f.now) >= longElectionTimeout:
		return "receives none of the entries that the leader commits", "is stuck", FollowerStuck
	case defragmenting(m):
		return "is being defragmented", "is defragmenting", ""
	default:
		return "", "", ""
	}
}

// uncertain reports that the member may be healthy although its Status does not show it: it was asked less than an
// election timeout ago, denies us permission, or is out of reach from here.
func (m *memberState) uncertain(now time.Time) bool {
	switch m.State {
	case StateLate:
		return now.Sub(m.track.lateSince) < electionTimeout
	case StateOK:
		return m.Stale
	case StateOutOfReach:
		return true
	default:
		return false
	}
}

// isListed reports that the row at an index belongs to the membership: the member list has it, even if another
// cluster's member answers in its place. Without a member list, every row counts that is not known to belong elsewhere.
func (f *frame) isListed(i int) bool {
	if f.sweep.MemberList.Answered() {
		return f.members[i].probed.Listed && !f.members[i].probed.IsStray()
	}
	return !f.members[i].outside
}

// canVote reports that the member at an index counts among the voters.
func (f *frame) canVote(i int) bool {
	return f.members[i].Role != RoleLearner && f.isListed(i)
}

// followers counts the voters that follow a leader in a term, including itself.
func (f *frame) followers(leader probe.MemberID, term uint64) (n int) {
	for i := range f.members {
		status := &f.members[i].probed.Status.Value
		if f.canVote(i) && !f.members[i].Stale && f.members[i].State == StateOK &&
			f.sweep.InCluster(f.members[i].probed) && status.Leader == leader && status.RaftTerm == term {
			n++
		}
	}
	return n
}

// commonLeader is the leader that the cluster's answering members follow in the highest term, and that term. While a
// quorum follows a leader, no other one leads in a higher term: a member there only asks for votes and gets none.
// Followers keep believing in a dead leader until their election timeout ends, so a leader that is down counts only
// once something proves that it still leads: its metrics, a linearizable read, or followers that would have elected
// another one by now. One that answers and says that it does not lead counts for none: see renounces.
func (f *frame) commonLeader() (MemberRef, uint64) {
	var leader probe.MemberID
	var term, leaderTerm uint64
	voters := 0
	for i := range f.members {
		status := &f.members[i].probed.Status.Value
		if f.canVote(i) {
			voters++
		}
		if f.members[i].Stale || f.members[i].State != StateOK || !f.sweep.InCluster(f.members[i].probed) {
			continue
		}
		term = max(term, status.RaftTerm)
		if status.Leader != 0 && status.RaftTerm >= leaderTerm {
			leader, leaderTerm = status.Leader, status.RaftTerm
		}
	}
	switch {
	case leader == 0:
		return MemberRef{}, term
	case leaderTerm < term && f.followers(leader, leaderTerm) < quorumOf(voters):
		return MemberRef{}, term
	}
	if term = leaderTerm; f.renounces(leader, term) {
		return MemberRef{}, term
	}
	for i := range f.members {
		if f.members[i].ID != leader || f.members[i].State == StateOK {
			continue
		}
		down := f.members[i].track.downSince
		if down.IsZero() {
			down = f.members[i].track.lateSince
		}
		// Election timeouts are drawn from one to two times the configured one (raft).
		if f.now.Sub(down) < 2*longElectionTimeout && !saysItLeads(&f.members[i], down) && !f.readSince(down) {
			return MemberRef{}, term
		}
	}
	return f.refOf(leader), term
}

// renounces reports that the member that others follow in a term answers, and names another leader in that term or a
// later one, or none: it has heard too few of them for an election timeout (raft: CheckQuorum) and has stepped down,
// and their own timeouts have yet to end.
func (f *frame) renounces(leader probe.MemberID, term uint64) bool {
	return f.countWhere(func(m *memberState) bool {
		status := &m.probed.Status.Value
		return m.ID == leader && m.State == StateOK && !m.Stale && f.sweep.InCluster(m.probed) &&
			status.RaftTerm >= term && status.Leader != leader
	}) > 0
}

// leadership is whether the cluster has a leader. It has none if an answering voter shows that, and the voters that may
// follow one are no quorum: the others know none, follow one that is down or renounces, or are down themselves.
func (f *frame) leadership(c *clusterState) Leadership {
	if !c.Leader.IsZero() {
		return Led
	}
	shown, without := false, 0
	for i := range f.members {
		m := &f.members[i]
		switch {
		case !m.Voter:
		case m.State == StateDown:
			without++
		case m.State == StateOK && !m.Stale && f.sweep.InCluster(m.probed) && f.followsNobody(i):
			shown = true
			without++
		}
	}
	if shown && c.Voters-without < c.Quorum {
		return Leaderless
	}
	return LeadershipUnknown
}

// followsNobody reports that the Status of the member at an index names no leader, or one that is down or renounces.
func (f *frame) followsNobody(i int) bool {
	status := &f.members[i].probed.Status.Value
	return status.Leader == 0 || f.renounces(status.Leader, status.RaftTerm) ||
		f.countWhere(func(m *memberState) bool { return m.ID == status.Leader && m.State == StateDown }) > 0
}

// saysItLeads reports that a member's metrics have claimed leadership since a moment. Its Status may be late even so:
// Status waits for the backend, which is locked while a slow disk commits, and metrics do not.
func saysItLeads(m *memberState, since time.Time) bool {
	p := &m.probed.Metrics
	return !m.MetricsStale && p.Err == nil && p.At.After(since) && p.Value.IsLeader.Or(0) > 0
}

// readSince reports that a linearizable read succeeded that began at or after a moment. It needs a quorum and its
// leader: if fewer voters answer, then it is etcdoc that can't reach the others.
func (f *frame) readSince(since time.Time) bool {
	for i := range f.members {
		p := f.members[i].probed
		read := &p.Linearizable
		if f.sweep.InCluster(p) && read.Answered() && read.Err == nil && !read.At.Add(-read.Took).Before(since) {
			return true
		}
	}
	return false
}

// refOf names the member with an id, even one that is not among the members.
func (f *frame) refOf(id probe.MemberID) MemberRef {
	for i := range f.members {
		if f.members[i].ID == id {
			return f.members[i].MemberRef
		}
	}
	return MemberRef{Key: id.String(), ID: id, Label: id.String(), Short: id.String()}
}
