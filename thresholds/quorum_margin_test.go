package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// TestMargin: how many voters are healthy and how many more may fail is always there, whatever is found.
func TestMargin(t *testing.T) {
	t.Parallel()
	away := func(members ...int) func(*scene) {
		return func(s *scene) {
			for _, i := range members {
				s.member(i).down = errRefused
			}
		}
	}
	for name, test := range map[string]struct {
		voters int
		change func(*scene)
		want   string
	}{
		"three":            {3, nil, "3/3 healthy, 1 may fail"},
		"one down":         {3, away(2), "2/3 healthy, none to spare"},
		"five":             {5, nil, "5/5 healthy, 2 may fail"},
		"one of five down": {5, away(2), "4/5 healthy, 1 more may fail"},
		"two of five down": {5, away(2, 3), "3/5 healthy, none to spare"},
		"a single member":  {1, nil, "1/1 healthy, none to spare"},
		"two":              {2, nil, "2/2 healthy, none to spare"},
		"a learner does not count": {3, func(s *scene) {
			learner := s.add("learner")
			learner.learner, learner.status.IsLearner = true, true
		}, "3/3 healthy, 1 may fail"},
		"one answers, and knows no leader": {3, func(s *scene) { s.elect(0); away(1, 2)(s) },
			"1 of 3 answers, no leader, needs 2"},
		"all answer, and none leads":       {3, func(s *scene) { s.elect(0) }, "3 of 3 answer, none leads"},
		"one answers, and thinks it leads": {3, away(2, 3), "1/3 healthy, quorum needs 2"},
		"none answers":                     {3, away(1, 2, 3), "none of 3 voters answers, needs 2"},
		"the list is not known": {3, func(s *scene) { s.noMemberList = true },
			"quorum ?: member list not known"},
		"a slow disk": {3, func(s *scene) { s.member(1).fsync(500, time.Second) },
			"3/3 healthy, 1 may fail"},
		"puts are refused":           {3, func(s *scene) { s.alarm("NOSPACE", 2) }, "puts refused, quorum 3/3, 1 may fail"},
		"puts are refused, of five":  {5, func(s *scene) { s.alarm("NOSPACE", 2) }, "puts refused, quorum 5/5, 2 may fail"},
		"writes are refused":         {3, func(s *scene) { s.alarm("CORRUPT", 2) }, "no writes, quorum 2/3, none to spare"},
		"writes are refused of five": {5, func(s *scene) { s.alarm("CORRUPT", 2) }, "no writes, quorum 4/5, 1 more may fail"},
		"puts are refused, one down": {3, func(s *scene) { s.alarm("NOSPACE", 1); away(2)(s) },
			"no puts, quorum 2/3, none to spare"},
		"one denies permission": {3, func(s *scene) {
			s.member(3).down = &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
		}, "2/3 healthy, 1 not known"},
	} {
		s := newScene(t, test.voters, Options{})
		s.run(40*time.Second, func() { s.work(50, quickFsync) }) // until every verdict is known
		if test.change != nil {
			test.change(s)
		}
		a := s.observe()
		if a.Cluster.Margin != test.want || displaywidth.String(test.want) > MarginWidth {
			t.Errorf("%s: %q, want %q", name, a.Cluster.Margin, test.want)
		}
	}
}

// TestMarginClaimsNoMoreThanTheVerdicts: while a verdict is not known, how many may fail is not, either: in the
// first sweep, and after a break. A scene checks that in every other one: see checkMargin.
func TestMarginClaimsNoMoreThanTheVerdicts(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	look := func(when string) {
		for i := range 5 {
			a := s.observe()
			known := !slices.ContainsFunc(a.Members, func(m Member) bool { return m.CanLose.Verdict != LossSafe })
			may := strings.Contains(a.Cluster.Margin, "may fail")
			unsaid := strings.Contains(a.Cluster.Margin, "margin not known") &&
				!strings.Contains(a.Reading.Text, "1 can be lost")
			if may != known || !may && !unsaid {
				t.Errorf("%s, sweep %d: %q, %q beside %s", when, i+1, a.Cluster.Margin, a.Reading.Text,
					a.Members[1].CanLose.Verdict)
			}
			if i == 0 && known {
				t.Errorf("%s: SAFE at first sight", when)
			}
		}
	}
	look("at first")
	s.now = s.now.Add(10 * time.Minute)
	look("after a break")
}

// TestMarginOfManyVoters: the words fit, however many voters there are.
func TestMarginOfManyVoters(t *testing.T) {
	t.Parallel()
	for _, voters := range []int{11, 101} {
		s := newScene(t, voters, Options{})
		s.observe()
		s.elect(0)
		for _, m := range s.members[voters/2:] {
			m.down = errRefused
		}
		s.observe() // it checks every margin's width
	}
}

// TestMarginOfDumps: dumped metrics do not show a quorum.
func TestMarginOfDumps(t *testing.T) {
	t.Parallel()
	d := newDumped(t, Options{})
	if a := d.run(3, nil); a.Cluster.Margin != "quorum ?: dumps do not show it" {
		t.Errorf("%q", a.Cluster.Margin)
	}
	a := New(Options{}).Observe(probe.Sweep{At: epoch, Interval: time.Second})
	if want := "quorum ?: no member known"; a.Cluster.Margin != want {
		t.Errorf("%q, want %q", a.Cluster.Margin, want)
	}
}

// TestNothingCriticalIsCalledHealthy whatever is lost, and the margin stays.
func TestNothingCriticalIsCalledHealthy(t *testing.T) {
	t.Parallel()
	c := clusterState{Cluster: Cluster{Voters: 5, HealthyVoters: 4, Quorum: 3}}
	const margin = "4/5, 1 more may fail"
	if says := heldMargin(&c, Critical, nil, false); says != "quorum "+margin {
		t.Errorf("critical: %q", says)
	}
	for _, row := range impactRows {
		for _, service := range row.services {
			says := heldMargin(&c, Critical, &Impact{Service: service, Effect: row.effect}, false)
			if !strings.HasSuffix(says, margin) || strings.Contains(says, "healthy") ||
				displaywidth.String(says) > MarginWidth {
				t.Errorf("%s %s: %q", service, row.effect, says)
			}
		}
	}
}
