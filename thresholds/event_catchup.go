package thresholds

import (
	"fmt"
	"slices"
	"time"
)

// A rejoin is a member that answers again and may have entries to catch up with.
type rejoin struct {
	member string       // its key
	event  *eventRecord // that it is back
	// lag is the most entries that it was seen to be behind since.
	lag float64
}

// catchUps notes who has caught up with the leader since it is back, and how long that took.
func (l *eventLog) catchUps(a *Assessment, interval time.Duration) {
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
		if !m.Healthy && m.Role != RoleLearner || lag >= max(caughtUpLag, leaderApplyRate(a)*interval.Seconds()) {
			return false
		}
		if c.event.At.Equal(l.now) {
			c.event.say(c.event.says().surround("", ", caught up"))
			return true
		}
		took := l.now.Sub(c.event.At)
		text := "caught up in " + FormatDuration(took)
		if c.lag >= caughtUpLag {
			text += fmt.Sprintf(" (lag %s → %s)", Count.Format(c.lag), Count.Format(lag))
		}
		l.addOf(EventCaughtUp, m, text).Lasted = took
		return true
	})
}

// leadersPace is how many entries a second the leader applies. Members are not asked at the very same moment, so that
// a busy leader's followers are always seen a little behind.
func leaderApplyRate(a *Assessment) float64 {
	for i := range a.Members {
		if m := &a.Members[i]; m.Role == RoleLeader {
			return m.Vitals[ProposalsAppliedRate].Or(0)
		}
	}
	return 0
}
