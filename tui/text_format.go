package tui

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// notation is how cells write numbers in this theme.
func (t *theme) notation() thresholds.Notation {
	return thresholds.InCells(t.glyphs == GlyphsASCII, t.units == Units1000)
}

// number writes a value in a readable unit, in at most six cells; "" where it is not known.
func (t *theme) number(v probe.Value, unit thresholds.Unit) string {
	n, known := v.Get()
	if !known {
		return ""
	}
	return t.notation().Number(n, unit)
}

// duration writes a duration in at most six cells, coarse in at most four.
func (t *theme) duration(d time.Duration) string { return t.notation().Duration(d) }
func (t *theme) coarse(d time.Duration) string   { return t.notation().Coarse(d) }

// zoned is a time in the zone that was chosen.
func (a appearance) zoned(at time.Time) time.Time {
	if a.local {
		return at.Local()
	}
	return at.UTC()
}

// clock writes the time of day, in UTC (with its Z) or in local time.
func clock(at time.Time, local bool) string {
	if at.IsZero() {
		return "--:--:--"
	}
	if local {
		return at.Local().Format("15:04:05")
	}
	return at.UTC().Format("15:04:05Z")
}

// clock is the time of day as the screen shows it.
func (m model) clock(at time.Time) string { return clock(at, m.appearance.local) }

// stamp is the time of day, with the day where it differs from that of the moment shown.
func (m model) stamp(at time.Time) string {
	const day = "01-02"
	if d := m.appearance.zoned(at).Format(day); d != m.appearance.zoned(m.asOf()).Format(day) {
		return d + " " + m.clock(at)
	}
	return m.clock(at)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// worstText writes a worst value.
func (t *theme) worstText(w thresholds.ShownValue, unit thresholds.Unit) string {
	text := t.number(w.Value, unit)
	switch {
	case text == "":
		return "?"
	case w.AtMost:
		return t.atMost() + text
	}
	return text
}
