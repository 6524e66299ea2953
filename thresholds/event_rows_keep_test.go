package thresholds

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// diskRow is the only row about a member's disk.
func (s *scene) diskRow(t *testing.T, when string, label string) Event {
	t.Helper()
	rows := slices.DeleteFunc(append(s.rowsOf(WALFsyncSlow), s.rowsOf(BackendCommitSlow)...), func(e Event) bool {
		return e.Member.Label != label
	})
	if len(rows) != 1 {
		t.Fatalf("%s: %d rows of the disk of %s: %+v", when, len(rows), label, rows)
	}
	return rows[0]
}

// TestARowKeepsItsTime: the row of a disk dates from its begin whatever gets worse or milder since; while it goes on it
// has the level of now and says how bad it was, once it is over the level and the words of its worst.
func TestARowKeepsItsTime(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	run := func(d, fsync, commit time.Duration) {
		s.run(d, func() {
			s.work(50, time.Millisecond)
			s.member(2).fsync(50, fsync)
			s.member(2).commit(50, commit)
		})
	}
	const fast, noted, critical = time.Millisecond, 30 * time.Millisecond, 1200 * time.Millisecond
	run(time.Minute, fast, fast)
	run(3*time.Minute, fast, noted)
	first := s.diskRow(t, "commits are noted", "etcd-2")
	if first.Level != Notice || !first.Active || first.Holds() != "" {
		t.Fatalf("commits are noted: %+v", first)
	}
	run(2*time.Minute, critical, critical)
	worst := s.diskRow(t, "both are critical", "etcd-2")
	if worst.Level != Critical || !worst.Active || !worst.At.Equal(first.At) || !worst.AsBadAt.After(first.At) ||
		worst.Holds() != "" {
		t.Errorf("both are critical: %+v, began %v", worst, first.At)
	}
	run(4*time.Minute, fast, noted)
	after := s.diskRow(t, "commits are noted again", "etcd-2")
	if after.Level != Notice || !after.Active || !after.At.Equal(first.At) || after.ID != first.ID ||
		after.Holds() != "CRIT at worst" || after.Lasted != s.now.Add(-s.interval).Sub(first.At) {
		t.Errorf("commits are noted again: %+v, began %v", after, first.At)
	}
	says(t, "milder", after.HeadlineWhat+"; "+after.Holds())
	run(4*time.Minute, fast, fast)
	over := s.diskRow(t, "none is", "etcd-2")
	if over.Level != Critical || over.Active || over.Over == "" || !over.At.Equal(first.At) || over.Times != 1 ||
		over.AsBad >= over.Lasted {
		t.Errorf("none is: %+v, began %v", over, first.At)
	}
}

// TestARiseIsDated: what becomes critical long after it was noted is found at the time of that, each time, also once it
// is noted alone again, and once it is over.
func TestARiseIsDated(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	run := func(d, fsync time.Duration) {
		s.run(d, func() {
			s.work(50, time.Millisecond)
			s.member(2).fsync(50, fsync)
		})
	}
	const fast, noted, critical = time.Millisecond, 30 * time.Millisecond, 1200 * time.Millisecond
	run(time.Minute, fast)
	run(20*time.Minute, noted)
	for _, when := range []string{"first", "again"} {
		rises := s.now
		run(2*time.Minute, critical)
		worst := s.diskRow(t, when, "etcd-2")
		if worst.Level != Critical || worst.At.Sub(rises).Abs() > 10*time.Second ||
			worst.Lasted != s.now.Add(-s.interval).Sub(worst.At) {
			t.Errorf("%s: critical since %v: %+v", when, rises, worst)
		}
		run(10*time.Minute, noted)
		if milder := s.diskRow(t, when, "etcd-2"); milder.Level != Notice || !milder.At.Equal(worst.At) ||
			milder.AsBadAt.Before(milder.At) || milder.AsBad > milder.Lasted {
			t.Errorf("%s: milder: %+v", when, milder)
		}
		if when == "again" {
			run(5*time.Minute, fast)
			if over := s.diskRow(t, when, "etcd-2"); over.Active || !over.At.Equal(worst.At) {
				t.Errorf("over: %+v", over)
			}
		}
	}
}

// TestANoticeKeepsARowOpen: what is milder than a warning is not over, also where a notice begins no row.
func TestANoticeKeepsARowOpen(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	run := func(perSecond float64, d time.Duration) {
		s.run(d, func() {
			late := &s.member(1).metrics.HeartbeatSendFailures
			*late = late.Plus(probe.Known(perSecond))
		})
	}
	s.member(1).metrics.HeartbeatSendFailures = probe.Known(0)
	run(0, time.Minute)
	run(3, 2*time.Minute)
	first := s.oneRow(t, "many are late", HeartbeatsFailing)
	if first.Level != Warning || !first.Active {
		t.Fatalf("many are late: %+v", first)
	}
	run(0.2, 5*time.Minute)
	few := s.oneRow(t, "a few are", HeartbeatsFailing)
	if few.Level != Notice || !few.Active || !few.At.Equal(first.At) || few.Holds() != "WARN at worst" {
		t.Errorf("a few are: %+v", few)
	}
	run(0, 5*time.Minute)
	if over := s.oneRow(t, "none is", HeartbeatsFailing); over.Level != Warning || over.Active || over.Over == "" {
		t.Errorf("none is: %+v", over)
	}
}

// TestWhatADownMemberHadEnds: what is no longer measured of a member that is down has ended, and what a member that was
// removed had ends with it.
func TestWhatADownMemberHadEnds(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	slow := func() {
		s.work(50, time.Millisecond)
		for _, m := range s.members[3:] {
			if m.down == nil {
				m.fsync(50, 700*time.Millisecond)
				m.reads(s.now, 1500*time.Millisecond, time.Millisecond)
			}
		}
	}
	s.run(3*time.Minute, slow)
	for _, label := range []string{"etcd-4", "etcd-5"} {
		if row := s.diskRow(t, "slow", label); !row.Active || row.Level != Critical {
			t.Fatalf("slow: %+v", row)
		}
	}
	s.kill(4)
	s.run(10*time.Second, slow)
	row := s.diskRow(t, "down", "etcd-4")
	if row.Active || row.Over != "no longer measured" || row.Level != Critical {
		t.Errorf("down: %+v", row)
	}
	for _, row := range s.rowsOf(LinearizableReadSlow) {
		if row.Member.Label == "etcd-4" && row.Active {
			t.Errorf("a read takes as long still: %+v", row)
		}
	}
	begun := s.diskRow(t, "slow", "etcd-5").At
	s.members = s.members[:4]
	gone := s.now
	s.run(10*time.Second, slow)
	row = s.diskRow(t, "removed", "etcd-5")
	if row.Active || row.Over != "it left" || row.Lasted != gone.Sub(begun) {
		t.Errorf("removed: %+v", row)
	}
	says(t, "removed", row.Over)
	for _, e := range s.evaluator.Events(maxEvents) {
		if e.Rule == WALFsyncSlow && e.Level == OK {
			says(t, "the end of "+e.Member.Label, e.Text)
		}
	}
}

// TestAVoterThatGoesDownIsARow: that it is not heard, and that it is down are one row, which ends when it is back.
func TestAVoterThatGoesDownIsARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 5, Options{})
	s.run(30*time.Second, func() { s.work(50, time.Millisecond); s.hears(1) })
	unheard := func() { s.work(50, time.Millisecond); s.hears(1, 2) }
	row := func(when string, rule RuleID, active bool) Event {
		t.Helper()
		rows := append(s.rowsOf(MemberUnreachable), s.rowsOf(VoterUnhealthy)...)
		if len(rows) != 1 || rows[0].Rule != rule || rows[0].Active != active || rows[0].Times != 1 {
			t.Fatalf("%s: want one row of %s, active %v: %+v", when, rule, active, rows)
		}
		return rows[0]
	}
	s.run(20*time.Second, unheard)
	first := row("not heard", VoterUnhealthy, true)
	s.kill(2)
	s.run(10*time.Second, unheard)
	if down := row("down", MemberUnreachable, true); !down.At.Equal(first.At) || down.ID != first.ID {
		t.Errorf("down: %+v, not heard: %+v", down, first)
	}
	s.member(2).down = nil
	s.run(10*time.Second, func() { s.work(50, time.Millisecond); s.hears(1) })
	if over := row("back", MemberUnreachable, false); !strings.HasPrefix(over.Over, "back") {
		t.Errorf("back: %+v", over)
	}
}

// TestAMemberThatStartsAgainDoesSoSince its process runs, not since it went down; once it is back it was down.
func TestAMemberThatStartsAgainDoesSoSince(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(10*time.Second, nil)
	s.kill(2)
	cut := func() {
		for _, i := range []int{1, 3} {
			s.peer(i, 2, func(p *probe.PeerMetrics) { p.Active = probe.Known(0) })
		}
	}
	begin := s.now
	s.run(time.Minute, cut)
	down := s.oneRow(t, "down", MemberUnreachable)
	started := s.now
	s.run(4*time.Second, func() { s.connect(2) })
	row := s.oneRow(t, "starts", MemberUnreachable)
	if !strings.Contains(row.What, "starts again") || !row.At.Equal(begin) || row.AsBadAt.Before(started) ||
		row.AsBad > 4*time.Second || row.Lasted <= time.Minute {
		t.Errorf("it started %v: %+v", started, row)
	}
	s.member(2).down = nil
	s.observe()
	if over := s.oneRow(t, "back", MemberUnreachable); over.HeadlineWhat != down.HeadlineWhat || over.Active ||
		over.AsBad <= time.Minute {
		t.Errorf("back: %+v, down: %+v", over, down)
	}
}

// TestShortWordsHaveTheValue where there is one that fits: a database that is over its quota is not near it.
func TestShortWordsHaveTheValue(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	m := s.member(3)
	m.status.DBSizeBytes = m.status.DBQuotaBytes / 100 * 101
	m.metrics.DBSizeBytes = probe.Known(float64(m.status.DBSizeBytes))
	s.run(3*time.Minute, func() {
		s.member(1).fsync(50, time.Millisecond)
		s.member(2).fsync(1, 700*time.Millisecond) // few, and so in a bucket and with their mean
	})
	for rule, want := range map[RuleID]string{DBQuotaNear: "db at 101% of quota", WALFsyncSlow: "slowest fsync 512 ms–1 s"} {
		if row := s.oneRow(t, string(rule), rule); row.BriefWhat != want {
			t.Errorf("%s: %q, want %q", rule, row.BriefWhat, want)
		}
	}
	checkEventWidths(t, s.evaluator.Events(maxEvents))
}
