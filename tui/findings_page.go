package tui

import (
	"slices"
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// findingsPage is the selected entry of the findings page.
type findingsPage struct{ selected findingID }

// findingID names an entry of the findings page: a finding by its rule and its member's key; those that can't be
// judged by what is missing. Its zero value is the reading.
type findingID struct {
	rule   thresholds.RuleID
	member string
	gap    thresholds.Gap
}

// unknown reports that it is an entry of what can't be judged.
func (id findingID) unknown() bool { return id.gap != thresholds.Gap{} }

// findingRow is an entry of the findings page.
type findingRow struct {
	id findingID
	// found is the finding, or all findings of a member that can't be judged for one reason; empty for the reading.
	found []*thresholds.Finding
	// depth is the length of the chain of findings that explain it.
	depth int
}

// findingRows are the reading, the findings, worst first, each above those that it explains, and what can't be
// judged.
func (m model) findingRows() []findingRow {
	findings, inhibition := m.shown.assessment.Findings, m.shown.inhibition
	children := map[*thresholds.Finding][]*thresholds.Finding{}
	var roots []*thresholds.Finding
	rows := []findingRow{{}}
	for i := range findings {
		f := &findings[i]
		switch {
		case f.Level == thresholds.Unknown:
		case inhibition.Root(f) == f:
			roots = append(roots, f)
		default:
			by := inhibition.By(f)
			children[by] = append(children[by], f)
		}
	}
	var add func(found []*thresholds.Finding, depth int)
	add = func(found []*thresholds.Finding, depth int) {
		for _, f := range found {
			id := findingID{rule: f.Rule, member: f.Member.Key}
			rows = append(rows, findingRow{id, []*thresholds.Finding{f}, depth})
			add(children[f], depth+1)
		}
	}
	add(roots, 0)
	return append(rows, unknownRows(findings)...)
}

// unknownRows are what can't be judged: one row for a member and a reason.
func unknownRows(findings []thresholds.Finding) []findingRow {
	var rows []findingRow
	for i := range findings {
		f := &findings[i]
		if f.Level != thresholds.Unknown {
			continue
		}
		id := findingID{member: f.Member.Key, gap: f.Gap()}
		at := slices.IndexFunc(rows, func(r findingRow) bool { return r.id == id })
		if at < 0 {
			rows, at = append(rows, findingRow{id: id}), len(rows)
		}
		rows[at].found = append(rows[at].found, f)
	}
	return rows
}

// findingAt is the place of the selected entry; of the reading where that entry is gone.
func (m model) findingAt(rows []findingRow) int {
	return max(slices.IndexFunc(rows, func(r findingRow) bool { return r.id == m.findings.selected }), 0)
}

// onFindingsKey moves the selection, and opens the member that a finding is about.
func (m model) onFindingsKey(msg tea.KeyMsg) (model, tea.Cmd, bool) {
	rows := m.findingRows()
	at := m.findingAt(rows)
	if key.Matches(msg, m.keys.Open) {
		of := rows[at].id.member
		if placeOf(m.shown.members, of) >= 0 {
			m.selected = of
			return m.openMember(), nil, true
		}
		if of == "" {
			return m.say("this is about the cluster: there is no member to open", nil), nil, true
		}
		return m.say("the filter of the members hides this one", nil), nil, true
	}
	if m, scrolled := m.onDetailKey(msg, model.findingsList); scrolled {
		return m, nil, true
	}
	to, moved := m.keys.move(msg, at, len(rows)-1)
	if to != at {
		m.detail.top = 0
	}
	m.findings.selected = rows[to].id
	return m, nil, moved
}

// renderFindingsPage lists the reading and the findings, and everything about the selected one.
func (m model) renderFindingsPage(width, height int) block {
	p := m.findingsList(width)
	if width < dockWidth || height < dockHeight {
		p.below = nil
	}
	return m.renderListPage(p, width, height)
}

// findingsList is the page's list, and everything about the selected entry.
func (m model) findingsList(width int) listPage {
	rows := m.findingRows()
	at := m.findingAt(rows)
	return listPage{
		below: func(width, height int) block {
			of := thresholds.MemberRef{}
			if found := rows[at].found; len(found) > 0 {
				of = found[0].Member
			}
			return m.renderVitals(rows[at].id.rule, of, width, height)
		},
		about: func(width int) string { return m.renderFindingsAbout(rows, width) },
		head:  func(width int) string { return m.renderFindingsHead(rows, width) },
		rows:  len(rows), selected: at, least: min(leastFindingList, width*2/3),
		row: func(i, width int) block {
			return block{m.renderFindingRow(rows[i], m.newFindingColumns(rows, width), i == at, width)}
		},
		detail:  func(width int) block { return m.renderFinding(rows[at], width) },
		hint:    func(width int) block { return m.renderRunbookHint(rows[at], width) },
		beneath: func(width, height int) block { return m.renderEventsOf(rows[at].id.member, width, height) },
		beyond:  m.renderJudged,
	}
}

// renderFindingsAbout counts the findings and the rules.
func (m model) renderFindingsAbout(rows []findingRow, width int) string {
	t := m.theme
	breached, explained := 0, 0
	unknown := make(map[thresholds.RuleID]bool)
	for _, r := range rows[1:] {
		switch {
		case r.id.unknown():
			for _, f := range r.found {
				unknown[f.Rule] = true
			}
		case r.depth > 0:
			explained++
			breached++
		default:
			breached++
		}
	}
	l := newLine(t, width)
	l.add(t.bold, " "+thresholds.Plural(breached, "finding"))
	counts := func(explainedWords, unknownWords string) (text string) {
		if explained > 0 {
			text += ", " + strconv.Itoa(explained) + explainedWords
		}
		if n := len(unknown); n > 0 {
			text += ", " + thresholds.Plural(n, "rule") + " " + unknownWords
		}
		return text
	}
	text, rules := counts(" of them explained by others", "can't be judged"), "  "+thresholds.Plural(m.rulesOn(), "rule")+" "
	if textWidth(text+rules) > l.room() {
		text = counts(" explained", "not judged")
	}
	l.add(t.plain, text)
	if textWidth(rules) <= l.room() {
		l.cell(t.dim, rules, l.room(), true)
	}
	return l.String()
}

// rulesOn is how many rules are judged.
func (m model) rulesOn() int {
	n := 0
	for _, r := range m.rules.All() {
		if !r.IsOff() {
			n++
		}
	}
	return n
}
