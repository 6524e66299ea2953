package thresholds

import (
	"cmp"
	"slices"
	"time"
)

// findings notes which findings began, got worse, and ended.
func (l *eventLog) findings(b *cohort, a *Assessment) {
	going := make(map[alertKey]bool, len(a.Findings))
	for i := range a.Findings {
		f := &a.Findings[i]
		key := alertKey{f.Rule, f.Member.Key}
		event, rule := l.open[key], b.settings.rule(f.Rule)
		if event != nil && f.Resolving() {
			going[key], event.Active, event.Lasted = true, false, max(0, f.ResolvingSince.Sub(event.At))
			event.sayWorst()
			event.note(valueWords(rule, a.Member(f.Member.Key), " now"), l.now)
		}
		if event != nil && isOutOfSight(f, a) || key.rule == VoterUnhealthy && l.isTakenOver(key) {
			continue
		}
		if event != nil && f.Level == Unknown { // it can't be judged now, and so has not ended
			going[key] = true
		}
		if event != nil && f.InhibitedBy != "" && f.Level != Unknown && !l.isTakenOver(key) {
			if going[key] = true; !f.Resolving() { // it continues, for another reason
				l.continueEvent(key, f, rule, b)
			}
		}
		own := f.Severity == Critical && isOwn(f.Rule) // whatever explains it, as in the member's state
		if event == nil && b.isDefragmentation(f) {    // the event of the defragmentation says it
			continue
		}
		if f.InhibitedBy != "" && !own || !f.isBreach() {
			continue
		}
		if event == nil && f.Severity == Notice && !rule.noticeMakesEvent() {
			continue
		}
		going[key] = true
		l.continueEvent(key, f, rule, b)
	}
	for _, r := range b.settings.rules.All() { // in the table's order, not the map's
		for i := -1; i < len(a.Members); i++ {
			key := alertKey{rule: r.ID}
			if i >= 0 {
				key.member = a.Members[i].Key
			}
			switch {
			case l.open[key] == nil || going[key]:
			case l.isTakenOver(key), r.ID == MemberLate && a.Members[i].State != StateOK,
				r.ID == VoterUnhealthy && l.closed[thingOf(key)].at.Equal(l.now):
				l.end(l.open[key]) // such as of a member that did not answer: it is down now, or back
				delete(l.open, key)
			default:
				l.close(key, endingOf(&r, a.Member(key.member), a), going)
			}
		}
	}
}

// continueEvent notes that a finding is active: with a new event if it has just begun, got worse, or its
// announcement has expired. What something else explains by now is no news.
func (l *eventLog) continueEvent(key alertKey, f *Finding, rule *Rule, b *cohort) {
	event := l.open[key]
	next := eventRecord{
		Event: Event{ID: l.idFor(key), At: f.Since, Kind: startKind(f.Rule), Rule: f.Rule}, began: f.Since,
		doingSince: f.Since,
	}
	if event != nil {
		next.overdue, next.doing, next.doingSince = event.overdue, event.doing, event.doingSince
		if event.Expected != "" && f.Expected == "" {
			next.At, next.overdue = l.now, event.Expected
		}
		gotWorse := f.Level > event.Worst && f.Rule != DefragRunning // the quorum has an event for the voters to spare
		if f.InhibitedBy == "" && (gotWorse || next.overdue != event.overdue) {
			next.began = earlier(next.began, event.began)
			l.end(event)
			event = nil
		}
	}
	if event == nil {
		if l.open == nil {
			l.open = make(map[alertKey]*eventRecord)
		}
		event = l.record(next)
		l.open[key] = event
	}
	event.Member = f.Member
	longer := event.overdue != "" && f.Expected == ""
	says := startWords(f, b, !longer) // the event before it gives the reason
	if i := b.place(f.Member.Key); i >= 0 && startKind(key.rule) == EventDown {
		switch m := &b.members[i]; {
		case m.neverUp(), m.joins:
			event.firstStart = true
		case event.firstStart && m.busyWords() == "": // it is about to serve for the first time
			says = event.says()
		}
	}
	brief := cmp.Or(says.brief, rule.Brief)
	forms := []string{says.rest, says.headlineFor(rule), brief}
	if longer {
		const than = ", longer than expected"
		forms = []string{says.rest + than, says.headlineFor(rule) + than, brief + than, brief}
		says = says.surround("", than+" ("+event.overdue+")")
	}
	words := eventWords{says: says, forms: forms}
	if rule.Scope == ScopeCluster {
		if words.nameless, words.namelessBrief = rule.Brief, rule.Brief; thingOf(key).rule == QuorumLost {
			words.nameless = says.headlineFor(rule) // it counts the voters
		}
	}
	event.tabled = rule.isTabled()
	event.note("", time.Time{})
	event.noteDoing(key, b)
	if event.doing == "" || event.worst.forms == nil || f.Level > event.Worst { // that it is down was worse
		event.noteWorst(f, rule, words)
	}
	event.noteLevel(f, l.now)
	event.word(words)
	if f.Expected != "" && event.Expected == "" {
		event.Announced = l.now
	}
	event.Level, event.Severity = f.Level, max(event.Severity, f.Severity)
	event.Active, event.Expected, event.Announcement = true, f.Expected, f.Announcement
}

// isDefragmentation reports that a finding is only that a member is being defragmented: it answers late or not at all
// meanwhile, and does not count.
func (b *cohort) isDefragmentation(f *Finding) bool {
	switch f.Rule {
	case MemberUnreachable, MemberLate, VoterUnhealthy:
		i := b.place(f.Member.Key)
		return i >= 0 && b.members[i].isDefragmented()
	default:
		return false
	}
}

// isOutOfSight reports that what a finding is about can't be seen any longer because its member is down: what is left
// of it is what was known before.
func isOutOfSight(f *Finding, a *Assessment) bool {
	if f == nil || f.Level != Unknown && f.Why == "" {
		return false
	}
	m := a.Member(f.Member.Key)
	return m != nil && m.State == StateDown
}

func (l *eventLog) end(e *eventRecord) {
	if e.Active {
		e.Active, e.Lasted = false, max(0, l.now.Sub(e.At))
		e.sayWorst()
	}
}

// close ends a finding's event and notes how it ended.
func (l *eventLog) close(key alertKey, end ending, going map[alertKey]bool) {
	e := l.open[key]
	delete(l.open, key)
	l.end(e)
	e.note("", time.Time{})
	ended := l.add(Event{
		ID: e.ID, Kind: endKind(e.Rule), Level: OK, Member: e.Member, Lasted: max(0, e.At.Add(e.Lasted).Sub(e.began)),
		Rule: e.Rule, Expected: e.Expected, Announcement: e.Announcement, Over: overWords(e, end),
	})
	ended.firstStart = e.firstStart
	ended.say(endWords(e, end))
	ended.nameHeadline(false, ended.Over)
	if other := l.going(thingOf(key)); other != nil && going[alertKey{other.Rule, key.member}] {
		ended.Over = ""
	}
	l.noteClosed(key, e.ID)
	if ended.Kind == EventUp {
		l.rejoins = slices.DeleteFunc(l.rejoins, func(c *rejoin) bool { return c.member == key.member })
		l.rejoins = append(l.rejoins, &rejoin{member: key.member, event: ended})
	}
}
