package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A spaceFace writes what fills a database, or what has grown, in a format.
type spaceFace struct {
	usage  func(w io.Writer, r *spaceReport) error
	growth func(w io.Writer, g *growth) error
	// estimate writes what a live cluster's keys take, about.
	estimate func(w io.Writer, r *estimateReport) error
}

func spaceFaceOf(s *spaceFlags, width int) (spaceFace, error) {
	written := func(write func(io.Writer, any) error) spaceFace {
		return spaceFace{
			usage:  func(w io.Writer, r *spaceReport) error { return write(w, spaceDocument(r)) },
			growth: func(w io.Writer, g *growth) error { return write(w, growthDocument(g)) },
			estimate: func(w io.Writer, r *estimateReport) error {
				return write(w, estimateDocument(r))
			},
		}
	}
	switch s.output {
	case "table", "simple", "wide":
		p := spacePage{width: width, top: s.top, wide: s.output == "wide"}
		return spaceFace{p.printUsage, p.printGrowth, p.printEstimate}, nil
	case "json":
		return written(writeJSON), nil
	case "yaml":
		return written(writeYAML), nil
	case "csv":
		return spaceFace{writeUsageCSV, writeGrowthCSV, writeEstimateCSV}, nil
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

func (p spacePage) printUsage(w io.Writer, r *spaceReport) error {
	b, u := &paragraphs{width: p.width}, &r.usage
	b.add("", databaseLine(r))
	b.WriteByte('\n')
	printParts(b, u, r.quota)
	b.WriteByte('\n')
	b.add("", reclaimWords(u))
	if u.CompactionUnfinished {
		b.add("", "A compaction was begun and not finished: etcd goes on with it when it starts.")
	}
	b.WriteByte('\n')
	p.printPrefixes(b, u)
	printKeys(b, "Most revised keys", u.MostRevised, false)
	printKeys(b, "Largest keys", u.Largest, true)
	printSpaceReading(b, r.reading)
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// databaseLine says which database it is.
func databaseLine(r *spaceReport) string {
	u := &r.usage
	words := []string{"revision " + count(u.Revision)}
	if u.CompactRevision > 0 {
		words = append(words, "compacted at "+count(u.CompactRevision))
	} else {
		words = append(words, "never compacted")
	}
	if u.StorageVersion != "" {
		words = append(words, "storage version "+u.StorageVersion)
	}
	if at := u.Modified.UTC().Format(time.RFC3339); r.source == nil {
		words = append(words, "written "+at)
	} else {
		words = append(words, "read "+at+" from "+r.source.Why)
	}
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
	b.WriteByte('\n')
	b.add("", title)
	line := func(revisions, largest, name string) {
		if bySize {
			fmt.Fprintf(b, "  %8s", largest)
		}
		fmt.Fprintf(b, "  %9s  %s\n", revisions, name)
	}
	line("REVISIONS", "LARGEST", "KEY")
	for _, k := range keys { // whole names, to be copied: behind the numbers, which long ones would push off the line
		line(count(k.Revisions), size(k.Bytes), probe.Printable(k.Name))
	}
}
