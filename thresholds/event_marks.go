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

// DefaultOutage is how long an announced outage may last where its mark does not say: what a reboot takes, with a drain
// before it.
const DefaultOutage = 10 * time.Minute

// An outage is one that a mark announced: until its window ends, what its member does by being away is expected.
type outage struct {
	member       string // its label, its id or its key
	text         string
	since, until time.Time
}

// announce takes in the marks of a sweep. A newer mark about a member replaces the older one.
func (e *Evaluator) announce(marks []probe.Mark, now time.Time) {
	for _, mark := range marks {
		if mark.Member == "" {
			continue
		}
		e.outages = slices.DeleteFunc(e.outages, func(o outage) bool { return o.member == mark.Member })
		e.outages = append(e.outages, outage{
			mark.Member, cmp.Or(mark.Text, "announced"), mark.At, mark.At.Add(cmp.Or(mark.Window, DefaultOutage)),
		})
	}
	e.outages = slices.DeleteFunc(e.outages, func(o outage) bool { return now.After(o.until) })
}

// announced is the outage of a member that was announced last; nil where none was.
func (e *Evaluator) announcedOutage(ref MemberRef) *outage {
	for i := len(e.outages) - 1; i >= 0; i-- {
		if ref.isCalled(e.outages[i].member) {
			return &e.outages[i]
		}
	}
	return nil
}

// isCalled reports that people may mean the member by a name: its label, its id, or its key.
func (r MemberRef) isCalled(name string) bool {
	return name != "" && (r.Label == name || r.Key == name || r.ID != 0 && r.ID.String() == name)
}

// calledIn reports that people call the member by its label in a text of theirs: a label that is a part of a longer word is none.
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

// ownOutage reports that a finding by the rule is what a member's being away amounts to.
func ownOutage(rule RuleID) bool {
	switch rule {
	case MemberUnreachable, MemberLate, MetricsUnavailable, MemberRestarted, NoLeader, VoterUnhealthy, FollowerStuck:
		return true
	default:
		return false
	}
}

// markExpected makes a finding about the member's own outage a notice while that is expected. What the outage means for the
// cluster is judged as ever.
func (m *memberState) markExpected(f *Finding) {
	if m.expected == "" || !ownOutage(f.Rule) || f.Level == Unknown || f.Resolving() || f.Rule == MemberRestarted && !m.restartExpected {
		return
	}
	f.Expected = m.expected
	f.Level = Notice
	f.Advice = "Wait until it is back, and lose no other member meanwhile."
	if f.Rule == MemberRestarted {
		f.Advice = "Nothing: it was announced."
	}
}

// expectedFor says at the end of a text that something is expected, and why.
func expectedFor(why string) string {
	if why == "" {
		return ""
	}
	return ", expected: " + why
}
