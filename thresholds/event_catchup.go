package thresholds

import (
	"fmt"
	"slices"
	"time"
)

// A rejoin is a member that answers again and may have to catch up.
type rejoin struct {
	member string       // its key
	event  *eventRecord // its EventUp
	// lag is the largest follower lag seen since.
	lag float64
}

// catchUps notes which members have caught up with the leader since they came back, and how long it took.
func (l *eventLog) catchUps(a *Assessment, interval time.Duration) {
	caughtUp := float64(caughtUpLag)
	if i := slices.IndexFunc(a.Members, func(m Member) bool { return m.Role == RoleLeader }); i >= 0 {
		caughtUp = caughtUpWithin(&a.Members[i], interval)
	}
	l.rejoins = slices.DeleteFunc(l.rejoins, func(c *rejoin) bool {
		m := a.Member(c.member)
		if m == nil || m.State == StateDown {
			return true
		}
		lag, known := m.Vitals[FollowerLag].Get()
		if m.Role == RoleLeader {
			lag, known = 0, true
		}
		if !known || m.Stale {
			return false
		}
		c.lag = max(c.lag, lag)
		if !m.Healthy && m.Role != RoleLearner || lag >= caughtUp {
			return false
		}
		if c.event.At.Equal(l.now) {
			c.event.say(c.event.says().surround("", ", caught up"))
			if c.event.Over != "" {
				c.event.Over += ", caught up"
				c.event.nameHeadline(false, c.event.Over)
			}
			return true
		}
		took := l.now.Sub(c.event.At)
		text := "caught up in " + FormatDuration(took)
		if c.lag >= caughtUpLag {
			text += fmt.Sprintf(" (lag %s → %s)", Count.Format(c.lag), Count.Format(lag))
		}
		caught := l.addOf(EventCaughtUp, m, text)
		caught.ID, caught.Lasted, caught.Over = c.event.ID, took, "caught up in "+FormatDuration(took)
		return true
	})
}
