package thresholds

import (
	"time"
)

// Event is a change between two assessments.
type Event struct {
	At   time.Time
	Kind EventKind
	// Level is how bad it is; OK for recoveries and remarks.
	Level Level
	// Member is whom it happened to; its zero value is the cluster.
	Member MemberRef
	// Text says what happened; of a finding what it finds now, and what it found at its worst once that is over or milder.
	Text string
	// What is the Text without the name of the member, where that begins it.
	What string
	// Named says that Text names whom it happened to: see [Event.Lead].
	Named bool
	// Lasted is how long it went on, or what it ended lasted; Active says that it still goes on.
	Lasted time.Duration
	Active bool
	// Error is by how much Lasted may be off, either way, where sweeps only bound it.
	Error time.Duration
	// Rule is the rule whose finding began or ended, if that is what happened.
	Rule RuleID
	// Expected is the text of the mark that announced it: see [Finding].
	Expected string
	// Announced is since when it has been expected: the mark may have come when it had begun already.
	Announced time.Time
	// KnownAt is the moment of the assessment that first told of it.
	KnownAt time.Time
}

// KnownBy reports that an assessment of the moment, or one before it, told of the event. A finding's event tells since
// when it has been so, and is only told of once that has held.
func (e Event) KnownBy(at time.Time) bool { return !e.KnownAt.After(at) }

// Lead names the member that it happened to, before a Text that does not: for where the name does not stand beside it.
func (e *Event) Lead() string { return e.Member.lead(e.Named) }

// says is what the event says, and say sets it.
func (e *Event) says() statement { return statement{text: e.Text, rest: e.What, named: e.Named} }

func (e *Event) say(s statement) { e.Text, e.What, e.Named = s.text, s.rest, s.named }

// Words are what happened, and why that was expected.
func (e *Event) Words() string { return e.Text + expectedFor(e.Expected) }

// AsOf is the event as it was known at a moment that is not before it: what has ended since still went on, and nobody
// expected what was announced later.
func (e Event) AsOf(at time.Time) Event {
	stands := e.Rule != "" && e.Level > OK && e.Kind == startKind(e.Rule)
	if stands && at.Before(e.At.Add(e.Lasted)) {
		e.Active, e.Lasted = true, max(0, at.Sub(e.At))
	}
	if e.Expected != "" && at.Before(e.Announced) {
		e.Expected, e.Announced = "", time.Time{}
	}
	return e
}

// EventKind is what changed.
type EventKind string

// The kinds of events.
const (
	EventStarted    EventKind = "started"    // the first look
	EventFiring     EventKind = "firing"     // a finding of another kind began or got worse
	EventResolved   EventKind = "resolved"   // such a finding ended
	EventDown       EventKind = "down"       // a member stopped answering
	EventUp         EventKind = "up"         // it answers again
	EventCaughtUp   EventKind = "caught-up"  // it has taken in what it missed
	EventAlarm      EventKind = "alarm"      // an alarm was raised, or disarmed where the level is OK
	EventLeader     EventKind = "leader"     // leadership moved
	EventRestarted  EventKind = "restarted"  // a member's process began anew
	EventMembership EventKind = "membership" // a member joined, left, or was promoted
	EventVersion    EventKind = "version"    // a member runs another version
	EventMark       EventKind = "mark"       // a person's note
)

// beginning and over are the kinds of event that a finding by the rule makes when it begins, and when it ends.
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

// happening says what a finding found, without what changes from sweep to sweep; and why that is, where that is asked.
func startWords(f *Finding, b *cohort, why bool) statement {
	i := b.place(f.Member.Key)
	if i < 0 || f.Severity < Warning {
		return f.says()
	}
	switch m := &b.members[i]; f.Rule {
	case MemberUnreachable:
		if why {
			return m.does(m.downWords() + " (" + m.downError.Words() + ")")
		}
		return m.does(m.downWords())
	case MemberLate:
		return m.does("does not answer")
	case FollowerStuck:
		return m.does("takes in nothing of what the leader commits")
	}
	return f.says()
}

// ending says that what a finding found is over.
func endWords(e *eventRecord) statement {
	lasted := FormatDuration(e.At.Add(e.Lasted).Sub(e.began))
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
		return e.Member.does("takes in entries again after " + lasted)
	case AlarmNoSpace:
		return plain("NOSPACE is disarmed after " + lasted)
	case AlarmCorrupt:
		return plain("CORRUPT is disarmed after " + lasted)
	case QuorumAtRisk:
		return plain("quorum has a voter to spare again after " + lasted)
	default:
		return e.says().surround("over after "+lasted+": ", "")
	}
}

// atWorst keeps what a finding says at its worst, and is what its event says of it now: text, unless its level was worse.
func (e *eventRecord) worstWords(f *Finding, rule *Rule, says statement) statement {
	value, known := f.Value.Get()
	peak, had := e.peak.Get()
	switch {
	case e.worst == statement{}, !known || !had, f.Expected != e.Expected:
	case f.Level < e.Level:
		return e.worst
	case f.Level == e.Level && !rule.Breached(value, peak):
		return says
	}
	e.worst, e.peak = says, f.Value
	return says
}
