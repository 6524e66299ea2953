package thresholds

import (
	"math"
	"testing"
	"time"
)

// TestRoundTripsWithoutSmoothing: two rounds, one interval apart, bound the round trip in between, whatever it was
// before. A link is quick again from below the limit on, and slow again from the limit on.
func TestRoundTripsWithoutSmoothing(t *testing.T) {
	t.Parallel()
	const limit, usual, accuracy = 0.025, 0.002, 1e-9
	after := func(smoothed, took float64, probes int) float64 {
		kept := math.Pow(1-probeWeight, float64(probes))
		return kept*smoothed + (1-kept)*took
	}
	for _, c := range []struct {
		name         string
		before, took float64
		probes       int
		apart        time.Duration
		trips        float64 // of the second round
		known, quick bool
		again        float64 // the round trip in the interval after that
		quickThen    bool
	}{
		{"healed", 0.5, usual, 8, 30 * time.Second, 2, true, true, usual, true},
		{"healed, one probe less", 0.5, usual, 7, 30 * time.Second, 2, true, false, usual, true},
		{"healed, and short before", 0.1, usual, 7, 30 * time.Second, 2, true, true, usual, true},
		{"still slow", 0.5, 0.5, 8, 30 * time.Second, 2, true, false, 0.5, false},
		{"below the limit", 0.5, limit - 0.001, 8, 30 * time.Second, 2, true, true, usual, true},
		{"at the limit", 0.5, limit, 8, 30 * time.Second, 2, true, false, limit, false},
		{"slow again", 0.5, usual, 8, 30 * time.Second, 2, true, true, 0.5, false},
		{"slow again, a little", 0.1, usual, 8, 30 * time.Second, 2, true, true, 0.06, false},
		{"a round is missing", 0.5, usual, 8, 60 * time.Second, 2, false, false, usual, true},
		{"probes fail", 0.5, usual, 8, 30 * time.Second, 12, false, false, usual, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, now := &peerTrack{rttCount: 10, rttSum: 10 * usual}, epoch
			round := func(trips, smoothed float64) {
				p.noteRound(p.rttCount+trips, p.rttSum+trips*smoothed, now)
				p.noteQuick(limit, now)
			}
			round(peerProbers, c.before)
			now = now.Add(c.apart)
			second := after(c.before, c.took, c.probes)
			round(c.trips, second)
			least, most, known := p.lately()
			if known != c.known || known && (least > c.took+accuracy || most < c.took-accuracy) {
				t.Errorf("between %v and %v, known %t; it took %v", least, most, known, c.took)
			}
			if p.isQuickAgain() != c.quick {
				t.Errorf("quick again: %t, want %t: at most %v", p.isQuickAgain(), c.quick, most)
			}
			now = now.Add(30 * time.Second)
			round(c.trips, after(second, c.again, 8))
			if p.isQuickAgain() != c.quickThen {
				_, most, _ = p.lately()
				t.Errorf("then quick again: %t, want %t: at most %v", p.isQuickAgain(), c.quickThen, most)
			}
		})
	}
}

// TestReadsProveAQuickLink: two quick reads in a row through a link prove that it is quick again, if both began after
// the slow round trips were observed, and with this leader.
func TestReadsProveAQuickLink(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		reads []time.Duration // one every 5 s, from the observation of slow round trips on
		elect int             // the leader is elected before that read; 0: before all
		slow  time.Duration
		quick bool
	}{
		{"two", []time.Duration{3 * ms, 3 * ms}, 0, 250 * ms, true},
		{"one", []time.Duration{3 * ms}, 0, 250 * ms, false},
		{"one of two", []time.Duration{300 * ms, 3 * ms}, 0, 250 * ms, false},
		{"one of two, the newest slow", []time.Duration{3 * ms, 300 * ms}, 0, 250 * ms, false},
		{"just quick", []time.Duration{49 * ms, 49 * ms}, 0, 250 * ms, true},
		{"at the limit", []time.Duration{50 * ms, 49 * ms}, 0, 250 * ms, false},
		{"no quicker than the round trips", []time.Duration{35 * ms, 35 * ms}, 0, 60 * ms, false},
		{"through another leader", []time.Duration{3 * ms, 3 * ms}, 2, 250 * ms, false},
		{"through this leader since", []time.Duration{3 * ms, 3 * ms, 3 * ms, 3 * ms}, 2, 250 * ms, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.unprobed = true
			round := func(slow time.Duration) {
				s.rtt(1, 2, slow)
				s.rtt(1, 3, 2*ms)
				s.rtt(2, 3, 2*ms)
			}
			for n := range 60 {
				if n%30 == 5 {
					round(2 * ms)
				}
				if n%5 == 0 {
					s.member(2).reads(s.now, 3*ms, ms) // they prove nothing about later
				}
				s.work(20, quickFsync)
				s.observe()
			}
			if c.elect > 0 {
				s.elect(s.member(3).id)
			}
			s.run(3*time.Second, func() { s.work(20, quickFsync) })
			round(c.slow)
			a := s.run(2*time.Second, func() { s.work(20, quickFsync) })
			if finding(&a, LinkGrown, "etcd-2").Level != Notice {
				t.Fatalf("the slow link is not found: %s", a.Reading.Text)
			}
			for n, took := range c.reads {
				if n+1 == c.elect {
					s.elect(s.member(1).id)
				}
				s.member(2).reads(s.now.Add(-ms), took, ms)
				a = s.run(5*time.Second, func() { s.work(20, quickFsync) })
			}
			if said := shows(&a); (len(said) == 0) != c.quick {
				t.Errorf("quick again: want %t; %q", c.quick, said)
			}
		})
	}
}
