package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestRollingDuringAnIncident: during a critical finding about the cluster no voter is safe to lose, and the rolling
// advice offers no order and no command. If it is unknown whether there is one, the advice says so.
func TestRollingDuringAnIncident(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		be      func(s *scene)
		blocked bool
		unknown bool
	}{
		"nothing": {be: func(*scene) {}},
		"no space": {
			be: func(s *scene) {
				s.member(2).status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: s.member(2).id}}
			},
			blocked: true,
		},
		"no space, by a member that says so of another": {
			be: func(s *scene) {
				s.member(1).status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: s.member(3).id}}
			},
			blocked: true,
		},
		"corrupt, of five": {
			be: func(s *scene) {
				s.add("etcd-4")
				s.add("etcd-5")
				s.member(4).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: s.member(4).id}}
			},
			blocked: true,
		},
		"corrupt, of three": {
			be: func(s *scene) {
				s.member(3).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: s.member(3).id}}
			},
			blocked: true,
		},
		"an alarm that no member of this version tells of": {
			be: func(s *scene) {
				for _, m := range s.members { // before 3.4 Status has neither
					m.status.RaftAppliedIndex, m.status.Version = 0, "3.3.27"
				}
				s.noAlarms = true
			},
			blocked: true, unknown: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			test.be(s)
			a := s.run(20*time.Second, func() { s.work(50, 2*time.Millisecond) })
			r := &a.Rolling
			says(t, "", r.Text)
			if !test.blocked {
				if r.Blocked != "" || r.Next == "" {
					t.Errorf("blocked: %s; next: %q", r.Blocked, r.Next)
				}
				return
			}
			if r.Next != "" || r.Blocked == "" || r.Unknown != test.unknown {
				t.Errorf("%s; next: %q; unknown: %t", r.Text, r.Next, r.Unknown)
			}
		})
	}
}
