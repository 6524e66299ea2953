package thresholds

import (
	"cmp"
	"slices"
	"time"
)

// A crash is a restart without a change under way: it may be one, or the first turn of a change that nobody announced.
type crash struct {
	// wentAt and backAt are the begin and the end of the absence; zero where no sweep found the member away.
	wentAt, backAt time.Time
	// at is when its process was seen to be another one, before when that before it was last seen.
	at, before time.Time
	// again reports that it had restarted shortly before.
	again bool
}

// next is the crash that a restart shows, noted now.
func (last crash) next(r *restart, now time.Time) crash {
	is := crash{at: now, before: r.before, again: last.isRecent(now)}
	if r.before.Before(last.backAt) {
		is.wentAt, is.backAt = last.wentAt, last.backAt
	}
	return is
}

// isRecent reports a restart that may still be part of what goes on.
func (last crash) isRecent(now time.Time) bool {
	return !last.at.IsZero() && now.Sub(last.at) < changeIdle
}

// began and ended are the ends of the time in which the member was not there, as far as it was seen.
func (last crash) began() time.Time { return cmp.Or(last.wentAt, last.before) }
func (last crash) ended() time.Time { return cmp.Or(last.backAt, last.at) }

// adoptRestarts makes unannounced restarts the turns of a change: those of two members and more, each of which
// restarted once, and left when the one before was back, as an operator goes from one to the next. Metrics do not show
// whether a process was stopped or killed, so all others stay unknown, see isUnannounced, until everybody has restarted
// and is back: then nothing is left to be done, whatever it was.
func (c *change) adoptRestarts(b *cohort) {
	var crashes []crash
	members, restarted, back := 0, 0, true
	for i := range b.members {
		m := &b.members[i]
		if m.Stray || m.outside {
			continue
		}
		members++
		t := c.turnOf(m.Key)
		back = back && m.State == StateOK && t.goneSince.IsZero()
		switch {
		case t.awaitsTurn(b.now):
			crashes = append(crashes, t.crash)
			restarted++
		case !t.restarted.IsZero():
			restarted++
		}
	}
	slices.SortFunc(crashes, func(x, y crash) int { return x.began().Compare(y.began()) })
	everybody := back && restarted == members
	if len(crashes) == 0 || restarted < 2 || !everybody && !oneByOne(crashes) {
		return
	}
	if first := crashes[0].began(); c.began.IsZero() || first.Before(c.began) {
		c.began = first
	}
	c.lastSign = b.now
	for i := range b.members {
		if m := &b.members[i]; !m.Stray && !m.outside && c.turnOf(m.Key).awaitsTurn(b.now) {
			c.turnOf(m.Key).adopt(m.Healthy)
		}
	}
}

// oneByOne reports that no member restarted twice, and that each left once the one before was back. They are in the
// order in which they left.
func oneByOne(crashes []crash) bool {
	for i, x := range crashes {
		if x.again || i > 0 && x.began().Before(crashes[i-1].ended()) {
			return false
		}
	}
	return true
}

// awaitsTurn reports that the member restarted lately without a change under way, and nothing shows yet whether that
// was its turn.
func (t *turn) awaitsTurn(now time.Time) bool {
	return t.crash.isRecent(now) && t.restarted.IsZero() && !t.announced.After(t.crash.at)
}

// adopt makes the restart the member's turn, which is done if it is healthy, and else once it is.
func (t *turn) adopt(healthy bool) {
	t.restarted, t.adopted = t.crash.at, true
	if t.goneSince.IsZero() {
		t.wentAt, t.backAt = t.crash.wentAt, t.crash.backAt
		if healthy {
			t.doneAt = t.crash.ended()
		}
	}
	t.crash = crash{}
}

// isUnannounced reports that several members restarted lately, none of them announced, and nothing else shows a change:
// that may be the work of an operator, or of an out-of-memory killer that ends members again and again.
func (c *change) isUnannounced(now time.Time) bool {
	n := 0
	for _, t := range c.turns {
		if t.crash.isRecent(now) {
			n++
		}
	}
	return n > 1 && c.began.IsZero()
}

// restartedLast puts those last in an order that may have had their turn.
func (c *change) restartedLast(order []MemberRef, now time.Time) {
	slices.SortStableFunc(order, func(x, y MemberRef) int {
		return falseFirst(c.turnOf(x.Key).awaitsTurn(now), c.turnOf(y.Key).awaitsTurn(now))
	})
}
