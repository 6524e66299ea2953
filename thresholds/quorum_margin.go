package thresholds

import "fmt"

// marginHeadline says how many voters are healthy and how many more may fail, in at most [MarginWidth] columns.
func (f *frame) marginHeadline(c *clusterState) string {
	healthy := fmt.Sprintf("%d/%d healthy", c.HealthyVoters, c.Voters)
	unknown := c.uncertainVoters
	switch {
	case countMembers(f.results) == 0:
		return "quorum ?: no member known"
	case !c.MemberListKnown && c.dumped:
		return "quorum ?: dumps do not show it"
	case !c.MemberListKnown:
		return "quorum ?: member list not known"
	case c.Voters == 0:
		return "quorum ?: no voter known"
	case c.HealthyVoters >= c.Quorum && unknown > 0:
		return healthy + fmt.Sprintf(", %d not known", unknown)
	case c.HealthyVoters > c.Quorum && c.HealthyVoters == c.Voters:
		return healthy + fmt.Sprintf(", %d may fail", c.Tolerance())
	case c.HealthyVoters > c.Quorum:
		return healthy + fmt.Sprintf(", %d more may fail", c.Tolerance())
	case c.HealthyVoters == c.Quorum:
		return healthy + ", none to spare"
	case c.QuorumSeen:
		return fmt.Sprintf("quorum held, %d/%d seen from here", c.HealthyVoters, c.Voters)
	case c.HealthyVoters+unknown >= c.Quorum:
		return fmt.Sprintf("quorum ?: %s, %d unknown", healthy, unknown)
	}
	return f.lostMargin(c)
}

// lostMargin is the margin of a lost quorum. Without a leader no voter is healthy: what counts is how many answer.
func (f *frame) lostMargin(c *clusterState) string {
	answering := c.AnsweringVoters
	answer := fmt.Sprintf("%d of %d %s", answering, c.Voters, pluralForm(answering, "answers", "answer"))
	switch {
	case !c.Leader.IsZero():
		return fmt.Sprintf("%d/%d healthy, quorum needs %d", c.HealthyVoters, c.Voters, c.Quorum)
	case answering == 0:
		return fmt.Sprintf("none of %s answers, needs %d", Plural(c.Voters, "voter"), c.Quorum)
	case answering >= c.Quorum:
		return answer + ", none leads"
	}
	return fitting(MarginWidth, fmt.Sprintf("%s, no leader, needs %d", answer, c.Quorum),
		fmt.Sprintf("%d/%d answer, no leader, needs %d", answering, c.Voters, c.Quorum))
}
