package thresholds

import "testing"

// moment is an assessment of members with verdicts.
func moment(level Level, verdicts ...Verdict) *Assessment {
	a := &Assessment{Level: level, Reading: Reading{Headline: "why"}}
	if level > OK {
		a.Findings = []Finding{{Rule: QuorumAtRisk, Level: level, Headline: "quorum"}}
	}
	for i, v := range verdicts {
		ref := MemberRef{Key: string(rune('a' + i))}
		a.Members = append(a.Members, Member{MemberRef: ref, State: StateOK, CanLose: CanLose{Verdict: v}})
	}
	return a
}

func TestWatch(t *testing.T) {
	first := moment(Critical, LossNo, LossNo)
	first.Reading.Cause = CauseFirstSweep
	announced := moment(Notice, LossSafe, LossRisk)
	announced.Findings[0].Expected = "patch"
	lost := moment(Critical, LossSafe, LossNo)
	lost.Findings = append(lost.Findings, Finding{Rule: MemberUnreachable, Level: Notice, Expected: "patch"})
	muted := moment(Critical, LossSafe, LossSafe)
	muted.Findings = append(muted.Findings, Finding{Rule: DBLarge, Level: Warning, Headline: "quota"})
	beside := moment(Warning, LossSafe, LossSafe)
	beside.Findings = append(beside.Findings, Finding{Rule: DBLarge, Level: Warning, Headline: "quota"})
	inhibited := moment(OK, LossSafe, LossSafe)
	inhibited.Findings = []Finding{{Rule: NoLeader, Level: Critical, InhibitedBy: QuorumLost}}
	silent := moment(Warning, LossSafe, LossRisk)
	silent.Members[1].State = StateDown
	isMuted := func(f *Finding) bool { return f.Rule == QuorumAtRisk }
	for name, test := range map[string]struct {
		before   []*Assessment
		now      *Assessment
		muted    func(*Finding) bool
		worse    Level
		headline string
		unsafe   int
		changed  bool
	}{
		"it is down":      {[]*Assessment{moment(Warning, LossSafe, LossSafe)}, silent, nil, OK, "", 0, true},
		"the first":       {nil, moment(Critical, LossNo), nil, OK, "", 0, false},
		"no rates before": {[]*Assessment{first}, moment(Critical, LossNo, LossNo), nil, OK, "", 0, false},
		"no rates now":    {[]*Assessment{moment(OK, LossSafe)}, first, nil, OK, "", 0, false},
		"the same": {[]*Assessment{moment(Warning, LossSafe)},
			moment(Warning, LossSafe), nil, OK, "", 0, false},
		"warning":                  {[]*Assessment{moment(OK)}, moment(Warning), nil, Warning, "why", 0, true},
		"from warning to critical": {[]*Assessment{moment(Warning)}, moment(Critical), nil, Critical, "why", 0, true},
		"unknown":                  {[]*Assessment{moment(OK)}, moment(Unknown), nil, Unknown, "why", 0, true},
		"a notice":                 {[]*Assessment{moment(OK)}, moment(Notice), nil, OK, "", 0, true},
		"milder":                   {[]*Assessment{moment(Critical)}, moment(Warning), nil, OK, "", 0, true},
		"again": {[]*Assessment{moment(OK), moment(Warning), moment(OK)},
			moment(Warning), nil, Warning, "why", 0, true},
		"at risk": {[]*Assessment{moment(OK, LossSafe, LossSafe)},
			moment(OK, LossSafe, LossRisk), nil, OK, "", 1, true},
		"no": {[]*Assessment{moment(OK, LossSafe, LossRisk)},
			moment(OK, LossRisk, LossNo), nil, OK, "", 2, true},
		"safe again":      {[]*Assessment{moment(OK, LossNo)}, moment(OK, LossSafe), nil, OK, "", 0, true},
		"unknown verdict": {[]*Assessment{moment(OK, LossSafe)}, moment(OK, LossUnknown), nil, OK, "", 0, true},
		"known first":     {[]*Assessment{moment(OK, LossUnknown)}, moment(OK, LossRisk), nil, OK, "", 0, true},
		"known since long": {[]*Assessment{moment(OK, LossSafe), moment(OK, LossUnknown)},
			moment(OK, LossRisk), nil, OK, "", 1,
			true},
		"a member more": {[]*Assessment{moment(OK, LossSafe)}, moment(OK, LossSafe, LossRisk), nil, OK, "", 0, true},
		"announced":     {[]*Assessment{moment(OK, LossSafe, LossSafe)}, announced, nil, OK, "", 0, true},
		"worse than that": {[]*Assessment{moment(OK, LossSafe, LossSafe), announced},
			lost, nil, Critical, "why", 1, true},
		"muted": {[]*Assessment{moment(OK, LossSafe)}, moment(Critical, LossSafe), isMuted, OK, "", 0,
			true},
		"not the muted one": {[]*Assessment{moment(OK, LossSafe, LossSafe)}, muted, isMuted, Warning, "quota", 0, true},
		"beside the muted one": {[]*Assessment{moment(OK, LossSafe, LossSafe)}, beside, isMuted, Warning, "quota", 0,
			true},
		"inhibited": {[]*Assessment{moment(OK, LossSafe, LossSafe)}, inhibited, nil, OK, "", 0, false},
	} {
		var w Watch
		for _, a := range test.before {
			w, _ = w.With(a, nil)
		}
		_, c := w.With(test.now, test.muted)
		if c.Worse != test.worse || c.Headline != test.headline || len(c.Unsafe) != test.unsafe ||
			c.Changed != test.changed {
			t.Errorf("%s: %+v, want %+v", name, c, test)
		}
		if c.IsWorse() != (test.worse > OK || test.unsafe > 0) {
			t.Errorf("%s: IsWorse is %v", name, c.IsWorse())
		}
	}
}
