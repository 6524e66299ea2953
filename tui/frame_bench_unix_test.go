//go:build unix

package tui

import (
	"fmt"
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// pageKeys are the keys that open each page.
var pageKeys = map[string][]string{
	"overview": nil, "member": {"enter"}, "zoom": {"enter", "z"}, "findings": {"f"}, "events": {"e"}, "drain": {"d"},
	"compare": {"c", "k"}, "reading": {"i"}, "help": {"?"}, "present": {"P"},
}

// BenchmarkFrame draws every page at 200×60, with as much history as charts show by default and more events than fit.
// It reports the processor time of a frame, which other processes do not lengthen, and that as a share of what it takes
// to observe a sweep of the same members: the two are what a second costs.
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
				})
			}
		}
	}
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
