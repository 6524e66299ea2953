package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// dumped is a scene of which only the members' metrics were saved.
type dumped struct {
	*scene
	span probe.DumpSpan
	// missing are the members without a dump from now on, and unseen those without one so far.
	missing, unseen []string
	// apart is the time between the dumps of two members.
	apart time.Duration
}

func newDumped(t *testing.T, o Options) *dumped {
	d := &dumped{scene: newScene(t, 3, o),
		span: probe.DumpSpan{Files: 90, Sweeps: 30, First: epoch, Last: epoch.Add(29 * time.Second)}}
	for i, m := range d.members {
		m.metrics.HasLeader, m.metrics.IsLeader, m.metrics.IsLearner = probe.Known(1), probe.Known(0), probe.Known(0)
		m.metrics.ServerVersion = "3.6.14"
		m.metrics.DBSizeBytes = probe.Known(1 << 30)
		m.metrics.DBInUseBytes = probe.Known(3 << 28)
		if i == 0 {
			m.metrics.IsLeader = probe.Known(1)
		}
	}
	return d
}

func (d *dumped) observe() Assessment {
	s := d.sweep()
	s.MemberList, s.Alarms, s.Dumps = probe.Fact[probe.MemberList]{}, probe.Fact[[]probe.Alarm]{}, &d.span
	for i := range s.Members {
		m := &s.Members[i]
		*m = probe.Member{
			ID: m.ID, Name: m.Name, Metrics: m.Metrics,
			Status: probe.Fact[probe.Status]{Err: &probe.Error{Kind: probe.ErrNotInDump,
				Text: "a dump of metrics has no Status"}},
		}
		if slices.Contains(d.missing, m.Name) {
			m.Metrics.Err = &probe.Error{Kind: probe.ErrNotInDump, Text: "no dump of " + m.Name + " after 03:04:05Z"}
		}
		if slices.Contains(d.unseen, m.Name) {
			m.Metrics = probe.Fact[*probe.Metrics]{Err: &probe.Error{Kind: probe.ErrNotInDump,
				Text: "no dump of " + m.Name + " before 03:04:45Z"}}
		}
	}
	for i := range s.Members {
		if s.Members[i].Metrics.Answered() {
			s.Members[i].Metrics.At = s.At.Add(time.Duration(i) * d.apart)
			s.Took = time.Duration(i) * d.apart
		}
	}
	a := d.evaluator.Observe(s)
	d.now = d.now.Add(d.interval)
	return a
}

// run observes n moments, with act before each, and returns the last assessment.
func (d *dumped) run(n int, act func()) (a Assessment) {
	for range n {
		if act != nil {
			act()
		}
		a = d.observe()
	}
	return a
}

// TestDumpsOfAHealthyCluster: whatever only a live member reports is unknown, and nothing else is.
func TestDumpsOfAHealthyCluster(t *testing.T) {
	t.Parallel()
	d := newDumped(t, Options{})
	a := d.run(60, func() { d.work(50, 2*time.Millisecond) })
	if alarms := alarming(&a); len(alarms) > 0 || a.Level != Unknown {
		t.Errorf("%v: %v, want unknown, and no alarm", a.Level, alarms)
	}
	for _, f := range a.Findings {
		if !f.Member.IsZero() || f.Level != Unknown {
			t.Errorf("%s of %q: %s", f.Rule, f.Member.Label, f.Summary)
		}
	}
	if f := finding(&a, QuorumLost, ""); f.Level != Unknown {
		t.Errorf("quorum-lost: %+v, want that a dump does not say it", f)
	}
	saysFinding(t, &a, QuorumLost, "")
	if a.Cluster.Leader.Label != "etcd-1" || a.Cluster.MemberListKnown {
		t.Errorf("%+v: want etcd-1 for the leader, and no member list", a.Cluster)
	}
	for i := range a.Members {
		m := &a.Members[i]
		if m.State != StateOK || m.NeverSeen || m.Version != "3.6.14" || m.MetricsStale ||
			m.Role != []Role{RoleLeader, RoleFollower, RoleFollower}[i] {
			t.Errorf("%s: %s %s, version %s, never seen %v", m.Label, m.State, m.Role, m.Version, m.NeverSeen)
		}
		if m.CanLose.Verdict != LossUnknown || m.CanLose.Ground != GroundMembership {
			t.Errorf("losing %s: %+v", m.Label, m.CanLose)
		}
		says(t, "losing "+m.Label, m.CanLose.Reason)
		for _, v := range []Vital{WALFsyncP99, DBSize, DBInUse, DBQuota, DBQuotaUsed, ApplyLag} {
			if !m.Vitals[v].IsKnown() || m.IsStale(v) {
				t.Errorf("%s: %s is %s, stale %v: want the dump's value", m.Label, v, m.Vitals[v], m.IsStale(v))
			}
		}
		for _, v := range []Vital{RaftTerm, RaftIndex, FollowerLag, LinearizableRead, ScrapeDuration} {
			if m.Vitals[v].IsKnown() {
				t.Errorf("%s: %s is %s, and no dump says it", m.Label, v, m.Vitals[v])
			}
		}
	}
	if a.Reading.Cause != CauseUndetermined {
		t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
	}
	says(t, "", a.Reading.Text+"\n"+strings.Join(a.Reading.NotLookedAt, "\n"))
}

func TestReadingsOfDumps(t *testing.T) {
	t.Parallel()
	fast := func(d *dumped) { d.work(50, 2*time.Millisecond) }
	slowOn := func(took time.Duration, member int) func(*dumped) {
		return func(d *dumped) {
			d.work(50, 2*time.Millisecond)
			d.member(member).fsync(5, took)
		}
	}
	tests := map[string]struct {
		direct func(*dumped) // at the beginning
		act    func(*dumped) // before each moment
		level  Level
		cause  Cause
	}{
		"a slow disk":          {nil, slowOn(300*time.Millisecond, 2), Warning, CauseSlowDisk},
		"a disk a little slow": {nil, slowOn(12*time.Millisecond, 3), Unknown, CauseSlowDisk},
		"a quota": {func(d *dumped) { d.member(1).metrics.DBSizeBytes = probe.Known(7 << 30) }, fast,
			Warning, CauseQuotaNear},
		"a lag": {func(d *dumped) { d.member(2).metrics.ProposalsCommitted = probe.Known(9000) }, fast,
			Critical, CauseApplyLag},
		"an alarm": {func(d *dumped) {
			d.member(3).metrics.Alarms = []probe.Alarm{{Type: "NOSPACE", Member: d.member(3).id}}
		}, fast, Critical, CauseNoSpace},
		"no leader": {func(d *dumped) { d.leaderless(1, 2, 3) }, nil, Warning, CauseNoLeader},
		"cut off":   {func(d *dumped) { d.leaderless(3) }, fast, Warning, CauseCutOff},
		"a gap":     {func(d *dumped) { d.missing = []string{"etcd-2"} }, fast, Warning, CauseMetrics},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDumped(t, Options{})
			if test.direct != nil {
				test.direct(d)
			}
			a := d.run(45, func() {
				if test.act != nil {
					test.act(d)
				}
			})
			if a.Level != test.level || a.Reading.Cause != test.cause {
				t.Errorf("%v, %s, want %v, %s", a.Level, a.Reading.Cause, test.level, test.cause)
			}
			saysReading(t, &a)
			for _, m := range []string{"etcd-1", "etcd-2", "etcd-3"} {
				for _, rule := range []RuleID{MemberUnreachable, MemberLate} {
					if f := finding(&a, rule, m); f.Rule != "" {
						t.Errorf("%s of %s: %s: no dump has that", rule, m, f.Summary)
					}
				}
			}
		})
	}
}

// leaderless takes the leader away from members.
func (d *dumped) leaderless(members ...int) {
	for _, i := range members {
		d.member(i).metrics.HasLeader, d.member(i).metrics.IsLeader = probe.Known(0), probe.Known(0)
	}
}

// TestDumpOfOneMoment is judged by everything that the members' processes have observed.
func TestDumpOfOneMoment(t *testing.T) {
	t.Parallel()
	d := newDumped(t, Options{SinceStart: true, Immediate: true})
	d.work(500, 2*time.Millisecond)
	d.member(2).fsync(50, 300*time.Millisecond)
	a := d.observe()
	if a.Reading.Cause != CauseSlowDisk {
		t.Errorf("%s: %s", a.Reading.Cause, a.Reading.Text)
	}
	wantBlamed(t, &a, "etcd-2")
}

// TestDumpMissingAtTheEnd: no later dump will come, so the gap is a finding at once, and explains what can't be
// judged.
func TestDumpMissingAtTheEnd(t *testing.T) {
	t.Parallel()
	d := newDumped(t, Options{})
	d.run(40, func() { d.work(50, 2*time.Millisecond) })
	d.missing = []string{"etcd-2"}
	a := d.observe()
	if f := finding(&a, MetricsUnavailable, "etcd-2"); f.Level != Warning ||
		strings.Contains(f.Advice, "--metrics-endpoints") {
		t.Errorf("metrics-unavailable: %+v, want a warning with advice on dumps", f)
	}
	for _, f := range a.Findings {
		if f.Level == Unknown && f.Member.Label == "etcd-2" && f.InhibitedBy != MetricsUnavailable {
			t.Errorf("%s: %s, because of %q", f.Rule, f.Summary, f.InhibitedBy)
		}
	}
}

// TestOneDumpInASeries: the disk of a member with a single dump can't be judged, which is not fine.
func TestOneDumpInASeries(t *testing.T) {
	t.Parallel()
	d := newDumped(t, Options{})
	d.unseen = []string{"etcd-2"}
	if a := d.run(40, func() { d.work(50, 2*time.Millisecond) }); !a.Members[1].NeverSeen ||
		a.Members[1].Version != "" {
		t.Errorf("etcd-2, without a dump so far: %+v", a.Members[1])
	}
	d.unseen = nil
	a := d.observe()
	if f := finding(&a, WALFsyncSlow, "etcd-2"); f.Level != Unknown || f.Why == "" {
		t.Errorf("%+v, %s: want that etcd-2's disk can't be judged", f, a.Reading.Text)
	}
}

// TestDumpedLeader: dumps from before and after an election name two leaders, so that the leader is unknown.
func TestDumpedLeader(t *testing.T) {
	t.Parallel()
	d := newDumped(t, Options{})
	d.member(2).metrics.IsLeader = probe.Known(1)
	if a := d.run(2, nil); !a.Cluster.Leader.IsZero() {
		t.Errorf("the leader is %s, and two say that they lead", a.Cluster.Leader.Label)
	}
	d.missing = []string{"etcd-1"}
	if a := d.run(1, nil); a.Cluster.Leader.Label != "etcd-2" || a.Members[0].Role != RoleUnknown {
		t.Errorf("the leader is %q, and etcd-1 %s: want etcd-2 alone", a.Cluster.Leader.Label, a.Members[0].Role)
	}
}
