package tui

import "github.com/etcdoc/etcdoc/thresholds"

// judgedValueWidth is the width of the members' worst value of a vital, and of its limit.
const judgedValueWidth = 8

// renderJudged lists what the rules about members' vitals judge: the member that is nearest to its limit or furthest
// over it, its value, and the limit that its mark goes by.
func (m model) renderJudged(width int) block {
	t, whoWidth := m.theme, min(m.whoWidth(), width/4)
	head := newLine(t, width)
	head.cell(t.dim, "RULE", width-whoWidth-1-2*judgedValueWidth, false)
	head.cell(t.dim, "WORST", judgedValueWidth, true)
	head.space(1)
	head.cell(t.dim, "OF", whoWidth, false)
	head.cell(t.dim, "LIMIT", judgedValueWidth, true)
	b := block{head.String()}
	rules := m.rules.All()
	for i := range rules {
		r := &rules[i]
		if r.Vital == thresholds.NoVital || r.Scope == thresholds.ScopeCluster || r.IsOff() {
			continue
		}
		a := r.NearestToLimit(m.shown.members)
		if a == nil {
			continue
		}
		value := m.vitalCell(a, r.Vital)
		l := newLine(t, width)
		l.cell(t.plain, string(r.ID), width-whoWidth-1-2*judgedValueWidth, false)
		l.cell(value.style, value.text, judgedValueWidth, true)
		l.space(1)
		l.cell(t.dim, fitName(t, m.shortName(a.MemberRef), whoWidth), whoWidth, false)
		limit, reached := r.LimitFor(a)
		l.cell(t.limitText(reached), t.number(limit, r.Unit), judgedValueWidth, true)
		b = append(b, l.String())
	}
	return b
}
