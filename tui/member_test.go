package tui

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

func memberPage(t testing.TB, name string, keys ...string) model {
	t.Helper()
	return press(t, watched(t, name, 120, 40), keys...)
}

// recordedMemberPage is memberPage in recorded words.
func recordedMemberPage(t testing.TB, name string, keys ...string) model {
	t.Helper()
	return press(t, resized(t, recorded().scenarios[name](), 120, 40), keys...)
}

func TestKeysOfTheMemberPage(t *testing.T) {
	m := memberPage(t, "one-down", "enter")
	for _, step := range []struct{ key, want string }{
		{"tab", "etcd-2"}, {"tab", "etcd-3"}, {"shift+tab", "etcd-2"}, {"shift+tab", "etcd-1"}, {"shift+tab", "etcd-5"},
		{"tab", "etcd-1"},
		{"j", "etcd-2"}, {"k", "etcd-1"}, {"k", "etcd-1"}, {"G", "etcd-5"}, {"j", "etcd-5"}, {"g", "etcd-1"},
	} {
		if m = press(t, m, step.key); label(m) != step.want || m.page() != pageMember {
			t.Fatalf("after %q the page is %d of %q, want %q", step.key, m.page(), label(m), step.want)
		}
		if first := strings.SplitN(plainScreen(t, m, 120, 40), "\n", 3)[1]; !strings.HasPrefix(first, step.want+" ") {
			t.Fatalf("after %q the page begins with %q", step.key, first)
		}
	}
	if m = press(t, m, "esc"); m.page() != pageOverview {
		t.Error("esc does not lead back")
	}
}

// TestFocus: the chart in focus is the one over its limit, until a key chooses another one.
func TestFocus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		keys       []string
	}{
		{"healthy", "[1] WAL fsync  p50", []string{"enter"}},
		{"slow-disk", "[1] WAL fsync  p50", []string{"j", "j", "enter"}},
		{"quorum-lost", "[3] pending  now", []string{"enter", "3"}},
		{"healthy", "[4] database  in use 1.4G  size 1.9G  max 8G  db full in -", []string{"enter", "4"}},
		{"healthy", "[9] cpu  now 34%  memory 1.1G  open files 212", []string{"9"}},
		{"healthy", "[8] peer RTT  p99", []string{"enter", "8", "tab", "z"}},
	} {
		screen := plainScreen(t, memberPage(t, test.name, test.keys...), 120, 40)
		if !strings.Contains(screen, test.want) {
			t.Errorf("%s, %v: no %q:\n%s", test.name, test.keys, test.want, screen)
		}
	}
	slow := scenario{members: 3, sweeps: 60, fault: func(_ time.Duration, s *probe.Sweep, _ *world) {
		s.Members[0].Metrics.Value.ProposalsPending = probe.Known(400)
	}}
	m := press(t, feed(t, newTestModel(nil), slow, 120, 40), "enter")
	if got := m.focused(&m.shown.members[0]); got != 3 {
		t.Errorf("400 proposals are pending, and chart %d is in focus", got)
	}
	if got := m.focused(&m.shown.members[1]); got != 1 {
		t.Errorf("etcd-2 is healthy, and chart %d is in focus", got)
	}
}

// TestZoomReadsTheValueAtItsColumn moves the cursor, and compares the value on the screen with the history.
func TestZoomReadsTheValueAtItsColumn(t *testing.T) {
	t.Parallel()
	for _, glyphs := range []Glyphs{GlyphsBlock, GlyphsBraille} {
		m := feed(t, newTestModel(func(o *Options) { o.Glyphs = glyphs }), scenarios()["slow-disk"], 120, 40)
		m = press(t, m, "j", "j", "enter", "z")
		columns, per := chartColumns(120), m.theme.samplesPerCell()
		worst := m.judge.Columns(m.selected, thresholds.WALFsyncWorst, m.shown.assessment.At, m.span(), columns*per-1)
		for back := range 80 {
			x := columns - 1 - back
			at, _ := m.timeOf(x, columns)
			value := m.vitalCell(m.selectedMember(), thresholds.WALFsyncWorst).text
			if back > 0 {
				value = m.theme.number(worst[x*per].Max(worst[(x+1)*per-1]), thresholds.Seconds)
			}
			line := lineWith(t, plainScreen(t, m, 120, 40), "^ read")
			if !strings.Contains(line, clock(at, false)) || !strings.Contains(line, "max "+value) {
				t.Fatalf("%s, column %d: %q, want %s and max %s", glyphs, x, line, clock(at, false), value)
			}
			axis, _, found := strings.Cut(lineWith(t, plainScreen(t, m, 120, 40), "|14:"), "^")
			if got := len([]rune(axis)); !found || got != axisWidth+x {
				t.Fatalf("%s: the cursor's sign is in column %d, want %d", glyphs, got, axisWidth+x)
			}
			m = press(t, m, "left")
		}
		if m = press(t, m, "right"); m.readColumn(columns) != columns-80 {
			t.Errorf("right leads to column %d, want %d", m.readColumn(columns), columns-80)
		}
	}
}

// TestReadColumnStaysAtItsTime while sweeps come in, and follows the newest one from the last column.
func TestReadColumnStaysAtItsTime(t *testing.T) {
	m := press(t, feed(t, newTestModel(nil), scenarios()["healthy"], 120, 40), "enter", "z", "left", "left", "left")
	read := m.charts.readAt
	columns := chartColumns(120)
	before := m.readColumn(columns)
	for i := range 30 {
		s := scenario{members: 3, sweeps: 1}.generate()[0]
		shift(&s, time.Duration(i+1)*time.Second)
		m = m.withSweep(s)
	}
	if got, in := m.columnOf(read, columns); !in || got >= before || m.readColumn(columns) != got {
		t.Errorf("after 30 s the cursor is at column %d, it was at %d", m.readColumn(columns), before)
	}
	if m = press(t, m, "enter"); !m.paused || m.shown.assessment.At.Before(read) ||
		m.shown.assessment.At.Sub(read) > 2*time.Second || !m.charts.readAt.IsZero() {
		t.Errorf("enter went to %v, the cursor was at %v", m.shown.assessment.At, read)
	}
	if m = press(t, m, "esc", "esc", "z", "left"); m.readColumn(columns) != columns-2 {
		t.Errorf("a new zoom begins at column %d", m.readColumn(columns))
	}
	for range columns + 5 {
		m = press(t, m, "left")
	}
	if m.readColumn(columns) != 0 {
		t.Errorf("from the oldest column left leads to %d", m.readColumn(columns))
	}
}

// TestMarksAreAtTheirTime: at every width a mark is in the column of what happened at its time.
func TestMarksAreAtTheirTime(t *testing.T) {
	for _, glyphs := range []Glyphs{GlyphsBlock, GlyphsBraille} {
		m := newTestModel(func(o *Options) { o.Glyphs = glyphs })
		m = feed(t, m, scenario{members: 3, sweeps: 200, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			s.Members[0].Metrics.Value.ProposalsPending = probe.Known(0)
			if ago == 77*time.Second {
				s.Marks = []probe.Mark{{At: s.At.Add(s.Took), Text: "load test"}}
				s.Members[0].Metrics.Value.ProposalsPending = probe.Known(50)
			}
		}}, 80, 24)
		per := m.theme.samplesPerCell()
		for columns := 6; columns < 150; columns++ {
			marks := m.markColumns(columns)
			values := m.columnsOf(m.selectedMember(), thresholds.ProposalsPending, columns*per)
			if len(marks) != 1 {
				t.Fatalf("%d marks in %d columns", len(marks), columns)
			}
			for x := range marks {
				if peak := values[x*per].Max(values[(x+1)*per-1]); peak.Or(0) != 50 {
					t.Errorf("%s, %d columns: the mark is in %d, and its event is not: %v", glyphs, columns, x,
						values)
				}
			}
		}
	}
}

// TestTimeAxesHideNothing: whatever the width, every mark's letter is on the axis, and every time there is whole.
func TestTimeAxesHideNothing(t *testing.T) {
	t.Parallel()
	marked := func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago%(31*time.Second) == 0 {
			s.Marks = []probe.Mark{{At: s.At.Add(s.Took), Text: "load test"}}
		}
	}
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 200, fault: marked}, 80, 24)
	whole := regexp.MustCompile(`^(\d\d:\d\d(:\d\d)?|now|then|-\w+)?$`)
	check := func(axis string, columns int, blank string) {
		t.Helper()
		for x, letter := range m.markColumns(columns) {
			if got := ansi.Cut(axis, x, x+1); got != letter {
				t.Errorf("in %d columns mark %s reads %q: %s", columns, letter, got, axis)
			}
		}
		between := func(r rune) bool { return r >= 'A' && r <= 'Z' || strings.ContainsRune(blank, r) }
		for _, word := range strings.FieldsFunc(axis, between) {
			if !whole.MatchString(word) {
				t.Errorf("in %d columns %q is cut: %s", columns, word, axis)
			}
		}
	}
	times := 0
	for columns := 20; columns < 180; columns++ {
		axis := ansi.Strip(m.renderTimeAxis(columns, 0))
		check(axis, columns, "─|*")
		times += strings.Count(axis, "|")
		f := gridFrame{width: columns + gridLabelWidth, gridColumns: gridColumns{column: columns},
			members: m.shown.members[:1], marks: m.markColumns(columns)}
		check(ansi.Cut(ansi.Strip(m.renderAxis(f)), gridLabelWidth, gridLabelWidth+columns), columns, "·* ")
	}
	if times < 160 {
		t.Errorf("only %d times are on the axes", times)
	}
}

// TestScales: the key cycles through the scales, the screen names the current one, and each draws as named.
func TestScales(t *testing.T) {
	t.Parallel()
	m := memberPage(t, "slow-disk", "enter")
	tops := map[string]yAxis{}
	for _, want := range []string{"y shared", "y own", "y log", "y shared"} {
		if screen := plainScreen(t, m, 120, 40); !strings.Contains(screen, want) {
			t.Errorf("no %q on the screen:\n%s", want, screen)
		}
		tops[want] = m.newChart(&m.shown.members[0], metricOf(1), 60, 5, false).axis
		m = press(t, m, "Y")
	}
	if shared, own := tops["y shared"].top, tops["y own"].top; shared < 0.12 || own > 0.02 {
		t.Errorf("etcd-1 takes 7 ms and etcd-3 123 ms: the shared axis ends at %v, its own at %v", shared, own)
	}
	if a := tops["y log"]; !a.log || a.top < 0.12 || a.bottom > 0.006 {
		t.Errorf("the logarithmic axis goes from %v to %v", a.bottom, a.top)
	}
	m = press(t, memberPage(t, "slow-disk"), "Y")
	_, charts, _ := strings.Cut(plainScreen(t, m, 120, 40), "y own")
	line := lineWith(t, charts, "WAL p99")
	if !strings.Contains(line, "12ms") || !strings.Contains(line, "150ms") {
		t.Errorf("charts of their own scales do not say their maxima: %q", line)
	}
}

// TestOwnScalesInNarrowCharts: if the charts have no room for their maxima, the selected member's is shown.
func TestOwnScalesInNarrowCharts(t *testing.T) {
	m := press(t, feed(t, newTestModel(nil),
		scenario{members: 5, sweeps: 120, fault: func(_ time.Duration, _ *probe.Sweep, w *world) {
			w.slow[2] = 0.1
		}}, 80, 24), "Y")
	for _, want := range []string{"12ms", "12ms", "150ms", "12ms"} {
		_, charts, _ := strings.Cut(plainScreen(t, m, 80, 24), "y own")
		if line := strings.TrimSpace(lineWith(t, charts, "WAL p99")); !strings.HasSuffix(line, want) {
			t.Errorf("%s is selected, and its chart does not end at %s: %q", label(m), want, line)
		}
		m = press(t, m, "j")
	}
}

// TestOpeningAMemberFocusesItsImpairment although another chart was chosen before.
func TestOpeningAMemberFocusesItsImpairment(t *testing.T) {
	t.Parallel()
	m := memberPage(t, "slow-disk", "enter", "6", "tab")
	if got := m.focused(&m.shown.members[1]); got != 6 {
		t.Errorf("chart 6 was chosen, and %d is in focus at the next member", got)
	}
	if m = press(t, m, "esc", "j", "enter"); m.focused(&m.shown.members[2]) != 1 {
		t.Errorf("the disk of etcd-3 is slow, and chart %d is in focus", m.focused(&m.shown.members[2]))
	}
}

// TestChartsInASCII: on an ASCII terminal, all pages with charts and all scales stay ASCII.
func TestChartsInASCII(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(func(o *Options) { o.Glyphs = GlyphsASCII }), scenarios()["one-down"], 120, 40)
	for _, keys := range [][]string{{"enter"}, {"tab"}, {"z", "left"}, {"Y"}, {"Y"}, {"4"}} {
		m = press(t, m, keys...)
		for _, r := range m.View() {
			if r > 0x7e {
				t.Fatalf("after %v: %q on an ASCII screen:\n%s", keys, r, m.View())
			}
		}
	}
}

// TestStaleValuesAreMarked on the page of a member that is down: in the chart's head, in the small charts, in the
// facts.
func TestStaleValuesAreMarked(t *testing.T) {
	screen := plainScreen(t, memberPage(t, "one-down", "j", "enter"), 120, 40)
	for _, want := range []string{"p99 ~7.4ms", "commit p99 ~14ms", "term ~42", "db size ~1.9G", "etcd-2  ?  DOWN"} {
		if !strings.Contains(screen, want) {
			t.Errorf("no %q:\n%s", want, screen)
		}
	}
}

// TestOwnErrorComesFirst: why a member does not answer is the first thing on its page in every window, also where the
// cluster has lost its quorum.
func TestOwnErrorComesFirst(t *testing.T) {
	t.Parallel()
	m := memberPage(t, "quorum-lost", "j", "enter")
	for _, size := range storySizes {
		lines := strings.Split(plainScreen(t, m, size[0], size[1]), "\n")
		if first := lines[2]; !strings.Contains(first, "etcd-2") || !strings.Contains(first, "connection refused") {
			t.Errorf("at %v the page begins with %q", size, first)
		}
	}
}

// TestMemberReading: a member's reading and verdicts on its page, and what y copies of it.
func TestMemberReading(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		keys []string
		want []string
	}{
		{"healthy", nil, []string{"OK    Nothing is found wrong with it: it answers, follows etcd-2 in term 42 " +
			"and counts towards the quorum", "DRAIN SAFE"}},
		{"healthy", []string{"j"}, []string{"leads in term 42"}},
		{"slow-disk", []string{"j", "j"}, []string{"WARN  The disk of etcd-3 is slow: WAL fsync p99 123 ms",
			"(for 1m37s)", "Next: On the host of etcd-3: iostat",
			"it also explains: etcd-3: commit p99 247 ms", "remove   RISK"}},
		{"slow-disk", nil, []string{"OK    Nothing is found wrong with it"}},
		{"quorum-lost", nil, []string{"DRAIN NO", "remove   NO: quorum is lost"}},
		{"quorum-lost", []string{"j"}, []string{"WARN  etcd-2 is down for 40s", "CRIT  Quorum lost",
			"it also explains: \"disk slow\", ", "Next: Start etcd on etcd-2 or etcd-3: 1 must come back", "DRAIN down"}},
		{"one-down", []string{"j"}, []string{"etcd-2 is down for 58s (connection refused): its host answers",
			"Until etcd-2 is back, draining another member is", "\"commits slow\" can't be judged",
			"DRAIN it is down already"}},
	} {
		m := recordedMemberPage(t, test.name, append(test.keys, "enter")...)
		screen := plainScreen(t, m, 120, 40)
		for _, want := range test.want {
			if !strings.Contains(screen, want) {
				t.Errorf("%s: no %q:\n%s", test.name, want, screen)
			}
		}
	}
	what, text := recordedMemberPage(t, "slow-disk", "j", "j", "enter").copyMember()
	want := "etcd-3: follower, WARN disk, at 14:32:07Z\n" +
		"can be lost: SAFE: leaves 2 healthy voters, quorum 2: then none to spare\n" +
		"can be removed: RISK: leaves 2 of 2 voters healthy, quorum 2: none to spare until another is added\n" +
		"WARN  The disk of etcd-3 is slow: WAL fsync p99 123 ms; its peers: etcd-1 7.2 ms, etcd-2 7.2 ms. " +
		"(for 1m37s)\n" +
		"      Next: On the host of etcd-3: iostat -x 1 (w_await, %util), and look for what else writes to " +
		"that disk.\n" +
		"      it also explains: etcd-3: commit p99 247 ms (f)"
	if what != "etcd-3" || text != want {
		t.Errorf("copied %q:\n%s\nwant:\n%s", what, text, want)
	}
}

// TestFactsOfPeersAndCertificates: disconnected peers, failing sends, and expiring certificates.
func TestFactsOfPeersAndCertificates(t *testing.T) {
	m := memberPage(t, "healthy", "enter")
	a := m.shown.members[0]
	a.Peers = []thresholds.Peer{
		{MemberRef: thresholds.MemberRef{Label: "etcd-2"}, Active: probe.Known(1), RoundTripP99: probe.Known(0.0004)},
		{MemberRef: thresholds.MemberRef{Label: "etcd-3"}, Active: probe.Known(0), SendFailuresRate: probe.Known(3),
			SnapshotsInFlight: probe.Known(1)},
	}
	a.ServedCertificate = &probe.Certificate{Subject: "CN=etcd-1", NotAfter: m.asOf().Add(21 * 24 * time.Hour)}
	text := ansi.Strip(strings.Join(m.renderFactLines(&a, 200), "\n"))
	for _, want := range []string{
		"etcd-2 400µs", "etcd-3 NOT CONNECTED 3/s unsent 1 snapshot in flight",
		"served in 21d00h, 2026-03-22, CN=etcd-1", "ours none", "index 8,237,188",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
	}
	a.MetricsStale = true
	a.ServedCertificate = &probe.Certificate{Subject: "CN=etcd-1", NotAfter: m.shown.assessment.At.Add(-2 * time.Hour)}
	text = ansi.Strip(strings.Join(m.renderFactLines(&a, 200), "\n"))
	for _, want := range []string{"etcd-2 ~400µs", "EXPIRED 2h00m ago"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q:\n%s", want, text)
		}
	}
}

// TestNoMemberToShow opens the page when a filter leaves nobody.
func TestNoMemberToShow(t *testing.T) {
	m := memberPage(t, "healthy", "enter")
	m.shown.members = nil
	for _, keys := range [][]string{{"tab"}, {"j"}, {"z"}, {"left"}, {"enter"}, {"1"}} {
		m = press(t, m, keys...)
		if screen := plainScreen(t, m, 80, 24); !strings.Contains(screen, "no member") {
			t.Errorf("after %v:\n%s", keys, screen)
		}
	}
}

// TestFiringWords: the duration is added if a finding's own words lack it, and an announcement always.
func TestFiringWords(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 3}, 80, 24)
	since := m.shown.assessment.At.Add(-time.Minute)
	for want, f := range map[string]thresholds.Finding{
		", for 1m00s":                      {Since: since},
		"":                                 {Since: since, Timed: true},
		", expected: upgrade":              {Since: since, Timed: true, Expected: "upgrade"},
		", fired until " + m.clock(since):  {Since: since, State: thresholds.AlertResolving, ResolvingSince: since},
		", for 1m00s, expected: an outage": {Since: since, Expected: "an outage"},
	} {
		if joint, text := m.firingWords(&f); joint+text != want {
			t.Errorf("%q, want %q", joint+text, want)
		}
	}
}

// TestAMemberThatMayReturnHasAWord: whether one may go, or is down, stands before what its loss leaves.
func TestAMemberThatMayReturnHasAWord(t *testing.T) {
	t.Parallel()
	m := watched(t, "one-down", 120, 40)
	for i := range m.shown.members {
		a := m.shown.members[i]
		a.DownProven = false
		a.CanLose = thresholds.CanLose{Verdict: thresholds.LossSafe, Reason: "leaves 4 healthy voters, quorum 3"}
		want := "SAFE: leaves 4"
		if a.State == thresholds.StateDown {
			want = "down, may return: leaves 4"
		}
		var text string
		for _, s := range m.verdictSpans(&a, drainReasons) {
			text += s.text
		}
		if !strings.HasPrefix(text, want) {
			t.Errorf("%s: %q, want %s", a.Label, text, want)
		}
	}
}

// TestDockedFindingsBeginWithTheState: beside the table, the finding that a member's state comes from is first, also
// where a finding about the cluster explains it.
func TestDockedFindingsBeginWithTheState(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 60,
		fault: func(_ time.Duration, s *probe.Sweep, w *world) {
			w.slow[1] = .03
			s.Alarms.Value = []probe.Alarm{{Type: "NOSPACE", Member: s.Members[0].ID}}
			for j := range s.Members {
				status := &s.Members[j].Status.Value
				status.Alarms, status.DBSizeBytes = s.Alarms.Value, status.DBQuotaBytes+1
				status.DBInUseBytes = status.DBSizeBytes
				s.Members[j].Metrics.Value.DBSizeBytes = probe.Known(float64(status.DBSizeBytes))
			}
		}}, 200, 60)
	for i := range m.shown.members {
		a := &m.shown.members[i]
		m.selected = a.Key
		found := m.dockedFindings(a)
		if a.Condition.Level != thresholds.Critical || len(found) == 0 || found[0].Level != thresholds.Critical {
			t.Errorf("%s is %v, and its findings are %v", a.Label, a.Condition, found)
		}
		if i == 1 && (len(found) < 2 || found[len(found)-1].Level != thresholds.Notice) {
			t.Errorf("what else is wrong with it is left out: %v", found)
		}
	}
	screen := plainScreen(t, m, 200, 60)
	if !regexp.MustCompile(`│ CRIT +.*database is`).MatchString(screen) {
		t.Errorf("the pane does not begin with what is critical:\n%s", screen)
	}
}
