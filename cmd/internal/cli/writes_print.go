package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A writesFace writes what was read of a log.
type writesFace func(w io.Writer, l *readLog) error

func writesFaceOf(s *writesFlags, width int) (writesFace, error) {
	page := writesPage{spacePage{width: width, top: s.top, wide: s.output == "wide"}, s.by == "bytes"}
	switch s.output {
	case "table", "simple", "wide":
		return page.print, nil
	case "json":
		return func(w io.Writer, l *readLog) error { return writeJSON(w, writesDocument(l)) }, nil
	case "yaml":
		return func(w io.Writer, l *readLog) error { return writeYAML(w, writesDocument(l)) }, nil
	case "csv":
		return writeWritesCSV, nil
	}
	return nil, notOneOf("output", s.output, []string{"table", "wide", "json", "yaml", "csv"})
}

// A writesPage is the table for people.
type writesPage struct {
	spacePage
	byBytes bool
}

func (p writesPage) print(w io.Writer, l *readLog) error {
	b := &paragraphs{width: p.width}
	b.add("", logLine(l))
	if l.torn != nil {
		b.add("", fmt.Sprintf("Its last record is not whole, at byte %d of %s: it is being written, or a crash has cut it "+
			"short, and etcd drops it when it starts.", l.torn.Offset, probe.Printable(l.torn.Path)))
	}
	if l.Unread > 0 {
		b.add("", count(l.Unread)+" entries are not requests that etcdoc knows.")
	}
	b.WriteByte('\n')
	b.add("", requestsLine(&l.Writes))
	if l.Total.Conditional > 0 {
		b.add("", count(l.Total.Conditional)+" of the writes are in transactions that compare something: whether they were made "+
			"is not in a log. Reads are not in it either.")
	} else {
		b.add("", "Reads are not in a log.")
	}
	b.WriteByte('\n')
	p.printPrefixes(b, l.Prefixes, &l.Total)
	p.printKeys(b, &l.Writes)
	printSizes(b, l.Sizes)
	printChanges(b, &l.Writes)
	_, err := io.WriteString(w, printableLines(b.String()))
	return err
}

// logLine says which log it is, and which part of it was read.
func logLine(l *readLog) string {
	first, last := &l.segments[0], &l.segments[len(l.segments)-1]
	words := []string{"no entries"}
	if l.Entries > 0 {
		words = []string{fmt.Sprintf("entries %d to %d, terms %d to %d, %s", l.First, l.Last, l.FirstTerm, l.LastTerm,
			size(l.EntryBytes))}
		if l.FirstTerm == l.LastTerm {
			words[0] = fmt.Sprintf("entries %d to %d, term %d, %s", l.First, l.Last, l.LastTerm, size(l.EntryBytes))
		}
	}
	if l.Uncommitted > 0 {
		words = append(words, "the last "+count(l.Uncommitted)+" not known to be committed")
	}
	if l.Replaced > 0 {
		words = append(words, count(l.Replaced)+" replaced by another leader's")
	}
	written := "written by " + last.Written.UTC().Format(time.RFC3339)
	if !l.after.IsZero() {
		written = "written from " + l.after.UTC().Format(time.RFC3339) + " to " + last.Written.UTC().Format(time.RFC3339)
	}
	files := thresholds.Plural(len(l.segments), "file")
	if first != last {
		files += fmt.Sprintf(", the first full at %s", first.Written.UTC().Format(time.RFC3339))
	}
	who := probe.Printable(l.dir)
	if l.Member != 0 {
		who += fmt.Sprintf(", member %x of cluster %x", l.Member, l.Cluster)
	}
	return who + ": " + strings.Join(append(words, written+" by the files' times ("+files+")"), "; ") + "."
}

// requestKinds are what entries ask for, in the order in which they are listed.
var requestKinds = [...]struct {
	kind wal.RequestKind
	noun string
	json string
}{
	{wal.Txn, "transaction", "txns"}, {wal.Put, "put", "puts"}, {wal.Delete, "delete", "deletes"},
	{wal.Grant, "lease granted", "leases_granted"}, {wal.Revoke, "lease revoked", "leases_revoked"},
	{wal.Checkpoint, "lease checkpoint", "lease_checkpoints"}, {wal.Compaction, "compaction", "compactions"},
	{wal.Change, "change of the cluster", "changes"}, {wal.Empty, "new leader's entry", "empty"},
	{wal.Other, "other", "other"},
}

// requestsLine says how many entries ask for what.
func requestsLine(w *wal.Writes) string {
	var words []string
	for _, k := range requestKinds {
		if n := w.Requests[k.kind]; n > 0 {
			words = append(words, count(n)+" × "+k.noun)
		}
	}
	return fmt.Sprintf("%s entries: %s.", count(w.Entries), cmp.Or(strings.Join(words, ", "), "none"))
}

// bars are what the bars stand for: writes, or bytes.
func (p writesPage) bars(c *wal.Counts) int64 {
	if p.byBytes {
		return c.Bytes
	}
	return c.Writes()
}

// sorted returns the prefixes in the order of the table.
func (p writesPage) sorted(prefixes []wal.Prefix) []wal.Prefix {
	all := slices.Clone(prefixes)
	slices.SortStableFunc(all, func(a, b wal.Prefix) int { return cmp.Compare(p.bars(&b.Counts), p.bars(&a.Counts)) })
	return all
}

func (p writesPage) printPrefixes(b *paragraphs, prefixes []wal.Prefix, total *wal.Counts) {
	all := p.sorted(prefixes)
	shown := all
	if p.top > 0 && len(shown) > p.top {
		shown = shown[:p.top]
	}
	row := func(name string, c *wal.Counts) []string {
		return []string{name, count(c.Puts), count(c.Deletes), count(c.RangeDeletes), size(c.Bytes), perWrite(c),
			share(p.bars(c), p.bars(total)), bar(p.bars(c), p.bars(total))}
	}
	rows := [][]string{{"PREFIX", "PUTS", "DELETES", "OF RANGES", "BYTES", "PER PUT", "SHARE", ""}}
	for i := range shown {
		rows = append(rows, row(prefixName(shown[i].Name, shown[i].Rest), &shown[i].Counts))
	}
	if len(all) > 1 {
		sum := row("all "+count(int64(len(all)))+" prefixes", total)
		sum[len(sum)-1] = ""
		rows = append(rows, sum)
	}
	printRows(b, rows, p.tableWidth(), "OF RANGES", "PER PUT", "")
	if rest := len(all) - len(shown); rest > 0 {
		b.add("", fmt.Sprintf("%s more with less: --top 0 shows all.", count(int64(rest))))
	}
}

// perWrite is how large a put is on average.
func perWrite(c *wal.Counts) string {
	if c.Puts == 0 {
		return "-"
	}
	return size(c.Bytes / c.Puts)
}

// printKeys writes the keys and the leases that are written most, where they were asked for.
func (p writesPage) printKeys(b *paragraphs, w *wal.Writes) {
	if len(w.Keys) > 0 {
		rows := [][]string{{"KEY", "PUTS", "DELETES", "BYTES"}}
		for _, k := range w.Keys {
			rows = append(rows, []string{probe.Printable(k.Name), count(k.Puts), count(k.Deletes), size(k.Bytes)})
		}
		b.WriteByte('\n')
		printRows(b, rows, p.tableWidth())
		if w.KeysAtLeast {
			b.add("", "There were too many keys to keep them all: these counts are at least.")
		}
	}
	if len(w.Leases) > 0 {
		rows := [][]string{{"LEASE", "PUTS", "BYTES", "GRANTED", "REVOKED"}}
		for _, l := range w.Leases {
			rows = append(rows, []string{fmt.Sprintf("%x", l.ID), count(l.Puts), size(l.Bytes), yesNo(l.Granted),
				yesNo(l.Revoked)})
		}
		b.WriteByte('\n')
		printRows(b, rows, p.tableWidth())
		if more := w.LeasesSeen - len(w.Leases); more > 0 {
			b.add("", count(int64(more))+" leases more.")
		}
	}
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// printSizes writes how large the writing requests are.
func printSizes(b *paragraphs, sizes []wal.Size) {
	all := int64(0)
	for _, s := range sizes {
		all += s.Entries
	}
	if all == 0 {
		return
	}
	rows := [][]string{{"SIZE OF A REQUEST", "REQUESTS", "BYTES", "SHARE", ""}}
	for i, s := range sizes {
		name := "more"
		if s.AtMost > 0 {
			name = "up to " + size(s.AtMost)
		}
		if s.Entries > 0 || i > 0 && i < len(sizes)-1 && sizes[i-1].Entries > 0 && sizes[i+1].Entries > 0 {
			rows = append(rows, []string{name, count(s.Entries), size(s.Bytes), share(s.Entries, all),
				bar(s.Entries, all)})
		}
	}
	b.WriteByte('\n')
	printRows(b, rows, 0)
}

// shownChanges is how many changes of the cluster the table shows: the newest ones.
const shownChanges = 20

// printChanges writes what changed the cluster, and compactions.
func printChanges(b *paragraphs, w *wal.Writes) {
	if len(w.Changes) == 0 {
		return
	}
	shown := w.Changes[max(len(w.Changes)-shownChanges, 0):]
	b.WriteByte('\n')
	b.add("", "Compactions, and changes of the cluster, by their index:")
	if before := w.ChangesBefore + int64(len(w.Changes)-len(shown)); before > 0 {
		b.add("  ", count(before)+" before these")
	}
	for _, c := range shown {
		b.add(fmt.Sprintf("  %d  ", c.Index), probe.Printable(c.What))
	}
}

// writeWritesCSV writes a line for each prefix.
func writeWritesCSV(w io.Writer, l *readLog) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"prefix", "puts", "deletes", "range_deletes", "conditional", "bytes"}) // Flush keeps the error
	for i := range l.Prefixes {
		p := &l.Prefixes[i]
		cells := []string{prefixName(p.Name, p.Rest)}
		for _, n := range []int64{p.Puts, p.Deletes, p.RangeDeletes, p.Conditional, p.Bytes} {
			cells = append(cells, strconv.FormatInt(n, 10))
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}
