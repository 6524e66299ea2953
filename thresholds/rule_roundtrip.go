package thresholds

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// roundTripEvery is how often etcd observes a round trip with each peer (rafthttp: statusMonitoringInterval).
const roundTripInterval = 30 * time.Second

// rttSmoothing is for how long round trips tell of a stop of one of the ends. etcd smooths them: every 4 s an eighth of the
// newest is added to seven eighths of what was (rafthttp: proberInterval, probing: α), so that after a stop of a minute
// they are over 50 ms for two and a half more; and what was observed until then counts for another.
const rttSmoothing = 4 * time.Minute

// judgePeerRTT judges the slowest of the connections that there are. etcd goes on observing the last value of one that
// is cut.
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
	case slowest != nil && !s.rule.Breached(m.value.Or(0), s.rule.Notice.Value.Or(math.Inf(1))) && s.hasUnseenLink(links, window):
		return s.noRoundTrips()
	case slowest != nil:
		m.window = window
		if critical, known := s.rule.Critical.Value.Get(); known && s.roundTripsAbove(slowest, critical, window) < minCriticalRoundTrips {
			m.maxLevel = Warning
		}
		return m
	}
	away, stoodStill, connected := (*memberState)(nil), false, false
	for i := range links {
		switch l := &links[i]; {
		case l.isDown():
			away = l.to
		case l.stoodStill:
			stoodStill = true
		case l.isConnected():
			connected = true
		}
	}
	switch {
	case stoodStill:
		return measurement{
			notMeasurable: "a member has stood still, or was CPU-starved, or a link was slow until lately, and etcd's smoothed round trips tell of that for 4 minutes",
			why:           WhyUndecided,
		}
	case connected:
		return s.noRoundTrips()
	case away != nil:
		return measurement{unknown: "no peer that it is connected with answers"}.inhibitedByDown(away)
	}
	return notApplicable // see peer-disconnected
}

// criticalTrips is how many round trips must have been that slow for a link to be critical: fewer prove too little.
const minCriticalRoundTrips = 10

// tripsOver is how many of the newest round trips of a link, in the window and 5 minutes at least, took longer than a limit, as
// far as its bucket tells.
func (s *subject) roundTripsAbove(l *peerLink, limit float64, window time.Duration) float64 {
	d, known := l.track.rtt.Distribution(s.member.Metrics.At, max(rttWindow, window), s.settings.sinceStart)
	if !known {
		return 0
	}
	return d.Above(limit)
}

// slowestLink is the link with the slowest round trips in the window, of those that are connected.
func (s *subject) slowestLink(links []peerLink, window time.Duration) (slowest *peerLink, worst measurement) {
	for i := range links {
		l := &links[i]
		if !s.hasRoundTrips(l) {
			continue
		}
		d, _ := l.track.rtt.Distribution(s.member.Metrics.At, window, s.settings.sinceStart)
		m, any := latencyIn(&d, s.rule.Minimum)
		if s.usesHistory() {
			r := s.checkLink(l, d)
			m, any = r.measurement, r.measured && !r.undecided && !l.unsettled
		}
		if any && (slowest == nil || m.value.Or(0) > worst.value.Or(0)) {
			slowest, worst = l, m
		}
	}
	return slowest, worst
}

// isConnected reports that what is observed of a link is of round trips that there are.
func (s *subject) hasRoundTrips(l *peerLink) bool {
	return l.track != nil && !l.isDown() && !l.stoodStill && (!l.active.IsKnown() || l.isConnected())
}

func sayPeerRTT(s *subject, m measurement) statement {
	slowest, _ := s.slowestLink(s.links(), m.window)
	return s.has(m.describeCheck(slowest.to.Label))
}

// What tells a link that has become longer before etcd's smoothed round trips come to what it is: one that takes 60 ms more
// shows 38 of them after 30 s, and 50 after a minute.
const (
	// grownFactor is how many times what the quickest other link takes is long.
	grownFactor = 4
	// designTrips is how many round trips show what a link is by design: about 5 minutes of them. One that takes no more than
	// twice that has not grown.
	designTrips, designFactor = 20, 2
)

// newestTrips are the newest round trips that a member has observed with a peer: one of each of the two probers that etcd has for it.
func newestRoundTrips(t *peerTrack, at time.Time, interval time.Duration, sinceStart bool) (mean probe.Value) {
	d, known := t.rtt.Distribution(at, roundTripInterval+2*interval, sinceStart)
	if !known {
		return probe.Value{}
	}
	return valueOf(d.Mean())
}

// byDesign reports that the link has been as long as that for as long as the process runs.
func isLongByDesign(t *peerTrack, mean float64) bool {
	d, known := t.rtt.SinceStart()
	usual, _ := d.Mean()
	return known && d.Observations >= designTrips && designFactor*usual >= mean
}

// A linkTime is how long the newest round trips of a link take that one of its ends sees.
type linkTime struct {
	from, to probe.MemberID
	seconds  float64
	at       time.Time // when the newest was first seen
}

// timeLinks sets the quickest links of the sweep: as many as it takes to have another one beside each.
func (b *cohort) timeLinks() {
	const both = 2 // ends that see a link
	limit := b.settings.rule(LinkGrown).Notice.Value.Or(math.Inf(1))
	for i := range b.members {
		metrics, t := &b.members[i].probed.Metrics, b.members[i].track
		if !metrics.Answered() {
			continue
		}
		step := b.members[i].settings.step(t)
		for id, peer := range t.peers {
			took, known := newestRoundTrips(peer, metrics.At, step, b.settings.sinceStart).Get()
			switch {
			case !known || took < limit:
				peer.rttLongSince = time.Time{}
			case peer.rttLongSince.IsZero():
				peer.rttLongSince = peer.rttCountAt
			}
			if !known || len(b.links) > both && took >= b.links[both].seconds {
				continue
			}
			b.links = append(b.links, linkTime{t.ref.ID, id, took, peer.rttCountAt})
			slices.SortFunc(b.links, func(x, y linkTime) int {
				return cmp.Or(cmp.Compare(x.seconds, y.seconds), cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
			})
			b.links = b.links[:min(len(b.links), both+1)]
		}
	}
}

// quickestTrips is the mean of the quickest link but one; absent where no other is observed. Where links are watched, those
// count of which a round trip has been seen since that one is long: etcd observes each at another time, and what has become long
// may be all of them.
func (s *subject) quickestOtherLink(but *peerLink) probe.Value {
	for _, l := range s.cohort.links {
		if !s.settings.immediate && l.at.Before(but.track.rttLongSince) {
			continue
		}
		if (l.from != s.member.ID || l.to != but.to.ID) && (l.to != s.member.ID || l.from != but.to.ID) {
			return probe.Known(l.seconds)
		}
	}
	return probe.Value{}
}

// grownLink is the longest of the subject's links that is much longer than another one of the cluster's, and has not been so
// by design.
func (s *subject) grownLink() (longest *peerLink, took, quickest probe.Value) {
	links := s.links()
	for i := range links {
		l := &links[i]
		if !s.hasRoundTrips(l) {
			continue
		}
		mean := newestRoundTrips(l.track, s.member.Metrics.At, s.settings.step(s.track), s.settings.sinceStart)
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

// judgeLinkGrown judges how long the newest round trips of a link take that has become much longer than others are.
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
			notMeasurable: fmt.Sprintf("round trips take %s on average, and none over another link has been observed to hold that against", Seconds.Format(took.Or(0))),
			why:           WhyTooFew,
		}
	case s.hasUnseenLink(s.links(), roundTripInterval+2*s.settings.step(s.track)):
		return s.noRoundTrips()
	case took.IsKnown():
		return measurement{value: probe.Known(0)}
	}
	return s.noRoundTrips()
}

func sayLinkGrown(s *subject, m measurement) statement {
	l, _, quickest := s.grownLink()
	return s.has(fmt.Sprintf("round trips with %s take %s on average, smoothed; the quickest other link's %s",
		l.to.Label, Seconds.Format(m.value.Or(0)), Seconds.Format(quickest.Or(0))))
}
