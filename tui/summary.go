package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// summary is what is left in the scrollback: how long was watched, what was the worst, what changed.
func (m model) summary() string {
	c, t := &m.live.tally, &m.theme
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
	leader := "no leader"
	if !a.Cluster.Leader.IsZero() {
		leader = "leader " + t.clean(a.Cluster.Leader.Label)
	}
	fmt.Fprintf(&b, "  at the end  %s  %d of %d voters healthy, quorum %d, %s (worst level seen: %s)\n",
		levelWord(a.Level), a.Cluster.HealthyVoters, a.Cluster.Voters, a.Cluster.Quorum, leader, levelWord(c.worstLevel))
	fmt.Fprintf(&b, "  leader      %s", plural(c.leaderChanges, "change"))
	if c.leaderless > 0 || c.wasLeaderless {
		fmt.Fprintf(&b, ", %s without a leader (give or take %s)", long(c.leaderless), long(c.sampling))
	}
	fmt.Fprintf(&b, "\n  events      %d, %s\n", c.events, plural(c.marks, "mark"))
	m.writeWorst(&b)
	return b.String()
}

// writeWorst writes the table of every member's worst vitals.
func (m model) writeWorst(b *strings.Builder) {
	c, t := &m.live.tally, &m.theme
	width := minNameWidth
	for _, member := range c.members {
		width = max(width, ansi.StringWidth(t.clean(member.label)))
	}
	fmt.Fprintf(b, "  %-*s", width, "worst")
	for _, v := range summaryVitals() {
		fmt.Fprintf(b, "  %*s", max(len(v.name), 6), v.name)
	}
	fmt.Fprintf(b, "  %7s\n", "DOWN")
	for i := range c.lastAssessment.Members {
		member := c.members[c.lastAssessment.Members[i].Key]
		label := t.clean(member.label)
		fmt.Fprintf(b, "  %s%s", label, blanks(width-ansi.StringWidth(label)))
		for _, v := range summaryVitals() {
			text := t.worstOf(member.worst[v.vital], v.vital.Unit())
			fmt.Fprintf(b, "  %s%s", blanks(max(len(v.name), 6)-ansi.StringWidth(text)), text)
		}
		down := "-"
		if member.down > 0 {
			down = long(member.down)
		}
		fmt.Fprintf(b, "  %7s\n", down)
	}
}
