package thresholds

import (
	"strings"
	"testing"
	"time"
)

// TestHealthyDisksAreNotNamed: beside a slow disk the other members stall now and then, because the quorum waits.
// Their mean fsync time shows that their disks are not slow, however many fsyncs each had.
func TestHealthyDisksAreNotNamed(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	type load struct {
		quick, slow float64 // fsyncs a second
		took        time.Duration
	}
	tests := map[string]struct {
		victim, other load
		cause         Cause
	}{
		"few, and one stall of a healthy one":    {load{0, 2, 120 * ms}, load{2, 0.1, 20 * ms}, CauseSlowDisk},
		"few, and longer stalls of healthy ones": {load{0, 2, 120 * ms}, load{2, 0.2, 70 * ms}, CauseSlowDisk},
		"many, and stalls of healthy ones":       {load{0, 8, 120 * ms}, load{30, 0.5, 40 * ms}, CauseSlowDisk},
		"many, and stalls that are as long":      {load{0, 8, 120 * ms}, load{30, 0.5, 110 * ms}, CauseSlowDisk},
		"all alike":                              {load{0, 8, 120 * ms}, load{0, 9, 110 * ms}, CauseSlowDisks},
		"alike on average, a p99 of a quarter":   {load{8, 1.1, 240 * ms}, load{8, 4, 60 * ms}, CauseSlowDisk},
		"alike in their p99, half on average":    {load{4, 8, 120 * ms}, load{40, 4, 110 * ms}, CauseSlowDisk},
		"few, all alike":                         {load{0, 2, 120 * ms}, load{0, 2, 100 * ms}, CauseSlowDisks},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			s.run(5*time.Second, func() { s.work(20, quickFsync) })
			due := make([]float64, 3)
			a := s.run(60*time.Second, func() {
				for i, m := range s.members {
					l := test.other
					if i == 1 {
						l = test.victim
					}
					m.fsync(l.quick, quickFsync)
					for due[i] += l.slow; due[i] >= 1; due[i]-- {
						m.fsync(1, l.took)
					}
				}
			})
			wantReading(t, &a, test.cause)
			saysReading(t, &a)
			if test.cause == CauseSlowDisk {
				wantBlamed(t, &a, "etcd-2")
			}
			if a.Level < Warning {
				t.Errorf("%s", a.Level)
			}
		})
	}
}

// TestFirstCheckOfASlowDisk: a check of a few seconds finds a disk of 120 ms by the mean of a handful of fsyncs.
func TestFirstCheckOfASlowDisk(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]Level{90 * time.Millisecond: Notice, 120 * time.Millisecond: Warning,
		600 * time.Millisecond: Critical} {
		s := newScene(t, 3, Options{Immediate: true, Window: 4 * time.Second})
		s.interval = 3 * time.Second
		s.observe()
		s.member(1).fsync(6, quickFsync)
		s.member(2).fsync(6, took)
		s.member(3).fsync(6, quickFsync)
		a := s.observe()
		f := finding(&a, WALFsyncSlow, "etcd-2")
		if f.Level != want {
			t.Errorf("%v: %s %q, want %s", took, f.Level, f.Summary, want)
		}
		says(t, took.String(), f.Summary)
	}
}

// TestDiskIsRemarkedBeforeRestarts: in a cluster that was just seen to restart, the headline is what slows it, not the
// restarts.
func TestDiskIsRemarkedBeforeRestarts(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true, Window: 4 * time.Second})
	s.interval = 3 * time.Second
	s.observe()
	for _, m := range s.members {
		m.restart(s.now)
	}
	s.observe()
	s.work(6, quickFsync)
	s.member(2).fsync(6, 46*time.Millisecond)
	a := s.observe()
	wantReading(t, &a, CauseHealthy)
	saysReading(t, &a)
	if restarts := finding(&a, MemberRestarted, "etcd-2"); restarts.Level != Notice {
		t.Errorf("%+v", restarts)
	}
	says(t, "next", a.Reading.Next)
}

// TestDisksInDumps: with few fsyncs in a series of dumps, the reading says what the finding says, names all disks
// that are equally slow, and names the members that have nothing to compare with.
func TestDisksInDumps(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	tests := map[string]struct {
		took  [3]time.Duration // 0: nothing finishes
		about []string
	}{
		"two alike, and certain of neither to be slow": {[3]time.Duration{60 * ms, 65 * ms, 2 * ms}, nil},
		"two alike, one of them by its mean": {[3]time.Duration{90 * ms, 110 * ms, 2 * ms},
			[]string{"etcd-1", "etcd-2"}},
		"one": {[3]time.Duration{2 * ms, 120 * ms, 2 * ms},
			[]string{"etcd-2"}},
		"nothing of the others": {[3]time.Duration{0, 120 * ms, 0}, []string{"etcd-2"}},
		"nothing of the third": {[3]time.Duration{110 * ms, 120 * ms, 0},
			[]string{"etcd-1", "etcd-2"}},
	}
	for name, test := range tests {
		for _, step := range []time.Duration{15 * time.Second, 30 * time.Second, 60 * time.Second} {
			t.Run(name+", "+step.String(), func(t *testing.T) {
				d := newDumped(t, Options{Window: 3 * step})
				d.interval = step
				a := d.run(20, func() {
					for i, m := range d.members {
						if took := test.took[i]; took > 0 {
							m.fsync(5, took)
						}
					}
				})
				saysReading(t, &a)
				wantBlamed(t, &a, test.about...)
			})
		}
	}
}

// TestSlowDisksAreNamedSteadily: of five slow disks each is the slowest by turns. What is said of them stays, and names
// none as the worst; one that is clearly worse is named, and stays named.
func TestSlowDisksAreNamedSteadily(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		took  time.Duration // of the quick ones
		slow  []int
		worst time.Duration // of the last; 0: as the others
		named bool
	}{
		"five of seven":                     {2 * ms, []int{3, 4, 5, 6, 7}, 0, false},
		"all, and below par only":           {40 * ms, nil, 0, false},
		"five of seven, one of them slower": {2 * ms, []int{3, 4, 5, 6, 7}, 310 * ms, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 7, Options{})
			s.run(5*time.Second, func() { s.work(20, quickFsync) })
			n := 0
			work := func() {
				n++
				s.work(20, test.took)
				for k, i := range test.slow {
					took := 150*ms + time.Duration((n+k)%5)*8*ms
					if test.worst > 0 && i == 7 {
						took = test.worst
					}
					s.member(i).fsync(60, took)
				}
			}
			a := s.run(60*time.Second, work)
			headline, step := a.Reading.Headline, a.Reading.Step
			for range 20 {
				work()
				if a = s.observe(); a.Reading.Headline != headline || a.Reading.Step != step {
					t.Fatalf("%q, %q\nand then %q, %q", headline, step, a.Reading.Headline, a.Reading.Step)
				}
			}
			if strings.Contains(step, "etcd-7") != test.named || strings.Contains(headline, "worst etcd-7") != test.named {
				t.Errorf("%q, %q", headline, step)
			}
		})
	}
}

// TestWorstDiskNotFoundYet: the disk that is named as the worst is the one that the members' values show to be, also
// before its rule fires.
func TestWorstDiskNotFoundYet(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	s := newScene(t, 3, Options{})
	s.run(60*time.Second, func() { s.work(50, quickFsync); s.member(2).fsync(50, 12*ms) })
	for n := range 30 {
		s.work(50, quickFsync)
		s.member(2).fsync(50, 12*ms)
		s.member(1).fsync(50, 30*ms)
		a := s.observe()
		one, two := a.Members[0].Latency(WALFsyncP99).judged(), a.Members[1].Latency(WALFsyncP99).judged()
		if h := a.Reading.Headline; one < two || !strings.Contains(h, "etcd-1") {
			t.Errorf("%d s: etcd-1 %.0f ms, etcd-2 %.0f ms: %q", n, one*1e3, two*1e3, h)
		}
	}
}
