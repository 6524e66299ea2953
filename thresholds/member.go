package thresholds

import (
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// newMemberState assesses a member without looking at the others, once its track has followed the sweep. announced
// returns the outage that a mark announced, or nil; result is where the member's result goes.
func newMemberState(
	s *probe.Sweep, p *probe.Member, t *track, settings settings, now time.Time, announced func(*Member) *outage,
	result *Member,
) memberState {
	m := memberState{Member: result, probed: p, track: t, settings: settings}
	m.assess(s, now)
	if o := announced(result); o != nil {
		m.announcement = o.Announcement
		if o.doneAt.IsZero() {
			m.expected = o.text
		}
		if t.restartedOnlyIn(o.Since, o.doneAt) {
			m.restartExpected = o.text
		}
	}
	return m
}

// assess sets all of a member's state that does not depend on the others.
func (m *memberState) assess(s *probe.Sweep, now time.Time) {
	p, t, interval := m.probed, m.track, m.settings.interval
	*m.Member = Member{
		MemberRef: t.ref, Role: RoleUnknown, Listed: p.Listed, Stray: p.IsStray(), MetricsEndpoint: p.MetricsEndpoint,
		NeverSeen: !p.Status.Answered(), Stale: !current(&p.Status, now, interval), Node: p.Node,
		MetricsStale: !current(&p.Metrics, now, interval),
	}
	m.setAges(now)
	if !p.ServedCertificate.Equal(t.certificate) {
		t.certificate = p.ServedCertificate
	}
	m.ServedCertificate, m.ServedAuthority = t.certificate, p.ServedAuthority
	m.State, m.neverStarted = stateOf(p, m.Stale), p.Membership == probe.MembershipNeverStarted
	m.neverServed = m.State == StateDown && p.Membership == probe.MembershipListed && !p.Status.Answered() &&
		p.Status.Err != nil && p.Endpoint == "" && len(p.ClientURLs) == 0 && !inDump(p)
	if m.State != StateOutOfReach { // see settleReach
		t.since(m.State, p, s.At)
	}
	m.DownSince = t.downSince
	if p.Endpoint != "" {
		m.Endpoints = append(m.Endpoints, p.Endpoint)
	}
	for _, u := range slices.Concat(p.ClientURLs, p.AlsoGiven) {
		if !slices.Contains(m.Endpoints, u) {
			m.Endpoints = append(m.Endpoints, u)
		}
	}
	if p.Status.Err != nil {
		m.downError = p.Status.Err.Kind
	}
	t.failures.note(p.Status.Answered() && (m.State == StateDown || m.State == StateLate) && !m.isDefragmented(), s.At)
	m.joins = t.joins(m, now)
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
	m.WALFsync, m.BackendCommit = t.fsyncLatency.known, t.commitLatency.known
	m.noteTooFewSamples()
	t.noteDefragmentation(m)
	m.noteErrors()
	m.noteWritten(now)
	m.Started, m.Restarts = m.started(now), t.restartsWithin(now, longestWindow)
}

// noteWritten sets what was written to its log lately.
func (m *memberState) noteWritten(now time.Time) {
	if f := &m.probed.Written; current(f, now, m.settings.interval) {
		m.Written = new(f.Value)
	} else {
		m.WrittenErr = f.Err
	}
}

// noteTooFewSamples sets which p99s are based on fewer observations than their rule requires.
func (m *memberState) noteTooFewSamples() {
	for _, p99 := range [...]struct {
		rule         RuleID
		observations Vital
	}{{WALFsyncSlow, WALFsyncObservations}, {BackendCommitSlow, BackendCommitObservations}} {
		if rule := m.settings.rule(p99.rule); m.Vitals[p99.observations].Or(0) < rule.Minimum {
			m.TooFewSamples.put(rule.Vital)
		}
	}
}

// noteErrors sets what the member's requests failed with, each text once.
func (m *memberState) noteErrors() {
	p := m.probed
	m.MetricsErr = p.Metrics.Err
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
	return f.Answered() && f.Err == nil && waiting < electionTimeout && now.Sub(f.At) <= maxMomentAge(interval)
}

// stateOf reports whether the member answers. "Permission denied" is an answer, and so is a dump.
func stateOf(m *probe.Member, stale bool) State {
	switch err := m.Status.Err; {
	case err != nil && err.Kind.IsDenied(), inDump(m):
		return StateOK
	case err != nil && (isInconclusive(err.Kind) || m.Membership == probe.MembershipStranger):
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
			t.refusedAt = time.Time{}
			if !t.lateSince.IsZero() {
				t.downSince = t.lateSince
			}
		}
		if m.Status.Err.Kind == probe.ErrRefused {
			t.refusedAt = asked
		}
		t.lateSince, t.okSince = time.Time{}, time.Time{}
		t.stuckSince = time.Time{} // once it is back, it has to catch up first
	}
}
