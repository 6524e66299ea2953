package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/etcdoc/etcdoc/thresholds"
)

// PrintTable writes an assessment for a person to read from the top down: the verdict, the reading, what to do
// next, the members, whether each may be lost, the findings, and what was not looked at.
func PrintTable(w io.Writer, a *thresholds.Assessment) error {
	var b bytes.Buffer
	c := &a.Cluster
	fmt.Fprintf(&b, "%s  %s\n", strings.ToUpper(a.Level.String()), a.Reading.Text)
	if a.Reading.Next != "" {
		fmt.Fprintf(&b, "Next: %s\n", a.Reading.Next)
	}
	fmt.Fprintf(&b, "\n%s\n\n", clusterLine(c))

	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "MEMBER\tROLE\tSTATE\tLOSE IT?\tWAL P99\tCOMMIT P99\tPENDING\tDB\tQUOTA\tLAG\tVERSION\tAGE")
	for i := range a.Members {
		m := &a.Members[i]
		age := "never seen"
		if !m.NeverSeen {
			age = thresholds.Seconds.Format(m.Age.Seconds())
		}
		fmt.Fprintln(columns, strings.Join([]string{
			m.Label, string(m.Role), state(m), strings.ToUpper(m.CanLose.Verdict.String()),
			vital(m, thresholds.WALFsyncP99), vital(m, thresholds.BackendCommitP99), vital(m, thresholds.ProposalsPending),
			vital(m, thresholds.DBSize), vital(m, thresholds.DBQuotaUsed), vital(m, thresholds.ApplyLag),
			orUnknown(m.Version), age,
		}, "\t"))
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	printLosses(&b, a)
	printFindings(&b, a)
	b.WriteString("\nNot looked at:\n")
	for _, missing := range a.Reading.NotLookedAt {
		fmt.Fprintf(&b, "  %s\n", missing)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// clusterLine sums the cluster up in one line.
func clusterLine(c *thresholds.Cluster) string {
	id, leader := "?", "?"
	if c.ID != 0 {
		id = c.ID.String()
	}
	if !c.Leader.IsZero() {
		leader = c.Leader.Label
	}
	if !c.RosterKnown {
		return fmt.Sprintf("cluster %s  member list not known  quorum ?  leader %s", id, leader)
	}
	if leader == "?" && c.HealthyVoters == 0 && c.Term > 0 {
		leader = "none"
	}
	parts := []string{"cluster " + id, fmt.Sprintf("%d/%d voters healthy", c.HealthyVoters, c.Voters)}
	if c.Learners > 0 {
		parts = append(parts, fmt.Sprintf("learners %d", c.Learners))
	}
	parts = append(parts, fmt.Sprintf("quorum %d", c.Quorum), "leader "+leader)
	if c.Term > 0 {
		parts = append(parts, fmt.Sprintf("term %d", c.Term))
	}
	return strings.Join(parts, "  ")
}

// state is the member's state, or where it answers its level.
func state(m *thresholds.Member) string {
	if m.State != thresholds.StateOK {
		return strings.ToUpper(string(m.State))
	}
	return m.Level.String()
}

// vital writes one vital: ? where it is not known, ~ before one that is only the last known value, ≤ before the
// slowest of too few observations for a p99, - where there was nothing to observe.
func vital(m *thresholds.Member, v thresholds.Vital) string {
	value, atMost := m.Shown(v)
	number, known := value.Get()
	switch {
	case !known && atMost && m.State == thresholds.StateOK && !m.MetricsStale:
		return "-"
	case !known:
		return "?"
	}
	text := v.Unit().Format(number)
	if atMost {
		text = "≤ " + text
	}
	if m.IsStale(v) {
		text = "~" + text
	}
	return text
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// printLosses says of every member whether it may be lost now, members with the same answer in one line.
func printLosses(b *bytes.Buffer, a *thresholds.Assessment) {
	b.WriteString("\nMay I lose it now?\n")
	type answer struct {
		thresholds.CanLose
		members []string
	}
	var answers []*answer
next:
	for i := range a.Members {
		m := &a.Members[i]
		for _, given := range answers {
			if given.CanLose == m.CanLose {
				given.members = append(given.members, m.Label)
				continue next
			}
		}
		answers = append(answers, &answer{m.CanLose, []string{m.Label}})
	}
	for _, answer := range answers {
		fmt.Fprintf(b, "  %s %s: %s\n", strings.ToUpper(answer.Verdict.String()), strings.Join(answer.members, ", "), answer.Reason)
	}
}

// printFindings writes the findings, each with its limit, its source and its advice. Those that another finding
// explains are only counted.
func printFindings(b *bytes.Buffer, a *thresholds.Assessment) {
	if len(a.Findings) == 0 {
		return
	}
	b.WriteString("\nFindings:\n")
	explained := map[string]int{}
	for i := range a.Findings {
		f := &a.Findings[i]
		if f.Because != "" {
			explained[fmt.Sprintf("for %s, because of %s", f.Member.Label, f.Because)]++
			continue
		}
		about := ""
		if !f.Member.IsZero() && !strings.Contains(f.Summary, f.Member.Label) {
			about = f.Member.Label + ": "
		}
		fmt.Fprintf(b, "  %-8s %s: %s%s\n", strings.ToUpper(f.Level.String()), f.Rule, about, f.Summary)
		if limit, has := f.Limit.Get(); has && limit > 0 {
			fmt.Fprintf(b, "           limit %s (%s)\n", f.Unit.Format(limit), f.Source)
		}
		if f.Advice != "" {
			fmt.Fprintf(b, "           %s\n", f.Advice)
		}
	}
	for _, member := range a.Members {
		for _, because := range []thresholds.RuleID{thresholds.MemberUnreachable, thresholds.MemberLate, thresholds.MetricsUnavailable} {
			key := fmt.Sprintf("for %s, because of %s", member.Label, because)
			if n := explained[key]; n > 0 {
				fmt.Fprintf(b, "  %-8s %d rules can't be judged %s\n", "UNKNOWN", n, key)
			}
		}
	}
}
