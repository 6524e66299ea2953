package cli

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A world is a source of three members whose clocks stand anywhere when the check begins; etcd-1 leads. It answers as
// a prober does, late if a member is late, in the time of synctest.
type world struct {
	random   *rand.Rand
	began    time.Time // of the members' processes
	interval time.Duration
	last     time.Time // when the last sweep began
	sweeps   int
	members  [3]*worldMember
	// slow is how much longer a round trip over the link of two members takes, by their places, and since when.
	slow  map[[2]int]time.Duration
	since time.Time
	// cut are the members whose probes of another one have not been answered since then, by their places.
	cut [][2]int
	// removed means that etcd-3 was removed and still runs, which is proven from proof on.
	removed bool
	proof   time.Time
}

type worldMember struct {
	id probe.MemberID
	// status and scrape are how long its answers take; fsync is how long a fsync takes.
	status, scrape func(asked time.Time) time.Duration
	fsync          time.Duration
	// hung means that its metrics never answer, late that a heartbeat, an apply and a read index were late at that
	// time.
	hung bool
	late []time.Time
	// phases are when in their 30 s its probers observe round trips with the others.
	phases [3][2]time.Duration

	statusRequest   worldRequest[probe.Status]
	livenessRequest worldRequest[struct{}] // while the exposition is late
	metricsRequest  worldRequest[*probe.Metrics]
	reads           [2]worldRequest[probe.Read]
}

// A worldRequest is a request under way, and the fact that it fills.
type worldRequest[T any] struct {
	fact  probe.Fact[T]
	asked time.Time
	done  time.Time
	value T
}

// worldTimeout is how long an answer may take.
const worldTimeout = 5 * time.Second

func (l *worldRequest[T]) ask(now time.Time, took time.Duration, answer func(at time.Time) T) {
	if !l.fact.Pending.IsZero() {
		return
	}
	l.asked, l.fact.Pending, l.done = now, now, now.Add(min(took, worldTimeout))
	l.value = answer(l.done)
}

func (l *worldRequest[T]) settle(now time.Time) {
	if l.fact.Pending.IsZero() || l.done.After(now) {
		return
	}
	l.fact.Took = l.done.Sub(l.asked)
	l.fact.Pending, l.fact.Err, l.fact.Slowest = time.Time{}, nil, max(l.fact.Slowest, l.fact.Took)
	if l.fact.Took >= worldTimeout {
		l.fact.Err = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5 s"}
		return
	}
	l.fact.Value, l.fact.At = l.value, l.done
}

func newWorld(seed uint64, up time.Duration) *world {
	w := &world{random: rand.New(rand.NewPCG(seed, 7)), began: time.Now().Add(-up), interval: time.Second,
		slow: map[[2]int]time.Duration{}}
	w.since = w.began
	quick := func(least, most time.Duration) func(time.Time) time.Duration {
		return func(time.Time) time.Duration { return least + time.Duration(w.random.Int64N(int64(most-least))) }
	}
	for i := range w.members {
		m := &worldMember{
			id: probe.MemberID(0xa0 + i), fsync: 2 * time.Millisecond,
			status: quick(time.Millisecond, 5*time.Millisecond), scrape: quick(6*time.Millisecond, 15*time.Millisecond),
		}
		for j := range m.phases {
			for k := range m.phases[j] {
				m.phases[j][k] = time.Duration(w.random.Int64N(int64(30 * time.Second)))
			}
		}
		w.members[i] = m
	}
	return w
}

func (w *world) SetInterval(d time.Duration) { w.interval = d }

// Next does what a prober does: see [probe.Prober.Next].
func (w *world) Next(ctx context.Context) (probe.Sweep, error) {
	if w.sweeps > 0 {
		time.Sleep(time.Until(w.last.Add(w.interval)))
	}
	w.last = time.Now()
	began, patience := w.last, min(w.interval/4, 500*time.Millisecond)
	if w.sweeps == 0 {
		patience = 500 * time.Millisecond
	}
	end := w.ask(began)
	if latest := began.Add(patience); end.After(latest) {
		end = latest
	}
	time.Sleep(time.Until(end))
	w.sweeps++
	return w.sweep(began, end), ctx.Err()
}

// ask sends the requests of a sweep, and returns when the last of its answers arrives, apart from the liveness
// request's.
func (w *world) ask(began time.Time) (end time.Time) {
	end = began
	for i, m := range w.members {
		m.settle(began)
		m.statusRequest.ask(began, m.status(began), func(time.Time) probe.Status { return w.status(m) })
		took := m.scrape(began)
		if m.hung {
			took = worldTimeout
		}
		late := began.Add(25 * time.Millisecond)
		if !m.metricsRequest.fact.Pending.IsZero() {
			late = began
		}
		if took > 25*time.Millisecond || late.Equal(began) {
			m.livenessRequest.ask(late, m.status(late), func(time.Time) struct{} { return struct{}{} })
		}
		m.metricsRequest.ask(began, took, func(at time.Time) *probe.Metrics { return w.metrics(i, at) })
		for k := range m.reads {
			if l := &m.reads[k]; l.asked.IsZero() || began.Sub(l.asked) >= 5*time.Second {
				read := m.status(began)
				if k == 0 {
					read += w.roundTrip(0, i, began)
				}
				l.ask(began, read, func(time.Time) probe.Read { return probe.Read{Revision: 1} })
			}
		}
		for _, done := range [...]time.Time{m.statusRequest.done, m.metricsRequest.done, m.reads[0].done} {
			if done.After(end) {
				end = done
			}
		}
	}
	return end
}

// sweep returns the answers that have arrived by the end of a sweep.
func (w *world) sweep(began, end time.Time) probe.Sweep {
	s := probe.Sweep{
		At: began, Took: end.Sub(began), Interval: w.interval, Cluster: 0xc1,
		MemberList: probe.Fact[probe.MemberList]{At: began,
			Value: probe.MemberList{From: 0xa0, Cluster: 0xc1, Voters: 3,
				Witnesses: []probe.MemberID{0xa0, 0xa1, 0xa2}}}, Alarms: probe.Fact[[]probe.Alarm]{At: began},
	}
	var list []probe.Peer
	for i, m := range w.members {
		list = append(list, probe.Peer{ID: m.id, Name: fmt.Sprintf("etcd-%d", i+1),
			PeerURLs: []string{"http://p:2380"}})
	}
	for i, m := range w.members {
		m.settle(end)
		s.Members = append(s.Members, probe.Member{
			ID: m.id, Name: list[i].Name, Listed: true, Membership: probe.MembershipListed, Cluster: 0xc1,
			Endpoint:   "http://" + list[i].Name + ":2379",
			ClientURLs: []string{"http://" + list[i].Name + ":2379"}, PeerURLs: list[i].PeerURLs,
			DialDuration: time.Millisecond / 5, Status: m.statusRequest.fact, Liveness: m.livenessRequest.fact,
			Metrics: m.metricsRequest.fact, Linearizable: m.reads[0].fact, Serializable: m.reads[1].fact,
			Peers: probe.Fact[[]probe.Peer]{Value: list, At: began},
		})
		m.statusRequest.fact.Slowest, m.livenessRequest.fact.Slowest, m.metricsRequest.fact.Slowest = 0, 0, 0
	}
	if w.removed {
		s.MemberList.Value = probe.MemberList{From: 0xa0, Cluster: 0xc1, Voters: 2,
			Witnesses: []probe.MemberID{0xa0, 0xa1}}
		for i := range s.Members[:2] {
			s.Members[i].Peers.Value = list[:2]
		}
		s.Members[2].Listed, s.Members[2].Membership = false, probe.MembershipRemoved
		if end.Before(w.proof) {
			s.Members[2].Membership, s.Members[2].RemovalUnproven = probe.MembershipUnlisted, true
		}
	}
	return s
}

func (m *worldMember) settle(now time.Time) {
	m.statusRequest.settle(now)
	m.livenessRequest.settle(now)
	m.metricsRequest.settle(now)
	m.reads[0].settle(now)
	m.reads[1].settle(now)
}

func (w *world) status(m *worldMember) probe.Status {
	return probe.Status{
		ClusterID: 0xc1, MemberID: m.id, Leader: 0xa0, Version: "3.6.14", RaftTerm: 7, RaftIndex: 1000,
		RaftAppliedIndex: 1000,
		DBSizeBytes:      1 << 20, DBInUseBytes: 1 << 20, DBQuotaBytes: 2 << 30,
	}
}

// roundTrip is how long a message and its answer take between two members, and smoothed what etcd makes of it.
func (w *world) roundTrip(i, j int, at time.Time) time.Duration {
	if at.Before(w.since) {
		return 0
	}
	return w.slow[[2]int{min(i, j), max(i, j)}]
}

func (w *world) smoothed(i, j int, at time.Time) time.Duration {
	full := w.roundTrip(i, j, at)
	if w.since.Equal(w.began) {
		return full + time.Millisecond
	}
	probes := math.Floor(at.Sub(w.since).Seconds() / 4)
	return time.Duration(float64(full)*(1-math.Pow(7.0/8, probes))) + time.Millisecond
}

// probes returns how long until a prober observes the next round trip.
func (w *world) probes(i, j int, at time.Time) time.Duration {
	if at.After(w.since) && slices.Contains(w.cut, [2]int{i, j}) {
		return 5 * time.Second
	}
	return 30 * time.Second
}

func observe(h *probe.Histogram, n float64, d time.Duration) {
	for i, bound := range h.Bounds {
		if d.Seconds() <= bound {
			h.Counts[i] += n
		}
	}
	h.Sum += n * d.Seconds()
}

func worldHistogram(least float64, n int) probe.Histogram {
	h := probe.Histogram{Counts: make([]float64, n+1)}
	for i := range n {
		h.Bounds = append(h.Bounds, least*math.Pow(2, float64(i)))
	}
	h.Bounds = append(h.Bounds, math.Inf(1))
	return h
}

// metrics returns those of the member at a place at a moment.
func (w *world) metrics(i int, at time.Time) *probe.Metrics {
	m, up := w.members[i], at.Sub(w.began)
	late := 0.0
	for _, moment := range m.late {
		if !moment.After(at) {
			late++
		}
	}
	x := &probe.Metrics{
		ServerID: m.id, StartTime: probe.Known(float64(w.began.Unix())), CPUSeconds: probe.Known(up.Seconds() / 50),
		ProposalsPending: probe.Known(0), ProposalsApplied: probe.Known(1000), ProposalsCommitted: probe.Known(1000),
		ProposalsFailed: probe.Known(0), LeaderChanges: probe.Known(1), DefragInflight: probe.Known(0),
		SlowApplies: probe.Known(late), HeartbeatSendFailures: probe.Known(late), SlowReadIndexes: probe.Known(late),
		ReadIndexesFailed: probe.Known(0),
		Puts:              probe.Known(0), Deletes: probe.Known(0), Txns: probe.Known(0), Ranges: probe.Known(0),
		Keys:            probe.Known(1),
		CurrentRevision: probe.Known(1), CompactRevision: probe.Known(0), LeasesGranted: probe.Known(0),
		SlowWatchers: probe.Known(0),
		OpenFDs:      probe.Known(50), MaxFDs: probe.Known(65536), ResidentBytes: probe.Known(1 << 26),
		GRPCHandled: map[probe.GRPCCall]float64{},
		WALFsync:    worldHistogram(0.001, 14), BackendCommit: worldHistogram(0.001, 14),
		Peers: map[probe.MemberID]probe.PeerMetrics{},
	}
	writes := math.Floor(up.Seconds() * 10)
	observe(&x.WALFsync, writes, m.fsync)
	observe(&x.BackendCommit, writes, 2*m.fsync)
	for j := range w.members {
		if j == i {
			continue
		}
		peer := probe.PeerMetrics{Active: probe.Known(4), Disconnected: probe.Known(0),
			RoundTrip: worldHistogram(0.0001, 16)}
		if i == 0 { // the leader
			peer.ReceivedBytes = probe.Known(math.Floor(up.Seconds()*10) * 30)
		}
		for _, phase := range m.phases[j] {
			for seen := w.began.Add(phase); !seen.After(at); seen = seen.Add(w.probes(i, j, seen)) {
				observe(&peer.RoundTrip, 1, w.smoothed(i, j, seen))
			}
		}
		x.Peers[w.members[j].id] = peer
	}
	return x
}

// TestChance runs a check 40 times at each of the faults, starting at any moment: its outcome is always the same.
func TestChance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		up   time.Duration
		make func(*world)
		code int
		rule string // that is found, "" for nothing at warning or above
		most time.Duration
	}{
		{"healthy", time.Hour, func(*world) {}, ExitHealthy, "", 15 * time.Second},
		{"one event now and then", time.Hour, func(w *world) {
			for _, m := range w.members {
				m.late = []time.Time{time.Now().Add(time.Duration(w.random.Int64N(int64(4 * time.Second)))),
					time.Now().Add(1500 * time.Millisecond)}
			}
		}, ExitHealthy, "", 15 * time.Second},
		{"metrics late by 0.4 s", time.Hour, func(w *world) { w.lateMetrics(400 * time.Millisecond) }, ExitHealthy, "",
			22 * time.Second},
		{"metrics late by 1.5 s", time.Hour, func(w *world) { w.lateMetrics(1500 * time.Millisecond) }, ExitHealthy, "",
			22 * time.Second},
		{"metrics late by 4.5 s", time.Hour, func(w *world) { w.lateMetrics(4500 * time.Millisecond) }, ExitHealthy, "",
			30 * time.Second},
		{"late metrics of a slow disk", time.Hour, func(w *world) {
			w.lateMetrics(1500 * time.Millisecond)
			w.members[1].fsync = 200 * time.Millisecond
		}, ExitUnhealthy, "wal-fsync-slow", 6 * time.Second},
		{"metrics never answered", time.Hour, func(w *world) { w.members[1].hung = true }, ExitUnhealthy,
			"metrics-unavailable", 14 * time.Second},
		{"5% of a CPU by a quota of 100 ms", time.Hour, func(w *world) { w.starve(100*time.Millisecond, 0.05) },
			ExitUnhealthy, "answers-slow", 14 * time.Second},
		{"5% of a CPU, stopped for 0.95 s", time.Hour, func(w *world) { w.starve(time.Second, 0.05) }, ExitUnhealthy,
			"answers-slow", 14 * time.Second},
		{"4% of a CPU, stopped for 2 s", time.Hour, func(w *world) { w.starve(2*time.Second, 0.04) }, ExitUnhealthy,
			"any", 14 * time.Second},
		{"5% of a CPU, stopped for 0.95 s, the others at 50 to 100 ms", time.Hour, func(w *world) {
			w.busy()
			w.starve(time.Second, 0.05)
		}, ExitUnhealthy, "answers-slow", 14 * time.Second},
		{"all at 50 to 100 ms", time.Hour, func(w *world) { w.busy() }, ExitHealthy, "", 15 * time.Second},
		{"all now and then late", time.Hour, func(w *world) { w.stutter() }, ExitHealthy, "", 22 * time.Second},
		{"a link that was always slow", 3 * time.Minute, func(w *world) {
			w.slow[[2]int{0, 1}] = 120 * time.Millisecond
		}, ExitUnhealthy, "peer-rtt-slow", 5 * time.Second},
		{"a follower's link, slow for 80 s of an hour", time.Hour, func(w *world) {
			w.slow[[2]int{0, 1}], w.since = 200*time.Millisecond, time.Now().Add(-80*time.Second)
		}, ExitUnhealthy, "peer-rtt-slow", 8 * time.Second}, // two reads
		{"the link of two followers, slow for 80 s of ten minutes", 10 * time.Minute, func(w *world) {
			w.slow[[2]int{1, 2}], w.since = 200*time.Millisecond, time.Now().Add(-80*time.Second)
		}, ExitUnhealthy, "peer-rtt-slow", 40 * time.Second},
		{"two followers that have not heard each other for 80 s", time.Hour, func(w *world) {
			w.cut, w.since = [][2]int{{1, 2}, {2, 1}}, time.Now().Add(-80*time.Second)
		}, ExitUnhealthy, "peer-disconnected", 18 * time.Second},
		{"a follower that has not heard another one for an hour", 3 * time.Hour, func(w *world) {
			w.cut, w.since = [][2]int{{2, 1}}, time.Now().Add(-time.Hour)
		}, ExitUnhealthy, "peer-disconnected", 18 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(40) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(seed, c.up)
					c.make(w)
					began := time.Now()
					a, err := newChecker(w, thresholds.Rules(), 3*time.Second, worldTimeout).check(t.Context(), true,
						&question{failOn: thresholds.Warning})
					if err != nil {
						t.Fatal(err)
					}
					q := question{failOn: thresholds.Warning, quorum: true}
					found := c.rule == ""
					for _, f := range a.Findings {
						found = found || (string(f.Rule) == c.rule || c.rule == "any") && f.Level >= thresholds.Warning
						if c.code == ExitHealthy && f.Level >= thresholds.Unknown {
							t.Errorf("seed %d: %v: %s", seed, f.Level, f.Summary)
						}
					}
					if code := q.code(&a); code != c.code || !found {
						t.Errorf("seed %d: exit code %d, %s found: %v: %s", seed, code, c.rule, found, a.Reading.Text)
					}
					if took := time.Since(began); took > c.most {
						t.Errorf("seed %d: it took %v", seed, took)
					}
				})
			}
		})
	}
}

// TestChanceOfVerdicts: if all members answer slowly, and one of them still more slowly or with a slow Status as
// well, no member is safe to lose beside it. If all are equally slow, all are.
func TestChanceOfVerdicts(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		make func(*world)
		safe bool
	}{
		{"all at 50 to 100 ms", func(w *world) { w.busy() }, true},
		{"all now and then late", func(w *world) { w.stutter() }, true},
		{"5% of a CPU by a quota of 100 ms", func(w *world) { w.busy(); w.starve(100*ms, 0.05) }, false},
		{"5% of a CPU, stopped for 0.3 s", func(w *world) { w.busy(); w.starve(300*ms, 0.05) }, false},
		{"5% of a CPU, stopped for 0.95 s", func(w *world) { w.busy(); w.starve(time.Second, 0.05) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(40) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(seed, time.Hour)
					c.make(w)
					a, err := newChecker(w, thresholds.Rules(), 3*time.Second, worldTimeout).check(t.Context(), true,
						&question{failOn: thresholds.Warning})
					if err != nil {
						t.Fatal(err)
					}
					for _, of := range [...]int{0, 2} {
						if lose := a.Members[of].CanLose; (lose.Verdict == thresholds.LossSafe) != c.safe {
							t.Errorf("seed %d: losing %s: %v: %+v; %s", seed, a.Members[of].Label, lose.Verdict, lose,
								a.Reading.NotLookedAt)
						}
					}
				})
			}
		})
	}
}

// TestGrownUnseen: a link of two followers that grew lately is found if a round trip falls into the check. Otherwise
// it is not measured for want of observations, every time.
func TestGrownUnseen(t *testing.T) {
	t.Parallel()
	found, unseen := 0, 0
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(seed, time.Hour)
			w.slow[[2]int{1, 2}], w.since = 60*time.Millisecond, time.Now().Add(-35*time.Second)
			a, err := newChecker(w, thresholds.Rules(), 3*time.Second, worldTimeout).check(t.Context(), true,
				&question{failOn: thresholds.Warning})
			if err != nil {
				t.Fatal(err)
			}
			if code := (&question{failOn: thresholds.Warning, quorum: true}).code(&a); code != ExitHealthy {
				t.Errorf("seed %d: exit code %d: %s", seed, code, a.Reading.Text)
			}
			is := slices.ContainsFunc(a.Findings,
				func(f thresholds.Finding) bool {
					return f.Rule == thresholds.LinkGrown && f.Level == thresholds.Notice
				})
			isNot := slices.ContainsFunc(a.Unmeasured, func(u thresholds.Unmeasured) bool {
				return (u.Rule == thresholds.PeerRTTSlow || u.Rule == thresholds.LinkGrown) &&
					u.Why == thresholds.WhyTooFew && u.Member.Label != "etcd-1"
			})
			switch {
			case is:
				found++
			case isNot:
				unseen++
			default:
				t.Errorf("seed %d: neither found nor unmeasured: %+v", seed, a.Unmeasured)
			}
		})
	}
	if found == 0 || unseen == 0 {
		t.Errorf("found %d times, and not seen %d times", found, unseen)
	}
}

// TestProofIsWaitedFor: the lists that prove a removal arrive late. The check waits for them, with the same outcome
// each time.
func TestProofIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, window := range []time.Duration{0, 3 * time.Second, 12 * time.Second} {
		for seed := range uint64(40) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(seed, time.Hour)
				w.removed, w.proof = true, time.Now().Add(time.Duration(w.random.Int64N(int64(worldTimeout))))
				a, err := newChecker(w, thresholds.Rules(), window, worldTimeout).check(t.Context(), true,
					&question{failOn: thresholds.Warning})
				if err != nil {
					t.Fatal(err)
				}
				q := question{asks: thresholds.AskCanLose, names: []string{a.Members[2].Label}}
				if code := q.code(&a); code != ExitHealthy || a.Reading.Cause != thresholds.CauseMembership {
					t.Errorf("window %v, seed %d: exit code %d, %s", window, seed, code, a.Reading.Text)
				}
			})
		}
	}
}

func (w *world) lateMetrics(d time.Duration) {
	w.members[1].scrape = func(time.Time) time.Duration { return d }
}

// busy makes the scrapes of all take 50 to 100 ms, as on busy hosts.
func (w *world) busy() {
	for _, m := range w.members {
		m.scrape = func(time.Time) time.Duration {
			return 50*time.Millisecond + time.Duration(w.random.Int64N(int64(50*time.Millisecond)))
		}
	}
}

// stutter makes the observer's host slow: each request takes a time of its own longer, exponentially distributed.
func (w *world) stutter() {
	for _, m := range w.members {
		late := func(least time.Duration) func(time.Time) time.Duration {
			return func(time.Time) time.Duration {
				return least + time.Duration(w.random.ExpFloat64()*float64(60*time.Millisecond))
			}
		}
		m.status, m.scrape = late(2*time.Millisecond), late(8*time.Millisecond)
	}
}

// starve lets etcd-2 run for a share of each period only. Its Status takes half a millisecond of CPU, its metrics 6.
func (w *world) starve(period time.Duration, share float64) {
	phase, runs := time.Duration(w.random.Int64N(int64(period))), time.Duration(share*float64(period))
	took := func(need time.Duration) func(time.Time) time.Duration {
		return func(asked time.Time) time.Duration {
			into := (asked.Sub(w.began) + phase) % period
			total := time.Duration(0)
			for left := need; ; {
				if now := max(0, runs-into); now >= left {
					return total + left
				} else if now > 0 {
					left -= now
				}
				total, into = total+period-into, 0
			}
		}
	}
	w.members[1].status, w.members[1].scrape = took(time.Millisecond/2), took(6*time.Millisecond)
}
