package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// seesRTT lets one end of a link observe two round trips, as if only one direction were long.
func (s *scene) seesRTT(from, to int, d time.Duration) {
	s.peer(from, to, func(p *probe.PeerMetrics) {
		if !p.RoundTrip.IsKnown() {
			p.RoundTrip = probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, len(rttBounds()))}
		}
		p.RoundTrip = observed(p.RoundTrip, 2, d)
	})
}

// TestLinksAlike: a link is slow compared with quicker ones. If none is quicker, the whole network is slow or the
// members are far apart, and no member is blamed.
func TestLinksAlike(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	all := func(took time.Duration) func(x, y int) time.Duration {
		return func(int, int) time.Duration { return took }
	}
	but := func(long, others time.Duration, pairs ...[2]int) func(x, y int) time.Duration {
		return func(x, y int) time.Duration {
			if slices.Contains(pairs, [2]int{x, y}) {
				return long
			}
			return others
		}
	}
	for _, c := range []struct {
		name          string
		voters        []int
		usual, now    func(x, y int) time.Duration
		lasted        time.Duration // usual round trip
		oneWay, check bool
		cause         Cause
		about         []string
	}{
		{"all, from the start", []int{3, 5}, nil, all(60 * ms), 0, false, false, CauseSlowNetwork,
			nil},
		{"all, one way", []int{3, 5}, nil, all(120 * ms), 0, true, false, CauseSlowNetwork, nil},
		{"all, by design", []int{3, 5}, all(60 * ms), all(60 * ms), 10 * time.Minute, false, false, CauseSlowNetwork,
			nil},
		{"all have grown", []int{3, 5}, all(2 * ms), all(120 * ms), 15 * time.Minute, false, false, CauseSlowNetwork,
			nil},
		{"about the limit", []int{3, 5}, nil, but(48*ms, 56*ms, [2]int{1, 2}), 0, false, false, CauseSlowNetwork, nil},
		{"all long, and one longer", []int{3, 5}, nil, but(300*ms, 60*ms, [2]int{1, 2}), 0, false, false, CauseSlowLink,
			[]string{"etcd-1", "etcd-2"}},
		{"all long, and those of one longer", []int{3}, nil, but(300*ms, 60*ms, [2]int{1, 2}, [2]int{2, 3}), 0, false,
			false, CauseSlowLink, []string{"etcd-2"}},
		{"one, one way", []int{3, 5}, nil, but(120*ms, 3*ms, [2]int{2, 3}), 0, true, false, CauseSlowLink,
			[]string{"etcd-2", "etcd-3"}},
		{"the only one", []int{2}, nil, all(120 * ms), 0, false, false, CauseSlowLink,
			[]string{"etcd-1", "etcd-2"}},
		{"all, in a check", []int{3, 5}, all(120 * ms), nil, 15 * time.Minute, false, true, CauseSlowNetwork,
			nil},
		{"one, in a check", []int{3, 5}, but(120*ms, 3*ms, [2]int{2, 3}), nil, 15 * time.Minute, false, true,
			CauseSlowLink, []string{"etcd-2", "etcd-3"}},
	} {
		for _, n := range c.voters {
			t.Run(fmt.Sprintf("%s, %d voters", c.name, n), func(t *testing.T) {
				s := newScene(t, n, Options{})
				s.unprobed = true
				trips := func(took func(x, y int) time.Duration) {
					for x := 1; x <= n && took != nil; x++ {
						for y := x + 1; y <= n; y++ {
							if c.oneWay {
								s.seesRTT(x, y, took(x, y))
							} else {
								s.rtt(x, y, took(x, y))
							}
						}
					}
				}
				act := func(took func(x, y int) time.Duration) func() {
					return func() {
						s.work(20, quickFsync)
						if s.now.Unix()%30 == 0 {
							trips(took)
						}
					}
				}
				s.run(c.lasted, act(c.usual))
				var a Assessment
				if c.check {
					s.evaluator = New(Options{Immediate: true})
					a = s.run(4*time.Second, func() { s.work(20, quickFsync) })
				} else {
					a = s.run(150*time.Second, act(c.now))
				}
				wantReading(t, &a, c.cause)
				saysReading(t, &a)
				wantBlamed(t, &a, c.about...)
				if c.cause == CauseSlowNetwork && strings.Contains(a.Reading.Text, "etcd-") {
					t.Errorf("a member is named: %s", a.Reading.Text)
				}
			})
		}
	}
}

// TestTouchingTrips: where the buckets of slow links and of the others touch, the sentence does not say of both that
// they take the same.
func TestTouchingTrips(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	s := newScene(t, 3, Options{})
	s.unprobed = true
	a := s.run(150*time.Second, func() {
		s.work(20, quickFsync)
		if s.now.Unix()%30 != 0 {
			return
		}
		for link, longest := range map[[2]int]time.Duration{{1, 2}: 300 * ms, {1, 3}: 300 * ms, {2, 3}: 500 * ms} {
			s.rtt(link[0], link[1], ms) // as often as answered probes are observed
			s.rtt(link[0], link[1], longest)
		}
	})
	wantReading(t, &a, CauseSlowLink)
	saysReading(t, &a)
}

// TestLinksAlikeOfBusyHosts: if all links are equally long and all members answer late even from memory, the cause
// may be the hosts' CPU or the network.
func TestLinksAlikeOfBusyHosts(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name           string
		status, scrape [3]time.Duration
		cause          Cause
		about          []string
	}{
		{"quick", [3]time.Duration{3 * ms, 3 * ms, 3 * ms}, [3]time.Duration{8 * ms, 9 * ms, 10 * ms}, CauseSlowNetwork,
			nil},
		{"all late", [3]time.Duration{40 * ms, 60 * ms, 50 * ms}, [3]time.Duration{60 * ms, 90 * ms, 70 * ms},
			CauseNotClear, nil},
		{"all but one late", [3]time.Duration{40 * ms, 60 * ms, 3 * ms}, [3]time.Duration{60 * ms, 90 * ms, 10 * ms},
			CauseStarvation, []string{"etcd-2"}},
		{"only expositions late", [3]time.Duration{3 * ms, 3 * ms, 3 * ms}, [3]time.Duration{60 * ms, 90 * ms, 70 * ms},
			CauseSlowNetwork, nil},
		{"far from here", [3]time.Duration{60 * ms, 60 * ms, 60 * ms}, [3]time.Duration{130 * ms, 130 * ms, 130 * ms},
			CauseSlowNetwork, nil},
	} {
		for _, check := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, check %v", c.name, check), func(t *testing.T) {
				s := newScene(t, 3, Options{Immediate: check})
				s.unprobed = true
				sweep := 0
				a := s.run(150*time.Second, func() {
					s.work(20, quickFsync)
					for i, m := range s.members {
						m.far, m.lastMetrics.Took = c.status[i], c.scrape[i]
						if sweep%3 == 0 && !strings.HasPrefix(c.name, "far") {
							// the delay of a busy host, which no network adds
							m.far = 2 * ms
						}
					}
					if sweep++; s.now.Unix()%30 == 0 {
						s.rtt(1, 2, 120*ms)
						s.rtt(1, 3, 120*ms)
						s.rtt(2, 3, 120*ms)
					}
				})
				wantReading(t, &a, c.cause)
				wantBlamed(t, &a, c.about...)
				if c.cause == CauseNotClear &&
					!slices.Equal(a.Reading.Candidates, []Cause{CauseSlowNetwork, CauseStarvation}) {
					t.Errorf("candidates %q: %s", a.Reading.Candidates, a.Reading.Text)
				}
			})
		}
	}
}

// TestCompareLinks compares links with the quickest one: at least twice as long, and longer than measuring errors
// explain.
func TestCompareLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trips [][2]float64 // at least and at most, in ms
		slow  int
		alike bool
	}{
		{nil, 0, false},
		{[][2]float64{{49, 50}}, 0, false},
		{[][2]float64{{50, 51}}, 1, false},
		{[][2]float64{{60, 102}, {119, 204}}, 0, true},
		{[][2]float64{{60, 102}, {120, 204}}, 1, false},
		{[][2]float64{{60, 102}, {101, 204}}, 0, true},
		{[][2]float64{{0, 25}, {50, 102}}, 1, false},
		{[][2]float64{{0, 60}, {50, 102}}, 0, true},
		{[][2]float64{{3, 6}, {49, 51}, {60, 102}}, 1, false},
		{[][2]float64{{3, 6}, {60, 102}, {60, 102}}, 2, false},
	} {
		pairs := make([]pair, 0, len(c.trips))
		for i, trip := range c.trips {
			pairs = append(pairs, pair{a: i, b: i + 1, rttLower: trip[0] / 1000, rttUpper: trip[1] / 1000})
		}
		slow, fast, same := compareLinks(pairs, 0.05)
		if len(slow) != c.slow || len(slow)+len(fast) != len(pairs) || same != c.alike {
			t.Errorf("%v: %d slow, %d not, alike %v; want %d slow, alike %v", c.trips, len(slow), len(fast), same,
				c.slow, c.alike)
		}
	}
}

// TestReadsThroughLinksAlike: when all links have become long, reads through one follower may take longest, or be the
// first to show it. Only if reads through the others stay quick is it the follower's link.
func TestReadsThroughLinksAlike(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		rounds [][3]time.Duration // linearizable reads of the members, 5 s apart: etcd-1 leads
		blamed bool
	}{
		{"all, one more", [][3]time.Duration{{139 * ms, 260 * ms, 475 * ms}, {139 * ms, 260 * ms, 475 * ms}}, false},
		{"one first", [][3]time.Duration{{6 * ms, 7 * ms, 110 * ms}}, false},
		{"one first, then all", [][3]time.Duration{{6 * ms, 7 * ms, 110 * ms}, {120 * ms, 240 * ms, 250 * ms}}, false},
		{"one", [][3]time.Duration{{6 * ms, 7 * ms, 110 * ms}, {6 * ms, 7 * ms, 120 * ms}}, true},
		{"one, of long links", [][3]time.Duration{{60 * ms, 120 * ms, 475 * ms}, {60 * ms, 120 * ms, 475 * ms}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			read := func(round [3]time.Duration) {
				for i, m := range s.members {
					m.reads(s.now, round[i], 5*ms)
				}
			}
			at := func(round [3]time.Duration) func() {
				first := true
				return func() {
					s.work(50, quickFsync)
					if first {
						read(round)
					}
					first = false
				}
			}
			s.run(5*time.Second, at([3]time.Duration{6 * ms, 7 * ms, 7 * ms}))
			s.run(5*time.Second, at([3]time.Duration{6 * ms, 7 * ms, 7 * ms}))
			for _, round := range c.rounds {
				began := at(round)
				a := s.run(5*time.Second, func() { began(); s.member(3).slowApplies(1) })
				if a.Reading.Cause == CauseSlowLink && !c.blamed {
					t.Fatalf("%v: %s", round, a.Reading.Text)
				}
			}
			if a := s.observe(); c.blamed {
				wantReading(t, &a, CauseNotClear)
				says(t, "at once", a.Reading.Text)
				for range 3 { // until it has answered for long enough
					began := at(c.rounds[len(c.rounds)-1])
					a = s.run(5*time.Second, func() { began(); s.member(3).slowApplies(1) })
				}
				wantReading(t, &a, CauseSlowLink)
				saysReading(t, &a)
			}
		})
	}
}
