package tui

import (
	"maps"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// tally is what has been seen since the start, for the summary at the end. It is a value; with returns the next.
type tally struct {
	from, to time.Time
	sweeps   int
	// leaderSince is when the present leader was first seen to lead; leaderSeenToCome says that another one, or
	// none, was seen before.
	leader           string
	leaderSince      time.Time
	leaderSeenToCome bool
	leaderChanges    int
	// leaderless is how long members answered and none led, to within one sweep at either end.
	leaderless     time.Duration
	wasLeaderless  bool
	sampling       time.Duration // the longest time between two sweeps
	events, marks  int
	members        map[string]memberTally
	worstLevel     thresholds.Level
	lastAssessment thresholds.Assessment
}

// memberTally is the worst that was seen of a member.
type memberTally struct {
	label string
	worst thresholds.Vitals
	down  time.Duration
}

// with is the tally with one more assessment in it.
func (c tally) with(a *thresholds.Assessment) tally {
	gap := time.Duration(0)
	if c.sweeps == 0 {
		c.from = a.At
	} else {
		gap = max(a.At.Sub(c.to), 0)
	}
	c.to, c.sweeps, c.lastAssessment = a.At, c.sweeps+1, *a
	c.sampling = max(c.sampling, gap)
	c.worstLevel = max(c.worstLevel, a.Level)
	for i := range a.Events {
		c.events++
		switch a.Events[i].Kind {
		case thresholds.EventLeader:
			c.leaderChanges++
		case thresholds.EventMark:
			c.marks++
		}
	}
	c = c.withLeader(a, gap)
	c.members = maps.Clone(c.members)
	if c.members == nil {
		c.members = map[string]memberTally{}
	}
	for i := range a.Members {
		c.members[a.Members[i].Key] = c.members[a.Members[i].Key].with(&a.Members[i], gap)
	}
	return c
}

func (c tally) withLeader(a *thresholds.Assessment, gap time.Duration) tally {
	if c.wasLeaderless {
		c.leaderless += gap
	}
	c.wasLeaderless = a.Cluster.Leader.IsZero() && answering(a) > 0
	if leader := a.Cluster.Leader.Key; leader != c.leader {
		c.leaderSeenToCome = c.sweeps > 1
		c.leader, c.leaderSince = leader, a.At
	}
	return c
}

// answering is how many members answer. Where none does, nobody knows whether there is a leader.
func answering(a *thresholds.Assessment) int {
	n := 0
	for i := range a.Members {
		if a.Members[i].State == thresholds.StateOK {
			n++
		}
	}
	return n
}

func (t memberTally) with(a *thresholds.Member, gap time.Duration) memberTally {
	t.label = a.Label
	if a.State == thresholds.StateDown {
		t.down += gap
	}
	if a.Stale {
		return t
	}
	for _, v := range summaryVitals() {
		t.worst[v.vital] = t.worst[v.vital].Max(a.Vitals[v.vital])
	}
	return t
}

// summaryVitals are the vitals whose worst the summary tells.
func summaryVitals() []namedVital {
	return []namedVital{
		{"WAL p99", thresholds.WALFsyncP99}, {"COMMIT p99", thresholds.BackendCommitP99},
		{"PEND", thresholds.ProposalsPending}, {"LAG", thresholds.ApplyLag},
		{"DB", thresholds.DBSize}, {"DB USED", thresholds.DBQuotaUsed},
	}
}

// worstOf is a member's worst of a vital in the words of the summary.
func (t *theme) worstOf(v probe.Value, unit thresholds.Unit) string {
	if text := t.number(v, unit); text != "" {
		return text
	}
	return "?"
}
