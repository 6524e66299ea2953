package tui

import (
	"cmp"
	"fmt"
	"math"
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

// goneWord stands behind a member that has left.
const goneWord = "  gone"

// writeWorst writes each member's worst vitals, and for how long it was down or late, of members that are gone too: in
// as many tables, one below the other, as the window is too narrow for one.
func (m model) writeWorst(b *strings.Builder) {
	c, t := &m.seen.session, m.theme
	names := minNameWidth
	for _, member := range c.Members {
		names = max(names, ansi.StringWidth(t.clean(member.Label)))
	}
	columns := append(thresholds.WorstVitals(), thresholds.NoVital) // the last one is how long it was down or late
	room := cmp.Or(m.screen.width, math.MaxInt)
	if _, gone := c.Keys(); len(gone) > 0 {
		room -= len(goneWord)
	}
	for len(columns) > 0 {
		n, width := 0, 2+names
		for n < len(columns) && (n == 0 || width+2+worstWidth(columns[n]) <= room) {
			width += 2 + worstWidth(columns[n])
			n++
		}
		m.writeWorstTable(b, names, columns[:n])
		columns = columns[n:]
	}
}

// writeWorstTable writes some of the columns of writeWorst beside names of a width.
func (m model) writeWorstTable(b *strings.Builder, names int, columns []thresholds.Vital) {
	c, t := &m.seen.session, m.theme
	fmt.Fprintf(b, "  %-*s", names, "worst")
	for _, v := range columns {
		fmt.Fprintf(b, "  %*s", worstWidth(v), worstTitle(v))
	}
	b.WriteString("\n")
	there, gone := c.Keys()
	for i, key := range append(there, gone...) {
		member := c.Members[key]
		label := t.clean(member.Label)
		fmt.Fprintf(b, "  %s%s", label, blanks(names-ansi.StringWidth(label)))
		for _, v := range columns {
			text := "-"
			switch {
			case v != thresholds.NoVital:
				text = t.worstText(member.Worst(v), v.Unit())
			case member.Down > 0:
				text = t.duration(member.Down)
			}
			fmt.Fprintf(b, "  %s%s", blanks(worstWidth(v)-ansi.StringWidth(text)), text)
		}
		if i >= len(there) {
			b.WriteString(goneWord)
		}
		b.WriteString("\n")
	}
}

// worstTitle is the title of the column of a vital, or of how long a member was down or late.
func worstTitle(v thresholds.Vital) string {
	if v == thresholds.NoVital {
		return "DOWN/LATE"
	}
	return vitalNames[v].head
}

// worstWidth is the width of that column.
func worstWidth(v thresholds.Vital) int { return max(len(worstTitle(v)), 6) }
