package tui

import (
	"slices"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// columns are the columns with something to show; on a shared screen only the most important ones.
func (m model) columns(nameWidth, width int) []tableColumn {
	all := tableColumns(nameWidth, m.theme.units)
	if width < topicsFrom {
		state := &all[slices.IndexFunc(all, func(c tableColumn) bool { return c.title == stateTitle })]
		state.width, state.cell = thresholds.ConditionWidth, model.conditionCell
	}
	of := &m.shown.assessment.Cluster
	if m.quotaMatters() {
		quota := &all[slices.IndexFunc(all, func(c tableColumn) bool { return c.vital == thresholds.DBQuotaUsed })]
		quota.rank = alarmRank // how full each is, beside who has raised it
	}
	return slices.DeleteFunc(all, func(c tableColumn) bool {
		switch {
		case m.overview.isHidden(c.title):
			return true
		case c.title == alarmTitle:
			return !m.shown.known() || of.AlarmsKnown && len(of.Alarms) == 0
		case c.title == m.overview.sort.column():
			return false
		case c.title == certificateTitle && !m.anyHas(thresholds.CertificateExpiresIn):
			return true
		}
		return m.present.on && c.rank > presentRank
	})
}

// quotaMatters reports a NOSPACE alarm, or that a database is close to its quota.
func (m model) quotaMatters() bool {
	isNoSpace := func(a thresholds.ClusterAlarm) bool { return a.Type == "NOSPACE" }
	isClose := func(a thresholds.Member) bool { return a.Cell(thresholds.DBQuotaUsed).Level >= thresholds.Notice }
	return slices.ContainsFunc(m.shown.assessment.Cluster.Alarms, isNoSpace) ||
		slices.ContainsFunc(m.shown.assessment.Members, isClose)
}

// anyHas reports that a vital is known of some member.
func (m model) anyHas(v thresholds.Vital) bool {
	return slices.ContainsFunc(m.shown.assessment.Members,
		func(a thresholds.Member) bool { return a.Vitals[v].IsKnown() })
}

// fitColumns are the columns that fit into width, chosen by rank. The one that the members are sorted by comes before
// all but the verdicts.
func fitColumns(columns []tableColumn, sorted string, width int) []tableColumn {
	byWorth := make([]int, len(columns))
	for i := range byWorth {
		byWorth[i] = i
	}
	worth := func(i int) int {
		if columns[i].title == sorted {
			return min(2*columns[i].rank, sortedWorth)
		}
		return 2 * columns[i].rank
	}
	slices.SortFunc(byWorth, func(i, j int) int { return worth(i) - worth(j) })
	kept := make([]bool, len(columns))
	used := cursorWidth - 1
	for n, i := range byWorth {
		if used += 1 + columns[i].width; used > width && n > 0 {
			break
		}
		kept[i] = true
	}
	var fitting []tableColumn
	for i, c := range columns {
		if kept[i] {
			fitting = append(fitting, c)
		}
	}
	return fitting
}

// tableLayout is which columns the table has in its room beside a note, and how many blanks are between them.
func (m model) tableLayout(width int, note string) (columns []tableColumn, gap, inner int) {
	members := m.shown.members
	inner = width - len(note)
	nameWidth := minNameWidth
	for i := range members {
		nameWidth = max(nameWidth, min(ansi.StringWidth(m.shortName(members[i].MemberRef)), maxNameWidth))
	}
	widest := maxGap
	if m.present.on {
		widest = presentGap
	}
	columns = m.columns(min(nameWidth, max(inner/3, minNameWidth)), width)
	columns = fitColumns(columns, m.overview.sort.column(), inner)
	gap = 1
	if spare := inner - tableWidth(columns); spare >= len(columns)-1 && len(columns) > 1 {
		gap = min(1+spare/(len(columns)-1), widest)
	}
	return columns, gap, inner
}

func tableWidth(columns []tableColumn) int {
	w := cursorWidth - 1
	for _, c := range columns {
		w += 1 + c.width
	}
	return w
}
