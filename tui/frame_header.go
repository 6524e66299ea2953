package tui

import (
	"strconv"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// field is a part of the header. The smaller its rank, the longer it stays when the window gets narrow.
type field struct {
	rank  int
	spans []span
	// widest is the most cells it may need later: room is reserved for that, so that fields do not come and go.
	widest int
}

func (f field) width() int { return max(spansWidth(f.spans), f.widest) }

// alwaysShown is the rank of a field that is never left out.
const alwaysShown = -1

// fieldGap is the space between two fields of the header.
const fieldGap = 2

// renderHeader names the cluster, its state, and how fresh that is.
func (m model) renderHeader(width int) string {
	left, right := m.headerFields(), m.freshnessFields()
	for tooWide(left, right, width) {
		if !dropLast(&left, &right) {
			break
		}
	}
	if m.paused && tooWide(left, right, width) { // the word alone
		right = []field{{spans: []span{{m.pausedSpan().style, " PAUSED "}}}}
	}
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

// fields adds the parts of the header.
func (l *line) fields(fields []field) {
	for i, f := range fields {
		if i > 0 {
			l.space(fieldGap)
		}
		for _, s := range f.spans {
			l.add(s.style, s.text)
		}
	}
}

func shownWidth(fields []field) int {
	w := fieldGap * max(len(fields)-1, 0)
	for _, f := range fields {
		w += spansWidth(f.spans)
	}
	return w
}

func fieldsWidth(fields []field) int {
	w := 0
	for i, f := range fields {
		if i > 0 {
			w += fieldGap
		}
		w += f.width()
	}
	return w
}

func tooWide(left, right []field, width int) bool {
	return fieldsWidth(left)+fieldGap+fieldsWidth(right) > width
}

// dropLast removes the field with the highest rank, except the last one of all and those that are always shown.
func dropLast(left, right *[]field) bool {
	if len(*left)+len(*right) <= 1 {
		return false
	}
	from, at, rank := left, -1, -1
	for _, fields := range []*[]field{left, right} {
		for i, f := range *fields {
			if f.rank > rank {
				from, at, rank = fields, i, f.rank
			}
		}
	}
	if at < 0 {
		return false
	}
	kept := append([]field{}, (*from)[:at]...)
	*from = append(kept, (*from)[at+1:]...)
	return true
}

func (m model) headerFields() []field {
	t, a := m.theme, &m.shown.assessment
	name := t.clean(m.conn.cluster)
	if name == "" && a.Cluster.ID != 0 {
		name = t.clean(a.Cluster.ID.String())
	}
	fields := []field{{rank: 7, spans: []span{{t.accent, "etcdoc"}}}}
	if m.conn.unverified {
		spans := []span{{t.level(thresholds.Warning), "TLS NOT VERIFIED"}}
		fields = append(fields, field{rank: alwaysShown, spans: spans})
	}
	if m.present.on {
		fields = append(fields, field{rank: alwaysShown, spans: []span{{t.loud, " PRESENT "}}})
	}
	if name != "" {
		fields = append(fields, field{rank: 3, spans: []span{{t.bold, fitName(t, name, 28)}}})
	}
	if title := m.pane().title(m); title != "" {
		rank := alwaysShown
		if m.paused { // that matters more than the page
			rank = 0
		}
		fields = append(fields, field{rank: rank, spans: []span{{t.faint, "> "}, {t.bold, fitName(t, title, 24)}}})
	}
	if !m.shown.known() {
		return fields
	}
	c := &a.Cluster
	fields = append(fields, field{rank: 1, spans: []span{m.votersSpan()}})
	if !c.MemberListKnown {
		return fields
	}
	if c.Learners > 0 {
		fields = append(fields, field{rank: 6, spans: []span{{t.plain, thresholds.Plural(c.Learners, "learner")}}})
	}
	fields = append(fields,
		field{rank: 5, spans: []span{{t.dim, "quorum "}, {t.plain, strconv.Itoa(c.Quorum)}}},
		m.leaderField(),
		field{rank: 9, spans: []span{{t.dim, "term "}, {t.plain, termText(c.Term)}}},
	)
	if used := m.worstQuotaUse(); used != "" {
		fields = append(fields, field{rank: 8, spans: []span{{t.dim, "db "}, {t.plain, used}}, widest: len("db 100%")})
	}
	return fields
}

// votersSpan counts the healthy voters; while only given endpoints are known, those that answer.
func (m model) votersSpan() span {
	t, a := m.theme, &m.shown.assessment
	good, total, what := a.Cluster.HealthyVoters, a.Cluster.Voters, " voters"
	if !a.Cluster.MemberListKnown {
		good, total, what = a.Answering(), len(a.Members), " endpoints answer"
	}
	s := t.plain
	switch {
	case good == 0:
		s = t.level(thresholds.Critical)
	case good < total:
		s = t.level(max(a.Cluster.Level, thresholds.Warning))
	}
	return span{s, strconv.Itoa(good) + "/" + strconv.Itoa(total) + what}
}

func termText(term uint64) string {
	if term == 0 {
		return "?"
	}
	return strconv.FormatUint(term, 10)
}

// leaderField names the leader, and how long it has been seen to lead.
func (m model) leaderField() field {
	const rank = 2
	t, leader := m.theme, m.shown.assessment.Cluster.Leader
	switch m.shown.assessment.Cluster.Leadership {
	case thresholds.LeadershipUnknown:
		return field{rank: rank, spans: []span{{t.dim, "leader "}, {t.level(thresholds.Unknown), "?"}}}
	case thresholds.Leaderless:
		return field{rank: rank, spans: []span{{t.level(thresholds.Critical), "NO LEADER"}}}
	}
	since := m.ledFor()
	who := []span{{t.dim, "leader "}, {t.leader, fitName(t, t.clean(leader.Label), 20)}}
	widest := spansWidth(who) + len(" >") + durationWidth
	return field{rank: rank, spans: append(who, span{t.dim, " " + since}), widest: widest}
}

// ledFor is how long the leader has led, at least.
func (m model) ledFor() string {
	since := long(m.asOf().Sub(m.shown.assessment.Cluster.LeaderSince))
	if !m.shown.assessment.Cluster.LeaderSeenToCome {
		since = ">" + since
	}
	return since
}

// worstQuotaUse is the largest share of its quota that a member's database takes, or took when last known; empty
// where it is not known of any.
func (m model) worstQuotaUse() string {
	var worst probe.Value
	sign := ""
	for i := range m.shown.assessment.Members {
		a := &m.shown.assessment.Members[i]
		used := a.Vitals[thresholds.DBQuotaUsed]
		if !used.IsKnown() || worst.IsKnown() && used.Or(0) <= worst.Or(0) {
			continue
		}
		if worst, sign = used, ""; a.IsStale(thresholds.DBQuotaUsed) {
			sign = "~"
		}
	}
	if !worst.IsKnown() {
		return ""
	}
	return sign + m.theme.number(worst, thresholds.Ratio)
}
