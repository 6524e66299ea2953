package thresholds

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestVerdictGroups: the strictest verdict comes first, a member that is lost already is no verdict's, and an endpoint
// that leads to no member is in no group, unless there is nothing else.
func TestVerdictGroups(t *testing.T) {
	t.Parallel()
	member := func(label string, v Verdict, reason string) Member {
		return Member{MemberRef: MemberRef{Key: label, Label: label},
			CanLose: CanLose{Verdict: v, Reason: reason, Headline: reason[:1]}}
	}
	down, neverUp := member("down", LossSafe, "x1"), member("new", LossRisk, "x1")
	down.State, down.Condition.Word = StateDown, ConditionDown
	neverUp.State, neverUp.Condition.Word = StateDown, ConditionNeverUp
	also := member("also", LossNo, "x9")
	also.State, also.Condition.Word, also.DownProven = StateDown, ConditionDown, true
	stray := member("stray", LossUnknown, "x1")
	stray.Stray = true
	a := Assessment{Members: []Member{
		down, member("s", LossSafe, "x1"), member("r", LossRisk, "x1"), member("u", LossUnknown, "x1"), neverUp,
		member("n1", LossNo, "x1"), stray, also, member("n2", LossNo, "x2"),
	}}
	for detail, want := range map[VerdictDetail][]string{
		VerdictReasons: {"NO [n1] x1", "NO [n2] x2", "UNKNOWN [u] x1", "RISK [r] x1", "SAFE [s] x1",
			"down, may return [down] ", "never up [new] ", "down already [also] "},
		VerdictHeadlines: {"NO [n1 n2] x", "UNKNOWN [u] x", "RISK [r] x", "SAFE [s] x",
			"down, may return [down] ", "never up [new] ", "down already [also] "},
		VerdictConcerns: {"NO [n1 n2] x", "UNKNOWN [u] x", "RISK [r] x", "SAFE [s] quorum stays",
			"down, may return [down] ", "never up [new] ", "down already [also] "},
	} {
		if got := groupTexts(a.VerdictGroups(detail)); !slices.Equal(got, want) {
			t.Errorf("detail %d: %q, want %q", detail, got, want)
		}
	}
	if down.LostWords() != "down, may return" || also.LostWords() != "down already" || stray.LostWords() != "" {
		t.Errorf("%q, %q, %q", down.LostWords(), also.LostWords(), stray.LostWords())
	}
	alone := Assessment{Members: []Member{stray}}
	if got := groupTexts(alone.VerdictGroups(VerdictReasons)); !slices.Equal(got, []string{"UNKNOWN [stray] x1"}) {
		t.Errorf("an endpoint alone: %q", got)
	}
}

func groupTexts(groups []VerdictGroup) (texts []string) {
	for i := range groups {
		texts = append(texts, fmt.Sprint(groups[i].Words(), " ", groups[i].Labels(), " ", groups[i].Reason))
	}
	return texts
}

// TestNobodyIsLostWithoutAMemberList: what refuses connections where no member list is known is not known to be a
// member, so that nothing is said of its loss.
func TestNobodyIsLostWithoutAMemberList(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.noMemberList = true
	for _, m := range s.members {
		m.unlisted, m.down, m.membership = true, errRefused, probe.MembershipUnknown
	}
	a := s.run(10*time.Second, nil)
	for i := range a.Members {
		if m := &a.Members[i]; m.LostAlready() || m.CanLose.Verdict != LossUnknown {
			t.Errorf("%s: %q, %+v", m.Label, m.LostWords(), m.CanLose)
		}
	}
}
