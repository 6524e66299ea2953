package recovery

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// A Kind says what a survivor is.
type Kind string

// The kinds.
const (
	DataDir  Kind = "data-dir" // of a member, with its log if that is there
	Snapshot Kind = "snapshot" // a database alone
	Live     Kind = "live"     // a member that answers
)

// A Survivor is something that a cluster may be built anew from. What is nil or empty is not known: Unknown says why.
type Survivor struct {
	Kind Kind
	// Path is the directory or the file as it was named, or the endpoint; In is the bundle that it was found in.
	Path, In string
	// WALDir is where the log is.
	WALDir string
	// Running says that etcd runs on the directory.
	Running bool

	// Cluster, Member and Name are whose it is; a snapshot says it of none. Learner says that it has no vote.
	Cluster probe.ClusterID
	Member  probe.MemberID
	Name    string
	Learner bool
	// Version is that of the etcd that answers, and Leader whom it follows; 0: nobody, as far as it knows.
	Version string
	Leader  probe.MemberID

	// Term and Commit are those of the log's HardState, or of a live member's status.
	Term, Commit *uint64
	// ConsistentIndex is the index of the last entry that the database has, ConsistentTerm its term, and Applied what
	// a live member has applied.
	ConsistentIndex, ConsistentTerm, Applied *uint64
	// FirstIndex and LastIndex are those of the entries in the log, LastTerm is the last one's term, and SnapshotIndex
	// is where etcd begins to read the log.
	FirstIndex, LastIndex, LastTerm, SnapshotIndex *uint64
	// Torn says that the last record of the log was not written in full, as after a crash.
	Torn bool

	// Members are those of the cluster as this one knows them, Removed those that were.
	Members []probe.Peer
	Removed []probe.MemberID
	Alarms  []probe.Alarm

	// Revision is that of the database, CompactRevision that of its last compaction.
	Revision, CompactRevision      *int64
	CompactionUnfinished           bool
	ClusterVersion, StorageVersion string

	// HasSum says that the file has a sum of the database behind it, without which etcdutl restores it only with
	// --skip-hash-check.
	HasSum bool

	// DatabaseBytes are the database's pages, LogBytes and LogFiles the log's files; SnapFiles are how many files of
	// raft's snapshots there are beside the database. Written is when the newest of them was written.
	DatabaseBytes, LogBytes *int64
	LogFiles, SnapFiles     int
	Written                 time.Time

	// Keeps is the index up to which entries are kept if the cluster is built anew from this one in the way of How.
	Keeps *uint64
	How   How
	// Problems are what is wrong with its files, Damaged says that one of them is damaged, and Unknown are facts that
	// could not be read.
	Problems []string
	Damaged  bool
	Unknown  []Unknown

	// Loss is what would be lost with this choice of what is known to be committed; nil if Keeps is.
	Loss *Loss

	log   *memberLog
	state *keyspace.Summary
	db    *keyspace.DB // nil if it can't be read, or was not
	// isUnreadable says that what is in db turned out to be damaged.
	isUnreadable bool
}

// A How is a way to build a cluster anew.
type How string

// The ways.
const (
	// ForceNewCluster: etcd --force-new-cluster, on the data directory.
	ForceNewCluster How = "force-new-cluster"
	// Restore: etcdutl snapshot restore, of a snapshot or of the database file of a data directory.
	Restore How = "restore"
)

// Unknown are facts that could not be read, and why.
type Unknown struct {
	Facts []string
	Why   string
}

// Label is what a survivor is called: its name, or else its id or its file.
func (s *Survivor) Label() string {
	if s.Kind == Snapshot {
		return filepath.Base(s.Path)
	}
	id := ""
	if s.Member != 0 {
		id = s.Member.String()
	}
	return cmp.Or(s.Name, id, s.Path)
}

func (s *Survivor) unknown(why string, facts ...string) {
	s.Unknown = append(s.Unknown, Unknown{facts, why})
}

func (s *Survivor) problem(format string, arguments ...any) {
	s.Problems = append(s.Problems, fmt.Sprintf(format, arguments...))
}

// applied is the index of the last entry that the survivor has applied.
func (s *Survivor) applied() *uint64 {
	if s.Kind == Live {
		return s.Applied
	}
	return s.ConsistentIndex
}

// termAt is the term of the entry at an index, if the survivor knows it.
func (s *Survivor) termAt(index uint64) (term uint64, known bool) {
	if s.log != nil {
		if term, known = s.log.termAt(index); known {
			return term, true
		}
	}
	if s.ConsistentIndex != nil && *s.ConsistentIndex == index && s.ConsistentTerm != nil {
		return *s.ConsistentTerm, true
	}
	return 0, false
}

// describe sets what the parts that were read say.
func (s *Survivor) describe() {
	if l := s.log; l != nil {
		s.Cluster, s.Member = probe.ClusterID(l.member.ClusterID), probe.MemberID(l.member.ID)
		s.Term, s.Commit, s.Torn = known(l.state.Term), known(l.state.Commit), l.torn
		if last, term := l.last(); last > 0 {
			s.LastIndex, s.LastTerm = &last, &term
		}
		if first, _ := l.span(); first > 0 {
			s.FirstIndex = &first
		}
		if l.snapshot.Index > 0 {
			s.SnapshotIndex = &l.snapshot.Index
		}
	}
	if d := s.state; d != nil {
		s.ConsistentIndex, s.ConsistentTerm = d.ConsistentIndex, d.Term
		s.Members, s.Removed, s.Alarms = d.Members, d.Removed, d.Alarms
		s.Revision, s.CompactRevision = &d.Revision, &d.CompactRevision
		s.CompactionUnfinished, s.HasSum = d.CompactionUnfinished, d.HasSum
		s.ClusterVersion, s.StorageVersion, s.DatabaseBytes = d.ClusterVersion, d.StorageVersion, &d.DatabaseBytes
		switch {
		case d.ConsistentIndex != nil:
		case s.Kind == Snapshot:
			s.unknown("the database does not say it", "consistent index")
		default: // etcd takes it as 0, and applies its log from the beginning
			s.ConsistentIndex = known(0)
		}
	}
	// It applies these when it starts.
	for _, e := range s.entries(index(s.ConsistentIndex)+1, index(s.Commit)) {
		s.Members = changeMembers(s.Members, &e)
	}
	for _, m := range s.Members {
		if m.ID == s.Member {
			s.Name, s.Learner = m.Name, m.Learner
		}
	}
}

func known(n uint64) *uint64 { return &n }

// choose sets how the cluster can be built anew from the survivor, and what that keeps. etcd's --force-new-cluster
// keeps entries up to max(HardState.Commit, consistent_index) and drops the rest (server/etcdserver/bootstrap.go,
// bootstrapWALFromSnapshot); a restore keeps what the database has.
func (s *Survivor) choose() {
	switch {
	case s.Kind == Live && s.Learner: // etcd --force-new-cluster ends at once with it
		s.Keeps, s.How = s.Applied, Restore
	case s.Kind == Live:
		s.Keeps, s.How = s.Commit, ForceNewCluster
	case s.state == nil || s.ConsistentIndex == nil || s.isUnreadable:
	case s.Kind == Snapshot || !s.starts():
		s.Keeps, s.How = s.ConsistentIndex, Restore
	default:
		s.Keeps, s.How = known(max(*s.Commit, *s.ConsistentIndex)), ForceNewCluster
	}
}

// starts reports that etcd starts on the data directory, and becomes a cluster of its own there; if not, it says why
// among the problems.
func (s *Survivor) starts() bool {
	before := len(s.Problems)
	switch {
	case s.log == nil || s.log.damage != nil: // said already
		return false
	case s.Learner:
		s.problem("it is of a learner, with which etcd --force-new-cluster ends at once (removed all voters): only its " +
			"database can be restored")
	case slices.Contains(s.Removed, s.Member):
		s.problem("it is of a member that was removed, with which etcd --force-new-cluster ends at once (removed all " +
			"voters): only its database can be restored")
	case max(*s.ConsistentIndex, *s.Commit) > ended(s.log):
		s.problem("its log ends with index %d, and entries up to %d were committed: etcd does not start with that, and only "+
			"its database can be restored", ended(s.log), max(*s.ConsistentIndex, *s.Commit))
	case s.log.snapshot.Index > *s.ConsistentIndex:
		s.problem("its log begins with a snapshot at index %d that its database does not have (index %d), and the file of "+
			"that snapshot is missing: etcd does not start with that, and only its database can be restored",
			s.log.snapshot.Index, *s.ConsistentIndex)
	}
	return len(s.Problems) == before
}

// hasCutLog reports that its log lacks its end: the database has entries behind it, or it is damaged.
func (s *Survivor) hasCutLog() bool {
	return s.log != nil && (s.log.damage != nil || index(s.ConsistentIndex) > ended(s.log))
}

func ended(l *memberLog) uint64 {
	last, _ := l.last()
	return last
}

// entries returns those of the log from one index up to another one, as far as they are there.
func (s *Survivor) entries(from, to uint64) []wal.Entry {
	if s.log == nil {
		return nil
	}
	return s.log.entries(from, to)
}
