package thresholds

import (
	"slices"
	"time"
)

// flapsWithin is how soon after its end something that begins again is still the same thing: etcdoc's own, the time for
// which a restart is news.
const flapsWithin = 5 * time.Minute

// EventRows merges the events of each thing to one: from its begin, through its changes, to its end and what holds
// since. What has begun several times dates from its first begin, and while it goes on from its last one. Events are
// the oldest first, and so are rows.
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
			row := eventRow{*e, e.At, e.KnownAt}
			row.Times = 1
			places[e.ID] = len(rows)
			rows = append(rows, row)
			continue
		}
		rows[at].continueWith(e)
	}
	merged := make([]Event, len(rows))
	for i := range rows {
		row := &rows[i]
		if merged[i] = row.Event; row.Active {
			merged[i].At, merged[i].KnownAt = row.spell, row.spellKnownAt
		}
	}
	slices.SortStableFunc(merged, func(a, b Event) int { return a.At.Compare(b.At) })
	return merged
}

// An eventRow is a row from its first begin on; spell is when it last began.
type eventRow struct {
	Event
	spell, spellKnownAt time.Time
}

// continueWith merges the next event of the same thing into the row.
func (e *eventRow) continueWith(next *Event) {
	if next.Over != "" {
		e.Over, e.Active = next.Over, false
		return
	}
	if next.Kind == EventLeader { // it ends the time without a leader, and says how long that was
		begun := *e
		e.Event, e.Times = *next, begun.Times
		e.At, e.KnownAt = begun.At, begun.KnownAt
		return
	}
	switch restarted := next.Kind == EventRestarted; {
	case next.Level == OK && !restarted, // another rule reports it, and goes on
		restarted && e.Active: // the rule's words count the restarts
		return
	case e.Kind == EventRestarted && !restarted:
		e.Times = 1
	case e.Over != "", restarted:
		e.Times++
		e.spell, e.spellKnownAt = next.At, next.KnownAt
	}
	e.Over, e.Active = "", next.Active
	e.At, e.spell = earlier(e.At, next.At), earlier(e.spell, next.At)
	end := next.At.Add(next.Lasted)
	if e.Lasted = max(e.Lasted, end.Sub(e.At)); e.Active {
		e.Lasted = end.Sub(e.spell)
	}
	if next.Active || next.Level >= e.Level { // while it goes on, how it is now
		e.say(next.says())
		e.Level, e.Kind, e.Rule, e.Member = next.Level, next.Kind, next.Rule, next.Member
		e.AsBadAt, e.AsBad = next.AsBadAt, next.AsBad
		e.Headline, e.HeadlineWhat = next.Headline, next.HeadlineWhat
		e.Brief, e.BriefWhat = next.Brief, next.BriefWhat
	}
	e.Severity = max(e.Severity, next.Severity)
	e.Expected, e.Announced, e.Announcement = next.Expected, next.Announced, next.Announcement
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

// milder are the rules about what another rule reports once it is worse.
var milder = map[RuleID]RuleID{MemberUnreachable: MemberLate, QuorumLost: QuorumAtRisk}

func thingOf(key alertKey) eventThing {
	for worse, rule := range milder {
		if key.rule == rule {
			key.rule = worse
		}
	}
	return eventThing(key)
}

// goesOn reports that a rule reports the thing now.
func (l *eventLog) goesOn(thing eventThing) bool {
	return l.open[alertKey(thing)] != nil || l.open[alertKey{milder[thing.rule], thing.member}] != nil
}

// isTakenOver reports that what the rule is about is reported as worse by another one: too few voters to spare, by that
// the quorum is lost.
func (l *eventLog) isTakenOver(key alertKey) bool {
	return key.rule == QuorumAtRisk && l.open[alertKey(thingOf(key))] != nil
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
	for _, rule := range [...]RuleID{thing.rule, milder[thing.rule]} {
		if open := l.open[alertKey{rule, key.member}]; open != nil {
			return open.ID
		}
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

// nowWords is the value of what a finding was about as it is now; empty if that is no vital, or not known.
func nowWords(rule *Rule, member *Member) string {
	if member == nil || rule.Vital == NoVital || rule.Unit != rule.Vital.Unit() || member.IsStale(rule.Vital) {
		return ""
	}
	value, atMost := member.Shown(rule.Vital)
	number, known := value.Get()
	if !known {
		return ""
	}
	if atMost {
		return "at most " + rule.Unit.Format(number) + " now"
	}
	return rule.Unit.Format(number) + " now"
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

// overs say what holds once the thing of a rule is over; without one, "over", or "back" with the value.
var overs = map[RuleID]string{
	MemberUnreachable: "back", QuorumLost: "back", ClusterUnreachable: "back", MemberLate: "answers again",
	NoLeader: "has a leader again", VoterUnhealthy: "counts again", FollowerStuck: "receives entries again",
	AlarmNoSpace: "disarmed", AlarmCorrupt: "disarmed", QuorumAtRisk: "a voter to spare again",
}

// overWords says in short that what an event was about is over, and what holds now; now is empty if that is not known.
func overWords(e *eventRecord, now string) string {
	switch over := overs[e.Rule]; {
	case e.firstStart:
		return "up"
	case over != "":
		return over
	case now != "":
		return "back: " + now
	}
	return "over"
}
