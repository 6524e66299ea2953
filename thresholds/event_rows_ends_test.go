package thresholds

import (
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestAnEndSaysWhatHeldThen: the row of what is over has the value of its end, also while that is over a limit again
// for too short a time to be found.
func TestAnEndSaysWhatHeldThen(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	pending := func(n float64, d time.Duration) Event {
		t.Helper()
		s.member(1).metrics.ProposalsPending = probe.Known(n)
		s.run(d, nil)
		return s.oneRow(t, "", ProposalsQueued)
	}
	s.run(3*time.Second, nil)
	pending(200, 20*time.Second)
	if row := pending(3, 3*time.Second); row.Over != "" || !strings.Contains(row.Now, "3 now") {
		t.Errorf("while it resolves: %q, %q", row.Now, row.Over)
	} else if !strings.Contains(row.HeadlineWhat, "at worst") {
		t.Errorf("beside 3 now: %q", row.HeadlineWhat)
	}
	over := pending(3, time.Minute)
	if !strings.Contains(over.Over, "at 3") || over.Holds() != over.Over {
		t.Errorf("over: %q, %q", over.Over, over.Now)
	}
	if later := pending(4, time.Minute); later.Holds() != over.Over {
		t.Errorf("later: %q, want what held at the end: %q", later.Holds(), over.Over)
	}
	if again := pending(300, 2*time.Second); again.Holds() != over.Over || again.Active {
		t.Errorf("over its limit again: %+v", again)
	}
	if back := pending(4, 2*time.Second); back.Holds() != over.Over {
		t.Errorf("below it again: %q", back.Holds())
	}
	if row := pending(300, 20*time.Second); !row.Active || row.Times != 2 || row.Holds() != "" {
		t.Errorf("found again: %+v", row)
	}
}

// TestAnEndOfMeasuringIsNoRecovery: what can't be judged any longer is not resolved.
func TestAnEndOfMeasuringIsNoRecovery(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(3*time.Second, func() { s.work(50, time.Millisecond) })
	s.run(3*time.Minute, func() {
		s.work(50, time.Millisecond)
		s.member(2).fsync(50, 300*time.Millisecond)
	})
	if row := s.oneRow(t, "slow", WALFsyncSlow); !row.Active {
		t.Fatalf("slow: %+v", row)
	}
	s.run(5*time.Minute, nil) // nothing is written
	row := s.oneRow(t, "idle", WALFsyncSlow)
	if row.Active || !strings.Contains(row.Over, "measured") {
		t.Errorf("nothing is written: %+v", row)
	}
	says(t, "row", row.Over)
	says(t, "line", newest(s.evaluator, EventResolved).Text)
}

// TestADiskIsARow: a disk whose fsyncs and commits are slow is one row, as long as either is.
func TestADiskIsARow(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	fsync, commit := time.Millisecond, time.Millisecond
	run := func(d time.Duration) (row Event) {
		t.Helper()
		s.run(d, func() {
			s.work(50, time.Millisecond)
			s.member(2).fsync(50, fsync)
			s.member(2).commit(50, commit)
		})
		rows := append(s.rowsOf(WALFsyncSlow), s.rowsOf(BackendCommitSlow)...)
		if len(rows) > 1 {
			t.Errorf("%d rows of a disk: %+v", len(rows), rows)
		}
		if len(rows) > 0 {
			row = rows[0]
		}
		return row
	}
	run(time.Minute)
	commit = 600 * time.Millisecond
	first := run(3 * time.Minute)
	if !first.Active || first.Rule != BackendCommitSlow {
		t.Fatalf("commits are slow: %+v", first)
	}
	fsync = 600 * time.Millisecond
	if both := run(3 * time.Minute); !both.Active || both.Rule != WALFsyncSlow || both.Level != Critical ||
		both.ID != first.ID {
		t.Errorf("both are slow: %+v", both)
	}
	fsync = time.Millisecond
	if left := run(4 * time.Minute); !left.Active || left.Rule != BackendCommitSlow || left.Over != "" {
		t.Errorf("commits still are: %+v", left)
	}
	commit = time.Millisecond
	if over := run(4 * time.Minute); over.Active || over.Over == "" || over.Times != 1 ||
		over.Lasted < 9*time.Minute || over.Level != Critical {
		t.Errorf("none is: %+v", over)
	}
}
