package thresholds

import (
	"cmp"
	"slices"
	"time"
)

// A RollingStep is one step of a rolling change: a member's turn, or a move of the leadership.
type RollingStep struct {
	Kind StepKind
	// Member is whose turn it is, or who is to lead; From is who leads before a move, and zero in a member's turn.
	Member, From MemberRef
	State        StepState
	// Before and Now are the member's versions before the change and now; the same until it has changed, empty where
	// not known.
	Before, Now string
	// Since is when the state began, where that was seen: away, catching up, done.
	Since time.Time
	// Away is how long the member has been away, or was when it had its turn; 0 where no sweep found it away.
	Away time.Duration
	// Mark is the text of the mark that announces the member's outage, MarkUntil the end of that outage; zero without.
	Mark      string
	MarkUntil time.Time
	// Progress is how far a member has come that is catching up, or why a state is not known; in words.
	Progress string
	// Command moves the leadership, for a person to copy; empty in a member's turn, which is the operator's own, and
	// while the step may not be taken. See [Assessment.StepAction].
	Command string
}

// StepKind is what a [RollingStep] does.
type StepKind string

// The kinds of steps.
const (
	StepMember     StepKind = "member"      // a member is changed or restarted
	StepMoveLeader StepKind = "move-leader" // the leadership moves before the leader's turn
)

// StepState is how far a [RollingStep] has come.
type StepState string

// The states. A step that is next may have to wait: see [Rolling.Phase].
const (
	StepWaiting    StepState = "waiting"
	StepNext       StepState = "next"
	StepAway       StepState = "away"
	StepCatchingUp StepState = "catching-up" // it is back, and not yet as it was
	StepDone       StepState = "done"
	// StepUnknown: whether the member has had its turn was not seen.
	StepUnknown StepState = "unknown"
)

// NextStep is the step that is next, or nil.
func (r *Rolling) NextStep() *RollingStep {
	for i := range r.Steps {
		if r.Steps[i].State == StepNext {
			return &r.Steps[i]
		}
	}
	return nil
}

// Done counts the members that have had their turn, and all.
func (r *Rolling) Done() (done, members int) {
	for i := range r.Steps {
		if r.Steps[i].Kind == StepMember {
			members++
			if r.Steps[i].State == StepDone {
				done++
			}
		}
	}
	return done, members
}

// UnderWay reports that a change goes on: a member has had its turn or is announced to be away, or versions differ. An
// outage that nobody announced is none yet.
func (r *Rolling) UnderWay() bool {
	return r.To != "" || slices.ContainsFunc(r.Steps, func(s RollingStep) bool {
		begun := s.State == StepCatchingUp || s.Kind == StepMember && s.State == StepDone
		return s.Mark != "" || begun && !r.Began.IsZero()
	})
}

// Details say where the step stands: for how long a member is away and when the mark's time is over, what it lacks, or
// how long it was away and when it was done.
func (s *RollingStep) Details(now time.Time) []string {
	var words []string
	switch s.State {
	case StepAway:
		if s.Away > 0 {
			words = append(words, "for "+FormatDuration(s.Away))
		}
	case StepDone:
		if s.Away > 0 {
			words = append(words, "was away "+FormatDuration(s.Away))
		}
		if !s.Since.IsZero() {
			words = append(words, FormatDuration(now.Sub(s.Since))+" ago")
		}
	}
	if s.Progress != "" {
		words = append(words, s.Progress)
	}
	if left := s.MarkUntil.Sub(now); !s.MarkUntil.IsZero() {
		words = append(words, "announced, "+FormatDuration(max(left, 0))+" left")
	}
	return words
}

// Why is why the step is taken; empty for a member's turn, which is what the change is about.
func (s *RollingStep) Why() string {
	if s.Kind != StepMoveLeader {
		return ""
	}
	return "The leader's restart costs an election, and writes wait for it. " +
		"A move of the leadership costs milliseconds."
}

// VersionWords are the member's version before and now.
func (s *RollingStep) VersionWords() string {
	if s.Before == s.Now || s.Before == "" {
		return s.Now
	}
	return s.Before + " → " + s.Now
}

// progress returns the order with how far the change has come. announced returns the outage that a mark announces of a
// member, nil without one.
func (c *change) progress(b *cohort, r Rolling, announced func(MemberRef) *outage) Rolling {
	r.Began = c.began
	r.From, r.To = c.versions(b)
	var begun []RollingStep
	pending := make(map[string]RollingStep, len(b.members))
	for i := range b.members {
		m := &b.members[i]
		if m.Stray || m.outside {
			continue
		}
		switch s := c.stepOf(b, m, r.To, announced(m.MemberRef)); s.State {
		case StepWaiting, StepUnknown:
			pending[m.Key] = s
		default:
			begun = append(begun, s)
		}
	}
	slices.SortStableFunc(begun, inTurn)
	r.Steps = append(c.movedBefore(begun), c.inOrder(b, &r, pending)...)
	c.markNext(&r)
	r.setPhase()
	r.holdCommands()
	c.complete = r.Phase == PhaseDone
	r.Text = r.words()
	r.Progress = r.progress(b)
	return r
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
	switch {
	case catching, m.State == StateOK && had && m.Voter && !m.Healthy && t.doneAt.IsZero():
		s.State, s.Since = StepCatchingUp, cmp.Or(t.backAt, t.goneSince)
		s.Progress = cmp.Or(m.Condition.Progress, m.briefReason)
	case m.State != StateOK && condition != ConditionDefrag:
		s.State, s.Since = StepAway, cmp.Or(t.goneSince, m.DownSince, m.track.lateSince)
		if condition == ConditionNeverUp {
			s.Progress = "it was added and never ran"
		}
	case had && m.State == StateOK:
		if t.doneAt.IsZero() {
			t.doneAt = b.now
		}
		s.State, s.Since = StepDone, t.doneAt
		if c.began.IsZero() { // the version alone shows it
			s.Since = time.Time{}
		}
	case !known:
		s.State, s.Progress = StepUnknown, "it is back; whether it restarted is not known"
	default:
		s.State, s.Progress = c.notYet(b, m, t, to)
	}
	if !had {
		t.doneAt = time.Time{}
	}
	switch {
	case !t.goneSince.IsZero():
		s.Away = max(0, b.now.Sub(t.goneSince))
	case !t.backAt.IsZero():
		s.Away = max(0, t.backAt.Sub(t.wentAt))
	}
	if o != nil && s.State != StepDone {
		s.Mark, s.MarkUntil = o.text, o.Until
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
	if ago := b.now.Sub(t.crashed); !t.crashed.IsZero() && ago < changeIdle {
		return StepWaiting, "restarted " + FormatDuration(ago) + " ago, not announced"
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
// member is away or catching up, none is.
func (c *change) markNext(r *Rolling) {
	next := -1
	for i := range r.Steps {
		switch s := &r.Steps[i]; {
		case s.State == StepAway || s.State == StepCatchingUp:
			return
		case s.State != StepWaiting:
		case next < 0, s.Mark != "" && r.Steps[next].Mark == "":
			next = i
		}
	}
	if next < 0 {
		return
	}
	if next > 0 && r.Steps[next-1].Kind == StepMoveLeader && r.Steps[next-1].State == StepWaiting {
		next-- // the leadership moves first
	}
	r.Steps[next].State = StepNext
}
