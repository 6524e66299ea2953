package thresholds

import "testing"

// TestAdviceFor: who describes a finding, or explains it, says what to do about it.
func TestAdviceFor(t *testing.T) {
	t.Parallel()
	a := Assessment{
		Reading: Reading{Next: "the reading's advice.", Step: "the reading's step"},
		Findings: []Finding{
			{Rule: "covered", Level: Warning, Advice: "its own.", CoveredByReading: true},
			{Rule: "under-covered", Level: Warning, Advice: "its own.", InhibitedBy: "covered",
				InhibitedByReading: true},
			{Rule: "unknown-under-covered", Level: Unknown, InhibitedBy: "covered"},
			{Rule: "ending", Level: Notice, Advice: "its own.", CoveredByReading: true, State: AlertResolving},
			{Rule: "root", Level: Warning, Advice: "the root's.", Step: "the root's step"},
			{Rule: "middle", Level: Warning, Advice: "its own.", InhibitedBy: "root"},
			{Rule: "under-both", Level: Warning, Advice: "its own.", InhibitedBy: "middle"},
			{Rule: "unknown-under-root", Level: Unknown, InhibitedBy: "root"},
			{Rule: "ending-alone", Level: Notice, Advice: "its own.", State: AlertResolving},
			{Rule: "under-ending", Level: Warning, Advice: "its own.", Step: "its step", InhibitedBy: "ending-alone"},
			{Rule: "mute", Level: Warning},
			{Rule: "under-mute", Level: Warning, Advice: "its own.", Step: "its step", InhibitedBy: "mute"},
			{Rule: "alone", Level: Unknown, Advice: "its own."},
		},
	}
	reading := Advice{"the reading's advice.", "the reading's step", true}
	root, own := Advice{"the root's.", "the root's step", false}, Advice{"its own.", "its step", false}
	n := a.Inhibition()
	for i, want := range []Advice{
		reading, reading, reading, {}, root, root, root, root, {}, own, {}, own,
		{Text: "its own.", Step: "its own."},
	} {
		if f := &a.Findings[i]; n.AdviceFor(f) != want {
			t.Errorf("%s: %+v, want %+v", f.Rule, n.AdviceFor(f), want)
		}
	}
	a.Reading.Step = ""
	if got := n.AdviceFor(&a.Findings[0]).Step; got != a.Reading.Next {
		t.Errorf("the step of a reading without one is %q", got)
	}
}

// TestStepAgreesWithAdvice: where advice is not the rule's, its first step is not the rule's either.
func TestStepAgreesWithAdvice(t *testing.T) {
	t.Parallel()
	m := memberState{expected: "drain", restartExpected: "drain"}
	for rule, want := range map[RuleID]string{
		MemberUnreachable: "Wait until it is back", MemberRestarted: "Nothing: it was announced",
	} {
		f := Finding{Rule: rule, Level: Warning, Advice: "Look at it."}
		m.markExpected(&f)
		if got := f.ownAdvice(); got.Step != want || got.Text != want+"." {
			t.Errorf("announced: %+v", got)
		}
	}
	dumped := []Finding{{Rule: MetricsUnavailable, Level: Warning, Advice: "Check whether they can be reached."}}
	adviseOnDumps(dumped)
	if got := dumped[0].ownAdvice().Step; got == stepUnreadable {
		t.Errorf("without a dump the step is %q", got)
	}
}

// TestWhatIsUnknownExplainsNoBreach: it stands for itself, and raises its alarm.
func TestWhatIsUnknownExplainsNoBreach(t *testing.T) {
	t.Parallel()
	one := MemberRef{Key: "1"}
	findings := []Finding{
		{Rule: NoLeader, Level: Unknown, Member: one},
		{Rule: GRPCFailing, Level: Warning, Member: one, InhibitedBy: NoLeader},
		{Rule: FollowerLagging, Level: Unknown, Member: one, InhibitedBy: NoLeader},
		{Rule: PeerRTTSlow, Level: Notice, InhibitedBy: NoLeader, InhibitedByMember: one},
		{Rule: QuorumLost, Level: Notice},
		{Rule: AppliesSlow, Level: Critical, Member: one, InhibitedBy: QuorumLost},
		{Rule: AlarmNoSpace, Level: Warning, InhibitedBy: ClusterUnreachable}, // which is not there
	}
	explain(findings)
	n := (&Assessment{Findings: findings}).Inhibition()
	for i, root := range []int{0, 1, 0, 3, 4, 4, 6} {
		f := &findings[i]
		if n.Root(f) != &findings[root] || (f.InhibitedBy == "") != (root == i) {
			t.Errorf("%s is under %s, inhibited by %q", f.Rule, n.Root(f).Rule, f.InhibitedBy)
		}
	}
}
