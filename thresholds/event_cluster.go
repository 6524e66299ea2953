package thresholds

import "fmt"

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
		e := l.addOf(EventRestarted, m.Member, "restarted")
		e.Expected, e.Announcement = m.expected, m.announcement
	}
	if m.Version == "" {
		return
	}
	if t.version != "" && t.version != m.Version {
		l.addOf(EventVersion, m.Member, fmt.Sprintf("runs %s now, was %s", m.Version, t.version))
	}
	t.version = m.Version
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
	if !l.leader.IsZero() && (leader.Key != l.leader.Key || b.cluster.Term != l.term) {
		moved, brief := fmt.Sprintf("leader %s → %s", l.leader.Label, leader.Label), fmt.Sprintf("leader %s → %s",
			l.leader.Short, leader.Short)
		if leader.Key == l.leader.Key {
			moved, brief = "leader "+leader.Label+" elected again", "leader "+leader.Short+" elected again"
		}
		leaderless := l.gap.within(l.gap.after, b.now)
		gap := ", " + leaderless.Words(InSentences())
		text := moved + gap
		if !b.cluster.dumped { // dumps lack the term
			text += fmt.Sprintf(", term %d → %d", l.term, b.cluster.Term)
		}
		headline := fitting(EventWidth, brief+gap, brief)
		if !b.cluster.dumped {
			term := fmt.Sprintf(", term %d", b.cluster.Term)
			headline = fitting(EventWidth, brief+gap+term, brief+term, headline)
		}
		short := fitting(briefEventWidth, brief, leader.Short+" leads")
		l.add(Event{
			ID: id, Kind: EventLeader, Level: Notice, Member: leader, Text: text, Named: true,
			Headline: headline, HeadlineWhat: headline, Brief: short, BriefWhat: short,
			Lasted: leaderless.middle(), Error: leaderless.error(),
		})
	}
	l.leader, l.term, l.gap = leader, b.cluster.Term, leaderGap{after: b.now}
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
