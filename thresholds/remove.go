package thresholds

import (
	"fmt"
	"strings"
)

// reconfigurable is for how long etcd must have been connected with a member before it counts it when another one is
// to be removed (etcdserver's HealthInterval, with --strict-reconfig-check, the default).
const reconfigurable = 5

// canRemove answers whether the member at an index may be removed for good now. The levels of the members must have
// been set. Where it says yes, etcd's strict check does too: enough of those that stay have started, and are connected.
func canRemove(c *Cluster, members []Member, at int) CanRemove {
	x := &members[at]
	switch {
	case !c.RosterKnown:
		return CanRemove{LossUnknown, "the cluster's member list is not known"}
	case x.Role != RoleLearner && !x.votes:
		return CanRemove{LossSafe, "it is not in the member list: there is nothing to remove"}
	case !c.answering:
		return CanRemove{LossUnknown, "no voter answers: a removal needs a quorum to commit"}
	case c.HealthyVoters < c.Quorum && (c.quorumSeen || c.HealthyVoters+c.uncertainVoters >= c.Quorum):
		return CanRemove{LossUnknown, fmt.Sprintf("a removal needs a quorum to commit, and only %d of %d voters show that they are healthy", c.HealthyVoters, c.Voters)}
	case c.HealthyVoters < c.Quorum:
		return CanRemove{LossNo, fmt.Sprintf("quorum is lost (%d of %d healthy, needs %d): no removal can commit", c.HealthyVoters, c.Voters, c.Quorum)}
	case x.Role == RoleLearner:
		return CanRemove{LossSafe, "a learner has no vote: the quorum does not change"}
	case c.Voters == 1:
		return CanRemove{LossNo, "it is the only voter"}
	}
	left, quorum := c.HealthyVoters, (c.Voters-1)/2+1
	if x.Healthy {
		left--
	}
	remain := fmt.Sprintf("leaves %d of %s healthy, quorum %d", left, plural(c.Voters-1, "voter"), quorum)
	if left < quorum { // it is healthy then
		if left+c.uncertainVoters >= quorum {
			return CanRemove{LossUnknown, remain + ", and of some voters it is not known whether they are healthy"}
		}
		return CanRemove{LossNo, because("quorum would be lost: "+remain, unhealthyOthers(members, x))}
	}
	if fresh := started(members, x); x.State != StateDown && left-len(fresh) < quorum {
		return CanRemove{LossNo, fmt.Sprintf("etcd refuses it until %s been up for %d s", have(fresh), reconfigurable)}
	}
	return outcome(c, members, x, left-quorum, remain)
}

// outcome is the verdict on a removal that can commit and keeps the quorum, with so many voters to spare.
func outcome(c *Cluster, members []Member, x *Member, spare int, remain string) CanRemove {
	switch {
	case c.Voters == 2:
		remain += ": no loss is tolerated"
	case spare == 0:
		remain += ": none to spare until another is added"
	default:
		remain += fmt.Sprintf(": %d to spare", spare)
	}
	if x.State == StateDown {
		return CanRemove{LossSafe, remain + "; it is down: remove it first, then add its replacement"}
	}
	if x.Role == RoleLeader {
		remain += "; it leads: move the leadership first"
	}
	if !x.Healthy { // it does not count as it is
		return CanRemove{LossSafe, remain}
	}
	risks := unhealthyOthers(members, x)
	for i := range members {
		if m := &members[i]; m.Key != x.Key && m.Healthy && m.trouble != "" {
			risks = append(risks, "but "+m.trouble)
		}
	}
	if spare == 0 || len(risks) > 0 {
		return CanRemove{LossRisk, because(remain, risks)}
	}
	return CanRemove{LossSafe, remain}
}

// started are the labels of the healthy voters other than x that have only just started.
func started(members []Member, x *Member) []string {
	var fresh []string
	for i := range members {
		m := &members[i]
		if up, known := m.Vitals[Uptime].Get(); m.Key != x.Key && m.Healthy && known && up < reconfigurable {
			fresh = append(fresh, m.Label)
		}
	}
	return fresh
}

func have(labels []string) string {
	if len(labels) == 1 {
		return labels[0] + " has"
	}
	return strings.Join(labels, ", ") + " have"
}

// because appends reasons to what they are reasons for.
func because(text string, reasons []string) string {
	return strings.Join(append([]string{text}, reasons...), "; ")
}
