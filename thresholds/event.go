package thresholds

import (
	"cmp"
	"slices"
	"time"
)

// EventWidth is the most columns of an event's HeadlineWhat: etcdoc's own, so that it fits beside time, level, name and
// duration into 80.
const EventWidth = 48

// briefEventWidth is the most columns of an event's BriefWhat, so that it fits so into 60.
const briefEventWidth = 24

// Event is a change between two assessments, or all changes of one thing: see [EventRows].
type Event struct {
	// ID numbers what it is about: the begin, the changes and the end of one thing have the same, also where that
	// flaps. It stays while the evaluator watches.
	ID int
	// At is when it happened. A row dates from when its thing first began: see [EventRows].
	At   time.Time
	Kind EventKind
	// Level is how bad it is, and once it is over how bad it was at its worst; OK for recoveries and remarks.
	Level Level
	// Severity is the level of a finding's event without the announcement: see [Finding.Severity].
	Severity Level
	// Worst is the worst Level of a finding's event so far. RoseAt is when it last rose to that again after it had been
	// milder for long; zero if it has not.
	Worst  Level
	RoseAt time.Time
	// Member is the member that it is about; zero for the cluster.
	Member MemberRef
	// Text says what happened: of a finding that goes on its newest value, of one that is over its worst.
	Text string
	// What is the Text without the member's name at its start.
	What string
	// Named reports that Text names the member: see [Event.Lead].
	Named bool
	// NameInside reports that What names it as well.
	NameInside bool
	// Headline is the Text in at most [HeadlineWidth] columns, with the member's short name, and HeadlineWhat the What
	// in at most [EventWidth]. They are empty for a mark, which has a person's words.
	Headline, HeadlineWhat string
	// Brief and BriefWhat are those in the fewest words: what stays where the others would be cut.
	Brief, BriefWhat string
	// Over says of an end, beside what was found, what held then: "ended at 12 ms". Empty while it goes on.
	Over string
	// Now says what holds at NowAt in place of that: of a finding that resolves the value below the limit ("6 ms now").
	// Empty where there is nothing of the kind.
	Now   string
	NowAt time.Time
	// Times is how often what a row says has begun: see [EventRows].
	Times int
	// Lasted is how long it lasted, or how long the state lasted that it ended; Active reports that it continues. A row
	// lasted from its At to its last end.
	Lasted time.Duration
	Active bool
	// AsBadAt is since when it was as bad as the Text says, and AsBad for how long: of what got worse that is later
	// than At of its row, and shorter than Lasted. Both are zero for what no rule found.
	AsBadAt time.Time
	AsBad   time.Duration
	// Error bounds how far Lasted may be off in either direction, because sweeps only bound it.
	Error time.Duration
	// Rule is the rule whose finding began or ended, if any.
	Rule RuleID
	// Expected is the text of the mark that announced it: see [Finding].
	Expected string
	// Announcement is that of the mark; a mark's own for its event.
	Announcement Announcement
	// Announced is since when it is expected: the mark may have come after it began.
	Announced time.Time
	// KnownAt is the moment of the assessment that first reported it.
	KnownAt time.Time
	// Nameless is what a finding about the cluster found without the names of members, NamelessBrief in a few words;
	// empty for what else happened.
	Nameless, NamelessBrief string
}

// SaidAt is since when it is, or was, as the Text says.
func (e *Event) SaidAt() time.Time { return later(e.At, e.AsBadAt) }

// DatedAt is the time of its row: of what goes on and has begun several times, when it last did, since the row says for
// how long it has gone on since; else when it began.
func (e *Event) DatedAt() time.Time {
	if e.Active && e.Times > 1 {
		return e.SaidAt()
	}
	return e.At
}

// atWorst says of what goes on that it was worse; empty where it was not.
func (e *Event) atWorst() string {
	if !e.Active || e.Worst <= e.Level || e.Expected != "" {
		return ""
	}
	return e.Worst.Word() + " at worst"
}

// KnownBy reports whether an assessment at or before a moment reported the event. A finding's event is reported only
// once the finding has held for long enough, and dates from its beginning.
func (e Event) KnownBy(at time.Time) bool { return !e.KnownAt.After(at) }

// LastProblem returns the newest of some events at a warning or worse, one about a member if there are several; nil
// without any.
func LastProblem(events []Event) (last *Event) {
	for i := range slices.Backward(events) {
		switch e := &events[i]; {
		case e.Level < Warning || e.Kind == EventMark:
		case last == nil, e.SaidAt().After(last.SaidAt()),
			e.SaidAt().Equal(last.SaidAt()) && last.Member.IsZero():
			last = e
		}
	}
	return last
}

// Holds is what holds now, or held when it ended, or that it was worse before; empty while nothing is said of those.
func (e *Event) Holds() string { return cmp.Or(e.Now, e.Over, e.atWorst()) }

// Lead is the member's name for a Text that lacks it; empty if the text names the member.
func (e *Event) Lead() string { return e.Member.lead(e.Named) }

// says and say get and set the event's statement.
func (e *Event) says() statement {
	return statement{text: e.Text, rest: e.What, named: e.Named, nameInside: e.NameInside}
}

func (e *Event) say(s statement) {
	e.Text, e.What, e.Named, e.NameInside = s.text, s.rest, s.named, s.nameInside
}

// Words returns the Text, with the reason if it was expected.
func (e *Event) Words() string { return e.Text + expectedFor(e.Expected) }

// AsOf is the event as known at a moment, which is not before it: what has ended since was still active, and nothing
// expected it if the announcement came later.
func (e Event) AsOf(at time.Time) Event {
	firing := e.Rule != "" && e.Level > OK && e.Kind == startKind(e.Rule) || e.Kind == EventLeaderless ||
		e.Kind == EventOutOfReach
	if firing && at.Before(e.At.Add(e.Lasted)) {
		e.Active, e.Lasted = true, max(0, at.Sub(e.At))
		e.AsBad = max(0, at.Sub(e.AsBadAt))
	}
	if at.Before(e.NowAt) {
		e.Now, e.NowAt = "", time.Time{}
	}
	if e.Expected != "" && at.Before(e.Announced) {
		e.Expected, e.Announced, e.Announcement = "", time.Time{}, Announcement{}
	}
	return e
}

// EventKind is what changed.
type EventKind string

// The kinds of events.
const (
	EventStarted    EventKind = "started"      // the first sweep, or the first after a time that nobody watched
	EventFiring     EventKind = "firing"       // a finding began or got worse that no other kind covers
	EventResolved   EventKind = "resolved"     // such a finding ended
	EventDown       EventKind = "down"         // a member stopped answering
	EventUp         EventKind = "up"           // it answers again
	EventCaughtUp   EventKind = "caught-up"    // it has caught up with the leader
	EventOutOfReach EventKind = "out-of-reach" // a member that was seen can't be reached from here, and may run
	EventInReach    EventKind = "in-reach"     // it answers again
	EventAlarm      EventKind = "alarm"        // an alarm was raised, or disarmed if the level is OK
	EventLeaderless EventKind = "leaderless"   // the leader is gone, and none is elected
	EventLeader     EventKind = "leader"       // leadership moved
	EventRestarted  EventKind = "restarted"    // a member's process restarted
	EventMembership EventKind = "membership"   // a member joined, left, or was promoted
	EventVersion    EventKind = "version"      // a member runs another version
	EventMark       EventKind = "mark"         // a person's note
)

// startKind and endKind are the kinds of event for the begin and the end of a finding by the rule.
func startKind(rule RuleID) EventKind {
	switch rule {
	case MemberUnreachable, MemberLate:
		return EventDown
	case AlarmNoSpace, AlarmCorrupt:
		return EventAlarm
	default:
		return EventFiring
	}
}

func endKind(rule RuleID) EventKind {
	switch kind := startKind(rule); kind {
	case EventDown:
		return EventUp
	case EventFiring:
		return EventResolved
	default:
		return kind
	}
}

// startWords is what a finding found, without what changes from sweep to sweep; with the reason if why is set.
func startWords(f *Finding, b *cohort, why bool) statement {
	if f.Rule == DefragRunning {
		return f.Member.has("defragmentation")
	}
	i := b.place(f.Member.Key)
	if i < 0 || f.Severity < Warning {
		return f.says()
	}
	switch m := &b.members[i]; f.Rule {
	case MemberUnreachable:
		switch {
		case m.busyWords() != "":
			return m.does(m.busyWords())
		case m.neverStarted:
			return m.does("never ran")
		case m.neverServed:
			return m.does("has never served")
		}
		if why {
			return m.does(m.downWords() + " (" + m.downError.Words() + ")")
		}
		return m.does(m.downWords())
	case MemberLate:
		if words := m.busyWords(); words != "" {
			return m.does(words)
		}
		return m.does("does not answer")
	case FollowerStuck:
		return m.does("receives none of the entries that the leader commits")
	}
	return f.says()
}

// endWords is that a finding is over, and how.
func endWords(e *eventRecord, end ending) statement {
	lasted := FormatDuration(e.At.Add(e.Lasted).Sub(e.began))
	switch {
	case end.left:
		return e.says().surround("over, as it left, after "+lasted+": ", "")
	case e.firstStart:
		return e.Member.does("serves for the first time, after " + lasted)
	case end.unmeasured:
		return e.says().surround("no longer measured, after "+lasted+": ", "")
	}
	switch e.Rule {
	case MemberUnreachable:
		return e.Member.does("is back after " + lasted)
	case MemberLate:
		return e.Member.does("answers again after " + lasted)
	case NoLeader:
		return e.Member.does("knows a leader again after " + lasted)
	case ClusterUnreachable:
		return naming("the cluster answers again after " + lasted)
	case QuorumLost:
		return plain("quorum is back after " + lasted)
	case VoterUnhealthy:
		return e.Member.does("counts towards the quorum again after " + lasted)
	case FollowerStuck:
		return e.Member.does("receives entries again after " + lasted)
	case DefragRunning:
		return naming("the defragmentation of " + e.Member.Label + " has ended after " + lasted)
	case AlarmNoSpace:
		return plain("NOSPACE is disarmed after " + lasted)
	case AlarmCorrupt:
		return plain("CORRUPT is disarmed after " + lasted)
	case QuorumAtRisk:
		return plain("quorum has a voter to spare again after " + lasted)
	}
	if end.value != "" {
		lasted += " at " + end.value
	}
	return e.says().surround("over after "+lasted+": ", "")
}

// eventWords are a statement, its headline in several forms, the longest first, and what the [Event] has as Nameless
// and NamelessBrief.
type eventWords struct {
	says                    statement
	forms                   []string
	nameless, namelessBrief string
}

// word sets the event's words.
func (e *eventRecord) word(w eventWords) {
	e.say(w.says)
	e.Nameless, e.NamelessBrief = w.nameless, w.namelessBrief
	e.nameHeadline(w.says.predicate, w.forms...)
}

// noteWorst records the worst that a finding has said.
func (e *eventRecord) noteWorst(f *Finding, rule *Rule, words eventWords) {
	value, known := f.Value.Get()
	peak, peaked := e.peak.Get()
	switch {
	case e.worst.forms == nil, !known || !peaked, f.Expected != e.Expected:
	case f.Level < e.Worst, f.Level == e.Worst && !rule.Breached(value, peak):
		return
	}
	e.worst, e.Worst, e.peak = words, max(e.Worst, f.Level), f.Value
}

// noteLevel records since when the event is as bad as a finding is, and for how long it was at its worst level.
func (e *eventRecord) noteLevel(f *Finding, now time.Time) {
	if f.Level >= e.Worst {
		if !e.worstUntil.IsZero() && f.Since.Sub(e.worstUntil) > flapsWithin {
			e.RoseAt = f.Since
		}
		e.worstAt, e.worstUntil = f.Since, time.Time{}
	} else if e.worstUntil.IsZero() {
		e.worstUntil = now
	}
	e.AsBadAt = f.Since
	if f.Level < e.Worst { // a notice that began before the warning
		e.AsBadAt = later(e.AsBadAt, earlier(e.began, e.At))
	}
	if e.doing != "" {
		e.AsBadAt = later(e.AsBadAt, e.doingSince)
	}
	e.AsBad = now.Sub(e.AsBadAt)
}

// noteDoing records since when a member does something instead of answering, such as starting again.
func (e *eventRecord) noteDoing(key alertKey, b *cohort) {
	doing := ""
	if i := b.place(key.member); i >= 0 && startKind(key.rule) == EventDown {
		doing = b.members[i].busyWords()
	}
	if doing != e.doing && e.worst.forms != nil { // else it may have done so from the start
		e.doingSince = b.now
	}
	e.doing = doing
}

// sayWorst lets the event of a finding that is over have the level and the words of its worst.
func (e *eventRecord) sayWorst() {
	e.Level = max(e.Level, e.Worst)
	until := cmp.Or(e.worstUntil, e.At.Add(e.Lasted))
	e.AsBadAt, e.AsBad = e.worstAt, max(0, until.Sub(e.worstAt))
	words := e.worst
	if e.tabled {
		words = words.atWorst()
	}
	e.word(words)
}

// atWorst is that the words are of the worst, which another value stands beside in the table.
func (w eventWords) atWorst() eventWords {
	const worst = ", at worst"
	forms := make([]string, 0, 2*len(w.forms))
	for _, form := range w.forms[:len(w.forms)-1] { // the last one has no value
		forms = append(forms, form+worst)
	}
	w.says, w.forms = w.says.surround("", worst), append(forms, w.forms...)
	return w
}
