package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// waysBarred are failures on our way to a member, which do not show whether it runs.
var waysBarred = []probe.ErrorKind{
	probe.ErrElsewhere, probe.ErrNoWay, probe.ErrPeerPort, probe.ErrForeign, probe.ErrTLS,
	probe.ErrTLSAuthority, probe.ErrTLSName,
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
			step := a.Rolling.Steps[slices.IndexFunc(a.Rolling.Steps,
				func(s RollingStep) bool { return s.Member.Key == m.Key })]
			if words := m.StateWords(); m.State == StateOutOfReach && (step.State != StepUnknown || step.Away != 0 ||
				!strings.HasSuffix(words, " reach") || strings.Contains(f.Headline+words, "down")) {
				t.Errorf("%s, %s: out of reach, it is %q, its step %s, %q", name, kind, words, step.State, f.Headline)
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

// TestNeverReached: a member that never answered here is not down where a peer shows that it may run, and no longer in
// doubt once one shows that it does or does not.
func TestNeverReached(t *testing.T) {
	t.Parallel()
	refused := &probe.Error{Kind: probe.ErrRefused, Text: "connection refused"}
	barred := &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
	silent := &probe.Error{Kind: probe.ErrTimeout, Text: "no answer in time"}
	closed := &probe.Error{Kind: probe.ErrClosed, Text: "connection closed"}
	const heard, unheard, cut, mute, lost = "heard", "unheard", "cut", "no metrics", "probes get no answer"
	for name, test := range map[string]struct {
		down             *probe.Error
		leader, follower string // what their metrics show of it
		state            State
		says             string
	}{
		"no route, heard by the leader":      {barred, heard, unheard, StateOutOfReach, "it runs"},
		"silent, heard by the leader":        {silent, heard, unheard, StateOutOfReach, "it runs"},
		"closed, heard by the leader":        {closed, heard, unheard, StateOutOfReach, "it runs"},
		"refused, heard by the leader":       {refused, heard, unheard, StateOutOfReach, "it runs"},
		"heard, and cut off from another":    {barred, heard, cut, StateOutOfReach, "is out of reach"},
		"no route, connected and not heard":  {barred, unheard, unheard, StateDown, "is down"},
		"silent, connected and not heard":    {silent, unheard, unheard, StateDown, "is down"},
		"refused, connected and not heard":   {refused, unheard, unheard, StateDown, "is down"},
		"no route, no connection":            {barred, cut, cut, StateDown, "is down"},
		"refused, no connection":             {refused, cut, cut, StateDown, "is down"},
		"no route, nobody says":              {barred, mute, mute, StateDown, "is down"},
		"refused, nobody says":               {refused, mute, mute, StateDown, "is down"},
		"no route, the leader does not say":  {barred, mute, unheard, StateOutOfReach, "not known"},
		"refused, the leader does not say":   {refused, mute, unheard, StateOutOfReach, "not known"},
		"silent, no connection with one":     {silent, mute, cut, StateDown, "is down"},
		"no route, cut off from the leader":  {barred, cut, unheard, StateOutOfReach, "is out of reach"},
		"no route, cut off, nothing else":    {barred, cut, mute, StateDown, "is down"},
		"no route, probes get no answer":     {barred, mute, lost, StateDown, "is down"},
		"silent, the leader does not say it": {silent, mute, unheard, StateOutOfReach, "not known"},
	} {
		s := newScene(t, 3, Options{Immediate: true})
		s.member(3).down = test.down
		for i, shows := range []string{test.leader, test.follower} {
			switch shows {
			case mute:
				s.member(i + 1).blind()
			case cut:
				s.peer(i+1, 3, active(0))
			case heard:
				s.peer(i+1, 3, active(1))
			case unheard, lost:
				s.peer(i+1, 3, func(p *probe.PeerMetrics) {
					p.Active, p.ReceivedBytes = probe.Known(1), probe.Known(1000)
					if shows == lost {
						p.RoundTrip.Sum = 0
					}
				})
			}
		}
		a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
		m, f := &a.Members[2], finding(&a, MemberUnreachable, "etcd-3")
		if text := texts(&a); m.State != test.state || !strings.Contains(text, test.says) {
			t.Errorf("%s: %s, want %s:\n%s", name, m.State, test.state, text)
		}
		level, lose := Warning, LossNo
		if test.state == StateOutOfReach {
			level, lose = Unknown, LossUnknown
			says(t, name, f.Summary)
		}
		if f.Level != level {
			t.Errorf("%s: %s %q, want %s", name, f.Level, f.Summary, level)
		}
		if got := a.Members[0].CanLose; got.Verdict != lose {
			t.Errorf("%s: losing etcd-1 is %s (%s), want %s", name, got.Verdict, got.Reason, lose)
		}
	}
}

// TestOnceReached: a member that answered here and stopped is down for us, whatever its peers say.
func TestOnceReached(t *testing.T) {
	t.Parallel()
	for _, kind := range []probe.ErrorKind{
		probe.ErrRefused, probe.ErrUnreachable, probe.ErrClosed, probe.ErrTimeout,
	} {
		s := newScene(t, 3, Options{})
		s.run(10*time.Second, func() { s.work(50, quickFsync) })
		s.member(3).down = &probe.Error{Kind: kind, Text: "it does not answer"}
		s.peer(1, 3, active(1))
		a := s.run(10*time.Second, func() { s.work(50, quickFsync) })
		if m, f := a.Members[2], finding(&a, MemberUnreachable, "etcd-3"); m.State != StateDown || f.Level != Warning {
			t.Errorf("%s: %s, %s %q", kind, m.State, f.Level, f.Summary)
		}
	}
}

// TestQuorumOfTheUnreached: a linearizable read needs a quorum, so where fewer voters answer, some of the others run.
func TestQuorumOfTheUnreached(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		voters, answer int
		reads          bool
		want           State
	}{
		{3, 1, true, StateOutOfReach}, {3, 1, false, StateDown}, {3, 2, true, StateDown},
		{5, 1, true, StateOutOfReach}, {5, 2, true, StateOutOfReach}, {5, 3, true, StateDown},
		{2, 1, true, StateOutOfReach},
	} {
		s := newScene(t, test.voters, Options{Immediate: true})
		for i := range test.voters {
			if m := s.member(i + 1); i < test.answer {
				m.blind() // nobody says anything about the others
			} else {
				m.down = &probe.Error{Kind: probe.ErrUnreachable, Text: "no route to host"}
			}
		}
		a := s.run(20*time.Second, func() {
			s.work(50, quickFsync)
			if test.reads {
				s.member(1).linearizable = probe.Fact[probe.Read]{At: s.now, Took: time.Millisecond}
			}
		})
		if got := a.Members[test.voters-1].State; got != test.want {
			t.Errorf("%+v: %s: %s", test, got, a.Reading.Text)
		}
		for i := range a.Members {
			if lose := a.Members[i].CanLose; lose.Verdict == LossSafe && test.answer <= test.voters/2 {
				t.Errorf("%+v: losing %s: %+v", test, a.Members[i].Label, lose)
			}
		}
		if down := a.Level >= Warning; down != (test.want == StateDown) {
			t.Errorf("%+v: %s: %s", test, a.Level, a.Reading.Text)
		}
	}
}
