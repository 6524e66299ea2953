package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// waysBarred are failures on our way to a member, which do not show whether it runs.
var waysBarred = []probe.ErrorKind{
	probe.ErrElsewhere, probe.ErrPeerPort, probe.ErrForeign, probe.ErrTLS, probe.ErrTLSAuthority, probe.ErrTLSName,
	probe.ErrTLSExpired, probe.ErrTLSNotYetValid,
	probe.ErrClientCertMissing, probe.ErrClientCertRefused, probe.ErrClientCertExpired,
	probe.ErrClientCertNotYetValid, probe.ErrTLSSpoken,
	probe.ErrTLSNotSpoken,
}

// TestPeersDecideAboutTheUnreached: the peers decide about a member out of our reach. Connected, it takes part, though
// its health is unknown; if too few are connected with it for a quorum, it is down or cut off.
func TestPeersDecideAboutTheUnreached(t *testing.T) {
	t.Parallel()
	const has, none, mute, silent = 1, 0, -1, -2 // a connection, none, not reported, no metrics at all
	for name, test := range map[string]struct {
		voters int
		says   []int // of each of the others
		state  State
		alarm  bool // one is about it
	}{
		"both have lost it":               {3, []int{none, none}, StateDown, true},
		"both have it":                    {3, []int{has, has}, StateOutOfReach, false},
		"one has it":                      {3, []int{none, has}, StateOutOfReach, false},
		"one has lost it, one says not":   {3, []int{none, silent}, StateOutOfReach, false},
		"nobody reports it":               {3, []int{silent, silent}, StateOutOfReach, false},
		"never connected with either":     {3, []int{mute, mute}, StateOutOfReach, false},
		"lost, and never connected":       {3, []int{none, mute}, StateOutOfReach, false},
		"the only other one has lost it":  {2, []int{none}, StateDown, true},
		"the only other one has it":       {2, []int{has}, StateOutOfReach, false},
		"three of five have lost it":      {5, []int{none, none, none, silent}, StateDown, true},
		"two of five have, two don't say": {5, []int{none, none, silent, silent}, StateOutOfReach, false},
		"three of five, and one has it":   {5, []int{none, none, none, has}, StateOutOfReach, false},
	} {
		for _, kind := range waysBarred {
			s := newScene(t, test.voters, Options{})
			s.run(20*time.Second, func() { s.work(50, quickFsync) })
			last := s.member(test.voters)
			last.down = &probe.Error{Kind: kind, Text: "it can't be asked"}
			for i, says := range test.says {
				switch s.member(i + 1); says {
				case silent:
					s.member(i + 1).blind()
				case mute:
					s.member(i + 1).metrics.Peers = map[probe.MemberID]probe.PeerMetrics{}
				default:
					s.peer(i+1, test.voters, active(float64(says)))
				}
			}
			a := s.run(40*time.Second, func() { s.work(50, quickFsync) })
			m := &a.Members[test.voters-1]
			f := finding(&a, MemberUnreachable, m.Label)
			if m.State != test.state {
				t.Errorf("%s, %s: %s, want %s", name, kind, m.State, test.state)
			}
			want := Unknown
			if test.alarm || kind == probe.ErrTLSExpired {
				want = Warning
			}
			if f.Level != want || !strings.Contains(f.Summary, kind.Words()) {
				t.Errorf("%s, %s: %s %q, want %s", name, kind, f.Level, f.Summary, want)
			}
			if kind == probe.ErrElsewhere {
				says(t, name, f.Summary)
			}
			text := texts(&a)
			if !test.alarm && (strings.Contains(text, m.Label+" is down") || strings.Contains(text, "bring "+m.Label)) {
				t.Errorf("%s, %s: the text calls it down:\n%s", name, kind, text)
			}
			lost := a.Members[0].CanLose.Verdict
			switch {
			case lost == LossSafe, test.alarm && test.voters == 3 && lost != LossNo, !test.alarm && lost == LossNo &&
				test.voters > 2:
				t.Errorf("%s, %s: losing etcd-1 is %s: %s", name, kind, lost, a.Members[0].CanLose.Reason)
			}
			for i, says := range test.says { // whoever has lost it reports that, if nothing else does
				g := finding(&a, PeerDisconnected, a.Members[i].Label)
				if says == none && (g.Level < Warning || (g.InhibitedBy == MemberUnreachable) != test.alarm) {
					t.Errorf("%s, %s: of etcd-%d: %s %q because of %s", name, kind, i+1, g.Level, g.Summary,
						g.InhibitedBy)
				}
			}
		}
	}
}

// TestUnreachedLearner: a learner follows whichever member leads.
func TestUnreachedLearner(t *testing.T) {
	t.Parallel()
	for says, want := range map[[3]float64]State{{0, 0, 0}: StateDown, {0, 0, 1}: StateOutOfReach,
		{1, 1, 1}: StateOutOfReach} {
		s := newScene(t, 4, Options{})
		learner := s.member(4)
		learner.learner, learner.status.IsLearner = true, true
		s.run(20*time.Second, func() { s.work(50, quickFsync) })
		learner.down = &probe.Error{Kind: probe.ErrElsewhere, Text: "it leads to etcd-1"}
		for i, n := range says {
			s.peer(i+1, 4, active(n))
		}
		if a := s.run(20*time.Second, func() { s.work(50, quickFsync) }); a.Members[3].State != want {
			t.Errorf("%v: %s, want %s", says, a.Members[3].State, want)
		}
	}
}

// TestEndpointOfTheSilent: an endpoint that does not answer may belong to a listed member that is silent; while there
// is one, no advice drops the endpoint.
func TestEndpointOfTheSilent(t *testing.T) {
	t.Parallel()
	elsewhere := &probe.Error{Kind: probe.ErrElsewhere, Text: "it leads to etcd-1"}
	for name, test := range map[string]struct {
		act  func(*scene)
		keep string // whose it may be; empty: nobody's
	}{
		"all answer":          {func(*scene) {}, ""},
		"one is out of reach": {func(s *scene) { s.member(3).down = elsewhere }, "of etcd-3, which"},
		"one is down":         {func(s *scene) { s.member(2).down = errRefused }, "of etcd-2, which"},
		"one hangs":           {func(s *scene) { s.member(2).hung = s.now }, "of etcd-2, which"},
		"two are": {func(s *scene) { s.member(2).down, s.member(3).down = errRefused, elsewhere },
			"of etcd-2 or etcd-3, which"},
		"one has never run": {func(s *scene) { s.neverStarted(3) }, ""},
	} {
		for _, membership := range []probe.Membership{probe.MembershipGone, probe.MembershipUnknown} {
			s := newScene(t, 3, Options{})
			test.act(s)
			sweep := s.sweep()
			sweep.Members = append(sweep.Members,
				probe.Member{Endpoint: "http://spare:2379", Membership: membership,
					Status: probe.Fact[probe.Status]{Err: errRefused}})
			for range 3 { // nobody is late before the second sweep
				s.evaluator.Observe(sweep)
				sweep.At = sweep.At.Add(time.Second)
			}
			a := s.evaluator.Observe(sweep)
			text := texts(&a)
			if drop := strings.Contains(text, "Drop ") || strings.Contains(text, "drop it"); drop != (test.keep == "") {
				t.Errorf("%s, membership %d: the advice drops it: %v\n%s", name, membership, drop, text)
			}
			if !strings.Contains(text, test.keep) {
				t.Errorf("%s, membership %d: the text lacks %q:\n%s", name, membership, test.keep, text)
			}
		}
	}
}

// TestSilenceAtAnAdvertisedURL: a given endpoint that several members advertise is not nobody's.
func TestSilenceAtAnAdvertisedURL(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	sweep := s.sweep()
	for i := range sweep.Members {
		sweep.Members[i].ClientURLs = []string{"http://vip:2379"}
	}
	sweep.Members = append(sweep.Members,
		probe.Member{Endpoint: "http://vip:2379", Status: probe.Fact[probe.Status]{Err: errRefused}})
	a := s.evaluator.Observe(sweep)
	if f := finding(&a, MemberUnreachable, "vip:2379"); f.Level != Notice || strings.Contains(f.Advice, "Drop") {
		t.Errorf("%s %q: %s", f.Level, f.Summary, f.Advice)
	} else {
		says(t, "", f.Summary)
	}
}
