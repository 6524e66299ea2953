package thresholds

import (
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// A loss takes away something that rules depend on, from all members of a scene.
type loss struct {
	name string
	lose func(s *scene)
	// judged are the rules that depend on something else, or that are about the loss itself.
	judged []RuleID
	// notMeasurable means that it may be nobody's fault: the reading lists what was not looked at.
	notMeasurable bool
}

func losses() []loss {
	// of members, and of alarms
	lists := append([]RuleID{LearnersPresent, VotersEven, SingleMember, VotersMany, AlarmCorrupt, AlarmNoSpace},
		ofAPIServers...)
	lists = append(lists, ofBackups...)
	away := append([]RuleID{ClusterUnreachable, MemberUnreachable, MemberLate}, lists...)
	status := append([]RuleID{
		QuorumLost, QuorumAtRisk, ClusterForked, TwoLeaders, ClusterIDMismatch, MemberListMismatch, NoLeader,
		VoterUnhealthy, FollowerStuck, LearnerStuck,
		ApplyLagging, FollowerLagging, LinearizableReadSlow, SerializableReadSlow, DBQuotaNear, DBLarge, DBGrowing,
		DBFragmented,
		CertificateExpiring, AuthorityExpiring, HashMismatch, DowngradeEnabled, VersionBad, VersionsMixed,
		StorageVersionDiffers, SizesDiverging, MetricsUnavailable,
	}, away...)
	return []loss{
		{"late, never seen", func(s *scene) {
			for _, m := range s.members {
				m.hung = s.now.Add(-time.Minute)
				m.lastStatus = probe.Fact[probe.Status]{}
				m.lastMetrics = probe.Fact[*probe.Metrics]{}
			}
		}, away, false},
		{"late", func(s *scene) {
			for _, m := range s.members {
				m.hung = s.now.Add(-time.Minute)
			}
		}, away, false},
		{"down", func(s *scene) {
			for _, m := range s.members {
				m.down = errRefused
			}
		}, away, false},
		{"no metrics", func(s *scene) {
			for _, m := range s.members {
				m.noMetrics = errRefused
			}
		}, status, false},
		{"empty metrics", func(s *scene) {
			for _, m := range s.members {
				m.metrics, m.noPeers = probe.Metrics{}, true
			}
		}, append([]RuleID{AnswersSlow}, status...), true},
		{"denied", func(s *scene) {
			for _, m := range s.members {
				m.down = &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
			}
		}, append([]RuleID{ClusterUnreachable, MemberLate, MetricsUnavailable, LinearizableReadSlow,
			SerializableReadSlow}, lists...), false},
		{"denied, without lists", func(s *scene) {
			s.noMemberList = true
			for _, m := range s.members {
				m.down = &probe.Error{Kind: probe.ErrPermission, Text: "permission denied"}
			}
		}, append([]RuleID{ClusterUnreachable, MemberLate, MetricsUnavailable, LinearizableReadSlow,
			SerializableReadSlow}, append(ofBackups, ofAPIServers...)...), false},
		{"not trusted", func(s *scene) {
			for _, m := range s.members {
				m.down = &probe.Error{Kind: probe.ErrTLS, Text: "unknown authority"}
			}
		}, away, false},
		{"no API server", func(s *scene) {
			s.apiServers = []*probe.APIServerView{{
				URL: "https://10.0.0.1:6443", Ready: probe.Fact[probe.EtcdCheck]{Err: errRefused},
				Metrics: probe.Fact[*probe.APIServerMetrics]{Err: errRefused},
			}}
		}, allBut(ofAPIServers), false},
		{"no backups", func(s *scene) {
			s.backups = &probe.Fact[probe.Backups]{Err: &probe.Error{Text: "open /backups: no such file or directory"}}
		}, allBut(ofBackups), false},
	}
}

// ofBackups are the rules about the backups on this host, which do not depend on what members answer.
var ofBackups = []RuleID{BackupMissing, BackupStale, BackupCorrupt}

// ofAPIServers are the rules about what API servers see, which does not depend on what members answer here.
var ofAPIServers = []RuleID{APIServerCutOff, APIServerSlow, APIServerGetSlow}

// allBut are all rules without some.
func allBut(left []RuleID) (rules []RuleID) {
	for _, r := range Rules() {
		if !slices.Contains(left, r.ID) {
			rules = append(rules, r.ID)
		}
	}
	return rules
}

// neverUnknown are the rules for which nothing can be missing.
var neverUnknown = map[RuleID]string{
	MemberLate:               "it is the rule that says that an answer is missing",
	EndpointStray:            "who is who is known, or the endpoint passes for a member",
	ClientCertificateExpires: "the certificate is etcdoc's own",
	MemberUndumped:           "it is about dumps: a live cluster's members are in its list",
	BackupStale:              "that nothing is known of the backups is found by backup-missing",
	BackupCorrupt:            "that nothing is known of the backups is found by backup-missing",
}

// TestUnknownIsNeverFine takes away what each rule depends on: the rule must become unknown, in the first sweep as
// well as after a healthy time longer than the history.
func TestUnknownIsNeverFine(t *testing.T) {
	t.Parallel()
	unknown := make(map[RuleID]bool)
	for _, loss := range losses() {
		for _, before := range []time.Duration{0, 30 * time.Second} {
			rules := Rules()
			found := make(map[RuleID][]measurement) // about etcd-1, or etcd-3 that is a learner, or the cluster
			for i := range rules {
				r := &rules[i]
				if r.IsOff() {
					r.Notice = at(1, 0)
				}
				judge := r.judge
				r.judge = func(s *subject, window time.Duration) measurement {
					m := judge(s, window)
					learners := r.ID == LearnerStuck
					if s.at == nil || s.at.Label == "etcd-1" && !learners || s.at.Label == "etcd-3" && learners {
						found[r.ID] = append(found[r.ID], m)
					}
					return m
				}
			}
			s := newScene(t, 4, Options{Rules: rules})
			s.hashes = 1
			s.member(3).learner, s.member(3).status.IsLearner = true, true
			for _, m := range s.members {
				m.flags = probe.NewServerFlags("etcd.yaml", map[string]string{"election-timeout": "1000"})
				m.certificate = &probe.Certificate{NotAfter: epoch.Add(365 * day)}
				m.reads(epoch, time.Millisecond, time.Millisecond)
			}
			s.run(before, func() {
				s.work(50, time.Millisecond)
				for _, m := range s.members {
					m.metrics.Date = s.now.Truncate(time.Second)
				}
			})
			loss.lose(s)
			s.run(DefaultWindow+s.interval, nil) // until what was known before is too old
			clear(found)
			a := s.observe()
			if a.Level < Unknown {
				t.Errorf("%s after %v: the whole is %s", loss.name, before, a.Level)
			}
			for _, r := range rules {
				if len(found[r.ID]) == 0 {
					t.Errorf("%s after %v: %s was not judged", loss.name, before, r.ID)
				}
				for _, m := range found[r.ID] {
					unknown[r.ID] = unknown[r.ID] || m.unknown != ""
					// That this host's clock needs three others is nobody's fault.
					fine := m.unknown == "" && (m.notMeasurable == "" || !loss.notMeasurable && r.ID != ObserverClock)
					if _, never := neverUnknown[r.ID]; fine && !never && !slices.Contains(loss.judged, r.ID) {
						t.Errorf("%s after %v: %s is fine: %+v", loss.name, before, r.ID, m)
					}
				}
			}
		}
	}
	for _, r := range Rules() {
		if why, never := neverUnknown[r.ID]; unknown[r.ID] == never {
			t.Errorf("%s was unknown: %v (%s)", r.ID, unknown[r.ID], why)
		}
	}
}
