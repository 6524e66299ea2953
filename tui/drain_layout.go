package tui

// drainLayout shares out the lines of the drain page by the size of the window and the number of members alone, so that
// nothing moves. A part without height is not shown.
type drainLayout struct {
	text   int // lines of what to do now
	titled bool
	rows   int // lines of the checklist
	detail int // lines about the selected step, with their title
	checks int // lines of the checks, with their title
	// beside says that the checks are to the right of the selected step, not above it.
	beside bool
	// vast says that there are two columns: see renderVastDrain.
	vast    bool
	history int // lines of the charts of all members, with a blank one above
	events  int // lines of them, with a rule above
	footer  bool
}

const (
	// drainBesideWidth is the least width for the checks beside the selected step.
	drainBesideWidth = 110
	// drainHistory is how many lines the charts take at most, leastDrainHistory at least, drainEvents how many lines of
	// events there are before them.
	drainHistory      = 1 + 11
	leastDrainHistory = 1 + 7
	drainEvents       = 8
	drainChecks       = 1 + 5 // lines of the checks, with their title
	drainDetailLines  = 1 + 7 // lines of the selected step at most, with their title, and three more in a high window
)

// drainLayout is the layout of the page in a window.
func (m model) drainLayout(width, height int) drainLayout {
	members := len(m.shown.assessment.Members)
	if isVast(width, height) && !m.present.on {
		return newVastDrainLayout(height, members)
	}
	return newDrainLayout(width, height, members, m.present.on)
}

// mostSteps is how many steps a change of so many members has at most.
func mostSteps(members int) int {
	if members > 1 { // the move of the leadership
		return members + 1
	}
	return members
}

// newDrainLayout shares out the window: what to do and the checklist first, then the selected step, then the checks. On
// a shared screen the steps have blank lines between them, and there are no charts.
func newDrainLayout(width, height, members int, shared bool) drainLayout {
	l := drainLayout{beside: width >= drainBesideWidth}
	b := &budget{left: height - 1} // the header has one
	detail := drainDetailLines
	if height >= lowHeight {
		detail += 3
	}
	steps := mostSteps(members)
	b.upTo(&l.text, 1)
	b.upTo(&l.rows, min(steps, 3))
	b.one(&l.footer)
	b.one(&l.titled)
	b.upTo(&l.text, 2)
	b.upTo(&l.rows, min(steps, 5))
	if b.left >= 2 {
		b.upTo(&l.detail, 4) // the command with a name of 60 characters takes three, and steps can be scrolled
	}
	b.upTo(&l.rows, min(steps, 6))
	if l.beside {
		b.left += l.detail
		if b.grant(detail) {
			l.detail, l.checks = detail, drainChecks
		} else {
			b.left -= l.detail
		}
	} else if b.grant(drainChecks) {
		l.checks = drainChecks
	}
	b.upTo(&l.rows, min(steps, 9))
	b.upTo(&l.detail, detail)
	if !isWide(width) {
		b.upTo(&l.text, 3)
	}
	b.upTo(&l.rows, steps)
	if spread := max(steps-1, 0); shared && l.rows == steps && b.grant(spread) {
		l.rows += spread
	}
	if charts := min(drainHistory, b.left-drainEvents); charts >= leastDrainHistory && !shared {
		b.allOf(&l.history, charts)
	}
	if b.left >= 3 {
		l.events = b.left
	}
	return l
}
