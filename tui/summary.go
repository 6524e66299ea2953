package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// summary is what is left in the scrollback: how long was watched, what was the worst, what changed.
func (m model) summary() string {
	c, t := &m.tally, &m.theme
	if c.sweeps == 0 {
		return fmt.Sprintf("etcdoc saw no answer of %s in %s.\n",
			t.clean(orNone(strings.Join(m.endpoints, ", "))), long(m.now.Sub(m.started)))
	}
	a := &c.lastAssessment
	name := t.clean(m.cluster)
	if name == "" {
		name = "the cluster"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "etcdoc watched %s for %s: %s, %s to %s\n", name, long(c.to.Sub(c.from)),
		plural(c.sweeps, "sweep"), clock(c.from, m.local), clock(c.to, m.local))
	fmt.Fprintf(&b, "  at the end  %s  %s\n", levelWord(a.Level), t.standing(a))
	fmt.Fprintf(&b, "  worst level %s\n", levelWord(max(c.worstLevel, a.Level)))
	fmt.Fprintf(&b, "  leader      %s", plural(c.leaderChanges, "change"))
	if c.leaderless > 0 || c.wasLeaderless {
		fmt.Fprintf(&b, ", %s without a leader (give or take %s)", long(c.leaderless), long(c.leaderlessError))
	}
	fmt.Fprintf(&b, "\n  events      %d, %s\n", c.events, plural(c.marks, "mark"))
	m.writeWorst(&b)
	return b.String()
}

// standing says how the cluster stood; of one whose members are not known, how many endpoints answered.
func (t *theme) standing(a *thresholds.Assessment) string {
	c := &a.Cluster
	if !c.RosterKnown {
		return fmt.Sprintf("%d of %s answered; the member list is not known", answering(a), plural(len(a.Members), "endpoint"))
	}
	leader := "no leader"
	switch {
	case !c.Leader.IsZero():
		leader = "leader " + t.clean(c.Leader.Label)
	case answering(a) == 0:
		leader = "leader not known"
	}
	return fmt.Sprintf("%d of %d voters healthy, quorum %d, %s", c.HealthyVoters, c.Voters, c.Quorum, leader)
}

// writeWorst writes the table of every member's worst vitals, also of those that are there no longer.
func (m model) writeWorst(b *strings.Builder) {
	const away = "DOWN/LATE"
	c, t := &m.tally, &m.theme
	width := minNameWidth
	for _, member := range c.members {
		width = max(width, ansi.StringWidth(t.clean(member.label)))
	}
	fmt.Fprintf(b, "  %-*s", width, "worst")
	for _, v := range summaryVitals() {
		fmt.Fprintf(b, "  %*s", max(len(v.name), 6), v.name)
	}
	fmt.Fprintf(b, "  %s\n", away)
	there, gone := c.keys()
	for i, key := range append(there, gone...) {
		member := c.members[key]
		label := t.clean(member.label)
		fmt.Fprintf(b, "  %s%s", label, blanks(width-ansi.StringWidth(label)))
		for j, v := range summaryVitals() {
			text := t.worstText(member.worst[j], v.vital.Unit())
			fmt.Fprintf(b, "  %s%s", blanks(max(len(v.name), 6)-ansi.StringWidth(text)), text)
		}
		duration := "-"
		if member.away > 0 {
			duration = long(member.away)
		}
		fmt.Fprintf(b, "  %*s", len(away), duration)
		if i >= len(there) {
			b.WriteString("  gone")
		}
		b.WriteString("\n")
	}
}
