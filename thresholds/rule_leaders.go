package thresholds

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// judgeLeaderChanges judges how often the leader changed by the members that saw most of it: each one counts what is
// the cluster's. Below the limits it is unknown while one of them can't tell, unless that is only new.
func judgeLeaderChanges(s *subject, window time.Duration) measurement {
	worst, missing := notApplicable, notApplicable
	for i := range s.members {
		on := *s
		on.about(i)
		if !on.countsLeaderChanges() {
			continue
		}
		switch m := on.leaderChangesSeen(window); {
		case !m.value.IsKnown():
			if missing.notApplicable || missing.unknown == "" && m.unknown != "" || missing.why == WhyTooFew {
				missing = on.nameMissing(m)
			}
		case m.value.Or(0) > worst.value.Or(-1):
			worst = m
			worst.seenBy = []int{i}
		case m.value == worst.value && worst.value.Or(0) > 0:
			worst.seenBy = append(worst.seenBy, i)
		}
	}
	value, known := worst.value.Get()
	if known && (value >= s.lowestLimit() || missing.unknown == "" || missing.why == WhyTooFew) {
		return worst
	}
	return missing
}

// countsLeaderChanges reports that what the member counts are changes of this cluster's leader.
func (s *subject) countsLeaderChanges() bool {
	return s.isMember(s.place) && (!s.member.Status.Answered() || s.sweep.InCluster(s.member))
}

// leaderChangesSeen counts the leader changes in the window that the member saw, less the restarts that explain them:
// the counter also rises when the member itself starts, and when a leader that restarts is replaced.
func (s *subject) leaderChangesSeen(window time.Duration) measurement {
	if m, ok := s.requireMetrics(); !ok {
		return m
	}
	if !s.member.Metrics.Value.LeaderChanges.IsKnown() {
		return s.notExposed("count of leader changes", true)
	}
	window = s.reach(window)
	changes, known := s.track.tallies[leaderChanges].Growth(s.member.Metrics.At, window)
	switch {
	case !known && s.settings.sinceStart:
		return needsTwoSweeps(MissingChanges, true)
	case !known:
		return s.tooFewSamples(MissingChanges)
	}
	return measurement{
		value: probe.Known(max(0, changes-float64(s.restarts(window)))),
		over:  s.track.tallies[leaderChanges].Covered(s.member.Metrics.At, window),
	}
}

// nameMissing makes what the member lacks a measurement of the cluster, which names the member.
func (s *subject) nameMissing(m measurement) measurement {
	if m.inhibitedBy != "" && m.inhibitedByMember == "" {
		m.inhibitedByMember = s.at.Key
	}
	if m.unknown != "" && !m.named && m.missingOf != "" {
		m.unknown, m.named = s.at.Label+": "+m.unknown, true
	}
	return m
}

func sayLeaderChanges(s *subject, m measurement) statement {
	changed := fmt.Sprintf("the leader changed %s times", Count.Format(m.value.Or(0)))
	by, counting := "", 0
	for i := range s.members {
		on := *s
		if on.about(i); on.countsLeaderChanges() {
			counting++
		}
	}
	if len(m.seenBy) < counting {
		names := make([]string, len(m.seenBy))
		for k, i := range m.seenBy {
			names[k] = s.members[i].Label
		}
		by = ", as " + join(names) + " saw it"
	}
	return plain(changed + overLast(m.over) + by + ", restarts not counted").brieflyOfAll(changed).
		saying("That is" + overLast(m.over) + by + ", restarts not counted")
}

// noteLeaders notes which members can't serve now for want of a leader or a quorum.
func (f *frame) noteLeaders(c *clusterState) {
	for i := range f.members {
		if f.members[i].State != StateOK || unserved(&f.members[i], c) != "" {
			f.members[i].track.leaderlessUntil = f.now
		}
	}
}

// unserved returns the rule that explains why a member that answers can't serve, empty where nothing is known to
// prevent it. A dump shows only whether the member had a leader, never a quorum.
func unserved(m *memberState, c *clusterState) RuleID {
	if inDump(m.probed) {
		if leaderlessDump(m.probed) {
			return NoLeader
		}
		return ""
	}
	switch {
	case m.State == StateOK && !m.Stale && m.probed.Status.Value.Leader == 0:
		return NoLeader
	case !c.QuorumSeen:
		return QuorumLost
	}
	return ""
}

// newestLeader is the place of the member that leads in the highest term, or -1.
func (f *frame) newestLeader() int {
	leader := -1
	for i := range f.members {
		m := &f.members[i]
		if m.Role == RoleLeader && f.sweep.InCluster(m.probed) &&
			(leader < 0 || m.probed.Status.Value.RaftTerm > f.members[leader].probed.Status.Value.RaftTerm) {
			leader = i
		}
	}
	return leader
}

// settleRoles takes the leader's role from members that led in an earlier term and have not noticed its end, and from
// voters that lead another cluster.
func (f *frame) settleRoles(term uint64) {
	for i := range f.members {
		m := &f.members[i]
		foreign := m.Voter && m.State == StateOK && !f.sweep.InCluster(m.probed) && !inDump(m.probed)
		if m.Role == RoleLeader && (foreign || m.probed.Status.Value.RaftTerm < term) {
			m.Role = RoleUnknown
		}
		if !m.Stale {
			m.track.noteLeads(m.Role == RoleLeader, f.sweep.At)
		}
	}
}

// noteLeads records whether the member leads as of a moment.
func (t *track) noteLeads(leads bool, at time.Time) {
	switch t.led = leads; {
	case !leads:
		t.ledSince = time.Time{}
		return
	case t.ledSince.IsZero():
		t.ledSince = at
	}
	t.lastLed = at
}
