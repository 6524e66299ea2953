package tui

import (
	"strconv"

	"github.com/etcdoc/etcdoc/thresholds"
)

// The lines of the drain page in a vast window.
const (
	vastDrainTexts = 3
	leastEvents    = 8 // lines of events below the evidence
	mostEvidence   = 7 // lines of a member's evidence
)

// newVastDrainLayout shares out a vast window. The selected step is as high as the checks beside it.
func newVastDrainLayout(height, members int) drainLayout {
	const detail = drainDetailLines + 1
	return drainLayout{text: vastDrainTexts, titled: true, rows: min(mostSteps(members), height/3), detail: detail,
		checks: detail, beside: true, vast: true, footer: true}
}

// renderVastDrain is the drain page in two columns: on the left the checklist, the selected step, the checks and the
// charts; on the right what each member's verdict rests on, and the events.
func (m model) renderVastDrain(l *drainLayout, width, height int) block {
	t := m.theme
	b := block{m.renderHeader(width)}
	b = append(b, m.renderDrainTexts(width, l.text, false)...)
	body := height - len(b) - 1
	left := width * listShareWide / 100
	right := width - left - 3
	divider := " " + t.faint.paint(t.bar()) + " "
	b = append(b, beside(m.drainColumn(l, left, body), divider, m.evidenceColumn(right, body))...)
	return append(b, m.renderFooter(width))
}

// drainColumn is the checklist above the selected step with the checks, and the charts below.
func (m model) drainColumn(l *drainLayout, width, height int) block {
	b := block{m.checklistTitle(width, len(m.drainSteps())-l.rows)}
	b = append(b, m.renderChecklist(width, l.rows)...)
	b = append(b, m.renderDetailAndChecks(width, l.detail)...)
	return append(b, m.renderHistory(width, height-len(b))...).pad(width, height)
}

// evidenceColumn is what the verdicts rest on, member by member, above the events.
func (m model) evidenceColumn(width, height int) block {
	b := block{m.renderTitle("WHAT THE VERDICTS REST ON", "", width)}
	members := m.shown.members
	each := min((height-len(b)-leastEvents)/max(len(members), 1), mostEvidence)
	for i := range members {
		if each > 0 && len(b)+each <= height-leastEvents {
			b = append(b, m.drainEvidence(&members[i], width, each)...)
		}
	}
	b = append(b, m.renderRule(width))
	return append(b, m.renderEvents(width, height-len(b))...)
}

// drainEvidence is a member's verdict, whose reason is in the checklist, and what it rests on, on so many lines: the
// last ones go first.
func (m model) drainEvidence(a *thresholds.Member, width, height int) block {
	head := append([]span{{text: " "}, m.nameCell(a, maxNameWidth), {text: " "}, m.roleCell(a), {text: " "}},
		m.conditionSpans(a)...)
	if !a.LostAlready() {
		word, style := m.drainWord(a)
		head = append(head, span{text: "  "}, span{style, word})
	}
	b := block{lineOf(m.theme, width, head...)}
	type labelled struct {
		label string
		items [][]span
	}
	lines := []labelled{{"runs", m.processItems(a)}, {"answers", m.answerItems(a)}}
	if !a.NeverSeen { // of which nothing is known
		lines = append([]labelled{
			{"disk", m.namedVitals(a, thresholds.WALFsyncP99, thresholds.BackendCommitP99, thresholds.SlowAppliesRate)},
			{"links", m.linkItems(a)},
			{"data", m.namedVitals(a, thresholds.ApplyLag, thresholds.FollowerLag, thresholds.DBSize,
				thresholds.DBQuotaUsed)},
		}, lines...)
	}
	for _, line := range lines {
		b = append(b, m.itemLine(width, line.label, line.items))
	}
	if height < mostEvidence {
		return b.pad(width, height)
	}
	return append(b.pad(width, height-1), blanks(width))
}

// itemLine is as many items as fit whole behind a label, and how many more there are.
func (m model) itemLine(width int, label string, items [][]span) string {
	l := newLine(m.theme, width)
	l.space(3)
	l.cell(m.theme.dim, label, labelWidth, false)
	for i, item := range items {
		gap := 2
		if i == 0 {
			gap = 0
		}
		left, more := l.room()-gap-spansWidth(item), "  +"+strconv.Itoa(len(items)-i)
		if left < 0 || left < len(more) && i < len(items)-1 {
			l.add(m.theme.dim, more[2-gap:])
			break
		}
		l.space(gap)
		for _, s := range item {
			l.add(s.style, s.text)
		}
	}
	return l.String()
}

// namedVitals are vitals of a member behind their names.
func (m model) namedVitals(a *thresholds.Member, vitals ...thresholds.Vital) [][]span {
	items := make([][]span, len(vitals))
	for i, v := range vitals {
		items[i] = []span{{m.theme.dim, vitalNames[v].label + " "}, m.vitalCell(a, v)}
	}
	return items
}

// linkItems are the round trips to each peer.
func (m model) linkItems(a *thresholds.Member) [][]span {
	if len(a.Peers) == 0 {
		return [][]span{{{m.theme.dim, "no round trips reported"}}}
	}
	items := make([][]span, len(a.Peers))
	for i := range a.Peers {
		p := &a.Peers[i]
		items[i] = []span{{m.theme.dim, m.shortName(p.MemberRef) + " "}, m.peerSpan(a, p, valueWidth+4)}
	}
	return items
}

// processItems are which version runs, since when, how often it was restarted lately, and where.
func (m model) processItems(a *thresholds.Member) [][]span {
	t := m.theme
	items := [][]span{{m.versionCell(a)}, {{t.dim, "up "}, m.vitalCell(a, thresholds.Uptime)}}
	if a.Restarts > 0 {
		restarts := thresholds.Plural(a.Restarts, "restart") + " in 15m"
		items = append(items, []span{{t.level(thresholds.Notice), restarts}})
	}
	if len(a.Endpoints) > 0 {
		items = append(items, []span{{t.plain, t.clean(a.Endpoints[0])}})
	}
	if !a.Started.IsZero() {
		items = append(items, []span{{t.dim, "started "}, {t.plain, m.stamp(a.Started)}})
	}
	return items
}

// answerItems are how old what it said is, how long its answers take, and how many calls it has.
func (m model) answerItems(a *thresholds.Member) [][]span {
	if a.NeverSeen {
		never := []span{{m.theme.dim, "never answered"}}
		if len(a.Errors) > 0 {
			never = append(never, span{m.theme.dim, ": "}, span{m.theme.level(thresholds.Warning), a.Errors[0].Kind.Words()})
		}
		return [][]span{never}
	}
	items := [][]span{{{m.theme.dim, "age "}, m.ageCell(a)}}
	items = append(items, m.namedVitals(a, thresholds.StatusDuration, thresholds.LinearizableRead,
		thresholds.CallsInFlight, thresholds.CPU)...)
	if n := len(a.Errors); n > 0 {
		items = append(items, []span{{m.theme.level(thresholds.Warning), strconv.Itoa(n) + " failed: " +
			a.Errors[0].Kind.Words()}})
	}
	return items
}
