package thresholds

import (
	"cmp"
	"slices"
	"time"
)

// flapsWithin is how soon after its end something that begins again is still the same thing: etcdoc's own, the time for
// which a restart is news.
const flapsWithin = 5 * time.Minute

// EventRows merges the events of each thing to one: from its begin, through its changes, to its end and what holds
// since. A row dates from when its thing first began, and keeps that date, unless it rises to a warning or worse long
// after that: then it dates from the rise, so that whoever looks for the incident finds it at its time. It says what
// holds while it goes on, and the worst once it is over, and counts how often that began. Of a lost quorum it dates
// from the loss, not from when a voter was missing. Events are the oldest first, and so are rows, by [Event.DatedAt].
func EventRows(events []Event) []Event {
	rows := make([]eventRow, 0, len(events))
	places := make(map[int]int, len(events))
	byReport := make([]int, len(events))
	for i := range byReport {
		byReport[i] = i
	}
	slices.SortStableFunc(byReport, func(i, j int) int { return events[i].KnownAt.Compare(events[j].KnownAt) })
	for _, i := range byReport {
		e := &events[i]
		at, begun := places[e.ID]
		if e.ID == 0 || !begun {
			places[e.ID] = len(rows)
			rows = append(rows, eventRow{Event: *e, spells: []eventSpell{spellOf(e)}, worst: *e,
				top: badnessAtTop(e), roseAt: cmp.Or(e.RoseAt, e.At)})
			continue
		}
		rows[at].continueWith(e)
	}
	merged := make([]Event, len(rows))
	for i := range rows {
		merged[i] = rows[i].merge()
		if lost, has := rows[i].lostQuorum(); has {
			merged = append(merged, lost)
		}
	}
	slices.SortStableFunc(merged, func(a, b Event) int { return a.DatedAt().Compare(b.DatedAt()) })
	return merged
}

// An eventRow is what the row says so far, and how often its thing has begun: spells are the oldest first. worst is the
// newest of its worst events. top is how bad it has been, and roseAt when it last rose to that.
type eventRow struct {
	Event
	spells []eventSpell
	worst  Event
	top    badness
	roseAt time.Time
}

// An eventSpell is a time for which a thing went on.
type eventSpell struct {
	began, until time.Time
	// badness is that of its worst, asBadAt and asBadUntil when that began and ended.
	badness             badness
	asBadAt, asBadUntil time.Time
	expected            bool
}

// badness is how bad an event is, without its announcement: a worse rule about the thing, and then its level.
type badness struct {
	milder bool
	level  Level
}

func badnessOf(e *Event) badness {
	b := badness{milder: slices.Contains(milder, e.Rule), level: e.Level}
	if e.Expected != "" {
		b.level = e.Severity
	}
	return b
}

// badnessAtTop is how bad an event has been.
func badnessAtTop(e *Event) badness {
	b := badnessOf(e)
	b.level = max(b.level, e.Worst)
	return b
}

// isBelow reports that one is less bad than another.
func (b badness) isBelow(other badness) bool {
	return b.milder && !other.milder || b.milder == other.milder && b.level < other.level
}

func spellOf(e *Event) eventSpell {
	s := eventSpell{began: e.At, until: e.At.Add(e.Lasted), badness: badnessOf(e), expected: e.Expected != ""}
	if s.asBadAt, s.asBadUntil = s.began, s.until; !e.AsBadAt.IsZero() {
		s.asBadAt, s.asBadUntil = e.AsBadAt, e.AsBadAt.Add(e.AsBad)
	}
	return s
}

// continueWith merges the spell with its next event.
func (s *eventSpell) continueWith(e *Event) {
	next := spellOf(e)
	s.began, s.until, s.expected = earlier(s.began, next.began), later(s.until, next.until), next.expected
	switch {
	case s.badness.isBelow(next.badness):
		s.badness, s.asBadAt, s.asBadUntil = next.badness, next.asBadAt, next.asBadUntil
	case s.badness == next.badness:
		s.asBadAt, s.asBadUntil = earlier(s.asBadAt, next.asBadAt), later(s.asBadUntil, next.asBadUntil)
	}
}

// continueWith merges the next event of the same thing into the row.
func (r *eventRow) continueWith(next *Event) {
	if next.Over != "" {
		r.Over, r.Active, r.Now, r.NowAt = next.Over, false, next.Now, next.NowAt
		return
	}
	last := len(r.spells) - 1
	if next.Kind == EventLeader { // it ends the time without a leader, and says how long that was
		begun := r.Event
		r.Event = *next
		r.At, r.KnownAt = begun.At, begun.KnownAt
		r.spells[last].until = begun.At.Add(next.Lasted)
		return
	}
	switch restarted := next.Kind == EventRestarted; {
	case next.Level == OK && !restarted, // another rule reports it, and goes on
		restarted && r.Active: // the rule's words count the restarts
		return
	case r.Over != "", restarted, r.Kind == EventRestarted:
		r.spells = append(r.spells, spellOf(next))
	default:
		r.spells[last].continueWith(next)
	}
	if !badnessOf(next).isBelow(badnessOf(&r.worst)) {
		r.worst = *next
	}
	switch top := badnessAtTop(next); {
	case r.top.isBelow(top):
		r.top, r.roseAt = top, cmp.Or(next.RoseAt, next.At)
	case top == r.top && !next.RoseAt.IsZero():
		r.roseAt = next.RoseAt
	}
	severity, worst := max(r.Severity, next.Severity), max(r.Worst, next.Worst)
	if r.isSaidBy(next) {
		id := r.ID
		r.Event = *next
		r.ID = id
	}
	r.Over, r.Active, r.Severity, r.Worst, r.Announcement = "", r.Active || next.Active, severity, worst,
		next.Announcement
}

// isSaidBy reports that the row says what the next event does: how it is now while it goes on, or how it was at its
// worst. Of two rules that report it at once it is the worse.
func (r *eventRow) isSaidBy(next *Event) bool {
	switch {
	case r.Active != next.Active:
		return next.Active
	case r.Active && r.Rule != next.Rule:
		return !badnessOf(next).isBelow(badnessOf(&r.Event))
	case next.Active:
		return true
	}
	if was, is := badnessOf(&r.Event).milder, badnessOf(next).milder; was != is {
		return was
	}
	return next.Level >= r.Level
}

// lostQuorum is the row of a quorum that was lost and is back while still no voter is to spare: the one about that no
// longer says it. Its number is that of no event.
func (r *eventRow) lostQuorum() (Event, bool) {
	if !r.Active || r.Rule != QuorumAtRisk || r.worst.Rule != QuorumLost {
		return Event{}, false
	}
	lost := eventRow{Event: r.worst, spells: r.spells}
	lost.ID, lost.Over, lost.Active = -r.ID, overs[QuorumLost], false
	return lost.merge(), true
}

// merge is the row as one event.
func (r *eventRow) merge() Event {
	e, ends := r.Event, len(r.spells)-1
	first, last, expected := &r.spells[0], &r.spells[ends], e.Expected
	e.Times = 0
	for i, worst := 0, badnessOf(&e); i < len(r.spells); i++ {
		s := &r.spells[i]
		if s.badness.isBelow(worst) {
			continue
		}
		if e.Times++; e.Times == 1 {
			first = s
		}
		if last = s; !s.expected {
			expected = ""
		}
	}
	e.Expected = expected
	e.KnownAt = later(e.KnownAt, e.AsBadAt)
	e.At, e.Lasted = r.spells[0].began, r.spells[ends].until.Sub(r.spells[0].began)
	if e.Rule == QuorumLost { // that none was to spare before is something else
		e.At, e.Lasted = first.asBadAt, last.asBadUntil.Sub(first.asBadAt)
		if e.Over != "" { // also where it ends with that a voter is to spare again
			e.Over = overs[QuorumLost]
		}
	}
	if rule := thingRules(e.Rule)[0]; rule != QuorumLost && r.top.level >= Warning && r.roseAt.Sub(e.At) > flapsWithin {
		e.Lasted = max(0, e.Lasted-r.roseAt.Sub(e.At))
		if e.At = r.roseAt; !e.AsBadAt.IsZero() && e.AsBadAt.Before(e.At) {
			e.AsBadAt, e.AsBad = e.At, max(0, e.AsBad-e.At.Sub(e.AsBadAt))
		}
	}
	if e.Rule == QuorumAtRisk { // its loss has a row of its own
		e.Worst = e.Level
	}
	if e.Times > 1 {
		e.nameNobody()
	}
	return e
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// An eventThing is what the events of a row are about: a rule, or what several rules report, such as the absence of a
// member.
type eventThing struct {
	rule   RuleID
	member string
}

// sameThing are the rules that report one thing, the one that names it first. milder are those about what another one
// reports once it is worse.
var (
	sameThing = [][]RuleID{
		{MemberUnreachable, MemberLate, VoterUnhealthy}, {QuorumLost, QuorumAtRisk}, {WALFsyncSlow, BackendCommitSlow},
	}
	milder = []RuleID{MemberLate, VoterUnhealthy, QuorumAtRisk}
)

// thingRules are the rule that names what a rule is about, and the others that report it, if there are any.
func thingRules(of RuleID) []RuleID {
	for _, rules := range sameThing {
		if slices.Contains(rules, of) {
			return rules
		}
	}
	return []RuleID{of}
}

func thingOf(key alertKey) eventThing { return eventThing{thingRules(key.rule)[0], key.member} }

// going is the event of a rule that reports the thing now; nil without one.
func (l *eventLog) going(thing eventThing) *eventRecord {
	for _, rule := range thingRules(thing.rule) {
		if open := l.open[alertKey{rule, thing.member}]; open != nil {
			return open
		}
	}
	return nil
}

// isTakenOver reports that what the rule is about is reported as worse by another one: too few voters to spare, by that
// the quorum is lost; a voter that does not count, by that it is down.
func (l *eventLog) isTakenOver(key alertKey) bool {
	return (key.rule == QuorumAtRisk || key.rule == VoterUnhealthy) && l.open[alertKey(thingOf(key))] != nil
}

// A closedThing is a thing that has ended lately, with the number of its events.
type closedThing struct {
	id int
	at time.Time
}

// idFor is the number of the events of a thing that begins: the one that it had if it goes on, or has ended lately;
// else 0.
func (l *eventLog) idFor(key alertKey) int {
	thing := thingOf(key)
	if open := l.going(thing); open != nil {
		return open.ID
	}
	if closed := l.closed[thing]; closed.id != 0 && l.now.Sub(closed.at) <= flapsWithin {
		return closed.id
	}
	return 0
}

// noteClosed remembers what has ended, and forgets what has ended too long ago.
func (l *eventLog) noteClosed(key alertKey, id int) {
	for thing, closed := range l.closed {
		if l.now.Sub(closed.at) > flapsWithin {
			delete(l.closed, thing)
		}
	}
	if l.closed == nil {
		l.closed = make(map[eventThing]closedThing)
	}
	l.closed[thingOf(key)] = closedThing{id, l.now}
}

// An ending is how the thing of a rule ended.
type ending struct {
	// value is what its value was then; empty where that is not known, or no answer.
	value string
	// unmeasured reports that nobody knows whether it is over: what it takes to judge it is no longer there.
	unmeasured bool
	// left reports that the member is gone.
	left bool
}

// endingOf is how the thing of a rule about a member ended; nil is the cluster.
func endingOf(rule *Rule, member *Member, a *Assessment) ending {
	key, gone := "", false
	if member != nil {
		key = member.Key
		gone = rule.isTabled() && (member.IsStale(rule.Vital) || member.Lacks(rule.Vital)) ||
			isOutOfSight(a.Finding(rule.ID, key), a)
	}
	return ending{
		value: valueWords(rule, member, ""),
		unmeasured: gone || slices.ContainsFunc(a.Unmeasured, func(u Unmeasured) bool {
			return u.Rule == rule.ID && u.Member.Key == key
		}),
	}
}

// isTabled reports that what the rule judges is a value of a member as people see it.
func (r *Rule) isTabled() bool { return r.Vital != NoVital && r.Unit == r.Vital.Unit() }

// valueWords is the value of what a finding was about as it is now, with words behind it; empty if that is no vital, or
// not known, or over the rule's limit, as an interpolated quantile can be that the rule's buckets are not.
func valueWords(rule *Rule, member *Member, behind string) string {
	if member == nil || !rule.isTabled() || member.IsStale(rule.Vital) {
		return ""
	}
	value, atMost := member.Shown(rule.Vital)
	number, known := value.Get()
	if !known || rule.LevelOf(number) > OK {
		return ""
	}
	if atMost {
		return rule.Unit.Format(number) + " at most" + behind
	}
	return rule.Unit.Format(number) + behind
}

// nameHeadline sets the event's headlines to the first of some forms that fits, the longest first. predicate reports
// that they are what the member is or does: see [statement].
func (e *Event) nameHeadline(predicate bool, forms ...string) {
	e.HeadlineWhat, e.BriefWhat = fitting(EventWidth, forms...), fitting(briefEventWidth, forms...)
	if e.Member.IsZero() || e.NameInside {
		e.Headline, e.Brief = fitting(HeadlineWidth, forms...), e.BriefWhat
		return
	}
	named, joint := make([]string, len(forms)), ": "
	if predicate {
		joint = " "
	}
	for i, form := range forms {
		named[i] = e.Member.Short + joint + form
	}
	e.Headline, e.Brief = fitting(HeadlineWidth, named...), e.Member.Short+joint+e.BriefWhat
}

// nameNobody leaves the members out of what an event of the cluster says: another time it may have been another one.
func (e *Event) nameNobody() {
	if e.Member.IsZero() && e.Nameless != "" {
		e.say(plain(e.Nameless))
		e.nameHeadline(false, e.Nameless, e.NamelessBrief)
	}
}

// overs say what holds once the thing of a rule is over; without one, "resolved", or with which value it ended.
var overs = map[RuleID]string{
	MemberUnreachable: "back", QuorumLost: "back", ClusterUnreachable: "back", MemberLate: "answers again",
	NoLeader: "has a leader again", VoterUnhealthy: "counts again", FollowerStuck: "receives entries again",
	AlarmNoSpace: "disarmed", AlarmCorrupt: "disarmed", QuorumAtRisk: "a voter to spare again", DefragRunning: "done",
}

// overWords says in short that what an event was about is over, and how it ended.
func overWords(e *eventRecord, end ending) string {
	switch over := overs[e.Rule]; {
	case end.left:
		return "it left"
	case e.firstStart:
		return "up"
	case end.unmeasured:
		return "no longer measured"
	case over != "":
		return over
	case end.value != "":
		return "ended at " + end.value
	}
	return "resolved"
}
