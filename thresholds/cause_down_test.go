package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestWhyAMemberIsDown: a host that refuses, ends or resets connections answers, and the text says so. Nothing is
// called down unless it is known to be.
func TestWhyAMemberIsDown(t *testing.T) {
	t.Parallel()
	for _, kind := range []probe.ErrorKind{probe.ErrRefused, probe.ErrClosed, probe.ErrUnreachable, probe.ErrTimeout} {
		s := newScene(t, 3, Options{})
		s.run(10*time.Second, nil)
		const where = "http://etcd-2:2379"
		s.member(2).down = &probe.Error{Kind: kind, Where: where, Text: where + ": " + kind.Words()}
		for _, after := range []time.Duration{time.Second, 20 * time.Second} {
			a := s.run(after, nil)
			wantBlamed(t, &a, "etcd-2")
			says(t, fmt.Sprintf("%s, %v after", kind, after),
				strings.Join(append([]string{a.Reading.Text, a.Reading.Next}, a.Reading.EvidenceTexts()...), "\n"))
		}
	}
}

// TestStepCoversAllThatAreDown: two members down are two to bring back, whether for the same reason or not.
func TestStepCoversAllThatAreDown(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][2]probe.ErrorKind{
		"alike":     {probe.ErrRefused, probe.ErrRefused},
		"different": {probe.ErrRefused, probe.ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 5, Options{})
			s.run(10*time.Second, nil)
			for i, kind := range kinds {
				s.member(2 + 2*i).down = &probe.Error{Kind: kind, Text: kind.Words()}
			}
			a := s.run(20*time.Second, nil)
			wantBlamed(t, &a, "etcd-2", "etcd-4")
			for _, words := range []string{a.Reading.Headline, a.Reading.Step, a.Reading.Next} {
				for _, member := range []string{"etcd-2", "etcd-4"} {
					if !strings.Contains(words, member) {
						t.Errorf("%s is not in %q", member, words)
					}
				}
			}
			says(t, "step", a.Reading.Step)
			says(t, "next", a.Reading.Next)
		})
	}
}

// TestWhatNeverStartedIsNotDown: a member that was added and never ran has nothing to be down.
func TestWhatNeverStartedIsNotDown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 4, Options{})
	s.member(4).membership, s.member(4).down = probe.MembershipNeverStarted, errRefused
	a := s.run(10*time.Second, nil)
	var all []string
	for i := range a.Events {
		all = append(all, a.Events[i].Text)
	}
	for i := range a.Findings {
		all = append(all, a.Findings[i].Words())
	}
	m := &a.Members[3]
	all = append(all, m.CanLose.Reason, m.CanRemove.Reason, m.CanLose.Headline, a.Reading.Text, a.Reading.Headline)
	for _, words := range append(all, a.Reading.NotLookedAt...) {
		if strings.Contains(words, "down") {
			t.Errorf("%q", words)
		}
	}
	says(t, "not looked at", strings.Join(a.Reading.NotLookedAt, "\n"))
}

// TestWhatNeverServedIsNotBack: the others wait for a voter that never served until it runs.
func TestWhatNeverServedIsNotBack(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(3).down = &probe.Error{Kind: probe.ErrUnreachable, Text: "the member list has no client URL for it"}
	var a Assessment
	for range 10 {
		s.work(50, 2*time.Millisecond)
		sweep := s.sweep()
		m := &sweep.Members[2]
		m.Endpoint, m.ClientURLs, m.Status.At, m.Status.Value = "", nil, time.Time{}, probe.Status{}
		a = s.evaluator.Observe(sweep)
		s.now = s.now.Add(s.interval)
	}
	if next := a.Reading.Next; !strings.Contains(next, "until etcd-3 runs") || strings.Contains(next, "back") {
		t.Errorf("next: %q", next)
	}
}

// TestAMemberThatNeverServed: a member from the cluster's beginning without a client URL has no host to be unreachable.
func TestAMemberThatNeverServed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 4, Options{})
	s.member(4).down = &probe.Error{Kind: probe.ErrUnreachable, Text: "the member list has no client URL for it"}
	var a Assessment
	for range 10 {
		s.work(50, 2*time.Millisecond)
		sweep := s.sweep()
		m := &sweep.Members[3]
		m.Endpoint, m.ClientURLs, m.Status.At, m.Status.Value = "", nil, time.Time{}, probe.Status{}
		a = s.evaluator.Observe(sweep)
		s.now = s.now.Add(s.interval)
	}
	m := &a.Members[3]
	if m.Condition.Word != ConditionNeverUp || m.CanLose.Verdict != LossSafe {
		t.Errorf("it is %s, and %s to lose: %s", m.Condition.Word, m.CanLose.Verdict, m.CanLose.Reason)
	}
	said := a.Reading.Headline + "\n" + a.Reading.Text
	for i := range a.Events {
		said += "\n" + a.Events[i].Text
	}
	says(t, "never served", a.Reading.Headline)
	saysReading(t, &a)
	if strings.Contains(said, "host") || strings.Contains(said, "unreachable") {
		t.Errorf("%q", said)
	}
	a = s.run(2*time.Second, nil) // it has published its client URLs, and does not answer yet
	if f := finding(&a, QuorumAtRisk, ""); f.Level != Warning || strings.Contains(f.Summary, "is down") ||
		a.Members[3].Condition.Word == ConditionDown {
		t.Errorf("it is about to serve: it is %s, %q", a.Members[3].Condition.Word, f.Summary)
	}
	s.member(4).down = nil
	s.run(20*time.Second, nil)
	rows := EventRows(s.evaluator.Events(maxEvents))
	at := slices.IndexFunc(rows, func(e Event) bool { return e.Rule == MemberUnreachable })
	if at < 0 || rows[at].Active || !strings.HasPrefix(rows[at].Over, "up") || !strings.Contains(rows[at].Text, "has never served") {
		t.Errorf("once it serves: %+v", rows)
	}
}

// TestAMemberThatStartsAgain is neither a dead host nor one to start: its peers are connected with it again, and it
// serves when it has caught up. Before they are, silence after refused connections is either.
func TestAMemberThatStartsAgain(t *testing.T) {
	t.Parallel()
	timeout := &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
	for name, then := range map[string]*probe.Error{"refused": errRefused, "silent": timeout} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 3, Options{})
			work := func() { s.work(50, quickFsync); s.commitWith(10, nil) }
			s.run(time.Minute, work)
			s.kill(3)
			a := s.run(30*time.Second, work)
			if words := a.Reading.Headline; !strings.Contains(words, "etcd does not run") {
				t.Fatalf("its host refuses: %q", words)
			}
			if s.member(3).down = then; then == timeout {
				a = s.run(3*time.Second, work)
				says(t, "not connected yet", a.Reading.Headline+"\n"+a.Reading.Text+"\n"+a.Reading.Next+"\n"+a.Reading.Step)
				wantCondition(t, "not connected yet", &a.Members[2], ConditionDown)
			}
			for _, m := range s.members[:2] {
				m.metrics.Peers = s.links(m)
				m.metrics.Peers[s.member(3).id] = probe.PeerMetrics{Active: probe.Known(2)}
			}
			s.run(20*time.Second, func() {
				work()
				a = s.observe()
				wantCondition(t, "connected again", &a.Members[2], ConditionCatchUp)
				words := strings.Join([]string{a.Reading.Headline, a.Reading.Text, a.Reading.Next, a.Reading.Step,
					finding(&a, MemberUnreachable, "etcd-3").Step, a.Members[0].CanLose.Reason}, "\n")
				for _, wrong := range []string{"down", "host", "hangs", "reached", "start etcd", "bring"} {
					if strings.Contains(words, wrong) {
						t.Errorf("%q in %s", wrong, words)
					}
				}
			})
			says(t, "reading", a.Reading.Headline+"\n"+a.Reading.Text+"\n"+a.Reading.Next+"\n"+a.Reading.Step)
			says(t, "verdict", a.Members[0].CanLose.Reason+"\n"+a.Members[0].CanLose.Headline)
			says(t, "rolling", a.Rolling.Blocked)
		})
	}
}

// TestSomeHangAndSomeDoNotRun: the headline says of none of them what is so of the others, and of no member that is
// late that it is down.
func TestSomeHangAndSomeDoNotRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault func(*scene)
		want  string
	}{
		"all hang": {func(s *scene) { s.member(6).hung, s.member(7).hung = s.now, s.now },
			"etcd-6 and etcd-7 do not answer: their processes hang"},
		"one hangs": {func(s *scene) { s.member(6).hung, s.member(7).down = s.now, errRefused },
			"etcd-6 and etcd-7 do not answer"},
		"none does": {func(s *scene) { s.member(6).down, s.member(7).down = errRefused, errRefused },
			"etcd-6 and etcd-7 are down"},
	} {
		s := newScene(t, 7, Options{})
		s.run(20*time.Second, nil)
		test.fault(s)
		if a := s.run(20*time.Second, nil); a.Reading.Headline != test.want {
			t.Errorf("%s: %q, want %q", name, a.Reading.Headline, test.want)
		}
	}
}
