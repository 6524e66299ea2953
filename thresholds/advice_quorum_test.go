package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// advised returns the texts that say what to do: those of the reading and of each finding.
func advised(a *Assessment) map[string]string {
	texts := map[string]string{"the reading": a.Reading.Next, "recovery": a.Recovery.Text}
	for _, f := range a.Findings {
		texts[string(f.Rule)+" "+f.Member.Label] = f.Advice
	}
	return texts
}

// TestNoAdviceThatCantCommit: without a quorum, whatever needs a commit is advised only for later, and only members
// that are down and once ran are to be brought back.
func TestNoAdviceThatCantCommit(t *testing.T) {
	t.Parallel()
	refuse := func(s *scene, down ...int) {
		for _, i := range down {
			s.member(i).down = errRefused
		}
		s.elect(0)
	}
	cutOff := func(s *scene, ends ...[2]int) {
		for _, m := range s.members {
			m.metrics.Peers, m.status.Leader = s.links(m), 0
		}
		for _, e := range ends {
			a, b := s.member(e[0]), s.member(e[1])
			a.metrics.Peers[b.id] = probe.PeerMetrics{Active: known(0)}
			b.metrics.Peers[a.id] = probe.PeerMetrics{Active: known(0)}
		}
	}
	tests := map[string]struct {
		voters  int
		direct  func(*scene)
		commits bool
	}{
		"one, and one that never started": {2, func(s *scene) { s.neverStarted(2); s.elect(0) }, false},
		"two, and two that never started": {4, func(s *scene) { s.neverStarted(3); s.neverStarted(4); s.elect(0) },
			false},
		"three of five killed":          {5, func(s *scene) { refuse(s, 3, 4, 5) }, false},
		"one of two killed":             {2, func(s *scene) { refuse(s, 2) }, false},
		"one killed, one never started": {3, func(s *scene) { refuse(s, 2); s.neverStarted(3) }, false},
		"one killed, one hangs":         {3, func(s *scene) { refuse(s, 2); s.member(3).hung = s.now }, false},
		"all links cut": {3, func(s *scene) { cutOff(s, [2]int{1, 2}, [2]int{2, 3}, [2]int{1, 3}) },
			false},
		"nobody leads, and links are fine": {3, func(s *scene) { s.elect(0) }, false},
		"all voters apply nothing": {3, func(s *scene) {
			for _, m := range s.members[1:] {
				m.status.RaftAppliedIndex, m.status.RaftIndex = 1, 1e6
			}
		}, false},
		"one of three killed":    {3, func(s *scene) { s.member(3).down = errRefused }, true},
		"three, and a fresh one": {4, func(s *scene) { s.neverStarted(4) }, true},
		"a learner is down, and two": {4, func(s *scene) {
			s.member(4).learner, s.member(4).status.IsLearner = true, true
			s.observe()
			refuse(s, 2, 3, 4)
		}, false},
		"corrupt, and two are down": {3, func(s *scene) {
			s.member(1).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: 0xa1}, {Type: "NOSPACE", Member: 0xa1}}
			refuse(s, 2, 3)
		}, false},
	}
	for name, test := range tests {
		for _, immediate := range []bool{false, true} {
			s := newScene(t, test.voters, Options{Immediate: immediate})
			s.run(5*time.Second, nil)
			test.direct(s)
			a := s.run(30*time.Second, nil)
			if lost := finding(&a, QuorumLost, "").Advice; test.commits == (lost != "") {
				t.Errorf("%s: quorum-lost advises %q", name, lost)
			}
			for what, text := range advised(&a) {
				if rule, _, _ := strings.Cut(what, " "); !immediate &&
					(rule == string(QuorumLost) || rule == string(MemberUnreachable)) {
					says(t, name+", "+what, text)
				}
				for _, needs := range []string{"member remove", "remove it first", "member promote", "alarm disarm",
					"Add a voter", "compact "} {
					if at := strings.Index(text, needs); at >= 0 && !test.commits &&
						!strings.Contains(text[:at], "quorum") {
						t.Errorf("%s: %s advises what can't be committed: %q", name, what, text)
					}
				}
			}
		}
	}
}
