package tui

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/etcdoc/etcdoc/thresholds"
)

// The ranks of the fields, the same on every page: from those that are never left out (the level with the margin, the
// page, whether the screen is live) to those that go first. What does not fit takes all behind it along.
const (
	alwaysShown = iota - 1
	rankPage    // where the past is shown, which matters more
	rankName
	rankClock
	rankVoters
	rankLeader
	rankSince
	rankLearners
	rankProgram
	rankQuota
	rankTerm
	rankAPIServer
	rankBackup
	rankVersion
	rankInterval
	rankCost
)

// The widths of the page's title, and those of the window from which on it says whether it is live, and from which on
// there is a sign before the title.
const (
	leastWidth = 60
	leastTitle = 6
	mostTitle  = 24
	usualWidth = 80
)

// renderHeader says how the cluster is, which one it is, and how fresh that is. The margin becomes shorter rather than
// pushing out what must always be there.
func (m model) renderHeader(width int) string {
	header, _ := m.headerLine(width)
	return header
}

// headerLine is the header, and the ranks of its fields.
func (m model) headerLine(width int) (header string, ranks []int) {
	var left, right []field
	for form := marginFull; ; form++ {
		right = m.freshnessFields()
		left, right = fitting(m.headerFields(form, width-fieldsWidth(always(right))-fieldGap), right, width)
		if form == marginNone || !tooWide(left, right, width) {
			break
		}
	}
	if m.paused && tooWide(left, right, width) {
		right = m.pausedWord()
	}
	return m.drawHeader(width, left, right), ranksOf(slices.Concat(left, right))
}

// pausedWord says no more than that the view is paused.
func (m model) pausedWord() []field {
	return []field{{rank: alwaysShown, spans: []span{{m.pausedSpan().style, " PAUSED "}}}}
}

// drawHeader writes fields at both ends of a line.
func (m model) drawHeader(width int, left, right []field) string {
	l, end := newLine(m.theme, width), shownWidth(right)
	if len(left) > 0 && shownWidth(left)+fieldGap+end > width {
		// Only the fields that are always shown are left: keep the first and the last.
		begin := newLine(m.theme, max(width-end-fieldGap, min(left[0].width(), width)))
		begin.fields(left)
		l.addRaw(begin.String(), begin.width)
	} else {
		l.fields(left)
	}
	l.space(l.room() - end)
	l.fields(right)
	return l.String()
}

// marginForm is how much the header says about the quorum.
type marginForm int

const (
	marginFull  marginForm = iota // how many voters are healthy, and how many more may fail
	marginCount                   // how many are healthy
	marginNone
)

// usualMargin is the width of the margins that a cluster with a quorum has: room is reserved for them.
const usualMargin = len("4/5 healthy, 1 more may fail")

// headerFields are the fields on the left, of which those that are never left out have room cells.
func (m model) headerFields(form marginForm, room int) []field {
	var fields []field
	if !m.hasBanner() {
		fields = append(fields, m.stateField(form))
	}
	warnings := m.warningFields()
	if form == marginNone && m.conn.unverified { // where the first is the last to be cut
		fields = slices.Concat(warnings, fields)
	} else {
		fields = append(fields, warnings...)
	}
	return append(fields, m.clusterFields(form, room-fieldsWidth(fields)-fieldGap)...)
}

// warningFields say what must not be forgotten about this screen.
func (m model) warningFields() (fields []field) {
	t := m.theme
	if m.conn.unverified {
		fields = append(fields,
			field{rank: alwaysShown, spans: []span{{t.level(thresholds.Warning), "TLS NOT VERIFIED"}}})
	}
	if m.present.on {
		word := " PRESENT "
		if m.screen.width < usualWidth { // where the longest margin needs the room
			word = "PRESENT"
		}
		fields = append(fields, field{rank: alwaysShown, spans: []span{{t.loud, word}}})
	}
	return fields
}

// clusterFields are which cluster it is, which page, and who leads; the page's title takes at most room cells.
func (m model) clusterFields(form marginForm, room int) []field {
	t, a := m.theme, &m.shown.assessment
	name := t.clean(m.conn.cluster)
	if name == "" && a.Cluster.ID != 0 {
		name = t.clean(a.Cluster.ID.String())
	}
	var fields []field
	if name != "" {
		fields = append(fields, field{rank: rankName, spans: []span{{t.bold, fitName(t, name, 28)}}})
	}
	if title := m.pane().title(m); title != "" {
		rank, least := alwaysShown, leastTitle
		switch {
		case m.page() == pageMember: // which begins with the name
			rank, least = rankPage, min(textWidth(title), mostTitle)
		case m.page() == pageZoom: // which has it nowhere else
			least = min(textWidth(title), narrowWho)
		}
		if m.paused || m.present.on { // the margin matters more
			rank = rankPage
		}
		var spans []span
		if m.screen.width >= usualWidth {
			spans = append(spans, span{t.faint, "> "})
		}
		title = fitName(t, title, min(max(room-spansWidth(spans), least), mostTitle))
		fields = append(fields, field{rank: rank, spans: append(spans, span{t.bold, title})})
	}
	if !m.shown.known() {
		return fields
	}
	c := &a.Cluster
	if !c.MemberListKnown {
		return append(fields, field{rank: rankVoters, spans: []span{m.votersSpan()}})
	}
	if c.Learners > 0 {
		fields = append(fields, field{rank: rankLearners,
			spans: []span{{t.plain, thresholds.Plural(c.Learners, "learner")}}})
	}
	fields = append(fields, m.leaderFields(form)...)
	fields = append(fields, field{rank: rankTerm, spans: []span{{t.dim, "term "}, {t.plain, termText(c.Term)}}})
	if used := m.quotaUsed(); used != "" {
		spans := []span{{t.dim, "db "}, {t.plain, used}, {t.dim, " of quota"}}
		fields = append(fields, field{rank: rankQuota, spans: spans, widest: len("db 100% of quota")})
	}
	return fields
}

// stateField is the level in a word, and how the quorum stands.
func (m model) stateField(form marginForm) field {
	t, a := m.theme, &m.shown.assessment
	if !m.shown.known() {
		return field{rank: rankProgram, spans: []span{{t.accent, "etcdoc"}}}
	}
	word := span{t.level(a.Level), levelWord(a.Level)}
	if a.Level == thresholds.OK {
		word.text = "OK"
	}
	margin, widest := m.votersSpan(), 0
	switch form {
	case marginNone:
		return field{rank: alwaysShown, spans: []span{word}}
	case marginFull:
		margin.text, widest = m.marginText(), verdictIndent+usualMargin
	}
	return field{rank: alwaysShown, spans: []span{word, {text: blanks(verdictIndent - len(word.text))}, margin},
		widest: widest}
}

// marginText is how many voters are healthy, and how many more may fail.
func (m model) marginText() string {
	return m.theme.clean(cmp.Or(m.shown.assessment.Cluster.Margin, m.votersSpan().text))
}

// votersSpan counts the healthy voters; while only given endpoints are known, those that answer.
func (m model) votersSpan() span {
	t, a := m.theme, &m.shown.assessment
	well, of := a.Counted()
	what := " voters"
	switch {
	case a.OnlyStrays():
		return span{t.level(a.Level), "no member known"}
	case !a.Cluster.MemberListKnown:
		what = " endpoints answer"
	}
	s := t.plain
	if well < of {
		s = t.level(max(a.Cluster.Level, a.Level))
	}
	return span{s, strconv.Itoa(well) + "/" + strconv.Itoa(of) + what}
}

func termText(term uint64) string {
	if term == 0 {
		return "?"
	}
	return strconv.FormatUint(term, 10)
}

// leaderFields name the leader, and how long it has been seen to lead.
func (m model) leaderFields(form marginForm) []field {
	t, leader := m.theme, m.shown.assessment.Cluster.Leader
	switch m.shown.assessment.Cluster.Leadership {
	case thresholds.LeadershipUnknown:
		return []field{{rank: rankLeader, spans: []span{{t.dim, "leader "}, {t.level(thresholds.Unknown), "?"}}}}
	case thresholds.Leaderless:
		if form == marginFull { // the margin says so
			return nil
		}
		return []field{{rank: rankLeader, spans: []span{{t.level(thresholds.Critical), "NO LEADER"}}}}
	}
	return []field{
		{rank: rankLeader, spans: []span{{t.dim, "leader "}, {t.leader, fitName(t, m.shortName(leader), 20)}}},
		{rank: rankSince, spans: []span{{t.dim, "for "}, {t.dim, m.ledFor()}}, widest: len("for >") + durationWidth},
	}
}

// ledFor is how long the leader has led, at least.
func (m model) ledFor() string {
	since := m.theme.duration(m.elapsed(m.shown.assessment.Cluster.LeaderSince))
	if !m.shown.assessment.Cluster.LeaderSeenToCome {
		since = ">" + since
	}
	return since
}

// quotaUsed is the largest share of its quota that a member's database takes, behind a sign where it is the last known
// one; empty where it is not known of any.
func (m model) quotaUsed() string {
	used, stale := m.shown.assessment.QuotaUsed()
	switch {
	case !used.IsKnown():
		return ""
	case stale:
		return string(thresholds.SignLast) + m.theme.number(used, thresholds.Ratio)
	}
	return m.theme.number(used, thresholds.Ratio)
}
