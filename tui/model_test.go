package tui

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// newTestModel is a model on a real evaluator, with a fixed clock and colours.
func newTestModel(change func(*Options)) model {
	o := Options{
		Target: Target{
			Source: &replay{}, Poller: &recordedPoller{}, Cluster: "prod-eu1",
			Endpoints: []string{"10.0.3.11:2379", "10.0.3.12:2379", "10.0.3.13:2379"}, Space: fakeSpace{},
		},
		Evaluator:   thresholds.New(thresholds.Options{}),
		Color:       ColorNever,
		Getenv:      func(string) string { return "" },
		KeepColumns: func([]string) error { return nil },
		StatePath:   "/home/me/.local/state/etcdoc/chosen.yaml",
	}
	if change != nil {
		change(&o)
	}
	o = o.withDefaults()
	m := newModel(o, judgeOf(o.Evaluator), newBackground(context.Background(), slog.New(slog.DiscardHandler)))
	m.conn.since, m.now = epoch.Add(-3*time.Second), epoch
	return m
}

// feed feeds a scenario to the model, in a window of a size.
func feed(t testing.TB, m model, c scenario, width, height int) model {
	t.Helper()
	return resized(t, m.after(c), width, height)
}

// after is the model a second after a scenario's end.
func (m model) after(c scenario) model {
	for _, s := range c.generate() {
		m = m.withSweep(s)
	}
	m.now = epoch.Add(time.Second)
	return m
}

// withSweep delivers a sweep without drawing.
func (m model) withSweep(s probe.Sweep) model {
	m, _ = m.onSweep(sweepMsg{sweep: s, at: s.At.Add(s.Took)})
	return m
}

func press(t testing.TB, m model, keys ...string) model {
	t.Helper()
	for _, k := range keys {
		m, _ = m.Update(keyMsg(k))
	}
	return m
}

func keyMsg(k string) tea.KeyMsg {
	if k == "space" {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune(" ")}
	}
	for named := tea.KeyType(-128); named < 128; named++ {
		if named.String() == k && len(k) > 1 {
			return tea.KeyMsg{Type: named}
		}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
}

func label(m model) string {
	if i := m.selection(); i >= 0 {
		return m.shown.members[i].Label
	}
	return ""
}

func TestKeysSelectMembers(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24)
	for _, step := range []struct{ key, want string }{
		{"k", "etcd-1"}, {"j", "etcd-2"}, {"down", "etcd-3"}, {"j", "etcd-3"}, {"up", "etcd-2"}, {"g", "etcd-1"},
		{"G", "etcd-3"},
	} {
		if m = press(t, m, step.key); label(m) != step.want {
			t.Fatalf("after %q the selection is %q, want %q", step.key, label(m), step.want)
		}
	}
}

func TestSelectionFollowsTheMember(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 2}.generate()
	m := press(t, newTestModel(nil).withSweep(sweeps[0]), "j", "j")
	moved := sweeps[1]
	moved.Members = []probe.Member{moved.Members[2], moved.Members[0]}
	if m = m.withSweep(moved); label(m) != "etcd-3" {
		t.Errorf("etcd-3 moved up a row and the selection is %q", label(m))
	}
	moved.Members = moved.Members[1:]
	if m = m.withSweep(moved); label(m) != "etcd-1" {
		t.Errorf("etcd-3 left and the selection is %q, want the first member", label(m))
	}
}

func TestSelectionFollowsAnEndpointThatTurnsOutToBeAMember(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 2, fault: func(ago time.Duration, s *probe.Sweep, _ *world) {
		for j := range s.Members {
			if ago > 0 {
				down(s, j)
				s.Members[j].ID = 0
			}
		}
	}}.generate()
	m := press(t, newTestModel(nil).withSweep(sweeps[0]), "j")
	if m = m.withSweep(sweeps[1]); label(m) != "etcd-2" {
		t.Errorf("the second endpoint was selected; now that the members are known the selection is %q", label(m))
	}
}

func TestPauseFreezesTheViewWhilePollingGoesOn(t *testing.T) {
	sweeps := scenarios()["slow-disk"].generate()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 5}, 120, 40)
	m = press(t, m, "space")
	before, pausedAt := strings.Split(m.View(), "\n"), m.now
	var cmd tea.Cmd
	for i, s := range sweeps[:14] {
		s.At = epoch.Add(time.Duration(i+1) * time.Second)
		if m, cmd = m.Update(sweepMsg{sweep: s, at: s.At}); cmd == nil {
			t.Fatal("a paused view stopped the polling")
		}
	}
	after := strings.Split(m.View(), "\n")
	if !strings.Contains(after[0], "PAUSED +14 new") {
		t.Errorf("header %q does not say PAUSED +14 new", after[0])
	}
	last := len(after) - 1
	viewed := func(lines []string, now time.Time) string { // the clock goes on
		return strings.Replace(strings.Join(lines[1:last], "\n"), m.clock(now), "", 1)
	}
	if viewed(before, pausedAt) != viewed(after, m.now) {
		t.Error("the view changed while it was paused")
	}
	if !strings.Contains(after[last], "AS OF 14:32:07Z, 14s before the newest") {
		t.Errorf("the last line %q does not say as of when the view is", after[last])
	}
	if m = press(t, m, "space"); !strings.Contains(m.View(), "LIVE") ||
		m.shown.assessment.At != m.seen.live.assessment.At {
		t.Error("the view does not follow the newest sweep after the pause")
	}
}

func TestWindowAndIntervalKeys(t *testing.T) {
	poller := &recordedPoller{}
	m := feed(t, newTestModel(func(o *Options) { o.Poller = poller }), scenario{members: 3, sweeps: 2}, 80, 24)
	if m = press(t, m, "-"); m.charts.window != 15*time.Minute {
		t.Errorf("window %v after -, want 15m", m.charts.window)
	}
	if m = press(t, m, "+", "+", "+", "+"); m.charts.window != time.Minute {
		t.Errorf("window %v after many +, want 1m", m.charts.window)
	}
	m = press(t, m, "<", "<", ">", ">", ">")
	want := []time.Duration{500 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
		5 * time.Second}
	if len(poller.intervals) != len(want) {
		t.Fatalf("the poller got %v, want %v", poller.intervals, want)
	}
	for i := range want {
		if poller.intervals[i] != want[i] {
			t.Fatalf("the poller got %v, want %v", poller.intervals, want)
		}
	}
	if press(t, m, "r"); poller.hurried != 1 {
		t.Errorf("r hurried the poller %d times, want once", poller.hurried)
	}
}

func TestAReplayHasNoPollKeys(t *testing.T) {
	m := feed(t, newTestModel(func(o *Options) { o.Poller = nil }), scenario{members: 3, sweeps: 2}, 120, 40)
	m = press(t, m, "r", "<", ">", "?")
	if strings.Contains(m.View(), "poll now") {
		t.Error("the help lists a key that does nothing")
	}
}

func TestSweepLoop(t *testing.T) {
	m := newTestModel(nil)
	s := scenario{members: 3, sweeps: 1}.generate()[0]
	if _, cmd := m.Update(sweepMsg{sweep: s, at: epoch}); cmd == nil {
		t.Error("a sweep did not ask for the next one")
	}
	if _, cmd := m.Update(tea.WindowSizeMsg{Width: 80, Height: 24}); cmd != nil {
		t.Error("a resize started something")
	}
	ended, cmd := m.Update(sweepMsg{err: io.EOF, at: epoch})
	if cmd != nil || !errors.Is(ended.conn.ended, io.EOF) {
		t.Error("the model requested a sweep after the end of the recording")
	}
}

func TestLeaving(t *testing.T) {
	for _, test := range []struct {
		key  string
		want leave
	}{{"q", leaveSummary}, {"Q", leaveScreen}, {"ctrl+c", leaveAtOnce}} {
		for _, helping := range []bool{false, true} {
			m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24)
			if helping {
				m = press(t, m, "?")
			}
			m, cmd := m.Update(keyMsg(test.key))
			if cmd == nil || m.program.leaving != test.want {
				t.Errorf("%s (help open: %v): leaving %v, want %v", test.key, helping, m.program.leaving, test.want)
			}
		}
	}
}

func TestHelpOpensAndCloses(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24)
	overview := m.View()
	for _, closing := range []string{"?", "esc"} {
		if m = press(t, m, "?"); !strings.Contains(m.View(), "close the help") {
			t.Fatal("? did not open the help")
		}
		if m = press(t, m, closing); m.View() != overview {
			t.Errorf("%s did not close the help", closing)
		}
	}
}

// TestHelpShowsTheKeymap compares the help with the keymap, so that it is right and complete.
func TestHelpShowsTheKeymap(t *testing.T) {
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24), "?")
	if !strings.Contains(m.View(), "LEVELS") || !strings.Contains(press(t, m, "G").View(), "FILES") {
		t.Errorf("80x24 does not show all keys, or not the end of the words:\n%s", m.View())
	}
	explained := strings.Join(strings.Fields(ansi.Strip(resized(t, m, 200, 60).View())), " ")
	for _, s := range stateWords {
		if !strings.Contains(explained, string(s.word)+" "+s.words) {
			t.Errorf("the help does not explain the state %s", s.word)
		}
	}
	for _, c := range tableColumns(0, Units1024) {
		if !strings.Contains(explained, c.title+" "+c.words()) {
			t.Errorf("the help does not explain the column %s", c.title)
		}
	}
	listed := map[string]bool{}
	for _, g := range m.keys.groups {
		for _, entry := range g.entries {
			if !strings.Contains(ansi.Strip(m.View()), entry.helpLine) ||
				!strings.Contains(ansi.Strip(m.View()), m.keys.shown(entry.bindings()...)) {
				t.Errorf("the help lacks %q %q", m.keys.shown(entry.bindings()...), entry.helpLine)
			}
			for _, b := range entry.bindings() {
				listed[b.Help().Desc] = true
			}
		}
	}
	listed[m.keys.PageUp.Help().Desc] = true // in one with the other
	for _, typing := range m.keys.whileTyping() {
		listed[typing.does] = true // the prompt shows it itself, or the help's head
	}
	keys := reflect.ValueOf(*m.keys)
	for i := range keys.NumField() {
		if !keys.Field(i).CanInterface() {
			continue
		}
		if b, is := keys.Field(i).Interface().(key.Binding); is && !listed[b.Help().Desc] {
			t.Errorf("no group has the key %q", b.Help().Key)
		}
	}
	for _, sent := range []string{"Status", "MemberList", "AlarmList", "GET /metrics"} {
		if !strings.Contains(strings.Join(strings.Fields(press(t, m, "G").View()), " "), sent) {
			t.Errorf("the help does not say that %s is sent", sent)
		}
	}
}

func TestHelpScrolls(t *testing.T) {
	m := press(t, feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 60, 10), "?")
	if strings.Contains(m.View(), "GET /metrics") {
		t.Fatal("the whole help fits into 10 lines: nothing to scroll")
	}
	if m = press(t, m, "G"); !strings.Contains(strings.Join(strings.Fields(m.View()), " "), "GET /metrics") {
		t.Error("G does not show the end of the help")
	}
	if m = press(t, m, "k", "g"); !strings.Contains(m.View(), "ON THIS PAGE") {
		t.Error("g does not show its beginning")
	}
	if m = press(t, m, "j"); strings.Contains(m.View(), "ON THIS PAGE") || label(m) != "etcd-1" {
		t.Error("j does not scroll the help, or moves the selection behind it")
	}
}

// TestKeysThatComeInAtOnce each count, as when a key is held down over a slow line.
func TestKeysThatComeInAtOnce(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24)
	runes := func(keys string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(keys)} }
	if m, _ = m.Update(runes("jj")); label(m) != "etcd-3" {
		t.Errorf("jj selects %q, want etcd-3", label(m))
	}
	if m, _ = m.Update(runes("mdrain")); m.prompt.input.Value() != "drain" {
		t.Errorf("mdrain types %q, want drain", m.prompt.input.Value())
	}
	m = press(t, m, "esc")
	pasted := runes("kq")
	pasted.Paste = true
	if m, _ = m.Update(pasted); label(m) != "etcd-3" || m.program.leaving != leaveNot {
		t.Error("a pasted text works as keys")
	}
	if _, cmd := m.Update(runes("qq")); cmd == nil {
		t.Error("qq does not quit")
	}
}
