package probe

import "time"

// Fact is the answer to one question to a member. The newest good answer stays when later attempts fail or are still
// running: it is stale then, and At is the time of that answer.
type Fact[T any] struct {
	// Value is the newest good answer; meaningless while At is zero.
	Value T
	// At is when Value arrived; zero if it never did.
	At time.Time
	// Took is how long the newest finished attempt took.
	Took time.Duration
	// Slowest is the longest of the attempts that finished since the previous sweep; 0 if none did. A late answer and a
	// quick one may both arrive between two sweeps.
	Slowest time.Duration
	// Err is why the newest finished attempt failed; nil if it gave Value. Partly decoded metrics have both.
	// ErrPermission means that the member is alive; ErrUnsupported, for a learner's linearizable read or member list,
	// that nobody asked.
	Err *Error
	// Partial says that Value is what the failed attempt could decode before Err.
	Partial bool
	// Pending is when the running attempt began; zero if there is none.
	Pending time.Time
}

// Fresh reports whether Value answers the newest question.
func (f *Fact[T]) Fresh() bool { return !f.At.IsZero() && f.Err == nil && f.Pending.IsZero() }

// Answered reports whether there has been an answer at all.
func (f *Fact[T]) Answered() bool { return !f.At.IsZero() }
