package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A growth is what has changed between two databases.
type growth struct {
	older, newer keyspace.Usage
	changes      []keyspace.Change
	between      time.Duration // 0 if it is not known
	byFiles      bool          // between is by the files' times
	quota        int64         // 0 if it is not known
}

// perHour is how much of an amount comes in an hour, and whether that is known.
func (g *growth) perHour(amount int64) (float64, bool) {
	return float64(amount) / g.between.Hours(), g.between > 0
}

// A spaceFace writes what fills a database, or what has grown, in a format.
type spaceFace struct {
	usage  func(w io.Writer, u *keyspace.Usage, quota int64) error
	growth func(w io.Writer, g *growth) error
}

func spaceFaceOf(s *spaceFlags, width int) (spaceFace, error) {
	written := func(write func(io.Writer, any) error) spaceFace {
		return spaceFace{
			usage: func(w io.Writer, u *keyspace.Usage, quota int64) error {
				return write(w, spaceDocument(u, quota))
			},
			growth: func(w io.Writer, g *growth) error { return write(w, growthDocument(g)) },
		}
	}
	switch s.output {
	case "table", "simple", "wide":
		p := spacePage{width: width, top: s.top, wide: s.output == "wide"}
		return spaceFace{p.printUsage, p.printGrowth}, nil
	case "json":
		return written(writeJSON), nil
	case "yaml":
		return written(writeYAML), nil
	case "csv":
		return spaceFace{writeUsageCSV, writeGrowthCSV}, nil
	}
	return spaceFace{}, notOneOf("output", s.output, []string{"table", "wide", "json", "yaml", "csv"})
}

// A spacePage is the table for people.
type spacePage struct {
	width, top int
	wide       bool // every column, however wide that is
}

// tableWidth is how wide tables may be; 0 is any width.
func (p spacePage) tableWidth() int {
	if p.wide {
		return 0
	}
	return p.width
}

// barWidth is how wide a bar of all is.
const barWidth = 16

func size(bytes int64) string { return thresholds.Bytes.Format(float64(bytes)) }

func count(n int64) string { return humanize.Comma(n) }

// share is a part of a whole in percent.
func share(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	return thresholds.Ratio.Format(float64(part) / float64(whole))
}

// bar draws a part of a whole in eighths of a column.
func bar(part, whole int64) string {
	if part <= 0 || whole <= 0 {
		return ""
	}
	eighths := int(float64(part)/float64(whole)*barWidth*8 + 0.5)
	return strings.Repeat("█", eighths/8) + []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}[eighths%8]
}

// prefixName is how a prefix is called.
func prefixName(name string, rest bool) string {
	switch {
	case rest:
		return "(other prefixes)"
	case name == "":
		return "(without a slash)"
	}
	return probe.Printable(name)
}

// printRows writes rows below their titles. The first column is aligned left, and the others right, but for bars, which
// have no title. Where they are wider than width, it cuts the beginnings of long names, and leaves out columns, those
// that drop names first; 0 is any width.
func printRows(b *paragraphs, rows [][]string, width int, drop ...string) {
	widths := make([]int, len(rows[0]))
	total := -len(columnGap)
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		total += widths[i] + len(columnGap)
	}
	shorten := func(least int) {
		if shorter := max(widths[0]-(total-width), least); width > 0 && shorter < widths[0] {
			total -= widths[0] - shorter
			widths[0] = shorter
		}
	}
	shorten(nameWidth)
	dropped := make([]bool, len(widths))
	for len(drop) > 0 && width > 0 && total > width {
		if i := slices.Index(rows[0], drop[0]); i > 0 {
			dropped[i] = true
			total -= widths[i] + len(columnGap)
		}
		drop = drop[1:]
	}
	shorten(minNameWidth)
	for _, row := range rows {
		var cells []string
		for i, cell := range row {
			if !dropped[i] {
				cells = append(cells, pad(truncateLeft(cell, widths[i]), widths[i], i > 0 && rows[0][i] != ""))
			}
		}
		b.WriteString(strings.TrimRight(strings.Join(cells, columnGap), " ") + "\n")
	}
}

// How much of names is left before columns are left out for their sake, and at least.
const (
	nameWidth    = 40
	minNameWidth = 20
)

// truncateLeft cuts the beginning of a text so that it is width wide: the end of a prefix says most.
func truncateLeft(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return "…" + string(runes[len(runes)-width+1:])
}

func (p spacePage) printUsage(w io.Writer, u *keyspace.Usage, quota int64) error {
	b := &paragraphs{width: p.width}
	b.add("", databaseLine(u))
	b.WriteByte('\n')
	printParts(b, u, quota)
	b.WriteByte('\n')
	b.add("", reclaimWords(u))
	if u.CompactionUnfinished {
		b.add("", "A compaction was begun and not finished: etcd goes on with it when it starts.")
	}
	b.WriteByte('\n')
	p.printPrefixes(b, u)
	printKeys(b, "Most revised keys", u.MostRevised, false)
	printKeys(b, "Largest keys", u.Largest, true)
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// databaseLine says which database it is.
func databaseLine(u *keyspace.Usage) string {
	words := []string{"revision " + count(u.Revision)}
	if u.CompactRevision > 0 {
		words = append(words, "compacted at "+count(u.CompactRevision))
	} else {
		words = append(words, "never compacted")
	}
	if u.StorageVersion != "" {
		words = append(words, "storage version "+u.StorageVersion)
	}
	words = append(words, "written "+u.Modified.UTC().Format(time.RFC3339))
	return probe.Printable(u.Path) + ": " + strings.Join(words, ", ")
}

// printParts writes of what the database consists.
func printParts(b *paragraphs, u *keyspace.Usage, quota int64) {
	rows := [][]string{{"SIZE", size(u.DatabaseBytes), "SHARE", ""}}
	for _, part := range []struct {
		name  string
		bytes int64
	}{
		{"live", u.Total.LiveBytes}, {"history", u.Total.HistoryBytes}, {"tombstones", u.Total.TombstoneBytes},
		{"leases, users, members", u.OtherBytes}, {"pages' overhead", u.OverheadBytes}, {"free pages", u.FreeBytes},
	} {
		rows = append(rows, []string{"  " + part.name, size(part.bytes), share(part.bytes, u.DatabaseBytes),
			bar(part.bytes, u.DatabaseBytes)})
	}
	printRows(b, rows, 0)
	if quota > 0 {
		b.add("", "It takes "+share(u.DatabaseBytes, quota)+" of the quota, "+size(quota)+".")
	}
}

// reclaimWords say what a compaction and a defragmentation would give back.
func reclaimWords(u *keyspace.Usage) string {
	compaction, now := u.CompactionBytes(), u.DatabaseBytes-u.DefragmentedBytes
	both := u.DatabaseBytes - u.CompactedBytes
	words := "A compaction of all history would free " + size(compaction) + " inside the file: the file stays as large. " +
		"A defragmentation would make it smaller by about " + size(now) + " now"
	if compaction > 0 {
		words += ", and by about " + size(both) + " after that compaction"
	}
	return words + "."
}

func (p spacePage) printPrefixes(b *paragraphs, u *keyspace.Usage) {
	shown := u.Prefixes
	if p.top > 0 && len(shown) > p.top {
		shown = shown[:p.top]
	}
	metadata := u.Total.KeysRead > 0
	row := func(name string, a *keyspace.Amounts) []string {
		cells := []string{name, count(a.Keys), size(a.LiveBytes), size(a.HistoryBytes), size(a.TombstoneBytes),
			thresholds.Count.Format(a.RevisionsPerKey()), size(a.LargestBytes)}
		if metadata {
			cells = append(cells, measured(a, a.ManagedFieldsBytes), measured(a, a.AnnotationsBytes))
		}
		return append(cells, share(a.Bytes(), u.Total.Bytes()), bar(a.Bytes(), u.Total.Bytes()))
	}
	titles := []string{"PREFIX", "KEYS", "LIVE", "HISTORY", "TOMBSTONES", "REVS/KEY", "LARGEST"}
	if metadata {
		titles = append(titles, "MANAGED", "ANNOTATIONS")
	}
	rows := [][]string{append(titles, "SHARE", "")}
	for i := range shown {
		rows = append(rows, row(prefixName(shown[i].Name, shown[i].Rest), &shown[i].Amounts))
	}
	if len(u.Prefixes) > 1 {
		total := row("all "+count(int64(len(u.Prefixes)))+" prefixes", &u.Total)
		total[len(total)-1] = ""
		rows = append(rows, total)
	}
	printRows(b, rows, p.tableWidth(), "LARGEST", "TOMBSTONES", "REVS/KEY", "", "ANNOTATIONS",
		"MANAGED", "KEYS")
	if rest := len(u.Prefixes) - len(shown); rest > 0 {
		b.add("", fmt.Sprintf("%s more with less: --top 0 shows all.", count(int64(rest))))
	}
	if n := u.Total.KeysEncrypted; n > 0 {
		b.add("", count(n)+" values are encrypted by the API server: their managedFields and annotations are not known.")
	}
}

// measured is the size of metadata: a dash where no object could be read.
func measured(a *keyspace.Amounts, bytes int64) string {
	if a.KeysRead == 0 {
		return "-"
	}
	return size(bytes)
}

func printKeys(b *paragraphs, title string, keys []keyspace.Key, bySize bool) {
	if len(keys) == 0 {
		return
	}
	rows := [][]string{{title, "REVISIONS", "LARGEST"}}
	if !bySize {
		rows[0] = rows[0][:2]
	}
	for _, k := range keys {
		row := []string{"  " + probe.Printable(k.Name), count(k.Revisions), size(k.Bytes)}
		rows = append(rows, row[:len(rows[0])])
	}
	b.WriteByte('\n')
	printRows(b, rows, 0) // whole names, to be copied
}

func (p spacePage) printGrowth(w io.Writer, g *growth) error {
	b := &paragraphs{width: p.width}
	b.add("", databaseLine(&g.older))
	b.add("", databaseLine(&g.newer))
	b.WriteByte('\n')
	b.add("", g.words())
	if g.quota > 0 {
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
	total := &keyspace.Change{Old: g.older.Total, New: g.newer.Total}
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
	words := "Used pages: " + signed(g.newer.UsedBytes()-g.older.UsedBytes(), size) + ", the database: " +
		signed(g.newer.DatabaseBytes-g.older.DatabaseBytes, size) + ", revisions: " +
		signed(g.newer.Revision-g.older.Revision, count)
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
	d, ok := keyspace.UntilQuota(&g.older, &g.newer, g.between, g.quota)
	quota := "The quota, " + size(g.quota) + ", "
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

// writeUsageCSV writes a line for each prefix.
func writeUsageCSV(w io.Writer, u *keyspace.Usage, _ int64) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"prefix", "keys", "deleted_keys", "revisions", "live_bytes", "history_revisions",
		"history_bytes", "tombstones", "tombstone_bytes", "most_revisions", "largest_bytes", "managed_fields_bytes",
		"annotations_bytes", "measured_keys", "encrypted_keys"}) // Flush keeps the error
	for i := range u.Prefixes {
		p := &u.Prefixes[i]
		cells := []string{prefixName(p.Name, p.Rest)}
		for _, n := range []int64{p.Keys, p.DeletedKeys, p.Writes(), p.LiveBytes, p.History, p.HistoryBytes,
			p.Tombstones, p.TombstoneBytes, p.MostRevisions, p.LargestBytes, p.ManagedFieldsBytes, p.AnnotationsBytes,
			p.KeysRead, p.KeysEncrypted} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}

// writeGrowthCSV writes a line for each prefix.
func writeGrowthCSV(w io.Writer, g *growth) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"prefix", "keys_before", "keys_after", "bytes_before", "bytes_after", "live_bytes_before",
		"live_bytes_after", "bytes_per_hour"}) // Flush keeps the error
	for i := range g.changes {
		c := &g.changes[i]
		cells := []string{prefixName(c.Name, c.Rest)}
		for _, n := range []int64{c.Old.Keys, c.New.Keys, c.Old.Bytes(), c.New.Bytes(), c.Old.LiveBytes,
			c.New.LiveBytes} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		rate := ""
		if perHour, known := g.perHour(c.Bytes()); known {
			rate = strconv.FormatFloat(perHour, 'f', 0, 64)
		}
		_ = out.Write(append(cells, rate))
	}
	out.Flush()
	return out.Error()
}
