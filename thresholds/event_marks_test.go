package thresholds

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// announced is a scene in which etcd-2's outage is announced and then starts.
func announced(t *testing.T, voters int, member string, window time.Duration) *scene {
	s := newScene(t, voters, Options{})
	s.run(3*time.Second, nil)
	s.marks = []probe.Mark{{At: s.now, Text: "drain etcd-2", Member: member, Window: window}}
	s.observe()
	s.member(2).down = errRefused
	return s
}

func TestAnnouncedOutageIsExpected(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"etcd-2", "a1", "0xA1", "http://etcd-2:2379", "etcd-2:2379"} {
		s := announced(t, 5, name, 0)
		a := s.run(20*time.Second, nil)
		f := finding(&a, MemberUnreachable, "etcd-2")
		mark := newest(s.evaluator, EventMark).Announcement
		if f.Level != Notice || f.Expected != "drain etcd-2" || f.Announcement != mark || mark.Mark != 1 ||
			mark.Until.Sub(mark.Since) != DefaultOutage {
			t.Errorf("by %s: %+v, the mark has %+v", name, f, mark)
		}
		says(t, "by "+name, f.Words())
		if a.Level != Notice || a.Members[1].Level != Notice {
			t.Errorf("by %s: %s, etcd-2 %s, reading %+v", name, a.Level, a.Members[1].Level, a.Reading)
		}
		down := newest(s.evaluator, EventDown)
		if down.Level != Notice || down.Severity != Warning || down.Expected != "drain etcd-2" || !down.Active ||
			down.Announcement != mark {
			t.Errorf("by %s: event %+v", name, down)
		}
		says(t, "event, by "+name, down.Words())
		if got := a.Members[0].CanLose; got.Verdict != LossRisk || got.Ground != GroundHealth {
			t.Errorf("losing another one: %+v", got)
		}
		raw, err := json.Marshal(a)
		until := mark.Until.UTC().Format(time.RFC3339Nano)
		want := `"expected":"drain etcd-2","expected_until":"` + until + `"`
		if err != nil || !strings.Contains(string(raw), want) {
			t.Errorf("JSON without %s (%v)", want, err)
		}
		s.run(DefaultOutage, nil)
		if raw, err = json.Marshal(s.observe()); err != nil || strings.Contains(string(raw), `"expected`) {
			t.Errorf("JSON still expects it after its end (%v)", err)
		}
	}
}

// TestExpectedOutageSoftensNothingElse: the consequences for the quorum stay as severe.
func TestExpectedOutageSoftensNothingElse(t *testing.T) {
	t.Parallel()
	s := announced(t, 3, "etcd-2", 0)
	a := s.run(10*time.Second, nil)
	if f := finding(&a, QuorumAtRisk, ""); f.Level != Warning || f.Expected != "" {
		t.Errorf("quorum-at-risk: %+v", f)
	}
	saysFinding(t, &a, QuorumAtRisk, "")
	if got := a.Members[0].CanLose; got.Verdict != LossNo || got.Ground != GroundQuorum {
		t.Errorf("losing another one: %+v", got)
	}
	says(t, "losing another one", a.Members[0].CanLose.Reason)
	if a.Level != Warning || a.Reading.Cause != CauseMemberDown {
		t.Errorf("%s: %+v", a.Level, a.Reading)
	}
	says(t, "next", a.Reading.Next)

	s.member(3).down = errRefused
	a = s.run(10*time.Second, nil)
	if f := finding(&a, MemberUnreachable, "etcd-3"); f.Level != Warning || f.Expected != "" {
		t.Errorf("a second one: %+v", f)
	}
	if f := finding(&a, QuorumLost, ""); f.Level != Critical {
		t.Errorf("quorum-lost: %+v", f)
	}
}

// TestMarkExcusesNoEarlierRestart: a mark does not cover a crash before it.
func TestMarkExcusesNoEarlierRestart(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, nil)
	s.member(3).restart(s.now)
	s.run(5*time.Second, nil)
	s.marks = []probe.Mark{{At: s.now, Text: "drain etcd-3", Member: "etcd-3"}}
	a := s.run(5*time.Second, nil)
	if f := finding(&a, MemberRestarted, "etcd-3"); f.Level != Notice || f.Expected != "" {
		t.Errorf("the restart before: %+v", f)
	}
	s.member(3).restart(s.now)
	a = s.run(3*time.Second, nil)
	if f := finding(&a, MemberRestarted, "etcd-3"); f.Expected != "drain etcd-3" {
		t.Errorf("the one after: %+v", f)
	} else {
		says(t, "advice", f.Advice)
	}
}

// TestNewestRestartIsRemarked: the newest restart comes first, whatever the member's name.
func TestNewestRestartIsRemarked(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.restart(epoch.Add(-time.Minute))
	}
	s.run(10*time.Second, nil)
	s.member(3).restart(s.now)
	a := s.run(2*time.Second, nil)
	wantReading(t, &a, CauseHealthy)
	saysReading(t, &a)
}

// TestExpectedImpairmentStaysUnknown: announcing that a member's metrics go away makes it no better known as a
// survivor.
func TestExpectedImpairmentStaysUnknown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, nil)
	s.marks = []probe.Mark{{At: s.now, Text: "new exporter", Member: "etcd-2"}}
	s.member(2).noMetrics = errRefused
	a := s.run(20*time.Second, nil)
	if f := finding(&a, MetricsUnavailable, "etcd-2"); f.Level != Notice || f.Expected != "new exporter" {
		t.Errorf("metrics-unavailable: %+v", f)
	}
	if got := a.Members[2].CanLose; got.Verdict != LossUnknown || got.Ground != GroundSurvivors {
		t.Errorf("losing another one: %+v, want unknown for want of the metrics", got)
	}
}

func TestOutageLongerThanItsWindow(t *testing.T) {
	t.Parallel()
	s := announced(t, 5, "etcd-2", 30*time.Second)
	a := s.run(25*time.Second, nil)
	if f := finding(&a, MemberUnreachable, "etcd-2"); f.Level != Notice {
		t.Errorf("within the window: %+v", f)
	}
	before := count(s.evaluator, EventDown)
	a = s.run(10*time.Second, nil)
	if f := finding(&a, MemberUnreachable, "etcd-2"); f.Level != Warning || f.Expected != "" {
		t.Errorf("after it: %+v", f)
	}
	e := newest(s.evaluator, EventDown)
	if count(s.evaluator, EventDown) != before+1 || e.Level != Warning || !e.Active || e.Rule != MemberUnreachable ||
		e.Expected != "" {
		t.Errorf("event: %+v", e)
	}
	says(t, "", e.Text)
	if since := e.At.Sub(epoch); since < 33*time.Second || since > 35*time.Second {
		t.Errorf("it rose after %v, want when the window ended, after 33 s", since)
	}
	s.member(2).down = nil
	s.observe()
	if e := newest(s.evaluator, EventUp); e.Member.Label != "etcd-2" || e.Lasted != 35*time.Second {
		t.Errorf("back: %+v", e)
	}
	for _, e := range s.evaluator.Events(100) {
		if e.Active {
			t.Errorf("still active: %+v", e)
		}
	}
}

// TestMarkThatIsDoneExcusesNothingLater: once an announced member is back after its restart, what happens to it later
// is an alarm again, even in the announced window.
func TestMarkThatIsDoneExcusesNothingLater(t *testing.T) {
	t.Parallel()
	s := announced(t, 3, "etcd-2", 0)
	s.run(10*time.Second, nil)
	s.member(2).down = nil
	s.member(2).restart(s.now)
	a := s.run(30*time.Second, nil)
	wants(t, &a, MemberRestarted, "etcd-2", Notice)
	if f := finding(&a, MemberRestarted, "etcd-2"); f.Expected != "drain etcd-2" {
		t.Errorf("the restart that was announced: %+v", f)
	}
	s.kill(1, 3)
	s.elect(0)
	a = s.run(20*time.Second, nil)
	wantReading(t, &a, CauseQuorumLost)
	if said := a.Reading.Text + a.Reading.Further; strings.Contains(said, "(expected)") {
		t.Error(said)
	}
	if f := finding(&a, NoLeader, "etcd-2"); f.Expected != "" {
		t.Errorf("%+v", f)
	}
	s.member(1).down, s.member(3).down = nil, nil
	s.elect(0xa0)
	s.run(20*time.Second, nil)
	s.member(2).down = errRefused
	a = s.run(20*time.Second, nil)
	wants(t, &a, MemberUnreachable, "etcd-2", Warning)
}

// TestLateMark: an outage announced after it began is expected from then on, and becomes an alarm again when the
// window ends.
func TestLateMark(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	s.run(3*time.Second, nil)
	s.member(2).down = errRefused
	s.run(5*time.Second, nil)
	s.marks = []probe.Mark{{At: s.now, Text: "that was me", Member: "etcd-2", Window: 10 * time.Second}}
	a := s.run(5*time.Second, nil)
	if f := finding(&a, MemberUnreachable, "etcd-2"); f.Level != Notice || count(s.evaluator, EventDown) != 1 {
		t.Errorf("announced late: %+v, %d events", f, count(s.evaluator, EventDown))
	}
	s.run(10*time.Second, nil)
	if e := newest(s.evaluator, EventDown); count(s.evaluator, EventDown) != 2 || e.Level != Warning {
		t.Errorf("longer than announced: %+v", e)
	} else {
		says(t, "", e.Text)
	}
}

// TestMarkWithoutMember opens no window, and a mark about an unknown member does no harm.
func TestMarkWithoutMember(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	s.run(3*time.Second, nil)
	s.marks = []probe.Mark{{At: s.now, Text: "lunch"}, {At: s.now, Text: "drain etcd-9", Member: "etcd-9"}}
	s.member(2).down = errRefused
	a := s.run(5*time.Second, nil)
	if f := finding(&a, MemberUnreachable, "etcd-2"); f.Level != Warning || f.Expected != "" {
		t.Errorf("nobody announced it: %+v", f)
	}
}

// TestAMarkNames: a mark names a member by a whole word, not by part of one.
func TestAMarkNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		label, text string
		want        bool
	}{
		{"etcd-1", "etcd-1 is down", true}, {"etcd-1", "no answer from etcd-1.", true},
		{"etcd-1", "etcd-10 and etcd-1: both", true},
		{"etcd-1", "etcd-10 is down", false}, {"etcd-1", "my-etcd-1 is down", false}, {"etcd", "etcd-1 is down", false},
		{"b", "its metrics can't be read", false}, {"b", "b: it is hung", true},
		{"http://10.0.0.1:2379", "http://10.0.0.1:2379 is down", true},
		{"", "etcd-1 is down", false}, {"0", "100 ms", false}, {"1", "11 of 12", false}, {"s", "quorum loss", false},
		{"1", "11 of 1", true},
	} {
		if got := (MemberRef{Label: test.label}).calledIn(test.text); got != test.want {
			t.Errorf("%q names %q: %t, want %t", test.text, test.label, got, test.want)
		}
	}
}
