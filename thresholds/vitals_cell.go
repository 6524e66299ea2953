package thresholds

import "slices"

// A VitalSign is what stands before a member's value, or in its place. A value has one at most, the one that matters
// most; but the last known one may have that of its limit behind.
type VitalSign string

// The signs, those that matter most first.
const (
	SignLacks   VitalSign = "-" // no value: the member answers, and does not report it
	SignUnknown VitalSign = "?" // no value
	SignLast    VitalSign = "~" // the last known value, or a round trip of before: see [Peer.RoundTripIsPast]
	SignOver    VitalSign = "!" // over a limit
	SignNotice  VitalSign = "*" // over what is recommended
	SignNone    VitalSign = ""
)

// A VitalCell is what people see for a vital of a member: its value, if there is one, and the sign.
type VitalCell struct {
	ShownValue
	Sign VitalSign
	// Level is that of the highest limit that the value is over, even if it is the last known one.
	Level Level
}

// Cell returns what people see for a vital.
func (m *Member) Cell(v Vital) VitalCell {
	value, atMost := m.Shown(v)
	c := VitalCell{ShownValue: ShownValue{value, atMost}}
	switch {
	case m.Lacks(v):
		return VitalCell{Sign: SignLacks}
	case !value.IsKnown():
		return VitalCell{Sign: SignUnknown}
	}
	k := m.Mark(v)
	if c.Level, c.Sign = k.Level, k.Level.Sign(); m.IsStale(v) {
		c.Level, c.Sign = max(k.Level, k.LastLevel), SignLast
	}
	if c.Level == OK && v == PeerRTTP99 && m.slowestTripIsPast() {
		c.Sign = SignLast
	}
	return c
}

// slowestTripIsPast reports that the slowest round trip says nothing about now.
func (m *Member) slowestTripIsPast() bool {
	return slices.ContainsFunc(m.Peers, func(p Peer) bool {
		return p.RoundTripIsPast && p.RoundTripP99 == m.Vitals[PeerRTTP99]
	})
}

// Sign returns the sign of a value over a limit of the level.
func (l Level) Sign() VitalSign {
	switch {
	case l >= Warning:
		return SignOver
	case l == Notice:
		return SignNotice
	}
	return SignNone
}

// Text puts the cell together: the signs, and the value as number has it. An upper bound has the text atMost between
// them, whatever the sign: it belongs to the value.
func (c VitalCell) Text(number, atMost string) string {
	switch {
	case !c.Value.IsKnown():
		return string(c.Sign)
	case c.AtMost:
		number = atMost + number
	}
	if c.Sign == SignLast {
		number = string(c.Level.Sign()) + number
	}
	return string(c.Sign) + number
}
