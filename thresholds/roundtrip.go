package thresholds

import "time"

// roundTripEvery is how often etcd observes a round trip with each peer (rafthttp: statusMonitoringInterval).
const roundTripEvery = 30 * time.Second

// rttSettles is for how long round trips tell of a stop of one of the ends. etcd smooths them: every 4 s an eighth of the
// newest is added to seven eighths of what was (rafthttp: proberInterval, probing: α), so that after a stop of a minute
// they are over 50 ms for two and a half more; and what was observed until then counts for another.
const rttSettles = 4 * time.Minute

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
	away, stoodStill, connected := (*Member)(nil), false, false
	for i := range links {
		switch l := &links[i]; {
		case l.away():
			away = l.to
		case l.stoodStill:
			stoodStill = true
		case l.connected():
			connected = true
		}
	}
	switch {
	case stoodStill:
		return measurement{unmeasurable: "a member has stood still, and etcd's smoothed round trips tell of that for 4 minutes"}
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
		if l.track == nil || l.away() || l.stoodStill || l.metrics.Active.IsKnown() && !l.connected() {
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
