package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// chosen types a text into the palette, and enters it.
func chosen(t *testing.T, m model, text string) model {
	t.Helper()
	return press(t, typed(t, press(t, m, ":"), text), "enter")
}

func TestPaletteDoesWhatItNames(t *testing.T) {
	start := watched(t, "one-down", 80, 24)
	for text, is := range map[string]func(m model) bool{
		"findings":      func(m model) bool { return m.page() == pageFindings },
		"events and":    func(m model) bool { return m.page() == pageEvents },
		"overview":      func(m model) bool { return m.page() == pageOverview },
		"etcd-2":        func(m model) bool { return m.page() == pageMember && label(m) == "etcd-2" },
		"ETCD-3":        func(m model) bool { return m.page() == pageMember && label(m) == "etcd-3" },
		"prod-eu1":      func(m model) bool { return m.page() == pageOverview },
		"sort the":      func(m model) bool { return m.overview.sort == SortName && m.page() == pageOverview },
		"commit":        func(m model) bool { return m.charts.focus == 2 && m.page() == pageMember },
		"pause":         func(m model) bool { return m.paused },
		"mark; ann":     func(m model) bool { return m.prompt.open() && m.prompt.choices == nil },
		"braille":       func(m model) bool { return m.appearance.glyphs == GlyphsBraille },
		"events of a l": func(m model) bool { return m.page() == pageEvents && m.events.filter.some() },
		"help":          func(m model) bool { return m.help.open },
		"zoom":          func(m model) bool { return m.page() == pageZoom },
	} {
		for _, from := range []string{"", "e", "d", "f", "?"} {
			m := start
			if from != "" {
				m = press(t, m, from)
			}
			if m = chosen(t, m, text); !is(m) {
				t.Errorf("%q typed into the palette after %q does something else: page %v\n%s",
					text, from, m.page(), ansi.Strip(m.View()))
			}
		}
	}
}

// TestPaletteHasEverything: each key that is enabled, each page and each member.
func TestPaletteHasEverything(t *testing.T) {
	m := watched(t, "slow-disk", 80, 24)
	has := map[string]bool{}
	for _, c := range m.paletteEntries() {
		if c.text == "" || c.do == nil {
			t.Errorf("%+v says or does nothing", c)
		}
		if textWidth(c.keys) > choiceKeysWidth-1 {
			t.Errorf("%q of %s is cut", c.keys, c.text)
		}
		has[c.kind+" "+c.text] = true
	}
	for r := range m.keys.each() {
		if r.to != &m.keys.Palette && r.to != &m.keys.Chart && !has["action "+r.does] && !has["page "+r.does] {
			t.Errorf("the palette lacks %q", r.does)
		}
	}
	for _, a := range m.shown.members {
		if !has["member "+a.Label] {
			t.Errorf("the palette lacks %s", a.Label)
		}
	}
	n := 0
	for _, c := range m.paletteEntries() {
		if c.kind == "page" {
			n++
		}
	}
	if n != int(pageCount) {
		t.Errorf("the palette has %d pages of %d", n, pageCount)
	}
	replay := newTestModel(func(o *Options) { o.Poller = nil })
	for _, c := range replay.paletteEntries() {
		if c.text == "poll now" {
			t.Error("a replay offers to poll")
		}
	}
}

// TestPaletteMoves: the arrows move, what is typed filters, esc leaves everything as it was.
func TestPaletteMoves(t *testing.T) {
	m := press(t, watched(t, "healthy", 60, 15), ":", "down", "down", "up", "pgdown", "pgup", "enter")
	if m.page() != pageMember {
		t.Errorf("the second entry is another one than the page of a member: %v", m.page())
	}
	for _, before := range [][]string{nil, {"e"}, {"space"}, {"["}, {"P"}, {"d"}} {
		m := press(t, watched(t, "healthy", 60, 15), before...)
		m.notice = notice{}
		m = resized(t, m, 60, 15)
		open := typed(t, press(t, m, ":"), "eve")
		if !strings.Contains(ansi.Strip(open.View()), "events and evidence") {
			t.Errorf("after %v the palette does not list the events:\n%s", before, ansi.Strip(open.View()))
		}
		if strings.Split(open.View(), "\n")[0] != strings.Split(m.View(), "\n")[0] {
			t.Errorf("after %v the palette hides the header", before)
		}
		if after := press(t, open, "esc"); after.View() != m.View() && len(m.present.echoed) == 0 && !m.present.on {
			t.Errorf("after %v esc does not leave the screen as it was", before)
		}
	}
	none := typed(t, press(t, watched(t, "healthy", 80, 24), ":"), "zzzz")
	if !strings.Contains(ansi.Strip(none.View()), "nothing has that name") {
		t.Error("an empty list is not explained")
	}
	if m := press(t, none, "enter"); m.prompt.open() || m.page() != pageOverview {
		t.Error("enter in an empty list does something")
	}
}

// TestUnknownKeys point to the help, and to the page that has them.
func TestUnknownKeys(t *testing.T) {
	m := watched(t, "healthy", 80, 24)
	if m = press(t, m, "&"); m.notice.text != "? help" {
		t.Errorf("a key that nothing has says %q", m.notice.text)
	}
	if m = press(t, m, "l"); m.notice.text != "l: events of a level, worse, on the events page   ? help" {
		t.Errorf("a key of another page says %q", m.notice.text)
	}
	if m, _ = m.Update(tickMsg{m.now.Add(briefNoticeFor + 1)}); m.notice.text != "" {
		t.Errorf("%q stays", m.notice.text)
	}
	if m = press(t, m, "j"); m.notice.text != "" {
		t.Errorf("a key of this page says %q", m.notice.text)
	}
}

// TestEscLeavesThePauseFirst, then the page.
func TestEscLeavesThePauseFirst(t *testing.T) {
	m := press(t, watched(t, "one-down", 80, 24), "e", "[")
	if m = press(t, m, "esc"); m.paused || m.page() != pageEvents {
		t.Errorf("the first esc: paused %v, page %v", m.paused, m.page())
	}
	if m = press(t, m, "esc"); m.page() != pageOverview {
		t.Errorf("the second esc: page %v", m.page())
	}
}

// TestHelpBeginsWithThisPage with the keys that only some pages have, or that have another meaning there.
func TestHelpBeginsWithThisPage(t *testing.T) {
	for opens, want := range map[string]string{"": "sort, filter", "e": "jump there", "z": "go there",
		"d": "copy command"} {
		m := watched(t, "healthy", 60, 15)
		if opens != "" {
			m = press(t, m, opens)
		}
		lines := strings.Split(ansi.Strip(press(t, m, "?").View()), "\n")
		if !strings.Contains(lines[1], "ON THIS PAGE") || !strings.Contains(strings.Join(lines[1:5], "\n"), want) {
			t.Errorf("after %q the help begins with\n%s", opens, strings.Join(lines[:6], "\n"))
		}
	}
}
