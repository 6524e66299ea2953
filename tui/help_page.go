package tui

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// helpPage is the help, which covers whatever page is shown.
type helpPage struct {
	open bool
	top  int // the first line shown
}

// The columns of the help.
const (
	helpColumnWidth = 26 // at least
	helpColumns     = 3  // at most
	helpKeyWidth    = 8  // of an entry's keys, with the blank behind them
	helpFullWidth   = 60 // of a column with a line for each key, in full words
)

// renderHelp is the overlay with every key, the words, and what etcdoc sends to the cluster. Keys that do nothing on
// this page are dim.
func (m model) renderHelp(width, height int) block {
	t := m.theme
	lines := m.helpLines(width)
	last := helpScrolls(len(lines), height)
	title, top := " etcdoc "+strings.TrimLeft(t.clean(m.program.version)+" keys ", " "), min(m.help.top, last)
	if last > 0 {
		title += "(more: j k) "
	}
	head := newLine(t, width)
	head.add(t.accent, title)
	closing := m.keys.Close.Help()
	if note := " dim: on other pages"; head.room() > len(note)+len(closing.Key)+len(closing.Desc)+2 {
		head.add(t.dim, note)
	}
	head.space(head.room() - len(closing.Key) - len(closing.Desc) - 2)
	head.add(t.bold, closing.Key)
	head.add(t.dim, " "+closing.Desc+" ")
	b := block{head.String()}
	return append(b, lines[top:]...).pad(width, height)
}

// helpHead is how many lines of the help do not scroll.
const helpHead = 1

// helpScrolls is by how many lines the help can be scrolled.
func helpScrolls(lines, height int) int { return min(max(lines-(height-helpHead), 0), lines) }

// helpLines are the help under its head.
func (m model) helpLines(width int) block {
	b := append(m.renderKeys(width), m.renderRule(width))
	if isVast(width, m.screen.height) {
		return append(b, m.legendColumns(width)...)
	}
	legend := m.legend()
	if m.screen.height >= lowHeight {
		legend = slices.Insert(legend, 3, m.chartLegend())
	}
	for i, w := range legend {
		b = append(b, m.theme.wrapped(width, " "+w[0], w[1])...)
		if i == 0 { // behind the levels
			b = append(b, m.labelled(width, " STATE", m.stateLegend())...)
			b = append(b, m.labelled(width, " TABLE", m.columnLegend())...)
		}
	}
	return b
}

// onHelpKey scrolls the help, and closes it.
func (m model) onHelpKey(msg tea.KeyMsg) model {
	last := helpScrolls(len(m.helpLines(m.screen.width)), m.screen.height)
	if key.Matches(msg, m.keys.Close) {
		m.help.open = false
		return m
	}
	m.help.top, _ = m.keys.move(msg, min(m.help.top, last), last)
	return m
}

// renderKeys lists the keymap in as many columns as the window has room for.
func (m model) renderKeys(width int) block {
	columns := min(max(width/helpColumnWidth, 1), helpColumns)
	groups := m.helpGroups()
	if width/columns >= helpFullWidth && m.screen.height >= dockHeight {
		groups = inFull(groups)
	}
	parts := inColumns(groups, columns)
	var all block
	for i, groups := range parts {
		wide := width / len(parts)
		if i == len(parts)-1 {
			wide = width - i*wide
		}
		b := m.renderKeyGroups(groups, wide)
		if all == nil {
			all = b
			continue
		}
		rows := max(len(all), len(b))
		all = beside(all.pad(width/len(parts)*i, rows), "", b.pad(wide, rows))
	}
	return all
}

// helpGroups are the groups of the keymap: the keys that have another meaning on this page come first, and those that
// not every page has where this one has them.
func (m model) helpGroups() []keyGroup {
	here := keyGroup{title: "ON THIS PAGE"}
	groups := []keyGroup{{}}
	var own []*key.Binding
	for _, h := range m.pane().keys(m.keys) {
		if h.onPage != "" {
			here.entries = append(here.entries, h.entry())
			own = append(own, h.bindings...)
		}
	}
	for _, g := range m.keys.groups {
		others := keyGroup{title: g.title}
		for _, entry := range g.entries {
			rest := entry.without(own)
			switch {
			case m.keys.shown(rest.bindings()...) == "":
			case rest.isOf(m.page()):
				here.entries = append(here.entries, entry)
			default:
				others.entries = append(others.entries, entry)
			}
		}
		if len(others.entries) > 0 {
			groups = append(groups, others)
		}
	}
	if len(here.entries) == 0 {
		return groups[1:]
	}
	groups[0] = here
	return groups
}

// inFull are groups with a line for each key, which says what it does in full.
func inFull(groups []keyGroup) []keyGroup {
	full := make([]keyGroup, len(groups))
	for i, g := range groups {
		full[i].title = g.title
		for _, entry := range g.entries {
			if entry.keys[0].does == "" { // what they do on this page: see hint.entry
				full[i].entries = append(full[i].entries, entry)
				continue
			}
			for _, record := range entry.keys {
				if len(record.allNames()) > 0 {
					line := keyEntry{helpLine: record.does, keys: []keyRecord{record}}
					full[i].entries = append(full[i].entries, line)
				}
			}
		}
	}
	return full
}

// isOf reports that a page has one of the keys, and not every page does.
func (e *keyEntry) isOf(p page) bool {
	return slices.ContainsFunc(e.keys, func(r keyRecord) bool { return r.on != nil && r.isOn(p) })
}

// isOn reports that a page has one of the keys.
func (e *keyEntry) isOn(p page) bool {
	return slices.ContainsFunc(e.keys, func(r keyRecord) bool { return r.isOn(p) })
}

// entry is the help's line for keys that have a meaning of their own on a page. Its records have the keys alone.
func (h hint) entry() keyEntry {
	e := keyEntry{helpLine: h.onPage}
	for _, b := range h.bindings {
		e.keys = append(e.keys, keyRecord{to: b})
	}
	return e
}

// without is an entry with the keys that are not among some.
func (e *keyEntry) without(some []*key.Binding) keyEntry {
	rest := *e
	rest.keys = slices.DeleteFunc(slices.Clone(e.keys), func(r keyRecord) bool { return slices.Contains(some, r.to) })
	return rest
}

// inColumns deals groups out to columns, in their order, so that the longest column is as short as can be.
func inColumns(groups []keyGroup, columns int) [][]keyGroup {
	for most := 1; ; most++ {
		var dealt [][]keyGroup
		lines := most
		for _, g := range groups {
			n := 1 + len(g.entries)
			if lines+n > most {
				dealt, lines = append(dealt, nil), 0
			}
			dealt[len(dealt)-1], lines = append(dealt[len(dealt)-1], g), lines+n
		}
		if len(dealt) <= columns {
			return dealt
		}
	}
}

// renderKeyGroups lists the keys that are enabled.
func (m model) renderKeyGroups(groups []keyGroup, width int) block {
	t := m.theme
	var b block
	for _, g := range groups {
		title := lineOf(t, width, span{t.bold, " " + g.title})
		for _, entry := range g.entries {
			keys := m.keys.shown(entry.bindings()...)
			if keys == "" {
				continue
			}
			if title != "" {
				b, title = append(b, title), ""
			}
			named, said := t.accent, t.plain
			if !entry.isOn(m.page()) {
				named, said = t.dim, t.dim
			}
			l := newLine(t, width)
			l.space(1)
			l.cell(named, keys, max(helpKeyWidth-1, len(keys)), false)
			l.space(1)
			l.add(said, entry.helpLine)
			b = append(b, l.String())
		}
	}
	return b
}

// shownPath is a path; only its last element on a shared screen, as folders have names of people.
func (m model) shownPath(path string) string {
	if m.present.on && path != "" {
		path = filepath.Base(path)
	}
	return orNone(m.theme.clean(path))
}
