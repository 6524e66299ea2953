package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// checkImpacts: each follows from a finding that is there, says so in words, and none includes another one.
func checkImpacts(t testing.TB, a *Assessment) {
	t.Helper()
	for i := range a.Impacts {
		impact := &a.Impacts[i]
		if a.Finding(impact.Rule, impact.Member.Key) == nil || impact.Text == "" || impact.order() < 0 ||
			(impact.When == ImpactLater) != impact.At.After(a.At) {
			t.Errorf("the impact %+v has no finding, moment or words", impact)
		}
	}
	if kept := withoutIncluded(a.Impacts); len(kept) != len(a.Impacts) {
		t.Errorf("one of the impacts includes another: %+v", a.Impacts)
	}
}

// told are an impact's fields in short.
func (i *Impact) told() string {
	text := fmt.Sprintf("%s %s", i.Service, i.Effect)
	if len(i.Members) > 0 {
		text += " at " + strings.Join(labelsOf(i.Members), "+")
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", text, i.When, i.Rule, i.Member.Label))
}

// TestImpacts: what users lose, and when, by its fields. Every row of the table is seen.
func TestImpacts(t *testing.T) {
	t.Parallel()
	const nextLoss = "writes fails on-next-loss: quorum-at-risk, linearizable-reads fails on-next-loss: quorum-at-risk"
	steady := func(change func(*scene)) func(*scene) Assessment {
		return func(s *scene) Assessment {
			s.run(20*time.Second, func() { s.work(50, 2*time.Millisecond) })
			change(s)
			return s.run(time.Minute, func() { s.work(50, 2*time.Millisecond) })
		}
	}
	slowDisks := func(slow ...int) func(*scene) Assessment {
		return func(s *scene) Assessment {
			return s.run(2*time.Minute, func() {
				for i, m := range s.members {
					took := 2 * time.Millisecond
					if slices.Contains(slow, i+1) {
						took = 700 * time.Millisecond
					}
					m.fsync(50, took)
					m.commit(50, 2*time.Millisecond)
				}
			})
		}
	}
	calls := func(code string) func(*scene) Assessment {
		n := 0.0
		return func(s *scene) Assessment {
			put := probe.GRPCMethod{Service: "etcdserverpb.KV", Method: "Put", Type: "unary"}
			s.interval = 10 * time.Second
			return s.run(10*time.Minute, func() {
				n += 1000
				s.member(2).metrics.GRPCHandled = map[probe.GRPCCall]float64{{GRPCMethod: put, Code: code}: n,
					{GRPCMethod: put, Code: "OK"}: n}
			})
		}
	}
	slowCalls := func(methods ...string) func(*scene) Assessment {
		n := 0.0
		return func(s *scene) Assessment {
			s.interval = 10 * time.Second
			return s.run(10*time.Minute, func() {
				n += 1000
				handling := map[probe.GRPCMethod]probe.Histogram{}
				for _, method := range methods {
					h := probe.Histogram{Bounds: fsyncBounds(), Counts: make([]float64, 15)}
					handling[probe.GRPCMethod{Service: "etcdserverpb.KV", Method: method, Type: "unary"}] =
						observed(h, n, 8*time.Second)
				}
				s.member(2).metrics.GRPCHandling = handling
			})
		}
	}
	expires := func(left time.Duration) func(*scene) Assessment {
		return func(s *scene) Assessment {
			s.member(2).certificate = &probe.Certificate{Subject: "CN=x", NotAfter: s.now.Add(left)}
			return s.observe()
		}
	}
	tests := map[string]struct {
		voters int
		act    func(*scene) Assessment
		want   string
	}{
		"healthy": {3, steady(func(*scene) {}), ""},
		"quorum lost": {3, steady(func(s *scene) {
			s.member(2).down, s.member(3).down = errRefused, errRefused
			s.elect(0)
		}), "writes fails now: quorum-lost, linearizable-reads fails now: quorum-lost, " +
			"everything fails at etcd-2 now: member-unreachable etcd-2, " +
			"everything fails at etcd-3 now: member-unreachable etcd-3"},
		"no leader": {3, steady(func(s *scene) { s.elect(0) }),
			"writes fails now: quorum-lost, linearizable-reads fails now: quorum-lost"},
		"one without the leader": {3, steady(func(s *scene) { s.member(3).status.Leader = 0 }),
			"writes fails at etcd-3 now: no-leader etcd-3, linearizable-reads fails at etcd-3 now: no-leader etcd-3, " +
				nextLoss},
		"no voter to spare": {3, steady(func(s *scene) { s.member(3).down = errRefused }),
			"everything fails at etcd-3 now: member-unreachable etcd-3, " + nextLoss},
		"one of five down": {5, steady(func(s *scene) { s.member(3).down = errRefused }),
			"everything fails at etcd-3 now: member-unreachable etcd-3"},
		"a single voter": {1, steady(func(*scene) {}), "everything fails on-next-loss: single-member"},
		"two voters": {2, steady(func(*scene) {}),
			"writes fails on-next-loss: even-voters, linearizable-reads fails on-next-loss: even-voters"},
		"nobody answers": {3, steady(func(s *scene) {
			for _, m := range s.members {
				m.down = errRefused
			}
		}), "everything fails at etcd-1 now: member-unreachable etcd-1, " +
			"everything fails at etcd-2 now: member-unreachable etcd-2, " +
			"everything fails at etcd-3 now: member-unreachable etcd-3"},
		"NOSPACE": {3, steady(func(s *scene) {
			for _, m := range s.members {
				m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: 0xa1}}
				m.status.DBSizeBytes = m.status.DBQuotaBytes
			}
		}), "puts refused now: alarm-nospace"},
		"CORRUPT": {3, steady(func(s *scene) {
			for _, m := range s.members {
				m.status.Alarms = []probe.Alarm{{Type: "CORRUPT", Member: 0xa1}}
			}
		}), "writes refused now: alarm-corrupt, linearizable-reads fails on-next-loss: quorum-at-risk"},
		"near the quota": {3, steady(func(s *scene) {
			s.member(2).status.DBSizeBytes = s.member(2).status.DBQuotaBytes * 96 / 100
		}), "puts refused at-quota: db-quota etcd-2"},
		"a certificate expires": {3, expires(5 * day), "new-connections fails at etcd-2 later: certificate-expiry etcd-2"},
		"a certificate expired": {3, expires(-day), "new-connections fails at etcd-2 now: certificate-expiry etcd-2"},
		"a CA expires": {3, func(s *scene) Assessment {
			for _, m := range s.members[:2] {
				m.certificate = &probe.Certificate{Subject: "CN=x", NotAfter: s.now.Add(365 * day)}
				m.authority = &probe.Certificate{Subject: "CN=ca", NotAfter: s.now.Add(5 * day)}
			}
			return s.observe()
		}, "new-connections fails at etcd-1+etcd-2 later: ca-expiry"},
		"slow disk of a follower": {3, slowDisks(2), "writes slow at etcd-2 now: wal-fsync-slow etcd-2"},
		"slow disk of the leader": {3, slowDisks(1), "writes slow now: wal-fsync-slow etcd-1"},
		"slow disks of a quorum":  {3, slowDisks(2, 3), "writes slow now: wal-fsync-slow etcd-2"},
		"slow reads": {3, func(s *scene) Assessment {
			return s.run(time.Minute, func() {
				for i, m := range s.members {
					m.reads(s.now, time.Duration(i)*3*time.Second, 0)
				}
			})
		}, "linearizable-reads slow at etcd-2 now: linearizable-read-slow etcd-2, " +
			"linearizable-reads slow at etcd-3 now: linearizable-read-slow etcd-3"},
		"slow serializable reads": {3, func(s *scene) Assessment {
			return s.run(time.Minute, func() { s.member(2).reads(s.now, time.Millisecond, 3*time.Second) })
		}, "serializable-reads slow at etcd-2 now: serializable-read-slow etcd-2"},
		"defragmentation": {3, steady(func(s *scene) { s.member(3).metrics.DefragInflight = probe.Known(1) }),
			"everything slow at etcd-3 now: defrag-running etcd-3, " + nextLoss},
		"data that differs": {3, func(s *scene) Assessment {
			for round := range 3 {
				s.hashes = round + 1
				for i, m := range s.members {
					m.hash, m.compact = 7, 1
					if i == 2 {
						m.hash = 8
					}
				}
				s.observe()
			}
			return s.observe()
		}, "reads diverges at etcd-3 now: hash-mismatch etcd-3"},
		"too many entries to apply": {3, steady(func(s *scene) {
			s.member(3).status.RaftIndex = s.member(3).status.RaftAppliedIndex + maxApplyGap + 1
		}), "writes refused at etcd-3 now: apply-lag etcd-3, " + nextLoss},
		"as many entries as etcd allows": {3, steady(func(s *scene) {
			s.member(3).status.RaftIndex = s.member(3).status.RaftAppliedIndex + maxApplyGap
		}), nextLoss},
		"failing proposals": {3, func(s *scene) Assessment {
			s.interval = 10 * time.Second
			return s.run(20*time.Minute, func() { goesUp(&s.member(2).metrics.ProposalsFailed, 1000) })
		}, "writes fails at etcd-2 now: proposals-failing etcd-2"},
		"failing calls": {3, calls("Unavailable"), "calls fails at etcd-2 now: grpc-failures etcd-2"},
		"slow calls": {3, slowCalls("Range", "Txn", "Put"), "calls slow at etcd-2 now: grpc-slow etcd-2, " +
			"reads slow at etcd-2 now: grpc-slow-range etcd-2, transactions slow at etcd-2 now: grpc-slow-txn etcd-2"},
		"slow watchers": {3, steady(func(s *scene) {
			s.member(2).metrics.SlowWatchers, s.member(2).metrics.PendingEvents = known(1e6), known(1e6)
		}), "watches slow at etcd-2 now: watch-backlog etcd-2"},
		"no file descriptors": {3, steady(func(s *scene) { s.member(2).metrics.OpenFDs = known(65000) }),
			"new-connections fails at etcd-2 at-fd-limit: fd-exhaustion etcd-2"},
		"a fork": {3, steady(func(s *scene) { s.forked = true; s.member(3).membership = probe.MembershipForked }),
			"reads diverges now: cluster-forked, " + nextLoss},
	}
	seen := map[RuleID]bool{}
	for name, test := range tests {
		s := newScene(t, test.voters, Options{})
		a := test.act(s)
		var got []string
		for i := range a.Impacts {
			impact := &a.Impacts[i]
			got = append(got, impact.told())
			seen[impact.Rule] = true
			says(t, name+", "+impact.told(), impact.Text)
			f := a.Finding(impact.Rule, impact.Member.Key)
			if impact.When == ImpactNow && impact.Rule != CertificateExpiring && !impact.At.Equal(f.Since) {
				t.Errorf("%s: %q began at %s, the finding at %s", name, impact.Text, impact.At, f.Since)
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.Join(got, ", "), test.want)
		}
	}
	for rule := range impactRows {
		if !seen[rule] && rule != DBGrowing && rule != TwoLeaders {
			t.Errorf("no impact of %s was seen", rule)
		}
	}
}

// TestImpactNumbers: when and how long, as the findings and certificates say.
func TestImpactNumbers(t *testing.T) {
	t.Parallel()
	const rate = 100e3
	f := newFilling(t, Options{}, startSize(47*60, rate, 20*time.Minute), 10*time.Second)
	a := f.grow(rate, 20*time.Minute)
	i := slices.IndexFunc(a.Impacts, func(i Impact) bool { return i.Rule == DBGrowing })
	if i < 0 {
		t.Fatalf("no impact of the growth: %+v", a.Impacts)
	}
	growth := a.Impacts[i]
	if in := growth.dueIn(a.At); in < 46*time.Minute || in > 48*time.Minute || growth.Service != ServicePuts ||
		growth.Effect != EffectRefused || growth.When != ImpactLater || len(growth.Members) > 0 {
		t.Errorf("in %s: %+v", in, growth)
	}
	says(t, "growth", growth.Text)
	if slices.ContainsFunc(a.Impacts, func(i Impact) bool { return i.When == ImpactAtQuota }) {
		t.Errorf("it has a moment, and is said again without: %+v", a.Impacts)
	}

	s := newScene(t, 3, Options{})
	s.member(2).certificate = &probe.Certificate{Subject: "CN=x", NotAfter: s.now.Add(5 * day)}
	a = s.observe()
	if len(a.Impacts) != 1 || !a.Impacts[0].At.Equal(epoch.Add(5*day)) {
		t.Errorf("the certificate expires at %s: %+v", epoch.Add(5*day), a.Impacts)
	}
	if out := a.Impacts[0].json(a.At); out.InSeconds.Or(0) != (5 * day).Seconds() {
		t.Errorf("in_seconds %v", out.InSeconds)
	}

	s = newScene(t, 3, Options{})
	a = s.run(2*time.Minute, func() { s.work(50, 700*time.Millisecond) })
	if took := a.Impacts[0].Took.Or(0); a.Impacts[0].Service != ServiceWrites || took < 0.512 || took > 1.024 {
		t.Errorf("writes take %v s: %+v", took, a.Impacts)
	}
}
