package cli

import (
	"encoding/csv"
	"io"
	"strconv"
)

// writeUsageCSV writes a line for each prefix.
func writeUsageCSV(w io.Writer, r *spaceReport) error {
	u := &r.usage
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
		if p.KeysRead == 0 { // of none it is known how much of the value they are
			cells[managedFieldsColumn], cells[managedFieldsColumn+1] = "", ""
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}

// managedFieldsColumn is that of managed_fields_bytes, before annotations_bytes.
const managedFieldsColumn = 11

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
