package tui

import "github.com/etcdoc/etcdoc/thresholds"

// The sizes that layouts are made of, in cells.
const (
	minGridWidth    = 44  // with less, there are no charts
	splitWidth      = 110 // least width for the reading beside the events
	dockWidth       = 170 // least width for the selected member's facts on the right
	dockHeight      = 40
	maxChartRows    = 8
	roomyRows       = 3  // lines of charts before there are more kinds of them
	mostLinks       = 7  // members whose round trips are shown: as many as etcd recommends at most
	gridMetrics     = 4  // charts of a member, besides the leader row
	lowHeight       = 30 // with less, pages have fewer lines for what is wrong
	minDrainColumn  = 24 // for drain verdicts side by side
	minChartColumns = 6  // with less, a chart is of no use
	// wideEvents are the lines of events and reading side by side, before charts grow.
	wideEvents = 9
)

// layout is every rectangle of the overview, from top to bottom. What has no height is not shown. It depends on the
// window and on how many members there are, and on nothing else: whatever happens, no pane moves.
type layout struct {
	width, height int

	text, drain int // lines under the header: what is wrong and what to do, and the verdicts
	tableHead   bool
	rows        int // members shown in the table
	grid        int // lines of the grid
	metrics     int // charts of the grid
	chartRows   int // lines of each chart
	flows       int // charts of operations and traffic, of a line each
	links       int // lines for the round trips between members
	axis        bool
	leastColumn int // of the charts; minChartColumns where it is 0
	events      int
	footer      bool
	// What separates the table, the grid, the events and the footer from what is above: rules, and blank lines
	tableRule, gridBlank, eventsRule, footerBlank bool

	left int // width of the table and the grid
	dock int // width of the docked facts, 0: none
	list int // width of the events
	side int // width of the reading beside the events, 0: none
}

// budget is the lines of the window that are left.
type budget struct{ left int }

// grant takes some lines, or none where there are not enough.
func (b *budget) grant(lines int) bool {
	if lines > b.left {
		return false
	}
	b.left -= lines
	return true
}

// one takes a line for an optional part.
func (b *budget) one(to *bool) { *to = *to || b.grant(1) }

// upTo takes lines one by one until to has most.
func (b *budget) upTo(to *int, most int) {
	for *to < most && b.grant(1) {
		*to++
	}
}

// allOf takes that many lines, or none.
func (b *budget) allOf(to *int, lines int) {
	if b.grant(lines) {
		*to = lines
	}
}

// newLayout shares out the window in the order that helps to see what is wrong: the verdicts, the members, then charts
// and events, then more of them.
func newLayout(width, height, members int) layout {
	l := layout{width: width, height: height, left: width, list: width}
	b := &budget{left: height - 1} // the header has one
	b.upTo(&l.text, 1)
	b.upTo(&l.drain, 1)
	b.upTo(&l.rows, min(members, 3))
	b.upTo(&l.text, min(textLines(width, height), 2))
	if l.rows > 0 {
		b.one(&l.tableHead)
	}
	b.one(&l.footer)
	b.upTo(&l.rows, min(members, 7))
	b.upTo(&l.text, textLines(width, height))
	b.upTo(&l.drain, verdictLines(width))
	b.one(&l.tableRule)
	if width >= minGridWidth && b.grant(1+1+gridMetrics+1) {
		l.gridBlank, l.metrics, l.chartRows = true, gridMetrics, 1
	}
	if b.grant(2) {
		l.eventsRule, l.events = true, 1
	}
	b.upTo(&l.events, 2)
	if l.chartRows > 0 {
		b.one(&l.axis)
	}
	if l.eventsRule { // no line is blank while events are not shown
		b.upTo(&l.events, 3)
	} else {
		b.one(&l.footerBlank)
	}
	b.upTo(&l.rows, members)
	l.grow(b, members)
	return l.withWidths()
}

// textLines is how many lines there are under the header for what is wrong and what to do. In a wide window, what is
// wrong is on the header's line, and the facts have one; in a narrow one the step takes two.
func textLines(width, height int) int {
	switch {
	case isWide(width) && height < lowHeight:
		return 1
	case isNarrow(width):
		return 3
	}
	return 2
}

// verdictLines is how many lines there are for the verdicts and their reasons.
func verdictLines(width int) int {
	if isNarrow(width) {
		return 3
	}
	return 2
}

// isNarrow reports that a step does not fit on one line: texts then begin at the left edge.
func isNarrow(width int) bool { return width < verdictIndent+len(nextLabel)+1+thresholds.StepWidth }

// grow makes charts and events taller by turns, until the window is full.
func (l *layout) grow(b *budget, members int) {
	if !l.eventsRule {
		l.rows += b.left
		return
	}
	for rows := 2; rows <= maxChartRows; rows++ {
		for l.chartRows > 0 && l.chartRows < rows && b.grant(l.metrics) {
			l.chartRows++
		}
		if rows == roomyRows && l.chartRows == rows {
			b.allOf(&l.flows, flowCount)
			if members > 1 && members <= mostLinks {
				b.allOf(&l.links, members)
			}
		}
		if rows == 2 && l.width >= splitWidth {
			b.upTo(&l.events, wideEvents)
		}
		if rows > 3 {
			b.upTo(&l.events, 2*(rows-1))
		}
	}
	l.events += b.left
}

// withWidths shares out the columns, given the lines.
func (l layout) withWidths() layout {
	if l.chartRows > 0 {
		l.grid = 1 + l.metrics*l.chartRows + 1 + l.flows + l.links
		if l.axis {
			l.grid++
		}
	}
	if isVast(l.width, l.height) && l.grid > 0 {
		l.dock = l.width * dockShare / 100
		l.left = l.width - l.dock - 3
	}
	if l.width >= splitWidth && l.events >= 4 {
		l.side = l.width * 42 / 100
		l.list = l.width - l.side - 3
	}
	return l
}

// middle is how many lines the table and the grid take together.
func (l *layout) middle() int {
	n := l.rows + l.grid
	if l.tableHead {
		n++
	}
	if l.gridBlank {
		n++
	}
	return n
}

// tops are the rows of the window at which the panes begin, those with a separator at the separator; 0: not shown.
type tops struct{ text, drain, table, grid, events, footer int }

// tops derives where each pane begins.
func (l *layout) tops() tops {
	at := tops{text: 1, drain: 1 + l.text, table: 1 + l.text + l.drain}
	end := at.table + l.middle()
	if l.tableRule {
		end++
	}
	if l.gridBlank {
		at.grid = end - l.grid - 1
	}
	if l.eventsRule {
		at.events = end
		end += 1 + l.events
	}
	at.footer = end
	return at
}

// isVast reports that a window has room for columns side by side on every page.
func isVast(width, height int) bool { return width >= dockWidth && height >= dockHeight }
