package tui

import (
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// tableColumn is a column of the member table. The smaller its rank, the longer it stays in a narrow window.
type tableColumn struct {
	title string
	width int
	rank  int
	left  bool
	cell  func(model, *thresholds.Member) span
}

const (
	cursorWidth  = 2
	minNameWidth = 6
	maxNameWidth = 24
)

// tableColumns are all columns, in the order in which they are shown.
func tableColumns(nameWidth int) []tableColumn {
	vital := func(title string, width, rank int, v thresholds.Vital) tableColumn {
		return tableColumn{title, width, rank, false, func(m model, a *thresholds.Member) span { return m.vitalCell(a, v) }}
	}
	return []tableColumn{
		{"MEMBER", nameWidth, 0, true, func(m model, a *thresholds.Member) span { return m.nameCell(a, nameWidth) }},
		{"ROLE", 8, 4, true, model.roleCell},
		{"STATE", 5, 1, true, model.stateCell},
		{"DRAIN", 5, 2, true, model.drainCell},
		vital("WAL p50", 7, 22, thresholds.WALFsyncP50),
		vital("WAL p99", 7, 3, thresholds.WALFsyncP99),
		vital("COMMIT", 6, 5, thresholds.BackendCommitP99),
		vital("PEND", 4, 8, thresholds.ProposalsPending),
		vital("APPL/s", 6, 14, thresholds.ProposalsAppliedRate),
		vital("LAG", 4, 9, thresholds.ApplyLag),
		vital("BEHIND", 6, 17, thresholds.FollowerLag),
		vital("DB", 5, 7, thresholds.DBSize),
		vital("IN USE", 6, 12, thresholds.DBInUse),
		vital("QUOTA", 5, 13, thresholds.DBQuota),
		vital("USED", 5, 10, thresholds.DBQuotaUsed),
		vital("RTT p99", 7, 15, thresholds.PeerRTTP99),
		{"ALARM", 7, 16, true, model.alarmCell},
		vital("READ", 6, 18, thresholds.LinearizableRead),
		vital("CPU", 4, 19, thresholds.CPU),
		vital("MEM", 5, 20, thresholds.ResidentBytes),
		vital("UP", 4, 21, thresholds.Uptime),
		{"VERSION", 7, 11, true, model.versionCell},
		{"AGE", 4, 6, false, model.ageCell},
	}
}

// fitColumns are the columns that fit into width: by rank, shown in their order.
func fitColumns(columns []tableColumn, width int) []tableColumn {
	kept := make([]bool, len(columns))
	used := cursorWidth - 1
	for rank := 0; ; rank++ {
		at := -1
		for i := range columns {
			if columns[i].rank == rank {
				at = i
			}
		}
		if at < 0 || (used+1+columns[at].width > width && rank > 0) {
			break
		}
		kept[at] = true
		used += 1 + columns[at].width
	}
	var fitting []tableColumn
	for i, c := range columns {
		if kept[i] {
			fitting = append(fitting, c)
		}
	}
	return fitting
}

// renderTable lists the members, the part around the selected one where there are more than rows.
func (m model) renderTable(width, rows int, head bool) block {
	members := m.shown.assessment.Members
	nameWidth := minNameWidth
	for i := range members {
		nameWidth = max(nameWidth, min(ansi.StringWidth(m.theme.clean(members[i].Label)), maxNameWidth))
	}
	columns := fitColumns(tableColumns(min(nameWidth, max(width/4, minNameWidth))), width)
	gap := 1
	if spare := width - tableWidth(columns); spare >= len(columns)-1 && len(columns) > 1 {
		gap = min(1+spare/(len(columns)-1), 3)
	}
	var b block
	if head {
		l := newLine(&m.theme, width)
		l.space(cursorWidth)
		for i, c := range columns {
			if i > 0 {
				l.space(gap)
			}
			l.cell(m.theme.dim, c.title, c.width, !c.left)
		}
		b = append(b, l.String())
	}
	from, to := around(m.selection(), rows, len(members))
	for i := from; i < to; i++ {
		b = append(b, m.renderMember(&members[i], columns, gap, width))
	}
	if hidden := len(members) - (to - from); hidden > 0 && head {
		b[0] = m.renderHidden(b[0], hidden, width)
	}
	return b
}

func tableWidth(columns []tableColumn) int {
	w := cursorWidth - 1
	for _, c := range columns {
		w += 1 + c.width
	}
	return w
}

// renderHidden writes at the end of the table's head how many members are scrolled out.
func (m model) renderHidden(head string, hidden, width int) string {
	note := " +" + plural(hidden, "more member")
	w := ansi.StringWidth(note)
	if w > width {
		return head
	}
	return ansi.Truncate(head, width-w, "") + m.theme.bold.paint(note)
}

// around is the window of size n over total, with at in it.
func around(at, n, total int) (from, to int) {
	if n >= total {
		return 0, total
	}
	from = min(max(max(at, 0)-n/2, 0), total-n)
	return from, from + n
}

func (m model) renderMember(a *thresholds.Member, columns []tableColumn, gap, width int) string {
	l := newLine(&m.theme, width)
	if a.Key == m.selected {
		l.add(m.theme.accent, "> ")
	} else {
		l.space(cursorWidth)
	}
	for i, c := range columns {
		if i > 0 {
			l.space(gap)
		}
		text := c.cell(m, a)
		l.cell(text.style, text.text, c.width, !c.left)
	}
	return l.String()
}

func (m model) nameCell(a *thresholds.Member, width int) span {
	s := m.theme.plain
	if a.Key == m.selected {
		s = m.theme.selected
	}
	return span{s, fitName(&m.theme, m.theme.clean(a.Label), width)}
}

func (m model) roleCell(a *thresholds.Member) span {
	switch a.Role {
	case thresholds.RoleLeader:
		return span{m.theme.leader, "LEADER"}
	case thresholds.RoleUnknown, "":
		return span{m.theme.level(thresholds.Unknown), "?"}
	}
	return span{m.theme.plain, string(a.Role)}
}

func (m model) stateCell(a *thresholds.Member) span {
	t := &m.theme
	switch a.State {
	case thresholds.StateDown:
		return span{t.level(thresholds.Critical), "DOWN"}
	case thresholds.StateLate:
		return span{t.level(max(a.Level, thresholds.Unknown)), "LATE"}
	}
	return span{t.level(a.Level), levelWord(a.Level)}
}

func (m model) drainCell(a *thresholds.Member) span {
	word, style := m.theme.verdict(a.CanLose.Verdict)
	if a.CanLose.Verdict == thresholds.LossUnknown {
		word = "?"
	}
	return span{style, word}
}

// vitalCell writes a vital: "!" before it when its rule is breached, "~" when it is the last known one, "-" where
// the member gives none, "?" where nothing is known of the member.
func (m model) vitalCell(a *thresholds.Member, v thresholds.Vital) span {
	t := &m.theme
	value, atMost := a.Shown(v)
	text := t.number(value, v.Unit())
	if text == "" {
		if a.State == thresholds.StateOK && !a.IsStale(v) {
			return span{t.dim, "-"}
		}
		return span{t.dim, "?"}
	}
	s := t.plain
	if atMost {
		text = t.atMost() + text
	}
	if a.IsStale(v) {
		text, s = "~"+text, t.dim
	}
	switch level := m.breach(a.Key, ruleOf(v)); {
	case level >= thresholds.Warning:
		return span{t.level(level), "!" + text}
	case level == thresholds.Notice:
		return span{t.level(level), text}
	}
	return span{s, text}
}

func (m model) alarmCell(a *thresholds.Member) span {
	for _, alarm := range m.shown.assessment.Cluster.Alarms {
		if alarm.Member.Key == a.Key {
			return span{m.theme.level(thresholds.Critical), m.theme.clean(alarm.Type)}
		}
	}
	if a.NeverSeen {
		return span{m.theme.dim, "?"}
	}
	return span{m.theme.dim, "-"}
}

func (m model) versionCell(a *thresholds.Member) span {
	if a.Version == "" {
		return span{m.theme.dim, "?"}
	}
	return span{m.theme.plain, m.theme.clean(a.Version)}
}

// ageCell is how old the member's newest Status is by now.
func (m model) ageCell(a *thresholds.Member) span {
	if a.NeverSeen {
		return span{m.theme.dim, "?"}
	}
	text := short(a.Age + m.moment().Sub(m.shown.assessment.At))
	if a.State != thresholds.StateOK || a.Stale {
		return span{m.theme.level(max(a.Level, thresholds.Unknown)), "!" + text}
	}
	return span{m.theme.plain, text}
}
