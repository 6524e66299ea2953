package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A subject is what a rule judges: a member, or the cluster where member is nil.
type subject struct {
	*cohort
	rule *Rule
	// settings are the sweep's, or the member's own.
	settings settings
	// peerLinks are each member's links, computed on demand, in the sweep's order.
	peerLinks [][]peerLink

	// place is the member's index in members and in the sweep; negative for the cluster.
	place  int
	member *probe.Member
	track  *track
	at     *memberState // what is known of the member so far in this sweep
}

// newSubject returns the cluster as a subject.
func newSubject(b *cohort) subject {
	return subject{cohort: b, peerLinks: make([][]peerLink, len(b.members)), settings: b.settings, place: -1}
}

// about turns the subject to member i, or to the cluster where i is negative.
func (s *subject) about(i int) {
	s.place, s.member, s.track, s.at, s.settings = i, nil, nil, nil, s.frame.settings
	if i >= 0 {
		s.member, s.at = s.members[i].probed, &s.members[i]
		s.track, s.settings = s.at.track, s.at.settings
	}
}

// restarts counts the restarts in the window up to now that explain leader changes which the subject saw: its own, and
// those of leaders, also while these are away.
func (s *subject) restarts(window time.Duration) (n int) {
	for i := range s.members {
		m := &s.members[i]
		t := m.track
		n += t.countRestarts(s.now, window, func(r *restart) bool { return r.led || t == s.track })
		away := m.State != StateOK || t.metricsAt.Before(t.okSince) // or is back, and its metrics are not
		if away && t != s.track && t.ledUntil(t.metricsAt) && s.now.Sub(t.lastLed) < window {
			n++
		}
	}
	return n
}
