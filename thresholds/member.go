package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// newMemberState assesses a member without looking at the others, once its track has followed the sweep. o is the
// outage that a mark announced, or nil; result is where the member's result goes.
func newMemberState(
	s *probe.Sweep, p *probe.Member, t *track, settings settings, now time.Time, o *outage, result *Member,
) memberState {
	m := memberState{Member: result, probed: p, track: t, settings: settings}
	m.assess(s, now)
	if o != nil {
		m.expected, m.restartExpected = o.text, t.restartedSince(o.since)
	}
	return m
}

// assess sets all of a member's state that does not depend on the others.
func (m *memberState) assess(s *probe.Sweep, now time.Time) {
	p, t, interval := m.probed, m.track, m.settings.interval
	*m.Member = Member{
		MemberRef: t.ref, Role: RoleUnknown, Listed: p.Listed, Stray: p.IsStray(), MetricsEndpoint: p.MetricsEndpoint,
		NeverSeen: !p.Status.Answered(), Stale: !current(&p.Status, now, interval),
		MetricsStale: !current(&p.Metrics, now, interval),
	}
	m.setAges(now)
	if c := p.ServedCertificate; c == nil || t.certificate == nil || *c != *t.certificate {
		t.certificate = c
	}
	m.ServedCertificate, m.ServedAuthority = t.certificate, p.ServedAuthority
	m.State, m.neverStarted = stateOf(p, m.Stale), p.Standing == probe.StandingNeverStarted
	if m.State != StateOutOfReach { // see settleReach
		t.since(m.State, p, s.At)
	}
	m.DownSince = t.downSince
	if p.Endpoint != "" {
		m.Endpoints = append(m.Endpoints, p.Endpoint)
	}
	for _, u := range p.ClientURLs {
		if u != p.Endpoint {
			m.Endpoints = append(m.Endpoints, u)
		}
	}
	if p.Status.Err != nil {
		m.downError = p.Status.Err.Kind
	}
	if p.Status.Answered() {
		m.Version = p.Status.Value.Version
	}
	switch status := &p.Status.Value; {
	case isLearner(s, p, m.Stale):
		m.Role = RoleLearner
	case m.Stale:
	case status.Leader == status.MemberID:
		m.Role = RoleLeader
	default:
		m.Role = RoleFollower
	}
	if inDump(p) {
		m.takeDump(now)
	}
	m.Vitals, m.FromMetrics = t.vitals(p, now, &m.settings)
	for _, p99 := range [...]struct {
		vital, observations Vital
		rule                RuleID
	}{
		{WALFsyncP99, WALFsyncObservations, WALFsyncSlow},
		{BackendCommitP99, BackendCommitObservations, BackendCommitSlow},
	} {
		if m.Vitals[p99.observations].Or(0) < m.settings.rule(p99.rule).Minimum {
			m.TooFewSamples.put(p99.vital)
		}
	}
	for _, err := range []*probe.Error{
		p.Status.Err, p.Metrics.Err, p.Linearizable.Err, p.Serializable.Err, p.Peers.Err,
	} {
		if err != nil && err.Kind != probe.ErrUnsupported &&
			!slices.ContainsFunc(m.Errors, func(e *probe.Error) bool { return e.Text == err.Text }) {
			m.Errors = append(m.Errors, err)
		}
	}
}

// isLearner reports that a member has no vote. A promotion reaches the members one by one, and learners become voters
// but never the reverse: a listed member votes as soon as either the list or its own Status says so.
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

// current reports whether a fact stands for this moment: it answers the newest request, or the next answer is not
// overdue yet. A distant member always answers after the sweep has ended.
func current[T any](f *probe.Fact[T], now time.Time, interval time.Duration) bool {
	if f.Fresh() {
		return true
	}
	waiting := now.Sub(f.Pending)
	if waiting < -electionTimeout { // asked before the clock was set back: the wait is unknown
		return false
	}
	return f.Answered() && f.Err == nil && waiting < electionTimeout && now.Sub(f.At) <= 2*interval+electionTimeout
}

// stateOf reports whether the member answers. "Permission denied" is an answer, and so is a dump.
func stateOf(m *probe.Member, stale bool) State {
	switch err := m.Status.Err; {
	case err != nil && err.Kind.IsDenied(), inDump(m):
		return StateOK
	case err != nil && isInconclusive(err.Kind):
		return StateOutOfReach
	case err != nil:
		return StateDown
	case stale:
		return StateLate
	default:
		return StateOK
	}
}

// since records when the member became late or went down, counted from the request. A member that was late before it
// went down is down since it became late.
func (t *track) since(state State, m *probe.Member, asked time.Time) {
	switch state {
	case StateOK:
		t.lateSince, t.downSince, t.hung = time.Time{}, time.Time{}, false
		if t.okSince.IsZero() {
			t.okSince = asked
		}
	case StateOutOfReach: // how long it has been in any state is unknown
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
		t.stuckSince = time.Time{} // once it is back, it has to catch up first
	}
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
