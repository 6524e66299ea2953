package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// heartbeatsLate counts n heartbeats that the leader sent too late.
func (m *actor) heartbeatsLate(n float64) {
	m.metrics.HeartbeatSendFailures = m.metrics.HeartbeatSendFailures.Plus(probe.Known(n))
}

// TestTheCauseComesFirst: the symptoms of a slow disk appear before its own rule fires. From the first of them on the
// cause is the disk, and nothing calls it quick.
func TestTheCauseComesFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(20, quickFsync) })
	read := 0
	for range 40 {
		s.member(1).fsync(5, 200*time.Millisecond)
		s.member(1).heartbeatsLate(8)
		for _, m := range s.members {
			m.slowApplies(2)
		}
		s.member(2).fsync(20, quickFsync)
		s.member(3).fsync(20, quickFsync)
		a := s.observe()
		if strings.Contains(a.Reading.Text+strings.Join(a.Reading.EvidenceTexts(), "; "), "no disk is slow") {
			t.Fatalf("after %d sweeps: %+v", read, a.Reading)
		}
		if a.Level >= Notice {
			wantReading(t, &a, CauseSlowDisk)
			wantBlamed(t, &a, "etcd-1")
			read++
		}
	}
	if read < 39 {
		t.Errorf("diagnosed in %d of 40 sweeps", read)
	}
}

// TestOneStallIsNoSlowDisk: a single long fsync does not make the disk the cause of slowness elsewhere.
func TestOneStallIsNoSlowDisk(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(20*time.Second, func() { s.work(5, quickFsync) })
	s.member(2).fsync(1, 200*time.Millisecond)
	s.member(2).slowApplies(4)
	a := s.observe()
	wantReading(t, &a, CauseHealthy)
	saysReading(t, &a)
}

// TestFewSlowFsyncsAreARemark: on an idle cluster an occasional fsync takes more than the documented 10 ms, on one
// member or on all.
func TestFewSlowFsyncsAreARemark(t *testing.T) {
	t.Parallel()
	for _, slow := range [][]int{{3}, {1, 2, 3}} {
		s := newScene(t, 3, Options{})
		a := s.run(2*time.Minute, func() {
			s.work(1, quickFsync)
			if s.now.Unix()%5 == 0 {
				for _, i := range slow {
					s.member(i).fsync(1, 20*time.Millisecond)
				}
			}
		})
		wantReading(t, &a, CauseHealthy)
		says(t, fmt.Sprint(slow), a.Reading.Text)
	}
}

// TestHeadlineNamesAllAlike: where few fsyncs are slow on several members, and equally so, none stands for the others.
func TestHeadlineNamesAllAlike(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(time.Minute, func() {
		if s.now.Unix()%5 == 0 {
			for _, m := range s.members {
				m.fsync(1, 20*time.Millisecond)
			}
		}
	})
	wantReading(t, &a, CauseHealthy)
	if want := "Healthy; etcd-1, etcd-2 and etcd-3: slowest fsync 16–32 ms"; a.Reading.Headline != want {
		t.Errorf("%q, want %q", a.Reading.Headline, want)
	}
}

// TestSlowCommitsOfFastDisks: if commits are slow and fsyncs fast, the cause is what is written, or something local
// to one member.
func TestSlowCommitsOfFastDisks(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		slow  []int
		cause Cause
	}{
		"on all": {[]int{1, 2, 3}, CauseLargeWrites},
		"on one": {[]int{2}, CauseSlowDisk},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			a := s.run(time.Minute, func() {
				for i, m := range s.members {
					m.fsync(50, quickFsync)
					if slices.Contains(test.slow, i+1) {
						m.commit(8, 200*time.Millisecond)
					} else {
						m.commit(8, quickFsync)
					}
				}
			})
			wantReading(t, &a, test.cause)
			saysReading(t, &a)
		})
	}
}

// TestHungStaysHung: when a hung member's request times out, the reading stays the same; when its port refuses, the
// reading changes.
func TestHungStaysHung(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	s.run(5*time.Second, nil)
	s.member(2).hung = s.now
	for n := range 30 {
		if n == 6 {
			s.member(2).down = &probe.Error{Kind: probe.ErrTimeout, Text: "no answer within 5s"}
		}
		if a := s.observe(); a.Level >= Warning {
			wantReading(t, &a, CauseMemberHung)
		}
	}
	s.member(2).down = errRefused
	a := s.observe()
	wantReading(t, &a, CauseMemberDown)
	saysReading(t, &a)
}

// TestGapsAreReportedOnce: one line names what all members lack for the same reason.
func TestGapsAreReportedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	a := s.run(4*time.Second, nil)
	var lines []string
	for _, line := range a.Reading.NotLookedAt {
		if strings.Contains(line, "watched for") {
			lines = append(lines, line)
		}
	}
	if want := []string{`"db grows", "memory grows": watched for 3s only`}; !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}

// TestSilentAddressIsNamed: an address of a member's name that stays silent is named, with the name.
func TestSilentAddressIsNamed(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	sweep := s.sweep()
	sweep.Members[0].Silent = []string{"10.0.0.9:2379"}
	a := s.evaluator.Observe(sweep)
	want := "http://etcd-1:2379: 10.0.0.9:2379 accepts connections and then stays silent; etcdoc uses another address " +
		"of that name"
	if !slices.Contains(a.Reading.NotLookedAt, want) {
		t.Errorf("%q, want %q", a.Reading.NotLookedAt, want)
	}
}
