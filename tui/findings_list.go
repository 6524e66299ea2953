package tui

import (
	"cmp"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// The columns of the findings.
const (
	findingValueWidth = 8
	findingGap        = 2  // beside how long a finding has been firing
	leastFindingList  = 80 // columns beside the details, if there are as many: the words are those of a narrower window
	leastFindingText  = 18 // cells of a summary; with less, the columns behind it are left out
)

// findingColumns are the widths of the columns; values is that of each of two.
type findingColumns struct{ who, values, since int }

// newFindingColumns makes the columns as wide as the findings need. It leaves out values and limits where no finding
// has any, and the columns that do not fit.
func (m model) newFindingColumns(rows []findingRow, width int) findingColumns {
	var who, values, since int
	for _, r := range rows {
		if len(r.found) == 0 {
			who = max(who, len("reading"))
			continue
		}
		f := r.found[0]
		who = max(who, min(ansi.StringWidth(m.whoseShort(f)), maxWhoWidth))
		since = max(since, len(m.firingFor(f)), len("FOR"))
		if f.Limit.IsKnown() {
			values = findingValueWidth
		}
	}
	c := findingColumns{who: who}
	room := width - cursorWidth - eventLvlWide - c.who - 1 - leastFindingText
	if since > 0 && room >= since+findingGap {
		c.since = since + findingGap
	}
	if values > 0 && room >= c.since+2*values {
		c.values = values
	}
	return c
}

func (m model) renderFindingsHead(rows []findingRow, width int) string {
	t, c := m.theme, m.newFindingColumns(rows, width)
	l := newLine(t, width)
	l.space(cursorWidth)
	l.cell(t.dim, "LVL", eventLvlWide, false)
	l.cell(t.dim, "WHO", c.who+1, false)
	l.cell(t.dim, "FINDING", l.room()-2*c.values-c.since, false)
	l.cell(t.dim, "VALUE", c.values, true)
	l.cell(t.dim, "LIMIT", c.values, true)
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
	l := newLine(t, width)
	s := l.withCursor(selected)
	if len(r.found) == 0 {
		a := &m.shown.assessment
		l.cell(t.level(a.Level), levelWord(a.Level), eventLvlWide, false)
		headline := m.brief(cmp.Or(a.Reading.Headline, a.Reading.Text))
		if c.who+1+textWidth(headline) <= l.room() {
			l.cell(s, "reading", c.who+1, false)
		}
		l.add(t.bold, headline)
		return l.String()
	}
	f := r.found[0]
	l.cell(t.level(f.Level), levelWord(f.Level), eventLvlWide, false)
	name := fitName(t, m.whoseShort(f), c.who)
	l.add(s, name)
	l.space(c.who + 1 - ansi.StringWidth(name))
	value, limit := m.findingValue(f), t.number(f.Limit, f.Unit)
	values := 2 * c.values
	if value == "" && limit == "" { // the text may have their room
		values = 0
	}
	text := newLine(t, l.room()-values-c.since)
	if r.depth > 0 {
		text.space(2 * (r.depth - 1))
		text.add(t.faint, t.pick("└ ", "` "))
	}
	m.addFindingText(text, r)
	l.addRaw(text.String(), text.width)
	if values > 0 {
		l.cell(t.plain, value, c.values, true)
		l.cell(t.dim, limit, c.values, true)
	}
	l.cell(t.dim, m.firingFor(f)+" ", c.since, true)
	return l.String()
}

// addFindingText adds what is found in the longest form that fits: in whole, in short, in the rule's words; of rules
// that can't be judged how many there are, and why where that fits. Which rule found it is below.
func (m model) addFindingText(text *line, r findingRow) {
	f := r.found[0]
	expected := m.expectedBy(f.Announcement)
	summary := f.What
	if r.id.unknown() {
		rules := thresholds.Plural(len(r.found), "rule")
		if whole := rules + ", " + m.brief(summary) + expected.shortTail(); ansi.StringWidth(whole) > text.room() {
			m.addWithTail(text, rules+" unknown", expected)
			return
		}
		text.add(m.theme.plain, rules+", ")
		m.addWithTail(text, summary, expected)
		return
	}
	rule, _ := m.rules.Rule(f.Rule)
	for _, form := range []string{f.What, f.HeadlineWhat, rule.Brief} {
		if form != "" {
			summary = form
		}
		if ansi.StringWidth(m.brief(summary)+expected.shortTail()) <= text.room() {
			break
		}
	}
	m.addWithTail(text, summary, expected)
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

// findingValue is the value that breaches the limit, as the table of the members has it; of a finding that resolves the
// last one that did, behind its sign.
func (m model) findingValue(f *thresholds.Finding) string {
	value := m.theme.number(f.Value, f.Unit)
	if f.Resolving() && value != "" {
		return string(thresholds.SignLast) + value
	}
	rule, _ := m.rules.Rule(f.Rule)
	a := m.shown.assessment.Member(f.Member.Key)
	if a == nil || value == "" || rule.Vital == thresholds.NoVital || f.Unit != rule.Vital.Unit() ||
		a.IsStale(rule.Vital) {
		return value
	}
	cell := a.Cell(rule.Vital)
	cell.Sign = thresholds.SignNone
	return cmp.Or(cell.Text(m.theme.number(cell.Value, f.Unit), m.theme.atMost()), value)
}

// firingFor is how long a finding has been firing.
func (m model) firingFor(f *thresholds.Finding) string {
	if f.Resolving() {
		return "resolving"
	}
	return m.theme.duration(m.elapsed(f.Since))
}

// whoWidth is how wide the column with the members' names is.
func (m model) whoWidth() int {
	width := len("cluster")
	for i := range m.shown.assessment.Members {
		width = max(width, min(ansi.StringWidth(m.shortName(m.shown.assessment.Members[i].MemberRef)), maxWhoWidth))
	}
	return width
}
