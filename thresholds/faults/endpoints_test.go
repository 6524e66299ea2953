//go:build faults

package faults

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// sightSweeps is how long the cluster is observed through a non-member endpoint, before and after a member is lost.
const sightSweeps = 15

// throughGRPCProxy gives the observer a gRPC proxy as its only endpoint.
func throughGRPCProxy(lists bool) func(*stage, *probe.Config) {
	return func(s *stage, config *probe.Config) {
		proxy, err := s.cluster.GRPCProxy(s.ctx, lists)
		if err != nil {
			s.Fatal(err)
		}
		config.Endpoints = []string{proxy.URL}
	}
}

// throughBalancer gives it an address that leads to any member.
func throughBalancer(s *stage, config *probe.Config) {
	balancer, err := etcdtest.NewBalancer(hostsOf(s.cluster.Members())...)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(balancer.Close)
	config.Endpoints = []string{"http://" + balancer.Addr()}
}

// hostsOf returns the members' client addresses, without a scheme.
func hostsOf(members []*etcdtest.Member) []string {
	var hosts []string
	for _, m := range members {
		u, err := url.Parse(m.ClientURL)
		if err == nil {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

// observeThrough observes a cluster through an endpoint that is no member: nothing is wrong, and no advice wipes or
// removes anything because of it. Then a follower is killed.
func (s *stage) observeThrough() {
	calm := outcome{what: "all are there", cause: thresholds.CauseHealthy, anyAlarm: true, ceiling: thresholds.Unknown}
	s.expectNothingElse(calm, s.began+sightSweeps)
	victim := s.followers()[0]
	s.change("kill "+victim.Name, func(context.Context) error { return victim.Kill() })
	s.expect(outcome{
		what: "one is down", cause: thresholds.CauseMemberDown, sweeps: sightSweeps, anyAlarm: true,
		orElse:   []thresholds.Cause{thresholds.CauseUndetermined},
		onTheWay: []thresholds.Cause{thresholds.CauseMemberHung, thresholds.CauseNoLeader},
	})
	s.expectNothingDestructive()
}

// observeProxy observes a gRPC proxy that lists itself as the only member: the assessment calls it a proxy, and never
// a member that may be lost or wiped, even when a member behind it is killed.
func (s *stage) observeProxy() {
	o := outcome{
		cause: thresholds.CauseUnreachable, sweeps: sightSweeps, anyAlarm: true,
		orElse: []thresholds.Cause{thresholds.CauseHealthy, thresholds.CauseUndetermined},
		check: func(l *observation) string {
			for i := range l.Members {
				if v := l.Members[i].CanLose; v.Verdict == thresholds.LossSafe {
					return "anything but SAFE for " + l.Members[i].Label + ": " + v.Reason
				}
			}
			if !strings.Contains(l.Reading.Text+strings.Join(l.Reading.EvidenceTexts(), "\n"), "proxy") {
				return fmt.Sprintf("that it is a proxy: %q", l.Reading.Text)
			}
			return ""
		},
	}
	s.expect(o)
	victim := s.cluster.Members()[0]
	s.change("kill "+victim.Name, func(context.Context) error { return victim.Kill() })
	s.observer.at(s.ctx, s.began+truthSweeps)
	o.what = "a member is killed"
	s.expect(o)
	s.expectNothingElse(o, s.observer.count()+sightSweeps)
	s.expectNothingDestructive()
}

// expectNothingDestructive wants no sweep to advise wiping or removing a member.
func (s *stage) expectNothingDestructive() {
	s.Helper()
	for i := range s.observer.count() {
		if text := neverDestructive(s.observer.at(s.ctx, i)); text != "" {
			s.Errorf("%s: sweep %d: no %s", s.name, i, text)
			return
		}
	}
}

// neverDestructive returns the advice that destroys something; words occur in all such advice.
func neverDestructive(l *observation) string {
	texts := []string{l.Reading.Next, l.Reading.Text}
	for i := range l.Findings {
		texts = append(texts, l.Findings[i].Advice)
	}
	for _, text := range texts {
		for _, word := range []string{"wipe", "member remove", "force-new-cluster"} {
			if strings.Contains(text, word) {
				return fmt.Sprintf("advice that destroys: %q", text)
			}
		}
	}
	return ""
}

// besideAnotherCluster adds the endpoints of another cluster, whose truth the verdicts must match as well.
func besideAnotherCluster(s *stage, config *probe.Config) {
	other := etcdtest.New(s.T, etcdtest.Config{Dir: dataDir(), Args: []string{"--log-level=error"}})
	s.other = other
	s.truth.add(other)
	config.Endpoints = append(config.Endpoints, other.Endpoints()...)
}

// twoClusters kills a member of the other cluster: its survivors must not be safe to lose, whatever else the
// assessment says.
func (s *stage) twoClusters() {
	survivors := s.other.Members()[:2]
	s.change("kill one of the other cluster", func(context.Context) error { return s.other.Members()[2].Kill() })
	s.expect(outcome{
		cause: thresholds.CauseMembership, sweeps: sightSweeps, anyAlarm: true, unsafe: survivors,
		check: func(l *observation) string {
			if len(l.Members) < 5 {
				return "the survivors themselves"
			}
			return ""
		},
	})
	s.expectNothingElse(outcome{what: "it goes on", cause: thresholds.CauseMembership, anyAlarm: true},
		s.observer.count()+sightSweeps)
	s.expectNothingDestructive()
}

// oneURL has every member advertise the first one's URL, as k0s does with 127.0.0.1.
func oneURL(_ *etcdtest.Member, all []*etcdtest.Member) []string { return []string{all[0].ClientURL} }

// firstEndpoint gives the observer a single member's endpoint.
func firstEndpoint(s *stage, config *probe.Config) {
	config.Endpoints = []string{s.cluster.Members()[0].ClientURL}
}

// unreachableOthers observes members with the same advertised URL: they take part, are unknown rather than down, and
// make no member safe to lose.
func (s *stage) unreachableOthers() {
	others := s.cluster.Members()[1:]
	o := outcome{
		sweeps: sightSweeps, anyAlarm: true, unsafe: s.cluster.Members(),
		check: func(l *observation) string {
			for _, m := range others {
				if a := l.member(m); a != nil && !a.DownSince.IsZero() {
					return m.Name + " as unknown; it is said to be down"
				}
			}
			if c := l.Reading.Cause; c == thresholds.CauseMemberDown || c == thresholds.CauseQuorumLost {
				return "a cause that is true; it is " + string(c)
			}
			return neverDestructive(l)
		},
	}
	s.expect(o)
	s.expectNothingElse(outcome{
		what: "it goes on", cause: thresholds.CauseHealthy, anyAlarm: true, ceiling: thresholds.Unknown,
	}, s.observer.count()+sightSweeps)
}

// ownAndService has every member advertise its own URL and then a Service's, which leads to any of them.
func ownAndService(t *testing.T) etcdtest.Config {
	var service *etcdtest.Proxy
	t.Cleanup(func() {
		if service != nil {
			service.Close()
		}
	})
	return etcdtest.Config{Advertise: func(m *etcdtest.Member, all []*etcdtest.Member) []string {
		if service == nil {
			balancer, err := etcdtest.NewBalancer(hostsOf(all)...)
			if err != nil {
				t.Fatal(err)
			}
			service = balancer
		}
		return []string{m.ClientURL, "http://" + service.Addr()}
	}}
}

// killBehindService kills a follower that also advertises a Service's URL: the reported error is that of its own URL.
func (s *stage) killBehindService() {
	victim := s.followers()[0]
	o := s.away(victim, thresholds.CauseMemberDown)
	o.sweeps, o.anyAlarm = 15, true
	o.onTheWay = []thresholds.Cause{thresholds.CauseNoLeader, thresholds.CauseMemberHung}
	o.check = func(l *observation) string {
		for i := range l.Findings {
			if f := &l.Findings[i]; f.Rule == thresholds.MemberUnreachable &&
				!strings.Contains(f.Summary, "connection refused") {
				return fmt.Sprintf("connection refused: %q", f.Summary)
			}
		}
		return neverDestructive(l)
	}
	s.change("kill "+victim.Name, func(context.Context) error { return victim.Kill() })
	s.expect(o)
}

// withPeerPort adds a peer port to the observer's endpoints.
func withPeerPort(s *stage, config *probe.Config) {
	config.Endpoints = append(config.Endpoints, s.cluster.Members()[1].PeerURL)
}

// peerURLs has every member advertise its peer port to clients.
func peerURLs(m *etcdtest.Member, _ []*etcdtest.Member) []string { return []string{m.PeerURL} }

// peerPortsAdvertised wants these reported as peer ports, and no member called down.
func (s *stage) peerPortsAdvertised() {
	others := s.cluster.Members()[1:]
	s.expect(outcome{
		sweeps: sightSweeps, anyAlarm: true, unsafe: s.cluster.Members(),
		check: func(l *observation) string {
			said := l.words()
			if !strings.Contains(said, "peer port") || strings.Contains(said, "TLS mismatch") {
				return "that they are peer ports in:\n" + said
			}
			for _, m := range others {
				if a := l.member(m); a != nil && !a.DownSince.IsZero() {
					return m.Name + " as unknown; it is said to be down"
				}
			}
			return neverDestructive(l)
		},
	})
}

// words returns everything that an assessment says.
func (l *observation) words() string {
	texts := []string{l.Reading.Text, l.Reading.Next}
	for i := range l.Findings {
		texts = append(texts, l.Findings[i].Summary, l.Findings[i].Advice)
	}
	for i := range l.Members {
		for _, err := range l.Members[i].Errors {
			texts = append(texts, err.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// peerPortAsEndpoint wants an endpoint that is a peer port reported as one. etcd 3.5 serves clients on that port too;
// then there is nothing to report.
func (s *stage) peerPortAsEndpoint() {
	config, err := s.cluster.ClientConfig()
	if err != nil {
		s.Fatal(err)
	}
	config.Endpoints = []string{s.cluster.Members()[1].PeerURL}
	client, err := clientv3.New(config)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(s.ctx, loadTimeout)
	defer cancel()
	if _, err := client.Get(ctx, "/", clientv3.WithSerializable()); err == nil {
		s.stayQuiet(sightSweeps * time.Second)
		return
	}
	wrongEndpoint("peer port")(s)
}

// withNobody adds an address on which nobody listens.
func withNobody(_ *stage, config *probe.Config) {
	config.Endpoints = append(config.Endpoints, "http://127.0.0.1:9")
}

// wrongEndpoint wants an explanation of the non-member endpoint in one of those words, and the members to be healthy.
func wrongEndpoint(words ...string) func(*stage) {
	return func(s *stage) {
		s.expect(outcome{
			sweeps: sightSweeps, anyAlarm: true,
			check: func(l *observation) string {
				for _, m := range s.cluster.Members() {
					if a := l.member(m); a == nil || !a.Healthy || a.CanLose.Verdict != thresholds.LossSafe {
						return m.Name + " as healthy and safe to lose"
					}
				}
				said := l.words()
				for _, word := range words {
					if strings.Contains(said, word) {
						return neverDestructive(l)
					}
				}
				return fmt.Sprintf("any of %q in:\n%s", words, said)
			},
		})
	}
}
