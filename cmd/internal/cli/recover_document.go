package cli

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/recovery"
	"github.com/etcdoc/etcdoc/thresholds"
)

// The document of etcdoc recover is described in assets/schema. What is not known is absent.

type recoverJSON struct {
	Schema       string            `json:"schema"`
	At           time.Time         `json:"at"`
	Warranted    string            `json:"rebuild_warranted"`
	Text         string            `json:"text"`
	Choice       string            `json:"choice"`
	Remarks      []string          `json:"remarks"`
	Cluster      string            `json:"cluster_id,omitempty"`
	Voters       []recoverVoter    `json:"voters"`
	Quorum       int               `json:"quorum"`
	Missing      int               `json:"missing_voters"`
	Committed    uint64            `json:"committed_index"`
	CommittedBy  string            `json:"committed_by"`
	Revision     *int64            `json:"revision,omitempty"`
	Beyond       *recoverLoss      `json:"beyond,omitempty"`
	BeyondIn     []string          `json:"beyond_in,omitempty"`
	Dropped      uint64            `json:"dropped_entries"`
	UnseenQuorum bool              `json:"unseen_quorum"`
	Certain      bool              `json:"order_is_certain"`
	LosesNothing bool              `json:"loses_nothing"`
	Choices      []recoverChoice   `json:"choices"`
	Profile      string            `json:"profile,omitempty"`
	Procedure    []recoverStepJSON `json:"procedure"`
}

type recoverVoter struct {
	ID         string   `json:"id"`
	Name       string   `json:"name,omitempty"`
	PeerURLs   []string `json:"peer_urls"`
	ClientURLs []string `json:"client_urls"`
	Standing   string   `json:"standing"`
}

type recoverChoice struct {
	Name            string               `json:"name"`
	Kind            string               `json:"kind"`
	Path            string               `json:"path"`
	In              string               `json:"in,omitempty"`
	WALDir          string               `json:"wal_dir,omitempty"`
	Running         bool                 `json:"running"`
	Cluster         string               `json:"cluster_id,omitempty"`
	Member          string               `json:"member_id,omitempty"`
	Learner         bool                 `json:"learner"`
	Version         string               `json:"version,omitempty"`
	Way             string               `json:"way,omitempty"`
	Keeps           *uint64              `json:"keeps_index,omitempty"`
	Loss            *recoverLoss         `json:"loss,omitempty"`
	Term            *uint64              `json:"term,omitempty"`
	Commit          *uint64              `json:"commit_index,omitempty"`
	ConsistentIndex *uint64              `json:"consistent_index,omitempty"`
	ConsistentTerm  *uint64              `json:"consistent_term,omitempty"`
	Applied         *uint64              `json:"applied_index,omitempty"`
	FirstIndex      *uint64              `json:"first_log_index,omitempty"`
	LastIndex       *uint64              `json:"last_log_index,omitempty"`
	LastTerm        *uint64              `json:"last_log_term,omitempty"`
	SnapshotIndex   *uint64              `json:"snapshot_index,omitempty"`
	Torn            bool                 `json:"torn"`
	Revision        *int64               `json:"revision,omitempty"`
	CompactRevision *int64               `json:"compact_revision,omitempty"`
	Unfinished      bool                 `json:"compaction_unfinished"`
	ClusterVersion  string               `json:"cluster_version,omitempty"`
	StorageVersion  string               `json:"storage_version,omitempty"`
	DatabaseBytes   *int64               `json:"database_bytes,omitempty"`
	LogBytes        *int64               `json:"log_bytes,omitempty"`
	LogFiles        int                  `json:"log_files"`
	SnapFiles       int                  `json:"snap_files"`
	Written         *time.Time           `json:"written,omitempty"`
	Members         []databaseMemberJSON `json:"members"`
	Removed         []string             `json:"removed_members"`
	Alarms          []databaseAlarmJSON  `json:"alarms"`
	Problems        []string             `json:"problems"`
	Damaged         bool                 `json:"damaged"`
	Unknown         []recoverUnknown     `json:"unknown"`
}

type recoverUnknown struct {
	Fact string `json:"fact"`
	Why  string `json:"why"`
}

type recoverLoss struct {
	FromIndex uint64          `json:"from_index"`
	ToIndex   uint64          `json:"to_index"`
	Entries   uint64          `json:"entries"`
	Revisions *int64          `json:"revisions,omitempty"`
	Gone      int64           `json:"keys_gone"`
	Older     int64           `json:"keys_older"`
	Back      int64           `json:"keys_back"`
	Passing   int64           `json:"keys_passing"`
	NotAll    string          `json:"keys_not_known,omitempty"`
	Prefixes  []recoverPrefix `json:"lost_by_prefix"`
	Keys      []recoverKey    `json:"lost_keys,omitempty"`
}

type recoverPrefix struct {
	Prefix     string `json:"prefix"`
	Kubernetes bool   `json:"kubernetes"`
	Rest       bool   `json:"rest"`
	Gone       int64  `json:"gone"`
	Older      int64  `json:"older"`
	Back       int64  `json:"back"`
}

type recoverKey struct {
	Key      string `json:"key"`
	Change   string `json:"change"`
	Revision int64  `json:"revision,omitempty"`
}

type recoverStepJSON struct {
	Where    string   `json:"where"`
	Text     string   `json:"text"`
	Commands []string `json:"commands"`
}

func recoverDocument(r *recovered, flags *recoverFlags) *recoverJSON {
	_, text := r.verdict()
	d := &recoverJSON{
		Schema: thresholds.Schema, At: r.at.UTC(), Warranted: string(r.Warrant), Text: probe.Printable(text),
		Choice: probe.Printable(r.choice()), Remarks: printables(r.doubts()), Voters: []recoverVoter{},
		Quorum: r.Quorum, Missing: r.Missing, Committed: r.Committed, CommittedBy: string(r.By), Revision: r.Revision,
		Beyond: flags.lossDocument(r.Beyond), BeyondIn: printables(r.BeyondIn), Dropped: r.Dropped,
		UnseenQuorum: r.UnseenQuorum, Certain: r.Unranked == "", LosesNothing: r.LosesNothing(), Choices: []recoverChoice{},
		Profile: string(r.profile), Procedure: []recoverStepJSON{},
	}
	if r.Cluster != 0 {
		d.Cluster = r.Cluster.String()
	}
	for i := range r.Voters {
		v := &r.Voters[i]
		d.Voters = append(d.Voters, recoverVoter{v.ID.String(), probe.Printable(v.Name), printables(v.PeerURLs),
			printables(v.ClientURLs), string(v.Standing)})
	}
	for _, s := range r.Survivors {
		d.Choices = append(d.Choices, flags.choiceDocument(s))
	}
	for _, s := range r.steps {
		d.Procedure = append(d.Procedure,
			recoverStepJSON{probe.Printable(s.Where), probe.Printable(s.Text), printables(s.Commands)})
	}
	return d
}

func (r *recoverFlags) choiceDocument(s *recovery.Survivor) recoverChoice {
	d := recoverChoice{
		Name: probe.Printable(s.Label()), Kind: string(s.Kind), Path: probe.Printable(s.Path),
		In: probe.Printable(s.In), WALDir: probe.Printable(s.WALDir), Running: s.Running, Learner: s.Learner,
		Version: probe.Printable(s.Version),
		Way:     string(s.How), Keeps: s.Keeps, Loss: r.lossDocument(s.Loss), Term: s.Term, Commit: s.Commit,
		ConsistentIndex: s.ConsistentIndex, ConsistentTerm: s.ConsistentTerm, Applied: s.Applied,
		FirstIndex: s.FirstIndex, LastIndex: s.LastIndex, LastTerm: s.LastTerm, SnapshotIndex: s.SnapshotIndex,
		Torn: s.Torn, Revision: s.Revision,
		CompactRevision: s.CompactRevision, Unfinished: s.CompactionUnfinished,
		ClusterVersion: probe.Printable(s.ClusterVersion), StorageVersion: probe.Printable(s.StorageVersion),
		DatabaseBytes: s.DatabaseBytes, LogBytes: s.LogBytes, LogFiles: s.LogFiles, SnapFiles: s.SnapFiles,
		Members: databaseMembers(s.Members), Removed: printables(ids(s.Removed)), Alarms: databaseAlarms(s.Alarms),
		Problems: printables(s.Problems), Damaged: s.Damaged, Unknown: []recoverUnknown{},
	}
	if s.Cluster != 0 {
		d.Cluster = s.Cluster.String()
	}
	if s.Member != 0 {
		d.Member = s.Member.String()
	}
	if !s.Written.IsZero() {
		written := s.Written.UTC()
		d.Written = &written
	}
	for _, u := range s.Unknown {
		for _, fact := range u.Facts {
			d.Unknown = append(d.Unknown, recoverUnknown{fact, probe.Printable(u.Why)})
		}
	}
	return d
}

func (r *recoverFlags) lossDocument(l *recovery.Loss) *recoverLoss {
	if l == nil {
		return nil
	}
	d := &recoverLoss{
		FromIndex: l.From, ToIndex: l.To, Entries: l.Entries(), Revisions: l.Revisions, Gone: l.Gone, Older: l.Older,
		Back: l.Back, Passing: l.Passing, NotAll: probe.Printable(l.Why), Prefixes: []recoverPrefix{},
	}
	for i := range l.Prefixes {
		p := &l.Prefixes[i]
		d.Prefixes = append(d.Prefixes,
			recoverPrefix{probe.Printable(p.Name), p.Kubernetes, p.Rest, p.Gone, p.Older, p.Back})
	}
	if r.showKeys {
		for _, k := range r.keysOf(l) {
			d.Keys = append(d.Keys, recoverKey{probe.Printable(k.Name), string(k.Change), k.Revision})
		}
	}
	return d
}
