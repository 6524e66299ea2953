package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestSpanGrowsInSteps: the time axis is the least step that shows all there is, and never longer than the window.
func TestSpanGrowsInSteps(t *testing.T) {
	t.Parallel()
	const s, m, h = time.Second, time.Minute, time.Hour
	for _, test := range []struct{ age, window, want time.Duration }{
		{0, 5 * m, s},
		{s + 1, 5 * m, 2 * s},
		{29 * s, 5 * m, 30 * s},
		{30 * s, 5 * m, 30 * s},
		{31 * s, 5 * m, 35 * s},
		{60 * s, 5 * m, m},
		{61 * s, 5 * m, 75 * s},
		{4*m + s, 5 * m, 5 * m},
		{9 * m, 5 * m, 5 * m},
		{9 * m, 15 * m, 10 * m},
		{11 * m, 15 * m, 12 * m},
		{16 * m, h, 18 * m},
		{51 * m, h, h},
		{61 * m, 6 * h, 75 * m},
		{5*h + s, 6 * h, 6 * h},
		{7 * h, 24 * h, 7 * h},
		{21 * h, 24 * h, 24 * h},
		{30 * h, 24 * h, 24 * h},
		{18*s + 1, 19 * s, 19 * s}, // a window that the user chose
		{8*m + s, 9 * m, 9 * m},
		{40 * s, 0, 0},
	} {
		if got := spanFor(test.age, test.window); got != test.want {
			t.Errorf("after %v in a window of %v the axis is %v long, want %v", test.age, test.window, got, test.want)
		}
	}
}

// TestTheFirstMinutesFillTheCharts: from a few seconds on at least three quarters of a chart have values, whatever the
// interval, the title says how much time it shows, and a moment of the past is shown as it was then.
func TestTheFirstMinutesFillTheCharts(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second} {
		m := resized(t, newTestModel(nil), 120, 40)
		m.conn.interval = interval
		sweeps := scenario{members: 3, sweeps: 200, every: interval}.generate()
		for i, s := range sweeps {
			m = m.withSweep(s)
			watched := time.Duration(i) * interval
			if watched < 5*time.Second || i < 2 {
				continue
			}
			for _, v := range []thresholds.Vital{thresholds.ProposalsPending, thresholds.ProposalsAppliedRate} {
				const columns = 40
				filled := 0
				for _, v := range m.columnsOf(&m.shown.members[0], v, columns) {
					if v.IsKnown() {
						filled++
					}
				}
				if filled < columns*3/4 {
					t.Errorf("at %v, after %v only %d of %d columns of %s have values", interval, watched, filled, columns, v)
				}
			}
		}
	}
	m := resized(t, newTestModel(nil), 120, 40)
	sweeps := scenario{members: 3, sweeps: 200}.generate()
	titles := map[int]string{ // of columns that are each the worst of more than a second from the middle on
		1: "last 1s", 20: "last 20s", 31: "30s, worst", 62: "1m15s worst", 130: "2m30s worst",
	}
	for i, s := range sweeps {
		m = m.withSweep(s)
		if title, check := titles[i]; check && !strings.Contains(ansi.Strip(m.render()), " "+title+" ") {
			t.Errorf("after %d s the screen does not say %q:\n%s", i, title, ansi.Strip(m.render()))
		}
	}
	if screen := ansi.Strip(m.goToTime(sweeps[60].At).render()); !strings.Contains(screen, " 1m, worst ") {
		t.Errorf("paused after a minute the screen does not say so:\n%s", screen)
	}
}

// TestMembersWithoutChartsAreCounted, beside what the columns are, with a time axis, which says how long it is, and
// without one.
func TestMembersWithoutChartsAreCounted(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 7, sweeps: 70}, 1, 1)
	axes := map[bool]int{}
	for _, present := range []bool{false, true} {
		if present {
			m = press(t, m, "P")
		}
		for width := minGridWidth; width <= 80; width += 4 {
			for height := 20; height <= 44; height += 4 {
				screen := plainScreen(t, m, width, height)
				if !strings.Contains(screen, "y-max") {
					continue // no charts
				}
				_, axis, has := strings.Cut(screen, "\n each ")
				axes[has]++
				f := m.newGridFrame(width, minChartColumns)
				if m.isLarge(width, height) {
					f = m.newGridFrame(width-2*presentMargin, minChartColumns)
				}
				axis, _, _ = strings.Cut(axis, "\n")
				if has && strings.Count(axis, "-1m15s") != len(f.members) {
					t.Fatalf("%d×%d: the axis of a chart does not say how long it is:\n%s", width, height, screen)
				}
				hidden := len(f.all) - len(f.members)
				if says := strings.Contains(screen, fmt.Sprintf(" +%d hidden", hidden)); says != (hidden > 0) {
					t.Fatalf("%d×%d with %d members hidden:\n%s", width, height, hidden, screen)
				}
				if !strings.Contains(screen, " 1m15s worst ") && !strings.Contains(screen, " 1m15s, worst of each ") {
					t.Fatalf("%d×%d does not say that columns are the worst:\n%s", width, height, screen)
				}
			}
		}
	}
	if axes[true] == 0 || axes[false] == 0 {
		t.Errorf("looked at charts with an axis and without: %v", axes)
	}
}

// TestTheNewestColumnIsTheTablesValue, whatever the worst of its time was, which the column before it has; so is the
// value that is read there.
func TestTheNewestColumnIsTheTablesValue(t *testing.T) {
	t.Parallel()
	for _, glyphs := range []Glyphs{GlyphsBlock, GlyphsBraille} {
		m := newTestModel(func(o *Options) { o.Glyphs = glyphs })
		for i, s := range (scenario{members: 3, sweeps: 301}).generate() {
			pending := 2.0
			if i == 299 {
				pending = 70
			}
			s.Members[0].Metrics.Value.ProposalsPending = probe.Known(pending)
			m = m.withSweep(s)
		}
		m = resized(t, m, 120, 40)
		n := 20 * m.theme.samplesPerCell()
		a := &m.shown.members[0]
		values := m.columnsOf(a, thresholds.ProposalsPending, n)
		if values[n-1].Or(0) != 2 || values[n-2].Or(0) != 70 {
			t.Errorf("%s: the newest columns are %v, want 70 and 2", glyphs, values[n-2:])
		}
		m = press(t, m, "3", "z")
		line := lineWith(t, plainScreen(t, m, 120, 40), "^ read")
		if !strings.Contains(line, "now 2") || strings.Contains(line, "70") {
			t.Errorf("%s: the newest column reads %q", glyphs, line)
		}
		if screen := plainScreen(t, m, 120, 40); !strings.Contains(screen, "worst of each 3s") {
			t.Errorf("%s: nothing says that a column is the worst of its time", glyphs)
		}
	}
}

// TestTooFewObservationsAreOneNumber: where a p99 stands on too few observations, the newest column is what the table
// shows instead of it.
func TestTooFewObservationsAreOneNumber(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 40}, 120, 40)
	for i := range m.shown.members {
		a := &m.shown.members[i]
		for _, v := range []thresholds.Vital{thresholds.WALFsyncP99, thresholds.BackendCommitP99} {
			shown, _ := a.Shown(v)
			values := m.columnsOf(a, v, 24)
			if newest := values[len(values)-1]; newest != shown {
				t.Errorf("%s of %s is %v in the chart and %v in the table", v, a.Label, newest, shown)
			}
		}
	}
}

// TestTheLimitBesideAChartIsTheMarks: a value that its rule does not mark is not drawn as over a limit, and the limit
// that is shown is the one in force.
func TestTheLimitBesideAChartIsTheMarks(t *testing.T) {
	t.Parallel()
	m := resized(t, recorded().scenarios["slow-disk"](), 120, 40)
	members := append([]thresholds.Member(nil), m.shown.members...)
	if got := m.rules.InForce(members, thresholds.WALFsyncP99, 0.123, 1); len(got) != 1 || got[0].Value != 0.1 {
		t.Errorf("the limit of a firing warning is %v", got)
	}
	for i := range members {
		members[i].Marks = []thresholds.Mark{{Vital: thresholds.WALFsyncP99, Rule: thresholds.WALFsyncSlow,
			Limit: probe.Known(0.01), LimitLevel: thresholds.Notice}}
	}
	if got := m.rules.InForce(members, thresholds.WALFsyncP99, 0.123, 1); len(got) != 1 || got[0].Value != 0.01 {
		t.Errorf("without a mark the limit is %v, want the first", got)
	}
	a := members[2]
	c := m.newChart(&a, metricOf(1), 40, 3, false)
	if last := c.levelOf(len(c.values)-1, 0.123); last != thresholds.OK {
		t.Errorf("an unmarked value is drawn as %s", last)
	}
}

// TestEachChartHasItsOwnQuota: a database is drawn as full as its member's quota makes it, whatever the others have.
func TestEachChartHasItsOwnQuota(t *testing.T) {
	t.Parallel()
	m := resized(t, recorded().scenarios["healthy"](), 120, 40)
	m.theme = newTheme(termenv.ANSI, true, appearance{glyphs: GlyphsBlock})
	vitals := func(i int) *thresholds.Vitals { return &m.shown.members[i].Vitals }
	m.shown.members = slices.Clone(m.shown.members)
	for i := range m.shown.members {
		vitals(i)[thresholds.DBQuota] = probe.Known(vitals(i)[thresholds.DBSize].Or(0) * 100)
	}
	vitals(0)[thresholds.DBQuota] = vitals(0)[thresholds.DBSize] // full
	f := m.newGridFrame(120, minChartColumns)
	drawn, _ := m.renderMetric(f, &m.newGridRows(f, []metric{*metricOf(4)})[0], 3)
	breached := func(i int) bool {
		begin, column := gridLabelWidth+i*(f.column+f.gap), ""
		for _, row := range drawn {
			column += ansi.Cut(row, begin, begin+f.column)
		}
		return strings.Contains(column, "\x1b[31m▂") // the top of a bar
	}
	if !breached(0) || breached(1) {
		t.Errorf("the full one is red: %t, the nearly empty one: %t: %q", breached(0), breached(1), drawn)
	}
}

// TestNotWatchedIsInOneRow: that a part of the charts was not watched stands at the same place of all that are wide
// enough for it, in one line, whichever member's first value came late.
func TestNotWatchedIsInOneRow(t *testing.T) {
	t.Parallel()
	for _, late := range []int{0, 1, 2} {
		m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 43,
			fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
				if ago > 36*time.Second { // no rate of it is known yet
					s.Members[late].Metrics.Value.WALFsync = probe.Histogram{}
				}
			}}, 120, 40)
		const columns = 100
		for i := range m.shown.members {
			a := &m.shown.members[i]
			values := m.columnsOf(a, thresholds.WALFsyncP99, columns)
			notes := m.chartNotes(a, thresholds.WALFsyncP99, values, false)
			if len(notes) != 1 || notes[0].from != 0 || notes[0].to != 13 || !notes[0].oneLine ||
				!strings.HasPrefix(notes[0].fitting(1)[0], "not watched") {
				t.Errorf("%d comes late: the notes of %s are %+v", late, a.Label, notes)
			}
		}
	}
}
