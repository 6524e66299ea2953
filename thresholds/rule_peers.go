package thresholds

import (
	"slices"
	"time"

	"github.com/coreos/go-semver/semver"

	"github.com/etcdoc/etcdoc/probe"
)

// setLinkVitals sets each member's Peers, and the vitals of its slowest link, from its metrics; it leaves out removed
// members. Peers that have not changed are shared with the last assessment, which is the usual case.
func (f *frame) setLinkVitals(c *clusterState) {
	var scratch []Peer
	for i := range f.members {
		m := &f.members[i]
		t, o, at := m.track, &m.settings, m.probed.Metrics.At
		peers := scratch[:0]
		for j := range f.members {
			peer := t.peers[f.members[j].probed.ID]
			if peer == nil || j == i || !f.isListed(j) || c.differentClusters(f.members, i, j) {
				continue
			}
			var metrics probe.PeerMetrics
			if f.members[i].probed.Metrics.Answered() {
				metrics = f.members[i].probed.Metrics.Value.Peers[f.members[j].probed.ID]
			}
			p := Peer{MemberRef: f.members[j].MemberRef, Active: metrics.Active,
				SnapshotsInFlight: snapshotsInFlight(&metrics)}
			if n := len(peers); n < len(t.connections) && t.connections[n].Key == p.Key {
				p.Mark, p.RoundTripIsPast = t.connections[n].Mark, t.connections[n].RoundTripIsPast // until markPeers
			}
			if d, known := peer.rtt.Distribution(at, max(rttWindow, o.window), o.sinceStart); known && isObserved(&d) {
				p.RoundTripP50, p.RoundTripP99 = valueOf(d.Quantile(0.50)), valueOf(d.Quantile(0.99))
				if l := newLatency(&d, o.rule(PeerRTTSlow).Minimum); !l.Exact && l.High.IsKnown() {
					p.RoundTripLow, p.RoundTripHigh = l.Low, l.High
				}
			}
			p.SendFailuresRate = valueOf(peer.sendFailures.RateSoFar(at, o.window))
			m.Vitals[PeerRTTP99] = m.Vitals[PeerRTTP99].Max(p.RoundTripP99)
			m.Vitals[PeerSendFailuresRate] = m.Vitals[PeerSendFailuresRate].Max(p.SendFailuresRate)
			peers = append(peers, p)
		}
		if !slices.Equal(peers, t.connections) {
			t.connections = slices.Clone(peers)
		}
		m.Peers, scratch = t.connections, peers
		for _, v := range [...]Vital{PeerRTTP99, PeerSendFailuresRate} {
			if m.Vitals[v].IsKnown() {
				m.FromMetrics.put(v)
			}
		}
	}
}

// A peerLink is the subject's connection with another member, as its own metrics report it.
type peerLink struct {
	to    *memberState
	place int // its place in the sweep
	track *peerTrack
	// active and snapshotSends are gauges of the peer: a large cluster has many links, so a link copies just two.
	active, snapshotSends probe.Value
	// bothUpFor is how long both ends have been up.
	bothUpFor time.Duration
	// stoodStill says that one end did not answer until recently and has not restarted since: see rttSmoothing.
	stoodStill bool
	// unsettled says that a check has only one sign that the cause of slow round trips is over: see
	// slowLinkRecovered.
	unsettled bool
	// quickAgain says that it is known to be quick although round trips of late were slow, or that these say nothing
	// about now.
	quickAgain bool
	// unanswered says that there is a connection, but requests over it get no answer.
	unanswered bool
}

// isCut reports whether the two ends have lost each other, at least in one direction.
func (l peerLink) isCut() bool { return !l.isConnected() || l.unanswered }

// isDown reports whether the other end does not answer us either, so that its own finding counts. A member that is
// only out of our reach has no such finding: what its peers report counts.
func (l peerLink) isDown() bool { return l.to.State == StateDown || l.to.State == StateLate }

// isSettling reports whether one end has only just started, and the two may not have found each other yet.
func (l peerLink) isSettling() bool { return l.bothUpFor < settlingTime }

func (l peerLink) isConnected() bool { return l.active.Or(0) > 0 }

// links returns the subject's connections with the other members of the membership. Metrics keep naming removed
// members until the process restarts; links leaves those out.
func (s *subject) links() []peerLink {
	if !s.member.Metrics.Answered() || s.member.Metrics.Value.Peers == nil {
		return nil
	}
	at := s.place
	kept := at < len(s.peerLinks)
	if kept && s.peerLinks[at] != nil {
		return s.peerLinks[at]
	}
	links := make([]peerLink, 0, len(s.members))
	up, stoodStill := s.track.upFor(s.now), s.track.stoodStill(s.now, rttSmoothing)
	over, once := s.slowLinkRecovered(at)
	for i := range s.members {
		m := s.members[i].probed
		if !s.isOther(i) {
			continue
		}
		l := peerLink{to: &s.members[i], place: i, track: s.track.peers[m.ID],
			bothUpFor: min(up, s.members[i].track.upFor(s.now))}
		if l.to.State == StateOutOfReach { // nobody knows how long it has been up
			l.bothUpFor = up
		}
		theirs, theirOnce := s.slowLinkRecovered(i)
		l.stoodStill = stoodStill || over || theirs || s.members[i].track.stoodStill(s.now, rttSmoothing)
		l.unsettled = once || theirOnce
		l.quickAgain = l.track.isQuickAgain() || l.track != nil && l.track.leftOpen
		metrics := s.member.Metrics.Value.Peers[m.ID]
		l.active, l.snapshotSends = metrics.Active, metrics.SnapshotSendsInflight
		l.unanswered = l.isConnected() && s.track.unanswered(s.members[i].track, m.ID, s.now)
		links = append(links, l)
	}
	if kept {
		s.peerLinks[at] = links
	}
	return links
}

// isOther reports whether place i has another member of the membership than the subject.
func (s *subject) isOther(i int) bool {
	m := s.members[i].probed
	return i != s.place && m.ID != 0 && m.ID != s.member.ID && s.isMember(i) &&
		!s.cluster.differentClusters(s.members, i, s.place)
}

// isAlone reports whether there is no other member.
func (s *subject) isAlone() bool {
	for i := range s.members {
		if s.isOther(i) {
			return false
		}
	}
	return true
}

// noLinks returns why the member's connections can't be judged; ok if they can.
func (s *subject) noLinks() (m measurement, ok bool) {
	if m, ok := s.requireMetrics(); !ok {
		return m, false
	}
	if s.isAlone() || !s.isMember(s.place) {
		return notApplicable, false
	}
	if s.member.Metrics.Value.Peers == nil {
		return s.notReported("its metrics do not list its peers"), false
	}
	return measurement{}, true
}

// inhibitedByDown returns the measurement of a peer that is down, inhibited by the finding about that.
func (m measurement) inhibitedByDown(peer *memberState) measurement {
	m.inhibitedBy, m.inhibitedByMember = MemberUnreachable, peer.Key
	if peer.State == StateLate {
		m.inhibitedBy = MemberLate
	}
	return m
}

// resolvedAtOnce is the measurement of a symptom whose cause was a peer that was down: when the peer is back, it
// resolves at once.
var resolvedAtOnce = measurement{value: probe.Known(0), certain: true}

// judgePeersDisconnected counts the members that answer us and that this member has no connection with. etcd creates
// the gauge with the first connection, so an absent one means none.
func judgePeersDisconnected(s *subject, _ time.Duration) measurement {
	links := s.links()
	if m, ok := s.noLinks(); !ok {
		return m
	}
	hasGauge, settling, cut, voters := false, false, 0, 0
	var down *memberState
	for i := range links {
		l := &links[i]
		hasGauge, settling = hasGauge || l.active.IsKnown(), settling || l.isSettling()
		switch {
		case !l.isCut():
		case l.isDown():
			down = l.to
		case !l.isSettling():
			cut++
			if l.to.Voter {
				voters++
			}
		}
	}
	r, ok := s.at.ownVersion()
	switch {
	case !hasGauge && (!ok || r.Compare(semver.Version{Major: 3, Minor: 4}) < 0):
		return s.notReported("its metrics do not show which peers it is connected with")
	case cut > 0:
		return measurement{value: probe.Known(float64(cut)), learnersOnly: voters == 0}
	case down != nil:
		return measurement{value: probe.Known(1)}.inhibitedByDown(down)
	case settling:
		return resolvedAtOnce
	}
	return holds(false)
}

func sayPeersDisconnected(s *subject, _ measurement) statement {
	var cut, down, unanswered []MemberRef
	for _, l := range s.links() {
		switch {
		case !l.isCut():
		case l.isDown():
			down = append(down, l.to.MemberRef)
		case l.isSettling():
		case l.unanswered:
			unanswered = append(unanswered, l.to.MemberRef)
		default:
			cut = append(cut, l.to.MemberRef)
		}
	}
	lost, words := down, "has no connection with "
	switch {
	case len(cut) > 0:
		lost = append(cut, unanswered...)
	case len(unanswered) > 0:
		lost, words = unanswered, "gets no answer from "
	}
	return s.does(words+join(labelsOf(lost))).
		briefly(words+shortsOf(lost).forms()[0], "has no link to "+shortsOf(lost).forms()[0],
			"has no link to "+Plural(len(lost), "member"))
}
