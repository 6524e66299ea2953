package tui

// The sizes that layouts are made of, in cells.
const (
	minGridWidth    = 44  // with less, there are no charts
	splitWidth      = 110 // least width for the evidence beside the events
	dockWidth       = 170 // least width for the selected member's facts on the right
	dockHeight      = 40
	maxChartRows    = 8
	gridMetrics     = 4 // charts of a member, besides the leader row
	minGridMetrics  = 2 // left when texts need the lines; a table of 80 columns has the others' values
	maxTextLines    = 4
	maxNextLines    = 4
	maxDrainLines   = 4
	urgentEvents    = 8  // lines of events and evidence side by side, before charts grow, when something is wrong
	lowHeight       = 30 // with less, the drain line gets two lines at most
	minDrainColumn  = 24 // for drain verdicts side by side
	minChartColumns = 6  // with less, a chart is of no use
)

// needs is how many lines the overview's contents need.
type needs struct {
	members int
	// textLines and nextLines are those of the reading and of what to do next.
	textLines, nextLines, drainLines int
	// urgent says that something is wrong: what to do next then comes before charts and events.
	urgent bool
	// answerLines is the lines of the endpoints' errors, which replace the charts; 0 for charts.
	answerLines int
}

// layout is every rectangle of the overview, from top to bottom. What has no height is not shown.
type layout struct {
	width, height int

	reading, next, drain int // lines; next are kept for what to do next
	tableHead            bool
	rows                 int // members shown in the table
	grid                 int // lines of the grid
	metrics              int // charts of the grid
	chartRows            int // lines of each chart
	axis                 bool
	events               int
	footer               bool
	// The separators above the table, the grid, the events and the footer
	tableRule, gridRule, eventsRule, footerRule bool

	left int // width of the table and the grid
	dock int // width of the docked facts, 0: none
	list int // width of the events
	side int // width of the evidence beside the events, 0: none
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

// newLayout shares out the window in the order that helps to see what is wrong: the verdicts, the members, then
// events and charts, then more of them.
func newLayout(width, height int, n needs) layout {
	l := layout{width: width, height: height, left: width, list: width}
	b := &budget{left: height - 1} // the header has one
	b.upTo(&l.reading, 1)
	b.upTo(&l.drain, 1)
	b.upTo(&l.rows, min(n.members, 3))
	if n.urgent {
		b.upTo(&l.next, min(n.nextLines, 1))
	}
	if l.rows > 0 {
		b.one(&l.tableHead)
	}
	b.one(&l.footer)
	b.one(&l.tableRule)
	b.upTo(&l.rows, min(n.members, 7))
	if n.answerLines > 0 { // a line for each before more about them
		b.one(&l.gridRule)
		b.upTo(&l.grid, min(n.answerLines, 1+n.members))
	}
	b.upTo(&l.reading, min(n.textLines, 2))
	if n.urgent {
		b.upTo(&l.next, min(n.nextLines, 2))
	}
	if n.answerLines > 0 {
		b.upTo(&l.grid, n.answerLines)
	} else if width >= minGridWidth && b.grant(1+1+gridMetrics+1) {
		l.gridRule, l.metrics, l.chartRows = true, gridMetrics, 1
	}
	drainLines := min(n.drainLines, maxDrainLines)
	if height < lowHeight {
		drainLines = min(drainLines, 2)
	}
	b.upTo(&l.drain, drainLines)
	if n.urgent {
		const events = 3 // two of them, and a rule
		short := min(n.textLines, maxTextLines) - l.reading + min(n.nextLines, maxNextLines) - l.next + events - b.left
		for ; short > 0 && l.metrics > minGridMetrics; short-- {
			l.metrics--
			b.left++
		}
		b.upTo(&l.reading, min(n.textLines, maxTextLines))
		b.upTo(&l.next, min(n.nextLines, maxNextLines))
	}
	if b.grant(2) {
		l.eventsRule, l.events = true, 1
	}
	b.upTo(&l.events, 2)
	b.one(&l.footerRule)
	b.upTo(&l.rows, n.members)
	b.upTo(&l.reading, min(n.textLines, maxTextLines))
	b.upTo(&l.next, min(n.nextLines, maxNextLines))
	l.grow(b, n.urgent)
	return l.withWidths()
}

// grow makes charts and events taller by turns, until the window is full.
func (l *layout) grow(b *budget, urgent bool) {
	if !l.eventsRule {
		l.reading += b.left
		return
	}
	b.upTo(&l.events, 3)
	if l.chartRows > 0 {
		b.one(&l.axis)
	}
	for rows := 2; rows <= maxChartRows; rows++ {
		for l.chartRows > 0 && l.chartRows < rows && b.grant(l.metrics) {
			l.chartRows++
		}
		if urgent && rows == 2 && l.width >= splitWidth {
			b.upTo(&l.events, urgentEvents)
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
		l.grid = 1 + l.metrics*l.chartRows + 1
		if l.axis {
			l.grid++
		}
	}
	if l.width >= dockWidth && l.height >= dockHeight && l.grid > 0 {
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
	if l.gridRule {
		n++
	}
	return n
}
