package thresholds

import (
	"testing"
	"time"
)

// TestRollingChecks: each check before the next step fails if what it covers is wrong, and is unknown if that is
// unknown.
func TestRollingChecks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		act   func(*scene)
		want  map[RollingCheckName]CheckStatus // the other checks are ok
		phase Phase
	}{
		"all well": {func(*scene) {}, nil, PhaseOrder},
		"one down": {func(s *scene) { s.member(3).down = errRefused },
			map[RollingCheckName]CheckStatus{CheckAnswers: CheckFailed, CheckVoters: CheckFailed,
				CheckApplyLag: CheckUnknown, CheckFindings: CheckFailed}, PhaseWait},
		"one lags": {func(s *scene) { s.member(3).status.RaftAppliedIndex = s.member(3).status.RaftIndex - 6000 },
			map[RollingCheckName]CheckStatus{CheckVoters: CheckFailed, CheckApplyLag: CheckFailed,
				CheckFindings: CheckFailed}, PhaseWait},
		"no leader": {func(s *scene) { s.elect(0) },
			map[RollingCheckName]CheckStatus{CheckVoters: CheckFailed, CheckLeader: CheckFailed,
				CheckFindings: CheckFailed}, PhaseWait},
		"no member list": {func(s *scene) { s.noMemberList = true },
			map[RollingCheckName]CheckStatus{CheckAnswers: CheckUnknown, CheckVoters: CheckUnknown,
				CheckFindings: CheckUnknown}, PhaseUnknown},
		"two out of reach": {func(s *scene) { s.elsewhere(2, 3) },
			map[RollingCheckName]CheckStatus{CheckAnswers: CheckUnknown, CheckVoters: CheckUnknown,
				CheckApplyLag: CheckUnknown, CheckFindings: CheckUnknown}, PhaseUnknown},
		"one out of reach, one down": {func(s *scene) { s.elsewhere(2); s.member(3).down = errRefused },
			map[RollingCheckName]CheckStatus{CheckAnswers: CheckFailed, CheckVoters: CheckFailed,
				CheckApplyLag: CheckUnknown, CheckFindings: CheckFailed}, PhaseWait},
		"no metrics of one": {func(s *scene) { s.member(3).noMetrics = errRefused },
			map[RollingCheckName]CheckStatus{CheckFindings: CheckFailed}, PhaseWait},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			for _, m := range s.members {
				m.status.RaftIndex, m.status.RaftAppliedIndex = 1e6, 1e6
			}
			s.run(20*time.Second, func() { s.work(50, quickFsync) })
			test.act(s)
			a := s.run(60*time.Second, func() { s.work(50, quickFsync) })
			for _, c := range a.Rolling.Checks {
				want := CheckOK
				if status, is := test.want[c.Name]; is {
					want = status
				}
				if c.Status != want || c.Text == "" {
					t.Errorf("%s: %s (%s), want %s", c.Name, c.Status, c.Text, want)
				}
			}
			if len(a.Rolling.Checks) != 5 || a.Rolling.Phase != test.phase {
				t.Errorf("%d checks, phase %s, want %s", len(a.Rolling.Checks), a.Rolling.Phase, test.phase)
			}
		})
	}
}
