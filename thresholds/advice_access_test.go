package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// accessKinds are the errors of access that have a next step of their own.
var accessKinds = []probe.ErrorKind{
	probe.ErrTLSAuthority, probe.ErrTLSOtherAuthority, probe.ErrTLSName, probe.ErrTLSExpired, probe.ErrTLSNotYetValid,
	probe.ErrClientCertMissing, probe.ErrClientCertRefused, probe.ErrClientCertExpired,
	probe.ErrClientCertNotYetValid, probe.ErrTLSSpoken,
	probe.ErrTLSNotSpoken, probe.ErrTLS, probe.ErrPeerPort, probe.ErrPermission, probe.ErrNoUser,
	probe.ErrWrongPassword, probe.ErrToken, probe.ErrTokenExpired, probe.ErrLogin, probe.ErrWithheld, probe.ErrForeign,
	probe.ErrNoWay, probe.ErrMayNotForward, probe.ErrKubeLogin, probe.ErrNoPod, probe.ErrNotFound, probe.ErrRootOnly,
}

// TestNextStepFitsTheReason: each error of access has its own next step, in the reading and in the finding, whether
// one member has it or all.
func TestNextStepFitsTheReason(t *testing.T) {
	t.Parallel()
	steps := make(map[string]probe.ErrorKind)
	for _, kind := range accessKinds {
		given := adviseAccess(kind, "https://10.0.0.1:2379", true)
		if other, twice := steps[given]; twice || given == "" {
			t.Errorf("the step for %s is that for %s: %q", kind, other, given)
		}
		steps[given] = kind
		step := adviseAccess(kind, "http://etcd-2:2379", false) // scenes have the members' advertised endpoints
		says(t, string(kind), given+"\n"+step)
		failed := &probe.Error{Kind: kind, Text: "https://etcd-2:2379: it failed"}

		s := newScene(t, 3, Options{})
		a := s.run(20*time.Second, func() { s.members[1].down = failed })
		if kind == probe.ErrNoWay { // the way to the others is there
			step = adviseKubelet
		}
		if !kind.IsDenied() { // otherwise it is not down: what it refuses is unknown
			f := finding(&a, MemberUnreachable, "etcd-2")
			if !strings.Contains(f.Advice, step) || !strings.Contains(a.Reading.Next, step) ||
				!strings.Contains(f.Summary, kind.Words()) {
				t.Errorf("%s: %q: %q, %q, want %q", kind, f.Summary, f.Advice, a.Reading.Next, step)
			}
		}

		s = newScene(t, 1, Options{})
		a = s.run(20*time.Second, func() { s.members[0].down = failed })
		if step = adviseAccess(kind, "http://etcd-1:2379", false); !strings.Contains(a.Reading.Next, step) {
			t.Errorf("the only member, %s: %s: %q, want %q", kind, a.Reading.Cause, a.Reading.Next, step)
		}
		if trusted := kind.IsTLS() || kind.IsDenied(); trusted != (a.Reading.Cause == CauseNotTrusted) {
			t.Errorf("the only member, %s: the cause is %s", kind, a.Reading.Cause)
		}
	}
}

// TestPeerPortsAskForAPair, too: where a client certificate is missing, the port may be the wrong one.
func TestPeerPortsAskForAPair(t *testing.T) {
	t.Parallel()
	for endpoint, first := range map[string]string{
		"https://10.0.0.1:2379": "Give a client pair", "https://10.0.0.1:2380": "Name the client port",
	} {
		for _, kind := range []probe.ErrorKind{probe.ErrClientCertMissing, probe.ErrTLS} {
			advice := adviseAccess(kind, endpoint, true)
			if !strings.Contains(advice, "peer port") {
				t.Errorf("%s at %s: %s", kind, endpoint, advice)
			}
			if kind == probe.ErrClientCertMissing && !strings.HasPrefix(advice, first) {
				t.Errorf("%s at %s: %s", kind, endpoint, advice)
			}
		}
	}
}

// TestPublishedEndpointsAreMendedThere: nobody wrote the scheme of an endpoint that SRV records name.
func TestPublishedEndpointsAreMendedThere(t *testing.T) {
	t.Parallel()
	for kind, record := range map[probe.ErrorKind]string{
		probe.ErrTLSNotSpoken: "of _etcd-client, and", probe.ErrTLSSpoken: "of _etcd-client-ssl, and",
	} {
		m := probe.Member{Endpoint: "https://etcd-1:2379", Given: true, Published: true,
			Status: probe.Fact[probe.Status]{Err: &probe.Error{Kind: kind, Text: "it failed"}}}
		sweep := probe.Sweep{At: epoch, Interval: 2 * time.Second, Members: []probe.Member{m}}
		a := New(Options{Immediate: true}).Observe(sweep)
		if !strings.Contains(a.Reading.Next, record) || strings.Contains(a.Reading.Next, "Write http") {
			t.Errorf("%s: %s", kind, a.Reading.Next)
		}
	}
}

// TestServerNameIsCommon: --tls-server-name holds for all members, so it is offered only with a name that the
// certificate of each is for: a host's own rather than loopback's, and no wildcard.
func TestServerNameIsCommon(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		names [3][]string // of each member's certificate; nil where it shows none
		want  string
	}{
		"one for all":       {[3][]string{{"localhost", "etcd.lab", "n1"}, {"n2", "etcd.lab"}, {"etcd.lab"}}, "etcd.lab"},
		"of the others":     {[3][]string{{"localhost", "n1"}, {"localhost", "n2"}, {"n2"}}, ""},
		"of loopback":       {[3][]string{{"n1", "127.0.0.1"}, {"n2", "127.0.0.1"}, {"127.0.0.1"}}, "127.0.0.1"},
		"a wildcard":        {[3][]string{{"*.lab"}, {"*.lab"}, {"*.lab"}}, ""},
		"one shows none":    {[3][]string{{"etcd.lab"}, {"etcd.lab"}, nil}, "etcd.lab"},
		"for none, all old": {[3][]string{{}, {}, {}}, ""},
	} {
		for _, down := range []int{1, 3} {
			s := newScene(t, 3, Options{})
			for i, names := range test.names {
				if names != nil {
					s.members[i].certificate = &probe.Certificate{Names: names, NotAfter: s.now.Add(3650 * day)}
				}
				if i < down {
					s.members[i].down = &probe.Error{Kind: probe.ErrTLSName, Text: "its certificate is for others"}
				}
			}
			a := s.run(20*time.Second, nil)
			offered := "--tls-server-name " + test.want
			texts := []string{finding(&a, MemberUnreachable, "etcd-1").Advice, a.Reading.Next}
			if down == 3 {
				texts = append(texts, a.Reading.Step)
			}
			for _, text := range texts {
				if strings.Contains(text, "--tls-server-name") != (test.want != "") || !strings.Contains(text, offered) &&
					test.want != "" {
					t.Errorf("%s, %d down: %q, want %q", name, down, text, test.want)
				}
			}
			if down == 3 {
				says(t, name, a.Reading.Next+"\n"+a.Reading.Step)
			}
		}
	}
}

// TestSilenceHasAReason: where no member answers, the reading says why, and the step is that reason's own.
func TestSilenceHasAReason(t *testing.T) {
	t.Parallel()
	steps := make(map[string]probe.ErrorKind)
	for _, kind := range []probe.ErrorKind{
		probe.ErrRefused, probe.ErrUnreachable, probe.ErrClosed, probe.ErrTimeout, probe.ErrTLS, probe.ErrTLSAuthority,
		probe.ErrTLSOtherAuthority, probe.ErrTLSName, probe.ErrTLSExpired, probe.ErrTLSNotYetValid,
		probe.ErrClientCertMissing,
		probe.ErrClientCertRefused, probe.ErrClientCertExpired,
		probe.ErrClientCertNotYetValid, probe.ErrTLSSpoken, probe.ErrTLSNotSpoken,
		probe.ErrNoUser, probe.ErrWrongPassword, probe.ErrToken, probe.ErrTokenExpired,
		probe.ErrPermission, probe.ErrLogin, probe.ErrWithheld,
	} {
		s := newScene(t, 3, Options{})
		a := s.run(5*time.Second, func() { down(s, &probe.Error{Kind: kind, Text: "it failed"}) })
		checkHeadlines(t, s, &a)
		r := &a.Reading
		if !strings.Contains(strings.ToLower(r.Headline), strings.ToLower(kind.Words())) {
			t.Errorf("%s: the headline is %q", kind, r.Headline)
		}
		if other, twice := steps[r.Step]; twice || r.Step == "" || r.Next == "" {
			t.Errorf("%s: the step is %q, as for %s; next %q", kind, r.Step, other, r.Next)
		}
		steps[r.Step] = kind
	}
}

// TestNamesStayAsTheyAre: a name at the beginning of a sentence is not capitalised.
func TestNamesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	at := &subject{at: &memberState{Member: &Member{MemberRef: MemberRef{Label: "m2"}}}}
	for want, says := range map[string]statement{
		"m2: its clock is 3 s ahead":       at.has("its clock is 3 s ahead"),
		"m2 has lost its peers":            at.does("has lost its peers"),
		"The learner m2 is far behind":     at.learner("is far behind"),
		"Versions are mixed":               plain("versions are mixed"),
		"École":                            plain("école"),
		"v and m2 each say that they lead": ofMembers("v and m2 each say that they lead"),
		"https://a:2380: a peer port": failureStatement(&probe.Error{Text: "https://a:2380: a peer port",
			Where: "https://a:2380"}, "a:2380"),
		"It has not answered yet":        failureStatement(&probe.Error{Text: "it has not answered yet"}, "a:2380"),
		"Lately: m2 leads; back below 3": at.does("leads").surround(formerly, "; back below 3"),
		"3 of 3 voters":                  plain("3 of 3 voters"),
		"":                               plain(""),
	} {
		if got := says.opening(); got != want {
			t.Errorf("%q begins as %q, want %q", says.text, got, want)
		}
	}
	for lead, says := range map[string]statement{
		"":         at.does("leads"),
		"a:2379: ": failureStatement(&probe.Error{Text: "it has not answered yet"}, "a:2379"),
	} {
		f := Finding{Member: MemberRef{Key: "1", Label: "a:2379"}}
		f.say(says)
		if got := f.Lead(); got != lead {
			t.Errorf("%q is led by %q, want %q", says.text, got, lead)
		}
	}
	s := newScene(t, 3, Options{})
	for i, name := range []string{"m1", "m2", "m3"} {
		s.members[i].name = name
	}
	expires := s.now.Add(36 * time.Hour)
	a := s.run(20*time.Second, func() {
		s.members[1].certificate = &probe.Certificate{Subject: "CN=m2", NotAfter: expires}
	})
	if a.Reading.Cause != CauseCertificate || !strings.HasPrefix(a.Reading.Text, "m2") ||
		strings.Contains(a.Reading.Text, "M2") {
		t.Errorf("%s: %q", a.Reading.Cause, a.Reading.Text)
	}
}

func TestRatesSayWhatTheyAreOver(t *testing.T) {
	t.Parallel()
	for span, want := range map[time.Duration]string{
		0: "", -time.Second: "", 3 * time.Second: " in the last 3s", 30 * time.Second: " in the last 30s",
		time.Minute: " in the last 1m", 15 * time.Minute: " in the last 15m",
		15*time.Minute - 100*time.Millisecond: " in the last 15m",
		90 * time.Second:                      " in the last 1m30s", 2 * time.Hour: " in the last 2h00m",
	} {
		if got := overLast(span); got != want {
			t.Errorf("%v: %q, want %q", span, got, want)
		}
	}
	s := newScene(t, 3, Options{})
	a := s.run(2*time.Minute, func() {
		m := &s.member(2).metrics
		m.ProposalsFailed, m.SlowApplies = m.ProposalsFailed.Plus(probe.Known(20)), m.SlowApplies.Plus(probe.Known(20))
	})
	for _, rule := range []RuleID{ProposalsFailing, AppliesSlow} {
		if f := finding(&a, rule, "etcd-2"); f.Level < Notice || !strings.Contains(f.Summary, "/s") ||
			!strings.Contains(f.Summary, " in the last ") {
			t.Errorf("%s: %s %q", rule, f.Level, f.Summary)
		}
	}
}

// TestOwnProposalsAreNotHung: with authentication, every sweep logs in, so that a proposal is pending each time. Only
// if nothing is applied between sweeps do proposals hang.
func TestOwnProposalsAreNotHung(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		applied float64 // from sweep to sweep
		want    Level
	}{"one each time": {1, OK}, "the same all the time": {0, Unknown}} {
		s := newScene(t, 3, Options{})
		s.interval = 10 * time.Second
		a := s.run(time.Minute, func() {
			m := &s.member(1).metrics
			m.ProposalsPending, m.ProposalsApplied = probe.Known(1), m.ProposalsApplied.Plus(probe.Known(test.applied))
		})
		if f := finding(&a, BackendCommitSlow, "etcd-1"); f.Level != test.want {
			t.Errorf("%s: %s %q, want %s", name, f.Level, f.Summary, test.want)
		}
	}
}

// TestStepIsSaidOnce: a step that several members need appears once, with the endpoint of the first.
func TestStepIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.down = &probe.Error{Kind: probe.ErrTLSExpired, Text: "its certificate is not valid now"}
	}
	a := s.run(5*time.Second, func() {})
	if n := strings.Count(a.Reading.Next, "Renew the certificate"); n != 1 {
		t.Errorf("%d times: %s", n, a.Reading.Next)
	}
}
