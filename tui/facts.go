package tui

import (
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// factGroup is a titled group of vitals in the selected member's facts.
type factGroup struct {
	title  string
	vitals []namedVital
}

type namedVital struct {
	name  string
	vital thresholds.Vital
}

func factGroups() []factGroup {
	return []factGroup{
		{"DISK", []namedVital{
			{"WAL fsync p50", thresholds.WALFsyncP50}, {"commit p50", thresholds.BackendCommitP50},
			{"WAL fsync p99", thresholds.WALFsyncP99}, {"commit p99", thresholds.BackendCommitP99},
			{"WAL fsync worst", thresholds.WALFsyncWorst}, {"commit worst", thresholds.BackendCommitWorst},
			{"observations", thresholds.WALFsyncObservations}, {"observations", thresholds.BackendCommitObservations},
		}},
		{"RAFT", []namedVital{
			{"term", thresholds.RaftTerm}, {"index", thresholds.RaftIndex},
			{"pending", thresholds.ProposalsPending}, {"applied/s", thresholds.ProposalsAppliedRate},
			{"apply lag", thresholds.ApplyLag}, {"behind leader", thresholds.FollowerLag},
			{"failed/s", thresholds.ProposalsFailedRate}, {"slow applies/s", thresholds.SlowAppliesRate},
			{"leader changes", thresholds.LeaderChanges}, {"peer RTT p99", thresholds.PeerRTTP99},
			{"linearizable read", thresholds.LinearizableRead}, {"serializable read", thresholds.SerializableRead},
		}},
		{"DATABASE", []namedVital{
			{"on disk", thresholds.DBSize}, {"in use", thresholds.DBInUse},
			{"quota", thresholds.DBQuota}, {"quota used", thresholds.DBQuotaUsed},
		}},
		{"PROCESS", []namedVital{
			{"cpu", thresholds.CPU}, {"memory", thresholds.ResidentBytes},
			{"open files", thresholds.OpenFDs}, {"of at most", thresholds.MaxFDs},
			{"up", thresholds.Uptime},
		}},
		{"THIS POLL COST", []namedVital{
			{"scrape took", thresholds.ScrapeDuration}, {"scrape size", thresholds.ScrapeBytes},
		}},
	}
}

// renderFacts is everything known of the selected member.
func (m model) renderFacts(width, height int) block {
	t, at := &m.theme, m.selection()
	if at < 0 {
		return block{}.pad(width, height)
	}
	a := &m.shown.members[at]
	state, role := m.stateCell(a), m.roleCell(a)
	id := ""
	if a.ID != 0 {
		id = "  id " + t.clean(a.ID.String())
	}
	b := block{lineOf(t, width, span{t.selected, t.clean(a.Label)}, span{text: "  "}, role, span{text: "  "}, state, span{t.dim, id})}
	word, style := m.drainWord(a)
	drain := wrap(t, []span{{style, word}, {t.plain, " " + t.clean(a.CanLose.Reason)}}, width-labelWidth, 0)
	for i, spans := range drain {
		label := "drain"
		if i > 0 {
			label = ""
		}
		l := newLine(t, width)
		l.cell(t.dim, label, labelWidth, false)
		l.addRaw(lineOf(t, width-labelWidth, spans...), width-labelWidth)
		b = append(b, l.String())
	}
	b = append(b, m.memberFindings(a, width)...)
	for _, e := range a.Errors {
		b = append(b, t.wrapped(width, "error", t.clean(e))...)
	}
	b = append(b, t.wrapped(width, "client", t.clean(strings.Join(a.Endpoints, " ")))...)
	b = append(b, t.wrapped(width, "metrics", t.clean(orNone(a.MetricsEndpoint)))...)
	b = append(b, t.wrapped(width, "version", t.clean(orNone(a.Version)))...)
	for _, g := range factGroups() {
		b = append(b, blanks(width), lineOf(t, width, span{t.bold, g.title}))
		for i := 0; i < len(g.vitals); i += 2 {
			b = append(b, m.renderFactPair(a, g.vitals[i:min(i+2, len(g.vitals))], width))
		}
	}
	return b.cut(t, width, height)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// memberFindings are what is wrong with the member.
func (m model) memberFindings(a *thresholds.Member, width int) block {
	t := &m.theme
	var b block
	for i := range m.shown.assessment.Findings {
		f := &m.shown.assessment.Findings[i]
		if f.Member.Key != a.Key || f.Because != "" { // what another finding explains is no news
			continue
		}
		for j, spans := range wrap(t, []span{{t.plain, t.clean(f.Summary)}}, width-labelWidth, 0) {
			l := newLine(t, width)
			word := ""
			if j == 0 {
				word = levelWord(f.Level)
			}
			l.add(t.level(f.Level), word)
			l.space(labelWidth - len(word))
			l.addRaw(lineOf(t, width-labelWidth, spans...), width-labelWidth)
			b = append(b, l.String())
		}
	}
	return b
}

// renderFactPair writes two vitals side by side.
func (m model) renderFactPair(a *thresholds.Member, pair []namedVital, width int) string {
	const gap = 3
	t, half := &m.theme, (width-gap)/2
	l := newLine(t, width)
	for i, v := range pair {
		if i > 0 {
			l.space(gap)
		}
		c := m.vitalCell(a, v.vital)
		l.cell(t.dim, v.name, half-8, false)
		l.cell(c.style, c.text, 8, true)
	}
	return l.String()
}
