package cli

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// answered is the answer in a check's JSON.
type answered struct {
	Level  string
	Answer struct {
		Question, Verdict, Ground, Reason string
		Members                           []string
		Needed                            int
		AtOnce                            *struct {
			Voters     []string
			Safe, Kept struct {
				Count int
				Every bool
			}
			Sizes []struct {
				Count  int
				Groups []struct {
					Verdict string
					Sets    [][]string
				}
			}
		} `json:"at_once"`
	}
}

// asked runs a check of a question, which has JSON whatever the answer.
func asked(t *testing.T, want int, verdict string, args ...string) (a answered) {
	t.Helper()
	args = append([]string{"check", "-o", "json", "--config", lenient(t)}, args...)
	code, stdout, stderr := etcdoc(t, args...)
	if err := json.Unmarshal([]byte(stdout), &a); err != nil {
		t.Fatalf("%q: %v in %q, %q", args, err, stdout, stderr)
	}
	if code != want || a.Answer.Verdict != verdict || a.Answer.Reason == "" {
		t.Errorf("%q: exit code %d, %+v; want %d, %s", args, code, a.Answer, want, verdict)
	}
	return a
}

// TestSetsOfARealCluster asks about sets of five members, before and after one is killed.
func TestSetsOfARealCluster(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 5})
	at := "--endpoints=" + endpoints(c)
	ids := c.Members()
	waiting := []string{at, "--wait", "1m"} // until followers are known to hear each other
	a := asked(t, ExitHealthy, "safe", append(waiting, "--can-lose-max")...)
	if once := a.Answer.AtOnce; once == nil || len(once.Voters) != 5 || once.Safe.Count != 1 || !once.Safe.Every ||
		once.Kept.Count != 2 || !once.Kept.Every || len(once.Sizes) != 3 || len(once.Sizes[1].Groups[0].Sets) != 10 {
		t.Errorf("how many may be lost at once: %+v", once)
	}
	asked(t, ExitUnhealthy, "risk", at, "--can-lose-max=2")
	asked(t, ExitHealthy, "risk", at, "--can-lose-max=2", "--accept-risk")
	a = asked(t, ExitUnhealthy, "no", at, "--can-lose", "etcd-1,etcd-2,"+ids[2].ClientURL)
	if !slices.Equal(a.Answer.Members, []string{"etcd-1", "etcd-2", "etcd-3"}) || a.Answer.Ground != "quorum" {
		t.Errorf("the answer is about %+v", a.Answer)
	}
	asked(t, ExitHealthy, "safe", at, "--can-remove", "etcd-2")
	code, _, stderr := etcdoc(t, "check", at, "--window", "0", "--can-lose", "etcd-1,etcd-2,"+ids[0].ClientURL)
	if code != ExitNotDone || !strings.Contains(stderr, "etcd-1 is named already (etcd-1); there are etcd-1 (") {
		t.Errorf("a member named twice: %d, %s", code, stderr)
	}
	if err := ids[4].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	a = asked(t, ExitUnhealthy, "risk", at, "--can-lose", "etcd-2,etcd-5")
	if a.Answer.Ground != "margin" && a.Answer.Ground != "health" {
		t.Errorf("beside one that is down: %+v", a.Answer)
	}
	a = asked(t, ExitUnhealthy, "no", at, "--can-lose-max=2")
	if once := a.Answer.AtOnce; len(once.Voters) != 4 || once.Safe.Count != 0 || once.Kept.Count != 1 {
		t.Errorf("one is down: %+v", once)
	}
	asked(t, ExitHealthy, "safe", at, "--can-remove", "etcd-5")
	code, stdout, _ := etcdoc(t, "check", at, "--config", lenient(t), "-o", "nagios", "--can-remove", "etcd-9")
	if code != nagiosUnknown || !strings.Contains(stdout, "--can-remove etcd-9: there is no such member; there are") {
		t.Errorf("a member that is not there: %d, %s", code, stdout)
	}
}

// A fixedJudge says what may be lost at once.
type fixedJudge struct {
	lose thresholds.CanLose
	once thresholds.AtOnce
}

func (j fixedJudge) CanLose([]string) thresholds.CanLose { return j.lose }
func (j fixedJudge) AtOnce() thresholds.AtOnce           { return j.once }

// TestSetAnswers are the answers about several members, in words and codes.
func TestSetAnswers(t *testing.T) {
	t.Parallel()
	a := threeMembers(thresholds.OK, thresholds.LossSafe, thresholds.LossSafe, thresholds.LossSafe)
	a.Members[0].CanRemove = thresholds.CanRemove{Verdict: thresholds.LossRisk, Reason: "the reason"}
	refs := []thresholds.MemberRef{a.Members[0].MemberRef, a.Members[1].MemberRef}
	group := func(v thresholds.Verdict, sets ...[]thresholds.MemberRef) thresholds.LossGroup {
		return thresholds.LossGroup{CanLose: thresholds.CanLose{Verdict: v, Reason: "the reason"}, Sets: sets,
			Count: len(sets)}
	}
	once := thresholds.AtOnce{Voters: refs, Sizes: []thresholds.LossSize{
		{Members: 1, Groups: []thresholds.LossGroup{group(thresholds.LossSafe, refs[:1]),
			group(thresholds.LossRisk, refs[1:])}},
		{Members: 2, Groups: []thresholds.LossGroup{group(thresholds.LossRisk, refs)}},
	}}
	of := func(v thresholds.Verdict) judge {
		return fixedJudge{thresholds.CanLose{Verdict: v, Reason: "the reason"}, once}
	}
	pair := question{asks: thresholds.AskCanLose, names: []string{"etcd-1", "a1"}}
	for name, test := range map[string]struct {
		judge        judge
		q            question
		code, nagios int
		says         string
	}{
		"safe": {of(thresholds.LossSafe), pair, 0, nagiosOK,
			"SAFE     etcd-1 and etcd-2 may be lost at once now: the reason"},
		"risk": {of(thresholds.LossRisk), pair, 1, nagiosWarning,
			"RISK     losing etcd-1 and etcd-2 at once now is a risk: the reason"},
		"no": {of(thresholds.LossNo), pair, 1, nagiosCritical,
			"NO       etcd-1 and etcd-2 must not be lost at once now: the reason"},
		"unknown": {of(thresholds.LossUnknown), pair, 2, nagiosUnknown,
			"UNKNOWN  it is unknown whether etcd-1 and etcd-2 may be lost at once now: the reason"},
		"any": {of(thresholds.LossNo), question{asks: thresholds.AskCanLoseMax, needed: 1}, 1, nagiosWarning,
			"RISK     losing some voters now is a risk: etcd-2: the reason; safe: etcd-1. " +
				"At most 1 at once is safe: etcd-1; 2 are a risk: any"},
		"more than there are": {of(thresholds.LossNo), question{asks: thresholds.AskCanLoseMax, needed: 9}, 1,
			nagiosWarning, "RISK     losing any 9 voters at once now is a risk: there are only 2 voters to lose, and losing " +
				"2 of them: the reason. At most 1 at once is safe: etcd-1; 2 are a risk: any"},
		"any two": {of(thresholds.LossNo), question{asks: thresholds.AskCanLoseMax, needed: 2, acceptRisk: true}, 0,
			nagiosOK, "RISK     losing any 2 voters at once now is a risk, which is accepted: the reason. " +
				"At most 1 at once is safe: etcd-1; 2 are a risk: any"},
		"remove": {nil, question{asks: thresholds.AskCanRemove, names: []string{"etcd-1"}}, 1, nagiosWarning,
			"RISK     removing etcd-1 now is a risk: the reason"},
		"not there": {nil, question{asks: thresholds.AskCanLose, names: []string{"etcd-1", "etcd-4"}}, 2,
			nagiosUnknown, "UNKNOWN  --can-lose etcd-4: there is no such member; there are etcd-1 (a0), etcd-2 (a1), " +
				"etcd-3 (a2)"},
		"twice": {nil, question{asks: thresholds.AskCanLose, names: []string{"etcd-1", "a0"}}, 2, nagiosUnknown,
			"UNKNOWN  --can-lose a0: etcd-1 is named already (etcd-1); there are etcd-1 (a0), etcd-2 (a1), etcd-3 (a2)"},
	} {
		q := test.q
		q.judge = test.judge
		if got := q.code(a); got != test.code {
			t.Errorf("%s: %d, want %d", name, got, test.code)
		}
		if got := q.nagiosCode(a); got != test.nagios {
			t.Errorf("%s: plug-in's %d, want %d", name, got, test.nagios)
		}
		if got := q.verdict(a).String(); got != test.says {
			t.Errorf("%s: %q, want %q", name, got, test.says)
		}
	}
	var b bytes.Buffer
	q := &question{asks: thresholds.AskCanLoseMax, needed: 1, judge: of(thresholds.LossNo)}
	if _, err := tableFace(page{width: 80})(&b, q, a); err != nil {
		t.Fatal(err)
	}
	const want = `
How many may I lose at once?
  1  SAFE      etcd-1: the reason
  1  RISK      etcd-2: the reason
  2  RISK      any: the reason
`
	if !strings.Contains(b.String(), want) {
		t.Errorf("the table is\n%s\nwithout\n%s", b.String(), want)
	}
	b.Reset()
	q.judge = fixedJudge{once: thresholds.AtOnce{Nobody: thresholds.CanLose{Verdict: thresholds.LossUnknown,
		Reason: "no list"}}}
	if _, err := tableFace(page{width: 80})(&b, q, a); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"UNKNOWN   it is unknown whether any voter may be lost now: no list\n",
		"\nHow many may I lose at once?\n  UNKNOWN   no list\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table is\n%s\nwithout\n%s", b.String(), want)
		}
	}
}

// TestLongerLookIsNoCureForAll: more sweeps are offered where they may decide, and not where a name is no member's.
func TestLongerLookIsNoCureForAll(t *testing.T) {
	t.Parallel()
	a := threeMembers(thresholds.OK, thresholds.LossUnknown, thresholds.LossUnknown, thresholds.LossSafe)
	a.Members[1].Stray = true
	for name, offered := range map[string]bool{"etcd-1": true, "etcd-2": false, "etcd-9": false} {
		q := &question{asks: thresholds.AskCanLose, names: []string{name}, once: true}
		if got := q.verdict(a); strings.Contains(got.text, longerWindow) != offered || got.word != "UNKNOWN" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
