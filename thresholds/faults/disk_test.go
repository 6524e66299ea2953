//go:build faults

package faults

import (
	"context"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// diskDelay is added to each fsync of a slow disk: more than the heartbeat interval, less than the election timeout.
const diskDelay = 200 * time.Millisecond

func (s *stage) slowFollowerDisk() {
	victim := s.followers()[0]
	s.slowDiskAndHeal(thresholds.CauseSlowDisk, victim)
}

func (s *stage) slowLeaderDisk() { s.slowDiskAndHeal(thresholds.CauseSlowDisk, s.leader()) }

func (s *stage) slowDisks() { s.slowDiskAndHeal(thresholds.CauseSlowDisks, s.cluster.Members()...) }

func (s *stage) slowDiskAndHeal(cause thresholds.Cause, victims ...*etcdtest.Member) {
	s.requireStrace()
	o := outcome{
		cause: cause, level: thresholds.Warning, sweeps: 75,
		tolerated: []thresholds.RuleID{thresholds.WALFsyncSlow, thresholds.BackendCommitSlow},
		verdicts:  verdictsOf{},
	}
	for _, m := range s.cluster.Members() {
		o.verdicts[m] = thresholds.LossRisk // a survivor has a slow disk
	}
	if len(victims) == 1 {
		o.verdicts[victims[0]] = thresholds.LossSafe // no disk is
	}
	for _, m := range victims {
		o.findings = append(o.findings, found{thresholds.WALFsyncSlow, m})
	}
	var heal func()
	s.change("slow the disk", func(ctx context.Context) (err error) {
		heal, err = s.slowDisk(ctx, fdatasync, diskDelay, victims...)
		return err
	})
	s.expect(o)
	s.change("heal the disk", func(context.Context) error { heal(); return nil })
	s.expectRecovery(o)
}

// diskHang is added to each fsync of a hung disk: longer than the row runs, and than any request waits.
const diskHang = 20 * time.Second

func (s *stage) hungFollowerDisk() { s.hangDisk(s.followers()[0]) }

func (s *stage) hungLeaderDisk() { s.hangDisk(s.leader()) }

// hangDisk hangs a member's fsyncs: the reading names the disk by the pending writes, before any fsync has returned.
func (s *stage) hangDisk(victim *etcdtest.Member) {
	s.requireStrace()
	o := outcome{
		cause: thresholds.CauseSlowDisk, level: thresholds.Critical, sweeps: 18, anyAlarm: true,
		findings: []found{{thresholds.WALFsyncSlow, victim}},
		// Before the hang is certain; and its followers elect another leader.
		onTheWay: []thresholds.Cause{thresholds.CauseMemberHung, thresholds.CauseNoLeader,
			thresholds.CauseVoterUnhealthy},
	}
	for _, m := range s.cluster.Members() {
		if m != victim {
			o.unsafe = append(o.unsafe, m)
		}
	}
	var heal func()
	s.change("let the disk hang", func(ctx context.Context) (err error) {
		heal, err = s.slowDisk(ctx, fdatasync, diskHang, victim)
		return err
	})
	s.expect(o)
	s.change("heal the disk", func(context.Context) error { heal(); return nil })
	o.sweeps = 75
	s.expectRecovery(o)
}
