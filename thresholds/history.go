package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// History keeps every member's vitals over time: bounded, see [Evaluator]. It belongs to the goroutine that owns
// the evaluator. Members are named by their key.
type History struct{}

// Columns cuts the window that ends at `to` into n columns of equal width, oldest first, and returns the largest
// value known in each. A column in which the member gave no value is absent: a gap, never a zero. Columns are
// aligned to whole multiples of their width, so that they keep their values while time moves on.
func (h *History) Columns(member string, v Vital, to time.Time, window time.Duration, n int) []probe.Value {
	return make([]probe.Value, n)
}

// RoleColumn is a member's part in raft during one column.
type RoleColumn struct {
	Role Role
	Term uint64 // 0: nothing known
}

// Roles is [History.Columns] for the role and the term: a column in which the member led is a leader's.
func (h *History) Roles(member string, to time.Time, window time.Duration, n int) []RoleColumn {
	return make([]RoleColumn, n)
}
