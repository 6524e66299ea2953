package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// alone is a table of one rule, which measures the value of one of its limits: a member rule breached by etcd-2.
func alone(rule Rule, limit Limit) []Rule {
	rule.judge = func(s *subject, _ time.Duration) measurement {
		if s.at != nil && s.at.Label != "etcd-2" {
			return notApplicable
		}
		return measurement{value: limit.Value, certain: true}
	}
	rule.say = func(s *subject, _ measurement) statement {
		if s.at == nil {
			return plain("something is wrong with the cluster")
		}
		return s.has("something is wrong with it")
	}
	return []Rule{rule}
}

// TestEveryRuleIsRead: whichever rule is breached alone, at whatever level, has a cause, evidence and a next step.
func TestEveryRuleIsRead(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		for _, level := range []Level{Notice, Warning, Critical} {
			limit := rule.Limit(level)
			if rule.ID == RequestsMany {
				limit = at(100, 0) // it is off by default
			}
			if !limit.Value.IsKnown() || rule.ID == ClusterUnreachable { // diagnosed if nobody answers
				continue
			}
			only := rule
			only.Notice, only.Warning, only.Critical = Limit{}, Limit{}, Limit{}
			*map[Level]*Limit{Notice: &only.Notice, Warning: &only.Warning, Critical: &only.Critical}[level] = limit
			s := newScene(t, 3, Options{Rules: alone(only, limit)})
			s.run(5*time.Second, nil)
			a := s.observe()
			if a.Level != level {
				t.Errorf("%s: the level is %s, want %s", rule.ID, a.Level, level)
			}
			r := a.Reading
			membership := slices.ContainsFunc(a.Findings,
				func(f Finding) bool { return f.Rule == rule.ID && isPermanent(&f) })
			if r.Cause == CauseUndetermined || r.Text == "" || len(r.Evidence) == 0 || r.Next == "" && !membership {
				t.Errorf("%s %s: %+v", level, rule.ID, r)
			}
			if level >= Warning && r.Cause == CauseHealthy {
				t.Errorf("%s %s has the reading healthy: %s", level, rule.ID, r.Text)
			}
			checkReading(t, &a)
		}
	}
}

// checkReading checks that a reading is well-formed text and hides nothing that it must show.
func checkReading(t *testing.T, a *Assessment) {
	t.Helper()
	r := a.Reading
	for _, text := range append([]string{r.Text, r.Next}, r.EvidenceTexts()...) {
		for _, bad := range []string{"..", "  ", ": :", "; .", "%!", ",.", " .", "NaN", ":."} {
			if strings.Contains(text, bad) && !strings.Contains(text, "http") {
				t.Errorf("badly put: %q has %q in it", text, bad)
			}
		}
	}
	if len(r.NotLookedAt) == 0 {
		t.Error("as if all had been looked at")
	}
	worst := OK
	for i := range a.Findings {
		f := &a.Findings[i]
		worst = max(worst, f.Level)
		if !f.InhibitedByReading {
			continue
		}
		if !slices.ContainsFunc(a.Findings, func(g Finding) bool {
			return g.Rule == f.InhibitedBy && g.Member == f.InhibitedByMember && g.InhibitedBy == "" &&
				max(g.Level, g.PreviousLevel) >= f.Level
		}) {
			t.Errorf("%s %s of %s is inhibited by nothing that is as bad: %s of %s", f.Level, f.Rule, f.Member.Label,
				f.InhibitedBy, f.InhibitedByMember.Label)
		}
	}
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Level == worst && worst >= Warning && f.InhibitedBy != "" && !f.InhibitedByReading &&
			a.Level < worst {
			t.Errorf("the level fell to %s: %+v", a.Level, f)
		}
	}
}

// wantAlarms compares the findings at warning or above, as "rule member".
func wantAlarms(t *testing.T, a *Assessment, want ...string) {
	t.Helper()
	if got := alarming(a); !slices.Equal(got, want) {
		t.Errorf("alarms %q, want %q\n%s", got, want, a.Reading.Text)
	}
}

func wantReading(t *testing.T, a *Assessment, cause Cause) {
	t.Helper()
	if a.Reading.Cause != cause {
		t.Errorf("blames %s (%s), want %s; alarms %q", a.Reading.Cause, a.Reading.Text, cause, alarming(a))
	}
	checkReading(t, a)
}

// wantBlamed checks which members the reading blames.
func wantBlamed(t *testing.T, a *Assessment, labels ...string) {
	t.Helper()
	var got []string
	for _, m := range a.Reading.About {
		got = append(got, m.Label)
	}
	if !slices.Equal(got, labels) {
		t.Errorf("%s is about %q, want %q", a.Reading.Cause, got, labels)
	}
}

// rtt lets a pair of members observe two round trips at both ends, as etcd does every 30 s.
func (s *scene) rtt(a, b int, d time.Duration) {
	for _, ends := range [][2]int{{a, b}, {b, a}} {
		s.peer(ends[0], ends[1], func(p *probe.PeerMetrics) {
			if !p.RoundTrip.IsKnown() {
				p.RoundTrip = probe.Histogram{Bounds: rttBounds(), Counts: make([]float64, len(rttBounds()))}
			}
			p.RoundTrip = observed(p.RoundTrip, 2, d)
		})
	}
}

// slowApplies counts n requests that took over 100 ms to apply.
func (m *actor) slowApplies(n float64) {
	m.metrics.SlowApplies = m.metrics.SlowApplies.Plus(probe.Known(n))
}

// answersIn sets how long the member takes for what it answers from memory.
func (m *actor) answersIn(d time.Duration) { m.far, m.lastMetrics.Took = d, d }

const (
	quickFsync = 2 * time.Millisecond
	slowFsync  = 300 * time.Millisecond
)

// TestSlowDiskStarvationOrLink: three causes have the same symptoms on a follower; what is not slow tells them apart.
func TestSlowDiskStarvationOrLink(t *testing.T) {
	t.Parallel()
	symptoms := func(s *scene) {
		for i, m := range s.members {
			m.reads(s.now, 10*time.Millisecond, 5*time.Millisecond)
			m.answersIn(4 * time.Millisecond)
			if i != 1 {
				m.fsync(50, quickFsync)
			}
		}
		victim := s.member(2)
		victim.slowApplies(2)
		victim.reads(s.now, 700*time.Millisecond, 5*time.Millisecond)
	}
	tests := map[string]struct {
		act   func(*scene)
		cause Cause
		about []string
	}{
		"disk": {func(s *scene) { s.member(2).fsync(50, slowFsync) }, CauseSlowDisk, []string{"etcd-2"}},
		"CPU": {func(s *scene) {
			m := s.member(2)
			m.fsync(49, quickFsync)
			m.fsync(1, 200*time.Millisecond)
			m.answersIn(5 * time.Millisecond)
			if s.now.Unix()%2 == 0 {
				m.answersIn(220 * time.Millisecond)
				m.reads(s.now, 700*time.Millisecond, 220*time.Millisecond)
			}
		}, CauseStarvation, []string{"etcd-2"}},
		"CPU, or load": {func(s *scene) {
			m := s.member(2)
			m.fsync(50, quickFsync)
			m.metrics.CPUSeconds = probe.Value{}
			m.answersIn(5 * time.Millisecond)
			if s.now.Unix()%2 == 0 {
				m.answersIn(220 * time.Millisecond)
			}
		}, CauseNotClear, []string{"etcd-2"}},
		"link": {func(s *scene) { s.member(2).fsync(50, quickFsync) }, CauseSlowLink, []string{"etcd-1", "etcd-2"}},
		"link, and a late heartbeat now and then": {func(s *scene) {
			s.member(2).fsync(50, quickFsync)
			if s.now.Unix()%15 == 0 {
				s.member(1).heartbeatsLate(1)
			}
		}, CauseSlowLink, []string{"etcd-1", "etcd-2"}},
		"link, with round trips": {func(s *scene) {
			s.member(2).fsync(50, quickFsync)
			if s.now.Unix()%30 == 0 {
				s.rtt(1, 2, 480*time.Millisecond)
				s.rtt(1, 3, 5*time.Millisecond)
				s.rtt(2, 3, 5*time.Millisecond)
			}
		}, CauseSlowLink, []string{"etcd-1", "etcd-2"}},
		"links around": {func(s *scene) {
			s.member(2).fsync(50, quickFsync)
			if s.now.Unix()%30 == 0 {
				s.rtt(1, 2, 480*time.Millisecond)
				s.rtt(2, 3, 480*time.Millisecond)
				s.rtt(1, 3, 5*time.Millisecond)
			}
		}, CauseSlowLink, []string{"etcd-2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(20*time.Second, func() { s.work(50, quickFsync) })
			a := s.run(75*time.Second, func() { symptoms(s); test.act(s) })
			wantReading(t, &a, test.cause)
			saysReading(t, &a)
			wantBlamed(t, &a, test.about...)
			if n := len(alarming(&a)); n != 1 {
				t.Errorf("alarms %q, want one", alarming(&a))
			}
		})
	}
}

// TestSomeLinksOfOne: some slow links of a member are not all of its links.
func TestSomeLinksOfOne(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	a := s.run(140*time.Second, func() {
		s.work(50, quickFsync)
		if s.now.Unix()%30 != 0 {
			return
		}
		for x := 1; x <= 5; x++ {
			for y := x + 1; y <= 5; y++ {
				took := 5 * time.Millisecond
				if x == 2 && (y == 3 || y == 4) {
					took = 480 * time.Millisecond
				}
				s.rtt(x, y, took)
			}
		}
	})
	wantReading(t, &a, CauseSlowLink)
	saysReading(t, &a)
	wantBlamed(t, &a, "etcd-2")
}

// TestSlowLeader: a slow disk of the leader slows all members, and nothing else is blamed.
func TestSlowLeader(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	a := s.run(60*time.Second, func() {
		s.member(1).fsync(50, slowFsync)
		s.member(1).metrics.HeartbeatSendFailures = s.member(1).metrics.HeartbeatSendFailures.Plus(probe.Known(2))
		for _, m := range s.members {
			m.slowApplies(2)
			m.reads(s.now, 500*time.Millisecond, 4*time.Millisecond)
		}
		s.member(2).fsync(50, quickFsync)
		s.member(3).fsync(50, quickFsync)
	})
	wantReading(t, &a, CauseSlowDisk)
	saysReading(t, &a)
	wantBlamed(t, &a, "etcd-1")
	wantAlarms(t, &a, "wal-fsync-slow etcd-1")
	says(t, "next", a.Reading.Next)
	a = s.run(8*time.Second, func() { s.work(50, quickFsync) })
	wantReading(t, &a, CauseSlowDisk)
	wantBlamed(t, &a, "etcd-1")
}

// TestDownAndSlow: of two impaired members the reading is about one and names the other.
func TestDownAndSlow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(2).down = errRefused
	a := s.run(60*time.Second, func() {
		s.member(1).fsync(50, quickFsync)
		s.member(3).fsync(50, 200*time.Millisecond)
	})
	wantReading(t, &a, CauseMemberDown)
	saysReading(t, &a)
	wantBlamed(t, &a, "etcd-2")
	wantAlarms(t, &a, "quorum-at-risk ", "member-unreachable etcd-2", "wal-fsync-slow etcd-3")
}

// TestQuorumLostInhibitsAll: without a quorum everything waits, and none of that is an alarm of its own.
func TestQuorumLostInhibitsAll(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(1).down, s.member(2).down = errRefused, errRefused
	a := s.run(70*time.Second, func() {
		m := s.member(3)
		m.status.Leader = 0
		m.metrics.ProposalsPending = probe.Known(2000)
		m.metrics.ProposalsFailed = m.metrics.ProposalsFailed.Plus(probe.Known(20))
		m.slowApplies(3)
		m.reads(s.now, 3*time.Second, 4*time.Millisecond)
	})
	wantReading(t, &a, CauseQuorumLost)
	wantAlarms(t, &a, "quorum-lost ", "member-unreachable etcd-1", "member-unreachable etcd-2")
	// The remaining member needs one more, not two.
	says(t, "", a.Reading.Text+"\n"+a.Reading.Next)
	if got := a.Members[2].CanLose; got.Verdict != LossNo || got.Ground != GroundQuorum {
		t.Errorf("it can't be lost: %+v", got)
	}
	says(t, "etcd-3 can't be lost", a.Members[2].CanLose.Reason)
}

// TestBurst: load of many times the usual rate, on equally fast disks.
func TestBurst(t *testing.T) {
	t.Parallel()
	rate, fsync := 60.0, quickFsync
	s := newScene(t, 3, Options{})
	write := func() {
		for _, m := range s.members {
			m.fsync(50, fsync)
			n := probe.Known(rate)
			m.metrics.ProposalsApplied = m.metrics.ProposalsApplied.Plus(n)
			m.metrics.ProposalsCommitted = m.metrics.ProposalsCommitted.Plus(n)
			m.metrics.Puts = m.metrics.Puts.Plus(n)
		}
	}
	s.run(time.Minute, write)
	rate, fsync = 2500, 40*time.Millisecond
	s.member(2).metrics.ProposalsPending = probe.Known(150)
	a := s.run(40*time.Second, write)
	wantReading(t, &a, CauseBurst)
	saysReading(t, &a)
	wantBlamed(t, &a)
	wantAlarms(t, &a, "proposals-pending etcd-2")
}

// TestNoSpaceSaysWhatFillsIt: the steps depend on what fills the database, and only steps that are still needed
// appear.
func TestNoSpaceSaysWhatFillsIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		size, inUse     int64
		keys, revisions float64
		steps           []Step
	}{
		"free pages":           {8 << 30, 2 << 30, 1000, 500, []Step{StepDefragment, StepDisarm}},
		"half of it":           {8 << 30, 4 << 30, 1_000_000, 900, []Step{StepDefragment, StepDisarm}},
		"free, and history":    {8 << 30, 6 << 30, 1000, 90_000, []Step{StepCompact, StepDefragment, StepDisarm}},
		"free, yet too little": {8 << 30, 6 << 30, 1_000_000, 900, []Step{StepDelete, StepDefragment, StepDisarm}},
		"history":              {8 << 30, 7 << 30, 1000, 90_000, []Step{StepCompact, StepDefragment, StepDisarm}},
		"live keys":            {8 << 30, 8 << 30 / 100 * 95, 1_000_000, 900, []Step{StepDelete, StepDisarm}},
		"just compacted":       {8 << 30, 8 << 30 / 100 * 96, 1000, 0, []Step{StepDefragment, StepDisarm}},
		"compacted, some free": {8 << 30, 6 << 30, 1000, 0, []Step{StepDefragment, StepDisarm}},
		"freed":                {8 << 30 / 100 * 3, 8 << 30 / 100 * 2, 1000, 500, []Step{StepDisarm}},
		"almost freed": {8 << 30 / 100 * 70, 8 << 30 / 100 * 69, 1000, 90_000,
			[]Step{StepCompact, StepDefragment, StepDisarm}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			learner := s.add("etcd-4")
			learner.learner, learner.status.IsLearner = true, true
			for _, m := range s.members {
				m.status.DBSizeBytes, m.status.DBInUseBytes = test.size, test.inUse
				m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: 0xa0}}
				m.metrics.Keys = probe.Known(test.keys)
				m.metrics.CurrentRevision = probe.Known(5000 + test.revisions)
				m.metrics.CompactRevision = probe.Known(5000)
			}
			a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
			wantReading(t, &a, CauseNoSpace)
			wantAlarms(t, &a, "alarm-nospace ")
			if !slices.Equal(a.Reading.Steps, test.steps) {
				t.Errorf("steps %v, want %v: %s", a.Reading.Steps, test.steps, a.Reading.Next)
			}
			says(t, "", strings.Join([]string{a.Reading.Text, a.Reading.Next, finding(&a, AlarmNoSpace, "").Advice},
				"\n"))
		})
	}
}

// TestNoSpaceOfASmallerQuota: one member refuses what the others have room for.
func TestNoSpaceOfASmallerQuota(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for _, m := range s.members {
		m.status.DBSizeBytes, m.status.DBInUseBytes = 100<<20, 99<<20
		m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: 0xa1}}
	}
	s.member(2).status.DBQuotaBytes = 100 << 20
	a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
	wantReading(t, &a, CauseNoSpace)
	says(t, "", a.Reading.Text+"\n"+a.Reading.Next)
	if want := []Step{StepRaiseQuota, StepDisarm}; !slices.Equal(a.Reading.Steps, want) {
		t.Errorf("steps %v, next %s", a.Reading.Steps, a.Reading.Next)
	}
}

// TestNoSpaceOfSmallerQuotas: every member with a smaller quota must get the larger one, whichever of them raised the
// alarm, or it is raised again.
func TestNoSpaceOfSmallerQuotas(t *testing.T) {
	t.Parallel()
	for raiser := range 2 {
		s := newScene(t, 3, Options{})
		for i, m := range s.members {
			m.status.DBSizeBytes, m.status.DBInUseBytes = 99<<20, 98<<20
			m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: s.members[raiser].id}}
			if i < 2 {
				m.status.DBQuotaBytes = int64(100+i) << 20
			}
		}
		a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
		wantReading(t, &a, CauseNoSpace)
		says(t, fmt.Sprintf("raised by etcd-%d", raiser+1), a.Reading.Text+"\n"+a.Reading.Next)
		if want := []Step{StepRaiseQuota, StepDisarm}; !slices.Equal(a.Reading.Steps, want) {
			t.Errorf("steps %v, want %v", a.Reading.Steps, want)
		}
	}
}

// TestRemarkUnseatsNothing: a few late heartbeats are worth a notice, and the cluster is still healthy.
func TestRemarkUnseatsNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(50, quickFsync) })
	s.member(1).metrics.HeartbeatSendFailures = probe.Known(4)
	a := s.run(5*time.Second, func() { s.work(50, quickFsync) })
	wantReading(t, &a, CauseHealthy)
	saysReading(t, &a)
}

// TestDefragmentOnlyWhatGivesBack: a defragmentation blocks its member, so it is advised only if it frees space: by
// the rule on fragmentation, or for want of room. The leader comes last, and learners are left out.
func TestDefragmentOnlyWhatGivesBack(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, test := range map[string]struct {
		size, inUse [3]int64 // in MiB; the quota is 2 GiB
		quota       int64    // 0: unknown
	}{
		"only etcd-2 is big":        {[3]int64{200, 2048, 200}, [3]int64{150, 150, 150}, 2048 * mib},
		"a quarter is no reason":    {[3]int64{200, 2048, 202}, [3]int64{150, 150, 101}, 2048 * mib},
		"half of it is none either": {[3]int64{200, 2048, 300}, [3]int64{150, 150, 150}, 2048 * mib},
		"more than half is":         {[3]int64{200, 2048, 301}, [3]int64{150, 150, 150}, 2048 * mib},
		"so little is no matter":    {[3]int64{200, 2048, 220}, [3]int64{99, 99, 99}, 2048 * mib},
		"the leader last":           {[3]int64{1500, 2048, 200}, [3]int64{150, 150, 150}, 2048 * mib},
		"quotas are not known":      {[3]int64{200, 2048, 200}, [3]int64{150, 150, 150}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			learner := s.add("etcd-4")
			learner.learner, learner.status.IsLearner = true, true
			for i, m := range s.members {
				i = min(i, 2)
				m.status.DBSizeBytes = test.size[i] * mib
				m.status.DBInUseBytes = test.inUse[i] * mib
				m.status.DBQuotaBytes = test.quota
				m.metrics.DBSizeBytes = probe.Value{}
				m.metrics.DBInUseBytes = probe.Value{}
				m.metrics.DBQuotaBytes = probe.Value{}
				m.status.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: 0xa1}}
			}
			a := s.run(20*time.Second, func() { s.work(50, quickFsync) })
			if a.Reading.Cause != CauseNoSpace || !slices.Contains(a.Reading.Steps, StepDefragment) {
				t.Errorf("%s, %v: %s", a.Reading.Cause, a.Reading.Steps, a.Reading.Next)
			}
			says(t, "", a.Reading.Next)
		})
	}
}
