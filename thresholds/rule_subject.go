package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A subject is what a rule is judged on: a member, or with member nil the cluster.
type subject struct {
	*cohort
	rule *Rule
	// settings are those that the subject is judged by: the sweep's, or the member's own.
	settings settings
	// linked are the links of all members, as far as they were looked at, in the sweep's order.
	peerLinks [][]peerLink

	// place is where the member is in members and sweep; negative for a rule about the cluster.
	place  int
	member *probe.Member
	track  *track
	at     *memberState // what has been worked out of the member so far
}

// newSubject makes a subject of the cluster.
func newSubject(b *cohort) subject {
	return subject{cohort: b, peerLinks: make([][]peerLink, len(b.members)), settings: b.settings, place: -1}
}

// about makes a subject of the member at a place; of the cluster where that is negative.
func (s *subject) about(i int) {
	s.place, s.member, s.track, s.at, s.settings = i, nil, nil, nil, s.frame.settings
	if i >= 0 {
		s.member, s.at = s.members[i].probed, &s.members[i]
		s.track, s.settings = s.at.track, s.at.settings
	}
}

// restarts counts the restarts in the window that ends now which explain that the subject saw the leader change: its own,
// and those of leaders.
func (s *subject) restarts(window time.Duration) (n int) {
	for i := range s.members {
		t := s.members[i].track
		n += t.restartsWithin(s.now, window, t != s.track)
	}
	return n
}
