package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// strayErrors are the errors of a row that leads to no member.
var strayErrors = map[probe.Membership]*probe.Error{
	probe.MembershipProxy: {Kind: probe.ErrProxy, Text: "http://vip:2379: this endpoint is a proxy"},
	probe.MembershipPeerPort: {Kind: probe.ErrPeerPort,
		Text: "http://h2:2380: that is etcd-2's peer port; clients use http://h2:2379"},
	probe.MembershipGone: errRefused,
	probe.MembershipStranger: {Kind: probe.ErrNotGRPC, Where: "http://web:80",
		Text: "http://web:80: it answers HTTP (200 OK) and no gRPC: it is not etcd, or not its client port"},
}

// TestStraysAreNoMembers: beside three healthy voters, a given endpoint leads to no member. One notice says so, no
// other rule is judged for it, and the voters' verdicts stay.
func TestStraysAreNoMembers(t *testing.T) {
	t.Parallel()
	for membership, why := range strayErrors {
		s := newScene(t, 3, Options{})
		m := s.add("")
		m.unlisted, m.membership, m.down, m.noMetrics = true, membership, why, why
		a := s.run(s.interval, nil)
		if len(a.Events) == 0 || a.Events[0].Kind != EventStarted {
			t.Fatalf("membership %d: the events are %+v", membership, a.Events)
		}
		says(t, fmt.Sprintf("membership %d", membership), a.Events[0].Text)
		a = s.run(30*time.Second, func() { s.work(50, time.Millisecond) })
		if a.CountMembers() != 3 || !a.Members[3].Stray {
			t.Errorf("membership %d: %d members are counted", membership, a.CountMembers())
		}
		if a.Level != Notice || a.Reading.Cause != CauseHealthy || a.Cluster.Voters != 3 ||
			a.Cluster.HealthyVoters != 3 {
			t.Errorf("membership %d: %s, %s, %d of %d voters healthy", membership, a.Level, a.Reading.Text,
				a.Cluster.HealthyVoters, a.Cluster.Voters)
		}
		for _, f := range a.Findings {
			if f.Member.Key == a.Members[3].Key && f.Rule != EndpointStray {
				t.Errorf("membership %d: %s is judged for it: %s", membership, f.Rule, f.Summary)
			}
		}
		if finding(&a, EndpointStray, a.Members[3].Label).Level != Notice {
			t.Errorf("membership %d: no finding about it", membership)
		}
		says(t, fmt.Sprintf("membership %d, finding", membership),
			finding(&a, EndpointStray, a.Members[3].Label).Summary+"\n"+a.Reading.Next)
		if got := verdicts(&a); got[0] != LossSafe || got[3] != LossUnknown {
			t.Errorf("membership %d: verdicts %v: want safe for the voters, and unknown for the stray", membership, got)
		}
	}
}

// TestNothingButStrays: a proxy alone shows neither that the cluster is down nor that it is healthy.
func TestNothingButStrays(t *testing.T) {
	t.Parallel()
	for membership, why := range strayErrors {
		s := newScene(t, 0, Options{})
		s.noMemberList = true
		m := s.add("")
		m.unlisted, m.membership, m.down, m.noMetrics = true, membership, why, why
		a := s.run(30*time.Second, nil)
		if a.Level != Unknown || !a.Undecided() || a.Cluster.Voters != 0 {
			t.Errorf("membership %d: %s, undecided %v, %d voters: %s", membership, a.Level, a.Undecided(),
				a.Cluster.Voters,
				a.Reading.Text)
		}
		says(t, fmt.Sprintf("membership %d", membership), a.Reading.Text+"\n"+a.Reading.Next)
		if got := verdicts(&a); got[0] != LossUnknown {
			t.Errorf("membership %d: losing it is %s", membership, got[0])
		}
		if line := a.ClusterLine(); line != "member list not known, no endpoint leads to a member, leader ?" {
			t.Errorf("membership %d: %s", membership, line)
		}
		if got := watched(&a); got != "1 endpoint that leads to no member" {
			t.Errorf("membership %d: watching %s", membership, got)
		}
		a.Members = append(a.Members, a.Members[0])
		if got := watched(&a); got != "2 endpoints that lead to no member" {
			t.Errorf("membership %d: watching %s", membership, got)
		}
	}
}

// TestGivenEndpointsOnly: where the user keeps etcdoc from the member list, that is said once, with the flag to give.
func TestGivenEndpointsOnly(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	s.noMemberList, s.givenOnly = true, true
	a := s.run(45*time.Second, func() { s.work(50, time.Millisecond); s.member(1).read = s.now })
	const why = "the cluster's member list is not asked for (--cluster=false)"
	if a.Reading.Cause != CauseUndetermined || strings.Count(a.Reading.Text, "member list") != 1 ||
		!strings.Contains(a.Reading.Text, why) || !strings.Contains(a.Reading.Next, "--cluster=true") ||
		a.Members[0].CanLose.Reason != why {
		t.Errorf("%s\n%s\n%+v", a.Reading.Text, a.Reading.Next, a.Members[0].CanLose)
	}
	says(t, "", a.Reading.Text)
}

// texts returns everything that an assessment shows to people.
func texts(a *Assessment) string {
	all := append([]string{a.Reading.Text, a.Reading.Next, a.Rolling.Text, a.Rolling.Next, a.Recovery.Text},
		a.Reading.EvidenceTexts()...)
	for i := range a.Findings {
		all = append(all, a.Findings[i].Summary, a.Findings[i].Advice)
	}
	for i := range a.Members {
		all = append(all, a.Members[i].CanLose.Reason, a.Members[i].CanRemove.Reason)
	}
	return strings.Join(all, "\n")
}

// TestNobodyIsWipedWithoutProof tries everything that an unlisted row may be, in a healthy cluster and in one that
// has lost a voter: only a proven removal makes its loss safe, and allows advice to stop and wipe it.
func TestNobodyIsWipedWithoutProof(t *testing.T) {
	t.Parallel()
	advised := 0
	states := map[string]func(*actor){
		"answers":    func(*actor) {},
		"leaderless": func(m *actor) { m.status.Leader = 0 },
		"lags":       func(m *actor) { m.status.RaftIndex, m.status.RaftAppliedIndex = 1, 1 },
		"is down":    func(m *actor) { m.down = errRefused },
	}
	for membership := probe.MembershipUnknown; membership <= probe.MembershipStranger; membership++ {
		if membership == probe.MembershipListed || membership == probe.MembershipNeverStarted {
			continue
		}
		for name, be := range states {
			for _, lost := range []bool{false, true} {
				s := newScene(t, 3, Options{})
				m := s.add("")
				m.unlisted, m.membership = true, membership
				if membership == probe.MembershipForeign {
					m.status.ClusterID = 0xbad
				}
				if why := strayErrors[membership]; why != nil {
					m.down, m.noMetrics = why, why
				}
				forked := membership == probe.MembershipForked
				s.forked = forked
				be(m)
				s.member(3).down = map[bool]*probe.Error{true: errRefused}[lost]
				a := s.run(45*time.Second, func() { s.work(10, time.Millisecond) })
				text := texts(&a)
				if strings.Contains(text, "wipe") {
					advised++
					if membership != probe.MembershipRemoved {
						t.Errorf("membership %d, which %s: the advice wipes it:\n%s", membership, name, text)
					}
				}
				if forked && !lost && name == "answers" && (a.Level != Critical || a.Reading.Cause != CauseMembership ||
					!strings.HasPrefix(a.Reading.Text, "2 clusters under one id: etcd-1, etcd-2 and etcd-3 together, "+
						"of 3 voters; "+a.Members[3].Label+" alone.") || a.Members[0].CanLose.Verdict == LossSafe) {
					t.Errorf("beside another cluster under the same id: %s, %s, losing etcd-1 is %+v", a.Level,
						a.Reading.Text, a.Members[0].CanLose)
				}
				if got := a.Members[3].CanLose; got.Verdict == LossSafe && membership != probe.MembershipRemoved {
					t.Errorf("membership %d, which %s: its loss is safe: %s", membership, name, got.Reason)
				}
			}
		}
	}
	if advised == 0 {
		t.Error("to wipe was never advised: the test shows nothing")
	}
}

// TestOutOfReachIsNotDown: the URLs of two of three voters lead to the first one. Their peers are connected with
// them, and reads need a quorum: they are neither down nor known to be healthy, and no advice says that anybody is
// safe to lose or must be started.
func TestOutOfReachIsNotDown(t *testing.T) {
	t.Parallel()
	for _, kind := range []probe.ErrorKind{probe.ErrElsewhere, probe.ErrPeerPort, probe.ErrForeign, probe.ErrTLSSpoken,
		probe.ErrTLSName, probe.ErrTLSAuthority} {
		s := newScene(t, 3, Options{})
		s.connect(2)
		s.connect(3)
		for _, m := range s.members[1:] {
			m.down = &probe.Error{Kind: kind, Text: "http://127.0.0.1:2379: it leads elsewhere"}
			m.noMetrics = m.down
		}
		a := s.run(30*time.Second, func() { s.work(50, time.Millisecond); s.member(1).read = s.now })
		if a.Level != Unknown || a.Reading.Next == "" {
			t.Errorf("%s: %s: %s (%s)", kind, a.Level, a.Reading.Text, a.Reading.Next)
		}
		says(t, string(kind), a.Reading.Text)
		for i := range a.Members {
			if got := a.Members[i].CanLose; got.Verdict != LossUnknown {
				t.Errorf("%s: losing %s is %s: %s", kind, a.Members[i].Label, got.Verdict, got.Reason)
			}
		}
		if text := texts(&a); strings.Contains(text, "is down") || strings.Contains(text, "start it") {
			t.Errorf("%s: the text calls it down:\n%s", kind, text)
		}
		if a.Members[1].State != StateOutOfReach || !a.Cluster.QuorumSeen {
			t.Errorf("%s: etcd-2 is %s, quorum seen %v", kind, a.Members[1].State, a.Cluster.QuorumSeen)
		}
	}
}

// TestStraysBesideMembersThatCannotBeAsked: only members count as not answering, with the reason.
func TestStraysBesideMembersThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for membership, why := range strayErrors {
		s := newScene(t, 3, Options{})
		stray := s.add("")
		stray.unlisted, stray.membership, stray.down, stray.noMetrics = true, membership, why, why
		for i := range 3 {
			s.members[i].down = &probe.Error{Kind: probe.ErrClientCertExpired,
				Text: "it refuses the client certificate"}
		}
		a := s.run(10*time.Second, nil)
		if a.Reading.Cause != CauseNotTrusted || !strings.HasPrefix(a.Reading.Text, "None of the 3 members answers") ||
			!strings.HasPrefix(a.Reading.Next, "Renew the client pair") || len(a.Reading.Evidence) != 3 {
			t.Errorf("membership %d: %+v", membership, a.Reading)
		}
	}
}

// TestStrayThatHasNotFailedYet: beside members that are all down, an endpoint that leads to none has not answered
// yet.
func TestStrayThatHasNotFailedYet(t *testing.T) {
	t.Parallel()
	for _, membership := range []probe.Membership{
		probe.MembershipProxy, probe.MembershipPeerPort, probe.MembershipGone, probe.MembershipStranger,
	} {
		s := newScene(t, 2, Options{})
		stray := s.add("")
		stray.unlisted, stray.membership, stray.hung = true, membership, s.now
		s.member(1).down, s.member(2).down = errRefused, errRefused
		if a := s.run(2*time.Second, nil); a.Reading.Cause != CauseUnreachable {
			t.Errorf("%d: %+v", membership, a.Reading)
		}
	}
}

// TestProofOfARemovalIsAwaited by a check, and by nothing else.
func TestProofOfARemovalIsAwaited(t *testing.T) {
	t.Parallel()
	for _, immediate := range []bool{true, false} {
		for _, unproven := range []bool{true, false} {
			s := newScene(t, 3, Options{Immediate: immediate})
			m := s.add("")
			m.unlisted, m.membership = true, probe.MembershipUnlisted
			s.run(3*time.Second, func() { s.work(10, time.Millisecond) })
			sweep := s.sweep()
			for i := range sweep.Members {
				if !sweep.Members[i].Listed {
					sweep.Members[i].RemovalUnproven = unproven
				}
			}
			a := s.evaluator.Observe(sweep)
			if got := a.Await == AwaitAnswers; got != (immediate && unproven) {
				t.Errorf("a check: %v, unproven %v: awaits %v", immediate, unproven, a.Await)
			}
		}
	}
}

// TestWhoNeverAnsweredMayBeDown: of a late member that has never answered it is unknown whether its host exists.
func TestWhoNeverAnsweredMayBeDown(t *testing.T) {
	t.Parallel()
	for _, heard := range []bool{true, false} {
		s := newScene(t, 3, Options{Immediate: true})
		if heard {
			s.observe()
		}
		s.member(2).hung = s.now
		a := s.run(3*time.Second, func() { s.work(10, time.Millisecond) })
		if got := strings.Contains(a.Reading.Text, "its host is down"); got == heard ||
			a.Reading.Cause != CauseMemberHung {
			t.Errorf("it had answered: %v: %s: %s %s", heard, a.Reading.Cause, a.Reading.Text, a.Reading.Next)
		}
	}
}

// TestNameOfSeveralMembersIsNoProxy: a name with an address of each member is told apart from a proxy.
func TestNameOfSeveralMembersIsNoProxy(t *testing.T) {
	t.Parallel()
	sweep := probe.Sweep{At: epoch, Interval: 2 * time.Second, Members: []probe.Member{
		{ID: 1, Name: "etcd-1", Listed: true, Membership: probe.MembershipListed},
		{Endpoint: "http://etcd:2379", Given: true, Membership: probe.MembershipProxy,
			LeadsTo: []string{"10.0.0.1:2379", "10.0.0.2:2379"}},
	}}
	says := func(want string) {
		t.Helper()
		a := New(Options{}).Observe(sweep)
		if f := finding(&a, EndpointStray, "etcd:2379"); !strings.Contains(f.Summary, want) || f.Level != Notice {
			t.Errorf("%s %q, want %q", f.Level, f.Summary, want)
		}
	}
	stray := &sweep.Members[1]
	says("is a name with several addresses (10.0.0.1:2379, 10.0.0.2:2379), which lead to several members")
	stray.LeadsTo, stray.AnswersFor = nil, []probe.MemberID{2, 1}
	says("leads to several members (2, 1), as a load balancer or a virtual IP does")
	sweep.Members = append(sweep.Members, probe.Member{ID: 2, Name: "etcd-2", Listed: true,
		Membership: probe.MembershipListed})
	stray = &sweep.Members[1]
	says("leads to several members (etcd-1, etcd-2), as a load balancer")
	stray.AnswersFor = nil // as etcd's grpc-proxy
	says("is a proxy: it answers for the cluster, not for a member")
}
