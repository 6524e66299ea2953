package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// A catchUp tracks how a member receives what it lacks: one that is new, or was absent.
type catchUp struct {
	// isNew reports that it has never had all that the leader has, as far as observed; wasAbsent that it may lack what
	// was committed while it did not answer.
	isNew, wasAbsent bool
	// known reports that it once had all that the leader has: it is no longer new.
	known bool
	// completeAt is when a member that was seen to join, or to be away, had all that the leader has again; zero for
	// others.
	completeAt time.Time
	// behind is how many entries it has yet to apply, since it is behind by more than a moment's worth of writes.
	behind window.Gauge
	// snapshot reports that it is being sent a snapshot, and snapshotAt when it last was while it did not answer.
	snapshot   bool
	snapshotAt time.Time
	// cut reports that its peers lost their connections with it while it does not answer; connectedSince is since when
	// one has a connection again. A process that has started connects with its peers at once, and serves clients only
	// when it has applied what was committed until then: etcd's ReadyNotify waits until it has published its name.
	cut            bool
	connectedSince time.Time
	// connectedAt is when a peer last had a connection with it while it did not answer, or when it got its name, which
	// it publishes through its peers.
	connectedAt time.Time
	// unnamed reports that it had no name yet in the last sweep, or no client URL.
	unnamed bool
}

// startedLately is how long after its start a process that was not seen to start may still catch up: the window of
// member-restarted.
const startedLately = 5 * time.Minute

// noteCatchUps records which members have something to catch up with, and how far they have come. leader is its place,
// or -1.
func (f *frame) noteCatchUps(leader int) {
	caughtUp := float64(caughtUpLag)
	if leader >= 0 {
		caughtUp = caughtUpWithin(f.members[leader].Member, f.settings.interval)
	}
	for i := range f.members {
		m, c := &f.members[i], &f.members[i].track.catchUp
		if m.isAnew() {
			c.wasAbsent = true
		}
		if m.neverStarted || m.Role == RoleLearner && !c.known {
			c.isNew = true
		}
		if c.unnamed && !m.neverUp() {
			c.connectedSince, c.connectedAt = f.now, f.now
		}
		c.unnamed = m.neverUp()
		if m.State != StateOK || m.Stale {
			c.behind = window.Gauge{}
			f.noteConnected(i, leader)
			continue
		}
		c.cut, c.connectedSince, c.connectedAt = false, time.Time{}, time.Time{}
		m.sentSnapshot = leader >= 0 && i != leader && isSentSnapshot(m.probed, f.members[leader].probed)
		behind, known := m.entriesBehind()
		switch {
		case i == leader || known && behind < caughtUp:
			if !m.track.joined.IsZero() && c.completeAt.IsZero() || c.wasAbsent {
				c.completeAt = f.now
			}
			*c = catchUp{known: true, completeAt: c.completeAt}
		case !known || leader < 0:
		case c.isNew || c.wasAbsent:
			if c.snapshot = m.sentSnapshot; c.snapshot {
				c.behind = window.Gauge{} // the rate during a snapshot says nothing about the rate after it
			}
			c.behind.Add(m.probed.Status.At, behind, f.settings.window)
		}
		m.catchingUp = m.sentSnapshot || leader >= 0 && i != leader && f.lacksEntries(m, caughtUp)
	}
}

// lacksEntries reports that a member has too much to receive to confirm new entries now: it has yet to catch up after
// an absence, or is as far behind as follower-lag warns of. caughtUp is how many entries a busy leader is ahead anyway.
func (f *frame) lacksEntries(m *memberState, caughtUp float64) bool {
	if _, _, catching := m.track.catchUp.behind.Newest(); catching {
		return true
	}
	limit, limited := f.settings.rule(FollowerLagging).Warning.Value.Get()
	return limited && m.Vitals[FollowerLag].Or(0) >= max(limit, caughtUp)
}

// snapshotsSince is since when snapshots to the member are more than what it needs to catch up after it joined or was
// away; zero if it was not seen to do either.
func (t *track) snapshotsSince() time.Time {
	if t.catchUp.wasAbsent {
		return t.okSince
	}
	return t.catchUp.completeAt
}

// noteConnected records that the peers of the member at a place, which does not answer, lost their connections with it,
// and that they have one again.
func (f *frame) noteConnected(i, leader int) {
	m, c := &f.members[i], &f.members[i].track.catchUp
	switch with, without := f.connectedPeers(i); {
	case len(with) == 0:
		c.cut = c.cut || len(without) > 0
		if !c.connectedLately(f.now) {
			c.connectedSince = time.Time{}
		}
	default:
		if (c.cut || c.isNew) && c.connectedSince.IsZero() {
			c.connectedSince = f.now
		}
		c.connectedAt = f.now
	}
	c.snapshot = leader >= 0 && !c.connectedSince.IsZero() && isSentSnapshot(m.probed, f.members[leader].probed)
	if c.snapshot {
		c.snapshotAt = f.now
	}
}

// joins reports that the member got its name lately, and has never answered here: its process has started, and does not
// serve yet. A snapshot that it is sent takes its time. Its host can be reached, as far as known: before it had a name,
// nothing led there, and that failure stands until the first request since has ended.
func (t *track) joins(m *memberState, now time.Time) bool {
	failure := ""
	if err := m.probed.Status.Err; err != nil {
		failure = err.Text
	}
	if m.neverUp() {
		t.unnamedFailure = failure
		return false
	}
	if m.probed.Name == "" || m.State == StateOK || m.downError.IsTLS() {
		return false
	}
	if t.named.IsZero() && (t.catchUp.unnamed || t.joined.Equal(now)) {
		t.named = now
	}
	barred := m.downError == probe.ErrUnreachable && failure != t.unnamedFailure
	return !barred && m.neverReached() && !t.named.IsZero() &&
		now.Sub(later(t.named, t.catchUp.snapshotAt)) < startedLately
}

// connectedLately reports that a peer has a connection with it, or had one twice the longest default election timeout
// ago at most: connections over a slow link come and go.
func (c *catchUp) connectedLately(now time.Time) bool {
	return !c.connectedAt.IsZero() && now.Sub(c.connectedAt) < 2*longElectionTimeout
}

// noteStarting sets which members' processes have started again and do not serve yet, because they catch up with the
// leader first. A snapshot takes its time; nothing else takes longer than startedLately.
func (f *frame) noteStarting(leadership Leadership) {
	for i := range f.members {
		m, c := &f.members[i], &f.members[i].track.catchUp
		m.joins = f.joinsStill(i)
		m.startsAgain = !m.joins && (m.State == StateLate || m.State == StateDown) && !c.connectedSince.IsZero() &&
			leadership != Leaderless && (c.snapshot || f.now.Sub(c.connectedSince) < startedLately)
	}
}

// joinsStill reports that the member at a place has started for the first time, and has not answered yet: it has its
// name, or a peer has a connection with it. One whose peers have lost their connections with it has stopped again.
func (f *frame) joinsStill(i int) bool {
	m := &f.members[i]
	lately := m.track.catchUp.connectedLately(f.now)
	if m.neverStarted {
		return m.State != StateOK && lately
	}
	with, without := f.connectedPeers(i)
	return m.joins && (lately || len(with) > 0 || len(without) == 0)
}

// startingWords are what a member does whose process has started, and has not answered yet; empty for others.
func (m *memberState) startingWords() string {
	switch {
	case m.joins:
		return "joins, and does not serve yet"
	case m.startsAgain:
		return "starts again, and does not serve yet"
	}
	return ""
}

// opens reports that a member's host refused connections until a moment ago and lets them wait now: etcd listens before
// it serves, but a host that goes down is silent, too.
func (m *memberState) opens(now time.Time) bool {
	refused := m.track.refusedAt
	return m.State == StateDown && m.downError == probe.ErrTimeout && m.startingWords() == "" &&
		!refused.IsZero() && now.Sub(refused) < 2*longElectionTimeout
}

// isAnew reports that a member does not answer now, has no leader, or runs in a process that has started lately.
func (m *memberState) isAnew() bool {
	t := m.track
	if n := len(t.restarts); n > 0 && t.restarts[n-1].at.Equal(t.metricsAt) {
		return true
	}
	start, dated := t.startTime.Get()
	return m.State != StateOK || m.Stale || m.probed.Status.Answered() && m.probed.Status.Value.Leader == 0 ||
		t.expositions == 1 && dated && m.probed.Metrics.Answered() && m.clock().Sub(unixTime(start)) < startedLately
}

// entriesBehind is how many entries the member has yet to apply of those that its leader has committed.
func (m *memberState) entriesBehind() (entries float64, known bool) {
	return m.Vitals[FollowerLag].Plus(m.Vitals[ApplyLag]).Get()
}

// caughtUpWithin is the number of entries below which a member counts as caught up with a leader. Members are not asked
// at the same instant, so the followers of a busy leader always appear slightly behind.
func caughtUpWithin(leader *Member, interval time.Duration) float64 {
	return max(caughtUpLag, leader.Vitals[ProposalsAppliedRate].Or(0)*interval.Seconds())
}

// left is how many seconds the member takes to catch up at the rate of the last sweeps; absent if that is not known, or
// if it comes no closer.
func (c *catchUp) left(window time.Duration) probe.Value {
	behind, at, known := c.behind.Newest()
	if !known || c.snapshot {
		return probe.Value{}
	}
	slope, known := c.behind.Deriv(at, window)
	if !known || slope >= 0 {
		return probe.Value{}
	}
	return probe.Known(behind / -slope)
}
