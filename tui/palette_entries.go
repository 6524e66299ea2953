package tui

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// openPalette prompts for the name of a page, a member or an action.
func (m model) openPalette() model {
	all := choices{title: "pages, members, clusters, actions", all: m.paletteEntries()}
	return m.choose(m.keys.Palette.Help().Key, all)
}

// paletteEntries are the pages, the members, the cluster, and what each key does.
func (m model) paletteEntries() []choice {
	var all []choice
	opens := map[*key.Binding]bool{&m.keys.Palette: true}
	for p := range pageCount {
		entry := choice{kind: "page", do: func(m model) (model, tea.Cmd) { return m.goToPage(p), nil }}
		switch b := m.keys.keyOf(p); {
		case b != nil:
			entry.text, entry.keys = b.Help().Desc, m.keys.shown(b)
			opens[b] = true
		case p == pageOverview:
			entry.text = "overview: the whole cluster"
		default:
			entry.text = m.pageName(p) + ": the selected one"
		}
		all = append(all, entry)
	}
	for i := range m.shown.members {
		all = append(all, m.memberEntry(&m.shown.members[i]))
	}
	if name := m.theme.clean(m.clusterWords()); name != "" {
		all = append(all, choice{kind: "cluster", text: name,
			do: func(m model) (model, tea.Cmd) { return m.goToPage(pageOverview), nil }})
	}
	for _, name := range m.clusters.names() {
		if name != m.conn.on {
			all = append(all, m.clusterEntry(name))
		}
	}
	for r := range m.keys.each() {
		if !opens[r.to] && r.to.Enabled() {
			all = append(all, m.keyEntries(r)...)
		}
	}
	return all
}

// memberEntry opens a member's page.
func (m model) memberEntry(a *thresholds.Member) choice {
	id, name := a.Key, m.theme.clean(a.Label)
	if room := m.screen.width - cursorWidth - choiceKindWidth - choiceKeysWidth; textWidth(name) > room {
		name = m.shortName(a.MemberRef) // which tells it from the others
	}
	return choice{kind: "member", text: name, keys: m.conditionCell(a).text,
		do: func(m model) (model, tea.Cmd) {
			m.selected = id
			return m.goToPage(pageMember).arrange(), nil
		}}
}

// keyEntries are what a key does: each chart of the keys that focus one.
func (m model) keyEntries(r *keyRecord) []choice {
	if r.to == &m.keys.Chart {
		all := metrics()
		entries := make([]choice, len(all))
		for i := range all {
			entries[i] = choice{
				kind: "chart", text: all[i].title, keys: strconv.Itoa(i + 1), do: pressing(r, r.keys[i]),
			}
		}
		return entries
	}
	return []choice{{kind: "action", text: r.does, keys: strings.Join(r.allNames(), " "), do: pressing(r, r.keys[0])}}
}

// pressing does what a key does, on the page where it is at home if this one does not have it.
func pressing(r *keyRecord, name string) func(model) (model, tea.Cmd) {
	return func(m model) (model, tea.Cmd) {
		if !r.isOn(m.page()) {
			m = m.goToPage(r.on[0])
		}
		return m.onKey(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)})
	}
}
