package thresholds

import (
	"fmt"
	"strings"
)

// votersDown are the labels of the voters that are down.
func votersDown(members []Member) []string {
	var down []string
	for i := range members {
		if members[i].State == StateDown && members[i].votes {
			down = append(down, members[i].Label)
		}
	}
	return down
}

// canLose answers whether the member at an index may be lost now. The levels of the members must have been set.
func canLose(c *Cluster, members []Member, at int, p *pacer) CanLose {
	x := &members[at]
	switch {
	case !c.RosterKnown:
		return CanLose{LossUnknown, c.noRoster()}
	case x.Role == RoleLearner:
		return CanLose{LossSafe, "a learner has no vote: the quorum does not change"}
	case !x.votes:
		return CanLose{LossSafe, "it is not in the member list: it has no vote"}
	case !c.answering:
		return CanLose{LossUnknown, "no voter answers: the cluster is down, or can't be reached from here"}
	case c.HealthyVoters < c.Quorum && c.quorumSeen:
		return CanLose{LossUnknown, fmt.Sprintf("quorum is held, by voters that can't be reached from here: %d of %d answer", c.HealthyVoters, c.Voters)}
	case c.HealthyVoters < c.Quorum && c.HealthyVoters+c.uncertainVoters >= c.Quorum:
		return CanLose{LossUnknown, "of too many voters it is not known whether they are healthy"}
	case c.HealthyVoters < c.Quorum:
		return CanLose{LossNo, fmt.Sprintf("quorum is lost (%d of %d healthy, needs %d): %s", c.HealthyVoters, c.Voters, c.Quorum, wantedBack(c, members))}
	case x.State == StateDown:
		return CanLose{LossSafe, fmt.Sprintf("it is down already: nothing more would be lost (%d healthy, quorum %d)", c.HealthyVoters, c.Quorum)}
	}
	left := c.HealthyVoters
	if x.Healthy {
		left--
	}
	if left < c.Quorum {
		if left+c.uncertainVoters >= c.Quorum {
			return CanLose{LossUnknown, fmt.Sprintf("leaves %s, quorum %d, and of some voters it is not known whether they are healthy", plural(left, "healthy voter"), c.Quorum)}
		}
		return CanLose{LossNo, quorumWouldBeLost(c, members, x, left)}
	}
	remain := fmt.Sprintf("leaves %s, quorum %d", plural(left, "healthy voter"), c.Quorum)
	if reasons := lossRisks(c, members, at, left, p); len(reasons) > 0 {
		return CanLose{LossRisk, remain + "; " + strings.Join(reasons, "; ")}
	}
	if left == c.Quorum {
		remain += ": then none to spare"
	}
	if whom, _, _ := p.slows(at); whom >= 0 {
		remain += "; commits stay as slow as they are"
	}
	return CanLose{LossSafe, remain}
}

// missingVoters is how many voters more a quorum needs. Where nobody leads, those that answer wait for these alone.
func missingVoters(c *Cluster, members []Member) int {
	there := c.HealthyVoters
	if c.Leader.IsZero() {
		there = answeringVoters(members)
	}
	return max(c.Quorum-there, 0)
}

// answeringVoters is how many voters answer, healthy or not.
func answeringVoters(members []Member) int {
	n := 0
	for i := range members {
		if m := &members[i]; m.votes && m.State == StateOK {
			n++
		}
	}
	return n
}

// wantedBack says what a lost quorum lacks.
func wantedBack(c *Cluster, members []Member) string {
	n := missingVoters(c, members)
	if n == 0 {
		return "enough voters answer, and none leads"
	}
	return plural(n, "voter") + " must come back"
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
		if m.Key == x.Key || !m.votes || m.Healthy {
			continue
		}
		what := "does not say how it is"
		switch {
		case m.State == StateDown:
			what = "is down"
		case m.State == StateLate:
			what = "does not answer"
		case m.ailment != "":
			what = m.ailment
		}
		if m.expected != "" {
			what += " (expected)"
		}
		away = append(away, m.Label+" "+what)
	}
	return away
}

// lossRisks are the reasons for which losing the member at an index would be a risk although quorum would be kept.
func lossRisks(c *Cluster, members []Member, at, left int, p *pacer) []string {
	risks := unhealthyOthers(members, &members[at])
	slow, words, clearly := p.slows(at)
	if clearly {
		commits := "commits"
		if left == c.Quorum {
			commits = "every commit"
		}
		risks = append(risks, fmt.Sprintf("but %s would then wait for %s, whose %s", commits, members[slow].Label, words))
	}
	for i := range members {
		m := &members[i]
		if i == at || !m.Healthy || m.trouble == "" || clearly && i == slow && saysSlow(m.troubleRule) {
			continue
		}
		const unread = " can't be read"
		trouble, _, cut := strings.Cut(m.trouble, unread) // why it can't is said elsewhere
		if cut {
			trouble += unread
		}
		risks = append(risks, "but "+trouble)
	}
	if left == c.Quorum && c.Voters >= 5 {
		risks = append(risks, "no further loss would be tolerated")
	}
	return risks
}

// saysSlow reports that a finding by the rule says no more than for what commits wait.
func saysSlow(rule RuleID) bool { return rule == WALFsyncSlow || rule == PeerRTTSlow }
