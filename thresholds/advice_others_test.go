package thresholds

import (
	"fmt"
	"testing"
)

// TestAdviceOnOthersFollowsTheVerdicts: beside a member that is down, the next step says of the others what their
// verdicts say.
func TestAdviceOnOthersFollowsTheVerdicts(t *testing.T) {
	t.Parallel()
	for _, voters := range []int{3, 5, 7} {
		t.Run(fmt.Sprint(voters), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, voters, Options{})
			s.observe()
			s.member(voters).down = errRefused
			a := s.run(6e9, nil)
			want := LossRisk
			if voters == 3 {
				want = LossNo
			}
			if got := a.Members[0].CanLose.Verdict; got != want {
				t.Fatalf("losing etcd-1 of %d with one down is %s, want %s", voters, got, want)
			}
			says(t, "", a.Reading.Next)
		})
	}
	all := []Member{}
	for i, verdict := range []Verdict{LossNo, LossRisk, LossUnknown, LossSafe, LossNo, LossNo} {
		all = append(all, Member{MemberRef: MemberRef{Key: fmt.Sprint(i), Label: fmt.Sprintf("etcd-%d", i+1)},
			Voter: true, State: StateOK, CanLose: CanLose{Verdict: verdict}})
	}
	all[5].State = StateDown
	c := &caution{[]string{"5"}, []string{"etcd-6"}, "is back"}
	says(t, "each its own", c.words(all))
	says(t, "unknown", c.words(all[2:3]))
	if got := c.words(all[3:4]); got != "" {
		t.Errorf("of members that are safe to lose: %q", got)
	}
}
