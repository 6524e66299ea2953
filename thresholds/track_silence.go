package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/window"
)

// noteSilence returns for how long at least the member answered nothing between two expositions, which arrived at
// before and at; 0 where it was not seen to be late or down. It was first asked in vain up to an interval after before,
// and is asked anew up to an interval after it can answer again.
func (t *track) noteSilence(before, at time.Time, interval time.Duration) time.Duration {
	silent := at.Sub(before) - 2*max(interval, usualInterval)
	if before.IsZero() || !t.okSince.IsZero() || silent <= 0 {
		return 0
	}
	t.silentUntil = at
	return silent
}

// steadyAfter is for how long a member has to answer until it is no longer unsteady: etcdoc's own, several of the
// timeouts that members near them exceed now and then.
const steadyAfter = 30 * time.Second

// failures are the ends of the last two times when a member that had answered did not.
type failures struct {
	failing       bool
	last, earlier time.Time
}

// note records whether the member fails to answer at a time.
func (f *failures) note(failing bool, at time.Time) {
	switch {
	case !failing:
	case !f.failing:
		f.last, f.earlier = at, f.last
	default:
		f.last = at
	}
	f.failing = failing
}

// unsteady reports that it has stopped to answer twice lately, however well it answers now.
func (f *failures) unsteady(at time.Time, interval time.Duration) bool {
	return !f.earlier.IsZero() && at.Sub(f.earlier) <= max(steadyAfter, 10*interval)
}

// addDisk adds what an exposition has of a disk. What was in progress while the member was silent took as long as that,
// because the process stood still or its host did: it is no evidence of the disk's speed. Where one of the newest
// observations may be such a one, the window begins anew.
func (t *track) addDisk(
	h *window.Histogram, exposed *probe.Histogram, before, at time.Time, silent, keep time.Duration,
) {
	h.Add(at, window.Buckets(*exposed), keep)
	d, known := h.Over(at, at.Sub(before)+1)
	if lower, upper, any := d.HighestBucket(); known && any &&
		(silent > 0 && upper >= silent.Seconds() || t.beganSilent(lower, at)) {
		*h = window.Histogram{}
		h.Add(at, window.Buckets(*exposed), keep)
	}
}

// beganSilent reports that what took that many seconds at least, and has ended by the exposition at a moment, began
// before the member's last silence was over.
func (t *track) beganSilent(seconds float64, at time.Time) bool {
	return !t.silentUntil.IsZero() && at.After(t.silentUntil) && seconds >= at.Sub(t.silentUntil).Seconds()
}
