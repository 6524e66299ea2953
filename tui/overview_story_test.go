package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// storySizes are the windows in which everything is looked at.
var storySizes = [][2]int{{60, 15}, {80, 24}, {120, 40}, {200, 60}}

// chapter is a part of the story, of some sweeps.
type chapter struct {
	name   string
	sweeps int
	fault  func(s *probe.Sweep, w *world)
}

// story is what may happen to a cluster of n members, one thing after the other.
func story(n int) []chapter {
	each := func(s *probe.Sweep, change func(s *probe.Sweep, j int), of int) {
		for j := range of {
			change(s, len(s.Members)-1-j)
		}
	}
	return []chapter{
		{"healthy", 30, func(*probe.Sweep, *world) {}},
		{"slow disk", 30, func(_ *probe.Sweep, w *world) { w.slow[n-1] = 0.12 }},
		{"a member is down", 20, func(s *probe.Sweep, w *world) {
			delete(w.slow, n-1)
			down(s, n-1)
		}},
		{"quorum is lost", 12, func(s *probe.Sweep, _ *world) {
			each(s, down, n/2+1)
			for j := range n - n/2 - 1 {
				leaderless(s, j)
			}
		}},
		{"nobody answers", 12, func(s *probe.Sweep, _ *world) { each(s, down, n) }},
		{"nobody leads", 12, func(s *probe.Sweep, w *world) {
			w.term++
			each(s, leaderless, n)
		}},
		{"no space", 12, func(s *probe.Sweep, _ *world) {
			s.Alarms.Value = []probe.Alarm{{Type: "NOSPACE", Member: s.Members[0].ID}}
			for j := range s.Members {
				m := &s.Members[j]
				m.Status.Value.Alarms = s.Alarms.Value
				m.Status.Value.DBSizeBytes, m.Status.Value.DBInUseBytes = 8<<30+1, 7<<30
				if m.Metrics.Value != nil {
					m.Metrics.Value.DBSizeBytes, m.Metrics.Value.DBInUseBytes = probe.Known(8<<30+1), probe.Known(7<<30)
				}
			}
		}},
		{"recovered", 30, func(*probe.Sweep, *world) {}},
	}
}

// play feeds the story to a model, and calls look after every sweep.
func play(m model, n int, look func(m model, at string)) {
	chapters := story(n)
	total := 0
	for _, c := range chapters {
		total += c.sweeps
	}
	of := func(ago time.Duration) *chapter {
		left := total - 1 - int(ago/time.Second)
		for i := range chapters {
			if left -= chapters[i].sweeps; left < 0 {
				return &chapters[i]
			}
		}
		return &chapters[len(chapters)-1]
	}
	c := scenario{members: n, sweeps: total,
		fault: func(ago time.Duration, s *probe.Sweep, w *world) {
			if int(ago/time.Second) == total-1 {
				s.Marks = []probe.Mark{{At: s.At, Text: "the story begins"}}
			}
			of(ago).fault(s, w)
		}}
	for i, s := range c.generate() {
		m = m.withSweep(s)
		m.now = s.At.Add(time.Second)
		look(m, fmt.Sprintf("sweep %d, %s", i, of(time.Duration(total-1-i)*time.Second).name))
	}
}

// paneStarts are what the first lines of panes begin with, and the footer.
var paneStarts = []string{"──", "DRAIN ", " WAL p99 ", "  MEMBER ", " EVENTS", "  LVL ", "  TIME ", " ? help", " esc "}

// seams are the rows of a frame that hold still: those at which panes begin.
func seams(m model, width, height int) []string {
	m.screen.width, m.screen.height = width, height
	var rows []string
	for y, line := range strings.Split(ansi.Strip(m.render()), "\n") {
		if y < 4 && isWide(width) && m.page() == pageOverview && strings.HasSuffix(strings.TrimRight(line, " "), m.clock(m.now)) {
			rows = append(rows, fmt.Sprint(y, " clock"))
		}
		if strings.HasPrefix(line, "─ ") { // a title, whose words may change
			rows = append(rows, fmt.Sprint(y, " ─"))
		}
		for _, start := range paneStarts {
			if strings.HasPrefix(line, start) {
				rows = append(rows, fmt.Sprintf("%d %s", y, start))
			}
		}
	}
	return rows
}

// withoutCharts are seams other than those of charts.
func withoutCharts(seams []string) []string {
	return slices.DeleteFunc(seams, func(row string) bool { return strings.HasSuffix(row, " WAL p99 ") })
}

// TestNothingMoves: the story, sweep by sweep, moves no pane of any page while the window does not change.
func TestNothingMoves(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 5, 7} {
		t.Run(fmt.Sprint(n, " members"), func(t *testing.T) {
			t.Parallel()
			m := newTestModel(func(o *Options) {
				o.Endpoints = nil
				for j := range n {
					o.Endpoints = append(o.Endpoints, fmt.Sprintf("10.0.3.%d:2379", 11+j))
				}
			})
			first := map[string][]string{}
			before := map[[2]int][]string{}
			for _, size := range storySizes {
				before[size] = seams(m, size[0], size[1])
			}
			play(m, n, func(m model, at string) {
				for name, m := range views(m, n == 3) {
					for _, size := range storySizes {
						key := fmt.Sprint(name, size)
						got := seams(m, size[0], size[1])
						if p := m.page(); p == pageEvents || p == pageFindings {
							got = withoutCharts(got) // which are those of the selected one
						}
						if first[key] == nil {
							first[key] = got
							if name == m.pageName(pageOverview) {
								checkTops(t, size, n, before[size], got)
							}
						}
						if name == m.pageName(pageOverview) {
							_, _, verdicts := headOf(t, m, size)
							checkNotBlank(t, fmt.Sprint(size, " ", at), verdicts)
						}
						if !slices.Equal(got, first[key]) {
							t.Fatalf("%s at %v, %s: %q, and %q before:\n%s", name, size, at, got, first[key],
								plainScreen(t, m, size[0], size[1]))
						}
					}
				}
			})
		})
	}
}

// checkNotBlank asserts that each line says something.
func checkNotBlank(t *testing.T, name string, lines []string) {
	t.Helper()
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			t.Errorf("%s: line %d of %q is blank", name, i+1, lines)
		}
	}
}

// checkTops asserts that the overview's panes begin where its layout has them, and those that there are before the
// first sweep in the same rows.
func checkTops(t *testing.T, size [2]int, members int, connecting, overview []string) {
	t.Helper()
	l := newLayout(size[0], size[1], members)
	tops := l.tops()
	want := []string{fmt.Sprint(tops.drain, " DRAIN ")}
	if l.tableRule {
		want = append(want, fmt.Sprint(tops.table, " ──"))
	}
	if tops.grid > 0 {
		want = append(want, fmt.Sprint(tops.grid+2, "  WAL p99 "))
	}
	if tops.events > 0 {
		want = append(want, fmt.Sprint(tops.events, " ──"))
	}
	if len(connecting) == 0 {
		t.Errorf("at %v nothing is shown while connecting", size)
	}
	for _, row := range slices.Concat(want, connecting) {
		if !slices.Contains(overview, row) {
			t.Errorf("at %v: %q is not among %q", size, row, overview)
		}
	}
}

// views are a model on every page; in every mode, too: on a shared screen, under the help, the palette, and the list of
// columns.
func views(m model, everyMode bool) map[string]model {
	all := map[string]model{}
	for p := range pageCount {
		open := m
		if open.pages = nil; p != pageOverview {
			open.pages = []page{p}
		}
		all[m.pageName(p)] = open
		if everyMode {
			shared := open.onPresentKey()
			shared.notice = notice{}
			all["present "+m.pageName(p)] = shared
		}
	}
	if everyMode {
		help := m
		help.help.open = true
		columns, _ := m.onColumnsKey(keyMsg("v"))
		all["help"], all["palette"], all["columns"], all["clusters"] = help, m.openPalette(), columns, m.openClusters()
	}
	return all
}

// TestNothingMovesAtTheFirstAnswer: the panes are where they were while no endpoint had answered yet.
func TestNothingMovesAtTheFirstAnswer(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 5, 7} {
		c := scenario{members: n, sweeps: 20, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			for j := 0; j < n && ago >= 10*time.Second; j++ {
				down(s, j)
				s.Members[j].ID, s.Members[j].Name, s.Members[j].Listed = 0, "", false
				s.MemberList = probe.Fact[probe.MemberList]{}
			}
		}}
		m, before := newTestModel(nil), map[[2]int][]string{}
		for i, s := range c.generate() {
			m = m.withSweep(s)
			for _, size := range storySizes {
				rows := withoutCharts(seams(m, size[0], size[1])) // they come with the first answer, as the table may
				rows = slices.DeleteFunc(rows, func(row string) bool { return strings.HasSuffix(row, "  MEMBER ") })
				if before[size] != nil && !slices.Equal(rows, before[size]) {
					t.Fatalf("%d members at %v, sweep %d: %q, and %q before:\n%s", n, size, i, rows, before[size],
						plainScreen(t, m, size[0], size[1]))
				}
				before[size] = rows
			}
		}
	}
}

// TestTheStoryIsToldRight: at the end of each chapter no two parts of the screen contradict each other: whoever the
// headline blames is not ok, nobody is ok without a leader, and a full database is neither nearly used nor safe.
func TestTheStoryIsToldRight(t *testing.T) {
	t.Parallel()
	newest := map[string]model{}
	play(newTestModel(nil), 3, func(m model, at string) {
		_, chapter, _ := strings.Cut(at, ", ")
		newest[chapter] = m
	})
	for chapter, m := range newest {
		checkWords(t, m, chapter, storySizes...)
		checkReasons(t, m, chapter, storySizes...)
		a := &m.shown.assessment
		for i := range a.Members {
			m := &a.Members[i]
			blamed := slices.ContainsFunc(a.Reading.About, func(r thresholds.MemberRef) bool { return r.Key == m.Key })
			word := m.Condition.Word
			switch chapter {
			case "healthy", "recovered":
				if word != "ok" {
					t.Errorf("%s: %s is %s", chapter, m.Label, word)
				}
				continue
			case "no space":
				if a.Reading.Cause != thresholds.CauseNoSpace || m.CanLose.Verdict == thresholds.LossSafe ||
					m.CanRemove.Verdict == thresholds.LossSafe || m.Condition.Level < thresholds.Critical {
					t.Errorf("%s: %s is %+v, lose it: %+v: %s", chapter, m.Label, m.Condition, m.CanLose,
						a.Reading.Text)
				}
			}
			if blamed && m.Condition.Level < thresholds.Warning ||
				a.Cluster.Leadership == thresholds.Leaderless && m.State == thresholds.StateOK &&
					word != thresholds.ConditionNoLeader {
				t.Errorf("%s: %s is %+v: %s", chapter, m.Label, m.Condition, a.Reading.Text)
			}
		}
		if a.Level >= thresholds.Warning && a.Rolling.Phase.MayGoOn() {
			t.Errorf("%s: %s, and a change may go on: %s", chapter, a.Reading.Text, a.Rolling.Text)
		}
	}
}
