package probe

import (
	"math"
	"strconv"
)

// Value is a number that may be absent. The zero Value is absent, so a fact that nobody filled in claims nothing. A
// present Value is always finite.
type Value struct {
	// bits is the complement of the number's bits, so that 0 means absent. This halves the memory of the history, which
	// keeps every member's vitals of every sweep.
	bits uint64
}

// Known makes a Value of a number. NaN and the infinities give an absent Value.
func Known(number float64) Value {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return Value{}
	}
	return Value{^math.Float64bits(number + 0)} // a negative zero is zero
}

// Get returns the number and whether there is one.
func (v Value) Get() (number float64, known bool) {
	if v.bits == 0 {
		return 0, false
	}
	return math.Float64frombits(^v.bits), true
}

// IsKnown reports whether there is a number.
func (v Value) IsKnown() bool { return v.bits != 0 }

// IsZero reports absence, so that `omitzero` omits unknown values from JSON and keeps a known 0.
func (v Value) IsZero() bool { return v.bits == 0 }

// Or returns the number, or fallback if there is none.
func (v Value) Or(fallback float64) float64 {
	if n, known := v.Get(); known {
		return n
	}
	return fallback
}

// Plus returns the sum; absent if either side is.
func (v Value) Plus(w Value) Value {
	a, known := v.Get()
	b, also := w.Get()
	if !known || !also {
		return Value{}
	}
	return Known(a + b)
}

// Minus returns the difference; absent if either side is.
func (v Value) Minus(w Value) Value {
	a, known := v.Get()
	b, also := w.Get()
	if !known || !also {
		return Value{}
	}
	return Known(a - b)
}

// Per returns the quotient; absent if either side is or if w is 0.
func (v Value) Per(w Value) Value {
	a, known := v.Get()
	b, also := w.Get()
	if !known || !also || b == 0 {
		return Value{}
	}
	return Known(a / b)
}

// Max returns the larger of the two, or the other one if one is absent.
func (v Value) Max(w Value) Value {
	a, known := v.Get()
	b, also := w.Get()
	if !known || (also && b > a) {
		return w
	}
	return v
}

// String prints the number in its shortest form, or "?" if there is none.
func (v Value) String() string {
	n, known := v.Get()
	if !known {
		return "?"
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

// MarshalJSON writes the number, or null if there is none.
func (v Value) MarshalJSON() ([]byte, error) {
	n, known := v.Get()
	if !known {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, n, 'g', -1, 64), nil
}
