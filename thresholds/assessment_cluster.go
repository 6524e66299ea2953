package thresholds

import (
	"fmt"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// Counted is how many of how many are well: the healthy voters of all, those that answer while nobody leads, or the
// endpoints that answer of those given while the member list is not known.
func (a *Assessment) Counted() (well, of int) {
	if !a.Cluster.MemberListKnown {
		return a.Answering(), len(a.Members)
	}
	well, _, _ = a.Cluster.count()
	return well, a.Cluster.Voters
}

// InService reports that somebody answers, a quorum is seen, and the cluster is not without a leader. Otherwise the
// cluster does not work, however fresh the facts.
func (a *Assessment) InService() bool {
	return a.Answering() > 0 && a.Cluster.QuorumSeen && a.Cluster.Leadership != Leaderless
}

// QuotaUsed is the largest share of its quota that a member's database takes; stale reports that it is the last known
// one. It is absent where it is known of no member.
func (a *Assessment) QuotaUsed() (used probe.Value, stale bool) {
	for i := range a.Members {
		m := &a.Members[i]
		u := m.Vitals[DBQuotaUsed]
		if u.IsKnown() && (!used.IsKnown() || u.Or(0) > used.Or(0)) {
			used, stale = u, m.IsStale(DBQuotaUsed)
		}
	}
	return used, stale
}

// ClusterLine sums up the cluster in one line, without its id.
func (a *Assessment) ClusterLine() string {
	c, leader := &a.Cluster, "?"
	switch {
	case !c.Leader.IsZero():
		leader = c.Leader.Label
	case c.Leadership == Leaderless:
		leader = "none"
	}
	well, of := a.Counted()
	switch {
	case a.OnlyStrays():
		return "member list not known, no endpoint leads to a member, leader ?"
	case !c.MemberListKnown:
		return fmt.Sprintf("member list not known, %d of %s answered, leader %s", well, Plural(of, "endpoint"), leader)
	}
	_, is, are := c.count()
	parts := []string{fmt.Sprintf("%d/%d voters %s", well, of, pluralForm(well, is, are))}
	if c.UnknownVoters > 0 && !c.Leader.IsZero() {
		parts = append(parts, c.unknownVoters())
	}
	if c.Learners > 0 {
		parts = append(parts, fmt.Sprintf("learners %d", c.Learners))
	}
	parts = append(parts, fmt.Sprintf("quorum %d", c.Quorum), "leader "+leader)
	if c.Term > 0 {
		parts = append(parts, fmt.Sprintf("term %d", c.Term))
	}
	if line := a.Backups.Line(); line != "" {
		parts = append(parts, "backup "+line)
	}
	return strings.Join(parts, ", ")
}

// Survivors are the voters that would be left without a member.
type Survivors struct {
	// Well counts those that are healthy and whose condition is OK; Unwell are the others.
	Well   int
	Unwell []MemberRef
	// Cost is in words what losing the member costs besides: the election after a leader. Empty without.
	Cost string
}

// isWell reports that a voter is healthy, and nothing is found about it but recommendations.
func (m *Member) isWell() bool { return m.Healthy && m.Condition.Level == OK }

// electionCost is what losing the leader costs, in words.
const electionCost = "writes wait for an election, unless the leadership is moved first"

// Survivors are the voters that would be left without the member of a key.
func (a *Assessment) Survivors(key string) (s Survivors) {
	if at := a.Member(key); at != nil && at.Role == RoleLeader && a.CountMembers() > 1 {
		s.Cost = electionCost
	}
	for i := range a.Members {
		switch m := &a.Members[i]; {
		case m.Key == key || !m.Voter || m.Stray:
		case m.isWell():
			s.Well++
		default:
			s.Unwell = append(s.Unwell, m.MemberRef)
		}
	}
	return s
}

// AlarmOf returns the worst alarm that a member has raised, nil if none is known, and the level of its rule's finding,
// Unknown without one. known reports that the member has raised no other.
func (a *Assessment) AlarmOf(m *Member) (alarm *ClusterAlarm, level Level, known bool) {
	for i := range a.Cluster.Alarms {
		raised := &a.Cluster.Alarms[i]
		if raised.Member.Key != m.Key {
			continue
		}
		severity := Unknown
		if f := a.Finding(ruleOfAlarm(raised.Type), ""); f != nil {
			severity = f.Level
		}
		if alarm == nil || severity > level {
			alarm, level = raised, severity
		}
	}
	return alarm, level, a.Cluster.AlarmsKnown && !m.NeverSeen
}

// AgeOf is how old the newest Status of a member is by now; for a member that is down, how long it has been down, as in
// every sentence about it.
func (a *Assessment) AgeOf(m *Member, now time.Time) time.Duration {
	if m.State == StateDown && !m.DownSince.IsZero() {
		return a.At.Sub(m.DownSince)
	}
	return m.Age + now.Sub(a.At)
}
