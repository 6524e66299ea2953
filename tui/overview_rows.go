package tui

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// tableRows are the cells of the table's rows. Where one is wider than its column, all values of that are brief: values
// stand below one another.
func (m model) tableRows(visible []int, columns []tableColumn) [][]span {
	rows, brief := make([][]span, len(visible)), make([]bool, len(columns))
	for again := true; again; {
		again = false
		for n, i := range visible {
			rows[n] = m.memberCells(&m.shown.members[i], columns, brief)
			for k, c := range columns {
				if c.vital != thresholds.NoVital && !brief[k] && ansi.StringWidth(rows[n][k].text) > c.width {
					brief[k], again = true, true
				}
			}
		}
	}
	return rows
}

func (m model) memberCells(a *thresholds.Member, columns []tableColumn, brief []bool) []span {
	cells := make([]span, len(columns))
	for i, c := range columns {
		if brief[i] {
			cells[i] = m.briefCell(a, c.vital)
		} else {
			cells[i] = c.cell(m, a)
		}
	}
	return cells
}

// cellStarts are where the cells of a row begin, with a blank between two at least. A value that is wider than its
// column moves those before it to the left. Without room for that, cells begin with their columns, and do not fit.
func cellStarts(cells []span, columns []tableColumn, gap int) (starts []int, fit bool) {
	starts = make([]int, len(columns))
	at := cursorWidth
	for i, c := range columns {
		starts[i] = at
		at += c.width + gap
	}
	moved, next := make([]int, len(columns)), at+1
	for i := len(columns) - 1; i >= 0; i-- {
		c, w := columns[i], ansi.StringWidth(cells[i].text)
		if moved[i] = starts[i]; c.left {
			w = min(w, c.width)
		} else {
			moved[i] = min(starts[i]+c.width, next-1) - w
		}
		if moved[i]+w >= next || moved[i] < cursorWidth {
			return starts, false
		}
		next = moved[i]
	}
	return moved, true
}

// renderMember draws the row of a member.
func (m model) renderMember(a *thresholds.Member, cells []span, columns []tableColumn, gap, width int) string {
	l := newLine(m.theme, width)
	if a.Key == m.selected {
		l.add(m.theme.accent, "> ")
	}
	starts, fit := cellStarts(cells, columns, gap)
	for i, c := range columns {
		l.space(starts[i] - l.used)
		switch {
		case !fit:
			l.cell(cells[i].style, cells[i].text, c.width, !c.left)
		case c.left: // a value to the right may need the rest of its column
			l.cell(cells[i].style, cells[i].text, min(c.width, ansi.StringWidth(cells[i].text)), false)
		default:
			l.add(cells[i].style, cells[i].text)
		}
	}
	return l.String()
}
