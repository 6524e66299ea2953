package tui

// listPage is a page with a list, and everything about the selected entry: beside the list in a wide window, else
// below it.
type listPage struct {
	// about is the line under the header.
	about func(width int) string
	// head is the line with the columns' titles; nil where there are none.
	head func(width int) string
	// rows is the number of entries, selected the index of the selected one; none is drawn instead where there are no
	// entries.
	rows, selected int
	none           func(width int) block
	row            func(i, width int) block
	// least is how many columns the list needs beside the details.
	least int
	// detail is everything about the selected entry, on as many lines as it takes.
	detail func(width int) block
	// hint is below the detail where there is room for all of both; nil for none.
	hint func(width int) block
	// beneath fills the room below the detail where there is a third column; nil for nothing.
	beneath func(width, height int) block
	// beyond is a third column, in a window that is wide enough for one; nil for none.
	beyond func(width int) block
	// below fills the room that the list leaves in a wide window; nil for nothing.
	below func(width, height int) block
}

// The lines and the shares of a list page.
const (
	lowListHeight   = 20 // lines of the window; with less, details have no room for texts in full
	leastRows       = 3  // of the list, before there is anything below it
	leastBelow      = 12 // lines below the list, or there are none
	leastDetail     = 4  // lines, or there are none
	listShareHigh   = 45 // percent of the lines for the list at most, above the details
	detailShareHigh = 45 // percent of the lines for the details, above what is beneath them
	listShareWide   = 58 // percent of the columns, beside the details
	listShareMost   = 43 // percent of the columns, beside two others
	beyondShare     = 25 // percent of the columns for the third one
)

// hasLowLists reports that what is about the selected entry has to be short.
func (m model) hasLowLists() bool { return m.screen.height < lowListHeight }

// renderListPage draws the whole window.
func (m model) renderListPage(p listPage, width, height int) block {
	t := m.theme
	b := &budget{height - 1}
	var list int
	var footer, about, head, rule, footerRule bool
	b.upTo(&list, leastRows)
	b.one(&footer)
	b.one(&about)
	if p.head != nil {
		b.one(&head)
	}
	b.one(&rule)
	if height >= lowHeight/2 {
		b.one(&footerRule)
	}
	frame := block{m.renderHeader(width)}
	if about {
		frame = append(frame, p.about(width))
	}
	if rule {
		frame = append(frame, m.renderRule(width))
	}
	switch rest := list + b.left; {
	case width >= splitWidth:
		left, third := max(width*listShareWide/100, p.least), 0
		if p.beyond != nil && width >= dockWidth {
			left, third = width*listShareMost/100, width*beyondShare/100
		}
		divider, right := " "+t.faint.paint(t.bar())+" ", width-left-3
		if third > 0 {
			right -= third + 3
		}
		lines := m.renderListAbove(p, left, rest, head)
		lines = beside(lines, divider, m.renderListDetail(p, right, len(lines), third > 0))
		if third > 0 {
			lines = beside(lines, divider, p.beyond(third).cut(t, third, len(lines)))
		}
		frame = append(frame, lines...)
	case b.left > leastDetail:
		list = max(rest*listShareHigh/100, leastRows)
		frame = append(frame, m.renderList(p, width, list, head)...)
		frame = append(frame, m.renderRule(width))
		frame = append(frame, p.fitted(width, rest-list-1).cut(t, width, rest-list-1)...)
	default:
		frame = append(frame, m.renderList(p, width, rest, head)...)
	}
	if footerRule {
		frame = append(frame, m.renderRule(width))
	}
	if footer {
		frame = append(frame, m.renderFooter(width))
	}
	return frame
}

// renderListDetail draws everything about the selected entry, and what is below it in a window with a third column.
func (m model) renderListDetail(p listPage, width, height int, beneath bool) block {
	above := height * detailShareHigh / 100
	if detail := p.fitted(width, above-1); beneath && p.beneath != nil && len(detail) < above {
		b := append(detail.pad(width, above), m.renderRule(width))
		return append(b, p.beneath(width, height-len(b))...).pad(width, height)
	}
	return p.fitted(width, height).cut(m.theme, width, height)
}

// fitted is the detail, with the hint below it if both fit into the height. Without, it may be higher.
func (p *listPage) fitted(width, height int) block {
	detail := p.detail(width)
	if p.hint == nil {
		return detail
	}
	if hint := p.hint(width); len(detail)+len(hint) <= height {
		return append(detail, hint...)
	}
	return detail
}

// renderListAbove draws the list, and what is below it.
func (m model) renderListAbove(p listPage, width, rows int, head bool) block {
	list := rows * listShareHigh / 100
	if rest := rows - list - 1; p.below != nil && rest >= leastBelow && !m.present.on {
		b := append(m.renderList(p, width, list, head), m.renderRule(width))
		return append(b, p.below(width, rest).cut(m.theme, width, rest).pad(width, rest)...)
	}
	return m.renderList(p, width, rows, head)
}

// renderList draws the head and the entries around the selected one.
func (m model) renderList(p listPage, width, rows int, head bool) block {
	var b block
	if head {
		b = append(b, p.head(width))
		rows++
	}
	if p.rows == 0 {
		return append(b, p.none(width)...).cut(m.theme, width, rows)
	}
	apart := 0
	if m.spreads(p.rows, rows-len(b)) {
		apart = 1
	}
	row := func(i int) block { return p.row(i, width) }
	return append(b, scrolledList(p.rows, p.selected, rows-len(b), apart, width, row)...).pad(width, rows)
}

// scrolledList draws as many entries of a list as there are rows, those around the selected one, with blank lines
// between them.
func scrolledList(entries, selected, rows, apart, width int, row func(i int) block) block {
	var b block
	at, from := 0, max(selected-rows, 0) // each entry has a line at least
	for i := from; i < min(max(selected, 0)+rows, entries); i++ {
		if i > from {
			b = b.pad(width, len(b)+apart)
		}
		if i == selected {
			at = len(b)
		}
		b = append(b, row(i)...)
	}
	top, end := around(at, rows, len(b))
	return b[top:end]
}

// withCursor begins the row of an entry with the cursor where it is selected, and returns the style of its text.
func (l *line) withCursor(selected bool) style {
	if !selected {
		l.space(cursorWidth)
		return l.th.plain
	}
	l.add(l.th.accent, "> ")
	return l.th.selected
}

// around is a window of n places out of total around a place.
func around(at, n, total int) (from, to int) {
	if n >= total {
		return 0, total
	}
	from = min(max(max(at, 0)-n/2, 0), total-n)
	return from, from + n
}
