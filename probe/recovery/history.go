package recovery

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/wal"
)

// A SplitError says that survivors do not belong together: they can't be ranked.
type SplitError struct{ Why string }

func (e *SplitError) Error() string { return e.Why }

// checkTogether returns an error unless all survivors are of one cluster, with one history.
func checkTogether(all []*Survivor) error {
	clusters := map[probe.ClusterID][]string{}
	var ids []probe.ClusterID
	for _, s := range all {
		if s.Cluster == 0 {
			continue
		}
		if clusters[s.Cluster] == nil {
			ids = append(ids, s.Cluster)
		}
		clusters[s.Cluster] = append(clusters[s.Cluster], s.Path)
	}
	if len(ids) > 1 {
		var words []string
		for _, id := range ids {
			words = append(words, fmt.Sprintf("%s: %s", id, strings.Join(clusters[id], ", ")))
		}
		return &SplitError{"these are of different clusters, and none can stand in for another: " +
			strings.Join(words, "; ")}
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if err := checkPair(b, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPair returns an error if two survivors can't be of one history.
func checkPair(a, b *Survivor) error {
	if a.Cluster == 0 || b.Cluster == 0 {
		if len(a.Members) > 0 && len(b.Members) > 0 && !shareMember(a, b) {
			return &SplitError{fmt.Sprintf("%s and %s know no member in common: they are of different clusters, or one was "+
				"restored or built anew since", a.Path, b.Path)}
		}
	}
	to := min(index(a.Keeps), index(b.Keeps))
	differ := uint64(0)
	if a.log != nil && b.log != nil {
		differ = a.log.differsFrom(b.log, to)
	}
	if differ == 0 {
		for _, at := range []uint64{index(a.ConsistentIndex), index(b.ConsistentIndex)} {
			ofA, knownA := a.termAt(at)
			ofB, knownB := b.termAt(at)
			if at > 0 && at <= to && knownA && knownB && ofA != ofB {
				differ = at
			}
		}
	}
	if differ > 0 {
		return &SplitError{fmt.Sprintf("%s and %s have different entries at index %d, which both have as committed: one of "+
			"them was built anew (--force-new-cluster, restore) while the other went on, and they are two clusters now",
			a.Path, b.Path, differ)}
	}
	return nil
}

func shareMember(a, b *Survivor) bool {
	return slices.ContainsFunc(a.Members, func(m probe.Peer) bool {
		return slices.ContainsFunc(b.Members, func(o probe.Peer) bool { return o.ID == m.ID }) ||
			slices.Contains(b.Removed, m.ID)
	})
}

// A history is what all survivors together know of the cluster's log.
type history struct {
	all []*Survivor
	// committed is up to where entries are committed for certain; by says how that is known.
	committed uint64
	by        CommittedBy
	// best is the survivor whose log is the most up to date, as raft compares them: by the last entry's term, then by
	// its index. nil if there is no log.
	best *Survivor
}

// newHistory finds out what is committed by what the survivors themselves have as committed.
func newHistory(all []*Survivor) *history {
	h := &history{all: all, by: ByState}
	for _, s := range all {
		h.committed = max(h.committed, index(s.Keeps), index(s.Commit), index(s.ConsistentIndex))
		if s.log != nil && (h.best == nil || compareLast(s.log, h.best.log) > 0) {
			h.best = s
		}
	}
	return h
}

func compareLast(a, b *memberLog) int {
	lastOfA, termOfA := a.last()
	lastOfB, termOfB := b.last()
	return cmp.Or(cmp.Compare(termOfA, termOfB), cmp.Compare(lastOfA, lastOfB))
}

// end is where the most up to date log ends.
func (h *history) end() uint64 {
	if h.best == nil {
		return h.committed
	}
	return max(ended(h.best.log), h.committed)
}

// A holding says of a voter whether its log is known to have the best log's entry at an index, or not to have it.
type holding int

const (
	notKnown holding = iota
	holds
	lacks
)

// holding of a voter at an index behind what is committed. A log that lacks its end may have had more.
func (h *history) holding(voter probe.MemberID, at uint64) holding {
	found := notKnown
	want, _ := h.best.log.termAt(at)
	for _, s := range h.all {
		if s.Member != voter || s.log == nil {
			continue
		}
		term, has := s.log.termAt(at)
		switch {
		case has && term == want:
			return holds
		case !s.hasCutLog() || has:
			found = lacks
		}
	}
	return found
}

// count says of how many voters the logs have the entry at an index, and of how many that is not known.
func (h *history) count(voters []probe.Peer, at uint64) (holders, unknown int) {
	for i := range voters {
		switch h.holding(voters[i].ID, at) {
		case holds:
			holders++
		case notKnown:
			unknown++
		}
	}
	return holders, unknown
}

// commitByMajority goes on with what is committed by where the logs of a majority of the voters have an entry, and
// nothing else can take its place, and returns the members at that. What changes the membership counts for what comes
// after it.
func (h *history) commitByMajority(members []probe.Peer) []probe.Peer {
	for h.best != nil {
		change := h.nextChange(h.committed)
		h.commitUpTo(change, votersAmong(members))
		if h.committed < change || change == h.end() && h.change(change) == nil {
			break
		}
		members = changeMembers(members, h.change(change))
	}
	return members
}

// nextChange is the index of the next entry behind an index that changes the membership, or else the last of all.
func (h *history) nextChange(behind uint64) uint64 {
	at := behind + 1
	for at < h.end() && h.change(at) == nil {
		at++
	}
	return at
}

// change is the entry at an index behind what was committed at first, if it changes the membership.
func (h *history) change(at uint64) *wal.Entry {
	if found := h.best.entries(at, at); len(found) > 0 && found[0].Kind == wal.ConfChangeEntry {
		return &found[0]
	}
	return nil
}

func votersAmong(members []probe.Peer) (voters []probe.Peer) {
	for _, m := range members {
		if !m.Learner {
			voters = append(voters, m)
		}
	}
	return voters
}

// commitUpTo goes on with what is committed, at most up to an index. An entry is committed that is in the logs of a
// majority if those members were in no later term, or all logs are known and none of the others is more up to date. One
// of an earlier term on a majority alone may still have been replaced (raft, figure 8).
func (h *history) commitUpTo(last uint64, voters []probe.Peer) {
	quorum := len(voters)/2 + 1
	for at := last; at > h.committed && len(voters) > 0; at-- {
		term, ok := h.best.log.termAt(at)
		if !ok {
			return
		}
		holders, unknown := h.count(voters, at)
		if holders < quorum {
			continue
		}
		inTerm, ahead := 0, false
		for i := range voters {
			s := h.logOf(voters[i].ID)
			switch {
			case s == nil:
			case h.holding(voters[i].ID, at) == holds && s.log.state.Term == term:
				inTerm++
			case h.holding(voters[i].ID, at) == lacks:
				_, last := s.log.last()
				ahead = ahead || last > term
			}
		}
		if inTerm >= quorum || unknown == 0 && !ahead {
			h.committed, h.by = at, ByMajority
			return
		}
	}
}

// logOf is the survivor with the most up to date log of a member; nil if there is none.
func (h *history) logOf(id probe.MemberID) (best *Survivor) {
	for _, s := range h.all {
		if s.Member == id && s.log != nil && (best == nil || compareLast(s.log, best.log) > 0) {
			best = s
		}
	}
	return best
}

// acknowledged is up to where entries behind what is committed may have been acknowledged: so many voters may have them
// that they would be a quorum, with the membership as it was or as one of these entries changes it.
func (h *history) acknowledged(members []probe.Peer) uint64 {
	last := h.committed
	memberships := [][]probe.Peer{members}
	for at := h.committed + 1; at <= h.end(); at++ {
		if _, ok := h.best.log.termAt(at); !ok {
			break
		}
		if !slices.ContainsFunc(memberships, func(members []probe.Peer) bool { return h.mayHaveQuorum(members, at) }) {
			break
		}
		if e := h.change(at); e != nil {
			memberships = append(memberships, changeMembers(memberships[len(memberships)-1], e))
		}
		last = at
	}
	return last
}

// mayHaveQuorum reports that a quorum of the voters among some members may have the entry at an index. Where none is
// known, nobody knows.
func (h *history) mayHaveQuorum(members []probe.Peer, at uint64) bool {
	voters := votersAmong(members)
	holders, unknown := h.count(voters, at)
	return len(voters) == 0 || holders+unknown >= len(voters)/2+1
}

// entries returns those from one index up to another one that the cluster has, as far as they are known.
func (h *history) entries(from, to uint64) (all []wal.Entry) {
	for from <= to {
		var part []wal.Entry
		for _, s := range h.all {
			if s.log == nil {
				continue
			}
			bound := max(index(s.Commit), index(s.ConsistentIndex))
			if s == h.best {
				bound = to
			}
			if p := s.entries(from, min(to, bound)); len(p) > len(part) {
				part = p
			}
		}
		if len(part) == 0 {
			return all
		}
		all = append(all, part...)
		from = part[len(part)-1].Index + 1
	}
	return all
}
