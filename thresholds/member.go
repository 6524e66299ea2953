package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// assess says of a member what can be said without looking at the others.
func (t *track) assess(s *probe.Sweep, m *probe.Member, now time.Time, o Options) Member {
	a := Member{
		MemberRef: t.ref, Role: RoleUnknown, Listed: m.Listed, Stray: m.IsStray(), MetricsEndpoint: m.MetricsEndpoint,
		NeverSeen: !m.Status.Ever(), Stale: !current(&m.Status, now, o.interval), MetricsStale: !current(&m.Metrics, now, o.interval),
	}
	a.ageMetrics(m, now, &o)
	for i, read := range [...]*probe.Fact[probe.Read]{&m.Linearizable, &m.Serializable} {
		if read.Ever() {
			a.readAges[i] = ageOf(read, now)
		}
	}
	if c := m.ServedCertificate; c == nil || t.certificate == nil || *c != *t.certificate {
		t.certificate = c
	}
	a.ServedCertificate, a.ServedAuthority = t.certificate, m.ServedAuthority
	a.State, a.neverStarted = stateOf(m, a.Stale), m.Standing == probe.StandingNeverStarted
	if a.State != StateOutOfReach { // see settleReach
		t.since(a.State, m, s.At)
	}
	a.DownSince = t.downSince
	if m.Endpoint != "" {
		a.Endpoints = append(a.Endpoints, m.Endpoint)
	}
	for _, u := range m.ClientURLs {
		if u != m.Endpoint {
			a.Endpoints = append(a.Endpoints, u)
		}
	}
	if m.Status.Err != nil {
		a.why = m.Status.Err.Kind
	}
	if m.Status.Ever() {
		a.Version = m.Status.Value.Version
		a.Age = ageOf(&m.Status, now)
	}
	switch status := &m.Status.Value; {
	case isLearner(s, m, a.Stale):
		a.Role = RoleLearner
	case a.Stale:
	case status.Leader == status.MemberID:
		a.Role = RoleLeader
	default:
		a.Role = RoleFollower
	}
	if inDump(m) {
		t.takeDump(&a, m, now)
	}
	a.Vitals, a.FromMetrics = t.vitals(m, now, o)
	a.fewFsyncs = a.Vitals[WALFsyncObservations].Or(0) < o.rule(WALFsyncSlow).Minimum
	a.fewCommits = a.Vitals[BackendCommitObservations].Or(0) < o.rule(BackendCommitSlow).Minimum
	for _, err := range []*probe.Error{m.Status.Err, m.Metrics.Err, m.Linearizable.Err, m.Serializable.Err, m.Peers.Err} {
		if err != nil && err.Kind != probe.ErrUnsupported && !slices.Contains(a.Errors, err.Text) {
			a.Errors = append(a.Errors, err.Text)
		}
	}
	return a
}

// isLearner reports that a member has no vote. A promotion reaches the members one after the other: of a listed one it is
// enough that either the list or its own word says that it votes, for learners become voters and never the other way.
func isLearner(s *probe.Sweep, m *probe.Member, stale bool) bool {
	status := &m.Status.Value
	switch {
	case !m.Listed:
		return m.Learner || !stale && status.IsLearner
	case s.InCluster(m):
		return m.Learner && status.IsLearner
	default:
		return m.Learner
	}
}

// current reports whether a fact can stand for this moment: it is the answer to the newest question, or the next answer
// is not overdue yet. A member that is far away answers after the sweep has ended, every time.
func current[T any](f *probe.Fact[T], now time.Time, interval time.Duration) bool {
	if f.Fresh() {
		return true
	}
	waiting := now.Sub(f.Pending)
	if waiting < -electionTimeout { // asked before the clock was set back: for how long can't be said
		return false
	}
	return f.Ever() && f.Err == nil && waiting < electionTimeout && now.Sub(f.At) <= 2*interval+electionTimeout
}

// stateOf says whether the member answers. To be denied permission is an answer, and so was what has been dumped.
func stateOf(m *probe.Member, stale bool) State {
	switch err := m.Status.Err; {
	case err != nil && err.Kind.IsDenied(), inDump(m):
		return StateOK
	case err != nil && leavesOpen(err.Kind):
		return StateOutOfReach
	case err != nil:
		return StateDown
	case stale:
		return StateLate
	default:
		return StateOK
	}
}

// since keeps when the member became late or went down: from the moment it was asked. A member that is down was late
// first, if it was.
func (t *track) since(state State, m *probe.Member, asked time.Time) {
	switch state {
	case StateOK:
		t.lateSince, t.downSince, t.hung = time.Time{}, time.Time{}, false
		if t.okSince.IsZero() {
			t.okSince = asked
		}
	case StateOutOfReach: // since when it has been anything is not known
		t.lateSince, t.downSince, t.okSince, t.hung = time.Time{}, time.Time{}, time.Time{}, false
	case StateLate:
		t.interrupted = true
		t.downSince, t.okSince, t.hung = time.Time{}, time.Time{}, false
		if t.lateSince.IsZero() {
			t.lateSince = asked
			if pending := m.Status.Pending; !pending.IsZero() && pending.Before(asked) {
				t.lateSince = pending
			}
		}
	case StateDown:
		t.interrupted = true
		t.hung = (t.hung || !t.lateSince.IsZero()) && m.Status.Err.Kind == probe.ErrTimeout
		if t.downSince.IsZero() {
			t.downSince = asked
			if !t.lateSince.IsZero() {
				t.downSince = t.lateSince
			}
		}
		t.lateSince, t.okSince = time.Time{}, time.Time{}
		t.stuckSince = time.Time{} // once it is back it has to catch up first
	}
}

// followerLags sets by how many entries each member's committed index is behind the leader's. Nothing is forgotten that
// is no older than keep.
func followerLags(s *probe.Sweep, members []Member, tracks []*track, now time.Time, keep time.Duration) {
	leader := -1
	for i := range members {
		if members[i].Role == RoleLeader && s.InCluster(&s.Members[i]) && (leader < 0 || s.Members[i].Status.Value.RaftTerm > s.Members[leader].Status.Value.RaftTerm) {
			leader = i
		}
	}
	if leader < 0 { // nothing is committed that a member could fail to take in
		for _, t := range tracks {
			t.stuckSince = time.Time{}
		}
		return
	}
	tracks[leader].stuckSince = time.Time{}
	indices := &tracks[leader].indices
	indices.Add(s.Members[leader].Status.At, float64(s.Members[leader].Status.Value.RaftIndex), window.EverySample)
	for i := range members {
		if i == leader || members[i].Stale || !s.InCluster(&s.Members[i]) {
			continue
		}
		index, at := s.Members[i].Status.Value.RaftIndex, s.Members[i].Status.At
		leaders := uint64(indices.Near(at)) // when the member had that index
		lag := max(0, float64(leaders)-float64(index))
		members[i].Vitals[FollowerLag] = probe.Known(lag)
		if at.After(tracks[i].indexAt) {
			tracks[i].indexAt = at
			tracks[i].progress(index, leaders, now)
			tracks[i].lag.Add(at, lag, max(keep, longestWindow))
			if members[i].Role == RoleLearner {
				tracks[i].follows(index, leaders, receives(&s.Members[i], &s.Members[leader]), now)
			}
		}
	}
}

// settleRoles takes the leader's role from those that led in an earlier term and have not heard of its end, and from
// voters that lead another cluster.
func settleRoles(s *probe.Sweep, members []Member, tracks []*track, c *Cluster) {
	for i := range members {
		m := &members[i]
		foreign := m.Voter && m.State == StateOK && !s.InCluster(&s.Members[i]) && !inDump(&s.Members[i])
		if m.Role == RoleLeader && (foreign || s.Members[i].Status.Value.RaftTerm < c.Term) {
			m.Role = RoleUnknown
		}
		if !m.Stale {
			tracks[i].led = m.Role == RoleLeader
			switch {
			case !tracks[i].led:
				tracks[i].ledSince = time.Time{}
			case tracks[i].ledSince.IsZero():
				tracks[i].ledSince = s.At
			}
			if tracks[i].led {
				tracks[i].lastLed = s.At
			}
		}
	}
}
