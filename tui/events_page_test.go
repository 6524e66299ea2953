package tui

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// texts returns the texts of the listed events.
func texts(m model) []string {
	var all []string
	for _, i := range m.eventList() {
		all = append(all, m.shown.events[i].Text)
	}
	return all
}

func containing(all []string, part string) int {
	n := 0
	for _, s := range all {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

// TestEventFilters: by level, by member, and by a text; each can be removed again.
func TestEventFilters(t *testing.T) {
	m := press(t, watched(t, "marked", 80, 24), "e")
	all := texts(m)
	if len(all) < 5 || containing(all, "watching 3 members") != 1 {
		t.Fatalf("the events are %q", all)
	}
	if !slices.IsSortedFunc(m.eventList(), func(a, b int) int { return b - a }) {
		t.Error("the newest is not on top")
	}
	m = press(t, m, "l")
	if got := texts(m); containing(got, "watching") != 0 || containing(got, "leader") != 1 ||
		containing(got, "between") != 1 ||
		containing(got, "is down (conn") != 1 {
		t.Errorf("from notices on there are %q", got)
	}
	if !strings.Contains(plainScreen(t, m, 80, 24), "level NOTE+") {
		t.Error("the page does not say that it is filtered")
	}
	m = press(t, m, "l", "l")
	if got := texts(m); containing(got, "leader") != 0 || containing(got, "is down (conn") != 0 ||
		containing(got, "before") != 1 {
		t.Errorf("of critical events and marks there are %q", got)
	}
	if m = press(t, m, "l"); !slices.Equal(texts(m), all) {
		t.Error("after the last level not all events are back")
	}
	for _, step := range []struct {
		says string
		has  string
		not  string
	}{{"of the cluster", "watching", "is down (conn"}, {"of etcd-1", "leader", "is down (conn"},
		{"of etcd-2", "is down (conn", "leader"},
		{"of etcd-3", "between", "is down (conn"}} {
		m = press(t, m, "o")
		if got := texts(m); !strings.Contains(plainScreen(t, m, 80, 24), step.says) || containing(got, step.has) == 0 ||
			containing(got, step.not) != 0 {
			t.Errorf("%s there are %q", step.says, got)
		}
	}
	if m = press(t, m, "o"); !slices.Equal(texts(m), all) {
		t.Error("after the last member not all events are back")
	}
	m = press(t, m, "l", "l", "o", "o", "x")
	if !slices.Equal(texts(m), all) {
		t.Error("x does not take the filters off")
	}
}

// TestEventSearch searches while the user types; esc discards the search, enter keeps its result.
func TestEventSearch(t *testing.T) {
	m := press(t, watched(t, "marked", 80, 24), "e")
	all := len(m.eventList())
	m = press(t, m, "/", "L", "E", "A", "D", "E", "R")
	if got := texts(m); len(got) != 1 || !strings.HasPrefix(got[0], "leader") {
		t.Errorf("while it is typed there are %q", got)
	}
	if got := press(t, m, "esc"); len(got.eventList()) != all || got.page() != pageEvents {
		t.Error("esc does not take the search back, or leaves the page")
	}
	m = press(t, m, "enter", "/", "x", "x", "esc")
	if got := texts(m); len(got) != 1 || !strings.Contains(plainScreen(t, m, 80, 24), `with "LEADER"`) {
		t.Errorf("after a second search that was left there are %q", got)
	}
	if m = press(t, m, "/", "q", "enter"); !strings.Contains(m.View(), "no event passes the filter") ||
		m.program.leaving != leaveNot {
		t.Error("an empty list does not say why, or a typed q quits")
	}
	press(t, m, "enter", "w", "y", "j", "G", "c") // with nothing selected
}

// TestEventSelectionFollowsTheEvent while new ones come in, and when it is filtered out.
func TestEventSelectionFollowsTheEvent(t *testing.T) {
	sweeps := marked().generate()
	m := newTestModel(nil)
	for _, s := range sweeps[:230] {
		m = m.withSweep(s)
	}
	m = press(t, resized(t, m, 80, 24), "e")
	newest := m.selectedEvent().Text
	m = press(t, m, "j")
	selected, count := m.selectedEvent().Text, len(m.eventList())
	for _, s := range sweeps[230:] {
		m = m.withSweep(s)
	}
	if len(m.eventList()) <= count || m.selectedEvent().Text != selected {
		t.Errorf("with new events the selection is %q, want %q", m.selectedEvent().Text, selected)
	}
	if m = press(t, m, "k"); m.selectedEvent().Text != newest {
		t.Errorf("k leads to %q, want %q", m.selectedEvent().Text, newest)
	}
	if m = press(t, m, "G", "pgup", "g"); m.eventAt(m.eventList()) != 0 {
		t.Error("g does not select the newest")
	}
	before := m.selectedEvent().Text
	if m = press(t, m, "o", "o", "o", "x"); m.selectedEvent().Text != before {
		t.Errorf("after filters the selection is %q, want %q", m.selectedEvent().Text, before)
	}
}

// TestEventJump opens the overview as of the event.
func TestEventJump(t *testing.T) {
	m := press(t, watched(t, "one-down", 80, 24), "e", "G", "k", "k")
	e := *m.selectedEvent()
	m = press(t, m, "enter")
	if m.page() != pageOverview || !m.paused || m.shown.assessment.At.Before(e.At) ||
		m.shown.assessment.At.Sub(e.At) > time.Second {
		t.Errorf("enter on the event of %v leads to page %d of %v", e.At, m.page(), m.shown.assessment.At)
	}
}

// TestEventsOfThePast: the counts are as of the cursor.
func TestEventsOfThePast(t *testing.T) {
	m := press(t, watched(t, "slow-disk", 80, 24), "e")
	if e := m.selectedEvent(); !e.Active || m.lasted(e)[0] != "for 1m37s" {
		t.Errorf("now it lasts %q", m.lasted(e)[0])
	}
	for range 60 {
		m = press(t, m, "[")
	}
	if e := m.selectedEvent(); !e.Active || m.lasted(e)[0] != "for 37s" {
		t.Errorf("a minute before it lasts %q", m.lasted(e)[0])
	}
}

// TestEvidence shows what the event's rule saw, of the member and of its peers, before, then and now.
func TestEvidence(t *testing.T) {
	m := press(t, resized(t, recorded().scenarios["slow-disk"](), 200, 60), "e")
	screen := plainScreen(t, m, 200, 60)
	for _, want := range []string{
		"wal-fsync-slow: p99 of the WAL fsync duration", "WARN from 100 ms on, for 15s",
		"set by   etcd's guide",
		"before 7.2ms (median of 3m22s), then !104ms, now !123ms", "peers    then etcd-1 7.4ms, etcd-2 6.9ms",
		"reading  The disk of etcd-3 is slow",
		"not looked at: the hosts", "next     On the host of etcd-3: iostat", "MEMBERS AT 14:30:", "[1] WAL fsync  p50",
	} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is missing:\n%s", want, screen)
		}
	}
	marked := press(t, resized(t, recorded().scenarios["marked"](), 200, 60), "e")
	if screen = plainScreen(t, marked, 200, 60); !strings.Contains(screen, "│ also     14:") {
		t.Errorf("what else happened then is missing:\n%s", screen)
	}
	newest := new(past)
	for i := m.seen.past.len() - 5; i < m.seen.past.len(); i++ {
		newest.add(m.seen.past.nth(i))
	}
	m.seen.past = newest
	if screen = plainScreen(t, press(t, m, "j"), 200, 60); !strings.Contains(screen, "not kept any longer") ||
		strings.Contains(screen, "then 104ms") {
		t.Errorf("of a past that is gone:\n%s", screen)
	}
}

// TestEvidenceNamesWhoSetALimit with the place in the configuration.
func TestEvidenceNamesWhoSetALimit(t *testing.T) {
	rules, err := limits.SetCritical(thresholds.Rules(), thresholds.WALFsyncSlow, "0.11", 0, "limits.yaml:7")
	if err != nil {
		t.Fatal(err)
	}
	m := newTestModel(func(o *Options) {
		o.Rules, o.Evaluator = rules, thresholds.New(thresholds.Options{Rules: rules})
	})
	m = press(t, feed(t, m, scenarios()["slow-disk"], 200, 60), "e")
	if screen := plainScreen(t, m, 200, 60); !strings.Contains(screen, "set by   limits.yaml:7") {
		t.Errorf("who set the limit is missing:\n%s", screen)
	}
}

// TestWriteEvents writes the filtered events to a file, and never overwrites one.
func TestWriteEvents(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	m := newTestModel(func(o *Options) { o.Cluster = "../prod|eu1" })
	m = press(t, feed(t, m, scenarios()["one-down"], 80, 24), "e", "l")
	write := func() noticeMsg {
		t.Helper()
		_, cmd := m.Update(keyMsg("w"))
		if cmd == nil {
			t.Fatal("w does nothing")
		}
		said, ok := cmd().(noticeMsg)
		if !ok {
			t.Fatal("the file's command says nothing")
		}
		return said
	}
	var wrote []string
	for range 2 {
		said := write()
		path, _, named := strings.Cut(strings.TrimPrefix(said.text, "wrote "), " (3 events)")
		if said.err != nil || !named || !filepath.IsAbs(path) || filepath.Dir(path) != dir {
			t.Fatalf("it says %q, %v", said.text, said.err)
		}
		wrote = append(wrote, filepath.Base(path))
	}
	want := []string{"etcdoc-prod-eu1-20260301T143208Z-events.md", "etcdoc-prod-eu1-20260301T143208Z-events-2.md"}
	if !slices.Equal(wrote, want) {
		t.Errorf("the files are %q, want %q", wrote, want)
	}
	text, err := os.ReadFile(wrote[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Events of ../prod\\|eu1\n", "3 of 4 events: level NOTE+",
		"| 2026-03-01 14:31:02Z | MARK | you | A patch etcd-2 |  |",
		"is down, longer than expected (patch etcd-2) | for 58s |", "WARN. etcd-2 is down"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	gone := filepath.Join(dir, "gone")
	if err := os.Mkdir(gone, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(gone)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if said := write(); said.err == nil || !strings.Contains(said.err.Error(), "writing the events: ") {
		t.Errorf("where nothing can be written it says %q, %v", said.text, said.err)
	}
}

// TestCopyEvent copies one line with the date and the evidence.
func TestCopyEvent(t *testing.T) {
	m := press(t, resized(t, recorded().scenarios["slow-disk"](), 80, 24), "e")
	what, text := m.copyEvents()
	for _, want := range []string{"2026-03-01 14:30:28Z WARN etcd-3: WAL fsync p99 123 ms", "(for 1m37s)",
		"wal-fsync-slow is WARN from 100 ms on", "read then: The disk of etcd-3 is slow"} {
		if what != "event" || !strings.Contains(text, want) || strings.Contains(text, "\n") {
			t.Errorf("%q is not in the copied %s: %q", want, what, text)
		}
	}
}

// TestEventsOfOtherDays show their date.
func TestEventsOfOtherDays(t *testing.T) {
	c := scenario{members: 3, sweeps: 30, every: time.Hour, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		if ago == 20*time.Hour {
			s.Marks = []probe.Mark{{At: s.At, Text: "yesterday"}}
		}
	}}
	m := press(t, feed(t, newTestModel(nil), c, 80, 24), "e")
	if line := lineWith(t, plainScreen(t, m, 80, 24), "yesterday"); !strings.Contains(line, "02-28 18:32:07Z") {
		t.Errorf("an event of the day before is %q", line)
	}
}

// TestADownMemberThatFlaps: while it is down again, the row dates from that, and says at every width that
// it is not the first time, and for how long it lasts.
func TestADownMemberThatFlaps(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 60,
		fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
			if ago <= 20*time.Second || ago > 40*time.Second && ago <= 50*time.Second {
				down(s, 1)
			}
		}}, 120, 40)
	again := regexp.MustCompile(`(2 times, now|2×,) for 2\ds`)
	for _, size := range storySizes {
		for _, keys := range [][]string{nil, {"e"}} {
			screen := plainScreen(t, press(t, m, keys...), size[0], size[1])
			for line := range strings.Lines(screen) {
				begin, _, _ := strings.Cut(line, " WARN ")
				if strings.HasSuffix(begin, "Z") && len(begin) < 16 && strings.Contains(line, " is down") &&
					(!strings.HasSuffix(begin, "14:31:47Z") || !again.MatchString(line)) {
					t.Errorf("%v at %v: %s", keys, size, line)
				}
			}
			if keys != nil && !again.MatchString(screen) {
				t.Errorf("at %v how often it was down is missing:\n%s", size, screen)
			}
		}
	}
}
