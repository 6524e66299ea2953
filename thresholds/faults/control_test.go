//go:build faults

package faults

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The control runs: these clusters are healthy, and no alarm may say otherwise.

const (
	// idleWrites is three fsyncs a minute.
	idleWrites = 3.0 / 60
	// heavyWrites is far more than kube-apiserver's usual rate, and less than these disks can take.
	heavyWrites = 400
	// awaySweeps is how long a member is down in a rolling restart, betweenSweeps how long all are up until the next.
	awaySweeps, betweenSweeps = 6, 10
)

func TestHealthyControls(t *testing.T) {
	table := &report{}
	defer func() { t.Logf("the healthy control runs:\n%s", table) }()
	for _, r := range []row{
		{"rolling restart", setting{onDisk: true}, (*stage).rollingRestart, brief},
		{"idle cluster", setting{onDisk: true, writesPerSecond: idleWrites}, func(s *stage) { s.stayQuiet(*idleFor) },
			brief},
		{"200 puts/s", setting{onDisk: true, writesPerSecond: 200}, func(s *stage) { s.stayQuiet(*idleFor) }, brief},
		{"replacement", setting{onDisk: true}, (*stage).replaceMember, brief},
		{"restore", setting{onDisk: true}, func(s *stage) { s.restore(true) }, brief},
		{"restore with another token", setting{onDisk: true}, func(s *stage) { s.restore(false) }, brief},
		{"heavy load", setting{onDisk: true, writesPerSecond: heavyWrites}, func(s *stage) { s.stayQuiet(*heavyFor) },
			brief},
	} {
		t.Run(r.name, func(t *testing.T) {
			r.play(newStage(t, table, r.name, r.setting))
		})
	}
}

// rollingRestart terminates one member after the other, the leader last, as an upgrade does. The change is announced,
// and no outage: that mark is over before the first. The checklist ticks each member once it is back.
func (s *stage) rollingRestart() {
	members := append(s.followers(), s.leader())
	s.observer.prober.Mark(probe.Mark{At: time.Now(), Text: "rolling restart", Member: members[0].Name,
		Window: time.Second})
	s.observer.at(s.ctx, s.observer.count()+betweenSweeps)
	for i, m := range members {
		away := outcome{
			what: m.Name, cause: thresholds.CauseMemberDown,
			onTheWay:  []thresholds.Cause{thresholds.CauseHealthy},
			findings:  []found{{thresholds.MemberUnreachable, m}, {thresholds.MemberRestarted, m}},
			tolerated: []thresholds.RuleID{thresholds.QuorumAtRisk},
		}
		s.change("terminate "+m.Name, m.Terminate)
		s.observer.at(s.ctx, s.began+awaySweeps)
		s.then("start it again", func(ctx context.Context) error {
			if err := m.Restart(ctx); err != nil {
				return err
			}
			return s.cluster.WaitHealthy(ctx)
		})
		// A sweep that began before the member was back may still count it as down.
		s.expectNothingElse(away, s.observer.count()+2)
		s.change("all are there", func(context.Context) error { return nil })
		s.expectNothingElse(outcome{what: m.Name + " is back", cause: thresholds.CauseHealthy},
			s.observer.count()+betweenSweeps)
		s.expectTicks(members[:i+1])
	}
}

// expectTicks fails unless exactly these members have had their turn in the newest sweep.
func (s *stage) expectTicks(of []*etcdtest.Member) {
	s.Helper()
	l := s.observer.at(s.ctx, s.observer.count()-1)
	if l == nil {
		s.Fatal("the time is over")
	}
	var want []string
	for _, m := range of {
		want = append(want, m.Name)
	}
	var got []string
	for _, step := range l.Rolling.Steps {
		if step.Kind == thresholds.StepMember && step.State == thresholds.StepDone {
			got = append(got, step.Member.Label)
			if step.Away <= 0 || step.Since.IsZero() {
				s.Errorf("%s was away for %v, done at %v", step.Member.Label, step.Away, step.Since)
			}
		}
	}
	if !slices.Equal(got, want) {
		s.Errorf("ticked are %v, want %v; %s", got, want, l.Rolling.Text)
	}
}

// restore rebuilds the cluster from a snapshot under the same URLs. While nobody runs the reading says so, and after
// that nothing. With another token it is a cluster with another id and other members.
func (s *stage) restore(sameToken bool) {
	o := outcome{
		cause: thresholds.CauseHealthy, sweeps: 60, anyAlarm: true,
		onTheWay: []thresholds.Cause{
			thresholds.CauseUnreachable, thresholds.CauseQuorumLost, thresholds.CauseMemberDown,
			thresholds.CauseMemberHung,
			thresholds.CauseNoLeader,
		},
	}
	s.truth.silence(true) // they become other members at once
	s.change("restore from a snapshot", func(ctx context.Context) error { return s.cluster.Restore(ctx, sameToken) })
	s.expectRecovery(o)
	s.truth.silence(false)
	s.began = s.observer.count()
	o.what, o.check = "restored", func(l *observation) string {
		for _, m := range s.cluster.Members() {
			if text := wellKnown(l, m); text != "" {
				return text
			}
		}
		return ""
	}
	s.expect(o)
	s.expectNothingElse(outcome{what: "later", cause: thresholds.CauseHealthy}, s.observer.count()+betweenSweeps)
}

// stayQuiet observes for a while and wants no alarm.
func (s *stage) stayQuiet(d time.Duration) {
	s.change("look on for "+d.String(), func(context.Context) error { return nil })
	s.expectNothingElse(outcome{cause: thresholds.CauseHealthy}, s.began+int(d/sweepInterval))
	s.Logf("%d writes, %d requests failed", s.load.writes.Load(), s.load.failures.Load())
}

// expectNothingElse fails if any sweep since the newest change has an alarm that the outcome does not allow.
func (s *stage) expectNothingElse(o outcome, until int) {
	s.Helper()
	misread := misreadings{observer: s.observer}
	var l *observation
	for i := s.began; i <= until; i++ {
		next := s.observer.at(s.ctx, i)
		if next == nil {
			s.Fatalf("%s: the time is over after %d sweeps", s.title(o.what), i-s.began)
		}
		l = next
		misread.take(&o, i-s.began, l, i)
	}
	s.report.add(line{fault: s.title(o.what), cause: l.Reading.Cause, completeAt: until - s.began, observed: l,
		failed: len(misread.texts) > 0})
	misread.complain(s, &o)
}
