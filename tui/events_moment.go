package tui

import "github.com/etcdoc/etcdoc/thresholds"

// renderEventMoment is how the members were when an event was reported, and the charts up to that moment: that of its
// rule's vital, else those of all members. Where that moment is no longer kept, the charts are those of the moment
// shown.
func (m model) renderEventMoment(e *thresholds.Event, width, height int) block {
	t := m.theme
	var b block
	if at := m.reportedIn(e); at != nil {
		then := m
		then.shown.observation, then.paused = *at, true // ages are those of that moment
		then = then.redacted().arrange()
		if e.Member.Key != "" {
			then.selected = e.Member.Key
		}
		b = append(b, lineOf(t, width, span{t.bold, " MEMBERS AT " + m.stamp(at.assessment.At)},
			span{t.dim, "  and the charts up to then"}))
		b = append(b, then.renderTable(width, min(len(then.shown.members), height-2), true, true)...)
		b = append(b, blanks(width))
		return append(b, then.renderVitals(e.Rule, e.Member, width, height-len(b))...)
	}
	return append(b, m.renderVitals(e.Rule, e.Member, width, height-len(b))...)
}

// renderVitals is the chart of the vital that a rule judges of a member; the charts of all members where it judges none
// that has a chart.
func (m model) renderVitals(rule thresholds.RuleID, of thresholds.MemberRef, width, height int) block {
	var b block
	if number := m.chartOf(rule); number > 0 {
		a := m.shown.assessment.Member(of.Key)
		if rows := min(height-2, mostSmallRows); a != nil && rows >= spacedRows {
			b = append(b, m.renderChartHead(a, metricOf(number), number, width))
			return append(b, m.renderFullChart(a, metricOf(number), width, rows, 0)...)
		}
	}
	return append(b, m.renderHistory(width, height)...)
}

// chartOf is the number of the chart with the vital that a rule judges; 0 for none.
func (m model) chartOf(id thresholds.RuleID) int {
	rule, known := m.rules.Rule(id)
	if !known || rule.Vital == thresholds.NoVital {
		return 0
	}
	for i, mt := range metrics() {
		for _, s := range mt.all() {
			if judging := m.rules.Judging(s.vital); judging != nil && judging.ID == id {
				return i + 1
			}
		}
	}
	return 0
}
