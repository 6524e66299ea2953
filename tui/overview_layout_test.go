package tui

import "testing"

// lines returns how many lines of the window a layout uses, header included.
func (l *layout) lines() int {
	n := 1 + l.text + l.drain + l.middle() + l.events
	for _, shown := range []bool{l.tableRule, l.eventsRule, l.footerBlank, l.footer} {
		if shown {
			n++
		}
	}
	return n
}

// TestLayoutUsesTheWholeWindow for every size and number of members.
func TestLayoutUsesTheWholeWindow(t *testing.T) {
	for _, members := range []int{0, 1, 3, 5, 7, 11, 40} {
		for width := 1; width <= 220; width += 9 {
			for height := 2; height <= 90; height++ {
				l := newLayout(width, height, members)
				if l.lines() != height {
					t.Fatalf("%dx%d, %d members: %d lines: %+v", width, height, members, l.lines(), l)
				}
				if l.left < 1 || l.list < 1 || l.dock < 0 || l.side < 0 {
					t.Fatalf("%dx%d, %d members: a width below nothing: %+v", width, height, members, l)
				}
			}
		}
	}
}

// TestLayoutBySize: what must be visible at common sizes.
func TestLayoutBySize(t *testing.T) {
	for _, members := range []int{3, 5, 7} {
		if l := newLayout(60, 15, members); l.text != 3 || l.drain < 2 || members < 7 && l.drain != 3 ||
			l.rows < members || !l.footer {
			t.Errorf("60x15 lacks something for %d members: %+v", members, l)
		}
		if l := newLayout(80, 24, members); l.text != 2 || l.drain != 2 || l.rows != members ||
			l.metrics != gridMetrics || l.events == 0 || !l.footer {
			t.Errorf("80x24 lacks something for %d members: %+v", members, l)
		}
		if l := newLayout(120, 40, members); l.text != 2 || l.drain != 2 || l.rows != members || l.chartRows < 2 ||
			l.events < wideEvents || l.side == 0 {
			t.Errorf("120x40 lacks something for %d members: %+v", members, l)
		}
		if l := newLayout(120, 24, members); l.text != 1 || l.drain != 2 || l.rows != members || l.events == 0 {
			t.Errorf("120x24 lacks something for %d members: %+v", members, l)
		}
		if l := newLayout(200, 60, members); l.chartRows < roomyRows || l.flows != flowCount ||
			l.links != members || l.events < wideEvents || l.side == 0 || l.dock == 0 {
			t.Errorf("200x60 lacks something for %d members: %+v", members, l)
		}
	}
}
