package thresholds

import "time"

// roundTripEvery is how often etcd observes a round trip with each peer (rafthttp: statusMonitoringInterval).
const roundTripEvery = 30 * time.Second

// judgePeerRTT judges the slowest of the connections that there are. etcd goes on observing the last value of one that
// is cut.
func judgePeerRTT(s *subject, window time.Duration) measurement {
	links := s.links()
	if m, ok := s.noLinks(links); !ok {
		return m
	}
	window = max(window, roundTripEvery+2*s.options.interval)
	if slowest, m := s.slowestLink(links, window); slowest != nil {
		m.window = window
		return m
	}
	away, connected := (*Member)(nil), false
	for i := range links {
		switch l := &links[i]; {
		case l.away():
			away = l.to
		case l.connected():
			connected = true
		}
	}
	switch {
	case connected:
		return measurement{unmeasurable: "no round trip has been observed yet: etcd does every 30 s"}
	case away != nil:
		return measurement{unknown: "no peer that it is connected with answers"}.entailedBy(away)
	}
	return quiet // see peer-disconnected
}

// slowestLink is the link with the slowest round trips in the window, of those that are connected.
func (s *subject) slowestLink(links []link, window time.Duration) (slowest *link, worst measurement) {
	for i := range links {
		l := &links[i]
		if l.track == nil || l.away() || l.metrics.Active.IsKnown() && !l.connected() {
			continue
		}
		d, _ := l.track.rtt.distribution(s.member.Metrics.At, window, s.options.SinceStart)
		if m, any := d.slow(s.rule.Minimum); any && (slowest == nil || m.value.Or(0) > worst.value.Or(0)) {
			slowest, worst = l, m
		}
	}
	return slowest, worst
}

func sayPeerRTT(s *subject, m measurement) string {
	slowest, _ := s.slowestLink(s.links(), m.window)
	return s.at.Label + ": " + m.describe("round trip with "+slowest.to.Label)
}
