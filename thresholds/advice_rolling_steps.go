package thresholds

import (
	"cmp"
	"slices"
	"time"
)

// progress returns the order with how far the change has come. announced returns the outage that a mark announces of a
// member, nil without one.
func (c *change) progress(b *cohort, r Rolling, announced func(*Member) *outage) Rolling {
	r.Began = c.began
	if n := len(r.Order); n > 0 {
		leader := r.Order[n-1]
		c.restartedLast(r.Order, b.now)
		r.AfterLeader = n - 1 - slices.Index(r.Order, leader)
	}
	r.From, r.To = c.versions(b)
	var begun []RollingStep
	pending := make(map[string]RollingStep, len(b.members))
	for i := range b.members {
		m := &b.members[i]
		if m.Stray || m.outside || c.isNoPart(m) {
			continue
		}
		switch s := c.stepOf(b, m, r.To, announced(m.Member)); s.State {
		case StepWaiting, StepUnknown:
			pending[m.Key] = s
		default:
			begun = append(begun, s)
		}
	}
	slices.SortStableFunc(begun, inTurn)
	r.Steps = append(c.movedBefore(begun), c.inOrder(b, &r, pending)...)
	c.markNext(&r, b.now)
	if r.BlockedBrief == noHeir && r.hasDone(b.cluster.Leader) {
		r.Blocked, r.BlockedBrief = "", ""
	}
	r.setPhase(b)
	r.holdCommands()
	c.complete = c.complete || r.Phase == PhaseDone
	r.Text = r.words()
	if r.Progress = r.laggingVersion(b); !c.complete && r.To != "" {
		r.Progress = r.progress()
	}
	return r
}

// isNoPart reports a member that has never run: it has no part in the change, unless the change puts it in the place of
// one that was taken out.
func (c *change) isNoPart(m *memberState) bool {
	replaces := !c.began.IsZero() && !c.complete && !m.track.joined.Before(c.began)
	return m.Condition.Word == ConditionNeverUp && !replaces
}

// holdCommands takes the commands out unless the next step may be taken now.
func (r *Rolling) holdCommands() {
	if r.Phase.MayGoOn() {
		return
	}
	r.Next = ""
	for i := range r.Steps {
		r.Steps[i].Command = ""
	}
}

// inTurn orders the steps that have begun: those that are done first, in the order of their ends.
func inTurn(s, t RollingStep) int {
	if done := s.State == StepDone; done != (t.State == StepDone) {
		return falseFirst(!done, done)
	}
	return cmp.Or(s.Since.Compare(t.Since), cmp.Compare(s.Member.Label, t.Member.Label))
}

// stepOf is the turn of one member.
func (c *change) stepOf(b *cohort, m *memberState, to string, o *outage) RollingStep {
	t := c.turnOf(m.Key)
	s := RollingStep{Kind: StepMember, Member: m.MemberRef, Before: cmp.Or(t.before, t.version), Now: t.version}
	had, known := c.hadTurn(m, t)
	if to != "" {
		had, known = t.version == to, true
	}
	condition := m.Condition.Word
	catching := condition == ConditionCatchUp || condition == ConditionJoining
	isOver := had && c.complete
	here := m.State == StateOK || condition == ConditionDefrag || m.State == StateLate && !t.doneAt.IsZero()
	switch {
	case catching && !isOver, m.State == StateOK && had && m.Voter && !m.Healthy && t.doneAt.IsZero():
		s.State, s.Since = StepCatchingUp, cmp.Or(t.backAt, t.goneSince)
		s.Progress = cmp.Or(m.Condition.Progress, m.briefReason)
	case m.State == StateOutOfReach:
		s.State, s.Progress = StepUnknown, "out of reach from here"
	case had && here:
		if t.doneAt.IsZero() {
			t.doneAt = b.now
		}
		if o != nil && o.doneAt.IsZero() && !t.doneAt.Before(o.Since) {
			o.doneAt = t.doneAt
		}
		s.State, s.Since, s.Unannounced = StepDone, t.doneAt, t.adopted
		if t.adopted {
			s.Progress = "unannounced"
		}
		if c.began.IsZero() { // the version alone shows it
			s.Since = time.Time{}
		}
	case m.State != StateOK && condition != ConditionDefrag:
		s.State, s.Since = StepAway, cmp.Or(t.goneSince, m.DownSince, m.track.lateSince)
		switch {
		case m.neverServed:
			s.Progress = "it has never served"
		case condition == ConditionNeverUp:
			s.Progress = "it was added and never ran"
		}
	case !known:
		s.State, s.Progress = StepUnknown, "it is back; whether it restarted is not known"
	default:
		s.State, s.Progress = c.notYet(b, m, t, to)
		s.Unannounced = to == "" && t.crash.isRecent(b.now) && c.isUnannounced(b.now)
	}
	if !had {
		t.doneAt = time.Time{}
	}
	switch {
	case m.State == StateOutOfReach: // whether it is away is not known
	case !t.goneSince.IsZero():
		s.Away = max(0, b.now.Sub(t.goneSince))
	case !t.backAt.IsZero():
		s.Away = max(0, t.backAt.Sub(t.wentAt))
	}
	if o != nil && s.State != StepDone {
		s.Mark, s.MarkUntil = o.text, o.Until
		if t.crash.isRecent(b.now) && s.State == StepWaiting { // what is announced is the next restart
			s.Progress = ""
		}
	}
	return s
}

// notYet is the state of a member that answers and has not had its turn as far as anybody saw.
func (c *change) notYet(b *cohort, m *memberState, t *turn, to string) (StepState, string) {
	if to != "" && (!t.restarted.IsZero() || !t.backAt.IsZero()) {
		return StepWaiting, "it is back with the version that it had"
	}
	if !t.backAt.IsZero() {
		return StepWaiting, "it was away, and has not restarted"
	}
	if t.crash.isRecent(b.now) {
		state := StepWaiting
		if c.isUnannounced(b.now) {
			state = StepUnknown
		}
		return state, "restarted " + agoWords(b.now.Sub(t.crash.at)) + ", unannounced"
	}
	if ago, lately := c.startedLately(b, m); lately && to == "" {
		return StepUnknown, "restarted " + FormatDuration(ago) + " before watching began"
	}
	return StepWaiting, ""
}

// startedLately reports whether the member's process started shortly before watching began, and how long before.
// Where that holds for all members, it shows nothing.
func (c *change) startedLately(b *cohort, m *memberState) (ago time.Duration, lately bool) {
	before := func(m *memberState) (ago time.Duration, known bool) {
		age, known := m.Vitals[Uptime].Get()
		return time.Duration(age*float64(time.Second)) - b.now.Sub(c.watchedSince), known && !m.IsStale(Uptime)
	}
	ago, known := before(m)
	if !known || ago < 0 || ago > startedBefore {
		return 0, false
	}
	return ago, slices.ContainsFunc(b.members, func(other memberState) bool {
		ago, known := before(&other)
		return known && ago > startedBefore && !other.Stray && !other.outside
	})
}

// movedBefore puts each move of the leadership before the turn of who led.
func (c *change) movedBefore(begun []RollingStep) []RollingStep {
	steps := make([]RollingStep, 0, len(begun)+len(c.moves)+1)
	move := func(m leaderMove) RollingStep {
		return RollingStep{Kind: StepMoveLeader, Member: m.to, From: m.from, State: StepDone, Since: m.at}
	}
	placed := make([]bool, len(c.moves))
	for _, s := range begun {
		for i, m := range c.moves {
			if !placed[i] && m.from.Key == s.Member.Key {
				steps, placed[i] = append(steps, move(m)), true
			}
		}
		steps = append(steps, s)
	}
	for i, m := range c.moves {
		if !placed[i] {
			steps = append(steps, move(m))
		}
	}
	return steps
}

// inOrder are the turns that have not begun, in the order to go, with the move of the leadership before the leader's.
// While nobody leads, as in the middle of such a move, they stay as they were.
func (c *change) inOrder(b *cohort, r *Rolling, pending map[string]RollingStep) (steps []RollingStep) {
	order, command := r.Order, r.Next
	switch {
	case b.cluster.Leadership != Led:
		order, command = lastOf(order, c.leader.Key), ""
	case b.followsNobody(c.heir.Key): // it may be about to lead
		command = ""
	default:
		c.heir = r.MoveLeaderTo
	}
	c.restartedLast(order, b.now)
	for _, ref := range order {
		s, is := pending[ref.Key]
		if !is {
			continue
		}
		delete(pending, ref.Key)
		if ref.Key == c.leader.Key && !c.heir.IsZero() {
			steps = append(steps, RollingStep{
				Kind: StepMoveLeader, Member: c.heir, From: ref, State: StepWaiting, Command: command,
			})
		}
		steps = append(steps, s)
	}
	for i := range b.members { // those that are not in the order, in the sweep's
		if s, is := pending[b.members[i].Key]; is {
			steps = append(steps, s)
		}
	}
	return steps
}

// followsNobody reports that the member of a key answers, and knows no leader.
func (b *cohort) followsNobody(key string) bool {
	at := b.place(key)
	return at >= 0 && b.members[at].State == StateOK && !b.members[at].Stale &&
		b.members[at].probed.Status.Value.Leader == 0
}

// lastOf is an order with the member of a key, if it has that, at the end.
func lastOf(order []MemberRef, key string) []MemberRef {
	at := slices.IndexFunc(order, func(ref MemberRef) bool { return ref.Key == key })
	if at < 0 {
		return order
	}
	return slices.Concat(order[:at], order[at+1:], order[at:at+1])
}

// markNext marks the step that is next: that of a member whose outage is announced, else the first that waits. While a
// member is away or catching up, none is. One that may have had its turn is next only in a change in which nobody else
// is left.
func (c *change) markNext(r *Rolling, now time.Time) {
	next, left := -1, -1
	for i := range r.Steps {
		switch s := &r.Steps[i]; {
		case s.State == StepAway || s.State == StepCatchingUp:
			return
		case s.State != StepWaiting:
		case s.Kind == StepMember && c.turnOf(s.Member.Key).awaitsTurn(now):
			if left < 0 && !c.began.IsZero() {
				left = i
			}
		case next < 0, s.Mark != "" && r.Steps[next].Mark == "":
			next = i
		}
	}
	if next < 0 {
		next = left
	}
	if next < 0 {
		return
	}
	if next > 0 && r.Steps[next-1].Kind == StepMoveLeader && r.Steps[next-1].State == StepWaiting {
		next-- // the leadership moves first
	}
	r.Steps[next].State = StepNext
}
