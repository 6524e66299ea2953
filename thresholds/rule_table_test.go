package thresholds

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

func TestRuleTable(t *testing.T) {
	t.Parallel()
	seen := map[RuleID]bool{}
	for _, r := range Rules() {
		if seen[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		seen[r.ID] = true
		if r.Summary == "" || r.Advice == "" || r.Sources() == "" || r.Unit == "" || r.judge == nil || r.say == nil {
			t.Errorf("%s is not complete: %+v", r.ID, r)
		}
		last := math.Inf(-1)
		for _, level := range graded {
			limit := r.Limit(level)
			value, has := limit.Value.Get()
			if !has || limit.Window != r.LongestWindow() { // limits over other windows can't be compared
				continue
			}
			if r.Below {
				value = -value
			}
			if value < last {
				t.Errorf("%s: the limit of %s comes before that of the level before", r.ID, level)
			}
			last = value
		}
		if r.IsOff() != (r.ID == RequestsMany) {
			t.Errorf("%s: off is %v", r.ID, r.IsOff())
		}
	}
}

// TestLimits tries every rule that has a number just below, at, and just above each of its limits.
func TestLimits(t *testing.T) {
	t.Parallel()
	const eps = 1e-6
	set := map[RuleID]func(*actor, float64){
		ProposalsQueued: func(m *actor, v float64) { m.metrics.ProposalsPending = probe.Known(v) },
		ApplyLagging: func(m *actor, v float64) {
			m.status.RaftIndex, m.status.RaftAppliedIndex = 1_000_000+uint64(math.Ceil(v)), 1_000_000
		},
		DBQuotaNear: func(m *actor, v float64) {
			m.status.DBQuotaBytes = 1 << 40
			m.status.DBSizeBytes = int64(math.Ceil(v * (1 << 40)))
		},
		DBLarge: func(m *actor, v float64) {
			m.status.DBQuotaBytes, m.status.DBSizeBytes, m.status.DBInUseBytes = 1<<40, int64(math.Ceil(v)), int64(v)
		},
		DBFragmented: func(m *actor, v float64) {
			m.status.DBQuotaBytes = 1 << 50
			m.status.DBSizeBytes = 1 << 40
			m.status.DBInUseBytes = int64(math.Floor(v * (1 << 40)))
		},
		CompactionStalled: func(m *actor, v float64) {
			m.metrics.CurrentRevision = probe.Known(1_000_000)
			m.metrics.LastCompaction = probe.Known(float64(epoch.Unix()) + 1 - v)
		},
		FDsExhausted: func(m *actor, v float64) {
			m.metrics.OpenFDs, m.metrics.MaxFDs = probe.Known(v*1_000_000), probe.Known(1_000_000)
		},
		WatchBacklog: func(m *actor, v float64) { m.metrics.SlowWatchers = probe.Known(v) },
		LinearizableReadSlow: func(m *actor, v float64) {
			m.reads(epoch, time.Duration(math.Round(v*1e9)), time.Millisecond)
		},
		SerializableReadSlow: func(m *actor, v float64) {
			m.reads(epoch, time.Millisecond, time.Duration(math.Round(v*1e9)))
		},
	}
	for _, r := range Rules() {
		set, has := set[r.ID]
		if !has {
			continue
		}
		for level, below := range limitLevels(&r) {
			limit := r.Limit(level).Value.Or(0)
			step := limit * eps
			if r.ID == ApplyLagging || r.ID == CompactionStalled { // whole numbers, and milliseconds
				step = 1
			}
			if r.Below {
				step = -step
			}
			for value, want := range map[float64]Level{limit - step: below, limit: level, limit + step: level} {
				s := newScene(t, 3, Options{Immediate: true})
				set(s.member(2), value)
				s.observe()
				a := s.observe()
				if got := finding(&a, r.ID, "etcd-2").Level; got != want {
					t.Errorf("%s at %v (limit %v of %s): %s, want %s", r.ID, value, limit, level, got, want)
				}
			}
		}
	}
}

// limitLevels yields the levels for which a rule has a limit, each with the level just below that limit.
func limitLevels(r *Rule) iter.Seq2[Level, Level] {
	return func(yield func(level, below Level) bool) {
		for i, level := range graded {
			below := OK
			if i > 0 && r.Limit(graded[i-1]).Value.IsKnown() {
				below = graded[i-1]
			}
			if r.Limit(level).Value.IsKnown() && !yield(level, below) {
				return
			}
		}
	}
}

// TestLatencyLimits lets a member fsync and commit with a p99 that is certain to lie around the limits.
func TestLatencyLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		took          time.Duration
		n             float64 // in each sweep of one second
		fsync, commit Level
	}{
		{7 * time.Millisecond, 50, OK, OK},
		{12 * time.Millisecond, 50, Notice, OK},
		{30 * time.Millisecond, 50, Notice, Notice},
		{60 * time.Millisecond, 50, Notice, Notice},
		{120 * time.Millisecond, 50, Warning, Notice},
		{400 * time.Millisecond, 50, Critical, Warning},
		{9 * time.Second, 50, Critical, Critical},
		// Fewer than 100 observations: a certain bound on the slowest one counts.
		{9 * time.Millisecond, 1, OK, OK},
		{10 * time.Millisecond, 1, Notice, OK},
		{20 * time.Millisecond, 1, Notice, OK},
		{99 * time.Millisecond, 1, Notice, Notice},
		{120 * time.Millisecond, 1, Warning, Notice},
		{200 * time.Millisecond, 1, Warning, Notice},
		{490 * time.Millisecond, 1, Warning, Warning},
		{510 * time.Millisecond, 1, Critical, Warning},
		{9 * time.Second, 1, Critical, Critical},
		{0, 0, OK, OK}, // nothing was written: nothing is slow
	}
	for _, test := range tests {
		s := newScene(t, 3, Options{})
		// binary fractions add up exactly
		s.member(2).metrics.WALFsync.Sum, s.member(2).metrics.BackendCommit.Sum = 0, 0
		a := s.run(50*time.Second, func() {
			s.member(1).fsync(50, time.Millisecond)
			s.member(3).fsync(50, time.Millisecond)
			s.member(2).fsync(test.n, test.took)
			s.member(2).commit(test.n, test.took)
		})
		f := finding(&a, WALFsyncSlow, "etcd-2")
		if f.Level != test.fsync {
			t.Errorf("%v × %v: fsync %s %q, want %s", test.n, test.took, f.Level, f.Summary, test.fsync)
		}
		says(t, fmt.Sprintf("%v × %v", test.n, test.took), f.Summary)
		if got := finding(&a, BackendCommitSlow, "etcd-2").Level; got != test.commit {
			t.Errorf("%v × %v: commit %s, want %s", test.n, test.took, got, test.commit)
		}
		if got := finding(&a, WALFsyncSlow, "etcd-1").Level; got != OK {
			t.Errorf("%v × %v: etcd-1 is %s although its disk is fast", test.n, test.took, got)
		}
	}
}

func TestSlowDiskHolds(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, 2*time.Millisecond) })
	level := func(a *Assessment) Level { return finding(a, WALFsyncSlow, "etcd-2").Level }
	fired, resolved := time.Time{}, time.Time{}
	s.run(60*time.Second, nil) // an idle minute: nothing to judge, nothing to report
	slow := s.now
	for range 60 {
		s.work(50, 2*time.Millisecond)
		s.member(2).fsync(50, 300*time.Millisecond)
		if a := s.observe(); level(&a) >= Warning {
			fired = a.At
			break
		}
	}
	if took := fired.Sub(slow); took < 10*time.Second || took > 30*time.Second {
		t.Errorf("firing after %v, want between 10 s and 30 s: a p99 over 15 s that holds for 15 s", took)
	}
	fast := s.now
	for range 120 {
		s.work(50, 2*time.Millisecond)
		if a := s.observe(); level(&a) == OK {
			resolved = a.At
			break
		} else if !strings.Contains(finding(&a, WALFsyncSlow, "etcd-2").Summary, "etcd-2: ") {
			t.Fatalf("while it resolves it says %q", finding(&a, WALFsyncSlow, "etcd-2").Summary)
		}
	}
	if took := resolved.Sub(fast); took < 20*time.Second || took > 35*time.Second {
		t.Errorf("resolved after %v, want 15 s after the window of 15 s has passed", took)
	}
}

func TestNoLeaderHolds(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.observe()
	s.elect(0)
	want := []struct {
		after time.Duration
		level Level
	}{{0, Notice}, {4 * time.Second, Notice}, {5 * time.Second, Warning}, {59 * time.Second, Warning},
		{60 * time.Second, Critical}}
	begun := s.now
	for _, w := range want {
		var a Assessment
		for s.now.Sub(begun) <= w.after {
			a = s.observe()
		}
		if got := finding(&a, NoLeader, "etcd-1").Level; got != w.level {
			t.Errorf("%v without a leader: %s, want %s", w.after, got, w.level)
		}
	}
}

func TestLate(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(3).hung = s.now.Add(-500 * time.Millisecond)
	a := s.observe()
	if f := finding(&a, MemberLate, "etcd-3"); f.Level != Notice {
		t.Errorf("never answered, asked 0.5 s ago: %+v, want a notice", f)
	}
	if got := a.Members[0].CanLose.Verdict; got != LossUnknown {
		t.Errorf("losing etcd-1 while etcd-3 has just been asked: %s, want unknown", got)
	}
	s.member(3).hung = time.Time{}
	s.observe()
	s.member(3).hung = s.now.Add(-500 * time.Millisecond)
	a = s.observe()
	if f := finding(&a, MemberLate, "etcd-3"); f.Level != OK || a.Members[2].State != StateOK || a.Members[2].Stale {
		t.Errorf("asked 0.5 s ago, answered before: %+v, want its last answer to stand", f)
	}
	a = s.observe()
	if f := finding(&a, MemberLate, "etcd-3"); f.Level != Warning || f.Value.Or(0) != 1.5 {
		t.Errorf("late for 1.5 s: %+v, want a warning", f)
	}
	if got := a.Members[0].CanLose.Verdict; got != LossNo {
		t.Errorf("losing etcd-1 while etcd-3 hangs: %s, want no", got)
	}
	if a.Members[2].State != StateLate || !a.Members[2].Stale || a.Members[2].Vitals[RaftTerm].Or(0) != 7 {
		t.Errorf("a late member has its last known facts, marked stale: %+v", a.Members[2])
	}
}

func TestLeaderChanges(t *testing.T) {
	t.Parallel()
	elections := func(n int, apart time.Duration, restarts bool) Assessment {
		s := newScene(t, 3, Options{})
		s.run(10*time.Second, nil)
		var a Assessment
		for i := range n {
			if restarts { // the leader restarts, and another one is elected
				s.member((i+2)%3 + 1).restart(s.now)
			}
			s.elect(s.member(i%3 + 1).id)
			a = s.run(apart, nil)
		}
		return a
	}
	tests := []struct {
		n        int
		apart    time.Duration
		restarts bool
		want     Level
	}{
		{2, time.Minute, false, OK},
		{3, time.Minute, false, Critical},
		{3, 2 * time.Minute, false, OK},
		{4, 3 * time.Minute, false, Warning},
		{4, 4 * time.Minute, false, OK}, // the first is out of the window by then
		{6, time.Minute, true, OK},
	}
	for _, test := range tests {
		a := elections(test.n, test.apart, test.restarts)
		if got := finding(&a, LeaderChanging, "").Level; got != test.want {
			t.Errorf("%d elections, %v apart, restarts %v: %s, want %s", test.n, test.apart, test.restarts, got,
				test.want)
		}
	}
}

func TestQuota(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*actor)
		level  Level
	}{
		"from the metrics before 3.6": {func(m *actor) {
			m.status.DBQuotaBytes, m.status.DBSizeBytes = 0, 6<<30
			m.metrics.DBQuotaBytes = probe.Known(8 << 30)
		}, Notice},
		"switched off": {func(m *actor) { m.metrics.DBQuotaBytes = probe.Known(-1); m.status.DBQuotaBytes = 0 },
			OK},
		"not known": {func(m *actor) { m.metrics.DBQuotaBytes = probe.Value{}; m.status.DBQuotaBytes = 0 },
			Unknown},
		"metrics not there": {func(m *actor) { m.noMetrics = errRefused; m.status.DBQuotaBytes = 0 }, Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			test.change(s.member(1))
			a := s.run(20*time.Second, nil)
			f := finding(&a, DBQuotaNear, "etcd-1")
			if f.Level != test.level {
				t.Errorf("got %s %q, want %s", f.Level, f.Summary, test.level)
			}
			says(t, "", f.Summary)
		})
	}
}

func TestAlarmOnceForTheCluster(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"NOSPACE", "CORRUPT"} {
		s := newScene(t, 3, Options{})
		for _, m := range s.members { // every member's Status names every alarm
			m.status.Alarms = []probe.Alarm{{Type: kind, Member: s.member(2).id}}
		}
		a := s.observe()
		if got := alarming(&a); !slices.Contains(got, "alarm-"+strings.ToLower(kind)+" ") ||
			len(a.Cluster.Alarms) != 1 {
			t.Errorf("%s: findings %q, alarms %v: want the alarm once", kind, got, a.Cluster.Alarms)
		}
		if want := kind == "CORRUPT"; a.Members[1].Healthy == want {
			t.Errorf("%s: etcd-2 healthy %v, want %v", kind, a.Members[1].Healthy, !want)
		}
		for _, m := range s.members {
			m.status.Alarms = nil
		}
		if a = s.observe(); len(alarming(&a)) != 0 {
			t.Errorf("%s disarmed: still %q", kind, alarming(&a))
		}
	}
}

func TestNotANumberIsUnknown(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1, Options{})
	s.member(1).metrics.ProposalsPending = probe.Known(math.NaN())
	s.observe()
	a := s.observe()
	if f := finding(&a, ProposalsQueued, "etcd-1"); f.Level != Unknown {
		t.Errorf("NaN proposals: %s, want unknown", f.Level)
	}
}

func TestFirstSweepKnowsNoRates(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.work(50, time.Millisecond)
	a := s.observe()
	if a.Level != Unknown || a.Reading.Cause != CauseFirstSweep {
		t.Errorf("first sweep: %s, %s: want unknown, first-sweep", a.Level, a.Reading.Cause)
	}
	s.work(50, time.Millisecond)
	if a = s.observe(); a.Level != OK || a.Reading.Cause != CauseHealthy {
		t.Errorf("second sweep: %s, %s (%s): want ok, healthy", a.Level, a.Reading.Cause, a.Reading.Text)
	}
}

func TestSinceStart(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true, SinceStart: true})
	s.work(500, time.Millisecond)
	s.member(2).fsync(500, 200*time.Millisecond)
	a := s.observe()
	f := finding(&a, WALFsyncSlow, "etcd-2")
	if f.Level != Warning {
		t.Errorf("got %s %q, want a warning", f.Level, f.Summary)
	}
	says(t, "", f.Summary)
	if a.Level != Warning {
		t.Errorf("level %s, want warning: nothing else is unknown (%v)", a.Level, a.Findings)
	}
}

// TestRestartMakesNoSpike restarts every member in turn under load.
func TestRestartMakesNoSpike(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(30*time.Second, func() { s.work(50, 2*time.Millisecond) })
	for i := 1; i <= 3; i++ {
		m := s.member(i)
		m.down = errRefused
		a := s.run(5*time.Second, func() { s.work(50, 2*time.Millisecond) })
		for _, rule := range alarming(&a) {
			if !strings.HasPrefix(rule, "member-unreachable ") && !strings.HasPrefix(rule, "quorum-at-risk ") {
				t.Errorf("while etcd-%d is down: %s", i, rule)
			}
		}
		m.down = nil
		m.restart(s.now)
		for range 30 {
			s.work(50, 2*time.Millisecond)
			a := s.observe()
			if rules := alarming(&a); len(rules) > 0 {
				t.Fatalf("after etcd-%d is back: %q", i, rules)
			}
			if pending := a.Members[i-1].Vitals[ProposalsAppliedRate].Or(0); pending < 0 {
				t.Fatalf("a negative rate after a restart: %v", pending)
			}
		}
	}
}

// TestIdleClusterIsHealthy fsyncs three times a minute.
func TestIdleClusterIsHealthy(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	n := 0
	s.run(2*time.Second, nil)
	for range 600 {
		if n++; n%20 == 0 {
			s.work(1, 40*time.Millisecond)
		}
		if a := s.observe(); a.Level > OK {
			t.Fatalf("after %v: %s: %s", s.now.Sub(epoch), a.Level, a.Reading.Text)
		}
	}
}

// TestSourcesAreByLevel: each limit has its own source.
func TestSourcesAreByLevel(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		for _, level := range graded {
			if strings.Contains(r.Source, level.String()+": ") {
				t.Errorf("%s: the source of the level %s is in that of all: %q", r.ID, level, r.Source)
			}
			if r.Limit(level).Value.IsKnown() && r.SourceOf(level) == "" {
				t.Errorf("%s: %s has no source", r.ID, level)
			}
		}
	}
}

// TestVitalsAreJudgedOnce: every face takes a vital's limits from its rule, so there must be one per vital, in the
// vital's unit.
func TestVitalsAreJudgedOnce(t *testing.T) {
	t.Parallel()
	by, growth := map[Vital]RuleID{}, []RuleID{MemoryGrowing}
	for _, r := range Rules() {
		if r.Vital == NoVital {
			continue
		}
		if other, is := by[r.Vital]; is {
			t.Errorf("%s and %s both judge %s", other, r.ID, r.Vital)
		}
		by[r.Vital] = r.ID
		if (r.Unit != r.Vital.Unit()) != slices.Contains(growth, r.ID) {
			t.Errorf("%s is in %v, and %s in %v", r.ID, r.Unit, r.Vital, r.Vital.Unit())
		}
	}
}

// TestWindowsAreKept: no rule looks further back than its samples are kept.
func TestWindowsAreKept(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		if r.LongestWindow() > r.WindowKept() {
			t.Errorf("%s looks back %v, and samples are kept for %v", r.ID, r.LongestWindow(), r.WindowKept())
		}
	}
}

// TestConfiguredLimitsJudge: a configured limit applies.
func TestConfiguredLimitsJudge(t *testing.T) {
	t.Parallel()
	rules := Rules()
	for i := range rules {
		if r := &rules[i]; r.ID == ProposalsQueued {
			r.Notice, r.Critical = Limit{}, Limit{}
			r.Warning.Value, r.Warning.Source, r.Warning.Configured = known(3), "configured, x.yaml:1", true
		}
	}
	s := newScene(t, 3, Options{Rules: rules, Immediate: true})
	s.member(2).metrics.ProposalsPending = probe.Known(3)
	s.observe()
	a := s.observe()
	if f := finding(&a, ProposalsQueued, "etcd-2"); f.Level != Warning || f.Source != "configured, x.yaml:1" {
		t.Errorf("%s from %q, want a warning by the configured limit", f.Level, f.Source)
	}
	s.member(2).metrics.ProposalsPending = probe.Known(2)
	for range 60 {
		a = s.observe()
	}
	if f := finding(&a, ProposalsQueued, "etcd-2"); f.Level != OK {
		t.Errorf("%s below the configured limit", f.Level)
	}
}
