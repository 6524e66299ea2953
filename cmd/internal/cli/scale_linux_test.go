package cli

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// times is how many times as many members the larger cluster has. Linear work takes that many times as long there,
// quadratic work 64 times.
const times = 8

// TestTimeOfWritingGrowsAsTheNumberOfMembers measures the CPU time of writing an assessment. The clusters are large
// enough for a loop over all findings for each member to show.
func TestTimeOfWritingGrowsAsTheNumberOfMembers(t *testing.T) {
	const few, most = 250, 2.5 * times
	for _, dumps := range []bool{true, false} {
		small := assessed(few, dumps)
		large := repeated(small, times)
		for _, format := range []string{"table", "wide", "json"} {
			write := func(a *thresholds.Assessment) func() {
				return func() {
					face, err := faceOf(format, io.Discard, thresholds.NewRuleSet(thresholds.Rules()))
					if err == nil {
						_, err = face(io.Discard, &question{failOn: thresholds.Warning}, a)
					}
					if err != nil {
						t.Error(err)
					}
				}
			}
			wantRatio(t, fmt.Sprintf("dumps %t: %s", dumps, format), write(small), write(large), most)
		}
	}
}

// TestTimeOfJudgingGrowsLessThanItsSquare: the members' connections, each with each, are quadratic, and must be the
// only thing that is.
func TestTimeOfJudgingGrowsLessThanItsSquare(t *testing.T) {
	const few, most = 80, 5 * times
	for _, dumps := range []bool{true, false} {
		wantRatio(t, fmt.Sprintf("dumps %t: judging", dumps), func() { assessed(few, dumps) },
			func() { assessed(few*times, dumps) }, most)
	}
}

// wantRatio wants the second to take at most that many times as long as the first.
func wantRatio(t *testing.T, what string, first, second func(), most float64) {
	t.Helper()
	rate := ratio(first, second, most)
	t.Logf("%s of %d times the members takes %.1f times as long", what, times, rate)
	if rate > most {
		t.Errorf("%s of %d times the members takes %.1f times as long, want at most %.1f", what, times, rate, most)
	}
}

// assessed returns the assessment of many members.
func assessed(n int, dumps bool) *thresholds.Assessment {
	evaluator := thresholds.New(thresholds.Options{Immediate: true})
	var a thresholds.Assessment
	for _, s := range manyMembers(n, dumps) {
		a = evaluator.Observe(s)
	}
	return &a
}

// repeated returns the assessment of n copies of a judged cluster, as if they were one: judging that many members
// takes longer than writing them.
func repeated(a *thresholds.Assessment, n int) *thresholds.Assessment {
	all := *a
	all.Members, all.Findings, all.Unmeasured = nil, nil, nil
	for i := range n {
		another := func(r *thresholds.MemberRef) {
			if !r.IsZero() {
				r.Key = fmt.Sprint(r.Key, "-", i)
				r.Label = fmt.Sprint(r.Label, "-", i)
				r.ID = r.ID + probe.MemberID(i*len(a.Members))
			}
		}
		for _, m := range a.Members {
			another(&m.MemberRef)
			all.Members = append(all.Members, m)
		}
		for _, f := range a.Findings {
			another(&f.Member)
			another(&f.InhibitedByMember)
			all.Findings = append(all.Findings, f)
		}
		for _, u := range a.Unmeasured {
			another(&u.Member)
			all.Unmeasured = append(all.Unmeasured, u)
		}
	}
	all.Reading.About, all.Reading.Evidence = slices.Repeat(a.Reading.About, n), slices.Repeat(a.Reading.Evidence, n)
	all.Reading.NotLookedAt = slices.Repeat(a.Reading.NotLookedAt, n)
	all.Rolling.Order, all.Events = slices.Repeat(a.Rolling.Order, n), slices.Repeat(a.Events, n)
	return &all
}

// ratio returns how many times as long the second takes as the first, in CPU time, each at its fastest of five: the
// second is tried only until it is within what is wanted.
func ratio(first, second func(), most float64) float64 {
	const tries = 5
	quickest := cpuOf(first)
	for range tries - 1 {
		quickest = min(quickest, cpuOf(first))
	}
	quickest = max(quickest, time.Microsecond)
	rate := math.Inf(1)
	for try := 0; try < tries && rate > most; try++ {
		rate = min(rate, float64(cpuOf(second))/float64(quickest))
	}
	return rate
}

// cpuOf returns the average CPU time of a function on its thread, without other processes and without the garbage
// collector.
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
	const enough = 30 * time.Millisecond // so that the clock's resolution does not matter
	before, n := used(), 0
	for used()-before < enough {
		f()
		n++
	}
	return (used() - before) / time.Duration(n)
}
