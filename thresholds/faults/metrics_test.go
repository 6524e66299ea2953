//go:build faults

package faults

import (
	"context"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	// lateBy is later than a sweep waits, a quarter of its interval, and earlier than the timeout.
	lateBy = 400 * time.Millisecond
	// lateSweeps is how long late metrics are observed before anything else happens.
	lateSweeps = 30
)

// proxiedMetrics puts a proxy in front of every member's metrics. The first one may hang from the beginning.
func proxiedMetrics(firstHangs bool) func(*stage, *probe.Config) {
	return func(s *stage, config *probe.Config) {
		for i, m := range s.cluster.Members() {
			proxy, err := etcdtest.NewHTTPProxy(m.MetricsURL)
			if err != nil {
				s.Fatal(err)
			}
			s.Cleanup(proxy.Close)
			if i == 0 && firstHangs {
				proxy.Hang()
			}
			s.metrics = append(s.metrics, proxy)
			config.MetricsEndpoints = append(config.MetricsEndpoints, proxy.URL())
		}
	}
}

// proxyOf returns the proxy in front of a member's metrics.
func (s *stage) proxyOf(m *etcdtest.Member) *etcdtest.HTTPProxy {
	for i, other := range s.cluster.Members() {
		if other == m {
			return s.metrics[i]
		}
	}
	return nil
}

// lateMetrics delays a follower's metrics all the time, which is no fault, and then slows its disk, which the late
// metrics must reveal.
func (s *stage) lateMetrics() {
	victim := s.followers()[0]
	s.change("answer the metrics of "+victim.Name+" late", func(context.Context) error {
		s.proxyOf(victim).Delay(lateBy)
		return nil
	})
	late := outcome{what: "late", cause: thresholds.CauseHealthy, ceiling: thresholds.Notice}
	s.expectNothingElse(late, s.began+lateSweeps)
	s.began = s.observer.count()
	s.expect(outcome{
		what: "late, and judged", cause: thresholds.CauseHealthy, sweeps: 5,
		check: func(l *observation) string {
			if !l.member(victim).Vitals[thresholds.WALFsyncP99].IsKnown() {
				return "the fsync p99 of " + victim.Name
			}
			return ""
		},
	})
	s.slowDiskAndHeal(thresholds.CauseSlowDisk, victim)
}

// hungMetrics begins with the first member's metrics hanging: the others' are still scraped.
func (s *stage) hungMetrics() {
	others := s.cluster.Members()[1:]
	s.expect(outcome{
		sweeps: 20, anyAlarm: true,
		check: func(l *observation) string {
			for _, m := range others {
				if a := l.member(m); a == nil || a.MetricsStale || !a.Vitals[thresholds.WALFsyncP99].IsKnown() {
					return "the metrics of " + m.Name
				}
			}
			return ""
		},
	})
	s.change("let it answer", func(context.Context) error { s.metrics[0].Heal(); return nil })
	s.expect(outcome{
		what: "healed", cause: thresholds.CauseHealthy, sweeps: 60, anyAlarm: true,
		onTheWay: []thresholds.Cause{thresholds.CauseMetrics},
		check:    func(l *observation) string { return wellKnown(l, s.cluster.Members()[0]) },
	})
}

// loopbackMetrics serves metrics on each member's own loopback, as k3s and RKE2 do, so that only one member's are
// reachable.
func loopbackMetrics(s *stage, config *probe.Config) {
	config.MetricsEndpoints = []string{s.cluster.Members()[0].MetricsURL}
}

// metricsOfOne observes such a cluster: it is healthy by all that is known, and no member's loss is a risk because
// of it.
func (s *stage) metricsOfOne() {
	s.expectNothingElse(outcome{what: "nothing is wrong", cause: thresholds.CauseHealthy,
		orElse: []thresholds.Cause{thresholds.CauseMetrics}}, lateSweeps)
	s.began = s.observer.count()
	s.expect(outcome{
		what: "and nobody is a risk", sweeps: 5, orElse: []thresholds.Cause{thresholds.CauseMetrics},
		check: func(l *observation) string {
			for i := range l.Members {
				if v := l.Members[i].CanLose; v.Verdict == thresholds.LossRisk || v.Verdict == thresholds.LossNo {
					return "can-lose of " + l.Members[i].Label + " is " + v.Verdict.String() + ": " + v.Reason
				}
			}
			return ""
		},
	})
}
