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
		ready CheckStatus
	}{
		"all well": {func(*scene) {}, nil, CheckOK},
		"one down": {func(s *scene) { s.member(3).down = errRefused },
			map[RollingCheckName]CheckStatus{CheckAnswers: CheckFailed, CheckVoters: CheckFailed,
				CheckApplyLag: CheckUnknown, CheckFindings: CheckFailed}, CheckFailed},
		"one lags": {func(s *scene) { s.member(3).status.RaftAppliedIndex = s.member(3).status.RaftIndex - 6000 },
			map[RollingCheckName]CheckStatus{CheckVoters: CheckFailed, CheckApplyLag: CheckFailed,
				CheckFindings: CheckFailed}, CheckFailed},
		"no leader": {func(s *scene) { s.elect(0) },
			map[RollingCheckName]CheckStatus{CheckVoters: CheckFailed, CheckLeader: CheckFailed,
				CheckFindings: CheckFailed}, CheckFailed},
		"no member list": {func(s *scene) { s.noMemberList = true },
			map[RollingCheckName]CheckStatus{CheckAnswers: CheckUnknown, CheckVoters: CheckUnknown,
				CheckFindings: CheckUnknown}, CheckUnknown},
		"no metrics of one": {func(s *scene) { s.member(3).noMetrics = errRefused },
			map[RollingCheckName]CheckStatus{CheckFindings: CheckFailed}, CheckFailed},
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
			if len(a.Rolling.Checks) != 5 || a.Rolling.Ready() != test.ready {
				t.Errorf("%d checks, together %s, want %s", len(a.Rolling.Checks), a.Rolling.Ready(), test.ready)
			}
		})
	}
}
