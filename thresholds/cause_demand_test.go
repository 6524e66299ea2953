package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// serves adds n calls of a gRPC method that the member has served, and the bytes in and out of each.
func (m *actor) serves(method string, n, received, sent float64) {
	call := probe.GRPCCall{GRPCMethod: probe.GRPCMethod{Service: "etcdserverpb.KV", Method: method, Type: "unary"},
		Code: "OK"}
	handled := map[probe.GRPCCall]float64{}
	for c, was := range m.metrics.GRPCHandled {
		handled[c] = was
	}
	handled[call] += n
	m.metrics.GRPCHandled = handled
	m.metrics.ClientReceivedBytes = probe.Known(m.metrics.ClientReceivedBytes.Or(0) + n*received)
	m.metrics.ClientSentBytes = probe.Known(m.metrics.ClientSentBytes.Or(0) + n*sent)
}

// TestLoadIsNamed: the reading names load by method and rate, whatever symptom reveals it. A usual rate is no load.
func TestLoadIsNamed(t *testing.T) {
	t.Parallel()
	const kib, mb = 1 << 10, 1 << 20
	type asked struct {
		method            string
		n, received, sent float64 // a second, bytes each
	}
	usual := []asked{{"Range", 2, 100, 2 * kib}, {"Put", 20, kib, 100}}
	tests := map[string]struct {
		now   []asked
		cause Cause
	}{
		"a storm of small reads":     {[]asked{{"Range", 900, 100, 2 * kib}}, CauseOverload},
		"a few large reads":          {[]asked{{"Range", 10, 100, 4 * mb}}, CauseOverload},
		"leases":                     {[]asked{{"LeaseGrant", 300, 100, 100}, {"Put", 320, 100, 100}}, CauseOverload},
		"large transactions":         {[]asked{{"Txn", 20, mb, 100}, {"Put", 20, kib, 100}}, CauseLargeWrites},
		"many puts":                  {[]asked{{"Put", 2000, kib, 100}}, CauseBurst},
		"no more than usual":         {[]asked{{"Put", 20, kib, 100}, {"Range", 2, 100, 2 * kib}}, CauseNotClear},
		"twice the usual":            {[]asked{{"Put", 40, kib, 100}}, CauseNotClear},
		"what a script asks":         {[]asked{{"Range", 60, 100, 2 * kib}}, CauseNotClear},
		"three times, and few":       {[]asked{{"Range", 8, 100, 2 * kib}}, CauseNotClear},
		"three times, and few bytes": {[]asked{{"Range", 2, 100, 100 * kib}}, CauseNotClear},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			serve := func(all []asked) {
				s.work(20, quickFsync)
				for _, c := range all {
					s.member(2).serves(c.method, c.n, c.received, c.sent)
				}
				for _, m := range s.members {
					m.answersIn(8 * time.Millisecond)
				}
			}
			s.run(2*time.Minute, func() { serve(usual) })
			a := s.run(75*time.Second, func() {
				serve(test.now)
				for _, m := range s.members {
					m.slowApplies(3)
				}
			})
			wantReading(t, &a, test.cause)
			saysReading(t, &a)
			if (test.cause == CauseNotClear) != (len(a.Reading.Candidates) >= 2) {
				t.Errorf("candidates %q", a.Reading.Candidates)
			}
			for _, candidate := range a.Reading.Candidates {
				if !strings.Contains(a.Reading.Text, candidate.row().long) {
					t.Errorf("%q does not name %s", a.Reading.Text, candidate)
				}
			}
		})
	}
}

// TestUsualIsFromBeforeTheBurst: however long a burst lasts, it stays one, and never becomes its own usual rate.
func TestUsualIsFromBeforeTheBurst(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(s *scene, n float64){
		"calls": func(s *scene, n float64) { s.member(2).serves("Put", n, 100, 100) },
		"applied entries": func(s *scene, n float64) {
			for _, m := range s.members {
				m.metrics.ProposalsApplied = m.metrics.ProposalsApplied.Plus(probe.Known(n))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, 3, Options{})
			s.interval = 5 * time.Second
			puts := func(n float64) {
				s.work(100, quickFsync)
				ask(s, 5*n)
			}
			s.run(10*time.Minute, func() { puts(20) })
			burst := func() {
				puts(1500)
				for _, m := range s.members {
					m.slowApplies(15)
				}
			}
			a := s.run(2*time.Minute, burst)
			wantReading(t, &a, CauseBurst)
			saysReading(t, &a)
			begin := a.Reading.Headline
			a = s.run(time.Hour, burst)
			wantReading(t, &a, CauseBurst)
			if a.Reading.Headline != begin {
				t.Errorf("after an hour %q, at first %q", a.Reading.Headline, begin)
			}
		})
	}
}

// TestLoadOfAProcessThatHasJustBegun: a new process has no usual rate, so its load is no burst.
func TestLoadOfAProcessThatHasJustBegun(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.metrics.StartTime = probe.Known(float64(s.now.Add(-3 * time.Second).Unix()))
	}
	for range 20 {
		s.work(20, quickFsync)
		s.member(2).serves("Put", 200, 1000, 100)
		s.member(2).slowApplies(1)
		if a := s.observe(); a.Reading.Cause == CauseBurst || a.Reading.Cause == CauseOverload {
			t.Fatalf("after %v: %s", s.now.Sub(epoch), a.Reading.Text)
		}
	}
}

// TestLoadBesideDisksAlike: if all disks are equally slow and much is written, the cause is load rather than storage,
// even in a check without history.
func TestLoadBesideDisksAlike(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, test := range map[string]struct {
		calls [3]float64 // of each member
		each  float64
		cause Cause
	}{
		"large transactions":                    {[3]float64{0, 60, 0}, mib, CauseLargeWrites},
		"large transactions through all":        {[3]float64{8, 6, 8}, 1.2 * mib, CauseLargeWrites},
		"large transactions through two":        {[3]float64{7, 0.2, 7}, mib, CauseLargeWrites},
		"as large, through all, and fewer":      {[3]float64{3, 3, 3}, mib, CauseSlowDisks},
		"small ones through all, and very many": {[3]float64{400, 400, 400}, 100, CauseOverload},
		"hardly anything":                       {[3]float64{0, 5, 0}, 1000, CauseSlowDisks},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			for i, m := range s.members {
				m.serves("Txn", 3600*test.calls[i], test.each, 100) // as before
			}
			a := s.run(8*time.Second, func() {
				for i, m := range s.members {
					m.fsync(60, 20*time.Millisecond)
					m.answersIn(8 * time.Millisecond)
					m.serves("Txn", test.calls[i], test.each, 100)
				}
			})
			wantReading(t, &a, test.cause)
			saysReading(t, &a)
			if test.cause != CauseSlowDisks {
				wantBlamed(t, &a)
			}
		})
	}
}

// TestStormOnAllMembers: the text names what all members serve, or one member's calls beside those of the others.
func TestStormOnAllMembers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		usual, now [3]float64
	}{
		"all":                    {[3]float64{2, 2, 2}, [3]float64{300, 300, 300}},
		"few of each":            {[3]float64{2, 2, 2}, [3]float64{50, 50, 50}},
		"one, much of the other": {[3]float64{900, 2, 0}, [3]float64{900, 600, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			serve := func(calls [3]float64) {
				s.work(20, quickFsync)
				for i, m := range s.members {
					m.serves("Range", calls[i], 10, 100)
					m.answersIn(8 * time.Millisecond)
				}
			}
			s.run(2*time.Minute, func() { serve(test.usual) })
			a := s.run(75*time.Second, func() {
				serve(test.now)
				for _, m := range s.members {
					m.slowApplies(3)
				}
			})
			wantReading(t, &a, CauseOverload)
			saysReading(t, &a)
		})
	}
}

// TestClientsThatMoveAreNoBurst: the writes of a member that is down, or that its clients have left, come through
// another one now, and are no more than they were.
func TestClientsThatMoveAreNoBurst(t *testing.T) {
	t.Parallel()
	for _, stopped := range []bool{false, true} {
		for _, more := range []float64{1, 5} {
			s := newScene(t, 3, Options{})
			serve := func(through int, n float64) {
				s.work(n, quickFsync)
				s.member(through).serves("Put", n, 200, 10)
				for _, m := range s.members {
					m.answersIn(8 * time.Millisecond)
				}
			}
			s.run(2*time.Minute, func() { serve(1, 40) })
			moved := func() {
				serve(3, 40*more)
				s.member(3).slowApplies(3)
			}
			if stopped {
				s.member(1).down = errRefused
				s.run(15*time.Second, moved)
				s.member(1).down = nil
			}
			a := s.run(45*time.Second, moved)
			if got := a.Reading.Cause == CauseBurst; got != (more > 1) {
				t.Errorf("stopped %t, %v times as many: %s", stopped, more, a.Reading.Text)
			}
		}
	}
}

// TestLoadBesideFewSlowFsyncs: if the disks are equally fast and only a few fsyncs were slow, a notice about them
// also names the load.
func TestLoadBesideFewSlowFsyncs(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, test := range map[string]struct {
		calls float64 // of each member
		slow  time.Duration
		other time.Duration
		said  bool
	}{
		"large transactions":             {6, 20 * time.Millisecond, 20 * time.Millisecond, true},
		"few of them":                    {1, 20 * time.Millisecond, 20 * time.Millisecond, false},
		"large ones, and one disk slow":  {6, 80 * time.Millisecond, 2 * time.Millisecond, false},
		"large ones, and no slow fsyncs": {6, 2 * time.Millisecond, 2 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			for _, m := range s.members {
				m.serves("Txn", 3600*test.calls, mib, 100)
			}
			a := s.run(3*time.Second, func() {
				for i, m := range s.members {
					took := test.other
					if i == 1 {
						took = test.slow
					}
					m.fsync(10, took)
					m.serves("Txn", test.calls, mib, 100)
				}
			})
			said := strings.Contains(a.Reading.Text,
				"Remark: Large transactions or values: etcd-1, etcd-2 and etcd-3 serve 18/s")
			if a.Level > Notice || said != test.said || said != strings.Contains(a.Reading.Next, "Find the clients") {
				t.Errorf("%s: %s Next: %s", a.Level, a.Reading.Text, a.Reading.Next)
			}
		})
	}
}

// TestWatchersBesideSlowDisks: watchers that do not read explain disks that are all a little slow, but neither one
// disk that is slower than the others nor disks that are all too slow.
func TestWatchersBesideSlowDisks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fsyncs [3]time.Duration
		lag    float64
		cause  Cause
	}{
		"disks alike": {[3]time.Duration{12 * time.Millisecond, 12 * time.Millisecond,
			12 * time.Millisecond}, 50, CauseWatchBacklog},
		"disks alike, no watchers": {[3]time.Duration{12 * time.Millisecond, 12 * time.Millisecond,
			12 * time.Millisecond}, 0, CauseSlowDisks},
		"one disk slow": {[3]time.Duration{2 * time.Millisecond, 60 * time.Millisecond,
			2 * time.Millisecond}, 50, CauseSlowDisk},
		"disks too slow": {[3]time.Duration{300 * time.Millisecond, 300 * time.Millisecond,
			300 * time.Millisecond}, 50, CauseSlowDisks},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.member(1).metrics.SlowWatchers, s.member(1).metrics.PendingEvents = known(test.lag), known(128*test.lag)
			a := s.run(90*time.Second, func() {
				for i, m := range s.members {
					m.fsync(50, test.fsyncs[i])
					m.commit(50, 2*time.Millisecond)
				}
			})
			if a.Reading.Cause != test.cause {
				t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
			}
			if test.cause == CauseWatchBacklog &&
				!strings.Contains(a.Reading.Text,
					"(Watch): etcd-1: 50 watchers lag behind; 6400 events wait to be sent") {
				t.Errorf("says %s", a.Reading.Text)
			}
		})
	}
}
