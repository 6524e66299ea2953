package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// counters are the counters whose rate rules judge.
func counters() map[RuleID]func(*probe.Metrics) *probe.Value {
	return map[RuleID]func(*probe.Metrics) *probe.Value{
		HeartbeatsFailing: func(m *probe.Metrics) *probe.Value { return &m.HeartbeatSendFailures },
		AppliesSlow:       func(m *probe.Metrics) *probe.Value { return &m.SlowApplies },
		ReadIndexesSlow:   func(m *probe.Metrics) *probe.Value { return &m.SlowReadIndexes },
		ProposalsFailing:  func(m *probe.Metrics) *probe.Value { return &m.ProposalsFailed },
		LeasesChurning:    func(m *probe.Metrics) *probe.Value { return &m.LeasesGranted },
	}
}

// goesUp increases a counter.
func goesUp(v *probe.Value, by float64) { *v = v.Plus(probe.Known(by)) }

// TestRateLimits lets counters grow a little more slowly and a little faster than each limit of a rate, for longer
// than its window; then not at all, until the window has passed.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		of, has := counters()[r.ID]
		if !has {
			continue
		}
		for level, below := range limitLevels(&r) {
			limit := r.Limit(level).Value.Or(0)
			for rate, want := range map[float64]Level{0.99 * limit: below, 1.01 * limit: level} {
				s := newScene(t, 3, Options{})
				s.interval = 5 * time.Second
				window := r.Limit(level).Window
				a := s.run(window+time.Minute, func() { goesUp(of(&s.member(2).metrics), rate*s.interval.Seconds()) })
				if got := finding(&a, r.ID, "etcd-2").Level; got != want {
					t.Errorf("%s: %v/s is %s, want %s", r.ID, rate, got, want)
				}
				if f := finding(&a, r.ID, "etcd-1"); f.Level > OK {
					t.Errorf("%s: %s of a member that is well", r.ID, f.Summary)
				}
				s.member(2).restart(s.now) // its counters start again at zero, and then stand still
				*of(&s.member(2).metrics) = probe.Known(0)
				a = s.observe()
				if got := finding(&a, r.ID, "etcd-2").Level; got > want {
					t.Errorf("%s: %v/s became %s by a restart", r.ID, rate, got)
				}
				a = s.run(r.LongestWindow()+time.Minute, nil)
				if f := finding(&a, r.ID, "etcd-2"); f.Level > OK {
					t.Errorf("%s: nothing is counted any more, and it is still %s: %s", r.ID, f.Level, f.Summary)
				}
			}
		}
	}
}

// TestRateIsOneNumber: what should hardly ever happen has the same rate in a finding and in the member's vitals, from a
// burst on.
func TestRateIsOneNumber(t *testing.T) {
	t.Parallel()
	for _, id := range []RuleID{AppliesSlow, ReadIndexesSlow, HeartbeatsFailing} {
		s := newScene(t, 3, Options{})
		s.run(20*time.Second, nil)
		seen := 0
		for i := range 90 {
			if i == 5 || i == 9 || i > 60 {
				goesUp(counters()[id](&s.member(2).metrics), 2)
			}
			a := s.observe()
			f, vital := finding(&a, id, "etcd-2"), a.Members[1].Vitals[s.rule(id).Vital]
			if f.Level <= OK || f.Resolving() {
				continue
			}
			seen++
			if f.Value != vital {
				t.Fatalf("%s, sweep %d: %v in the finding, and %v in the vitals", id, i, f.Value, vital)
			}
		}
		if seen == 0 {
			t.Errorf("%s: there is no finding", id)
		}
	}
}

// TestRequestRate is judged only if somebody has set a limit.
func TestRequestRate(t *testing.T) {
	t.Parallel()
	rules := Rules()
	for i := range rules {
		if rules[i].ID == RequestsMany {
			rules[i].Notice, rules[i].Warning = at(100, 0), at(500, 0)
		}
	}
	for rate, want := range map[float64]Level{99: OK, 101: Notice, 501: Warning} {
		s := newScene(t, 3, Options{Rules: rules})
		a := s.run(30*time.Second, func() {
			goesUp(&s.member(2).metrics.Puts, rate/2)
			goesUp(&s.member(2).metrics.Ranges, rate/2)
		})
		if got := finding(&a, RequestsMany, "etcd-2").Level; got != want {
			t.Errorf("%v requests/s: %s, want %s", rate, got, want)
		}
		s = newScene(t, 3, Options{})
		a = s.run(30*time.Second, func() { goesUp(&s.member(2).metrics.Puts, 1e6) })
		if f := finding(&a, RequestsMany, "etcd-2"); f.Rule != "" {
			t.Errorf("without a limit: %s", f.Summary)
		}
	}
}

func TestDefragRunning(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(5*time.Second, nil)
	s.member(2).metrics.DefragInflight = probe.Known(1)
	a := s.observe()
	if f := finding(&a, DefragRunning, "etcd-2"); f.Level != Notice {
		t.Errorf("got %s %q", f.Level, f.Summary)
	}
	saysFinding(t, &a, DefragRunning, "etcd-2")
	s.member(2).metrics.DefragInflight = probe.Known(0)
	if a = s.observe(); finding(&a, DefragRunning, "etcd-2").Rule != "" {
		t.Error("it is still there when the defragmentation has ended")
	}
	s.member(2).metrics.DefragInflight = probe.Value{} // before 3.5.2
	if a = s.observe(); finding(&a, DefragRunning, "etcd-2").Rule != "" {
		t.Error("a version that does not say is nobody's fault")
	}
}
