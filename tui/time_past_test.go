package tui

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// at returns the moment that many seconds after the epoch.
func at(seconds int, events ...thresholds.Event) *observation {
	return &observation{assessment: thresholds.Assessment{At: epoch.Add(time.Duration(seconds) * time.Second),
		Events: events}, sweep: seconds + 1}
}

func TestPastKeepsEveryRecentSweepAndFewBefore(t *testing.T) {
	p := new(past)
	const sweeps = recentKept + 1200
	for i := range sweeps {
		if i == 95 {
			p.add(at(i, thresholds.Event{Kind: thresholds.EventLeader}))
			continue
		}
		p.add(at(i))
	}
	var thin []int
	for i := range p.len() - recentKept {
		thin = append(thin, p.nth(i).sweep-1)
	}
	// one in five minutes, and the one with an event, from which the next five minutes count
	want := []int{0, 95, 395, 695, 995}
	if len(thin) != len(want) {
		t.Fatalf("of the oldest sweeps these are kept: %v, want %v", thin, want)
	}
	for i := range want {
		if thin[i] != want[i] {
			t.Fatalf("of the oldest sweeps these are kept: %v, want %v", thin, want)
		}
	}
	if first := p.nth(len(thin)); first.sweep != sweeps-recentKept+1 || p.last.sweep != sweeps {
		t.Errorf("the recent ones are %d to %d, want the newest %d", first.sweep, p.last.sweep, recentKept)
	}
}

// TestPastGivesBackWhatItTook of every scenario, in whatever order it is read, and in little memory.
func TestPastGivesBackWhatItTook(t *testing.T) {
	t.Parallel()
	for name, scenario := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			evaluator, p := thresholds.New(thresholds.Options{}), new(past)
			var all []thresholds.Assessment
			for i, s := range scenario.generate() {
				all = append(all, evaluator.Observe(s))
				p.add(&observation{all[i], i + 1})
			}
			check := func(i int) {
				got := p.nth(i)
				if !reflect.DeepEqual(got.assessment, all[i]) || got.sweep != i+1 || !p.at(i).Equal(all[i].At) {
					t.Fatalf("moment %d is\n%+v, want\n%+v", i, got, all[i])
				}
			}
			for i := range all {
				check(i)
			}
			for i := range slices.Backward(all) {
				check(i)
				check(i * 7919 % len(all))
			}
		})
	}
}

func TestPastForgetsAfterADay(t *testing.T) {
	p := new(past)
	for i := range 30 * 60 { // a sweep a minute for 30 hours
		p.add(at(60 * i))
	}
	if oldest := p.last.assessment.At.Sub(p.nth(0).assessment.At); oldest > thinKept ||
		oldest < thinKept-time.Hour {
		t.Errorf("the oldest moment is %v old, want about %v", oldest, thinKept)
	}
	p = new(past)
	for i := range 2 * recentKept { // at which the recent ones alone are more than a day
		p.add(at(120 * i))
	}
	if p.len() != recentKept {
		t.Errorf("%d moments are kept, want the newest %d", p.len(), recentKept)
	}
}

func TestPastIsFoundByTime(t *testing.T) {
	p := new(past)
	if p.last != nil || p.until(epoch) != 0 || p.from(epoch) != 0 {
		t.Error("an empty past has a moment")
	}
	for _, s := range []int{0, 10, 20} {
		p.add(at(s))
	}
	for _, test := range []struct{ at, until, from int }{
		{-1, 0, 0}, {0, 0, 0}, {1, 0, 1}, {10, 1, 1}, {19, 1, 2}, {20, 2, 2}, {21, 2, 2},
	} {
		moment := epoch.Add(time.Duration(test.at) * time.Second)
		if until, from := p.until(moment), p.from(moment); until != test.until || from != test.from {
			t.Errorf("at %d s: until %d and from %d, want %d and %d", test.at, until, from, test.until, test.from)
		}
	}
}

// TestCursor moves through time: the whole screen is as of the cursor.
func TestCursor(t *testing.T) {
	t.Parallel()
	m := watched(t, "one-down", 120, 40)
	if !strings.Contains(m.View(), "DOWN") {
		t.Fatal("nobody is down in this scenario")
	}
	down := m.shown.assessment.At
	m = press(t, m, "[")
	if !m.paused || m.shown.sweep != m.seen.live.sweep-1 ||
		!strings.Contains(m.View(), "AS OF "+clock(m.shown.assessment.At, false)) {
		t.Fatalf("[ leads to sweep %d of %d, paused %v", m.shown.sweep, m.seen.live.sweep, m.paused)
	}
	m = press(t, m, "home")
	if m.shown.sweep != 1 {
		t.Errorf("home leads to sweep %d, want the oldest kept", m.shown.sweep)
	}
	if screen := m.View(); strings.Contains(screen, "DOWN") || strings.Contains(screen, "is down") {
		t.Errorf("before the outage the screen knows of it:\n%s", screen)
	}
	if len(m.shown.events) >= len(m.seen.log) {
		t.Error("the first sweep knows of all events")
	}
	met := false
	for range len(m.seen.log) {
		before := m.shown.sweep
		if m = press(t, m, "}"); m.shown.sweep == before {
			break
		}
		for i := range m.seen.log {
			met = met || m.seen.log[i].Kind == thresholds.EventDown && m.seen.log[i].At.Equal(m.shown.assessment.At)
		}
	}
	if !met {
		t.Error("} never came to the moment in which the member went down")
	}
	if !strings.Contains(m.View(), "no later event") {
		t.Error("} does not say that there is none after the last")
	}
	last := m.shown.sweep
	if m = press(t, m, "{"); m.shown.sweep >= last {
		t.Errorf("{ leads from sweep %d to %d", last, m.shown.sweep)
	}
	oldest := m.seen.past.nth(0)
	if m = m.goToTime(oldest.assessment.At.Add(-time.Hour)); m.shown.sweep != oldest.sweep ||
		!strings.Contains(m.notice.text, "nothing is kept of") {
		t.Errorf("a moment before all that is kept leads to sweep %d of %d with the notice %q", m.shown.sweep,
			oldest.sweep, m.notice.text)
	}
	m = press(t, m, "]")
	if m = press(t, m, "0"); m.paused || !m.shown.assessment.At.Equal(down) || !strings.Contains(m.View(), "LIVE") {
		t.Error("0 does not follow the newest sweep again")
	}
	if m = press(t, m, "]"); !m.paused || m.shown.sweep != m.seen.live.sweep {
		t.Error("] from the newest stays there, paused")
	}
}

// TestEventsAsOf shows an ended event as still active at an earlier moment.
func TestEventsAsOf(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil)
	for _, s := range scenarios()["one-down"].generate() {
		m = m.withSweep(s)
	}
	m, _ = m.Update(tickMsg{epoch.Add(time.Second)})
	back := scenario{members: 3, sweeps: 1}.generate()[0]
	shift(&back, 5*time.Second)
	m = m.withSweep(back)
	ended := func(events []thresholds.Event) (active, over int) {
		for i := range events {
			switch e := &events[i]; {
			case e.Rule != thresholds.MemberUnreachable:
			case e.Active:
				active++
			case e.Over != "":
				over++
			}
		}
		return active, over
	}
	if active, over := ended(m.shown.events); active != 0 || over != 1 {
		t.Fatalf("once it is back %d outages go on and %d are over, want 0 and 1", active, over)
	}
	m = press(t, m, "[")
	if active, over := ended(m.shown.events); active != 1 || over != 0 {
		t.Errorf("a sweep before, %d outages go on and %d are over, want 1 and 0", active, over)
	}
}

// BenchmarkPast reports the memory of the past of three members once it is full.
func BenchmarkPast(b *testing.B) {
	heap := func() float64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return float64(stats.HeapAlloc) / (1 << 20)
	}
	for b.Loop() {
		evaluator, p := thresholds.New(thresholds.Options{}), new(past)
		for i, s := range (scenario{members: 3, sweeps: recentKept}).generate() {
			p.add(&observation{assessment: evaluator.Observe(s), sweep: i + 1})
		}
		full := heap()
		if p.len() != recentKept { // keeps p alive until here
			b.Fatal(p.len(), "moments are kept")
		}
		b.ReportMetric(full-heap(), "MiB")
		runtime.KeepAlive(evaluator)
	}
}
