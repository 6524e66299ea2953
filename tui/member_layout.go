package tui

// The sizes of a member's page, in cells.
const (
	dockShare       = 29 // percent of a wide window for the docked facts
	minFocusWidth   = 40 // with less, the chart in focus is a small one
	spacedRows      = 3  // lines of a large chart in a small window
	comfortRows     = 5  // of all charts where there is room
	mostSmallRows   = 12
	smallWidth      = 38 // of a small chart in a line
	tallWidth       = 26 // of one with a head of its own
	maxMemberEvents = 30
	mostFacts       = 10 // lines of them below the charts
	mostLowFacts    = 5  // in a low window
	smallChartCount = metricCount - 1
	memberLinkWidth = 46 // of the round trips with a peer, there and back
)

// memberLayout is the parts of a member's page, from top to bottom. A part without height is not shown. It depends on
// the window alone: no part moves, whatever happens to the member.
type memberLayout struct {
	identity, footer bool
	reading, drain   int
	focusHead        bool
	focusRows        int // lines of the chart in focus, and one below for its time axis
	// smallLines of smallColumns other charts; with more than one row, each has its head above it.
	smallLines, smallColumns, smallRows int
	facts, events                       int
	// flows are lines of charts of operations and traffic, links those for the round trips with each peer.
	flows, links                    int
	chartRule, factBlank, eventRule bool
}

// newMemberLayout shares out the window: the verdicts first, then every metric's value, then facts, then charts.
// docked says that the facts are beside all of that; peers is how many other members there are. What has no place here
// is below: see memberMore.
func newMemberLayout(width, height, peers int, docked bool) memberLayout {
	l := memberLayout{smallColumns: max(width/smallWidth, 1), smallRows: 1}
	facts := mostFacts
	switch {
	case docked:
		facts = 0
	case height < lowHeight:
		facts = mostLowFacts
	}
	b := &budget{left: height - 1} // the header has one
	b.one(&l.identity)
	b.upTo(&l.reading, 1)
	b.upTo(&l.drain, 1)
	b.one(&l.footer)
	b.one(&l.focusHead)
	b.upTo(&l.reading, memberTextLines(width, height))
	b.upTo(&l.smallLines, smallLines(l.smallColumns))
	b.one(&l.chartRule)
	if width >= minFocusWidth && l.focusHead && b.grant(spacedRows+1) {
		l.focusRows = spacedRows
	}
	b.upTo(&l.facts, min(facts, 1))
	b.upTo(&l.events, 1)
	if l.facts > 0 {
		b.one(&l.factBlank)
	}
	if l.events > 0 {
		b.one(&l.eventRule)
	}
	if height >= lowHeight {
		b.upTo(&l.drain, 2)
	}
	b.upTo(&l.facts, facts)
	l.grow(b, width, peers)
	return l
}

// memberTextLines is how many lines there are for what is wrong with a member and what to do.
func memberTextLines(width, height int) int {
	switch {
	case height >= lowHeight:
		return 5
	case isNarrow(width):
		return 4 // two for the headline, two for the step
	}
	return 3
}

// smallLines is how many lines the small charts take in so many columns, and the other way round.
func smallLines(columns int) int { return (smallChartCount + columns - 1) / columns }

// flowLines is how many lines the charts of operations and traffic take, a line each, and linkLines those of the round
// trips.
func flowLines(width int) int {
	columns := max(width/smallWidth, 1)
	return (flowCount + columns - 1) / columns
}

func linkLines(width, peers int) int {
	columns := max((width-labelWidth)/memberLinkWidth, 1)
	return (peers + columns - 1) / columns
}

// grow makes the charts taller, and gives the rest of the room to texts.
func (l *memberLayout) grow(b *budget, width, peers int) {
	if l.focusRows > 0 {
		b.upTo(&l.focusRows, comfortRows)
		most := smallLines(max(width/tallWidth, 1))
		columns := smallLines(most) // as many in each line
		for rows := comfortRows; rows >= 2; rows-- {
			if b.grant(most*(1+rows) - l.smallLines) {
				l.smallColumns, l.smallRows, l.smallLines = columns, rows, most
				break
			}
		}
	}
	b.upTo(&l.events, 4)
	b.allOf(&l.flows, flowLines(width))
	b.allOf(&l.links, linkLines(width, peers))
	if l.focusRows > 0 {
		for rows := comfortRows + 1; rows <= mostSmallRows && l.smallRows == rows-1; rows++ {
			b.upTo(&l.focusRows, 2*rows-comfortRows)
			if b.grant(smallLines(l.smallColumns)) {
				l.smallRows = rows
			}
		}
	}
	if l.focusRows > 0 {
		l.focusRows += b.left
		return
	}
	l.events += b.left
}
