package thresholds

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestAgeLimit tries expositions of all ages around the limit. Younger ones are judged, as the last known values if
// the next answer is overdue; older ones are unknown, with the reason that they are late.
func TestAgeLimit(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second} {
		limit := max(DefaultWindow, 4*interval)
		for _, c := range []struct {
			age          time.Duration
			stale, known bool
		}{
			{0, false, true},
			{2*interval + electionTimeout, false, true},
			{2*interval + electionTimeout + time.Millisecond, true, true},
			{limit - time.Millisecond, true, true},
			{limit, true, true},
			{limit + time.Millisecond, true, false},
		} {
			t.Run(fmt.Sprintf("%v of %v", c.age, interval), func(t *testing.T) {
				s := newScene(t, 3, Options{})
				s.interval = interval
				s.run(6*interval, func() { s.work(50, 2*time.Millisecond) })
				sweep := s.sweep()
				m := &sweep.Members[1]
				sweep.At = m.Metrics.At.Add(c.age)
				for i := range sweep.Members {
					other := &sweep.Members[i]
					other.Status.At = sweep.At
					if i != 1 {
						other.Metrics.At = sweep.At
					}
				}
				m.Metrics.Pending = sweep.At.Add(-time.Millisecond)
				a := s.evaluator.Observe(sweep)
				at := &a.Members[1]
				if at.MetricsAge != c.age || at.Age != 0 {
					t.Errorf("ages %v of the metrics, %v of Status", at.MetricsAge, at.Age)
				}
				if at.IsStale(WALFsyncP99) != c.stale || at.Stands(WALFsyncP99) != c.known ||
					at.Stands(RaftIndex) != true {
					t.Errorf("stale %v, stands %v: %+v", at.IsStale(WALFsyncP99), at.Stands(WALFsyncP99),
						at.Vitals[WALFsyncP99])
				}
				f := finding(&a, WALFsyncSlow, "etcd-2")
				if (f.Level == Unknown) == c.known || !c.known &&
					(f.Why != WhyLate || !strings.Contains(f.Summary, "are late")) {
					t.Errorf("wal-fsync-slow: %v, %q: %s", f.Level, f.Why, f.Summary)
				}
			})
		}
	}
}

// TestWhy: a field names which of the four reasons keeps a disk from being judged.
func TestWhy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		why     Why
		because RuleID
		lose    func(m *actor, sweep *probe.Sweep)
	}{
		{"not there yet", WhyLate, "", func(_ *actor, s *probe.Sweep) {
			s.Members[0].Metrics = probe.Fact[*probe.Metrics]{Pending: s.At}
		}},
		{"one look", WhyTooFew, "", func(*actor, *probe.Sweep) {}},
		{"no such family", WhyNotExposed, "", func(_ *actor, s *probe.Sweep) {
			s.Members[0].Metrics.Value.WALFsync = probe.Histogram{}
		}},
		{"unreadable", WhyUnreadable, MetricsUnavailable, func(_ *actor, s *probe.Sweep) {
			s.Members[0].Metrics = probe.Fact[*probe.Metrics]{Err: errRefused}
		}},
		{"cut short", WhyUnreadable, MetricsUnavailable, func(_ *actor, s *probe.Sweep) {
			s.Members[0].Metrics.Value.WALFsync = probe.Histogram{}
			s.Members[0].Metrics.Err = &probe.Error{Kind: probe.ErrMalformed, Text: "cut short"}
		}},
		{"down", WhyDown, MemberUnreachable, func(_ *actor, s *probe.Sweep) {
			s.Members[0].Status.Err, s.Members[0].Metrics.Err = errRefused, errRefused
		}},
		{"refused", WhyUnreadable, MetricsUnavailable, func(_ *actor, s *probe.Sweep) {
			s.Members[0].Metrics = probe.Fact[*probe.Metrics]{Err: &probe.Error{Kind: probe.ErrPermission,
				Text: "HTTP 403"}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			sweep := s.sweep()
			c.lose(s.member(1), &sweep)
			a := s.evaluator.Observe(sweep)
			f := finding(&a, WALFsyncSlow, "etcd-1")
			if f.Level != Unknown || f.Why != c.why || c.because != "" && f.InhibitedBy != c.because {
				t.Errorf("%v, %q because of %q: %s; want %q because of %q", f.Level, f.Why, f.InhibitedBy, f.Summary,
					c.why, c.because)
			}
		})
	}
}

// TestLateEverySweep: answers that always miss their sweep are judged, reveal a slow disk, and leave a healthy
// cluster healthy.
func TestLateEverySweep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		interval, late time.Duration
	}{
		{time.Second, 400 * time.Millisecond},
		{time.Second, 1500 * time.Millisecond},
		{2 * time.Second, 400 * time.Millisecond},
		{2 * time.Second, 1500 * time.Millisecond},
		{time.Second, 4900 * time.Millisecond}, // just before the timeout
	} {
		for _, fsync := range []time.Duration{2 * time.Millisecond, 200 * time.Millisecond} {
			t.Run(fmt.Sprintf("%v late by %v, fsync %v", c.interval, c.late, fsync), func(t *testing.T) {
				s := newScene(t, 3, Options{})
				s.interval = c.interval
				l := late{by: c.late}
				var a Assessment
				for range 60 {
					for i, m := range s.members {
						took := time.Millisecond
						if i == 1 {
							took = fsync
						}
						m.fsync(50, took)
						m.commit(50, 2*time.Millisecond)
					}
					sweep := s.sweep()
					l.delay(&sweep.Members[1].Metrics, sweep.At)
					sweep.Took = c.interval / 4
					a = s.evaluator.Observe(sweep)
					s.now = s.now.Add(s.interval)
					for _, f := range a.Findings {
						slow := f.Rule == WALFsyncSlow && f.Member.Label == "etcd-2" && fsync > time.Second/10
						if s.now.Sub(epoch) > 15*time.Second && f.Level >= Unknown && !slow {
							t.Fatalf("%v after %v: %s", f.Level, s.now.Sub(epoch), f.Summary)
						}
					}
				}
				f := finding(&a, WALFsyncSlow, "etcd-2")
				if want := fsync > time.Second/10; (f.Level == Warning) != want {
					t.Errorf("slow disk: %v, %v: %s", want, f.Level, f.Summary)
				}
			})
		}
	}
}

// late is a fact whose answers take by: each sweep shows it as a prober would.
type late struct {
	by       time.Duration
	asked    time.Time
	under    *probe.Metrics // the answer of the attempt under way
	answered probe.Fact[*probe.Metrics]
}

func (l *late) delay(f *probe.Fact[*probe.Metrics], now time.Time) {
	if at := l.asked.Add(l.by); l.under != nil && !at.After(now) {
		l.answered = probe.Fact[*probe.Metrics]{Value: l.under, At: at, Took: l.by}
		l.under = nil
	}
	if l.under == nil {
		l.under, l.asked = f.Value, now
	}
	*f = l.answered
	f.Pending = l.asked
}

// TestShiftedAnswersAreJudgedTheSame delays one member's answers by a sweep. Everything about that member is as it
// was one sweep before, and an interval older.
func TestShiftedAnswersAreJudgedTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := newScene(t, 3, Options{})
		shifted := New(Options{})
		// A shifted Status has other bounds on its duration, and a tally starts at the sweep, not at the answer.
		byNow := []Vital{Uptime, CertificateExpiresIn, FollowerLag}
		var before probe.Member
		var was Member
		var found []Finding
		fsync, lag := 2*time.Millisecond, 0.0
		for sweeps := range 90 {
			if random.IntN(15) == 0 {
				fsync = time.Duration(1+random.IntN(600)) * time.Millisecond
				lag = float64(random.IntN(3000))
			}
			for i, m := range s.members {
				took := time.Millisecond
				if i == 1 {
					took = fsync
					m.metrics.ProposalsPending = probe.Known(lag / 2)
					failures := &m.metrics.HeartbeatSendFailures
					*failures = failures.Plus(probe.Known(float64(random.IntN(3))))
					m.metrics.SlowApplies = m.metrics.SlowApplies.Plus(probe.Known(float64(random.IntN(2))))
				}
				m.fsync(float64(random.IntN(60)), took)
				m.commit(float64(random.IntN(60)), took)
			}
			if random.IntN(40) == 0 {
				s.member(2).restart(s.now)
			}
			sweep := s.sweep()
			other := sweep
			other.Members = slices.Clone(sweep.Members)
			if m := &other.Members[1]; sweeps > 0 {
				m.Status, m.Metrics = before.Status, before.Metrics
				m.Status.Pending, m.Metrics.Pending = sweep.At, sweep.At
				if random.IntN(4) == 0 { // the outcome of the next attempt does not change the answer before it
					m.Metrics.Pending, m.Metrics.Err = time.Time{}, errRefused
				}
			} else {
				m.Status = probe.Fact[probe.Status]{Pending: sweep.At}
				m.Metrics = probe.Fact[*probe.Metrics]{Pending: sweep.At}
			}
			b := shifted.Observe(other)
			if at := &b.Members[1]; sweeps > 1 {
				if at.MetricsAge != s.interval || at.Age != s.interval {
					t.Fatalf("seed %d, sweep %d: ages %v and %v", seed, sweeps, at.MetricsAge, at.Age)
				}
				for v := range at.Vitals {
					if !slices.Contains(byNow, Vital(v)) && at.Vitals[v] != was.Vitals[v] {
						t.Fatalf("seed %d, sweep %d: %v is %v, was %v", seed, sweeps, Vital(v), at.Vitals[v],
							was.Vitals[v])
					}
				}
				if is := aboutEtcd2(&b); !sameFindings(is, found) {
					t.Fatalf("seed %d, sweep %d: found\n%v, was\n%v", seed, sweeps, say(is), say(found))
				}
			}
			a := s.evaluator.Observe(sweep)
			s.now = s.now.Add(s.interval)
			before, was, found = sweep.Members[1], a.Members[1], aboutEtcd2(&a)
		}
	}
}

// aboutEtcd2 returns the findings about etcd-2 by rule, without the one about its unreadable metrics.
func aboutEtcd2(a *Assessment) []Finding {
	var found []Finding
	for _, f := range a.Findings {
		if f.Member.Label == "etcd-2" && f.Rule != MetricsUnavailable && f.Rule != MemberRestarted {
			found = append(found, f)
		}
	}
	slices.SortFunc(found, func(f, g Finding) int { return strings.Compare(string(f.Rule), string(g.Rule)) })
	return found
}

func sameFindings(a, b []Finding) bool {
	return slices.EqualFunc(a, b, func(f, g Finding) bool {
		return f.Rule == g.Rule && f.Level == g.Level && f.Value == g.Value && f.Resolving() == g.Resolving() &&
			f.Why == g.Why
	})
}

func say(findings []Finding) (all []string) {
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%s %v %v %s", f.Rule, f.Level, f.Resolving(), f.Summary))
	}
	return all
}

// TestBreachWithoutItsMetrics stops the metrics of an unhealthy member: each rule becomes unknown at the evaluator's
// age limit, and its last level stays known for as long as the window of that level.
func TestBreachWithoutItsMetrics(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule  RuleID
		level Level
		last  time.Duration // when it becomes unknown
		then  Level
	}{
		{WALFsyncSlow, Warning, DefaultWindow, Unknown},        // over the evaluator's window
		{ProposalsQueued, Warning, DefaultWindow, Unknown},     // instantaneous
		{AppliesSlow, Warning, 30 * time.Second, Unknown},      // half of a minute
		{LeaderChanging, Critical, 150 * time.Second, Warning}, // half of 5 minutes; a warning is over 15
	} {
		t.Run(string(c.rule), func(t *testing.T) {
			rule, _ := NewRuleSet(Rules()).Rule(c.rule)
			if got := rule.Limit(c.level).keptFor(DefaultWindow); got != c.last {
				t.Fatalf("%s stays for %v without its metrics, want %v", c.level, got, c.last)
			}
			s := newScene(t, 3, Options{})
			m := s.member(2)
			m.metrics.ProposalsPending = probe.Known(500)
			sick := func() {
				s.work(50, 200*time.Millisecond)
				m.slowApplies(3)
				if s.now.Sub(epoch)%(20*time.Second) == 0 {
					m.metrics.LeaderChanges = m.metrics.LeaderChanges.Plus(probe.Known(1))
				}
			}
			a := s.run(100*time.Second, sick)
			about := "etcd-2"
			if rule.Scope == ScopeCluster {
				about = ""
			}
			if f := finding(&a, c.rule, about); f.Level != c.level || f.Why != "" {
				t.Fatalf("before: %v, %q: %s", f.Level, f.Why, f.Summary)
			}
			s.member(2).noMetrics = errRefused
			seen := s.now.Add(-s.interval)
			for age := time.Duration(0); age < DefaultWindow+c.last+5*time.Second; age = s.now.Sub(seen) - s.interval {
				a = s.observe()
				f := finding(&a, c.rule, about)
				age := a.Members[1].MetricsAge
				lost := age - DefaultWindow - s.interval // since the first sweep with too old an answer
				switch {
				case lost < 0 && (f.Level != c.level || f.Why != ""):
					t.Fatalf("at %v: %v, %q: %s", age, f.Level, f.Why, f.Summary)
				case lost >= 0 && lost <= c.last &&
					(f.Level != c.level || f.Why != WhyUnreadable || !strings.Contains(f.Summary, "last known")):
					t.Fatalf("at %v: %v, %q: %s", age, f.Level, f.Why, f.Summary)
				case lost > c.last && f.Level != c.then:
					t.Fatalf("at %v: %v, %q: %s", age, f.Level, f.Why, f.Summary)
				}
			}
		})
	}
}

// TestOldConnectionProvesNothing: if a peer lost its connection with a member before the member failed to answer,
// that proves nothing about the time after.
func TestOldConnectionProvesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		seen time.Duration // after it failed to answer
		down bool
	}{
		{"before", -time.Second, false},
		{"since", 0, true},
		{"later", time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(20*time.Second, func() { s.work(50, time.Millisecond) })
			s.member(3).down = &probe.Error{Kind: probe.ErrTimeout, Text: "timed out"}
			first := s.now
			s.observe()
			s.observe()
			sweep := s.sweep()
			for i := range 2 {
				sweep.Members[i].Metrics.At = first.Add(c.seen)
			}
			a := s.evaluator.Observe(sweep)
			if a.Members[2].State != StateDown || !a.Members[2].DownSince.Equal(first) {
				t.Fatalf("%v since %v", a.Members[2].State, a.Members[2].DownSince)
			}
			f := frame{sweep: &sweep}
			for i := range a.Members {
				f.members = append(f.members, memberState{Member: &a.Members[i], probed: &sweep.Members[i]})
			}
			f.members[2].downError = s.member(3).down.Kind
			if down := f.provenDown(2); down != c.down {
				t.Errorf("proven down: %v", down)
			}
		})
	}
}
