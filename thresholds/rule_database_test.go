package thresholds

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// filling is a scene whose second member's database has a quota of 2 GiB and size bytes, and grows by rate bytes per
// second, on disk in steps of whole pages.
type filling struct {
	*scene
	size float64
}

func newFilling(t *testing.T, o Options, size float64, interval time.Duration) *filling {
	f := &filling{newScene(t, 3, o), size}
	f.interval = interval
	return f
}

func (f *filling) grow(rate float64, d time.Duration) Assessment {
	const page = 4096
	return f.run(d, func() {
		f.size += rate * f.interval.Seconds()
		m := f.member(2)
		m.status.DBQuotaBytes = 2 << 30
		m.status.DBSizeBytes = int64(f.size/page) * page
		m.status.DBInUseBytes = m.status.DBSizeBytes
	})
}

// startSize returns the size of a database that, once it has grown at rate for a while, is so many seconds from its
// quota.
func startSize(untilQuota, rate float64, grows time.Duration) float64 {
	return 2<<30 - untilQuota*rate - rate*grows.Seconds()
}

func TestGrowthLimits(t *testing.T) {
	r, _ := NewRuleSet(Rules()).Rule(DBGrowing)
	for _, level := range graded {
		limit := r.Limit(level)
		value := limit.Value.Or(0)
		// So slow that no other level is near: only the window makes the difference.
		rate, grows := float64(1<<28)/value, limit.Window+5*time.Minute
		for _, test := range []struct {
			untilQuota float64
			is         bool
		}{{1.02 * value, false}, {0.98 * value, true}} {
			s := newFilling(t, Options{}, startSize(test.untilQuota, rate, grows), 10*time.Second)
			a := s.grow(rate, grows)
			f := finding(&a, DBGrowing, "etcd-2")
			if got := f.Level >= level; got != test.is {
				t.Errorf("quota reached in %v s, limit of %s %v s: %s %q", test.untilQuota, level, value, f.Level,
					f.Summary)
			}
			if g := finding(&a, DBGrowing, "etcd-1"); g.Rule != "" {
				t.Errorf("a database that does not grow: %s", g.Summary)
			}
		}
	}
}

func TestGrowthInWords(t *testing.T) {
	t.Parallel()
	const rate = 100 * 1024
	s := newFilling(t, Options{}, startSize(30*60, rate, 20*time.Minute), time.Second)
	a := s.grow(rate, 20*time.Minute)
	f := finding(&a, DBGrowing, "etcd-2")
	if f.Level != Critical {
		t.Errorf("%s %q, want critical", f.Level, f.Summary)
	}
	says(t, "", f.Summary)
	v := a.Members[1].Vitals
	if got := v[DBGrowthRate].Or(0); math.Abs(got-rate) > rate/100 {
		t.Errorf("it grows by %v/s, want %v", got, rate)
	}
	if got := v[DBQuotaReachedIn].Or(0); math.Abs(got-30*60) > 20 {
		t.Errorf("it reaches the quota in %v s, want 30 m", got)
	}
}

// TestGrowthIsNotForetoldTooFar: a short observation predicts only a short time.
func TestGrowthIsNotForetoldTooFar(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		o          Options
		watched    time.Duration
		untilQuota float64 // seconds until the quota, at the end
		rate       float64
		want       Level
	}{
		{"watched for 25 s", Options{}, 25 * time.Second, 60, 1 << 20, OK},
		{"nearer than 12 times what was watched", Options{}, 4 * time.Minute, 600, 1 << 20, Critical},
		{"further than 12 times", Options{}, time.Minute, 900, 1 << 20, OK},
		{"compaction may still give space back", Options{}, 10 * time.Minute, 1800, 1 << 19, OK},
		{"compaction has not", Options{}, 18 * time.Minute, 1800, 1 << 19, Critical},
		{"a check's window of 3 s", Options{Immediate: true}, 3 * time.Second, 30, 1 << 20, OK},
	}
	for _, test := range tests {
		s := newFilling(t, test.o, startSize(test.untilQuota, test.rate, test.watched), time.Second)
		a := s.grow(test.rate, test.watched)
		if f := finding(&a, DBGrowing, "etcd-2"); f.Level != test.want {
			t.Errorf("%s: %s %q, want %s", test.name, f.Level, f.Summary, test.want)
		}
	}
}

// TestGrowthThatEnds: nothing is predicted for a database that no longer grows after a burst, that was defragmented,
// that has no quota, or beside a NOSPACE alarm.
func TestGrowthThatEnds(t *testing.T) {
	t.Parallel()
	const rate = 1 << 20
	grown := func() *filling {
		s := newFilling(t, Options{}, startSize(1200, rate, 20*time.Minute), 2*time.Second)
		if a := s.grow(rate, 20*time.Minute); finding(&a, DBGrowing, "etcd-2").Level != Critical {
			t.Fatal("growth that reaches the quota soon is not critical")
		}
		return s
	}
	s := grown()
	a := s.grow(0, 12*time.Minute) // the later half of 15 minutes, and a minute, a few steps late
	if f := finding(&a, DBGrowing, "etcd-2"); f.Level >= Critical {
		t.Errorf("has not grown for 12 m: %s %q", f.Level, f.Summary)
	}
	s = grown()
	s.size /= 10 // defragmented
	a = s.grow(0, 2*time.Minute)
	if f := finding(&a, DBGrowing, "etcd-2"); f.Rule != "" {
		t.Errorf("defragmented: %s %q", f.Level, f.Summary)
	}
	s = grown()
	s.member(2).metrics.DBQuotaBytes = probe.Known(-1)
	a = s.grow(rate, 2*time.Minute)
	if f := finding(&a, DBGrowing, "etcd-2"); f.Rule != "" {
		t.Errorf("its quota is switched off: %s %q", f.Level, f.Summary)
	}
	s = grown()
	s.member(1).status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: 0xa1}} // puts are refused
	a = s.grow(rate, time.Second)
	if f := finding(&a, DBGrowing, "etcd-2"); f.Rule != "" || a.Members[1].Vitals[DBQuotaReachedIn].IsKnown() {
		t.Errorf("beside NOSPACE: %s %q", f.Level, f.Summary)
	}
	s = grown()
	s.member(2).restart(s.now) // a new process has the same database
	a = s.grow(rate, time.Minute)
	if f := finding(&a, DBGrowing, "etcd-2"); f.Level != Critical {
		t.Errorf("restarted: %s %q, want critical still", f.Level, f.Summary)
	}
}

// TestFragmentation: a small database is not worth a defragmentation.
func TestFragmentation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		size, inUse int64
		level       Level
	}{
		{1 << 30, 100*mib - 1, OK},
		{1 << 30, 100 * mib, Notice},
		{190 * mib, 100 * mib, OK},
		{1 << 30, 0, OK}, // before 3.4 Status does not say: the metrics do, 768 MiB
	}
	for _, test := range tests {
		s := newScene(t, 3, Options{})
		s.member(2).status.DBSizeBytes, s.member(2).status.DBInUseBytes = test.size, test.inUse
		a := s.run(20*time.Second, nil)
		if f := finding(&a, DBFragmented, "etcd-2"); f.Level != test.level {
			t.Errorf("%d of %d: %s %q, want %s", test.inUse, test.size, f.Level, f.Summary, test.level)
		} else {
			says(t, fmt.Sprintf("%d of %d", test.inUse, test.size), f.Summary)
		}
		s.member(2).status.DBSizeBytes, s.member(2).status.DBInUseBytes = 1<<30, 1<<30
		a = s.run(20*time.Second, nil)
		if f := finding(&a, DBFragmented, "etcd-2"); f.Rule != "" {
			t.Errorf("defragmented: %s %q", f.Level, f.Summary)
		}
	}
}

func TestCompaction(t *testing.T) {
	t.Parallel()
	ago := func(d time.Duration) probe.Value { return probe.Known(float64(epoch.Add(-d).Unix())) }
	piled := func(m *actor, n float64) { m.metrics.CurrentRevision = probe.Known(4000 + n) }
	tests := []struct {
		name  string
		act   func(*actor)
		watch time.Duration
		level Level
	}{
		{"compacted lately", func(m *actor) { piled(m, 1e6) }, 2 * time.Second, OK},
		{"nothing to compact", func(m *actor) { piled(m, 9999); m.metrics.LastCompaction = ago(time.Hour) },
			2 * time.Second, OK},
		{"not for an hour", func(m *actor) { piled(m, 10000); m.metrics.LastCompaction = ago(time.Hour) },
			2 * time.Second, Notice},
		{"never since it began", func(m *actor) { piled(m, 20000); m.metrics.LastCompaction = probe.Known(0) },
			2 * time.Second, Notice},
		{"began lately", func(m *actor) {
			piled(m, 20000)
			m.metrics.LastCompaction, m.metrics.StartTime = probe.Known(0), ago(10*time.Minute)
		}, 2 * time.Second, OK},
		{"by a clock that is behind", func(m *actor) {
			piled(m, 20000)
			m.metrics.LastCompaction, m.metrics.Date = ago(time.Hour), epoch.Add(-time.Hour)
		}, 2 * time.Second, OK},
		{"before 3.5, watched for a while",
			func(m *actor) { piled(m, 20000); m.metrics.LastCompaction = probe.Value{} }, 14 * time.Minute, OK},
		{"before 3.5", func(m *actor) { piled(m, 20000); m.metrics.LastCompaction = probe.Value{} },
			15*time.Minute + 2*time.Second, Notice},
		{"before 3.4.1", func(m *actor) {
			m.metrics.CurrentRevision, m.metrics.CompactRevision = probe.Value{}, probe.Value{}
		}, 2 * time.Second, OK},
	}
	for _, test := range tests {
		s := newScene(t, 3, Options{})
		test.act(s.member(2))
		a := s.run(test.watch, nil)
		if f := finding(&a, CompactionStalled, "etcd-2"); f.Level != test.level {
			t.Errorf("%s: %s %q, want %s", test.name, f.Level, f.Summary, test.level)
		} else {
			says(t, test.name, f.Summary)
		}
		s.member(2).metrics.CompactRevision = s.member(2).metrics.CurrentRevision
		a = s.observe()
		if f := finding(&a, CompactionStalled, "etcd-2"); f.Rule != "" {
			t.Errorf("%s: compacted, and still %q", test.name, f.Summary)
		}
	}
}

// TestCompactionSeen: a version that does not report its last compaction was observed compacting.
func TestCompactionSeen(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	m := s.member(2)
	m.metrics.LastCompaction, m.metrics.CurrentRevision = probe.Value{}, probe.Known(50_000)
	s.run(14*time.Minute, nil)
	m.metrics.CompactRevision = probe.Known(20_000)
	a := s.run(14*time.Minute, nil)
	if f := finding(&a, CompactionStalled, "etcd-2"); f.Rule != "" {
		t.Errorf("compacted 14 m ago: %s", f.Summary)
	}
	a = s.run(2*time.Minute, nil)
	if f := finding(&a, CompactionStalled, "etcd-2"); f.Level != Notice {
		t.Errorf("compacted 16 m ago: %s %q", f.Level, f.Summary)
	} else {
		says(t, "", f.Summary)
	}
}

func TestDBSizeSaysHowLarge(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.member(2).status.DBSizeBytes, s.member(2).status.DBQuotaBytes = 9<<30, 100<<30
	a := s.run(20*time.Second, nil)
	if f := finding(&a, DBLarge, "etcd-2"); f.Level != Notice {
		t.Errorf("%s %q", f.Level, f.Summary)
	}
}

// TestWatchedForAsLongAsSizesWereSeen: the text claims no longer time than that in which sizes were seen; if Status is
// refused, the size is that of the metrics.
func TestWatchedForAsLongAsSizesWereSeen(t *testing.T) {
	t.Parallel()
	for kind, metrics := range map[probe.ErrorKind]bool{probe.ErrNoUser: true, probe.ErrWrongPassword: false,
		probe.ErrPermission: true} {
		s := newScene(t, 3, Options{Immediate: true})
		denied := &probe.Error{Kind: kind, Text: "refused"}
		e, now := s.evaluator, s.now
		var a Assessment
		for range 3 {
			sweep := s.sweep()
			for i := range sweep.Members {
				m := &sweep.Members[i]
				m.Status = probe.Fact[probe.Status]{Err: denied}
				if !metrics {
					m.Metrics = probe.Fact[*probe.Metrics]{Err: denied}
				}
			}
			a = e.Observe(sweep)
			s.now = s.now.Add(s.interval)
		}
		watched := s.now.Sub(now)
		for _, m := range a.Unmeasured {
			var seconds float64
			if n, _ := fmt.Sscanf(m.Text, "watched for %f s only", &seconds); n == 1 && seconds > watched.Seconds() {
				t.Errorf("%s, metrics %v: %s: %s in %s", kind, metrics, m.Rule, m.Text, watched)
			}
		}
		if t0 := e.tracks[a.Members[0].Key]; metrics && len(t0.size.Range(s.now, sizeRetention)) == 0 {
			t.Errorf("%s: the size in the metrics is not recorded", kind)
		}
	}
}
