package cli

import (
	"fmt"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The document of etcdoc writes is described in assets/schema.

type writesJSON struct {
	Schema          string            `json:"schema"`
	At              time.Time         `json:"at"`
	After           *time.Time        `json:"after"`
	Directory       string            `json:"directory"`
	Files           int               `json:"files"`
	Member          string            `json:"member_id,omitempty"`
	Cluster         string            `json:"cluster_id,omitempty"`
	FirstIndex      uint64            `json:"first_index"`
	LastIndex       uint64            `json:"last_index"`
	CommittedIndex  uint64            `json:"committed_index"`
	FirstTerm       uint64            `json:"first_term"`
	LastTerm        uint64            `json:"last_term"`
	Entries         int64             `json:"entries"`
	EntryBytes      int64             `json:"entry_bytes"`
	Uncommitted     int64             `json:"uncommitted_entries"`
	Replaced        int64             `json:"replaced_entries"`
	Unread          int64             `json:"unread_entries"`
	Torn            bool              `json:"torn"`
	Requests        map[string]int64  `json:"requests"`
	Total           writeCountsJSON   `json:"total"`
	WritesByPrefix  []writePrefixJSON `json:"writes_by_prefix"`
	WritesByKey     []writeKeyJSON    `json:"writes_by_key,omitempty"`
	KeysAtLeast     bool              `json:"writes_by_key_at_least,omitempty"`
	WritesByLease   []writeLeaseJSON  `json:"writes_by_lease,omitempty"`
	Leases          int               `json:"leases"`
	RequestsBySize  []writeSizeJSON   `json:"requests_by_size"`
	Changes         []writeChangeJSON `json:"changes"`
	ChangesUnlisted int64             `json:"changes_before"`
}

type writeCountsJSON struct {
	Puts         int64 `json:"puts"`
	Deletes      int64 `json:"deletes"`
	RangeDeletes int64 `json:"range_deletes"`
	Conditional  int64 `json:"conditional"`
	Bytes        int64 `json:"bytes"`
}

type writePrefixJSON struct {
	Prefix     string `json:"prefix"`
	Kubernetes bool   `json:"kubernetes"`
	Rest       bool   `json:"rest"`
	writeCountsJSON
}

type writeKeyJSON struct {
	Key string `json:"key"`
	writeCountsJSON
}

type writeLeaseJSON struct {
	ID      string `json:"id"`
	Granted bool   `json:"granted"`
	Revoked bool   `json:"revoked"`
	writeCountsJSON
}

type writeSizeJSON struct {
	AtMost   *int64 `json:"at_most_bytes"`
	Requests int64  `json:"requests"`
	Bytes    int64  `json:"bytes"`
}

type writeChangeJSON struct {
	Index uint64 `json:"index"`
	What  string `json:"what"`
}

func writesDocument(l *readLog) *writesJSON {
	d := &writesJSON{
		Schema: thresholds.Schema, At: l.segments[len(l.segments)-1].Written.UTC(), Directory: probe.Printable(l.dir),
		Files: len(l.segments), FirstIndex: l.First, LastIndex: l.Last, CommittedIndex: l.Committed,
		FirstTerm: l.FirstTerm, LastTerm: l.LastTerm, Entries: l.Entries, EntryBytes: l.EntryBytes,
		Uncommitted: l.Uncommitted, Replaced: l.Replaced, Unread: l.Unread, Torn: l.torn != nil,
		Requests: map[string]int64{}, Total: writeCounts(&l.Total), WritesByPrefix: []writePrefixJSON{},
		KeysAtLeast: l.KeysAtLeast, Leases: l.LeasesSeen, RequestsBySize: []writeSizeJSON{},
		Changes: []writeChangeJSON{}, ChangesUnlisted: l.ChangesBefore,
	}
	if l.Member != 0 {
		d.Member, d.Cluster = fmt.Sprintf("%x", l.Member), fmt.Sprintf("%x", l.Cluster)
	}
	if !l.after.IsZero() {
		after := l.after.UTC()
		d.After = &after
	}
	for _, k := range requestKinds {
		d.Requests[k.json] = l.Requests[k.kind]
	}
	for i := range l.Prefixes {
		p := &l.Prefixes[i]
		d.WritesByPrefix = append(d.WritesByPrefix,
			writePrefixJSON{probe.Printable(p.Name), p.Kubernetes, p.Rest, writeCounts(&p.Counts)})
	}
	for i := range l.Keys {
		k := &l.Keys[i]
		d.WritesByKey = append(d.WritesByKey, writeKeyJSON{probe.Printable(k.Name), writeCounts(&k.Counts)})
	}
	for i := range l.Leases {
		one := &l.Leases[i]
		d.WritesByLease = append(d.WritesByLease,
			writeLeaseJSON{fmt.Sprintf("%x", one.ID), one.Granted, one.Revoked, writeCounts(&one.Counts)})
	}
	for _, s := range l.Sizes {
		one := writeSizeJSON{nil, s.Entries, s.Bytes}
		if s.AtMost > 0 {
			one.AtMost = &s.AtMost
		}
		d.RequestsBySize = append(d.RequestsBySize, one)
	}
	for _, c := range l.Changes {
		d.Changes = append(d.Changes, writeChangeJSON{c.Index, probe.Printable(c.What)})
	}
	return d
}

func writeCounts(c *wal.Counts) writeCountsJSON {
	return writeCountsJSON{c.Puts, c.Deletes, c.RangeDeletes, c.Conditional, c.Bytes}
}
