package tui

import (
	"math"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// Scale is how the y-axes of charts are chosen.
type Scale string

// The scales.
const (
	ScaleShared Scale = "shared" // one for all members, so that their charts can be compared
	ScaleOwn    Scale = "own"    // each chart its own
	ScaleLog    Scale = "log"    // one for all members, logarithmic
)

// Scales are all scales, in the order in which the key goes through them.
func Scales() []Scale { return []Scale{ScaleShared, ScaleOwn, ScaleLog} }

// yAxis is the y-axis of a chart. A linear one begins at 0.
type yAxis struct {
	bottom, top float64
	log         bool
	unit        thresholds.Unit
	// base is the factor between the unit's prefixes, 1024 or 1000; 0 for a plain decimal unit.
	base float64
}

// extent is the range of values: their peak and the least above 0, both 0 where there are no values.
type extent struct{ peak, least float64 }

func (e extent) with(values []probe.Value) extent {
	for _, v := range values {
		n := v.Or(0)
		e.peak = max(e.peak, n)
		if n > 0 && (e.least == 0 || n < e.least) {
			e.least = n
		}
	}
	return e
}

// and is the extent of both.
func (e extent) and(f extent) extent {
	return e.with([]probe.Value{probe.Known(f.peak), probe.Known(f.least)})
}

// newAxis makes the axis for values of an extent, with room for their limits.
func (t *theme) newAxis(e extent, limits thresholds.VitalLimits, unit thresholds.Unit, log bool) yAxis {
	a := yAxis{unit: unit, log: log, base: t.base(unit)}
	if log {
		a.setDecades(e, limits)
	} else {
		a.top = scale(e.peak, limits, a.base)
	}
	return a
}

// base is the factor between a unit's prefixes; 0 for a plain decimal unit.
func (t *theme) base(unit thresholds.Unit) float64 {
	switch {
	case unit != thresholds.Bytes && unit != thresholds.BytesPerSecond:
		return 0
	case t.units == Units1000:
		return 1000
	}
	return 1024
}

// The decades that a logarithmic axis has.
const (
	leastDecades = 2
	mostDecades  = 6
)

// setDecades makes a logarithmic axis begin and end at whole decades. Values at or below its bottom lie on the
// bottom, zero too.
func (a *yAxis) setDecades(e extent, limits thresholds.VitalLimits) {
	top := e.peak
	if l, ok := limits.Nearest(e.peak); ok {
		top = max(top, l.Value)
	}
	least := leastOf(a.unit)
	if math.IsInf(top, 0) {
		top = 0
	}
	a.top = decadeFrom(max(top, 10*least), a.base)
	a.bottom = decadeUntil(a.top*math.Pow(10, -leastDecades), a.base)
	if e.least > 0 {
		a.bottom = min(a.bottom, max(decadeUntil(e.least, a.base), a.top*math.Pow(10, -mostDecades)))
	}
	a.bottom = max(a.bottom, least)
}

// leastOf is the least number that matters: no logarithmic axis begins below it.
func leastOf(unit thresholds.Unit) float64 {
	switch unit {
	case thresholds.Seconds:
		return 1e-6
	case thresholds.PerSecond, thresholds.Ratio:
		return 0.01
	}
	return 1
}

// share is how far up the axis a number lies: 0 at its bottom or below, 1 at its top or above.
func (a yAxis) share(n float64) float64 {
	switch {
	case n <= a.bottom:
		return 0
	case n >= a.top:
		return 1
	case a.log:
		return math.Log(n/a.bottom) / math.Log(a.top/a.bottom)
	}
	return n / a.top
}

// valueAt is the number that lies a share of the way up the axis: the reverse of share.
func (a yAxis) valueAt(share float64) float64 {
	if a.log {
		return a.bottom * math.Pow(a.top/a.bottom, share)
	}
	return a.top * share
}

// row is the line of a chart, from the top, that a number lies in; -1 where it is off the axis.
func (a yAxis) row(n float64, rows int) int {
	if n > a.top || n < a.bottom {
		return -1
	}
	return rows - 1 - min(int(a.share(n)*float64(rows)), rows-1)
}

// labels are the numbers beside the lines of a chart: the top, the bottom, and round ones between.
func (a yAxis) labels(t *theme, rows int) []string {
	labels := make([]string, rows)
	top, bottom := t.number(probe.Known(a.top), a.unit), "0"
	if a.log {
		bottom = t.atMost() + t.number(probe.Known(a.bottom), a.unit)
	}
	for _, tick := range a.ticks(rows) {
		text := t.number(probe.Known(tick), a.unit)
		if y := a.row(tick, rows); y > min(1, rows/spacedRows-1) && y < rows-1 && text != top && text != "0" {
			labels[y] = text
		}
	}
	labels[rows-1], labels[0] = bottom, top
	return labels
}

// ticks are the round numbers on the axis between its ends, no more than in every third line.
func (a yAxis) ticks(rows int) []float64 {
	var ticks []float64
	if a.log {
		for n := decadeFrom(a.bottom*2, a.base); n < a.top*(1-1e-9); n = decadeFrom(n*2, a.base) {
			ticks = append(ticks, n)
		}
		return ticks
	}
	most := rows / spacedRows
	if most < 1 {
		return nil
	}
	step := roundFrom(a.top/float64(most), a.base, []float64{1, 2, 5})
	for n := step; n < a.top*(1-1e-9) && len(ticks) < most; n += step {
		ticks = append(ticks, n)
	}
	return ticks
}

// scaleReach is how many times the peak a limit may be and still set the scale of a chart: a limit further away would
// flatten the values.
const scaleReach = 8

// scale is the maximum of a linear axis for a peak, with head-room, so that the chart of an idle cluster looks idle.
func scale(peak float64, limits thresholds.VitalLimits, base float64) float64 {
	top := 2 * peak
	if l, ok := limits.Nearest(peak); ok && (l.Value <= scaleReach*peak || peak <= 0) {
		top = max(peak, 1.2*l.Value)
	}
	return roundFrom(top, base, []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8})
}

// decadeFrom is the first whole decade that is not below n, decadeUntil the last that is not above it.
func decadeFrom(n, base float64) float64 { return roundFrom(n, base, []float64{1}) }

func decadeUntil(n, base float64) float64 {
	from := decadeFrom(n, base)
	if from <= n*(1+1e-9) {
		return from
	}
	return decadeFrom(from/20, base) // between the decade below and the one below that, also where 1024 makes the step
}

// roundFrom is the least number not below n that is short to write: one of the steps times a power of ten, or for
// sizes times a prefix.
func roundFrom(n, base float64, steps []float64) float64 {
	if n <= 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		return 1
	}
	of := 1.0
	for base > 0 && n > 999.5*of { // as they are written
		of *= base
	}
	power := math.Pow(10, math.Floor(math.Log10(n/of))) * of
	for _, step := range steps {
		if n <= step*power*(1+1e-9) {
			return step * power
		}
	}
	if next := 10 * power; base == 0 || next < 1000*of {
		return next
	}
	return base * of
}
