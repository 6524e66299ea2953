package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestFindingsAreListedUnderTheirCause, and rules that can't be judged are grouped by reason.
func TestFindingsAreListedUnderTheirCause(t *testing.T) {
	m := press(t, watched(t, "quorum-lost", 120, 40), "f")
	rows := m.findingRows()
	if len(rows[0].found) != 0 {
		t.Fatal("the reading is not the first")
	}
	at := map[findingID]int{}
	seen := 0
	for i, r := range rows {
		at[r.id] = i
		seen += len(r.found)
	}
	if seen != len(m.shown.assessment.Findings) {
		t.Errorf("%d of %d findings are on the page", seen, len(m.shown.assessment.Findings))
	}
	first := m.shown.assessment.Members[0].Key
	lost, noLeader := at[findingID{rule: thresholds.QuorumLost}],
		at[findingID{rule: thresholds.NoLeader, member: first}]
	unhealthy := at[findingID{rule: thresholds.VoterUnhealthy, member: first}]
	if lost != 1 || noLeader <= lost || unhealthy != noLeader+1 || rows[lost].depth != 0 || rows[noLeader].depth != 1 ||
		rows[unhealthy].depth != 2 {
		t.Errorf("quorum-lost is at %d, no-leader at %d, voter-unhealthy at %d", lost, noLeader, unhealthy)
	}
	begun := false
	for _, r := range rows[1:] {
		if unknown := r.id.unknown(); begun && !unknown {
			t.Errorf("%v is below the rules that can't be judged", r.id)
		} else {
			begun = unknown
		}
	}
	if !begun {
		t.Error("nothing is unknown")
	}
}

// TestFindingSelectionFollowsTheFinding and falls back to the reading.
func TestFindingSelectionFollowsTheFinding(t *testing.T) {
	sweeps := scenarios()["slow-disk"].generate()
	m := newTestModel(nil)
	for _, s := range sweeps[:220] {
		m = m.withSweep(s)
	}
	m = press(t, resized(t, m, 80, 24), "f", "j")
	selected := m.findings.selected
	if selected.rule != thresholds.WALFsyncSlow {
		t.Fatalf("the first finding is %v", selected)
	}
	for _, s := range sweeps[220:] {
		m = m.withSweep(s)
	}
	if rows := m.findingRows(); rows[m.findingAt(rows)].id != selected {
		t.Errorf("the selection is %v, want %v", rows[m.findingAt(rows)].id, selected)
	}
	_, text := m.copyFindings()
	for _, want := range []string{"WARN etcd-3: WAL fsync p99 123 ms (wal-fsync-slow, value 123ms, limit 100ms",
		"On the host of etcd-3: iostat", "Limit by: etcd's default heartbeat"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the copy: %q", want, text)
		}
	}
	if m = press(t, m, "enter"); m.page() != pageMember || label(m) != "etcd-3" {
		t.Errorf("enter leads to page %d of %s", m.page(), label(m))
	}
	m = press(t, m, "esc", "home")
	if rows := m.findingRows(); m.findingAt(rows) != 0 {
		t.Error("where the finding is not there yet, something else than the reading is selected")
	}
}

// TestFiringFor: a resolving finding says so instead of how long it has been firing, in the same column.
func TestFiringFor(t *testing.T) {
	t.Parallel()
	m := watched(t, "healthy", 120, 40)
	since := m.shown.assessment.At.Add(-time.Minute)
	for want, f := range map[string]thresholds.Finding{
		"1m00s":     {Since: since},
		"resolving": {Since: since, State: thresholds.AlertResolving, ResolvingSince: since},
	} {
		row := findingRow{found: []*thresholds.Finding{&f}}
		if got := m.firingFor(&f); got != want || m.newFindingColumns([]findingRow{row}, 80).since <= len(got) {
			t.Errorf("%q, want %q, in a column with room for it", got, want)
		}
	}
}

// TestNothingFound shows how many rules were judged, and which were not.
func TestNothingFound(t *testing.T) {
	t.Parallel()
	m := press(t, watched(t, "healthy", 120, 40), "f")
	screen := plainScreen(t, m, 120, 40)
	for _, want := range []string{"0 findings", fmt.Sprintf("%d rules", len(thresholds.Rules())-1), "Healthy",
		"not looked at: ", "(etcdoc check --hash)"} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is missing:\n%s", want, screen)
		}
	}
}

// TestJudgedNamesTheWorst: a wide window says of each rule about a vital which member is worst, by the marks first,
// then by values that are current.
func TestJudgedNamesTheWorst(t *testing.T) {
	t.Parallel()
	m := resized(t, recorded().scenarios["slow-disk"](), 200, 60)
	line := func(rule thresholds.RuleID) string {
		for _, l := range m.renderJudged(50) {
			if text := strings.Join(strings.Fields(ansi.Strip(l)), " "); strings.HasPrefix(text, string(rule)+" ") {
				return text
			}
		}
		return ""
	}
	if got := line(thresholds.WALFsyncSlow); got != "wal-fsync-slow !123ms etcd-3 100ms" {
		t.Errorf("a marked value: %q", got)
	}
	m.shown.members = append([]thresholds.Member(nil), m.shown.members...)
	a := &m.shown.members[0]
	a.Vitals[thresholds.ApplyLag], a.Stale = probe.Known(900), true
	m.shown.members[1].Vitals[thresholds.ApplyLag] = probe.Known(7)
	m.shown.members[2].Vitals[thresholds.ApplyLag] = probe.Known(5)
	if got := line(thresholds.ApplyLagging); got != "apply-lag 7 etcd-2 1000" {
		t.Errorf("of current values: %q", got)
	}
	if !strings.Contains(ansi.Strip(press(t, m, "f").render()), "RULE") ||
		strings.Contains(ansi.Strip(press(t, resized(t, m, 120, 40), "f").render()), "RULE ") {
		t.Error("the third column is not in wide windows alone")
	}
}

// TestOneAdvice: every page has the same to say on what to do about a finding, that of the reading which blames it.
func TestOneAdvice(t *testing.T) {
	t.Parallel()
	m := resized(t, recorded().scenarios["slow-disk"](), 200, 60)
	a := &m.shown.assessment
	at := slices.IndexFunc(a.Findings, func(f thresholds.Finding) bool { return f.Rule == thresholds.WALFsyncSlow })
	f, own := &a.Findings[at], "advice of its own"
	f.Advice = own
	want := m.shown.inhibition.AdviceFor(f).Text
	begin := want[:min(len(want), 24)]
	if want != a.Reading.Next || begin == "" {
		t.Fatalf("advice %q, and the reading's is %q", want, a.Reading.Next)
	}
	if e := (thresholds.Event{Rule: f.Rule, Member: f.Member, Active: true}); m.nextAbout(&e) != want {
		t.Errorf("the event says %q", m.nextAbout(&e))
	}
	m.findings.selected = findingID{rule: f.Rule, member: f.Member.Key}
	_, copied := m.copyFindings()
	for what, text := range map[string]string{
		"the findings page": ansi.Strip(press(t, m, "f").render()), "the copied finding": copied,
		"the member's page": ansi.Strip(press(t, m, "j", "j", "enter").render()),
	} {
		if !strings.Contains(text, begin) || strings.Contains(text, own) {
			t.Errorf("%s has no %q, or its own:\n%s", what, begin, text)
		}
	}
}

// TestEvidenceSaysWhatIsLacking: the values of an event have the signs of the table.
func TestEvidenceSaysWhatIsLacking(t *testing.T) {
	t.Parallel()
	m := resized(t, recorded().scenarios["slow-disk"](), 200, 60)
	a := m.shown.assessment
	a.Members = slices.Clone(a.Members)
	member := &a.Members[0]
	member.Vitals[thresholds.ApplyLag] = probe.Value{}
	for state, want := range map[thresholds.State]string{thresholds.StateOK: "-", thresholds.StateLate: "?"} {
		member.State, member.Stale, member.MetricsStale = state, state != thresholds.StateOK, false
		if got := m.vitalOf(&a, member.Key, thresholds.ApplyLag); got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
	if got := m.vitalOf(&a, "nobody", thresholds.ApplyLag); got != "?" {
		t.Errorf("of a member that is gone: %q", got)
	}
}

// TestUnknownRulesAreNotCut: why rules can't be judged stands in full in their row, or only below.
func TestUnknownRulesAreNotCut(t *testing.T) {
	t.Parallel()
	for kind, name := range map[string]func(i int) string{
		"short": func(i int) string { return fmt.Sprintf("etcd-%d", i) }, "end": longNames()["end"],
		"address": func(i int) string { return fmt.Sprintf("127.0.0.%d:60574", i) },
	} {
		m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 60,
			fault: func(ago time.Duration, s *probe.Sweep, w *world) {
				rename(s, name)
				if w.slow[1] = 0.12; ago < 30*time.Second {
					down(s, 0)
				}
			}}, 80, 24), "f")
		for _, size := range storySizes {
			screen := plainScreen(t, m, size[0], size[1])
			found := regexp.MustCompile(`\d+ rules?,? unknown.*`).FindAllString(screen, -1)
			for _, row := range found {
				list, _, _ := strings.Cut(row, "│")
				if strings.Contains(strings.ReplaceAll(list, m.screen.names.byKey[m.shown.members[0].Key], ""), "… ") {
					t.Errorf("%s, %v: %q is cut", kind, size, list)
				}
			}
			if len(found) == 0 && size[1] >= 24 {
				t.Errorf("%s, %v: no rules are unknown:\n%s", kind, size, screen)
			}
		}
	}
}

// TestFindingIsReadToItsEnd: in a window that has no room for all of a finding or an event, keys scroll it, and each of
// its lines is shown; then they go on in the list.
func TestFindingIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	for page, list := range map[string]func(model, int) listPage{
		"f": model.findingsList, "e": model.eventsListPage,
	} {
		for _, size := range [][2]int{{60, 15}, {80, 24}, {120, 15}} {
			for selected := range 4 {
				m := press(t, watched(t, "slow-disk", size[0], size[1]), page)
				for range selected {
					m = press(t, m, "j")
				}
				p := list(m, size[0])
				l := newListLayout(&p, size[0], size[1])
				lines := p.fitted(l.detailWidth(), l.detail)
				seen := map[string]bool{}
				for range len(lines) + 1 {
					for _, line := range strings.Split(ansi.Strip(m.View()), "\n") {
						_, detail, beside := strings.Cut(line, m.theme.bar())
						if !beside {
							detail = line
						}
						seen[strings.TrimSpace(detail)] = true
					}
					scrolled, more := m.scrollDetail(p, 1)
					if !more {
						break
					}
					if m = press(t, m, "pgdown"); m.detail != scrolled.detail {
						t.Fatalf("%v: pgdown leads to line %d, want %d", size, m.detail.top, scrolled.detail.top)
					}
				}
				for _, line := range lines {
					if text := strings.TrimSpace(ansi.Strip(line)); !seen[text] {
						t.Errorf("%s %v: %q is on no screen", page, size, text)
					}
				}
				last := m.detail.top
				if m = press(t, m, "pgup"); last > 0 && m.detail.top >= last {
					t.Errorf("%v: pgup does not lead back from line %d", size, last)
				}
				if m = press(t, m, "k"); selected > 0 && m.detail.top != 0 {
					t.Errorf("%v: the entry above begins in line %d", size, m.detail.top)
				}
			}
		}
	}
}

// TestFindingsCountsStandApart: how much is found and how many rules there are share a line, whole or not at all.
func TestFindingsCountsStandApart(t *testing.T) {
	t.Parallel()
	m := press(t, watched(t, "one-down", 120, 40), "f")
	for width := 60; width < 100; width++ {
		line := strings.TrimRight(ansi.Strip(m.renderFindingsAbout(m.findingRows(), width)), " ")
		if strings.HasSuffix(line, "…") ||
			strings.Contains(line, "rules") && !regexp.MustCompile(`  \d+ rules$`).MatchString(line) {
			t.Errorf("%d columns: %q", width, line)
		}
	}
}

// TestFindingsSayAsMuchBesideTheDetails: a wider window, whose list is beside the details, has no shorter words for a
// finding than one of 80 columns.
func TestFindingsSayAsMuchBesideTheDetails(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one-down", "slow-disk", "quorum-lost"} {
		narrow, wide := press(t, watched(t, name, 80, 24), "f"), press(t, watched(t, name, 120, 40), "f")
		below, beside := narrow.findingsList(80), wide.findingsList(120)
		l, rows := newListLayout(&beside, 120, 40), wide.findingRows()
		for i := range rows {
			texts := [2]string{strings.Join(below.row(i, 80), ""), strings.Join(beside.row(i, l.left), "")}
			for j, text := range texts {
				texts[j] = strings.Join(strings.Fields(ansi.Strip(text)), " ")
			}
			if texts[0] != texts[1] && i > 0 {
				t.Errorf("%s: %q at 80 columns, %q at 120", name, texts[0], texts[1])
			}
		}
	}
}
