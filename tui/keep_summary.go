package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// summary is the text left in the scrollback: that of each cluster that was shown, the last one last.
func (m model) summary() string {
	var b strings.Builder
	for _, name := range m.clusters.names() {
		if left, was := m.clusters.left[name]; was {
			then := m
			then.cluster, then.now = left, left.conn.until
			b.WriteString(then.clusterSummary() + "\n")
		}
	}
	return b.String() + m.clusterSummary()
}

// clusterSummary says how long etcdoc watched a cluster, the worst, and what changed.
func (m model) clusterSummary() string {
	m = m.follow() // the end counts, even if the screen shows the past
	c, t := &m.seen.session, m.theme
	if c.Sweeps == 0 {
		return fmt.Sprintf("etcdoc saw no answer of %s in %s.\n",
			t.clean(orNone(strings.Join(m.conn.endpoints, ", "))), t.duration(m.now.Sub(m.conn.since)))
	}
	a := &c.Last
	name := t.clean(cmp.Or(m.conn.cluster, m.conn.on))
	if name == "" {
		name = "the cluster"
	}
	watched, all := c.Watched(c.To), c.To.Sub(c.From)
	watchedWords := t.duration(watched)
	if watched < all {
		watchedWords += " of " + t.duration(all)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "etcdoc watched %s for %s: %s, %s to %s\n", name, watchedWords,
		thresholds.Plural(c.Sweeps, "sweep"), m.clock(c.From), m.clock(c.To))
	fmt.Fprintf(&b, "  at the end  %s  %s\n", levelWord(a.Level), t.clean(a.ClusterLine()))
	fmt.Fprintf(&b, "  worst level %s\n", levelWord(max(c.WorstLevel, a.Level)))
	fmt.Fprintf(&b, "  leader      %s", thresholds.Plural(c.LeaderChanges, "change"))
	if leaderless := c.Leaderless.Words(t.notation()); leaderless != "" {
		b.WriteString(", " + leaderless)
	}
	fmt.Fprintf(&b, "\n  events      %d, %s\n", c.Events, thresholds.Plural(c.Marks, "mark"))
	m.writeMarks(&b)
	m.writeWorstEvents(&b)
	m.writeWorst(&b)
	return b.String()
}

// fewEvents is the most events in the summary.
const fewEvents = 8

// writeMarks lists the marks under their letters.
func (m model) writeMarks(b *strings.Builder) {
	for n := range m.marks.made {
		mark := &m.marks.made[n]
		fmt.Fprintf(b, "  %-11s %s %s", "mark "+markLetter(n), m.clock(mark.At), m.theme.clean(mark.Text))
		if until := thresholds.AnnouncedUntil(&mark.Mark); !until.IsZero() {
			fmt.Fprintf(b, " (announces %s until %s)", m.theme.clean(mark.Member), m.clock(until))
		}
		b.WriteString("\n")
	}
}

// writeWorstEvents lists the events at warning or above; of many, the worst and then the newest.
func (m model) writeWorstEvents(b *strings.Builder) {
	var worst []thresholds.Event
	for _, e := range thresholds.EventRows(m.seen.log) {
		if e.Level >= thresholds.Warning && e.Kind != thresholds.EventMark {
			worst = append(worst, e)
		}
	}
	all := len(worst)
	slices.SortStableFunc(worst, func(e, f thresholds.Event) int {
		return cmp.Or(cmp.Compare(f.Level, e.Level), f.At.Compare(e.At))
	})
	worst = worst[:min(all, fewEvents)]
	slices.SortStableFunc(worst, func(e, f thresholds.Event) int { return e.At.Compare(f.At) })
	for i := range worst {
		e := &worst[i]
		fmt.Fprintf(b, "  %-11s %s %s%s",
			levelWord(e.Level), m.clock(e.At), m.theme.clean(e.Lead()+e.Text), m.announced(e).tail())
		if lasted := m.lasted(e)[0]; lasted != "" {
			fmt.Fprintf(b, " (%s)", lasted)
		}
		b.WriteString("\n")
	}
	if more := all - len(worst); more > 0 {
		fmt.Fprintf(b, "  %-11s and %s of no worse a level\n", "", thresholds.Plural(more, "other"))
	}
}

// writeWorst writes the table of each member's worst vitals, including members that are gone.
func (m model) writeWorst(b *strings.Builder) {
	const down = "DOWN/LATE"
	c, t := &m.seen.session, m.theme
	width := minNameWidth
	for _, member := range c.Members {
		width = max(width, ansi.StringWidth(t.clean(member.Label)))
	}
	fmt.Fprintf(b, "  %-*s", width, "worst")
	for _, v := range thresholds.WorstVitals() {
		fmt.Fprintf(b, "  %*s", worstWidth(v), vitalNames[v].head)
	}
	fmt.Fprintf(b, "  %s\n", down)
	there, gone := c.Keys()
	for i, key := range append(there, gone...) {
		member := c.Members[key]
		label := t.clean(member.Label)
		fmt.Fprintf(b, "  %s%s", label, blanks(width-ansi.StringWidth(label)))
		for _, v := range thresholds.WorstVitals() {
			text := t.worstText(member.Worst(v), v.Unit())
			fmt.Fprintf(b, "  %s%s", blanks(worstWidth(v)-ansi.StringWidth(text)), text)
		}
		duration := "-"
		if member.Down > 0 {
			duration = t.duration(member.Down)
		}
		fmt.Fprintf(b, "  %*s", len(down), duration)
		if i >= len(there) {
			b.WriteString("  gone")
		}
		b.WriteString("\n")
	}
}

// worstWidth is the width of the column of a vital.
func worstWidth(v thresholds.Vital) int { return max(len(vitalNames[v].head), 6) }
