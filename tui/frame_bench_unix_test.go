//go:build unix

package tui

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// BenchmarkFrame draws every page at 200×60, with as much history as charts show by default and more events than fit.
// It reports the processor time of a frame, which other processes do not lengthen, and that as a share of what it takes
// to observe a sweep of the same members: the two are what a second costs. A frame that takes longer than a millisecond
// would on the machine of referenceWork fails it.
func BenchmarkFrame(b *testing.B) {
	for _, members := range []int{3, 7} {
		history := marked()
		history.members, history.sweeps = members, 900
		sweeps := history.generate()
		observing := observeTime(sweeps)
		for _, glyphs := range []Glyphs{GlyphsBlock, GlyphsBraille} {
			m := resized(b, newTestModel(func(o *Options) { o.Color, o.Glyphs = ColorAlways, glyphs }), 200, 60)
			for i := range sweeps {
				m = m.withSweep(sweeps[i])
			}
			for _, page := range slices.Sorted(maps.Keys(pageKeys)) {
				b.Run(fmt.Sprintf("%s/members=%d/%s", page, members, glyphs), func(b *testing.B) {
					m := press(b, m, pageKeys[page]...)
					b.ReportAllocs()
					before := processorTime()
					for b.Loop() {
						m.render()
					}
					took := float64(processorTime()-before) / float64(b.N)
					b.ReportMetric(took, "cpu-ns/frame")
					b.ReportMetric(took/float64(observing), "of-a-sweep")
					share := leastTime(func() { m.render() }) / leastTime(referenceWork)
					b.ReportMetric(share, "of-a-millisecond")
					if share > 1 {
						b.Errorf("a frame takes %.2f times as long as the reference, want less than it does", share)
					}
				})
			}
		}
	}
}

// referenceWork takes a millisecond on the machine where the limit of a frame was set (a virtual core of an AMD EPYC,
// in 2026): ordinary work on texts, as drawing is, by which a frame is measured on any machine.
func referenceWork() {
	words := make([]string, referenceWords)
	for i := range words {
		words[i] = strconv.Itoa(i * 7919 % 10_007)
	}
	slices.Sort(words)
	seen := make(map[string]int, len(words))
	for at, word := range strings.Fields(strings.Join(words, " ")) {
		seen[word] = at
	}
}

const referenceWords = 5000

// leastTime is the least processor time in seconds that some work takes, of several rounds: the one that was disturbed
// the least.
func leastTime(work func()) float64 {
	const rounds, each = 10, 5
	least := math.Inf(1)
	for range rounds {
		before := processorTime()
		for range each {
			work()
		}
		least = min(least, (processorTime()-before).Seconds()/each)
	}
	return least
}

// observeTime is the processor time that it takes to observe a sweep, of those behind the first.
func observeTime(sweeps []probe.Sweep) time.Duration {
	m := newTestModel(nil)
	m.judge.Observe(sweeps[0])
	before := processorTime()
	for _, s := range sweeps[1:] {
		m.judge.Observe(s)
	}
	return (processorTime() - before) / time.Duration(len(sweeps)-1)
}

// processorTime is that which the process has used.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
