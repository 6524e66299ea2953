package cli

import (
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestTimeGrowsAsTheNumberOfMembers holds the CPU time of writing what was judged of eight times the members to three times
// what it is where it grows as their number; where it grew as its square it would be 64 times as much. What is judged of
// their connections, each with each, is a square: judging is held to less than that, so that nothing else is one.
func TestTimeGrowsAsTheNumberOfMembers(t *testing.T) {
	const few, times, judging = 80, 8, "judging"
	const linear, mesh = 3 * times, times * times * 5 / 8
	for _, dumps := range []bool{true, false} {
		small, large := assessed(few, dumps), assessed(few*times, dumps)
		rates := map[string]float64{judging: ratio(func() { assessed(few, dumps) }, func() { assessed(few*times, dumps) })}
		for _, format := range []string{"table", "wide", "json"} {
			write := func(a *thresholds.Assessment) func() {
				return func() {
					face, err := faceOf(format, io.Discard, thresholds.Rules())
					if err == nil {
						_, err = face(io.Discard, &question{failOn: thresholds.Warning}, a)
					}
					if err != nil {
						t.Error(err)
					}
				}
			}
			rates[format] = ratio(write(small), write(large))
		}
		for what, rate := range rates {
			most := linear
			if what == judging {
				most = mesh
			}
			t.Logf("dumps %t: %s of %d times the members takes %.1f times as long", dumps, what, times, rate)
			if rate > float64(most) {
				t.Errorf("dumps %t: %s of %d times the members takes %.1f times as long, want at most %d", dumps, what, times, rate, most)
			}
		}
	}
}

// assessed is what is said of many members.
func assessed(n int, dumps bool) *thresholds.Assessment {
	evaluator := thresholds.New(thresholds.Options{Immediate: true})
	var a thresholds.Assessment
	for _, s := range manyMembers(n, dumps) {
		a = evaluator.Observe(s)
	}
	return &a
}

// ratio is how many times as long the second takes as the first, in CPU time, each at its quickest.
func ratio(first, second func()) float64 {
	best := func(f func()) time.Duration {
		var least time.Duration
		for i := range 5 {
			if took := cpuOf(f); i == 0 || took < least {
				least = took
			}
		}
		return max(least, time.Microsecond)
	}
	return float64(best(second)) / float64(best(first))
}

// cpuOf is the CPU time that a function takes on its thread, on average: what else the machine does has no part in it, and neither has
// the collector.
func cpuOf(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const ofThread = 1 // RUSAGE_THREAD, see getrusage(2)
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(ofThread, &u); err != nil {
			return 0
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	const enough = 30 * time.Millisecond // for the clock's steps not to count
	before, n := used(), 0
	for used()-before < enough {
		f()
		n++
	}
	return (used() - before) / time.Duration(n)
}
