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
}

func (f field) width() int { return spansWidth(f.spans) }

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
	l := newLine(&m.theme, width)
	for i, f := range left {
		if i > 0 {
			l.space(fieldGap)
		}
		for _, s := range f.spans {
			l.add(s.style, s.text)
		}
	}
	l.space(l.room() - fieldsWidth(right))
	for i, f := range right {
		if i > 0 {
			l.space(fieldGap)
		}
		for _, s := range f.spans {
			l.add(s.style, s.text)
		}
	}
	return l.String()
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

// dropLast removes the field with the highest rank; the last one of all stays.
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
	kept := append([]field{}, (*from)[:at]...)
	*from = append(kept, (*from)[at+1:]...)
	return true
}

func (m model) headerFields() []field {
	t, a := &m.theme, &m.shown.assessment
	name := t.clean(m.cluster)
	if name == "" && a.Cluster.ID != 0 {
		name = a.Cluster.ID.String()
	}
	fields := []field{{7, []span{{t.accent, "etcdoc"}}}}
	if name != "" {
		fields = append(fields, field{3, []span{{t.bold, fitName(t, name, 28)}}})
	}
	if !m.shown.known() {
		return fields
	}
	c := &a.Cluster
	fields = append(fields, field{1, []span{m.votersSpan()}})
	if !c.RosterKnown {
		return fields
	}
	if c.Learners > 0 {
		fields = append(fields, field{6, []span{{t.plain, plural(c.Learners, "learner")}}})
	}
	fields = append(fields,
		field{5, []span{{t.dim, "quorum "}, {t.plain, strconv.Itoa(c.Quorum)}}},
		field{2, m.leaderSpans()},
		field{9, []span{{t.dim, "term "}, {t.plain, termText(c.Term)}}},
	)
	if used := m.worstQuotaUse(); used.IsKnown() {
		fields = append(fields, field{8, []span{{t.dim, "db "}, {t.plain, t.number(used, thresholds.Ratio)}}})
	}
	return fields
}

// votersSpan says how many voters are healthy; of given endpoints, as long as they are all that is known, how many
// answer.
func (m model) votersSpan() span {
	t, a := &m.theme, &m.shown.assessment
	good, total, what := a.Cluster.HealthyVoters, a.Cluster.Voters, " voters"
	if !a.Cluster.RosterKnown {
		good, total, what = answering(a), len(a.Members), " endpoints answer"
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

// leaderSpans name the leader, and for how long it has been seen to lead.
func (m model) leaderSpans() []span {
	t, leader := &m.theme, m.shown.assessment.Cluster.Leader
	switch {
	case leader.IsZero() && answering(&m.shown.assessment) == 0:
		return []span{{t.dim, "leader "}, {t.level(thresholds.Unknown), "?"}}
	case leader.IsZero():
		return []span{{t.level(thresholds.Critical), "NO LEADER"}}
	}
	since := long(m.moment().Sub(m.shown.tally.leaderSince))
	if !m.shown.tally.leaderSeenToCome {
		since = ">" + since
	}
	return []span{{t.dim, "leader "}, {t.leader, fitName(t, t.clean(leader.Label), 20)}, {t.dim, " " + since}}
}

// worstQuotaUse is the largest share of its quota that any member's database takes.
func (m model) worstQuotaUse() probe.Value {
	var worst probe.Value
	for i := range m.shown.assessment.Members {
		worst = worst.Max(m.shown.assessment.Members[i].Vitals[thresholds.DBQuotaUsed])
	}
	return worst
}

// freshnessFields say how old what is on the screen is, and what time it is.
func (m model) freshnessFields() []field {
	t := &m.theme
	fields := []field{
		{10, []span{{t.dim, "every "}, {t.plain, interval(m.interval)}}},
		{0, []span{m.freshness()}},
		{4, []span{{t.plain, clock(m.now, m.local)}}},
	}
	if m.poller == nil {
		fields = fields[1:]
	}
	if cost := m.cost(); cost != "" {
		fields = append([]field{{11, []span{{t.dim, "poll "}, {t.plain, cost}}}}, fields...)
	}
	return fields
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
	t := &m.theme
	age := m.now.Sub(m.live.assessment.At)
	switch {
	case m.paused:
		return span{t.loud, " PAUSED +" + strconv.Itoa(m.missed) + " new "}
	case errors.Is(m.ended, io.EOF):
		return span{t.loud, " END "}
	case m.ended != nil:
		return span{t.level(thresholds.Critical), " NO MORE DATA "}
	case !m.live.known():
		return span{t.level(thresholds.Unknown), "connecting " + long(m.now.Sub(m.started))}
	case age > overdueSweeps*m.interval && m.poller != nil:
		return span{t.level(thresholds.Unknown), "STALE " + long(age.Round(time.Second))}
	}
	return span{t.level(thresholds.OK), "LIVE " + short(age)}
}
