package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

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

// listLayout shares out the window of a list page. A part without height or width is not shown.
type listLayout struct {
	about, head, rule, footerRule, footer bool
	list                                  int // lines of the list, without its head
	left, right, third                    int // columns: of the list, of what is beside it, of what is beyond
	detail                                int // lines of what is about the selected entry
}

func newListLayout(p *listPage, width, height int) listLayout {
	var l listLayout
	b := &budget{height - 1} // the header has one
	b.upTo(&l.list, leastRows)
	b.one(&l.footer)
	b.one(&l.about)
	if p.head != nil {
		b.one(&l.head)
	}
	b.one(&l.rule)
	if height >= lowHeight/2 {
		b.one(&l.footerRule)
	}
	l.left = width
	switch rest := l.list + b.left; {
	case width >= splitWidth:
		l.list, l.left = rest, max(width*listShareWide/100, p.least)
		if p.beyond != nil && width >= dockWidth {
			l.left, l.third = width*listShareMost/100, width*beyondShare/100
		}
		if l.right = width - l.left - 3; l.third > 0 {
			l.right -= l.third + 3
		}
		if l.detail = rest; l.head {
			l.detail++
		}
	case b.left > leastDetail:
		l.list = max(rest*listShareHigh/100, leastRows)
		l.detail = rest - l.list - 1
	default:
		l.list = rest
	}
	return l
}

// detailWidth is how wide what is about the selected entry is.
func (l *listLayout) detailWidth() int {
	if l.right > 0 {
		return l.right
	}
	return l.left
}

// renderListPage draws the whole window.
func (m model) renderListPage(p listPage, width, height int) block {
	t, l := m.theme, newListLayout(&p, width, height)
	frame := block{m.renderHeader(width)}
	if l.about {
		frame = append(frame, p.about(width))
	}
	if l.rule {
		frame = append(frame, m.renderRule(width))
	}
	if l.right > 0 {
		divider := " " + t.faint.paint(t.bar()) + " "
		lines := m.renderListAbove(p, l.left, l.list, l.head)
		lines = beside(lines, divider, m.renderListDetail(p, l.right, len(lines), l.third > 0))
		if l.third > 0 {
			lines = beside(lines, divider, p.beyond(l.third).cut(t, l.third, len(lines)))
		}
		frame = append(frame, lines...)
	} else {
		frame = append(frame, m.renderList(p, width, l.list, l.head)...)
		if l.detail > 0 {
			frame = append(frame, m.renderRule(width))
			frame = append(frame, m.scrolledDetail(p.fitted(width, l.detail), width, l.detail)...)
		}
	}
	if l.footerRule {
		frame = append(frame, m.renderRule(width))
	}
	if l.footer {
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
	return m.scrolledDetail(p.fitted(width, height), width, height)
}

// detailView is how far what is about an entry of a list is scrolled, in lines.
type detailView struct{ top int }

// scrolledDetail is as much of the detail as there is room for.
func (m model) scrolledDetail(detail block, width, height int) block {
	top := min(m.detail.top, max(len(detail)-height, 0))
	return detail[top:].cut(m.theme, width, height)
}

// scrollDetail scrolls what is about the selected entry to where it goes on, or back to where the part before began;
// false says that there is no more of it in that direction.
func (m model) scrollDetail(p listPage, by int) (model, bool) {
	width, height := m.pageSize()
	l := newListLayout(&p, width, height)
	if l.detail == 0 {
		return m, false
	}
	detail := p.fitted(l.detailWidth(), l.detail)
	tops := []int{0}
	for last := len(detail) - l.detail; tops[len(tops)-1] < last; {
		top := tops[len(tops)-1]
		tops = append(tops, min(top+max(detail[top:].wholeLines(l.detail), 1), last))
	}
	at := 0
	for at+1 < len(tops) && tops[at+1] <= m.detail.top {
		at++
	}
	if at+by < 0 || at+by >= len(tops) {
		return m, false
	}
	m.detail.top = tops[at+by]
	return m, true
}

// onDetailKey scrolls what is about the selected entry, while there is more of it than the window shows.
func (m model) onDetailKey(msg tea.KeyMsg, p func(m model, width int) listPage) (model, bool) {
	width, _ := m.pageSize()
	switch {
	case key.Matches(msg, m.keys.PageDown):
		return m.scrollDetail(p(m, width), 1)
	case key.Matches(msg, m.keys.PageUp):
		return m.scrollDetail(p(m, width), -1)
	}
	return m, false
}

// fitted is the detail, with the hint below it unless only the detail fits into the height. It may be higher.
func (p *listPage) fitted(width, height int) block {
	detail := p.detail(width)
	if p.hint == nil {
		return detail
	}
	if hint := p.hint(width); len(detail)+len(hint) <= height || len(detail) > height {
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
