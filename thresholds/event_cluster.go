package thresholds

import (
	"cmp"
	"fmt"
	"time"
)

// membership notes which members joined, were promoted and left.
func (l *eventLog) membership(before, a *Assessment) {
	if !before.Cluster.MemberListKnown || !a.Cluster.MemberListKnown {
		return
	}
	previous := make(map[string]*Member, len(before.Members))
	for i := range before.Members {
		if m := &before.Members[i]; m.Listed {
			previous[m.Key] = m
		}
	}
	for i := range a.Members {
		m := &a.Members[i]
		if !m.Listed {
			continue
		}
		old := previous[m.Key]
		delete(previous, m.Key)
		switch {
		case old == nil && m.Role == RoleLearner:
			l.addOf(EventMembership, m, "joined as a learner")
		case old == nil:
			l.addOf(EventMembership, m, "joined")
		case old != nil && !old.Voter && m.Voter:
			l.addOf(EventMembership, m, "was promoted: it votes now")
		}
	}
	for i := range before.Members { // in the sweep's order, not the map's
		if m := previous[before.Members[i].Key]; m != nil {
			l.addOf(EventMembership, m, "left")
		}
	}
}

// process notes restarts and changes of version.
func (l *eventLog) process(m *memberState) {
	t := m.track
	if n := len(t.restarts); n > 0 && t.restarts[n-1].at.Equal(t.metricsAt) &&
		!t.restarts[n-1].at.Equal(t.restartNoted) {
		t.restartNoted = t.restarts[n-1].at
		l.restarted(m)
	}
	if m.Version == "" {
		return
	}
	if t.version != "" && t.version != m.Version {
		l.addOf(EventVersion, m.Member, fmt.Sprintf("runs %s now, was %s", m.Version, t.version))
	}
	t.version = m.Version
}

// restarted notes a restart: of the same thing as what the rule about restarts finds.
func (l *eventLog) restarted(m *memberState) {
	key := alertKey{MemberRestarted, m.Key}
	id := l.idFor(key)
	e := l.addOf(EventRestarted, m.Member, "restarted")
	if e.ID = cmp.Or(id, e.ID); m.restartExpected != "" {
		e.Expected, e.Announcement = m.restartExpected, m.announcement
	}
	l.noteClosed(key, e.ID)
}

// reach notes that a member which was seen is out of reach, as behind a certificate that does not fit, and that it
// answers again. Whether it is down meanwhile is not known, so no finding says it.
func (l *eventLog) reach(m *memberState) {
	e := l.unseen[m.Key]
	switch {
	case e == nil && m.State == StateOutOfReach && !m.NeverSeen:
		e = l.addOf(EventOutOfReach, m.Member, "can't be reached from here: "+statusError(m.probed).Text)
		e.nameHeadline(true, "can't be reached from here", "out of reach")
		e.Level, e.Active = Unknown, true
		if l.unseen == nil {
			l.unseen = make(map[string]*eventRecord)
		}
		l.unseen[m.Key] = e
	case e != nil && m.State != StateOutOfReach && m.State != StateLate:
		l.endUnseen(m.Key, e)
		if m.State != StateOK {
			return
		}
		back := l.addOf(EventInReach, m.Member, "answers again after "+FormatDuration(e.Lasted))
		back.ID, back.Lasted, back.Over = e.ID, e.Lasted, "answers again"
		back.nameHeadline(true, back.Over)
	}
}

// endUnseen ends the event of a member that was out of reach.
func (l *eventLog) endUnseen(key string, e *eventRecord) {
	delete(l.unseen, key)
	e.Active, e.Lasted = false, max(0, l.now.Sub(e.At))
}

// leadership notes that the leader is gone, changes of leader, and how long there was none as far as sweeps bound it.
func (l *eventLog) leadership(b *cohort) {
	leader := b.cluster.Leader
	l.gap = l.gap.next(b.now, b.cluster.Leadership)
	switch b.cluster.Leadership {
	case Leaderless:
		l.loseLeader(b)
		return
	case LeadershipUnknown:
		return
	}
	id := l.endLeaderless()
	moved := leader.Key != l.leader.Key
	switch e := &l.election; {
	case !moved && b.cluster.Term == l.term:
		if !l.gap.first.IsZero() {
			l.returned = l.gap
		}
	case l.leader.IsZero():
	case !moved && e.early && b.now.Sub(e.at) <= 3*b.settings.interval: // the term of that election
		e.early = false
		e.word(leader, b)
	default:
		if b.now.Sub(l.returned.until) <= 3*b.settings.interval { // a member that woke up named the leader of before
			l.gap = l.gap.with(l.returned)
		}
		leaderless := l.gap.within(l.gap.after, b.now)
		*e = election{before: l.leader, term: l.term, gap: ", " + leaderless.Words(InSentences()), at: b.now,
			early: moved && b.cluster.Term <= l.term}
		e.event = l.add(Event{ID: id, Kind: EventLeader, Level: Notice, Member: leader, Named: true,
			Lasted: leaderless.middle(), Error: leaderless.error()})
		e.word(leader, b)
	}
	l.leader, l.term, l.gap = leader, b.cluster.Term, leaderGap{after: b.now}
}

// An election is the newest one that the log has.
type election struct {
	event *eventRecord
	// before led until then, in the term.
	before MemberRef
	term   uint64
	gap    string // in words
	at     time.Time
	// early reports that members named the new leader and still the old term.
	early bool
}

// word words the event of an election, with the terms where they are known.
func (e *election) word(leader MemberRef, b *cohort) {
	text := fmt.Sprintf("leader %s → %s", e.before.Label, leader.Label)
	brief := fmt.Sprintf("leader %s → %s", e.before.Short, leader.Short)
	if leader.Key == e.before.Key {
		text, brief = "leader "+leader.Label+" elected again", "leader "+leader.Short+" elected again"
	}
	text += e.gap
	headline := fitting(EventWidth, brief+e.gap, brief)
	if !b.cluster.dumped && !e.early { // dumps lack the term
		text += fmt.Sprintf(", term %d → %d", e.term, b.cluster.Term)
		term := fmt.Sprintf(", term %d", b.cluster.Term)
		headline = fitting(EventWidth, brief+e.gap+term, brief+e.gap, brief+term, brief)
	}
	short := fitting(briefEventWidth, brief, leader.Short+" leads")
	e.event.Text, e.event.What, e.event.Headline, e.event.HeadlineWhat = text, text, headline, headline
	e.event.Brief, e.event.BriefWhat = short, short
}

// loseLeader notes that the last leader seen is gone, unless it is noted already.
func (l *eventLog) loseLeader(b *cohort) {
	if l.leader.IsZero() || l.leaderless != nil {
		return
	}
	what := "stepped down: no leader"
	if i := b.place(l.leader.Key); i < 0 || b.members[i].State != StateOK {
		what = "no longer leads: no leader"
	}
	says := l.leader.does(what)
	e := l.add(Event{Kind: EventLeaderless, Level: Notice, Member: l.leader, Active: true})
	e.say(says)
	e.nameHeadline(true, what, "stepped down")
	l.leaderless = e
}

// endLeaderless ends the time without a leader, and returns the number of its event; 0 where there was none.
func (l *eventLog) endLeaderless() (id int) {
	if e := l.leaderless; e != nil {
		e.Active, e.Lasted, id = false, max(0, l.now.Sub(e.At)), e.ID
	}
	l.leaderless = nil
	return id
}
