package tui

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// tally is what has been seen since the start, for the summary at the end. It is a value; with returns the next.
type tally struct {
	from, to      time.Time
	sweeps        int
	leads         leadership
	leaderChanges int
	// leaderless is how long members answered and none led, give or take leaderlessError: what went on between two
	// sweeps at the edges of such a time is not known.
	leaderless, leaderlessError time.Duration
	wasLeaderless               bool
	blind                       bool          // nobody answered last
	edge                        time.Duration // the gap in which the present leaderless time began
	events, marks               int
	members                     map[string]memberTally
	worstLevel                  thresholds.Level
	lastAssessment              thresholds.Assessment
}

// leadership is who leads, as far as that was seen.
type leadership struct {
	leader string // its key; empty for nobody
	term   uint64
	// since is when it was first seen to lead in its term; seenToCome says that another one, or none, was seen before.
	since      time.Time
	seenToCome bool
}

// memberTally is the worst that was seen of a member.
type memberTally struct {
	label string
	worst [summaryVitalCount]worstValue
	// away is how long it was DOWN or LATE: from the sweep that saw it so to the one that did not.
	away    time.Duration
	wasAway bool
}

// worstValue is a value, or what the slowest of too few observations took at most.
type worstValue struct {
	value  probe.Value
	atMost bool
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
	if a.Reading.Cause != thresholds.CauseFirstLook { // which knows nothing yet, of a healthy cluster too
		c.worstLevel = max(c.worstLevel, a.Level)
	}
	for i := range a.Events {
		c.events++
		switch a.Events[i].Kind {
		case thresholds.EventLeader:
			c.leaderChanges++
		case thresholds.EventMark:
			c.marks++
		}
	}
	return c.withLeader(a, gap).withMembers(a, gap)
}

func (c tally) withLeader(a *thresholds.Assessment, gap time.Duration) tally {
	leaderless := a.Cluster.Leader.IsZero() && answering(a) > 0
	if c.wasLeaderless {
		c.leaderless += gap
	}
	switch {
	case leaderless && !c.wasLeaderless:
		c.edge = gap
		c.leaderlessError += gap
	case c.wasLeaderless && !leaderless:
		c.leaderlessError += max(gap-c.edge, 0) // of both edges, the one that is less sure
	}
	c.wasLeaderless = leaderless
	if answering(a) == 0 { // nobody knows who leads meanwhile
		c.blind = true
		return c
	}
	if leader, term := a.Cluster.Leader.Key, a.Cluster.Term; leader != c.leads.leader || leader != "" && term > c.leads.term {
		c.leads = leadership{leader: leader, term: term, since: a.At, seenToCome: c.sweeps > 1 && !c.blind}
	}
	c.blind = false
	return c
}

func (c tally) withMembers(a *thresholds.Assessment, gap time.Duration) tally {
	c.members = maps.Clone(c.members)
	if c.members == nil {
		c.members = map[string]memberTally{}
	}
	for i := range a.Members {
		member := &a.Members[i]
		seen, known := c.members[member.Key]
		for _, endpoint := range member.Endpoints { // which may turn out to be that of a member
			if t, was := c.members[endpoint]; was && !known && endpoint != member.Key {
				delete(c.members, endpoint)
				seen, known = t, true
			}
		}
		c.members[member.Key] = seen.with(member, gap)
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
	if t.wasAway {
		t.away += gap
	}
	t.wasAway = a.State != thresholds.StateOK
	for i, v := range summaryVitals() {
		value, atMost := a.Shown(v.vital)
		if n, known := value.Get(); known && !a.IsStale(v.vital) && (!t.worst[i].value.IsKnown() || n > t.worst[i].value.Or(0)) {
			t.worst[i] = worstValue{value, atMost}
		}
	}
	return t
}

// keys are the members tallied: those that are there in their order, then those that are there no longer.
func (c *tally) keys() (there, gone []string) {
	for i := range c.lastAssessment.Members {
		there = append(there, c.lastAssessment.Members[i].Key)
	}
	for key := range c.members {
		if !slices.Contains(there, key) {
			gone = append(gone, key)
		}
	}
	slices.SortFunc(gone, func(a, b string) int { return strings.Compare(c.members[a].label+a, c.members[b].label+b) })
	return there, gone
}

// summaryVitals are the vitals whose worst the summary tells. Their number is summaryVitalCount.
func summaryVitals() [summaryVitalCount]series {
	return [...]series{
		{"WAL p99", thresholds.WALFsyncP99}, {"COMMIT p99", thresholds.BackendCommitP99},
		{"PEND", thresholds.ProposalsPending}, {"LAG", thresholds.ApplyLag},
		{"DB", thresholds.DBSize}, {"DB USED", thresholds.DBQuotaUsed},
	}
}

const summaryVitalCount = 6

// worstText is a member's worst of a vital in the words of the summary.
func (t *theme) worstText(w worstValue, unit thresholds.Unit) string {
	text := t.number(w.value, unit)
	switch {
	case text == "":
		return "?"
	case w.atMost:
		return t.atMost() + text
	}
	return text
}
