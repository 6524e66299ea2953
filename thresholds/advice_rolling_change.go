package thresholds

import (
	"cmp"
	"time"
)

const (
	// changeIdle is how long a rolling change goes on without a sign of it while nobody is away and all members run the
	// same version: etcdoc's own, the longest outage that the dashboard offers to announce.
	changeIdle = time.Hour
	// startedBefore is how long before watching began a process may have started so that whether its member has had its
	// turn is not known: etcdoc's own, as changeIdle.
	startedBefore = changeIdle
	// startRounding is how far off the age of a process may be: see startTimeJitter, on two clocks.
	startRounding = 2 * time.Second
)

// A change is the rolling change that the sweeps show: who has had its turn, and with which version.
//
// It begins with what only an operator does: a mark that announces a member's outage, a member that runs another
// version, or a new member soon after one was taken out. Once it is under way, a member that goes down or restarts
// is a sign of it, too, announced or not; without a change under way a single restart may be a crash, and is nobody's
// turn. Restarts of several members, one after the other, are a change from the first of them on: see adoptRestarts.
// What happened before watching began is no sign: a member that restarted a minute earlier has not had its turn as far
// as anybody saw. While the members run different versions, those with the version that the change leads to have had
// their turn whenever that was.
//
// It ends with the first sign after all members have had their turn, which begins another change; when the members are
// back at the versions that they had before; and after changeIdle without a sign while nobody is away.
type change struct {
	// watchedSince is the first sweep; began and lastSign are the first and the newest sign, zero while no change is
	// under way. removedAt is when a member was last taken out.
	watchedSince, began, lastSign, removedAt time.Time
	turns                                    map[string]*turn // of all members, by key
	// target is the version that a member changed to last; empty if none did.
	target string
	// complete reports that all members have had their turn: whatever happens then is no part of the change.
	complete bool
	// leader is the last one seen, heir who was to lead after it.
	leader, heir MemberRef
	moves        []leaderMove
}

// A turn is what a change has shown of one member.
type turn struct {
	seen     bool   // it has answered since it was first watched
	version  string // the last known
	restarts time.Time

	// before is its version before it changed, in this change; empty if it has not.
	before string
	// goneSince is since when it is away, zero while it is not; wentAt and backAt are the begin and the end of its last
	// absence in this change.
	goneSince, wentAt, backAt time.Time
	// restarted is when its process was last seen to be another one in this change, announced when a mark announced its
	// outage.
	restarted, announced time.Time
	// crash is its last restart without a change under way. adopted reports that it became its turn.
	crash   crash
	adopted bool
	// doneAt is since when it has had its turn; zero if it has not.
	doneAt time.Time
}

// A leaderMove is a move of the leadership away from a member that went on answering.
type leaderMove struct {
	from, to MemberRef
	at       time.Time
}

// follow notes what a sweep shows of the change.
func (c *change) follow(b *cohort) {
	if c.watchedSince.IsZero() {
		c.watchedSince, c.turns = b.now, make(map[string]*turn)
	}
	for _, mark := range b.sweep.Marks {
		if of := b.memberCalled(mark.Member); mark.Member != "" && !of.IsZero() {
			t := c.turnOf(of.Key)
			c.sign(b.now)
			t.announced = b.now
		}
	}
	here := make(map[string]bool, len(b.members))
	for i := range b.members {
		m := &b.members[i]
		if m.Stray {
			continue
		}
		here[m.Key] = true
		if m.track.joined.Equal(b.now) && !c.removedAt.IsZero() && b.now.Sub(c.removedAt) < changeIdle {
			c.sign(b.now)
		}
		c.followMember(m, c.turnOf(m.Key), b.now)
	}
	for key, t := range c.turns {
		if !here[key] {
			if delete(c.turns, key); t.seen { // one that never ran is no sign of a change
				c.removedAt = b.now
			}
		}
	}
	c.adoptRestarts(b)
	for i := range b.members {
		if m := &b.members[i]; !m.Stray {
			m.mayBeDone = c.turnOf(m.Key).awaitsTurn(b.now)
		}
	}
	c.noteLeader(b)
	if c.isCalledOff() || c.isIdle(b) {
		c.end()
	}
}

func (c *change) turnOf(key string) *turn {
	t := c.turns[key]
	if t == nil {
		t = new(turn)
		c.turns[key] = t
	}
	return t
}

// sign notes a sign of a change, which begins one if none is under way.
func (c *change) sign(now time.Time) {
	if c.complete {
		c.end()
	}
	if c.began.IsZero() {
		c.began = now
	}
	c.lastSign = now
}

// isPart reports that what began with a member at a time belongs to a change: it was announced, or a change was under
// way by then.
func (c *change) isPart(m *memberState, t *turn, since time.Time) bool {
	announced := m.expected != "" || t.announced.After(t.doneAt)
	return announced || !c.began.IsZero() && !c.complete && !since.Before(c.began)
}

// end forgets the change.
func (c *change) end() {
	c.began, c.lastSign, c.target, c.moves, c.complete = time.Time{}, time.Time{}, "", nil, false
	for _, t := range c.turns {
		*t = turn{seen: t.seen, version: t.version, restarts: t.restarts, goneSince: t.goneSince, wentAt: t.goneSince,
			crash: t.crash}
	}
}

// followMember notes the signs that a member gives.
func (c *change) followMember(m *memberState, t *turn, now time.Time) {
	fresh := m.State == StateOK && !m.Stale
	changed := fresh && m.Version != "" && t.version != "" && t.version != m.Version
	if m.State == StateDown && t.goneSince.IsZero() && !m.neverStarted && !m.isDefragmented() {
		c.noteGone(m, t, now)
	}
	if fresh && !t.goneSince.IsZero() {
		if t.goneSince = (time.Time{}); changed || c.isPart(m, t, t.wentAt) {
			c.sign(now)
			t.backAt = now
		} else {
			t.crash.wentAt, t.crash.backAt, t.wentAt = t.wentAt, now, time.Time{}
		}
	}
	if n := len(m.track.restarts); n > 0 && m.track.restarts[n-1].at.After(t.restarts) {
		r := &m.track.restarts[n-1]
		t.restarts = r.at
		switch {
		case !t.doneAt.IsZero() && !r.before.After(t.doneAt): // it belongs to the turn that it has had
			t.restarted, r.expected = now, true
		case changed, c.isPart(m, t, r.before): // a second one in its turn may be a crash
			c.sign(now)
			r.expected = changed || t.restarted.IsZero() || t.announced.After(t.restarted)
			t.doneAt, t.restarted, t.crash, t.adopted = time.Time{}, now, crash{}, false
		default:
			if c.complete {
				c.end()
			}
			t.crash = t.crash.next(r, now)
		}
	}
	if changed {
		if t.doneAt.IsZero() || t.before != "" {
			c.sign(now)
		}
		t.before, c.target = cmp.Or(t.before, t.version), m.Version
	}
	if fresh {
		t.version = cmp.Or(m.Version, t.version)
	}
	t.seen = t.seen || fresh
}

// noteGone notes that a member has gone down. Nobody's turn is left in a change whose members have all had theirs, so
// that it is over.
func (c *change) noteGone(m *memberState, t *turn, now time.Time) {
	switch gone := cmp.Or(m.DownSince, now); {
	case t.seen && c.isPart(m, t, gone):
		c.sign(now)
	case t.seen && c.complete:
		c.end()
	}
	t.goneSince = cmp.Or(m.DownSince, now)
	t.wentAt, t.backAt, t.doneAt = t.goneSince, time.Time{}, time.Time{}
}

// noteLeader notes a move of the leadership away from a member that has yet to have its turn and goes on answering.
func (c *change) noteLeader(b *cohort) {
	if b.cluster.Leadership != Led {
		return
	}
	was, is := c.leader, b.cluster.Leader
	c.leader = is
	if c.began.IsZero() || was.IsZero() || was.Key == is.Key {
		return
	}
	at := b.place(was.Key)
	if at < 0 || b.members[at].State != StateOK {
		return
	}
	if t := c.turnOf(was.Key); t.doneAt.IsZero() && t.restarted.IsZero() && t.backAt.IsZero() {
		c.moves = append(c.moves, leaderMove{was, is, b.now})
	}
}

// isCalledOff reports that members changed their version, and all are back at what they had before.
func (c *change) isCalledOff() bool {
	if c.target == "" {
		return false
	}
	for _, t := range c.turns {
		if t.before != "" && t.before != t.version || !t.goneSince.IsZero() {
			return false
		}
	}
	return true
}

// isIdle reports that nothing shows any longer that the change goes on.
func (c *change) isIdle(b *cohort) bool {
	if c.began.IsZero() || b.now.Sub(c.lastSign) < changeIdle {
		return false
	}
	version := ""
	for i := range b.members {
		m := &b.members[i]
		switch {
		case m.Stray:
			continue
		case m.expected != "", !c.turnOf(m.Key).goneSince.IsZero(),
			version != "" && m.Version != "" && m.Version != version:
			return false
		}
		version = cmp.Or(m.Version, version)
	}
	return true
}

// hadTurn reports whether the member's process is another one than before the change. known is false if it was away
// and nothing shows whether it is.
func (c *change) hadTurn(m *memberState, t *turn) (had, known bool) {
	switch {
	case !t.restarted.IsZero(), t.before != "",
		!m.track.joined.IsZero() && !c.began.IsZero() && !m.track.joined.Before(c.began):
		return true, true
	case t.backAt.IsZero():
		return false, true
	}
	if age, dated := m.Vitals[Uptime].Get(); dated && m.track.metricsAt.After(t.backAt) {
		if m.track.metricsAt.Sub(t.wentAt)+startRounding >= time.Duration(age*float64(time.Second)) {
			return true, true
		}
		return false, true
	}
	return !t.announced.IsZero(), !t.announced.IsZero()
}

// shift moves the change's times after the clock was set.
func (c *change) shift(back time.Duration) {
	at := []*time.Time{&c.watchedSince, &c.began, &c.lastSign, &c.removedAt}
	for _, t := range c.turns {
		at = append(at, &t.restarts, &t.goneSince, &t.wentAt, &t.backAt, &t.restarted, &t.announced,
			&t.crash.wentAt, &t.crash.backAt, &t.crash.at, &t.crash.before, &t.doneAt)
	}
	for i := range c.moves {
		at = append(at, &c.moves[i].at)
	}
	for _, moment := range at {
		*moment = shifted(*moment, back)
	}
}
