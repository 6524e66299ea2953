package tui

import (
	"github.com/etcdoc/etcdoc/thresholds"
)

// memberView is how far a member's page is scrolled, in lines.
type memberView struct{ scroll int }

// memberMore is what has no place in the window: it is below, and keys scroll there.
func (m model) memberMore(a *thresholds.Member, l *memberLayout, width int, docked bool) block {
	var b block
	part := func(lines block) {
		if len(lines) > 0 {
			b = append(append(b, m.renderRule(width)), lines...)
		}
	}
	if l.flows == 0 {
		part(m.memberFlows(a, width))
	}
	if l.links == 0 {
		part(m.memberLinks(a, width))
	}
	if !docked {
		removal := m.labelled(width, "remove", m.removalSpans(a, a.CanRemove.Reason))
		facts := append(removal, m.renderFactLines(a, width)...)
		if l.facts < len(facts) {
			part(facts)
		}
	}
	if events := m.memberEvents(a, width); l.events < len(events) {
		part(events)
	}
	return b
}

// scrolled is as many lines of the page as the window shows.
func (m model) scrolled(all block, height int) block {
	from := min(m.member.scroll, max(len(all)-height, 0))
	return all[from : from+height]
}

// scrollMember scrolls by most of the window, no further than the page goes.
func (m model) scrollMember(by int) model {
	width, height := m.pageSize()
	if a := m.selectedMember(); a != nil {
		left, dock := memberWidths(width, height)
		l := newMemberLayout(left, height, len(a.Peers), dock > 0)
		body := len(m.renderMemberBody(a, &l, left))
		most := len(m.memberMore(a, &l, left, dock > 0))
		const kept = 2 // lines of the part before
		m.member.scroll = min(max(min(m.member.scroll, most)+by*max(body-kept, 1), 0), most)
	}
	return m
}

// memberFlows are charts of what is asked of a member and of its traffic, in as many columns as fit.
func (m model) memberFlows(a *thresholds.Member, width int) block {
	const gap = 2
	columns := max(width/smallWidth, 1)
	column := (width - gap*(columns-1)) / columns
	all := flows()
	b := make(block, 0, flowLines(width))
	for from := 0; from < len(all); from += columns {
		l := newLine(m.theme, width)
		for i := from; i < min(from+columns, len(all)); i++ {
			if i > from {
				l.space(gap)
			}
			l.addRaw(m.renderLineChart(a, &all[i], newLine(m.theme, column)), column)
		}
		b = append(b, l.String())
	}
	return b
}

// memberLinks are a member's round trips with each peer, there by its own metrics and back by the peer's: the median
// and the p99, and how many connections there are.
func (m model) memberLinks(a *thresholds.Member, width int) block {
	t := m.theme
	columns := max((width-labelWidth)/memberLinkWidth, 1)
	column := min((width-labelWidth)/columns, 2*memberLinkWidth)
	const there, back = "to ", "from "
	cell := (column - len(there) - len(back) - 2) / 3
	b := make(block, 0, linkLines(width, len(a.Peers)))
	for from := 0; from < len(a.Peers); from += columns {
		l := newLine(t, width)
		label := ""
		if from == 0 {
			label = "RTT"
		}
		l.cell(t.dim, label, labelWidth, false)
		for i := from; i < min(from+columns, len(a.Peers)); i++ {
			p := &a.Peers[i]
			to, other := m.peerSpan(a, p, cell), m.shown.assessment.Member(p.Key)
			name := fitName(t, m.shortName(p.MemberRef), cell-1)
			l.cell(t.plain, name, cell, false)
			l.add(t.dim, there)
			l.cell(to.style, to.text, cell+1, false)
			if other != nil {
				l.add(t.dim, back)
				to = m.linkCell(other, a, cell)
				l.cell(to.style, to.text, cell+1, false)
			}
		}
		b = append(b, l.String())
	}
	return b
}
