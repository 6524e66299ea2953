package thresholds

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestNoWayIsUnknown: a way that is gone says nothing of the members behind it: it is no outage, and no reason to
// rebuild anything.
func TestNoWayIsUnknown(t *testing.T) {
	t.Parallel()
	gone := &probe.Error{Kind: probe.ErrNoWay, Text: "the way through the API server is gone: connection refused"}
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() {})
	a := s.run(time.Minute, func() {
		for i := range s.members {
			s.members[i].down = gone
		}
	})
	if a.Level != Unknown || !a.Nowhere() || a.RebuildInQuestion() || a.Cluster.HealthyVoters != 0 {
		t.Errorf("%s: %+v", a.Level, a.Cluster)
	}
	for _, m := range a.Members {
		if m.State != StateOutOfReach || m.CanLose.Verdict != LossUnknown {
			t.Errorf("%s is %s, to lose it is %s", m.Label, m.State, m.CanLose.Verdict)
		}
	}
	for _, f := range a.Findings {
		if f.Level > Unknown {
			t.Errorf("%s: %s: %s", f.Level, f.Rule, f.Summary)
		}
	}
	if a = s.run(20*time.Second, func() { s.members[0].down = nil }); a.Nowhere() {
		t.Error("one answers")
	}
}

// TestNoWayToSome: while others are read through the API server it answers, so that the kubelet of a member without a
// way needs a look.
func TestNoWayToSome(t *testing.T) {
	t.Parallel()
	gone := &probe.Error{Kind: probe.ErrNoWay, Text: "the API server forwards nothing to etcd-3: error dialing backend"}
	for places, want := range map[string]string{"3": adviseKubelet, "23": adviseKubelet,
		"123": adviseAccess(probe.ErrNoWay, "", false)} {
		s := newScene(t, 3, Options{})
		for i := range s.members {
			s.members[i].blind() // nothing says whether it runs
			if strings.Contains(places, strconv.Itoa(i+1)) {
				s.members[i].down = gone
			}
		}
		a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
		says(t, places, strings.Join([]string{a.Reading.Headline, a.Reading.Step, a.Reading.Next}, "\n"))
		if f := finding(&a, MemberUnreachable, "etcd-3"); f.Advice != want || a.Reading.Next != want ||
			strings.Contains(a.Reading.Step, "readyz") == (want == adviseKubelet) {
			t.Errorf("without a way to %s: %q and %q, want %q; step: %s", places, f.Advice, a.Reading.Next, want, a.Reading.Step)
		}
	}
}

// TestRefusedForward: an API server that answers is not said to be gone, neither by a finding nor as the next step, and
// what it refuses says as little of the members behind it.
func TestRefusedForward(t *testing.T) {
	t.Parallel()
	for kind, want := range map[probe.ErrorKind]string{
		probe.ErrMayNotForward: "can-i create pods/portforward", probe.ErrKubeLogin: "auth whoami",
		probe.ErrNoPod: "get pods",
	} {
		refused := &probe.Error{Kind: kind, Text: "the API server refuses it"}
		s := newScene(t, 3, Options{})
		a := s.run(time.Minute, func() {
			for i := range s.members {
				s.members[i].down = refused
			}
		})
		if a.Level != Unknown || !a.Nowhere() || !strings.Contains(a.Reading.Next, want) {
			t.Errorf("%s: %s, next: %s, want %q", kind, a.Level, a.Reading.Next, want)
		}
		text, err := json.Marshal(&a)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{"server is gone", "no way through", "/readyz"} {
			if strings.Contains(string(text), wrong) {
				t.Errorf("%s: the JSON says %q", kind, wrong)
			}
		}
	}
}
