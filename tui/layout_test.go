package tui

import "testing"

// lines is how many lines of the window a layout uses, the header's too.
func (l *layout) lines() int {
	n := 1 + l.reading + l.drain + l.middle() + l.events
	for _, shown := range []bool{l.tableRule, l.eventsRule, l.footerRule, l.footer} {
		if shown {
			n++
		}
	}
	return n
}

// TestLayoutUsesTheWholeWindow holds for every size and need.
func TestLayoutUsesTheWholeWindow(t *testing.T) {
	for _, n := range []needs{{}, {1, 1, 1, 0}, {3, 2, 2, 0}, {5, 2, 9, 0}, {11, 1, 3, 0}, {3, 2, 1, 10}, {40, 2, 40, 0}} {
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

// TestLayoutBySize is what must be there at the sizes that people have.
func TestLayoutBySize(t *testing.T) {
	three := needs{members: 3, readingLines: 2, drainLines: 2}
	if l := newLayout(80, 24, three); l.rows != 3 || l.chartRows != 1 || l.events < 2 || !l.footer || l.reading != 2 || l.drain != 2 {
		t.Errorf("80x24 lacks something: %+v", l)
	}
	if l := newLayout(80, 24, needs{members: 7, readingLines: 2, drainLines: 2}); l.rows != 7 || l.chartRows != 1 {
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
}
