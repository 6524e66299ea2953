//go:build faults

package faults

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/etcdoc/etcdoc/thresholds"
)

// A line is one row of the table.
type line struct {
	fault string
	cause thresholds.Cause
	// causeAt is the sweep, from 1, at which the cause was first read; completeAt that at which everything was as
	// expected. 0: never.
	causeAt, completeAt int
	observed            *observation
	failed              bool
}

// A report is the table that the matrix prints.
type report struct{ lines []line }

func (r *report) add(l line) { r.lines = append(r.lines, l) }

func (r *report) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tfault\tcause\tread at sweep\tall at sweep\tcan lose\tfindings (inhibited in parentheses)")
	for _, l := range r.lines {
		mark := ""
		if l.failed {
			mark = "FAIL"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", mark, l.fault, l.cause, sweepNumber(l.causeAt),
			sweepNumber(l.completeAt), verdicts(l.observed), findings(l.observed))
	}
	_ = w.Flush()
	return b.String()
}

func sweepNumber(n int) string {
	if n == 0 {
		return "never"
	}
	return fmt.Sprint(n)
}

// verdicts returns the members' can-lose verdicts in the order of their names.
func verdicts(l *observation) string {
	var all []string
	for i := range l.Members {
		m := &l.Members[i]
		all = append(all, fmt.Sprintf("%s=%s", strings.TrimPrefix(m.Label, "etcd-"), m.CanLose.Verdict))
	}
	return strings.Join(all, " ")
}

// findings returns the breached rules, most severe first, each with the members that breach it.
func findings(l *observation) string {
	type group struct {
		text    string
		members []string
	}
	var groups []group
	for i := range l.Findings {
		f := &l.Findings[i]
		if f.InhibitedBy != "" && f.Level == thresholds.Unknown {
			continue // nothing is known of a member that is down
		}
		text := f.Level.String() + " " + string(f.Rule)
		if f.Resolving() {
			text = "resolving " + string(f.Rule)
		}
		if f.InhibitedBy != "" {
			text = fmt.Sprintf("(%s)", text)
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.text == text })
		if at < 0 {
			groups = append(groups, group{text: text})
			at = len(groups) - 1
		}
		if !f.Member.IsZero() {
			groups[at].members = append(groups[at].members, strings.TrimPrefix(f.Member.Label, "etcd-"))
		}
	}
	var all []string
	for _, g := range groups {
		text := g.text
		if len(g.members) > 0 {
			text += " @" + strings.Join(g.members, ",")
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}
