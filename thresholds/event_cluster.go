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

// leadership notes changes of leader, and how long there was none as far as sweeps bound it.
func (l *eventLog) leadership(b *cohort) {
	leader := b.cluster.Leader
	if l.gap = l.gap.next(b.now, b.cluster.Leadership); b.cluster.Leadership != Led {
		return
	}
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
		headline, short := fitting(EventWidth, brief+gap, brief), fitting(briefEventWidth, brief, leader.Short+" leads")
		l.add(Event{
			Kind: EventLeader, Level: Notice, Member: leader, Text: text, Named: true,
			Headline: headline, HeadlineWhat: headline, Brief: short, BriefWhat: short,
			Lasted: leaderless.middle(), Error: leaderless.error(),
		})
	}
	l.leader, l.term, l.gap = leader, b.cluster.Term, leaderGap{after: b.now}
}
