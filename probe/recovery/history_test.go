package recovery

import (
	"errors"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// A logged member is one with a log of entries of some terms, from index 1 on.
func logged(id probe.MemberID, commit, term uint64, terms ...uint64) *Survivor {
	l := &memberLog{member: wal.Member{ID: uint64(id), ClusterID: 1}}
	for i, t := range terms {
		l.add(&wal.Record{Entry: &wal.Entry{Index: uint64(i + 1), Term: t, Data: []byte{byte(t)}}})
	}
	l.state = wal.State{Term: term, Commit: commit}
	s := &Survivor{Kind: DataDir, Path: id.String(), log: l, Cluster: 1, Member: id, Keeps: &commit, Commit: &commit}
	return s
}

func votersOf(n int) (voters []probe.Peer) {
	for i := range n {
		voters = append(voters, probe.Peer{ID: probe.MemberID(i + 1)})
	}
	return voters
}

// TestHistory says what is committed, and what may have been acknowledged.
func TestHistory(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		voters       int
		all          []*Survivor
		committed    uint64
		by           CommittedBy
		acknowledged uint64
	}{
		"all have it as committed": {3, []*Survivor{logged(1, 3, 1, 1, 1, 1), logged(2, 3, 1, 1, 1, 1)}, 3, ByState, 3},
		"two of three have it in the log, in its term": {3, []*Survivor{logged(1, 1, 1, 1, 1, 1), logged(2, 1, 1, 1, 1)},
			2, ByMajority, 3},
		"one of three, the others unseen": {3, []*Survivor{logged(1, 1, 1, 1, 1)}, 1, ByState, 2},
		"one of three, and the others lack it": {3, []*Survivor{logged(1, 1, 1, 1, 1), logged(2, 1, 1, 1), logged(3, 1, 1, 1)},
			1, ByState, 1},
		"one of five, and two lack it": {5, []*Survivor{logged(1, 1, 1, 1, 1), logged(2, 1, 1, 1), logged(3, 1, 1, 1)},
			1, ByState, 2},
		"one of five, and three lack it": {5, []*Survivor{logged(1, 1, 1, 1, 1), logged(2, 1, 1, 1), logged(3, 1, 1, 1),
			logged(4, 1, 1, 1)}, 1, ByState, 1},
		// Raft, figure 8: the entry of term 2 is on a majority, and a member with one of term 3 could still be elected.
		"an old term's entry on a majority, and a later one elsewhere": {5, []*Survivor{
			logged(1, 1, 4, 1, 2, 4), logged(2, 1, 4, 1, 2), logged(3, 1, 4, 1, 2), logged(4, 1, 3, 1),
			logged(5, 1, 3, 1, 3),
		}, 1, ByState, 2},
		"the same, without that elsewhere": {5, []*Survivor{
			logged(1, 1, 4, 1, 2, 4), logged(2, 1, 4, 1, 2), logged(3, 1, 4, 1, 2), logged(4, 1, 3, 1),
			logged(5, 1, 3, 1),
		}, 2, ByMajority, 2},
		"the same, and that one unseen": {5, []*Survivor{
			logged(1, 1, 4, 1, 2, 4), logged(2, 1, 4, 1, 2), logged(3, 1, 4, 1, 2), logged(4, 1, 3, 1),
		}, 1, ByState, 2},
		// The entries of term 2 lost to those of term 3, although there are more of them.
		"a longer log of an earlier term": {3, []*Survivor{logged(1, 1, 3, 1, 2, 2, 2), logged(2, 1, 3, 1, 3)},
			1, ByState, 2},
		"a voter that is only a learner's": {1, []*Survivor{logged(1, 1, 1, 1, 1), logged(2, 1, 1, 1, 1, 1)}, 2, ByMajority, 2},
	} {
		h := newHistory(test.all)
		h.commitByMajority(votersOf(test.voters))
		acknowledged := h.acknowledged(votersOf(test.voters))
		if h.committed != test.committed || h.by != test.by || acknowledged != test.acknowledged {
			t.Errorf("%s: committed up to %d (%s), perhaps acknowledged up to %d; want %d (%s) and %d", name, h.committed, h.by,
				acknowledged, test.committed, test.by, test.acknowledged)
		}
	}
}

// TestLogRewritten: an entry takes the place of one with its index, and of those behind it.
func TestLogRewritten(t *testing.T) {
	t.Parallel()
	s := logged(1, 1, 3, 1, 2, 2, 2)
	s.log.add(&wal.Record{Entry: &wal.Entry{Index: 3, Term: 3, Data: []byte("x")}})
	for at, want := range map[uint64]uint64{1: 1, 2: 2, 3: 3, 4: 0} {
		if term, has := s.log.termAt(at); term != want || has != (want > 0) {
			t.Errorf("index %d has term %d, want %d", at, term, want)
		}
	}
	if got := s.entries(2, 9); len(got) != 2 || string(got[1].Data) != "x" || len(s.log.sums) != 3 {
		t.Errorf("%+v", got)
	}
	s.log.add(&wal.Record{Entry: &wal.Entry{Index: 9, Term: 4}}) // the leader has sent a snapshot up to 8
	if first, last := s.log.span(); first != 9 || last != 9 || s.entries(2, 3) != nil {
		t.Errorf("it begins with %d and ends with %d", first, last)
	}
}

// TestTogether refuses what is not of one cluster with one history.
func TestTogether(t *testing.T) {
	t.Parallel()
	foreign := logged(2, 2, 1, 1, 1)
	foreign.Cluster = 2
	for name, test := range map[string]struct {
		all  []*Survivor
		want string
	}{
		"one cluster":           {[]*Survivor{logged(1, 3, 1, 1, 1, 1), logged(2, 2, 1, 1, 1)}, ""},
		"differ behind commit":  {[]*Survivor{logged(1, 2, 3, 1, 1, 3), logged(2, 2, 2, 1, 1, 2)}, ""},
		"two clusters":          {[]*Survivor{logged(1, 2, 1, 1, 1), foreign}, "of different clusters"},
		"built anew meanwhile":  {[]*Survivor{logged(1, 3, 3, 1, 1, 3), logged(2, 3, 2, 1, 1, 2)}, "different entries at index 3"},
		"a snapshot of another": {[]*Survivor{member(1), member(2)}, "know no member in common"},
	} {
		err := checkTogether(test.all)
		var split *SplitError
		if (err == nil) != (test.want == "") || err != nil && (!errors.As(err, &split) || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// member is a snapshot that knows one member.
func member(id probe.MemberID) *Survivor {
	return &Survivor{Kind: Snapshot, Path: id.String(), Members: []probe.Peer{{ID: id}}}
}
