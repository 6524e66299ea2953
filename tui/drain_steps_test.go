package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestStepSaysWhyBeforeHistory: unless it is safe to lose the member, why comes before what has happened; and what has
// no room whole gives way to what has.
func TestStepSaysWhyBeforeHistory(t *testing.T) {
	t.Parallel()
	m := watched(t, "healthy", 80, 24)
	at := m.shown.assessment.At
	const restarted, reason = "restarted 9.9s ago, unannounced", "etcd-2: disk slow"
	for _, test := range []struct {
		name    string
		verdict thresholds.Verdict
		state   thresholds.StepState
		room    int
		want    []string
	}{
		{"safe", thresholds.LossSafe, thresholds.StepWaiting, 80, []string{restarted, reason}},
		{"no room for what happened", thresholds.LossSafe, thresholds.StepWaiting, 20, []string{reason, restarted}},
		{"risk", thresholds.LossRisk, thresholds.StepWaiting, 80, []string{reason, restarted}},
		{"no", thresholds.LossNo, thresholds.StepDone, 40, []string{reason, "1m00s ago", restarted}},
		{"unknown", thresholds.LossUnknown, thresholds.StepNext, 10, []string{reason, restarted}},
	} {
		member := m.shown.assessment.Members[0]
		member.CanLose = thresholds.CanLose{Verdict: test.verdict, Reason: reason, Headline: reason}
		s := drainStep{member: &member, RollingStep: thresholds.RollingStep{Kind: thresholds.StepMember,
			Member: member.MemberRef, State: test.state, Progress: restarted}}
		if test.state == thresholds.StepDone {
			s.Since = at.Add(-time.Minute)
		}
		parts := slices.DeleteFunc(m.stepParts(&s, test.room), func(part string) bool { return part == "" })
		if !slices.Equal(parts, test.want) {
			t.Errorf("%s: %q, want %q", test.name, parts, test.want)
		}
	}
}

// TestDrainOfWhatNeverRan: a member that never ran is not away: it has no part in the change.
func TestDrainOfWhatNeverRan(t *testing.T) {
	t.Parallel()
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, learners: 1, sweeps: 30}, 80, 24), "d")
	a := &m.shown.assessment
	member := &a.Members[3]
	member.State = thresholds.StateDown
	member.Condition = thresholds.MemberCondition{Word: thresholds.ConditionNeverUp, Level: thresholds.Notice}
	a.Rolling.Steps = slices.DeleteFunc(a.Rolling.Steps,
		func(s thresholds.RollingStep) bool { return s.Member.Key == member.Key })
	m = press(t, m, "G")
	screen := plainScreen(t, m, 80, 24)
	if !strings.Contains(screen, "no part etcd-4 never up") ||
		strings.Contains(screen, "away") || !strings.Contains(screen, "never ran: it has no part in the change") {
		t.Error(screen)
	}
}
