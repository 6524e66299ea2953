package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// sendFailureRate returns how many messages per second could not be sent to a peer in the window, while both ends
// were up: a stop or a start of a process leaves failures that mean nothing.
func (s *subject) sendFailureRate(l *peerLink, window time.Duration) (rate float64, known bool) {
	if l.track == nil {
		return 0, false
	}
	if !l.isDown() {
		window = min(window, l.bothUpFor-settlingTime)
	}
	at := s.member.Metrics.At
	grown, known := l.track.sendFailures.Growth(at, window)
	if !known {
		return 0, false
	}
	over := l.track.sendFailures.Span(at, window)
	if s.settings.immediate && over < minRateSpan {
		grown = proven(grown)
	}
	return grown / s.rateSpan(over).Seconds(), true
}

// rateSpan returns the time to divide growth by, if it was watched for as long as watched: outside a check no less
// than minRateSpan.
func (s *subject) rateSpan(watched time.Duration) time.Duration {
	if s.settings.immediate {
		return watched
	}
	return max(watched, minRateSpan)
}

// judgePeerSendFailures judges the peer to which most messages could not be sent.
func judgePeerSendFailures(s *subject, window time.Duration) measurement {
	links := s.links()
	if m, ok := s.noLinks(); !ok {
		return m
	}
	worst, down, known := s.worstSendFailures(links, window)
	switch {
	case worst != nil:
		rate, _ := s.sendFailureRate(worst, window)
		m := measurement{value: probe.Known(rate), window: window, learnersOnly: !worst.to.Voter}
		if !worst.isConnected() {
			m.inhibitedBy = PeerDisconnected
		}
		return m
	case down != nil:
		rate, _ := s.sendFailureRate(down, window)
		return measurement{value: probe.Known(rate), window: window}.inhibitedByDown(down.to)
	case known && !slices.ContainsFunc(links, func(l peerLink) bool { return l.isSettling() }):
		return measurement{value: probe.Known(0), window: window}
	case !known && s.settings.sinceStart:
		return needsTwoSweeps(MissingRate, true)
	case !known && s.first:
		return needsTwoSweeps(MissingRate, false)
	}
	return resolvedAtOnce
}

// worstSendFailures returns the links with the highest rates of send failures: worst among the peers that answer,
// down among the others; nil if nothing fails.
func (s *subject) worstSendFailures(links []peerLink, window time.Duration) (worst, down *peerLink, known bool) {
	most, mostDown := 0.0, 0.0
	for i := range links {
		l := &links[i]
		rate, has := s.sendFailureRate(l, window)
		known = known || has
		switch {
		case l.isDown() && rate > mostDown:
			down, mostDown = l, rate
		case !l.isDown() && rate > most:
			worst, most = l, rate
		}
	}
	return worst, down, known
}

func sayPeerSendFailures(s *subject, m measurement) statement {
	worst, down, _ := s.worstSendFailures(s.links(), m.window)
	if worst == nil {
		worst = down
	}
	over := s.rateSpan(worst.track.sendFailures.Span(s.member.Metrics.At, m.window))
	return s.has(fmt.Sprintf("%s messages to %s could not be sent%s",
		PerSecond.Format(m.value.Or(0)), worst.to.Label, overLast(over))).
		briefly(fmt.Sprintf("%s sends to %s fail", PerSecond.Format(m.value.Or(0)), worst.to.Short))
}
