package thresholds

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// writes advances time while each member makes 50 fsyncs of its given duration.
func (s *scene) writes(each ...time.Duration) func() {
	return func() {
		for i, d := range each {
			if m := s.members[i]; m.down == nil {
				m.fsync(50, d)
				m.commit(50, 2*time.Millisecond)
			}
		}
	}
}

// TestCanLoseWeighsSurvivors: losing a member costs more if commits must then wait for a slower one.
func TestCanLoseWeighsSurvivors(t *testing.T) {
	t.Parallel()
	const fast, slow, ms = 2 * time.Millisecond, 30 * time.Millisecond, time.Millisecond
	tests := map[string]struct {
		fsyncs  []time.Duration
		member  int
		want    Verdict
		because Ground
	}{
		"all fast":                    {[]time.Duration{fast, fast, fast}, 2, LossSafe, ""},
		"would wait for the slow one": {[]time.Duration{fast, fast, slow}, 2, LossRisk, GroundCommitLatency},
		"losing the leader does too":  {[]time.Duration{fast, fast, slow}, 1, LossRisk, GroundCommitLatency},
		"losing the slow one":         {[]time.Duration{fast, fast, slow}, 3, LossSafe, ""},
		"all slow alike":              {[]time.Duration{slow, slow, slow}, 2, LossSafe, ""},
		"the leader is the slow one":  {[]time.Duration{slow, fast, fast}, 2, LossSafe, ""},
		"losing the slow leader":      {[]time.Duration{slow, fast, fast}, 1, LossSafe, ""},
		"slower, below the limit":     {[]time.Duration{ms, ms, 8 * ms}, 2, LossSafe, ""},
		"five, one slow":              {[]time.Duration{fast, fast, fast, fast, slow}, 2, LossSafe, ""},
		"five, two slow": {[]time.Duration{fast, fast, fast, slow, slow}, 2, LossRisk,
			GroundCommitLatency},
		"five, two slow, one of them": {[]time.Duration{fast, fast, fast, slow, slow}, 5, LossSafe, ""},
		"a warning is said once":      {[]time.Duration{fast, fast, 200 * ms}, 2, LossRisk, GroundCommitLatency},
		"a warning that nobody waits on": {[]time.Duration{fast, fast, fast, fast, 200 * ms}, 2, LossRisk,
			GroundSurvivors},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, len(test.fsyncs), Options{})
			a := s.run(40*time.Second, s.writes(test.fsyncs...))
			got := a.Members[test.member-1].CanLose
			if got.Verdict != test.want || got.Ground != test.because {
				t.Errorf("got %s for %q (%s), want %s for %q", got.Verdict, got.Ground, got.Reason, test.want,
					test.because)
			}
			says(t, "", got.Reason)
		})
	}
}

// TestFewSlowObservationsProveLittle: seven fsyncs over the documented 10 ms are a notice, and no reason to keep a
// member.
func TestFewSlowObservationsProveLittle(t *testing.T) {
	t.Parallel()
	observe := func(slowest time.Duration) CanLose {
		s := newScene(t, 3, Options{Immediate: true})
		s.observe()
		for range 2 {
			s.writes(2*time.Millisecond, 2*time.Millisecond)()
			s.member(3).fsync(7, slowest)
			s.observe()
		}
		a := s.observe()
		return a.Members[1].CanLose
	}
	if got := observe(20 * time.Millisecond); got.Verdict != LossSafe {
		t.Errorf("between 16 and 32 ms: %+v, want safe: no more than a remark", got)
	}
	if got := observe(150 * time.Millisecond); got.Verdict != LossRisk || got.Ground != GroundCommitLatency {
		t.Errorf("over 128 ms: %+v, want a risk", got)
	} else {
		says(t, "", got.Reason)
	}
}

// TestCommitsOverLinks: commits wait for a far member as for a slow disk.
func TestCommitsOverLinks(t *testing.T) {
	t.Parallel()
	rtt := func(d time.Duration) *window.Histogram {
		bounds := make([]float64, 0, 17)
		for i := range 16 {
			bounds = append(bounds, 0.0001*math.Pow(2, float64(i)))
		}
		bounds = append(bounds, math.Inf(1))
		b, h := new(window.Histogram), probe.Histogram{Bounds: bounds, Counts: make([]float64, 17)}
		for i := range 4 {
			b.Add(epoch.Add(time.Duration(i)*20*time.Second), window.Buckets(h), rttWindow)
			h = observed(h, 2, d)
		}
		return b
	}
	b := clusterOf([]plight{voterUp, voterUp, voterUp})
	o := Options{Rules: Rules(), Window: DefaultWindow}
	b.settings = o.settings(NewRuleSet(o.Rules), time.Second)
	for i := range b.members {
		m := &b.members[i]
		m.ID, m.settings = probe.MemberID(i+1), b.settings
		m.probed = &probe.Member{Metrics: probe.Fact[*probe.Metrics]{Value: &probe.Metrics{}, At: epoch}}
		m.track = &track{ref: m.MemberRef, metricsAt: epoch.Add(time.Minute), peers: map[probe.MemberID]*peerTrack{}}
		for at := range 4 {
			fsyncs := observed(probe.Histogram{Bounds: fsyncBounds(), Counts: make([]float64, 15)}, float64(100*at),
				2*time.Millisecond)
			m.track.walFsync.Add(epoch.Add(time.Duration(50+3*at)*time.Second), window.Buckets(fsyncs), time.Minute)
		}
		for j := range b.members {
			far := time.Millisecond
			if i == 2 || j == 2 {
				far = 120 * time.Millisecond
			}
			if i != j {
				m.track.peers[probe.MemberID(j+1)] = &peerTrack{rtt: *rtt(far), rttQuietAt: epoch.Add(time.Minute)}
			}
		}
	}
	slow := slowLinks{pairs: []pair{
		{a: 0, b: 2, rttLower: 0.12, rttUpper: 0.2}, {a: 1, b: 2, rttLower: 0.12, rttUpper: 0.2},
	}}
	p := newCommitPath(b.frame, b.cluster, nil, slow)
	for i, clearly := range []bool{true, true, false} {
		got, missing := p.without(places{i})
		if missing.words != "" || clearly != got.certain {
			t.Errorf("without etcd-%d: %+v, missing %v; want %v", i+1, got, missing, clearly)
		}
		if clearly {
			says(t, fmt.Sprintf("without etcd-%d", i+1), got.words)
		}
	}
	for i := range 3 {
		got, missing := newCommitPath(b.frame, b.cluster, nil, slowLinks{}).without(places{i})
		if got.slowest >= 0 || missing.words != "" {
			t.Errorf("a link that is fast again is weighed: without etcd-%d %+v, missing %v", i+1, got, missing)
		}
	}
}

// TestSlowDiskIsSeenAtOnce: a disk that hangs for 600 ms at each fsync makes a bad survivor in the second sweep, long
// before the p99 of its window shows it.
func TestSlowDiskIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	fast := 2 * time.Millisecond
	if a := s.run(40*time.Second, s.writes(fast, fast, fast)); a.Members[1].CanLose.Verdict != LossSafe {
		t.Fatalf("all fast: %+v", a.Members[1].CanLose)
	}
	slow := func() {
		s.writes(fast, fast)()
		s.member(3).fsync(1, 600*time.Millisecond)
	}
	s.run(time.Second, slow)
	s.run(20*time.Second, func() {
		slow()
		a := s.observe()
		if got := a.Members[1].CanLose; got.Verdict != LossRisk || got.Ground != GroundCommitLatency {
			t.Fatalf("after %s: %+v, want a risk", s.now.Sub(epoch.Add(41*time.Second)), got)
		}
	})
}

// TestOneReasonForOneDisk: of a slow disk that has something to write every few seconds only, the reason is the same in
// every sweep, and with each of the others that may be lost. It ends with quick fsyncs.
func TestOneReasonForOneDisk(t *testing.T) {
	t.Parallel()
	const quick, slow = 2 * time.Millisecond, 300 * time.Millisecond
	for every := 1; every <= 7; every++ {
		s := newScene(t, 3, Options{})
		s.run(40*time.Second, s.writes(quick, quick, quick))
		for i := range 60 {
			s.writes(quick, quick)()
			if i%every == 0 {
				s.member(3).fsync(1, slow)
			}
			a := s.observe()
			one, other := a.Members[0].CanLose, a.Members[1].CanLose
			if i > 0 && (one.Headline != "waits for etcd-3's disk" || other.Headline != one.Headline) {
				t.Errorf("every %d sweeps, in sweep %d: %q, and %q", every, i, one.Headline, other.Headline)
			}
		}
		a := s.run(2*DefaultWindow+5*time.Second, s.writes(quick, quick, quick))
		if got := verdicts(&a); got[0] != LossSafe || got[1] != LossSafe {
			t.Errorf("every %d sweeps, and quick since: %v", every, got)
		}
	}
}

// TestOneDiskIsHeldAgainstBoth: while a disk that was slow is remembered, and all are alike again, no other disk takes
// its place in the reason.
func TestOneDiskIsHeldAgainstBoth(t *testing.T) {
	t.Parallel()
	const usual, ms = 14 * time.Millisecond, time.Millisecond
	s := newScene(t, 3, Options{})
	s.run(40*time.Second, s.writes(usual, usual, 13*ms))
	s.run(30*time.Second, s.writes(usual, 500*ms, 13*ms))
	held := false
	s.run(2*DefaultWindow, func() {
		s.writes(usual, usual, 13*ms)()
		a := s.observe()
		one, other := a.Members[0].CanLose, a.Members[2].CanLose
		if one.Headline != other.Headline {
			t.Errorf("%q without etcd-1, %q without etcd-3", one.Headline, other.Headline)
		}
		held = held || one.Headline == "etcd-2's disk was slow"
	})
	if !held {
		t.Error("it is forgotten at once")
	}
}

// TestCommitVerdictIsSteady: a p99 that oscillates around the limit does not make the verdict oscillate.
func TestCommitVerdictIsSteady(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	changes, was, sweep := 0, LossUnknown, 0
	s.run(3*time.Minute, func() {
		sweep++
		disk := 14 * time.Millisecond
		if sweep/7%2 == 0 {
			disk = 40 * time.Millisecond
		}
		s.writes(7*time.Millisecond, 7*time.Millisecond, disk)()
		a := s.observe()
		if got := a.Members[1].CanLose.Verdict; got != was {
			was, changes = got, changes+1
		}
	})
	if changes > 3 || was != LossRisk { // unknown at first, then safe, then a risk
		t.Errorf("the verdict changed %d times, and is %s", changes, was)
	}
}

// TestUnknownCommitTimeIsNeitherFastNorSlow: unless the unknown makes no difference, the answer is unknown.
func TestUnknownCommitTimeIsNeitherFastNorSlow(t *testing.T) {
	t.Parallel()
	fast, slow := bounds{known: true, least: 0.002, most: 0.002}, bounds{known: true, least: 0.6, most: 0.6}
	tests := map[string]struct {
		disks   []bounds
		without int
		clearly bool
		missing bool
	}{
		"all known":               {[]bounds{fast, fast, fast}, 1, false, false},
		"a survivor's":            {[]bounds{fast, fast, {}}, 1, false, true},
		"the leader's":            {[]bounds{{}, fast, fast}, 1, false, true},
		"its own":                 {[]bounds{fast, {}, fast}, 1, false, false},
		"its own, beside a slow":  {[]bounds{fast, {}, slow}, 1, true, false},
		"one that nobody awaits":  {[]bounds{fast, fast, fast, fast, {}}, 1, false, false},
		"two of five":             {[]bounds{fast, fast, fast, {}, {}}, 1, false, true},
		"a slow one is found too": {[]bounds{fast, fast, slow, slow, {}}, 1, true, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			voters := make([]plight, len(test.disks))
			b := clusterOf(voters)
			p := quickPath(b, test.disks)
			for i, disk := range test.disks {
				p.slowDisks[i] = disk == slow
			}
			got, missing := p.without(places{test.without})
			if (got.factor >= clearSlowdown) != test.clearly || (missing.words != "") != test.missing {
				t.Errorf("%+v, missing %v; want clearly %v, missing %t", got, missing, test.clearly, test.missing)
			}
			says(t, "", missing.words)
		})
	}
}
