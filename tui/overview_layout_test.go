package tui

import "testing"

// lines returns how many lines of the window a layout uses, header included.
func (l *layout) lines() int {
	n := 1 + l.reading + l.next + l.drain + l.middle() + l.events
	for _, shown := range []bool{l.tableRule, l.eventsRule, l.footerRule, l.footer} {
		if shown {
			n++
		}
	}
	return n
}

// TestLayoutUsesTheWholeWindow for every size and need.
func TestLayoutUsesTheWholeWindow(t *testing.T) {
	for _, n := range []needs{
		{}, {members: 1, textLines: 1, drainLines: 1}, {members: 3, textLines: 2, drainLines: 2},
		{members: 5, textLines: 2, nextLines: 1, drainLines: 9},
		{members: 5, textLines: 3, nextLines: 2, drainLines: 9, urgent: true},
		{members: 11, textLines: 1, drainLines: 3},
		{members: 3, textLines: 2, nextLines: 2, drainLines: 1, answerLines: 10, urgent: true},
		{members: 40, textLines: 9, nextLines: 9, drainLines: 40, urgent: true},
	} {
		for width := 1; width <= 220; width += 9 {
			for height := 2; height <= 90; height++ {
				l := newLayout(width, height, n)
				if l.lines() != height {
					t.Fatalf("%dx%d %+v: %d lines: %+v", width, height, n, l.lines(), l)
				}
				if l.left < 1 || l.list < 1 || l.dock < 0 || l.side < 0 {
					t.Fatalf("%dx%d %+v: a width below nothing: %+v", width, height, n, l)
				}
			}
		}
	}
}

// TestLayoutBySize: what must be visible at common sizes.
func TestLayoutBySize(t *testing.T) {
	three := needs{members: 3, textLines: 2, drainLines: 2}
	if l := newLayout(80, 24, three); l.rows != 3 || l.chartRows != 1 || l.events < 2 || !l.footer || l.reading != 2 ||
		l.drain != 2 {
		t.Errorf("80x24 lacks something: %+v", l)
	}
	if l := newLayout(80, 24, needs{members: 7, textLines: 2, drainLines: 2}); l.rows != 7 || l.chartRows != 1 {
		t.Errorf("80x24 lacks something for seven members: %+v", l)
	}
	if l := newLayout(120, 40, three); l.chartRows < 3 || l.events < 4 || l.side == 0 {
		t.Errorf("120x40 lacks something: %+v", l)
	}
	if l := newLayout(200, 60, three); l.chartRows < 5 || l.events < 8 || l.side == 0 || l.dock == 0 {
		t.Errorf("200x60 lacks something: %+v", l)
	}
	if l := newLayout(60, 15, three); l.chartRows != 0 || l.rows != 3 || l.events == 0 {
		t.Errorf("60x15: charts go first, the rest stays: %+v", l)
	}
	three.nextLines, three.urgent = 2, true
	if l := newLayout(80, 24, three); l.next != 2 || l.reading != 2 || l.drain != 2 || l.chartRows != 1 ||
		l.events < 2 || !l.footer {
		t.Errorf("80x24 lacks something when there is a next step: %+v", l)
	}
	wordy := needs{members: 5, textLines: 3, nextLines: 4, drainLines: 2, urgent: true}
	if l := newLayout(80, 24, wordy); l.reading != 3 || l.next < 3 || l.metrics != minGridMetrics || l.events == 0 {
		t.Errorf("80x24 cuts the next step for charts: %+v", l)
	}
	wordy.members, wordy.nextLines = 7, 3
	if l := newLayout(80, 24, wordy); l.rows != 7 || l.reading != 3 || l.next != 3 {
		t.Errorf("80x24 cuts the next step for seven members: %+v", l)
	}
	if l := newLayout(60, 15, three); l.next == 0 || l.rows != 3 || l.events == 0 {
		t.Errorf("60x15 lacks something when there is a next step: %+v", l)
	}
	if l := newLayout(120, 40, three); l.next != 2 || l.events < urgentEvents || l.chartRows < 2 {
		t.Errorf("120x40 lacks something when there is a next step: %+v", l)
	}
}
