package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestReadings(t *testing.T) {
	t.Parallel()
	fast := func(s *scene) { s.work(50, 2*time.Millisecond) }
	slowOn := func(d time.Duration, members ...int) func(*scene) {
		return func(s *scene) {
			for i, m := range s.members {
				if slices.Contains(members, i+1) {
					m.fsync(50, d)
				} else {
					m.fsync(50, 2*time.Millisecond)
				}
			}
		}
	}
	tests := map[string]struct {
		direct func(*scene) // at the beginning
		act    func(*scene) // before each sweep
		cause  Cause
	}{
		"healthy":                {nil, fast, CauseHealthy},
		"one slow disk":          {nil, slowOn(300*time.Millisecond, 2), CauseSlowDisk},
		"one disk a little slow": {nil, slowOn(12*time.Millisecond, 3), CauseSlowDisk},
		"one disk slow, the others over the recommendation": {nil, func(s *scene) {
			s.member(1).fsync(50, 14*time.Millisecond)
			s.member(2).fsync(50, 300*time.Millisecond)
			s.member(3).fsync(50, 20*time.Millisecond)
		}, CauseSlowDisk},
		"two slow disks": {nil, slowOn(300*time.Millisecond, 1, 2), CauseSlowDisk},
		"all disks slow": {nil, slowOn(300*time.Millisecond, 1, 2, 3), CauseSlowDisks},
		"slow beside nearly as slow": {nil, func(s *scene) {
			s.member(1).fsync(47, 6*time.Millisecond)
			s.member(1).fsync(3, 10*time.Millisecond)
			s.member(2).fsync(47, 6*time.Millisecond)
			s.member(2).fsync(3, 10*time.Millisecond)
			s.member(3).fsync(50, 7*time.Millisecond)
		}, CauseSlowDisks},
		"down": {func(s *scene) { s.member(2).down = errRefused }, fast, CauseMemberDown},
		"hung": {func(s *scene) { s.member(2).hung = s.now }, fast, CauseMemberHung},
		"quorum lost": {func(s *scene) { s.member(1).down, s.member(2).down = errRefused, errRefused }, fast,
			CauseQuorumLost},
		"leaderless": {func(s *scene) { s.elect(0) }, nil, CauseNoLeader},
		"cut off":    {func(s *scene) { s.member(3).status.Leader = 0 }, nil, CauseCutOff},
		"no space": {func(s *scene) {
			s.member(1).status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: s.member(1).id}}
		}, fast, CauseNoSpace},
		"corrupt": {func(s *scene) {
			s.member(1).status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: s.member(1).id}}
		}, fast, CauseCorruption},
		"quota": {func(s *scene) { s.member(1).status.DBSizeBytes = 7 << 30 }, fast, CauseQuotaNear},
		"queue": {func(s *scene) { s.member(1).metrics.ProposalsPending = probe.Known(150) }, fast,
			CauseNotClear},
		"lag":        {func(s *scene) { lag(s, 1, 6000) }, fast, CauseApplyLag},
		"no metrics": {func(s *scene) { s.member(1).noMetrics = errRefused }, fast, CauseMetrics},
		"nobody":     {func(s *scene) { down(s, errRefused) }, nil, CauseUnreachable},
		"nobody is trusted": {func(s *scene) { down(s, &probe.Error{Kind: probe.ErrTLS, Text: "unknown authority"}) },
			nil, CauseNotTrusted},
		"nobody lets us know": {func(s *scene) {
			down(s, &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"})
		}, nil, CauseNotTrusted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.observe()
			if test.direct != nil {
				test.direct(s)
			}
			a := s.run(50*time.Second, func() {
				if test.act != nil {
					test.act(s)
				}
			})
			r := a.Reading
			if r.Cause != test.cause {
				t.Errorf("blames %s (%s), want %s", r.Cause, r.Text, test.cause)
			}
			saysReading(t, &a)
			if r.Cause != CauseHealthy && (r.Next == "" || len(r.Evidence) == 0) {
				t.Errorf("without evidence or a next step: %+v", r)
			}
			if len(r.NotLookedAt) == 0 || strings.Contains(r.Text, "..") || strings.Contains(r.Text, "  ") {
				t.Errorf("badly put: %+v", r)
			}
		})
	}
}

func down(s *scene, err *probe.Error) {
	for _, m := range s.members {
		m.down = err
	}
}
