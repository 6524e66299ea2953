package thresholds

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/probe"
)

// DefaultOutage is how long an announced outage may last if its mark does not say: enough for a drain and a reboot.
const DefaultOutage = 10 * time.Minute

// An Announcement is a mark, and the outage that it announces. The zero Announcement is none.
type Announcement struct {
	// Mark is the number of the mark, from 1, in the order in which sweeps brought them.
	Mark int
	// Since is when the mark was made, and Until the end of the outage; zero if the mark announces none.
	Since, Until time.Time
}

// AnnouncedUntil returns the end of the outage that a mark announces; zero if it announces none.
func AnnouncedUntil(mark *probe.Mark) time.Time {
	if mark.Member == "" {
		return time.Time{}
	}
	return mark.At.Add(cmp.Or(max(mark.Window, 0), DefaultOutage))
}

// An outage is an announcement by a mark: findings about its member's absence are expected until its window ends, or
// until the member has had its turn.
type outage struct {
	Announcement
	member string // its label, its id or its key
	text   string
	// doneAt is when the member had had its turn and was back; zero until then.
	doneAt time.Time
}

// announce numbers the marks of a sweep, and records what they announce. A newer mark about a member replaces the older
// one.
func (e *Evaluator) announce(marks []probe.Mark, now time.Time) {
	for i := range marks {
		mark := &marks[i]
		e.marks++
		if mark.Member == "" {
			continue
		}
		e.outages = slices.DeleteFunc(e.outages, func(o outage) bool { return o.member == mark.Member })
		e.outages = append(e.outages, outage{
			Announcement: Announcement{e.marks, mark.At, AnnouncedUntil(mark)}, member: mark.Member,
			text: cmp.Or(mark.Text, "announced"),
		})
	}
	e.outages = slices.DeleteFunc(e.outages, func(o outage) bool { return now.After(o.Until) })
}

// announcedOutage is the member's latest announced outage, or nil.
func (e *Evaluator) announcedOutage(m *Member) *outage {
	for i := len(e.outages) - 1; i >= 0; i-- {
		if m.IsCalled(e.outages[i].member) {
			return &e.outages[i]
		}
	}
	return nil
}

// calledIn reports that a text mentions the member's label as a whole word.
func (r MemberRef) calledIn(text string) bool {
	inWord := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || c == '-' || c == '_' }
	for from := 0; r.Label != ""; {
		at := strings.Index(text[from:], r.Label)
		if at < 0 {
			break
		}
		at, from = from+at, from+at+len(r.Label)
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[from:])
		if !inWord(before) && !inWord(after) {
			return true
		}
	}
	return false
}

// ownOutage reports that a finding by the rule is part of its own member's absence.
func ownOutage(rule RuleID) bool {
	switch rule {
	case MemberUnreachable, MemberLate, MetricsUnavailable, MemberRestarted, NoLeader, VoterUnhealthy, FollowerStuck:
		return true
	default:
		return false
	}
}

// markExpected turns a finding about the member's own announced outage into a notice. What the outage means for the
// cluster keeps its level.
func (m *memberState) markExpected(f *Finding) {
	expected := m.expected
	if f.Rule == MemberRestarted {
		expected = m.restartExpected
	}
	if expected == "" || !ownOutage(f.Rule) || !f.isBreach() {
		return
	}
	f.Expected, f.Announcement = expected, m.announcement
	f.Level = Notice
	f.Step = "Wait until it is back"
	if f.Rule == MemberRestarted {
		f.Step = "Nothing: it was announced"
	}
	f.Advice = f.Step + "."
}

// markDue takes the advice from a finding about restarts that were the member's turn.
func (m *memberState) markDue(f *Finding, now time.Time) {
	if f.Rule != MemberRestarted || f.Level != Notice || f.Expected != "" || !m.restartsWereDue(now) {
		return
	}
	f.Step = "Nothing: it was its turn"
	f.Advice = f.Step + " in the rolling change."
}

// markBusy advises to wait for a member that joins, starts again, or is being defragmented.
func (m *memberState) markBusy(f *Finding, u unit) {
	if m.busyWords() == "" || f.Rule != MemberUnreachable && f.Rule != MemberLate || f.Expected != "" {
		return
	}
	if m.defragmentedSilently() {
		rule := m.settings.rule(DefragRunning)
		f.Step, f.Advice = stepAt(rule.Step, m.Short), rule.Advice
		return
	}
	kind := restoreStarting
	if m.joins {
		kind = restoreJoining
	}
	f.Step, f.Advice = "Wait until "+m.Short+" serves", u.adviseRestore(kind, []string{m.Label})
}

// expectedFor is the end of a text about something expected, with the reason.
func expectedFor(why string) string {
	if why == "" {
		return ""
	}
	return ", expected: " + why
}
