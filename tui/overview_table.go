package tui

import (
	"slices"
	"strconv"

	"github.com/etcdoc/etcdoc/thresholds"
)

// tableColumn is a column of the member table. The smaller its rank, the longer it stays in a narrow window.
type tableColumn struct {
	title string
	width int
	rank  int
	left  bool
	vital thresholds.Vital // what it shows; NoVital for what is no vital
	cell  func(model, *thresholds.Member) span
}

const (
	cursorWidth  = 2
	minNameWidth = 6
	maxNameWidth = 24
	maxGap       = 3 // between two columns
	// topicsFrom is the width of a table from which a state says of what it is. The states' column has one width, so
	// that no column moves with the states.
	topicsFrom  = leastWidth
	sortedWorth = 5 // the sorted column's, behind rank 0, 1 and 2
)

// tableColumns are all columns, in their order.
func tableColumns(nameWidth int, units Units) []tableColumn {
	vital := func(width, rank int, v thresholds.Vital) tableColumn {
		if units == Units1000 && v.Unit() == thresholds.Bytes {
			width++ // its suffix is longer
		}
		return tableColumn{vitalNames[v].head, width, rank, false, v,
			func(m model, a *thresholds.Member) span { return m.vitalCell(a, v) }}
	}
	words := func(title string, width, rank int, cell func(model, *thresholds.Member) span) tableColumn {
		return tableColumn{title, width, rank, true, thresholds.NoVital, cell}
	}
	return []tableColumn{
		words("MEMBER", nameWidth, 0, func(m model, a *thresholds.Member) span { return m.nameCell(a, nameWidth) }),
		words("ROLE", 8, 5, model.roleCell),
		words(stateTitle, thresholds.StateWidth, 1, model.stateCell),
		words("DRAIN", 5, 2, model.drainCell),
		words(alarmTitle, 7, alarmRank, model.alarmCell),
		vital(7, 18, thresholds.WALFsyncP50),
		vital(7, 3, thresholds.WALFsyncP99),
		vital(7, 19, thresholds.WALFsyncWorst),
		vital(7, 6, thresholds.BackendCommitP99),
		vital(4, 11, thresholds.ProposalsPending),
		vital(6, 15, thresholds.ProposalsAppliedRate),
		vital(5, 10, thresholds.ApplyLag),
		vital(6, 20, thresholds.FollowerLag),
		vital(5, 8, thresholds.DBSize),
		vital(6, 13, thresholds.DBInUse),
		vital(6, 14, thresholds.DBQuota),
		vital(5, 9, thresholds.DBQuotaUsed),
		vital(7, 16, thresholds.PeerRTTP99),
		vital(6, 21, thresholds.LinearizableRead),
		vital(7, 17, thresholds.CertificateExpiresIn),
		vital(5, 22, thresholds.CPU),
		vital(5, 23, thresholds.ResidentBytes),
		vital(7, 24, thresholds.Uptime),
		words(versionTitle, 7, 12, model.versionCell),
		{"AGE", 4, 7, false, thresholds.NoVital, model.ageCell},
	}
}

// Columns that depend on the width, or are left out while they are empty; an alarm is shown before most others.
const (
	stateTitle       = "STATE"
	alarmTitle       = "ALARM"
	certificateTitle = "CERT"
	versionTitle     = "VERSION"
	alarmRank        = 4
)

// renderTable lists as many members as there are lines. With noted, a note right of the last row says what is not
// shown.
func (m model) renderTable(width, lines int, head, noted bool) block {
	t, members := m.theme, m.shown.members
	visible := m.visible(lines)
	note := ""
	if noted {
		note = m.tableNote(len(members)-len(visible), width)
	}
	columns, gap, inner := m.tableLayout(width, note)
	var b block
	if head {
		b = append(b, m.renderTableHead(columns, gap, inner))
	}
	rows := m.tableRows(visible, columns)
	for n, i := range visible {
		b = append(b, m.renderMember(&members[i], rows[n], columns, gap, inner))
	}
	if len(members) == 0 && lines > 0 && m.overview.filter != "" {
		b = append(b, lineOf(t, inner, span{t.dim, "  no member has that; esc clears the filter"}))
	}
	if note != "" && len(b) > 0 {
		for y := range b[:len(b)-1] {
			b[y] += blanks(len(note))
		}
		b[len(b)-1] += t.bold.paint(note)
	}
	return b
}

// tableNote says briefly what the table does not show: the filter, and how many members are scrolled out.
func (m model) tableNote(hidden, width int) string {
	const share = 3 // of the table's width
	var notes []string
	if m.overview.filter != "" {
		of := m.filterCount("/")
		notes = append(notes, " filter: "+of, " "+of)
	} else if hidden > 0 {
		notes = append(notes, " +"+strconv.Itoa(hidden)+" more")
	}
	for _, note := range notes {
		if width >= share*len(note) {
			return note
		}
	}
	return ""
}

// renderTableHead names the columns, with a sign at the sorted one.
func (m model) renderTableHead(columns []tableColumn, gap, width int) string {
	t := m.theme
	sign := t.pick("▾", "v")
	if m.overview.sort.ascends() {
		sign = t.pick("▴", "^")
	}
	l := newLine(t, width)
	l.space(cursorWidth)
	before := 0 // blanks; the sign takes one of those beside the column
	for _, c := range columns {
		s, title, wide, after := t.dim, c.title, c.width, gap
		if title == m.overview.sort.column() {
			s, wide = t.bold, wide+1
			if c.left {
				title, after = title+sign, after-1
			} else {
				title, before = sign+title, before-1
			}
		}
		l.space(before)
		l.cell(s, title, wide, !c.left)
		before = after
	}
	return l.String()
}

// hiddenNote says how many members are not shown.
func hiddenNote(hidden int) string {
	if hidden <= 0 {
		return ""
	}
	return "+" + thresholds.Plural(hidden, "more member")
}

// visible are the indexes of the members that are shown in n rows: the selected one, those with a problem, the worst
// first, and the selected one's neighbours.
func (m model) visible(n int) []int {
	members := m.shown.members
	all := make([]int, len(members))
	for i := range all {
		all[i] = i
	}
	if n >= len(all) {
		return all
	}
	selected := max(m.selection(), 0)
	from, to := around(selected, n, len(members))
	slices.SortStableFunc(all, func(i, j int) int {
		worth := func(i int) int {
			switch {
			case i == selected:
				return int(thresholds.Critical) + 2
			case members[i].Condition.Level > thresholds.OK:
				return int(members[i].Condition.Level) + 1
			case i >= from && i < to:
				return 0
			}
			return -max(from-i, i-to+1)
		}
		return worth(j) - worth(i)
	})
	shown := all[:max(n, 0)]
	slices.Sort(shown)
	return shown
}
