package tui

import (
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// field is a part of the header. The smaller its rank, the longer it stays when the window gets narrow.
type field struct {
	rank  int
	spans []span
	// widest is how wide it may come to be as time goes by: what there is room for is decided by that, or fields
	// would come and go.
	widest int
}

func (f field) width() int { return max(spansWidth(f.spans), f.widest) }

// alwaysShown is the rank of a field that never gives way.
const alwaysShown = -1

// fieldGap is the space between two fields of the header.
const fieldGap = 2

// renderHeader says which cluster this is, how it stands, and how fresh that is.
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
	if len(left) > 0 && shownWidth(left)+fieldGap+end > width { // what is always shown: the first and the last of it stay
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

// dropLast removes the field with the highest rank; the last one of all stays, and what is always shown.
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
		fields = append(fields, field{rank: alwaysShown, spans: []span{{t.level(thresholds.Warning), "TLS NOT VERIFIED"}}})
	}
	if m.present.on {
		fields = append(fields, field{rank: alwaysShown, spans: []span{{t.loud, " PRESENT "}}})
	}
	if name != "" {
		fields = append(fields, field{rank: 3, spans: []span{{t.bold, fitName(t, name, 28)}}})
	}
	if title := m.pane().title(m); title != "" {
		rank := alwaysShown
		if m.paused { // that has to be seen, whatever page it is
			rank = 0
		}
		fields = append(fields, field{rank: rank, spans: []span{{t.faint, "> "}, {t.bold, fitName(t, title, 24)}}})
	}
	if !m.shown.known() {
		return fields
	}
	c := &a.Cluster
	fields = append(fields, field{rank: 1, spans: []span{m.votersSpan()}})
	if !c.RosterKnown {
		return fields
	}
	if c.Learners > 0 {
		fields = append(fields, field{rank: 6, spans: []span{{t.plain, plural(c.Learners, "learner")}}})
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

// votersSpan says how many voters are healthy; of given endpoints, as long as they are all that is known, how many
// answer.
func (m model) votersSpan() span {
	t, a := m.theme, &m.shown.assessment
	good, total, what := a.Cluster.HealthyVoters, a.Cluster.Voters, " voters"
	if !a.Cluster.RosterKnown {
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

// leaderField names the leader, and for how long it has been seen to lead.
func (m model) leaderField() field {
	const rank = 2
	t, leader := m.theme, m.shown.assessment.Cluster.Leader
	switch {
	case leader.IsZero() && m.shown.assessment.Answering() == 0:
		return field{rank: rank, spans: []span{{t.dim, "leader "}, {t.level(thresholds.Unknown), "?"}}}
	case leader.IsZero():
		return field{rank: rank, spans: []span{{t.level(thresholds.Critical), "NO LEADER"}}}
	}
	since := m.ledFor()
	who := []span{{t.dim, "leader "}, {t.leader, fitName(t, t.clean(leader.Label), 20)}}
	return field{rank: rank, spans: append(who, span{t.dim, " " + since}), widest: spansWidth(who) + len(" >") + durationWidth}
}

// ledFor is for how long the leader leads, at least.
func (m model) ledFor() string {
	since := long(m.moment().Sub(m.shown.assessment.Cluster.LeaderSince))
	if !m.shown.assessment.Cluster.LeaderSeenToCome {
		since = ">" + since
	}
	return since
}

// worstQuotaUse is the largest share of its quota that any member's database takes, or took when that was last known;
// empty where it never was.
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

// freshnessFields say how old what is on the screen is, and what time it is.
func (m model) freshnessFields() []field {
	t := m.theme
	var fields []field
	if cost := m.cost(); cost != "" {
		fields = append(fields, field{rank: 11, spans: []span{{t.dim, "poll "}, {t.plain, cost}}, widest: len("poll 9999ms 9.9M")})
	}
	if m.conn.poller != nil && !m.paceShown() {
		fields = append(fields, field{rank: 10, spans: []span{{t.dim, "every "}, {t.plain, interval(m.conn.interval)}}})
	}
	rank := 0
	if m.paused {
		rank = alwaysShown // nobody may take what was for what is
	}
	return append(fields,
		field{rank: rank, spans: []span{m.freshness()}, widest: len("LIVE 10s" + m.pace())},
		field{rank: 4, spans: []span{{t.plain, m.clock(m.now)}}},
	)
}

// paceTold is for how long a change of the interval is shown, also one back to the default.
const paceTold = 5 * time.Second

// paceShown says that the interval stands beside the age: when it is not the default, or has just been changed.
func (m model) paceShown() bool {
	return m.conn.poller != nil && (m.conn.interval != defaultInterval || (!m.conn.intervalChanged.IsZero() && m.now.Sub(m.conn.intervalChanged) < paceTold))
}

// cost is what the last sweep took of the cluster: its slowest scrape, and the bytes of all of them.
func (m model) cost() string {
	var took, size probe.Value
	for i := range m.shown.assessment.Members {
		a := &m.shown.assessment.Members[i]
		if !a.MetricsStale {
			took = took.Max(a.Vitals[thresholds.ScrapeDuration])
			size = probe.Known(size.Or(0) + a.Vitals[thresholds.ScrapeBytes].Or(0))
		}
	}
	if !took.IsKnown() {
		return ""
	}
	return m.theme.number(took, thresholds.Seconds) + " " + m.theme.number(size, thresholds.Bytes)
}

// overdueSweeps is how many intervals without a sweep make the screen stale.
const overdueSweeps = 3

func (m model) freshness() span {
	t := m.theme
	age := m.now.Sub(m.seen.live.assessment.At)
	switch {
	case m.paused:
		return m.pausedSpan()
	case errors.Is(m.conn.ended, io.EOF):
		return span{t.loud, " END "}
	case m.conn.ended != nil:
		return span{t.level(thresholds.Critical), " NO MORE DATA "}
	case !m.seen.live.known():
		return span{t.level(thresholds.Unknown), "connecting " + long(m.now.Sub(m.program.started))}
	case m.overdue():
		return span{t.level(thresholds.Unknown), "STALE " + long(age.Round(time.Second)) + m.pace()}
	}
	return span{t.level(thresholds.OK), "LIVE " + short(age) + m.pace()}
}

// overdue says that the next sweep should have come by now.
func (m model) overdue() bool {
	return m.conn.poller != nil && m.now.Sub(m.seen.live.assessment.At) > overdueSweeps*m.conn.interval
}

// pace is the interval, to stand behind an age.
func (m model) pace() string {
	if !m.paceShown() {
		return ""
	}
	return "/" + interval(m.conn.interval)
}

// pausedSpan says that the view is paused, what came in since, and how it stands now where that is worse, or bad in
// another way.
func (m model) pausedSpan() span {
	text := " PAUSED +" + strconv.Itoa(m.seen.live.sweep-m.shown.sweep) + " new"
	shown, now := &m.shown.assessment, &m.seen.live.assessment
	other := now.Level >= thresholds.Warning && now.Level == shown.Level && now.Reading.Cause != shown.Reading.Cause
	if now.Level <= shown.Level && !other {
		return span{m.theme.loud, text + " "}
	}
	return span{m.theme.level(now.Level), text + ", now " + levelWord(now.Level) + " "}
}
