package cli

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The documents of etcdoc space are described in assets/schema.

type spaceJSON struct {
	Schema            string       `json:"schema"`
	At                time.Time    `json:"at"`
	File              string       `json:"file,omitempty"`
	Member            *sourceJSON  `json:"member,omitempty"`
	Revision          int64        `json:"revision"`
	CompactRevision   int64        `json:"compact_revision"`
	UnfinishedCompact bool         `json:"compaction_unfinished"`
	StorageVersion    string       `json:"storage_version,omitempty"`
	Database          databaseJSON `json:"database"`
	Reclaimable       reclaimJSON  `json:"reclaimable"`
	Total             amountsJSON  `json:"total"`
	Prefixes          []prefixJSON `json:"prefixes"`
	Buckets           []bucketJSON `json:"buckets"`
	MostRevised       []keyJSON    `json:"most_revised,omitempty"`
	Largest           []keyJSON    `json:"largest,omitempty"`
}

// sourceJSON is the member that was read.
type sourceJSON struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Role thresholds.Role `json:"role"`
	Why  string          `json:"why"`
}

// origin is the file or the member that was read.
func (r *spaceReport) origin() (file string, member *sourceJSON) {
	if r.source == nil {
		return probe.Printable(r.usage.Path), nil
	}
	return "", sourceDocument(r.source)
}

func sourceDocument(s *thresholds.DataSource) *sourceJSON {
	return &sourceJSON{s.ID.String(), probe.Printable(s.Label), s.Role, s.Why}
}

type databaseJSON struct {
	FileBytes      int64  `json:"file_bytes"`
	SizeBytes      int64  `json:"size_bytes"`
	UsedBytes      int64  `json:"used_bytes"`
	PageBytes      int64  `json:"page_bytes"`
	LiveBytes      int64  `json:"live_bytes"`
	HistoryBytes   int64  `json:"history_bytes"`
	TombstoneBytes int64  `json:"tombstone_bytes"`
	OtherBytes     int64  `json:"other_bytes"`
	OverheadBytes  int64  `json:"overhead_bytes"`
	FreeBytes      int64  `json:"free_bytes"`
	QuotaBytes     *int64 `json:"quota_bytes"`
}

type reclaimJSON struct {
	CompactionBytes      int64 `json:"compaction_bytes"`
	DefragmentationBytes int64 `json:"defragmentation_bytes"`
	BothBytes            int64 `json:"compaction_and_defragmentation_bytes"`
}

type amountsJSON struct {
	Keys               int64  `json:"keys"`
	DeletedKeys        int64  `json:"deleted_keys"`
	Revisions          int64  `json:"revisions"`
	Bytes              int64  `json:"bytes"`
	LiveBytes          int64  `json:"live_bytes"`
	HistoryRevisions   int64  `json:"history_revisions"`
	HistoryBytes       int64  `json:"history_bytes"`
	Tombstones         int64  `json:"tombstones"`
	TombstoneBytes     int64  `json:"tombstone_bytes"`
	MostRevisions      int64  `json:"most_revisions"`
	LargestBytes       int64  `json:"largest_bytes"`
	ManagedFieldsBytes *int64 `json:"managed_fields_bytes,omitempty"`
	AnnotationsBytes   *int64 `json:"annotations_bytes,omitempty"`
	MeasuredKeys       int64  `json:"measured_keys"`
	EncryptedKeys      int64  `json:"encrypted_keys"`
}

type prefixJSON struct {
	Prefix     string `json:"prefix"`
	Kubernetes bool   `json:"kubernetes"`
	Rest       bool   `json:"rest"`
	amountsJSON
}

type bucketJSON struct {
	Name  string `json:"name"`
	Items int64  `json:"items"`
	Bytes int64  `json:"bytes"`
}

type keyJSON struct {
	Key       string `json:"key"`
	Revisions int64  `json:"revisions"`
	Bytes     int64  `json:"bytes,omitempty"`
}

func spaceDocument(r *spaceReport) spaceJSON {
	u := &r.usage
	file, member := r.origin()
	d := spaceJSON{
		Schema: thresholds.Schema, At: u.Modified.UTC(), File: file, Member: member, Revision: u.Revision,
		CompactRevision: u.CompactRevision, UnfinishedCompact: u.CompactionUnfinished,
		StorageVersion: probe.Printable(u.StorageVersion),
		Database: databaseJSON{
			FileBytes: u.FileBytes, SizeBytes: u.DatabaseBytes, UsedBytes: u.UsedBytes(), PageBytes: u.PageBytes,
			LiveBytes: u.Total.LiveBytes, HistoryBytes: u.Total.HistoryBytes, TombstoneBytes: u.Total.TombstoneBytes,
			OtherBytes: u.OtherBytes, OverheadBytes: u.OverheadBytes, FreeBytes: u.FreeBytes,
			QuotaBytes: knownQuota(r.quota),
		},
		Reclaimable: reclaimJSON{u.CompactionBytes(), u.DatabaseBytes - u.DefragmentedBytes,
			u.DatabaseBytes - u.CompactedBytes},
		Total:    amountsDocument(&u.Total),
		Prefixes: []prefixJSON{}, Buckets: []bucketJSON{},
	}
	for i := range u.Prefixes {
		p := &u.Prefixes[i]
		d.Prefixes = append(d.Prefixes, prefixJSON{probe.Printable(p.Name), p.Kubernetes, p.Rest,
			amountsDocument(&p.Amounts)})
	}
	for _, b := range u.Buckets {
		d.Buckets = append(d.Buckets, bucketJSON{probe.Printable(b.Name), b.Items, b.Bytes})
	}
	for _, k := range u.MostRevised {
		d.MostRevised = append(d.MostRevised, keyJSON{probe.Printable(k.Name), k.Revisions, k.Bytes})
	}
	for _, k := range u.Largest {
		d.Largest = append(d.Largest, keyJSON{probe.Printable(k.Name), k.Revisions, k.Bytes})
	}
	return d
}

// knownQuota is nil for a quota that is not known.
func knownQuota(quota int64) *int64 {
	if quota == 0 {
		return nil
	}
	return &quota
}

func amountsDocument(a *keyspace.Amounts) amountsJSON {
	d := amountsJSON{
		Keys: a.Keys, DeletedKeys: a.DeletedKeys, Revisions: a.Writes(), Bytes: a.Bytes(), LiveBytes: a.LiveBytes,
		HistoryRevisions: a.History, HistoryBytes: a.HistoryBytes, Tombstones: a.Tombstones,
		TombstoneBytes: a.TombstoneBytes, MostRevisions: a.MostRevisions, LargestBytes: a.LargestBytes,
		MeasuredKeys: a.KeysRead, EncryptedKeys: a.KeysEncrypted,
	}
	if a.KeysRead > 0 {
		d.ManagedFieldsBytes, d.AnnotationsBytes = &a.ManagedFieldsBytes, &a.AnnotationsBytes
	}
	return d
}

type growthJSON struct {
	Schema   string           `json:"schema"`
	At       time.Time        `json:"at"`
	Older    growthEndJSON    `json:"older"`
	Newer    growthEndJSON    `json:"newer"`
	Between  *float64         `json:"between_seconds"`
	ByFiles  bool             `json:"between_by_files"`
	Quota    *int64           `json:"quota_bytes"`
	Reached  *float64         `json:"quota_reached_in_seconds"`
	Prefixes []prefixGrowJSON `json:"growth"`
}

type growthEndJSON struct {
	File      string      `json:"file,omitempty"`
	Member    *sourceJSON `json:"member,omitempty"`
	At        time.Time   `json:"at"`
	Revision  int64       `json:"revision"`
	SizeBytes int64       `json:"size_bytes"`
	UsedBytes int64       `json:"used_bytes"`
	Keys      int64       `json:"keys"`
	Bytes     int64       `json:"bytes"`
}

type prefixGrowJSON struct {
	Prefix          string   `json:"prefix"`
	Kubernetes      bool     `json:"kubernetes"`
	Rest            bool     `json:"rest"`
	KeysBefore      int64    `json:"keys_before"`
	KeysAfter       int64    `json:"keys_after"`
	BytesBefore     int64    `json:"bytes_before"`
	BytesAfter      int64    `json:"bytes_after"`
	LiveBytesBefore int64    `json:"live_bytes_before"`
	LiveBytesAfter  int64    `json:"live_bytes_after"`
	BytesPerHour    *float64 `json:"bytes_per_hour"`
}

func growthDocument(g *growth) growthJSON {
	end := func(r *spaceReport) growthEndJSON {
		u := &r.usage
		file, member := r.origin()
		return growthEndJSON{file, member, u.Modified.UTC(), u.Revision, u.DatabaseBytes, u.UsedBytes(), u.Total.Keys,
			u.Total.Bytes()}
	}
	d := growthJSON{
		Schema: thresholds.Schema, At: g.newer.usage.Modified.UTC(), Older: end(&g.older), Newer: end(&g.newer),
		ByFiles: g.byFiles, Quota: knownQuota(g.newer.quota), Prefixes: []prefixGrowJSON{},
	}
	if g.between > 0 {
		seconds := g.between.Seconds()
		d.Between = &seconds
	}
	quota := g.newer.quota
	if in, ok := keyspace.UntilQuota(&g.older.usage, &g.newer.usage, g.between, quota); ok && quota > 0 {
		seconds := in.Seconds()
		d.Reached = &seconds
	}
	for i := range g.changes {
		c := &g.changes[i]
		p := prefixGrowJSON{
			Prefix: probe.Printable(c.Name), Kubernetes: c.Kubernetes, Rest: c.Rest, KeysBefore: c.Old.Keys,
			KeysAfter: c.New.Keys, BytesBefore: c.Old.Bytes(), BytesAfter: c.New.Bytes(),
			LiveBytesBefore: c.Old.LiveBytes, LiveBytesAfter: c.New.LiveBytes,
		}
		if rate, known := g.perHour(c.Bytes()); known {
			p.BytesPerHour = &rate
		}
		d.Prefixes = append(d.Prefixes, p)
	}
	return d
}
