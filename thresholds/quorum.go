package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// assessCluster works out what can be said of the cluster as a whole, and which voters are healthy.
func assessCluster(s *probe.Sweep, members []Member, tracks []*track, now time.Time, applyLagLimit probe.Value) Cluster {
	c := Cluster{RosterKnown: s.Roster.Ever()}
	c.ID = commonCluster(s)
	c.Leader, c.Term = commonLeader(s, members)
	c.Alarms = clusterAlarms(s, members)
	for i := range members {
		if members[i].Role == RoleLearner {
			c.Learners++
			continue
		}
		c.Voters++
		members[i].Healthy = healthyVoter(&s.Members[i], &members[i], &c, applyLagLimit)
		if members[i].Healthy {
			c.HealthyVoters++
		}
		if uncertain(&members[i], tracks[i], now) {
			c.uncertainVoters++
		}
	}
	c.Quorum = c.Voters/2 + 1
	return c
}

// healthyVoter reports whether the member counts towards the quorum.
func healthyVoter(m *probe.Member, a *Member, c *Cluster, applyLagLimit probe.Value) bool {
	if a.State != StateOK || !m.Status.Fresh() {
		return false
	}
	s := &m.Status.Value
	if s.ClusterID != c.ID || s.Leader == 0 {
		return false
	}
	for _, alarm := range c.Alarms {
		if alarm.Type == "CORRUPT" && alarm.Member.Key == a.Key {
			return false
		}
	}
	if lag, known := a.Vitals[ApplyLag].Get(); known && applyLagLimit.IsKnown() && lag >= applyLagLimit.Or(0) {
		return false
	}
	return !a.defragmenting
}

// uncertain reports that the member may well be healthy although there is no fresh Status of it: it has been
// asked less than an election timeout ago, or it answers that we have no permission to know.
func uncertain(a *Member, t *track, now time.Time) bool {
	switch a.State {
	case StateLate:
		return now.Sub(t.lateSince) < electionTimeout
	case StateOK:
		return a.Stale
	default:
		return false
	}
}

// commonCluster is the cluster id that most fresh answers carry.
func commonCluster(s *probe.Sweep) probe.ClusterID {
	votes := make(map[probe.ClusterID]int)
	var most probe.ClusterID
	for i := range s.Members {
		if m := &s.Members[i]; m.Status.Ever() && m.Status.Value.ClusterID != 0 {
			id := m.Status.Value.ClusterID
			votes[id] += 2
			if m.Status.Fresh() {
				votes[id]++
			}
			if votes[id] > votes[most] || votes[id] == votes[most] && id < most {
				most = id
			}
		}
	}
	return most
}

// commonLeader is whom the fresh members follow in the highest term, and that term.
func commonLeader(s *probe.Sweep, members []Member) (MemberRef, uint64) {
	var leader probe.MemberID
	var term, leaderTerm uint64
	for i := range s.Members {
		if !s.Members[i].Status.Fresh() {
			continue
		}
		status := &s.Members[i].Status.Value
		term = max(term, status.RaftTerm)
		if status.Leader != 0 && status.RaftTerm >= leaderTerm {
			leader, leaderTerm = status.Leader, status.RaftTerm
		}
	}
	if leader == 0 {
		return MemberRef{}, term
	}
	return refOf(members, leader), term
}

// refOf names the member with an id, also one that is not among members.
func refOf(members []Member, id probe.MemberID) MemberRef {
	for i := range members {
		if members[i].ID == id {
			return members[i].MemberRef
		}
	}
	return MemberRef{Key: id.String(), ID: id, Label: id.String()}
}

// clusterAlarms unites the alarm list with what the members' Status and metrics say: each alarm once.
func clusterAlarms(s *probe.Sweep, members []Member) []ClusterAlarm {
	var raised []probe.Alarm
	fresh := false
	for i := range s.Members {
		if m := &s.Members[i]; m.Status.Fresh() && m.Status.Value.RaftAppliedIndex > 0 { // 3.4+: Status names the alarms
			raised, fresh = append(raised, m.Status.Value.Alarms...), true
		}
	}
	if !fresh && s.Alarms.Ever() {
		raised = s.Alarms.Value
	}
	slices.SortFunc(raised, func(a, b probe.Alarm) int {
		if a.Type != b.Type {
			return strings.Compare(a.Type, b.Type)
		}
		return strings.Compare(a.Member.String(), b.Member.String())
	})
	var alarms []ClusterAlarm
	for _, alarm := range slices.Compact(raised) {
		alarms = append(alarms, ClusterAlarm{Type: alarm.Type, Member: refOf(members, alarm.Member)})
	}
	return alarms
}

// judgeQuorumLost is about the voters that count now. Voters that are down make it certain; those that just know no
// leader may be in an election.
func judgeQuorumLost(s *subject, _ time.Duration) measurement {
	c := s.cluster
	if !c.RosterKnown || c.Voters == 0 {
		if nobodyServes(s.sweep) {
			return measurement{value: probe.Known(1), certain: true}
		}
		return measurement{unknown: "the cluster's member list is not known"}
	}
	if c.HealthyVoters < c.Quorum && c.HealthyVoters+c.uncertainVoters >= c.Quorum {
		return measurement{unknown: "too many voters have not answered yet"}
	}
	m := condition(c.HealthyVoters < c.Quorum)
	m.certain = c.HealthyVoters >= c.Quorum || c.Voters-len(votersDown(s.members)) < c.Quorum
	return m
}

func judgeQuorumAtRisk(s *subject, window time.Duration) measurement {
	c := s.cluster
	if m := judgeQuorumLost(s, window); m.unknown != "" {
		return m
	}
	// A cluster of one or two never has a margin: that is no risk that has come up.
	m := condition(c.HealthyVoters <= c.Quorum && c.HealthyVoters+c.uncertainVoters < c.Voters)
	m.certain = m.value.Or(0) == 0 || c.Voters-len(votersDown(s.members)) <= c.Quorum
	if c.HealthyVoters < c.Quorum {
		m.because = QuorumLost // or, as long as that is not found, an election
	}
	return m
}

// nobodyServes reports that every endpoint was asked and none answers, for reasons of its own and not of ours.
func nobodyServes(s *probe.Sweep) bool {
	theirs := false
	for i := range s.Members {
		if stateOf(&s.Members[i]) != StateDown {
			return false
		}
		theirs = theirs || s.Members[i].Status.Err.Kind != probe.ErrTLS
	}
	return theirs
}

func sayQuorum(s *subject, _ measurement) string {
	c := s.cluster
	if !c.RosterKnown {
		return "no endpoint answers: for who depends on them, quorum is lost"
	}
	text := fmt.Sprintf("%d of %d voters healthy, quorum needs %d", c.HealthyVoters, c.Voters, c.Quorum)
	if down := votersDown(s.members); len(down) > 0 {
		text += "; down: " + strings.Join(down, ", ")
	}
	return text
}

// votersDown are the labels of the voters that are down.
func votersDown(members []Member) []string {
	var down []string
	for i := range members {
		if members[i].State == StateDown && members[i].Role != RoleLearner {
			down = append(down, members[i].Label)
		}
	}
	return down
}

// canLose answers whether the member may be lost now. The levels of the members must have been set.
func canLose(c *Cluster, members []Member, x *Member) CanLose {
	switch {
	case !c.RosterKnown:
		return CanLose{LossUnknown, "the cluster's member list is not known"}
	case x.Role == RoleLearner:
		return CanLose{LossSafe, "a learner has no vote: the quorum does not change"}
	case c.HealthyVoters < c.Quorum && c.HealthyVoters+c.uncertainVoters >= c.Quorum:
		return CanLose{LossUnknown, "too many voters have not answered yet"}
	case c.HealthyVoters < c.Quorum:
		return CanLose{LossNo, fmt.Sprintf("quorum is lost (%d of %d healthy, needs %d): every voter is needed to regain it", c.HealthyVoters, c.Voters, c.Quorum)}
	}
	left := c.HealthyVoters
	if x.Healthy {
		left--
	}
	if left < c.Quorum {
		if left+c.uncertainVoters >= c.Quorum {
			return CanLose{LossUnknown, fmt.Sprintf("leaves %s, quorum %d, and not every member has answered yet", plural(left, "healthy voter"), c.Quorum)}
		}
		return CanLose{LossNo, quorumWouldBeLost(c, members, x, left)}
	}
	remain := fmt.Sprintf("leaves %s, quorum %d", plural(left, "healthy voter"), c.Quorum)
	if reasons := lossRisks(c, members, x, left); len(reasons) > 0 {
		return CanLose{LossRisk, remain + "; " + strings.Join(reasons, "; ")}
	}
	if x.State == StateDown {
		return CanLose{LossSafe, fmt.Sprintf("it is down already: nothing more would be lost (%d healthy, quorum %d)", left, c.Quorum)}
	}
	if left == c.Quorum {
		remain += ": then none to spare"
	}
	return CanLose{LossSafe, remain}
}

func quorumWouldBeLost(c *Cluster, members []Member, x *Member, left int) string {
	if c.Voters == 1 {
		return "it is the only voter"
	}
	reason := fmt.Sprintf("quorum would be lost: leaves %s, quorum %d", plural(left, "healthy voter"), c.Quorum)
	if away := unhealthyOthers(members, x); len(away) > 0 {
		reason += "; " + strings.Join(away, "; ")
	}
	return reason
}

// unhealthyOthers says of every other voter that does not count what is the matter with it.
func unhealthyOthers(members []Member, x *Member) []string {
	var away []string
	for i := range members {
		m := &members[i]
		if m.Key == x.Key || m.Role == RoleLearner || m.Healthy {
			continue
		}
		switch m.State {
		case StateDown:
			away = append(away, m.Label+" is down")
		case StateLate:
			away = append(away, m.Label+" does not answer")
		default:
			away = append(away, m.Label+" is not healthy")
		}
	}
	return away
}

// lossRisks are the reasons for which losing x would be a risk although quorum would be kept.
func lossRisks(c *Cluster, members []Member, x *Member, left int) []string {
	risks := unhealthyOthers(members, x)
	for i := range members {
		m := &members[i]
		if m.Key != x.Key && m.Healthy && m.Level >= Warning {
			const unread = " can't be read"
			trouble, _, cut := strings.Cut(m.trouble, unread) // why it can't is said elsewhere
			if cut {
				trouble += unread
			}
			risks = append(risks, "but "+trouble)
		}
	}
	if left == c.Quorum && c.Voters >= 5 {
		risks = append(risks, "no further loss would be tolerated")
	}
	return risks
}
