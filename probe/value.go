package probe

import (
	"math"
	"strconv"
)

// Value is a number that may be absent. The zero Value is absent, so that a fact nobody filled in claims
// nothing; a Value that is present is always finite.
type Value struct {
	number float64
	known  bool
}

// Known is the Value of a number that was read. NaN and the infinities say nothing about a cluster: they give
// an absent Value.
func Known(number float64) Value {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return Value{}
	}
	return Value{number: number, known: true}
}

// Get returns the number, and whether there is one.
func (v Value) Get() (number float64, known bool) { return v.number, v.known }

// IsKnown reports whether there is a number.
func (v Value) IsKnown() bool { return v.known }

// IsZero reports absence, so that `omitzero` leaves out of JSON what is not known (and keeps a known 0).
func (v Value) IsZero() bool { return !v.known }

// Or returns the number, or fallback where there is none.
func (v Value) Or(fallback float64) float64 {
	if !v.known {
		return fallback
	}
	return v.number
}

// Plus is the sum, absent when either side is.
func (v Value) Plus(w Value) Value {
	if !v.known || !w.known {
		return Value{}
	}
	return Known(v.number + w.number)
}

// Minus is the difference, absent when either side is.
func (v Value) Minus(w Value) Value {
	if !v.known || !w.known {
		return Value{}
	}
	return Known(v.number - w.number)
}

// Per is the quotient, absent when either side is or when w is 0.
func (v Value) Per(w Value) Value {
	if !v.known || !w.known || w.number == 0 {
		return Value{}
	}
	return Known(v.number / w.number)
}

// Max is the larger of the two; where one is absent it is the other.
func (v Value) Max(w Value) Value {
	if !v.known || (w.known && w.number > v.number) {
		return w
	}
	return v
}

// String prints the number in its shortest form, or "?" where there is none.
func (v Value) String() string {
	if !v.known {
		return "?"
	}
	return strconv.FormatFloat(v.number, 'g', -1, 64)
}

// MarshalJSON writes the number, or null where there is none.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.known {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, v.number, 'g', -1, 64), nil
}
