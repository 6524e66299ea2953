package thresholds

import (
	"cmp"
	"slices"
)

// A DataSource is a member to read the cluster's data from, beside the sweeps, which loads it.
type DataSource struct {
	MemberRef
	Role Role
	// Why says why it is this one.
	Why string
}

// DataSources returns the members to read data from, the best one first: learners, which serve no clients, then
// followers, of which the one with the lowest load is first. Others than healthy ones are left out. The leader, whom
// all writes wait for, is among them, as the last one, only with leaderToo.
func (a *Assessment) DataSources(leaderToo bool) (sources []DataSource) {
	var leader []DataSource
	var followers []*Member
	for i := range a.Members {
		m := &a.Members[i]
		if m.ID == 0 || m.Stray || m.Other != nil || m.Stale || m.State != StateOK {
			continue
		}
		switch {
		case m.Role == RoleLearner && !a.isBehind(m):
			sources = append(sources, DataSource{m.MemberRef, m.Role, "a learner, which serves no clients"})
		case m.Role == RoleFollower && m.Healthy:
			followers = append(followers, m)
		case m.Role == RoleLeader && m.Healthy && leaderToo:
			leader = append(leader, DataSource{m.MemberRef, m.Role, "the leader, because no other member is healthy"})
		}
	}
	load, known := loadOf(followers)
	slices.SortStableFunc(followers, func(m, n *Member) int { return cmp.Compare(load(m), load(n)) })
	for i, m := range followers {
		source := DataSource{m.MemberRef, m.Role, "a healthy follower"}
		switch {
		case len(followers) == 1:
			source.Why = "the only healthy follower"
		case i == 0:
			source.Why = known
		}
		sources = append(sources, source)
	}
	return append(sources, leader...)
}

// isBehind reports that a member lags behind the others, or may do so for good.
func (a *Assessment) isBehind(m *Member) bool {
	return slices.ContainsFunc(a.Findings, func(f Finding) bool {
		return f.Member.Key == m.Key && f.Level >= Warning &&
			slices.Contains([]RuleID{ApplyLagging, FollowerLagging, LearnerStuck, DefragRunning, AlarmCorrupt}, f.Rule)
	})
}

// loadOf returns what compares the loads of members, and how the one with the lowest is described: by the processor
// time that they take, or else by how fast they answer.
func loadOf(members []*Member) (load func(*Member) float64, lowest string) {
	of := func(v Vital) func(*Member) float64 {
		return func(m *Member) float64 { return m.Vitals[v].Or(0) }
	}
	if !slices.ContainsFunc(members, func(m *Member) bool { return !m.Vitals[CPU].IsKnown() || m.MetricsStale }) {
		return of(CPU), "the follower that takes the least processor time"
	}
	return of(StatusDuration), "the follower that answers fastest"
}

// SourceCalled returns the member that people mean by a name as a source of data, whatever its role is; false if there
// is none that answers.
func (a *Assessment) SourceCalled(name string) (DataSource, bool) {
	for i := range a.Members {
		if m := &a.Members[i]; m.ID != 0 && m.State == StateOK && m.IsCalled(name) {
			return DataSource{m.MemberRef, m.Role, "the member that was asked for"}, true
		}
	}
	return DataSource{}, false
}
