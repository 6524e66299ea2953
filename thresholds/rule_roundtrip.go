package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// roundTripInterval is how often etcd observes a round trip with each peer (rafthttp: statusMonitoringInterval).
const roundTripInterval = 30 * time.Second

// rttSmoothing is how long round trips still show that one of the ends stood still. etcd smooths them: every 4 s it
// adds an eighth of the newest to seven eighths of the old value (rafthttp: proberInterval, probing: α). After a stop
// of a minute they stay over 50 ms for another two and a half minutes, and those observed until then count for one
// more.
const rttSmoothing = 4 * time.Minute

// judgePeerRTT judges the slowest of the live connections. For a cut one etcd keeps observing its last value.
func judgePeerRTT(s *subject, window time.Duration) measurement {
	links := s.links()
	if m, ok := s.noLinks(); !ok {
		return m
	}
	window = max(window, roundTripInterval+2*s.settings.step(s.track))
	slowest, m := s.slowestLink(links, window)
	undecided := s.undecidedLink(links, window)
	switch {
	case undecided != "" && (slowest == nil || !s.rule.Breached(m.value.Or(0), s.rule.Warning.Value.Or(0))):
		return measurement{why: WhyTooFew, unknown: undecided}
	case slowest != nil && !s.rule.Breached(m.value.Or(0), s.rule.Notice.Value.Or(math.Inf(1))) &&
		s.hasUnseenLink(links, window):
		return s.noRoundTrips()
	case slowest != nil:
		m.window = window
		// Round trips that are slow no longer need no time to prove it.
		m.certain = !s.rule.Breached(m.value.Or(0), s.rule.Notice.Value.Or(math.Inf(1))) && anyQuickAgain(links)
		critical, known := s.rule.Critical.Value.Get()
		if known && s.roundTripsAbove(slowest, critical, window) < minCriticalRoundTrips {
			m.maxLevel = Warning
		}
		return m
	}
	downPeer, stoodStill, connected := (*memberState)(nil), false, false
	for i := range links {
		switch l := &links[i]; {
		case l.isDown():
			downPeer = l.to
		case l.stoodStill, l.quickAgain:
			stoodStill = true
		case l.isConnected():
			connected = true
		}
	}
	switch {
	case stoodStill:
		return measurement{
			notMeasurable: "a member has stood still, or was CPU-starved, or a link was slow until lately, " +
				"and etcd's smoothed round trips show that for 4 minutes",
			why: WhyUndecided,
		}
	case connected:
		return s.noRoundTrips()
	case downPeer != nil:
		return measurement{unknown: "no peer that it is connected with answers"}.inhibitedByDown(downPeer)
	}
	return notApplicable // see peer-disconnected
}

// minCriticalRoundTrips is how many round trips must reach the critical limit before a link is critical: fewer prove
// too little.
const minCriticalRoundTrips = 10

// roundTripsAbove returns how many of the newest round trips of a link took longer than a limit, by their buckets.
// It uses the window, and 5 minutes at least.
func (s *subject) roundTripsAbove(l *peerLink, limit float64, window time.Duration) float64 {
	d, known := l.track.rtt.Distribution(s.member.Metrics.At, max(rttWindow, window), s.settings.sinceStart)
	if !known {
		return 0
	}
	return d.Above(limit)
}

// slowestLink returns the connected link with the slowest round trips in the window.
func (s *subject) slowestLink(links []peerLink, window time.Duration) (slowest *peerLink, worst measurement) {
	for i := range links {
		l := &links[i]
		if !s.hasRoundTrips(l) {
			continue
		}
		d, _ := l.track.rtt.Distribution(s.member.Metrics.At, window, s.at.tripsSinceStart())
		m, measured := latencyIn(&d, s.rule.Minimum)
		if s.usesHistory() {
			r := s.checkLink(l, d)
			m, measured = r.measurement, r.measured && !r.undecided && !l.unsettled
		} else if _, most, known := l.track.lately(); known && most < m.value.Or(0) {
			m.value = probe.Known(most) // round trips become quicker
		}
		if measured && (slowest == nil || m.value.Or(0) > worst.value.Or(0)) {
			slowest, worst = l, m
		}
	}
	return slowest, worst
}

// anyQuickAgain reports whether one of the links is quick again.
func anyQuickAgain(links []peerLink) bool {
	return slices.ContainsFunc(links, func(l peerLink) bool { return l.quickAgain })
}

// hasRoundTrips reports whether the values that etcd observes of a link are those of real round trips.
func (s *subject) hasRoundTrips(l *peerLink) bool {
	return l.track != nil && !l.isDown() && !l.stoodStill && !l.quickAgain && (!l.active.IsKnown() || l.isConnected())
}

func sayPeerRTT(s *subject, m measurement) statement {
	slowest, _ := s.slowestLink(s.links(), m.window)
	trip := "RTT to " + slowest.to.Short
	return s.has(m.describeCheck(slowest.to.Label)).
		briefly(m.brief(trip), trip+" over "+Seconds.Format(m.value.Or(0)), "slow link to "+slowest.to.Short)
}

// These find a link that has become longer before etcd's smoothed round trips show all of it: of 60 ms more they show
// 38 after 30 s, and 50 after a minute.
const (
	// grownFactor is how many times the mean of the quickest other link makes a link long.
	grownFactor = 4
	// designTrips is how many round trips show a link's usual length: about 5 minutes of them. A link has not grown
	// if it takes at most designFactor times as long.
	designTrips, designFactor = 20, 2
)

// newestRoundTrips returns the mean of the newest round trips that a member has observed with a peer: one by each of
// the two probers that etcd has for it.
func newestRoundTrips(t *peerTrack, at time.Time, interval time.Duration, sinceStart bool) (mean probe.Value) {
	d, known := t.rtt.Distribution(at, roundTripInterval+2*interval, sinceStart)
	if !known || !isObserved(&d) {
		return probe.Value{}
	}
	return valueOf(d.Mean())
}

// isObserved reports whether round trips were observed: until the first one etcd observes 0 s every 30 s all the same
// (monitorProbingStatus in its rafthttp), of a peer that never ran for good.
func isObserved(d *window.Distribution) bool {
	mean, known := d.Mean()
	return known && mean > 0
}

// isLongByDesign reports whether the link has been as long since the process started.
func isLongByDesign(t *peerTrack, mean float64) bool {
	d, known := t.rtt.SinceStart()
	usual, _ := d.Mean()
	return known && d.Observations >= designTrips && designFactor*usual >= mean
}

// A linkTime is the mean of the newest round trips of a link, as one of its ends observes it.
type linkTime struct {
	from, to probe.MemberID
	seconds  float64
	at       time.Time // when the newest was first seen
}

// timeLinks sets the quickest links of the sweep: as many as needed to find another link for each.
func (b *cohort) timeLinks() {
	const linkEnds = 2 // each observes the link
	limit := b.settings.rule(LinkGrown).Notice.Value.Or(math.Inf(1))
	for i := range b.members {
		metrics, t := &b.members[i].probed.Metrics, b.members[i].track
		if !metrics.Answered() {
			continue
		}
		step := b.members[i].settings.step(t)
		for id, peer := range t.peers {
			took, known := newestRoundTrips(peer, metrics.At, step, b.members[i].tripsSinceStart()).Get()
			switch {
			case !known || took < limit:
				peer.rttLongSince = time.Time{}
			case peer.rttLongSince.IsZero():
				peer.rttLongSince = peer.rttCountAt
			}
			if !known || len(b.links) > linkEnds && took >= b.links[linkEnds].seconds {
				continue
			}
			b.links = append(b.links, linkTime{t.ref.ID, id, took, peer.rttCountAt})
			slices.SortFunc(b.links, func(x, y linkTime) int {
				return cmp.Or(cmp.Compare(x.seconds, y.seconds), cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
			})
			b.links = b.links[:min(len(b.links), linkEnds+1)]
		}
	}
}

// quickestOtherLink returns the mean of the quickest link other than except; absent if no other is observed. While
// watching, it only counts links with a round trip since except became long: etcd observes each link at another time,
// and all of them may have become long.
func (s *subject) quickestOtherLink(except *peerLink) probe.Value {
	for _, l := range s.cohort.links {
		if !s.settings.immediate && l.at.Before(except.track.rttLongSince) {
			continue
		}
		if (l.from != s.member.ID || l.to != except.to.ID) && (l.to != s.member.ID || l.from != except.to.ID) {
			return probe.Known(l.seconds)
		}
	}
	return probe.Value{}
}

// grownLink returns the longest of the subject's links that is much longer than the quickest other link of the
// cluster, and not by design.
func (s *subject) grownLink() (longest *peerLink, took, quickest probe.Value) {
	links := s.links()
	for i := range links {
		l := &links[i]
		if !s.hasRoundTrips(l) {
			continue
		}
		mean := newestRoundTrips(l.track, s.member.Metrics.At, s.settings.step(s.track), s.at.tripsSinceStart())
		if value, known := mean.Get(); known && value > took.Or(0) {
			longest, took = l, mean
		}
	}
	if longest == nil {
		return nil, took, quickest
	}
	quickest = s.quickestOtherLink(longest)
	best, known := quickest.Get()
	if !known || took.Or(0) < grownFactor*best || isLongByDesign(longest.track, took.Or(0)) {
		return nil, took, quickest
	}
	return longest, took, quickest
}

// judgeLinkGrown judges the newest round trips of a link that has become much longer than the others.
func judgeLinkGrown(s *subject, _ time.Duration) measurement {
	if m, ok := s.noLinks(); !ok {
		return m
	}
	l, took, quickest := s.grownLink()
	switch {
	case l != nil:
		return measurement{value: took}
	case took.Or(0) >= s.rule.Notice.Value.Or(math.Inf(1)) && !quickest.IsKnown():
		return measurement{
			notMeasurable: fmt.Sprintf("round trips take %s on average, "+
				"and none has been observed over another link to compare it with", Seconds.Format(took.Or(0))),
			why: WhyTooFew,
		}
	case s.hasUnseenLink(s.links(), roundTripInterval+2*s.settings.step(s.track)):
		return s.noRoundTrips()
	case took.IsKnown(), anyQuickAgain(s.links()):
		return measurement{value: probe.Known(0)}
	}
	return s.noRoundTrips()
}

func sayLinkGrown(s *subject, m measurement) statement {
	l, _, quickest := s.grownLink()
	return s.has(fmt.Sprintf("round trips with %s take %s on average, smoothed; the quickest other link's %s",
		l.to.Label, Seconds.Format(m.value.Or(0)), Seconds.Format(quickest.Or(0)))).
		briefly(fmt.Sprintf("RTT to %s mean %s", l.to.Short, Seconds.Format(m.value.Or(0))))
}
