package thresholds

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestSurvivors: who would be left are voters, a recommendation is no exception, and strays and learners do not count.
// The JSON has the same counts.
func TestSurvivors(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	learner := s.add("etcd-6")
	learner.learner, learner.status.IsLearner = true, true
	s.add("stray").unlisted = true
	for _, m := range s.members { // only recommended against
		m.status.Version = "3.5.10"
		m.metrics.ClusterVersion, m.status.StorageVersion = "3.5", ""
	}
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(4).down = errRefused
	a := s.run(40*time.Second, func() { s.work(50, quickFsync) })
	if a.Members[0].Level != Notice || a.Members[0].Worst != OK {
		t.Fatalf("%s has no recommendation: %s, %s", a.Members[0].Label, a.Members[0].Level, a.Members[0].Worst)
	}
	var written struct {
		Members []struct {
			Name      string
			Survivors struct{ Well, Unwell int }
		}
	}
	text, err := json.Marshal(a)
	if err == nil {
		err = json.Unmarshal(text, &written)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int][2]int{0: {3, 1}, 3: {4, 0}, 5: {4, 1}, 6: {4, 1}} {
		m := &a.Members[i]
		left := a.Survivors(m.Key)
		if left.Well != want[0] || len(left.Unwell) != want[1] || want[1] > 0 && left.Unwell[0].Label != "etcd-4" {
			t.Errorf("without %s: %+v, want %v", m.Label, left, want)
		}
		if got := written.Members[i].Survivors; got.Well != want[0] || got.Unwell != want[1] {
			t.Errorf("the JSON without %s: %+v, want %v", written.Members[i].Name, got, want)
		}
	}
}

// TestAlarmsKnown: whoever answers knows them; without an answer and without a recent list nobody does.
func TestAlarmsKnown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.noAlarms = true
	if a := s.run(5*time.Second, nil); !a.Cluster.AlarmsKnown {
		t.Error("all answer, and the alarms are not known")
	}
	for _, m := range s.members {
		m.down = errRefused
	}
	if a := s.run(5*time.Second, nil); a.Cluster.AlarmsKnown {
		t.Error("nobody answers, and the alarms are known")
	}
}

// TestClusterFacts: each face counts, sums up and calms down by these.
func TestClusterFacts(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).status.DBSizeBytes, s.member(2).metrics.DBSizeBytes = 6<<30, probe.Known(6<<30)
	a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
	check := func(when, line string, well, of int, inService, stale bool) {
		t.Helper()
		if got := a.ClusterLine(); got != line {
			t.Errorf("%s: %q, want %q", when, got, line)
		}
		if n, m := a.Counted(); n != well || m != of || a.InService() != inService {
			t.Errorf("%s: %d of %d, in service: %v", when, n, m, a.InService())
		}
		if used, old := a.QuotaUsed(); used != probe.Known(0.75) || old != stale {
			t.Errorf("%s: quota used %v, the last known: %v", when, used, old)
		}
	}
	check("healthy", "3/3 voters healthy, quorum 2, leader etcd-1, term 7", 3, 3, true, false)
	s.member(2).down = errRefused
	a = s.run(20*time.Second, func() { s.work(50, quickFsync) })
	check("one is down", "2/3 voters healthy, quorum 2, leader etcd-1, term 7", 2, 3, true, true)
	s.elect(0)
	a = s.run(20*time.Second, func() { s.work(50, quickFsync) })
	check("nobody leads", "2/3 voters answer, quorum 2, leader none, term 7", 2, 3, false, true)
	s.noMemberList = true
	a = s.run(20*time.Second, func() { s.work(50, quickFsync) })
	check("no member list", "member list not known, 2 of 3 endpoints answered, leader none", 2, 3, false, true)
}
