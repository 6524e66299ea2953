package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// minLags is how many samples of a member's lag a trend takes.
const minLags = 3

// judgeFollowerLag judges how many entries a voter is behind the leader while that number grows. A busy leader is
// always some hundreds ahead, because members answer some milliseconds apart.
func judgeFollowerLag(s *subject, _ time.Duration) measurement {
	if m, ok := s.requireStatus(); !ok {
		return m
	}
	if !s.at.Voter || s.at.Role == RoleLeader { // learner-stuck judges learners
		return notApplicable
	}
	behind, known := s.at.Vitals[FollowerLag].Get()
	if !known {
		return s.noLeadersIndex()
	}
	if seen := len(s.track.lag.All()); seen < minLags && !s.settings.immediate {
		return measurement{notMeasurable: "not watched for long enough to see whether it falls behind"}
	}
	if slope, _ := s.track.lag.Deriv(s.member.Status.At, s.settings.window); slope <= 0 {
		return notApplicable
	}
	m := measurement{value: probe.Known(behind)}
	if s.track.stuck(s.now) >= longElectionTimeout {
		m.inhibitedBy = FollowerStuck
	}
	return m
}

// noLeadersIndex says why the leader's index is unknown.
func (s *subject) noLeadersIndex() measurement {
	leader := s.member.Status.Value.Leader
	m := measurement{unknown: "the leader's index is not known"}
	if leader == 0 {
		m.inhibitedBy = NoLeader
		return m
	}
	for i := range s.members {
		switch at := &s.members[i]; {
		case at.ID != leader:
			continue
		case at.State == StateDown, at.State == StateOutOfReach:
			m.inhibitedBy, m.inhibitedByMember = MemberUnreachable, at.Key
		case at.State == StateLate:
			m.inhibitedBy, m.inhibitedByMember = MemberLate, at.Key
		case at.Stale:
		default:
			return notApplicable // an election has just ended, and not all members know its result
		}
		return m
	}
	return measurement{notMeasurable: "its leader is not among the members that are looked at"}
}

func sayFollowerLag(s *subject, m measurement) statement {
	entries := "is " + Count.Format(m.value.Or(0)) + " entries behind"
	return s.does(entries + " the leader, and falls further behind").briefly(entries + ", and growing").
		saying("It falls further behind")
}

// setFollowerLags sets by how many entries each member's committed index lags behind that of the leader at a place.
func (f *frame) setFollowerLags(leader int) {
	if leader < 0 { // nothing is committed that a member could miss
		for i := range f.members {
			f.members[i].track.stuckSince = time.Time{}
		}
		return
	}
	lead := &f.members[leader]
	lead.track.stuckSince = time.Time{}
	indices := &lead.track.indices
	indices.Add(lead.probed.Status.At, float64(lead.probed.Status.Value.RaftIndex), window.EverySample)
	for i := range f.members {
		m, t := &f.members[i], f.members[i].track
		if i == leader || m.Stale || !f.sweep.InCluster(m.probed) {
			continue
		}
		index, at := m.probed.Status.Value.RaftIndex, m.probed.Status.At
		leaders := uint64(indices.Near(at)) // as of the member's own Status
		lag := max(0, float64(leaders)-float64(index))
		m.Vitals[FollowerLag] = probe.Known(lag)
		if !at.After(t.indexAt) {
			continue
		}
		t.indexAt = at
		t.progress(index, leaders, f.now)
		t.lag.Add(at, lag, max(f.settings.window, longestWindow))
		if m.Role == RoleLearner {
			t.noteLearner(index, leaders, isSentSnapshot(m.probed, lead.probed), f.now)
		}
	}
}
