package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestFewEventsAreNoRate: a check of 3 s needs as many events as prove a rate; one in a second is not one a second.
func TestFewEventsAreNoRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		events float64
		slow   Level // slow applies: 0.05/s, 1/s
		sends  Level // messages that could not be sent: 0.01/s, 0.1/s
	}{
		{0, OK, OK}, {1, OK, OK}, {2, OK, OK}, {3, Notice, Notice}, {4, Notice, Warning}, {7, Notice, Warning},
		{8, Warning, Warning}, {100, Warning, Warning},
	} {
		s := newScene(t, 3, Options{Immediate: true})
		for _, m := range s.members {
			m.metrics.StartTime = probe.Known(float64(epoch.Add(-time.Hour).Unix()))
			m.metrics.Peers = s.links(m)
		}
		s.observe()
		s.now = s.now.Add(2 * time.Second) // 3 s after the first
		m := s.member(2)
		m.metrics.SlowApplies = m.metrics.SlowApplies.Plus(probe.Known(c.events))
		peer := m.metrics.Peers[s.member(1).id]
		peer.SentFailures = probe.Known(c.events)
		m.metrics.Peers[s.member(1).id] = peer
		a := s.observe()
		if f := finding(&a, AppliesSlow, "etcd-2"); f.Level != c.slow {
			t.Errorf("%v slow applies in 3 s: %v: %s, want %v", c.events, f.Level, f.Summary, c.slow)
		}
		if f := finding(&a, PeerSendFailing, "etcd-2"); f.Level != c.sends {
			t.Errorf("%v failed sends in 3 s: %v: %s, want %v", c.events, f.Level, f.Summary, c.sends)
		}
	}
}

// TestRoundTripsOfACheck: which observations suffice for a check to judge a link.
func TestRoundTripsOfACheck(t *testing.T) {
	t.Parallel()
	const fast, slow = time.Millisecond, 190 * time.Millisecond
	for name, c := range map[string]struct {
		before       []time.Duration // observed since the process began
		lately       []time.Duration // and between the sweeps
		link         int             // of etcd-2 with: etcd-1 leads
		linearizable time.Duration
		fsync        time.Duration
		level        Level
		basis        Basis
		await        Await
		unseen       bool
		once, late   bool // one linearizable read, and answers from memory that are late
	}{
		"none": {nil, nil, 1, fast, fast, OK, "", AwaitNothing, true, false, false},
		"fast": {[]time.Duration{fast, fast, fast}, nil, 1, fast, fast, OK, "", AwaitNothing,
			false, false, false},
		"slow all the time": {[]time.Duration{slow, slow, slow}, nil, 1, slow, fast, Warning,
			BasisSinceStart, AwaitNothing, false, false, false},
		"slow all the time, of two": {[]time.Duration{slow, slow, slow}, nil, 3, fast, fast, Warning,
			BasisSinceStart, AwaitNothing, false, false, false},
		"slow until lately": {[]time.Duration{slow, slow, slow}, nil, 1, fast, fast, OK, "", AwaitNothing,
			false, false, false},
		"slow until lately, and lower": {[]time.Duration{slow, slow}, []time.Duration{slow / 2}, 1, fast, fast, OK, "",
			AwaitNothing, false, false, false},
		"slow half of the time": {[]time.Duration{fast, slow}, nil, 1, fast, fast, OK, "", AwaitNothing, false,
			false, false},
		"slow most of the time": {[]time.Duration{fast, slow, slow}, nil, 1, slow, fast, Warning,
			BasisSinceStart, AwaitNothing, false, false, false},
		"once, and reads are quick": {[]time.Duration{fast, fast, slow}, nil, 1, 3 * fast, fast, OK, "",
			AwaitNothing, false, false, false},
		"once, and reads are slow": {[]time.Duration{fast, fast, slow}, nil, 1, slow, fast, Warning, BasisReads,
			AwaitNothing, false, false, false},
		"reads are slow alone": {[]time.Duration{fast, fast, fast}, nil, 1, slow, fast, Unknown, "",
			AwaitRoundTrip, false, false, false},
		"reads are slow, trips fast": {[]time.Duration{fast, fast, fast}, []time.Duration{fast}, 1, slow, fast, OK,
			"", AwaitNothing, false, false, false},
		"reads are slow, trips slow": {[]time.Duration{fast, fast, fast}, []time.Duration{slow}, 1, slow, fast,
			Warning, "", AwaitNothing, false, false, false},
		"once, and so is a disk": {[]time.Duration{fast, fast, slow}, nil, 1, slow, slow, Unknown, "",
			AwaitRoundTrip, false, false, false},
		"once, of two followers": {[]time.Duration{fast, fast, slow}, nil, 3, slow, fast, Unknown, "",
			AwaitRoundTrip, false, false, false},
		"once, of two followers, fast": {[]time.Duration{fast, fast, slow}, []time.Duration{fast}, 3, slow, fast, OK,
			"", AwaitNothing, false, false, false},
		"once, of two followers, slow": {[]time.Duration{fast, fast, slow}, []time.Duration{slow}, 3, slow, fast,
			Warning, "", AwaitNothing, false, false, false},
		"slow all the time, and fast": {[]time.Duration{slow, slow, slow}, []time.Duration{fast}, 1, fast, fast, OK,
			"", AwaitNothing, false, false, false},
		"fast, of two followers": {[]time.Duration{fast, fast, fast}, nil, 3, slow, fast, OK, "", AwaitNothing,
			true, false, false},
		"fast, of two, and now": {[]time.Duration{fast, fast, fast}, []time.Duration{fast}, 3, slow, fast, OK,
			"", AwaitNothing, false, false, false},
		"fast, and a slow disk": {[]time.Duration{fast, fast, fast}, nil, 1, slow, slow, OK, "", AwaitNothing,
			true, false, false},
		"once, and one read is slow": {before: []time.Duration{fast, fast, slow}, link: 1, linearizable: slow,
			fsync: fast, level: Unknown, await: AwaitRoundTrip, once: true},
		"once, and one read is quick": {before: []time.Duration{fast, fast, slow}, link: 1, linearizable: fast,
			fsync: fast, level: OK, once: true},
		"once, and all is late": {before: []time.Duration{fast, fast, slow}, link: 1, linearizable: slow,
			fsync: fast, level: Unknown, await: AwaitAnswers, late: true},
		"all is late, reads are quick": {before: []time.Duration{fast, fast, slow}, link: 1, linearizable: fast,
			fsync: fast, level: OK, await: AwaitAnswers, late: true},
		"all is late, and trips slow": {before: []time.Duration{fast, fast, slow}, lately: []time.Duration{slow},
			link: 1, linearizable: slow, fsync: fast, level: Warning, await: AwaitAnswers, late: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			s.unprobed = true
			m, to := s.member(2), s.member(c.link).id
			for _, m := range s.members {
				m.metrics.Peers = s.links(m)
				m.metrics.StartTime = probe.Known(float64(epoch.Add(-20 * time.Second).Unix()))
			}
			add := func(all []time.Duration) {
				m.observeTrips(to, all)
				m.observeTrips(s.member(4-c.link).id, []time.Duration{fast}) // the other peer
			}
			sweep := func() Assessment {
				if !c.once || s.now.Equal(epoch) {
					m.reads(s.now, c.linearizable, fast)
				}
				for i, m := range s.members {
					if m.answersIn(fast); c.late && s.now.After(epoch) {
						m.answersIn(time.Duration(60+i) * time.Millisecond)
					}
				}
				s.work(1, c.fsync)
				next := s.sweep()
				copyMetrics(&next, s.members)
				a := s.evaluator.Observe(next)
				s.now = s.now.Add(s.interval)
				return a
			}
			add(c.before)
			sweep()
			add(c.lately)
			a := sweep()
			f := finding(&a, PeerRTTSlow, "etcd-2")
			if f.Level != c.level || f.Basis != c.basis || a.Await != c.await {
				t.Errorf("%v by %q: %s, await %v; want %v by %q, await %v", f.Level, f.Basis, f.Summary, a.Await,
					c.level, c.basis, c.await)
			}
			unseen := slices.ContainsFunc(a.Unmeasured, func(u Unmeasured) bool {
				return u.Rule == PeerRTTSlow && u.Member.Label == "etcd-2" && u.Why == WhyTooFew &&
					strings.Contains(u.Text, "in this check")
			})
			if unseen != c.unseen {
				t.Errorf("unmeasured %v, want %v: %q", unseen, c.unseen, a.Reading.NotLookedAt)
			}
			if c.level == Unknown && f.Why != WhyTooFew {
				t.Error(fmt.Sprint(f))
			}
		})
	}
}

// TestRoundTripsOfASingleLook: round trips that were slow at some time since the process began, as while a member stood
// still, show nothing of now; a read through the leader does.
func TestRoundTripsOfASingleLook(t *testing.T) {
	t.Parallel()
	const fast, slow, still = time.Millisecond, 190 * time.Millisecond, 1600 * time.Millisecond
	trips := func(quick int, took ...time.Duration) []time.Duration {
		return append(slices.Repeat([]time.Duration{fast}, quick), took...)
	}
	for name, c := range map[string]struct {
		before []time.Duration
		link   int // of etcd-2 with: etcd-1 leads
		read   time.Duration
		level  Level
	}{
		"fast":                              {trips(34), 1, fast, OK},
		"stood still once, reads are quick": {trips(31, still, slow, slow), 1, fast, OK},
		"stood still once, reads are slow":  {trips(31, still, slow, slow), 1, slow, Unknown},
		"stood still once, two followers":   {trips(31, still, slow, slow), 3, fast, Unknown},
		"slow all the time":                 {[]time.Duration{slow, slow, slow}, 1, slow, Warning},
		"slow all the time, two followers":  {[]time.Duration{slow, slow, slow}, 3, fast, Warning},
		"slow most of the time, quick now":  {[]time.Duration{fast, slow, slow}, 1, fast, Unknown},
		"slow once, and most of it since":   {trips(2, slow, slow, slow), 1, fast, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true, SinceStart: true})
			s.unprobed = true
			m := s.member(2)
			for _, m := range s.members {
				m.metrics.Peers = s.links(m)
				m.metrics.StartTime = probe.Known(float64(epoch.Add(-20 * time.Minute).Unix()))
				m.answersIn(fast)
			}
			m.observeTrips(s.member(c.link).id, c.before)
			m.observeTrips(s.member(4-c.link).id, trips(34))
			m.reads(s.now, c.read, fast)
			s.work(1, fast)
			a := s.observe()
			if f := finding(&a, PeerRTTSlow, "etcd-2"); f.Level != c.level {
				t.Errorf("%s: %s, want %s", f.Level, f.Summary, c.level)
			}
		})
	}
}

// TestSlowUntilLately: a member stood still before a check began, and etcd's smoothed round trips with all others
// still show it. Two quick reads through the leader prove that it is over; one alone is not enough.
func TestSlowUntilLately(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reads int // that are quick
		took  time.Duration
		level Level
		await Await
		// unread makes its metrics unreadable, so that its disk is unknown.
		unread bool
	}{
		"two quick reads":             {2, 3 * time.Millisecond, OK, AwaitNothing, false},
		"two quick reads, no metrics": {2, 3 * time.Millisecond, OK, AwaitNothing, true},
		"one quick read":              {1, 3 * time.Millisecond, Unknown, AwaitRoundTrip, false},
		"slow reads":                  {2, 400 * time.Millisecond, Warning, AwaitNothing, false},
		"no reads":                    {0, 0, Warning, AwaitNothing, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			s.unprobed = true
			s.rtt(1, 2, 400*time.Millisecond)
			s.rtt(2, 3, 400*time.Millisecond)
			s.rtt(1, 3, time.Millisecond)
			if c.unread {
				s.member(2).noMetrics = errRefused
			}
			left := c.reads
			a := s.run(9*time.Second, func() {
				s.work(1, time.Millisecond)
				if left > 0 && s.now.Sub(epoch)%(5*time.Second) == 0 {
					s.member(2).reads(s.now, c.took, time.Millisecond)
					left--
				}
			})
			level := OK
			for _, of := range []string{"etcd-1", "etcd-2", "etcd-3"} {
				if c.unread && of == "etcd-2" { // it proves nothing
					continue
				}
				level = max(level, finding(&a, PeerRTTSlow, of).Level)
			}
			if level != c.level || a.Await != c.await {
				t.Errorf("%s, waits for %d: %s", level, a.Await, a.Reading.Text)
			}
			if healthy := a.Reading.Cause == CauseHealthy; healthy != (c.level == OK) {
				t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
			}
			if c.level == OK && (verdicts(&a)[2] == LossSafe) == c.unread {
				t.Errorf("losing etcd-3: %+v", a.Members[2].CanLose)
			}
		})
	}
}

// observeTrips lets the member observe round trips with a peer, in a histogram with etcd's bounds.
func (m *actor) observeTrips(to probe.MemberID, all []time.Duration) {
	peer := m.metrics.Peers[to]
	if !peer.RoundTrip.IsKnown() {
		bounds := make([]float64, 0, 17)
		for _, bound := range fsyncBounds()[:14] {
			bounds = append(bounds, bound/10)
		}
		bounds = append(bounds, 1.6384, 3.2768, fsyncBounds()[14])
		peer.RoundTrip = probe.Histogram{Bounds: bounds, Counts: make([]float64, len(bounds))}
	}
	for _, d := range all {
		peer.RoundTrip = observed(peer.RoundTrip, 1, d)
	}
	m.metrics.Peers[to] = peer
}

// copyMetrics gives the sweep metrics of its own, which later observations of the members do not change.
func copyMetrics(sweep *probe.Sweep, members []*actor) {
	for i, of := range members {
		metrics := of.metrics
		metrics.Peers = make(map[probe.MemberID]probe.PeerMetrics)
		for id, peer := range of.metrics.Peers {
			peer.RoundTrip.Counts = slices.Clone(peer.RoundTrip.Counts)
			metrics.Peers[id] = peer
		}
		sweep.Members[i].Metrics.Value = &metrics
	}
}
