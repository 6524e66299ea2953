package thresholds

import (
	"cmp"
	"fmt"
	"strings"
)

// votersDown are the labels of the voters that are down, or do not answer while they start or are defragmented: see
// busyVoters.
func (f *frame) votersDown() []string {
	return f.labelsWhere(func(m *memberState) bool { return m.Voter && m.State == StateDown })
}

// votersOut are the labels of the voters that are down, do not answer in time, or only now and then, or are being
// defragmented by their own metrics.
func (f *frame) votersOut() []string {
	return f.labelsWhere(func(m *memberState) bool {
		late := m.State == StateLate && !m.HealthUnknown
		return m.Voter && (m.State == StateDown || late || !m.Healthy && (m.isDefragmented() || m.isUnsteady))
	})
}

// busyVoters are the labels of the voters that do not answer while they are defragmented, and while they start.
func (f *frame) busyVoters() (defragmented, starting []string) {
	return f.labelsWhere(func(m *memberState) bool { return m.Voter && m.defragmentedSilently() }),
		f.labelsWhere(func(m *memberState) bool {
			return m.Voter && !m.defragmentedSilently() && m.startingWords() != ""
		})
}

// missingVoters is how many more voters a quorum needs.
func (f *frame) missingVoters(c *clusterState) int {
	n, _, _ := c.count()
	return max(c.Quorum-n, 0)
}

// count returns how many voters are healthy or, while nobody leads and so none is healthy, how many answer; is and are
// are the word for one and for several of them.
func (c *Cluster) count() (n int, is, are string) {
	if !c.Leader.IsZero() {
		if c.UnknownVoters > 0 {
			return c.HealthyVoters, "seen healthy", "seen healthy"
		}
		return c.HealthyVoters, "healthy", "healthy"
	}
	return c.AnsweringVoters, "answers", "answer"
}

// countedVoters is that count in words, countedBrief the same in short.
func (c *Cluster) countedVoters() string {
	n, is, are := c.count()
	words := ofVoters(n, c.Voters) + " " + pluralForm(n, is, are)
	if c.UnknownVoters > 0 && !c.Leader.IsZero() {
		words += ", " + c.unknownVoters()
	}
	return words
}

// unknownVoters are, in words, how many voters may be healthy or not, and why that is if it is the same of all.
func (c *Cluster) unknownVoters() string {
	if c.OutOfReachVoters == c.UnknownVoters {
		return fmt.Sprintf("%d out of reach from here", c.UnknownVoters)
	}
	return fmt.Sprintf("%d not known", c.UnknownVoters)
}

func (c *Cluster) countedBrief() string {
	n, is, are := c.count()
	return fmt.Sprintf("%d/%d %s", n, c.Voters, pluralForm(n, is, are))
}

// noneLeads reports that the voters that answer are enough for a quorum, and have no leader.
func (c *Cluster) noneLeads() bool { return c.Leader.IsZero() && c.AnsweringVoters >= c.Quorum }

// againstQuorum compares that count with the quorum, in words and in short.
func (c *Cluster) againstQuorum() (words, brief string) {
	if c.noneLeads() {
		return c.countedVoters() + ", and none leads", c.countedBrief() + ", none leads"
	}
	return fmt.Sprintf("%s, quorum needs %d", c.countedVoters(), c.Quorum),
		fmt.Sprintf("%s, needs %d", c.countedBrief(), c.Quorum)
}

// ofVoters counts some of all voters.
func ofVoters(n, all int) string {
	return fmt.Sprintf("%d of %s", n, Plural(all, "voter"))
}

// quorumLacks describes what a lost quorum needs.
func (f *frame) quorumLacks(c *clusterState) string {
	n := f.missingVoters(c)
	fresh := f.unstartedVoters()
	defragmented, starting := f.busyVoters()
	switch {
	case n == 0:
		return "a leader must be elected first"
	case n <= len(defragmented):
		return "the defragmentation of " + join(defragmented) + " must end"
	case n <= len(defragmented)+len(starting):
		return join(append(defragmented, starting...)) + " must answer first"
	case n <= len(fresh) && len(fresh) == len(f.votersDown()):
		return join(fresh) + " must be started: it was added and never ran"
	}
	return Plural(n, "voter") + " must come back"
}

// unhealthyVoters names each unhealthy voter with its reason, or each of those that answer.
func (f *frame) unhealthyVoters(answering bool) []string {
	var unhealthy []string
	for i := range f.members {
		if m := &f.members[i]; m.Voter && !m.Healthy && (!answering || m.State == StateOK) {
			unhealthy = append(unhealthy, m.Label+" "+m.unhealthyWords())
		}
	}
	return unhealthy
}

// unhealthyWords is why the voter is not healthy, as a clause after its name.
func (m *memberState) unhealthyWords() string {
	what := "does not report its health"
	switch {
	case m.busyWords() != "":
		what = m.busyWords()
	case m.neverStarted:
		what = "was added and never ran"
	case m.State == StateDown:
		what = m.downWords()
	case m.State == StateLate:
		what = "does not answer"
	case m.State == StateOutOfReach:
		what = "is out of reach from here"
	case m.unhealthyReason != "":
		what = m.unhealthyReason
	}
	if m.expected != "" {
		what += " (expected)"
	}
	return what
}

// unhealthyBrief is unhealthyWords in short: it fits behind a name into the reason of a verdict.
func (m *memberState) unhealthyBrief() string {
	switch {
	case m.defragmentedSilently():
		return "is defragmenting"
	case m.joins:
		return "joins"
	case m.startsAgain:
		return "starts again"
	case m.neverStarted:
		return "never ran"
	case m.neverServed:
		return "never served"
	case m.State == StateDown && m.severedFrom != nil:
		return "is down or cut"
	case m.State == StateDown:
		return "is down"
	case m.State == StateLate:
		return "does not answer"
	case m.State == StateOutOfReach:
		return "is out of reach"
	}
	return cmp.Or(m.briefReason, "does not say")
}

// commits reports whether the cluster is known to commit writes.
func (c *clusterState) commits() bool { return c.MemberListKnown && c.QuorumSeen }

// commitCaveat introduces steps that the cluster must commit while it can't; others reports that the steps belong to
// another cluster, which needs no caveat.
func (c *clusterState) commitCaveat(others bool) string {
	switch {
	case others || c.dumped || c.commits():
		return ""
	case c.MemberListKnown && c.AnsweringVoters > 0 && c.HealthyVoters+c.UnknownVoters < c.Quorum:
		return "Not before there is a quorum again, because it must commit this:"
	}
	return "Not before a quorum is seen, because it must commit this:"
}

// withCommitCaveat is advice that the cluster must commit, after its caveat if there is one.
func (c *clusterState) withCommitCaveat(advice string) string {
	return strings.TrimSpace(c.commitCaveat(false) + " " + advice)
}
