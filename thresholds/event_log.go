package thresholds

import (
	"cmp"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// maxEvents is how many events are remembered.
const maxEvents = 1000

// An eventRecord is an event in the log, with what it takes to continue it.
type eventRecord struct {
	Event
	// began is when the finding behind the event began: before At, if At is when it got worse.
	began time.Time
	// worst is what a finding's event said at its worst, and peak the value then; absent without one.
	worst eventWords
	peak  probe.Value
	// tabled reports that the value is one that the table of the members shows, as it is now.
	tabled bool
	// worstAt is since when it was at that level last, worstUntil when it got milder; zero while it has not.
	worstAt, worstUntil time.Time
	// firstStart reports that the member whose absence it is about has yet to start for the first time, or just has.
	firstStart bool
	// doing is what a member does instead of answering, and doingSince since when; empty if nobody knows.
	doing      string
	doingSince time.Time
	// overdue is the text of the mark whose window has ended before the event.
	overdue string
	// statement is what it says, and forms are those of its headline, which follow the member's name without a colon
	// where predicate is set: see rename.
	statement statement
	forms     []string
	predicate bool
}

// says, say and nameHeadline are the event's, and keep what rename needs.
func (e *eventRecord) says() statement {
	if e.statement.text != "" {
		return e.statement
	}
	return e.Event.says()
}

func (e *eventRecord) say(s statement) {
	e.statement = s
	e.Event.say(s)
}

func (e *eventRecord) nameHeadline(predicate bool, forms ...string) {
	e.predicate, e.forms = predicate, forms
	e.Event.nameHeadline(predicate, forms...)
}

// rename says what the event says with another name of its member.
func (e *eventRecord) rename(to MemberRef) {
	if s := e.statement; s.nameFirst && !e.Member.IsZero() {
		joint := ": "
		if s.predicate {
			joint = " "
		}
		s.text = to.Label + joint + s.rest
		e.say(s)
	}
	if e.Member = to; e.forms != nil {
		e.nameHeadline(e.predicate, e.forms...)
	}
}

// note notes what holds now, and since when; nil is no event.
func (e *eventRecord) note(now string, at time.Time) {
	if e != nil {
		e.Now, e.NowAt = now, at
	}
}

// eventLog turns differences between assessments into events.
type eventLog struct {
	events []*eventRecord
	// open are the events of active findings, closed the things that have ended lately.
	open   map[alertKey]*eventRecord
	closed map[eventThing]closedThing
	// lastID is the last number that a thing got.
	lastID int
	now    time.Time
	// unwatched is how long nobody watched before this sweep; 0 where no sweep is missing.
	unwatched time.Duration

	leader MemberRef // the last one seen
	term   uint64
	gap    leaderGap // since the last leader
	// returned is the last gap after which the leader and the term were those of before.
	returned leaderGap
	// election is the newest one.
	election election
	// leaderless is the event of the leader that is gone; nil while there is one, and while none has been seen.
	leaderless *eventRecord
	rejoins    []*rejoin
	// unseen are the events of members that are out of reach, by their keys.
	unseen map[string]*eventRecord
}

// newest returns the n newest events, oldest first.
func (l *eventLog) newest(n int) []Event {
	from := max(0, len(l.events)-n)
	slices.SortStableFunc(l.events[from:], func(a, b *eventRecord) int { return a.At.Compare(b.At) })
	events := make([]Event, 0, len(l.events)-from)
	for _, event := range l.events[from:] {
		e := event.Event
		if e.Active {
			e.Lasted = max(0, l.now.Sub(e.At))
		}
		if e.Active && !e.AsBadAt.IsZero() {
			e.AsBad = max(0, l.now.Sub(e.AsBadAt))
		}
		events = append(events, e)
	}
	return events
}

// watched counts what is being watched.
func watched(a *Assessment) string {
	members := a.CountMembers()
	others := len(a.Members) - members
	strays := Plural(others, "endpoint") + pluralForm(others, " that leads", " that lead") + " to no member"
	switch {
	case members == len(a.Members):
		return Plural(members, "member")
	case members == 0:
		return strays
	}
	return Plural(members, "member") + " and " + strays
}

// observe notes what changed from before to a, and returns it. before is nil at the first sweep.
func (l *eventLog) observe(b *cohort, before, a *Assessment) []Event {
	l.now = a.At
	from := len(l.events)
	if before == nil {
		l.add(Event{Kind: EventStarted, Text: "watching " + watched(a)})
	} else {
		if l.unwatched > 0 && b.sweep.Dumps == nil {
			l.add(Event{Kind: EventStarted, Lasted: l.unwatched,
				Text: "watching " + watched(a) + " again after " + FormatDuration(l.unwatched)})
		}
		l.rename(before, a)
		l.membership(before, a)
		l.abandon(before, a)
	}
	for i := range b.sweep.Marks {
		mark := &b.sweep.Marks[i]
		of := b.memberCalled(mark.Member)
		l.add(Event{At: mark.At, Kind: EventMark, Text: mark.Text, Member: of, Named: of.calledIn(mark.Text),
			Announcement: Announcement{b.firstMark + i, mark.At, AnnouncedUntil(mark)}})
	}
	for i := range b.members {
		l.process(&b.members[i])
		l.reach(&b.members[i])
	}
	l.leadership(b)
	l.findings(b, a)
	l.catchUps(a, b.sweep.Interval)

	slices.SortStableFunc(l.events[from:], func(a, b *eventRecord) int { return a.At.Compare(b.At) })
	events := make([]Event, 0, len(l.events)-from)
	for _, event := range l.events[from:] {
		events = append(events, event.Event)
	}
	if extra := len(l.events) - maxEvents; extra > 0 {
		l.events = append([]*eventRecord(nil), l.events[extra:]...)
	}
	return events
}

// add notes a new event, dated now unless it has a date.
func (l *eventLog) add(e Event) *eventRecord {
	r := l.record(eventRecord{Event: e})
	if r.HeadlineWhat == "" && r.Kind != EventMark {
		r.nameHeadline(false, r.What, string(r.Kind))
	}
	return r
}

func (l *eventLog) record(e eventRecord) *eventRecord {
	e.KnownAt = l.now
	if e.ID == 0 {
		l.lastID++
		e.ID = l.lastID
	}
	if e.What == "" {
		e.What, e.NameInside = e.Text, e.Named
	}
	if e.At.IsZero() {
		e.At = l.now
	}
	l.events = append(l.events, &e)
	return &e
}

// addOf notes an event whose text continues the member's name.
func (l *eventLog) addOf(kind EventKind, m *Member, what string) *eventRecord {
	e := l.add(Event{Kind: kind, Member: m.MemberRef})
	e.say(m.does(what))
	e.nameHeadline(true, what, string(kind))
	return e
}

// memberCalled is the member that people call by a name; zero if there is none.
func (f *frame) memberCalled(name string) MemberRef {
	for i := range f.members {
		if f.members[i].IsCalled(name) {
			return f.members[i].MemberRef
		}
	}
	return MemberRef{}
}

// rename gives the events of a member the name that it has now: one that joins is called by its address until it has
// published a name.
func (l *eventLog) rename(before, a *Assessment) {
	for i := range a.Members {
		now := a.Members[i].MemberRef
		if was := before.Member(now.Key); was == nil || was.MemberRef == now {
			continue
		}
		for _, event := range l.events {
			if event.Member.Key == now.Key && event.Kind != EventMark {
				event.rename(now)
			}
		}
	}
}

// abandon ends the events of findings about rows that are gone: the member left, or an endpoint turned out to be a
// member's.
func (l *eventLog) abandon(before, a *Assessment) {
	var keys []alertKey
	for key := range l.open {
		if key.member != "" && a.Member(key.member) == nil {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b alertKey) int {
		return cmp.Or(cmp.Compare(a.member, b.member), cmp.Compare(a.rule, b.rule))
	})
	for _, key := range keys {
		was := before.Member(key.member)
		left := was != nil && was.Listed
		l.close(key, ending{left: left, unmeasured: !left}, nil)
	}
	for key, event := range l.unseen {
		if a.Member(key) == nil {
			l.endUnseen(key, event)
		}
	}
}
