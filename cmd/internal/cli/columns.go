package cli

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A column of the member table.
type column struct {
	title string
	cell  func(*thresholds.Member) string
	// rank is the order in which columns are dropped when the table is too wide, 1 first; 0 keeps the column.
	rank int
	// number aligns the cells right. Only -o wide has the columns that are wide.
	number, wide bool
}

// maxNameWidth is up to where the table shows members' whole names; -o wide shows them always.
const maxNameWidth = 24

func vitalCell(v thresholds.Vital) func(*thresholds.Member) string {
	return func(m *thresholds.Member) string { return formatVital(m, v) }
}

// columns returns the columns of an assessment's member table from left to right.
func columns(a *thresholds.Assessment, wide bool) []column {
	long := slices.ContainsFunc(a.Members, func(m thresholds.Member) bool {
		return utf8.RuneCountInString(m.Label) > maxNameWidth
	})
	all := []column{
		{"MEMBER", func(m *thresholds.Member) string {
			if wide || !long {
				return m.Label
			}
			return cmp.Or(m.Short, m.Label)
		}, 0, false, false},
		{"ROLE", func(m *thresholds.Member) string { return string(m.Role) }, 0, false, false},
		{"STATE", state, 0, false, false},
		{"LOSE IT?", lossVerdict, 0, false, false},
		{"WAL P50", vitalCell(thresholds.WALFsyncP50), 0, true, true},
		{"WAL P99", vitalCell(thresholds.WALFsyncP99), 0, true, false},
		{"WAL MAX", vitalCell(thresholds.WALFsyncWorst), 0, true, true},
		{"WAL N", vitalCell(thresholds.WALFsyncObservations), 0, true, true},
		{"COMMIT P50", vitalCell(thresholds.BackendCommitP50), 0, true, true},
		{"COMMIT P99", vitalCell(thresholds.BackendCommitP99), 0, true, false},
		{"COMMIT MAX", vitalCell(thresholds.BackendCommitWorst), 0, true, true},
		{"COMMIT N", vitalCell(thresholds.BackendCommitObservations), 0, true, true},
		{"RTT P99", vitalCell(thresholds.PeerRTTP99), 0, true, true},
		{"PEND", vitalCell(thresholds.ProposalsPending), 2, true, false},
		{"APPLIED/s", vitalCell(thresholds.ProposalsAppliedRate), 0, true, true},
		{"LAG", vitalCell(thresholds.ApplyLag), 5, true, false},
		{"DB", vitalCell(thresholds.DBSize), 4, true, false},
		{"IN USE", vitalCell(thresholds.DBInUse), 0, true, true},
		{"QUOTA", vitalCell(thresholds.DBQuotaUsed), 6, true, false},
		{"CALLS", vitalCell(thresholds.CallsInFlight), 0, true, true},
		{"FDS", vitalCell(thresholds.OpenFDs), 0, true, true},
		{"MEMORY", vitalCell(thresholds.ResidentBytes), 0, true, true},
		{"UP", vitalCell(thresholds.Uptime), 0, true, true},
		{"VERSION", version, 3, false, false},
		{"AGE", func(m *thresholds.Member) string { return age(a, m) }, 1, true, false},
	}
	var chosen []column
	for _, c := range all {
		if wide || !c.wide {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// columnGap separates two columns.
const columnGap = "  "

// memberTable writes a line for each member. It drops columns by rank until the table fits width; 0 means any width.
func memberTable(members []thresholds.Member, columns []column, width int) string {
	cells := make([][]string, len(columns))
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = utf8.RuneCountInString(c.title)
		for j := range members {
			cell := probe.Printable(c.cell(&members[j]))
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			cells[i] = append(cells[i], cell)
		}
	}
	shown := make([]bool, len(columns))
	total := -len(columnGap)
	for i := range columns {
		shown[i] = true
		total += widths[i] + len(columnGap)
	}
	for rank := 1; width > 0 && total > width && rank <= len(columns); rank++ {
		for i, c := range columns {
			if c.rank == rank {
				shown[i] = false
				total -= widths[i] + len(columnGap)
			}
		}
	}
	var b strings.Builder
	for row := -1; row < len(members); row++ {
		var line []string
		for i, c := range columns {
			text := c.title
			if row >= 0 {
				text = cells[i][row]
			}
			if shown[i] {
				line = append(line, pad(text, widths[i], c.number))
			}
		}
		b.WriteString(strings.TrimRight(strings.Join(line, columnGap), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// age returns the age of the newest answer, or for how long the member is down.
func age(a *thresholds.Assessment, m *thresholds.Member) string {
	if m.NeverSeen {
		return "never seen"
	}
	return thresholds.FormatDuration(a.AgeOf(m, a.At))
}

// version returns the version with its sign.
func version(m *thresholds.Member) string {
	switch {
	case m.Version == "":
		return string(thresholds.SignUnknown)
	case m.VersionIsStale():
		return string(thresholds.SignLast) + m.Version
	}
	return m.Version
}

// state returns the word of the member's condition.
func state(m *thresholds.Member) string { return m.StateWords() }

// lossVerdict returns the verdict on losing the member; a member that is down already has none to give.
func lossVerdict(m *thresholds.Member) string {
	if m.LostAlready() {
		return "-"
	}
	return strings.ToUpper(m.CanLose.Verdict.String())
}

// formatVital formats a vital with its sign.
func formatVital(m *thresholds.Member, v thresholds.Vital) string {
	c, text := m.Cell(v), ""
	if number, known := c.Value.Get(); known {
		text = v.Unit().Format(number)
	}
	return c.Text(text, "≤ ")
}
