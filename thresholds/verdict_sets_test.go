package thresholds

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A voterHealth is what is known of a voter's health, for TestSetsAgreeWithACount.
type voterHealth int

const (
	healthWell voterHealth = iota
	healthDown
	healthUnknown
	healthImpaired // healthy, and a bad survivor
	healths        // how many there are
)

// counted is the verdict on losing a set of voters, by counting alone: bit i of gone is voter i.
func counted(voters []voterHealth, gone int) Verdict {
	quorum := len(voters)/2 + 1
	var now, perhapsNow, left, perhaps, down, impaired, lost, lostDown int
	for i, h := range voters {
		isGone := gone>>i&1 == 1
		if h == healthWell || h == healthImpaired {
			now, perhapsNow = now+1, perhapsNow+1
			if !isGone {
				left, perhaps = left+1, perhaps+1
			}
		}
		if h == healthUnknown {
			perhapsNow++
			if !isGone {
				perhaps++
			}
		}
		if isGone {
			lost++
		}
		switch {
		case isGone && h == healthDown:
			lostDown++
		case !isGone && h == healthDown:
			down++
		case !isGone && h == healthImpaired:
			impaired++
		}
	}
	answering := now > 0
	switch {
	case !answering:
		return LossUnknown // nobody says anything
	case perhapsNow < quorum:
		return LossNo // lost already
	case now < quorum:
		return LossUnknown
	case lostDown == lost:
		return LossSafe // nothing more is lost
	case perhaps < quorum:
		return LossNo
	case left < quorum:
		return LossUnknown
	case down > 0 || impaired > 0 || len(voters) >= 5 && perhaps == quorum:
		return LossRisk
	case perhaps > left:
		return LossUnknown
	}
	return LossSafe
}

// TestSetsAgreeWithACount: for every set of voters of every cluster of up to seven, each well, down, unknown or
// impaired, the verdict is that of a straightforward count. A learner beside them, lost or not, changes nothing.
func TestSetsAgreeWithACount(t *testing.T) {
	t.Parallel()
	verdicts := map[Verdict]int{}
	for size := 1; size <= 7; size++ {
		states := 1 << (2 * size)
		for state := range states {
			voters, plights := make([]voterHealth, size), make([]plight, size)
			for i := range voters {
				voters[i] = voterHealth(state >> (2 * i) % int(healths))
				plights[i] = map[voterHealth]plight{healthDown: voterDown, healthUnknown: voterJustLate}[voters[i]]
			}
			f := factsOf(clusterOf(plights), plights)
			for i, h := range voters {
				if h == healthImpaired {
					f.members[i].impairment.value = impairment{words: f.members[i].Label + " is slow", brief: "slow"}
				}
			}
			learner := state%2 == 0
			if learner {
				f.addLearner()
			}
			step := 1
			if size == 7 && !slices.IsSorted(voters) { // but for their names, these are all sets of a sorted state
				step = 8
			}
			for gone := 1 + state%step; gone < 1<<size; gone += step {
				var set places
				for i := range size {
					if gone>>i&1 == 1 {
						set = append(set, i)
					}
				}
				if learner && gone%2 == 0 {
					set = append(set, size)
				}
				got, want := f.canLose(set...), counted(voters, gone)
				if got.Verdict != want || got.Reason == "" || got.Headline == "" {
					t.Fatalf("%v without %v: %+v, by count %s", voters, set, got, want)
				}
				verdicts[want]++
			}
		}
	}
	for _, v := range []Verdict{LossSafe, LossRisk, LossNo, LossUnknown} {
		if verdicts[v] < 1000 {
			t.Errorf("only %d sets are %s: %v", verdicts[v], v, verdicts)
		}
	}
}

// addLearner adds a learner of whom all is known.
func (f *verdictFacts) addLearner() {
	f.members = append(f.members, memberFacts{
		MemberRef:  MemberRef{Key: "l", ID: 0xf, Label: "learner", Short: "learner"},
		membership: fact[probe.Membership]{value: probe.MembershipListed, at: epoch}, votes: fact[bool]{at: epoch},
	})
}

// TestSets: what decides beside the count.
func TestSets(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		voters int
		direct func(*scene)
		set    []int
		want   Verdict
		ground Ground
	}{
		"two of five":         {5, nil, []int{1, 2}, LossRisk, GroundMargin},
		"two of seven":        {7, nil, []int{1, 2}, LossSafe, ""},
		"three of seven":      {7, nil, []int{1, 2, 7}, LossRisk, GroundMargin},
		"two of three":        {3, nil, []int{1, 2}, LossNo, GroundQuorum},
		"all of three":        {3, nil, []int{1, 2, 3}, LossNo, GroundQuorum},
		"nobody":              {3, nil, nil, LossSafe, ""},
		"one that is down":    {7, func(s *scene) { s.kill(7) }, []int{6, 7}, LossSafe, ""},
		"beside one down":     {7, func(s *scene) { s.kill(7) }, []int{5, 6}, LossRisk, GroundHealth},
		"both down":           {5, func(s *scene) { s.kill(4, 5) }, []int{4, 5}, LossSafe, ""},
		"a survivor is blind": {7, func(s *scene) { s.member(3).blind() }, []int{1, 2}, LossUnknown, GroundSurvivors},
		"a stranger": {4, func(s *scene) { s.member(4).unlisted = true; s.kill(4) }, []int{1, 4}, LossUnknown,
			GroundIdentity},
		"a removed one": {4, func(s *scene) {
			s.member(4).unlisted, s.member(4).membership = true, probe.MembershipRemoved
		}, []int{1, 4}, LossSafe, ""},
		"NOSPACE": {7, func(s *scene) { s.alarm("NOSPACE", 2) }, []int{2, 3}, LossRisk, GroundIncident},
		"a learner": {4, func(s *scene) { s.member(4).learner, s.member(4).status.IsLearner = true, true },
			[]int{1, 4}, LossSafe, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, test.voters, Options{Immediate: true})
			s.run(10*time.Second, nil)
			if test.direct != nil {
				test.direct(s)
			}
			s.observe()
			a := s.observe()
			var keys []string
			for _, i := range test.set {
				keys = append(keys, a.Members[i-1].Key)
			}
			got := s.evaluator.CanLose(keys)
			if got.Verdict != test.want || got.Ground != test.ground {
				t.Errorf("%+v, want %s for %q", got, test.want, test.ground)
			}
			says(t, "", got.Reason)
			for i := range a.Members {
				if one := s.evaluator.CanLose([]string{a.Members[i].Key}); one != a.Members[i].CanLose {
					t.Errorf("the set of %s alone is %+v, its own verdict %+v", a.Members[i].Label, one,
						a.Members[i].CanLose)
				}
			}
			if at := s.evaluator.AtOnce(); name == "beside one down" || name == "a survivor is blind" {
				for n := range at.Sizes {
					says(t, fmt.Sprintf("any %d", n+1), at.Any(n+1).Reason)
				}
			}
		})
	}
}

// TestNobodyIsLostTwice: a voter that is down as far as is seen from here, and may be back, is not among those to lose.
func TestNobodyIsLostTwice(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{Immediate: true})
	s.run(10*time.Second, nil)
	s.kill(5)
	s.member(4).down = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	s.run(10*time.Second, nil)
	a := s.observe()
	at := s.evaluator.AtOnce()
	if len(at.Voters) != 3 {
		t.Errorf("there are %v to lose", at.Voters)
	}
	for i := range a.Members {
		there := slices.ContainsFunc(at.Voters, func(m MemberRef) bool { return m.Key == a.Members[i].Key })
		if lost := a.Members[i].LostAlready(); lost == there {
			t.Errorf("%s is lost already: %v, and to lose: %v", a.Members[i].Label, lost, there)
		}
	}
}

// TestSetWaitsForASlowDisk: of five with two slow disks, the loss of two quick ones makes commits wait for a slow one,
// and that of the slow ones does not.
func TestSetWaitsForASlowDisk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 7, Options{Immediate: true})
	fast, slow := 2*time.Millisecond, 600*time.Millisecond
	s.run(20*time.Second, s.writes(fast, fast, fast, fast, fast, slow, slow))
	a := s.observe()
	keys := func(members ...int) (keys []string) {
		for _, i := range members {
			keys = append(keys, a.Members[i-1].Key)
		}
		return keys
	}
	if got := s.evaluator.CanLose(keys(2, 3)); got.Verdict != LossRisk || got.Ground != GroundCommitLatency {
		t.Errorf("the loss of quick ones: %+v, want commits to wait", got)
	} else {
		says(t, "quick ones", got.Reason)
	}
	if got := s.evaluator.CanLose(keys(6, 7)); got.Verdict != LossSafe {
		t.Errorf("the loss of the slow ones: %+v, want safe", got)
	}
}

// TestAtOnce: which sets there are, and that they are counted once, bounded, and judged as each by itself.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	for size := 1; size <= 13; size++ {
		voters := make([]plight, size)
		if size > 3 {
			voters[size-1] = voterDown
		}
		f := factsOf(clusterOf(voters), voters)
		at := f.atOnce()
		if want := size - min(1, max(0, size-3)); len(at.Voters) != want {
			t.Errorf("of %d voters %d are there to lose", size, len(at.Voters))
		}
		for i, s := range at.Sizes {
			sets := 0
			for _, g := range s.Groups {
				sets += g.Count
				if len(g.Sets) != min(g.Count, maxSetsListed) {
					t.Errorf("of %d sets %d are listed", g.Count, len(g.Sets))
				}
			}
			if want := len(combinations(make(places, len(at.Voters)), s.Members)); s.Members != i+1 || sets != want {
				t.Errorf("of %d voters %d sets of %d, want %d", size, sets, s.Members, want)
			}
		}
		if last := at.Sizes[len(at.Sizes)-1]; at.TooMany == 0 && last.Groups[0].Verdict != LossNo {
			t.Errorf("of %d voters the last size is %+v", size, last)
		}
		if safe, every := at.Safe(); size == 3 && (safe != 1 || !every) || size == 7 && safe != 0 {
			t.Errorf("of %d voters %d are safe to lose, any: %v", size, safe, every)
		}
		if kept, every := at.Kept(); size == 7 && (kept != 2 || !every) {
			t.Errorf("of seven voters, one of them down, %d may be lost at a risk, any: %v", kept, every)
		}
	}
	for n, want := range map[int]int{2: 190, 3: 1140, 10: 184756} {
		if got := len(combinations(make(places, 20), n)); got != want && want <= maxSets || got != 0 && want > maxSets {
			t.Errorf("%d sets of %d out of 20, want %d or, above %d, none", got, n, want, maxSets)
		}
	}
	all := combinations(places{3, 5, 8}, 2)
	if !slices.EqualFunc(all, []places{{3, 5}, {3, 8}, {5, 8}}, slices.Equal) {
		t.Errorf("the pairs of three are %v", all)
	}
}
