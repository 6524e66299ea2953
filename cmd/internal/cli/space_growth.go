package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A growth is what has changed between two databases.
type growth struct {
	older, newer spaceReport
	changes      []keyspace.Change
	between      time.Duration // 0 if it is not known
	byFiles      bool          // between is by the files' times
}

// perHour is how much of an amount comes in an hour, and whether that is known.
func (g *growth) perHour(amount int64) (float64, bool) {
	return float64(amount) / g.between.Hours(), g.between > 0
}

func (p spacePage) printGrowth(w io.Writer, g *growth) error {
	b := &paragraphs{width: p.width}
	b.add("", databaseLine(&g.older))
	b.add("", databaseLine(&g.newer))
	b.WriteByte('\n')
	b.add("", g.words())
	if g.newer.quota > 0 {
		b.add("", g.quotaWords())
	}
	b.WriteByte('\n')
	rows := [][]string{{"PREFIX", "KEYS", "BYTES", "KEYS +", "BYTES +", "BYTES/H", ""}}
	most := int64(0)
	for i := range g.changes {
		most = max(most, g.changes[i].Bytes())
	}
	shown := g.changes
	if p.top > 0 && len(shown) > p.top {
		shown = shown[:p.top]
	}
	for i := range shown {
		c := &shown[i]
		rows = append(rows, []string{prefixName(c.Name, c.Rest), count(c.New.Keys), size(c.New.Bytes()),
			signed(c.Keys(), count), signed(c.Bytes(), size), g.rateWords(c.Bytes()), bar(c.Bytes(), most)})
	}
	total := &keyspace.Change{Old: g.older.usage.Total, New: g.newer.usage.Total}
	rows = append(rows, []string{"all " + count(int64(len(g.changes))) + " prefixes", count(total.New.Keys),
		size(total.New.Bytes()), signed(total.Keys(), count), signed(total.Bytes(), size), g.rateWords(total.Bytes()), ""})
	printRows(b, rows, p.tableWidth(), "", "KEYS", "KEYS +", "BYTES")
	if rest := len(g.changes) - len(shown); rest > 0 {
		b.add("", fmt.Sprintf("%s more that have grown less: --top 0 shows all.", count(int64(rest))))
	}
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// signed writes a difference with its sign.
func signed(n int64, write func(int64) string) string {
	switch {
	case n > 0:
		return "+" + write(n)
	case n < 0:
		return "-" + write(-n)
	}
	return "0"
}

func (g *growth) rateWords(bytes int64) string {
	rate, known := g.perHour(bytes)
	if !known {
		return "?"
	}
	return signed(int64(rate), size)
}

// words say how much the database has grown, and in which time.
func (g *growth) words() string {
	words := "Used pages: " + signed(g.newer.usage.UsedBytes()-g.older.usage.UsedBytes(), size) + ", the database: " +
		signed(g.newer.usage.DatabaseBytes-g.older.usage.DatabaseBytes, size) + ", revisions: " +
		signed(g.newer.usage.Revision-g.older.usage.Revision, count)
	switch {
	case g.between == 0:
		return words + ". The files' times do not say in which time: --between does."
	case g.byFiles:
		return words + ", in " + thresholds.FormatDuration(g.between) + " by the files' times: --between corrects them."
	}
	return words + ", in " + thresholds.FormatDuration(g.between) + "."
}

// quotaWords say when the quota is reached.
func (g *growth) quotaWords() string {
	d, ok := keyspace.UntilQuota(&g.older.usage, &g.newer.usage, g.between, g.newer.quota)
	quota := "The quota, " + size(g.newer.quota) + ", "
	switch {
	case ok && d == 0:
		return quota + "is reached."
	case g.between == 0:
		return quota + "may be reached, and it is not known when."
	case !ok:
		return quota + "is not reached at this rate."
	}
	return quota + "is reached in " + thresholds.FormatDuration(d) + " at this rate, from when the second was written on."
}
