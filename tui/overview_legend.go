package tui

import (
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// signs are the signs on the overview that need a word.
type signs struct{ last, over, notice, atMost, offChart bool }

// tableSigns are the signs of the values in the table's rows.
func (m model) tableSigns(width, rows int) (found signs) {
	columns, _, _ := m.tableLayout(width, "")
	for _, i := range m.visible(rows) {
		a := &m.shown.members[i]
		for _, c := range columns {
			if c.vital == thresholds.NoVital {
				found.last = found.last || c.title == versionTitle && a.VersionIsStale() && a.Version != ""
				continue
			}
			cell := a.Cell(c.vital)
			found.atMost = found.atMost || cell.AtMost && cell.Value.IsKnown()
			found.last = found.last || cell.Sign == thresholds.SignLast
			if cell.Value.IsKnown() {
				found.over = found.over || cell.Level.Sign() == thresholds.SignOver
				found.notice = found.notice || cell.Level.Sign() == thresholds.SignNotice
			}
		}
	}
	return found
}

// signLegend explains the signs in a room: all of them, or the first ones in short.
func (m model) signLegend(of signs, room int) string {
	if all := m.wholeSignLegend(of, room); all != "" {
		return all
	}
	_, short := m.signWords(of)
	for n := len(short) - 1; n > 0; n-- {
		if some := strings.Join(short[:n], "  "); textWidth(some) <= room {
			return some
		}
	}
	return ""
}

// wholeSignLegend explains all signs in a room: in full, or in short; empty where that has no room.
func (m model) wholeSignLegend(of signs, room int) string {
	full, short := m.signWords(of)
	for _, form := range [...]string{strings.Join(full, "  "), strings.Join(short, "  "), strings.Join(short, " ")} {
		if textWidth(form) <= room {
			return form
		}
	}
	return ""
}

// signWords explain each of the signs, in full and in short.
func (m model) signWords(of signs) (full, short []string) {
	for _, s := range [...]struct {
		found       bool
		full, short string
	}{
		{of.last, "~ last known", "~ old"},
		{of.over, "! over its limit", "! over"},
		{of.notice, "* over what is recommended", "* high"},
		{of.atMost, m.theme.atMost() + " at most", m.theme.atMost() + " at most"},
		{of.offChart, m.theme.offChart() + " limit above the chart", m.theme.offChart() + " above"},
	} {
		if s.found {
			full, short = append(full, s.full), append(short, s.short)
		}
	}
	return full, short
}

// offChart is the sign for a limit above a chart.
func (t *theme) offChart() string { return t.pick("↑", "^") }
