package tui

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// findingsPage is the selected entry of the findings page.
type findingsPage struct{ selected findingID }

// findingID names an entry of the findings page: a finding by its rule and its member's key; those that cannot be
// judged by their reason. Its zero value is the reading.
type findingID struct {
	rule   thresholds.RuleID
	member string
	why    string
}

// findingRow is an entry of the findings page.
type findingRow struct {
	id findingID
	// found is the finding, or all findings of a member that cannot be judged for one reason; empty for the reading.
	found []*thresholds.Finding
	// depth is the length of the chain of findings that explain it.
	depth int
}

// findingRows are the reading, the findings, worst first, each above those that it explains, and what cannot be
// judged.
func (m model) findingRows() []findingRow {
	findings, inhibition := m.shown.assessment.Findings, m.shown.inhibition
	children := map[*thresholds.Finding][]*thresholds.Finding{}
	var roots []*thresholds.Finding
	rows := []findingRow{{}}
	for i := range findings {
		f := &findings[i]
		switch by := inhibition.By(f); {
		case f.Level == thresholds.Unknown:
		case inhibition.Root(f) == f || by.Level == thresholds.Unknown:
			roots = append(roots, f)
		default:
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

// unknownRows are what cannot be judged: one row for a member and a reason.
func unknownRows(findings []thresholds.Finding) []findingRow {
	var rows []findingRow
	for i := range findings {
		f := &findings[i]
		if f.Level != thresholds.Unknown {
			continue
		}
		id := findingID{member: f.Member.Key, why: f.Summary}
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
	to, moved := m.keys.move(msg, at, len(rows)-1)
	m.findings.selected = rows[to].id
	return m, nil, moved
}

// renderFindingsPage lists the reading and the findings, and everything about the selected one.
func (m model) renderFindingsPage(width, height int) block {
	rows := m.findingRows()
	at := m.findingAt(rows)
	return m.renderListPage(listPage{
		about: func(width int) string { return m.renderFindingsAbout(rows, width) },
		head:  func(width int) string { return m.renderFindingsHead(rows, width) },
		rows:  len(rows), selected: at,
		row: func(i, width int) string {
			return m.renderFindingRow(rows[i], m.newFindingColumns(rows, width), i == at, width)
		},
		detail: func(width int) block { return m.renderFinding(rows[at], width) },
		beyond: m.renderJudged,
	}, width, height)
}

// renderFindingsAbout counts the findings and the rules.
func (m model) renderFindingsAbout(rows []findingRow, width int) string {
	t := m.theme
	breached, explained, unknown := 0, 0, 0
	for _, r := range rows[1:] {
		switch {
		case r.id.why != "":
			unknown += len(r.found)
		case r.depth > 0:
			explained++
			breached++
		default:
			breached++
		}
	}
	l := newLine(t, width)
	l.add(t.bold, " "+thresholds.Plural(breached, "finding"))
	if explained > 0 {
		l.add(t.plain, ", "+strconv.Itoa(explained)+" of them explained by others")
	}
	if unknown > 0 {
		l.add(t.plain, ", "+strconv.Itoa(unknown)+" cannot be judged")
	}
	l.cell(t.dim, thresholds.Plural(m.rulesOn(), "rule")+" ", l.room(), true)
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

// The columns of the findings.
const (
	findingValueWidth = 8
	findingForWidth   = 9
	leastFindingText  = 18 // cells of a rule and its summary; with less, the columns behind it are left out
)

// findingColumns are the widths of the optional columns.
type findingColumns struct{ who, values, since int }

// newFindingColumns leaves out values and limits where no finding has any, and the columns that do not fit.
func (m model) newFindingColumns(rows []findingRow, width int) findingColumns {
	c := findingColumns{who: m.whoWidth()}
	room := width - cursorWidth - eventLvlWide - c.who - 1 - leastFindingText
	if room >= findingForWidth+1 {
		c.since = findingForWidth + 1
	}
	valued := func(r findingRow) bool { return len(r.found) > 0 && r.found[0].Limit.IsKnown() }
	if room >= c.since+2*findingValueWidth && slices.ContainsFunc(rows, valued) {
		c.values = 2 * findingValueWidth
	}
	return c
}

func (m model) renderFindingsHead(rows []findingRow, width int) string {
	t, c := m.theme, m.newFindingColumns(rows, width)
	l := newLine(t, width)
	l.space(cursorWidth)
	l.cell(t.dim, "LVL", eventLvlWide, false)
	l.cell(t.dim, "WHO", c.who+1, false)
	l.cell(t.dim, "FINDING", l.room()-c.values-c.since, false)
	if c.values > 0 {
		l.cell(t.dim, "VALUE", findingValueWidth, true)
		l.cell(t.dim, "LIMIT", findingValueWidth, true)
	}
	l.cell(t.dim, sinceTitle(c), c.since, true)
	return l.String()
}

func sinceTitle(c findingColumns) string {
	if c.since == 0 {
		return ""
	}
	return "FOR "
}

func (m model) renderFindingRow(r findingRow, c findingColumns, selected bool, width int) string {
	t := m.theme
	l, s := newLine(t, width), t.plain
	if selected {
		s = t.selected
		l.add(t.accent, "> ")
	} else {
		l.space(cursorWidth)
	}
	if len(r.found) == 0 {
		a := &m.shown.assessment
		l.cell(t.level(a.Level), levelWord(a.Level), eventLvlWide, false)
		l.add(s, "reading ")
		l.add(t.bold, m.brief(cmp.Or(a.Reading.Headline, a.Reading.Text)))
		return l.String()
	}
	f := r.found[0]
	l.cell(t.level(f.Level), levelWord(f.Level), eventLvlWide, false)
	name := fitName(t, m.whoseShort(f), c.who)
	l.add(s, name)
	l.space(c.who + 1 - ansi.StringWidth(name))
	text := newLine(t, l.room()-c.values-c.since)
	if r.depth > 0 {
		text.space(2 * (r.depth - 1))
		text.add(t.faint, t.pick("└ ", "` "))
	}
	begin, summary := span{t.bold, string(f.Rule) + " "}, f.What
	if r.id.why != "" {
		begin = span{t.plain, thresholds.Plural(len(r.found), "rule") + ", "}
	}
	expected := m.expectedBy(f.Expected, f.Member, m.asOf())
	whole := begin.text + m.brief(summary) + expected.shortTail()
	if r.id.why == "" && f.HeadlineWhat != "" && ansi.StringWidth(whole) > text.room() { // the rule is below
		begin.text, summary = "", f.HeadlineWhat
	}
	text.add(begin.style, begin.text)
	m.addWithTail(text, summary, expected)
	l.addRaw(text.String(), text.width)
	if c.values > 0 {
		l.cell(t.plain, t.number(f.Value, f.Unit), findingValueWidth, true)
		l.cell(t.dim, t.number(f.Limit, f.Unit), findingValueWidth, true)
	}
	l.cell(t.dim, m.firingFor(f)+" ", c.since, true)
	return l.String()
}

// whose names whom a finding is about.
func whose(f *thresholds.Finding) string {
	if f.Member.IsZero() {
		return "cluster"
	}
	return f.Member.Label
}

// whoseShort is whose, by the member's short name.
func (m model) whoseShort(f *thresholds.Finding) string {
	if f.Member.IsZero() {
		return whose(f)
	}
	return m.shortName(f.Member)
}

// firingFor is how long a finding has been firing.
func (m model) firingFor(f *thresholds.Finding) string {
	if f.Resolving() {
		return "resolving"
	}
	return m.theme.duration(m.shown.assessment.At.Sub(f.Since))
}

// whoWidth is how wide the column with the members' names is.
func (m model) whoWidth() int {
	width := len("cluster")
	for i := range m.shown.assessment.Members {
		width = max(width, min(ansi.StringWidth(m.shortName(m.shown.assessment.Members[i].MemberRef)), maxWhoWidth))
	}
	return width
}
