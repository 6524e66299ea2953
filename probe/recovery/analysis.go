package recovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// Options say what to read.
type Options struct {
	// Paths are data directories, snapshots, and bundles of them.
	Paths []string
	// WALDirs are the logs of data directories where etcd has another --wal-dir, by the data directory.
	WALDirs map[string]string
	// Live are members that answer: see [FromSweep].
	Live []*Survivor
	// Stream lets one of these send its database; nil if theirs are not read.
	Stream func(ctx context.Context, s *Survivor, report keyspace.Progress) (*keyspace.DB, error)
	// Depth is how many segments of a key are its prefix, outside Kubernetes; 0: [probe.PrefixDepth].
	Depth int
	// Report returns what is told how far the reading of a file is; nil if nobody wants to know.
	Report func(doing, path string) keyspace.Progress
}

// CommittedBy says how it is known what is committed.
type CommittedBy string

// The ways.
const (
	ByState    CommittedBy = "state"    // a member has it as committed, or has applied it
	ByMajority CommittedBy = "majority" // it is in the logs of a majority of the voters
)

// A Standing is what is left of a voter.
type Standing string

// The standings.
const (
	Here         Standing = "data-directory" // its data directory is among the survivors, and etcd starts with it
	Answers      Standing = "answers"        // it is live, or etcd runs on its data directory
	NeverStarted Standing = "never-started"  // it was added, and never ran
	Unusable     Standing = "unusable"       // its data directory is among the survivors, and etcd does not start with it
	NotGiven     Standing = "not-given"
)

// A Voter is a member that has a vote.
type Voter struct {
	probe.Peer
	Standing Standing
}

// A Warrant says whether to build a cluster anew.
type Warrant string

// The warrants.
const (
	NotWarranted   Warrant = "no"         // a quorum of the voters is there: start them
	StartsNewVoter Warrant = "no-start"   // with voters that were added and never ran, it is a quorum: start these
	IfGone         Warrant = "if-gone"    // only if the others are gone for good, which nobody can see from here
	NotKnown       Warrant = "not-known"  // who the voters are is not known
	Quorate        Warrant = "has-quorum" // the members that answer have a leader and are a quorum
)

// An Analysis is what survivors say together.
type Analysis struct {
	Cluster probe.ClusterID
	// Survivors are those that were read, the one that keeps most first, and those that can't be ranked last.
	Survivors []*Survivor
	// Failed are paths of which nothing could be read.
	Failed []error
	// Members are those of the cluster at Committed, and Voters those of them that have a vote. They are empty if that
	// is not known.
	Members []probe.Peer
	Voters  []Voter
	Quorum  int
	// Committed is up to which index entries are known to be committed, and By says how.
	Committed uint64
	By        CommittedBy
	// Revision is that of the keys at Committed; nil without a database, or if it is not known.
	Revision *int64
	// Beyond are the entries behind that which may have been acknowledged, because so many voters have them, or may
	// have them, that these are a quorum; nil if there are none. No way to build the cluster anew keeps them: they are
	// kept if enough of the voters are started with their data. BeyondIn are the survivors that have all of them.
	Beyond   *Loss
	BeyondIn []string
	// Dropped are how many entries are at the end of some log and can't have been committed.
	Dropped uint64
	// UnseenQuorum says that the voters whose logs were not read, or not up to their ends, are a quorum by themselves:
	// they may have committed more than any of the survivors has.
	UnseenQuorum bool
	Warrant      Warrant
	// Missing is how many voters more would be a quorum.
	Missing int
	// Unranked says why a survivor that can't be ranked may keep more than the first one; empty if none may.
	Unranked string
}

// Best is the survivor that keeps most; nil if none can be ranked.
func (a *Analysis) Best() *Survivor {
	if len(a.Survivors) > 0 && a.Survivors[0].Keeps != nil {
		return a.Survivors[0]
	}
	return nil
}

// LosesNothing reports that the best survivor has all that may be committed.
func (a *Analysis) LosesNothing() bool {
	best := a.Best()
	return best != nil && best.Loss != nil && best.Loss.Entries() == 0 && a.Beyond == nil && !a.UnseenQuorum &&
		a.Unranked == "" && len(a.Voters) > 0
}

// Read reads survivors and compares them. A [SplitError] says that they do not belong together.
func Read(ctx context.Context, o Options) (_ *Analysis, err error) {
	if o.Report == nil {
		o.Report = func(string, string) keyspace.Progress { return nil }
	}
	s := search{walDirs: maps.Clone(o.WALDirs)}
	defer func() {
		for _, dir := range s.unpacked {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	for _, path := range o.Paths {
		if err := s.add(ctx, path, o.Report("unpacking", path)); err != nil {
			return nil, err
		}
	}
	for dir := range s.walDirs {
		return nil, fmt.Errorf("--wal-dir is given for %q, which is none of the data directories", dir)
	}
	a := new(Analysis)
	defer func() {
		for _, one := range a.Survivors {
			if closed := one.close(); err == nil {
				err = closed
			}
		}
	}()
	r := reader{ctx, o.Report}
	for i := range s.found {
		f := &s.found[i]
		one, err := r.read(f)
		if err != nil {
			alone := f.in == "" && len(s.found)+len(o.Live) == 1
			if alone || ctx.Err() != nil || f.in == "" && errors.Is(err, fs.ErrPermission) {
				return nil, err
			}
			a.Failed = append(a.Failed, err)
			continue
		}
		a.Survivors = append(a.Survivors, one)
	}
	if a.Survivors = append(a.Survivors, o.Live...); len(a.Survivors) == 0 {
		return nil, errors.Join(a.Failed...)
	}
	for _, s := range o.Live {
		if err := r.stream(s, o.Stream); err != nil {
			return nil, err
		}
	}
	if err := checkTogether(a.Survivors); err != nil {
		return nil, err
	}
	return a, a.compare(ctx, &o)
}

// compare compares the survivors.
func (a *Analysis) compare(ctx context.Context, o *Options) error {
	h := newHistory(a.Survivors)
	base := a.base()
	a.findMembers(h, base)
	a.Members = h.commitByMajority(a.Members)
	a.Committed, a.By = h.committed, h.by
	acknowledged := h.acknowledged(a.Members)
	if a.Dropped = h.end() - acknowledged; h.best == nil {
		a.Dropped = 0
	}
	a.judge(h)
	if err := a.lose(ctx, o, h, base, acknowledged); err != nil {
		return err
	}
	slices.SortStableFunc(a.Survivors, compareSurvivors)
	a.noteUnranked()
	return nil
}

// compareSurvivors puts the survivor first that keeps most: by the index that is kept, then by what is applied of that.
func compareSurvivors(a, b *Survivor) int {
	rank := func(s *Survivor) int {
		if s.Keeps == nil {
			return 1
		}
		return 0
	}
	way := func(s *Survivor) int { return slices.Index([]How{ForceNewCluster, Restore}, s.How) }
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(index(b.Keeps), index(a.Keeps)),
		cmp.Compare(index(b.applied()), index(a.applied())), cmp.Compare(way(a), way(b)),
		cmp.Compare(index(b.LastTerm), index(a.LastTerm)), cmp.Compare(index(b.LastIndex), index(a.LastIndex)))
}

// noteUnranked says which survivor that can't be ranked may keep more than the best.
func (a *Analysis) noteUnranked() {
	best := a.Best()
	for _, s := range a.Survivors {
		switch {
		case s.Keeps != nil:
		case best == nil:
			a.Unranked = "none of them says what it would keep"
		case s.Running || s.log == nil || s.log.damage != nil || ended(s.log) > *best.Keeps:
			a.Unranked = fmt.Sprintf("%s may keep more: what it has is not known", s.Label())
		}
	}
}

// base is the survivor whose database has most; nil if none can be read.
func (a *Analysis) base() (base *Survivor) {
	for _, s := range a.Survivors {
		if s.db != nil && s.ConsistentIndex != nil && !s.isUnreadable &&
			(base == nil || *s.ConsistentIndex > *base.ConsistentIndex) {
			base = s
		}
	}
	return base
}

// findMembers sets the cluster's members at what is committed.
func (a *Analysis) findMembers(h *history, base *Survivor) {
	newest := base
	for _, s := range a.Survivors {
		if a.Cluster == 0 {
			a.Cluster = s.Cluster
		}
		if s.Kind == Live && len(s.Members) > 0 && (newest == nil || index(s.Applied) >= index(newest.applied())) {
			newest = s
		}
	}
	if newest == nil {
		return
	}
	a.Members = newest.Members
	entries := h.entries(index(newest.applied())+1, h.committed)
	for i := range entries {
		if entries[i].Kind == wal.ConfChangeEntry {
			a.Members = changeMembers(a.Members, &entries[i])
		}
	}
}

// judge says what is left of each voter, and whether to build the cluster anew.
func (a *Analysis) judge(h *history) {
	voters := votersAmong(a.Members)
	if a.Quorum = len(voters)/2 + 1; len(voters) == 0 {
		a.Warrant, a.Quorum = NotKnown, 0
		return
	}
	available, fresh, unseen, answering := 0, 0, 0, 0
	hasLeader := slices.ContainsFunc(a.Survivors, func(s *Survivor) bool { return s.Leader != 0 })
	for _, peer := range voters {
		v := Voter{peer, a.standing(&peer)}
		switch v.Standing {
		case Here:
			available++
		case Answers:
			available++
			answering++
		case NeverStarted:
			fresh++
		}
		if s := h.logOf(peer.ID); s == nil && v.Standing != NeverStarted || s != nil && s.hasCutLog() {
			unseen++
		}
		a.Voters = append(a.Voters, v)
	}
	a.UnseenQuorum = unseen >= a.Quorum
	a.Missing = max(a.Quorum-available, 0)
	switch {
	case answering >= a.Quorum && hasLeader:
		a.Warrant = Quorate
	case a.Missing == 0:
		a.Warrant = NotWarranted
	case available+fresh >= a.Quorum:
		a.Warrant = StartsNewVoter
	default:
		a.Warrant = IfGone
	}
}

// standing is what is left of a member.
func (a *Analysis) standing(m *probe.Peer) Standing {
	standing := NotGiven
	if m.Name == "" && len(m.ClientURLs) == 0 {
		standing = NeverStarted
	}
	for _, s := range a.Survivors {
		switch {
		case s.Member != m.ID || s.Kind == Snapshot:
		case s.Kind == Live || s.Running:
			return Answers
		case s.How == ForceNewCluster:
			standing = Here
		case standing != Here:
			standing = Unusable
		}
	}
	return standing
}
