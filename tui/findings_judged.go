package tui

import (
	"slices"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

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
	for i := range m.rules.all {
		r := &m.rules.all[i]
		if r.Vital == thresholds.NoVital || r.Scope == thresholds.ScopeCluster || r.IsOff() {
			continue
		}
		a := m.nearestToLimit(r)
		if a == nil {
			continue
		}
		value := m.vitalCell(a, r.Vital)
		l := newLine(t, width)
		l.cell(t.plain, string(r.ID), width-whoWidth-1-2*judgedValueWidth, false)
		l.cell(value.style, value.text, judgedValueWidth, true)
		l.space(1)
		l.cell(t.dim, fitName(t, m.shortName(a.MemberRef), whoWidth), whoWidth, false)
		k := a.Mark(r.Vital)
		limit := k.Limit
		if k.Rule != r.ID {
			limit = firstLimit(r)
		}
		l.cell(t.limitText(k.Level), t.number(limit, r.Unit), judgedValueWidth, true)
		b = append(b, l.String())
	}
	return b
}

// firstLimit is the first limit that a rule has.
func firstLimit(r *thresholds.Rule) probe.Value {
	for level := thresholds.Notice; level <= thresholds.Critical; level++ {
		if limit := r.Limit(level).Value; limit.IsKnown() {
			return limit
		}
	}
	return probe.Value{}
}

// nearestToLimit is the member with the worst mark by a rule, of several the one whose value is furthest on the side of
// the limit, those before last known ones; nil where none has a value.
func (m model) nearestToLimit(r *thresholds.Rule) *thresholds.Member {
	var worst *thresholds.Member
	var most [3]float64 // level, whether it is current, value
	for i := range m.shown.members {
		a := &m.shown.members[i]
		shown, _ := a.Shown(r.Vital)
		value, known := shown.Get()
		if !known {
			continue
		}
		if r.Below {
			value = -value
		}
		rank := [...]float64{float64(a.Mark(r.Vital).Level), 1, value}
		if a.IsStale(r.Vital) {
			rank[1] = 0
		}
		if worst == nil || slices.Compare(rank[:], most[:]) > 0 {
			worst, most = a, rank
		}
	}
	return worst
}
