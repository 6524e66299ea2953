package probe

import (
	"math"
	"testing"
)

// TestValueKeepsEveryNumber includes the numbers that are hard to preserve.
func TestValueKeepsEveryNumber(t *testing.T) {
	t.Parallel()
	for _, n := range []float64{0, 1, -1, 0.1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
		1 << 53} {
		if got, known := Known(n).Get(); !known || got != n || Known(n).IsZero() {
			t.Errorf("Known(%g) is %g, %v", n, got, known)
		}
	}
	if Known(math.Copysign(0, -1)) != Known(0) {
		t.Error("a negative zero is another zero")
	}
	for _, n := range []float64{math.NaN(), math.Float64frombits(math.MaxUint64), math.Inf(1), math.Inf(-1)} {
		if v := Known(n); v.IsKnown() || v != (Value{}) || v.String() != "?" || v.Or(7) != 7 {
			t.Errorf("Known(%g) is known: %v", n, v)
		}
	}
}
