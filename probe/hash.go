package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// HashKV is a member's hash of its keys, of all revisions after CompactRevision up to Revision. The hashes of two
// members are comparable if both revisions are equal.
type HashKV struct {
	// Round is the number of the comparison that asked for it.
	Round                     int
	Revision, CompactRevision int64
	Hash                      uint32
}

// HashRound is the progress of the data comparison that [Config.HashKV] asks for.
type HashRound struct {
	// Number is the number of the newest comparison, from 1; 0 if none has begun.
	Number int
	// Ended says that everybody asked has answered or failed: all facts of this round are there.
	Ended bool
	// Settled says that no further comparison comes soon: two agreed, or the attempts are used up.
	Settled bool
}

const (
	// hashTimeout is the minimum timeout of HashKV, for which the member reads its whole database.
	hashTimeout = 30 * time.Second
	// hashRepeats is how many comparisons must agree: hashes differ for a while after an interrupted compaction, or
	// while members compact at different speeds.
	hashRepeats = 2
	// hashAttempts bounds the comparisons to get there; hashEvery is the interval of later ones.
	hashAttempts, hashEvery = 6, time.Minute
)

// hashRounds asks all members of a cluster for their hashes at a common revision, round after round. It belongs to the
// goroutine in Next.
type hashRounds struct {
	HashRound
	began time.Time
	// endedIn is the sweep in which the newest round ended and which shows it: the next round begins one sweep later at
	// the earliest.
	endedIn uint64
	asked   []*worker
	// pinned says that the newest round asked for an agreed revision.
	pinned bool
	// agreeing counts the latest rounds with the same result; same is that result.
	agreeing int
	same     bool
}

// askHashes advances the comparison of the members' data.
func (p *Prober) askHashes() {
	h := &p.hashes
	if !p.cfg.HashKV {
		return
	}
	if h.Number > 0 && !h.Ended {
		h.endWhenAnswered(&p.round)
		return
	}
	if h.endedIn == p.round.number || h.Settled && p.round.began.Sub(h.began) < hashEvery {
		return
	}
	able, known := p.hashable()
	if len(able) == 0 {
		if known && h.Number == 0 { // nobody to wait for
			h.Ended, h.Settled = true, true
		}
		return
	}
	h.Number, h.Ended, h.Settled, h.began, h.asked = h.Number+1, false, false, p.round.began, able
	// A hash at the revision of the newest compaction may be cached with the previous compact revision. After a round
	// failed for that, ask each member for its newest revision instead.
	if h.agreeing == 0 {
		h.pinned = !h.pinned
	}
	lowest := lowestRevisions(able)
	for _, w := range able {
		number, revision := h.Number, lowest[w.row.cluster]
		if !h.pinned {
			revision = 0
		}
		ask(p, &w.hash, func(ctx context.Context) answer[HashKV] { return callHashKV(ctx, w.client, number, revision) },
			accept(w, &w.hash))
	}
}

// hashable returns the workers to ask; known says that all have answered their Status in this sweep, failed, or are
// late.
func (p *Prober) hashable() (able []*worker, known bool) {
	for _, w := range p.workers {
		s := &w.status.fact
		switch {
		case w.status.awaited(p.round.number), !s.Answered() && s.Err == nil && !w.status.busy():
			return nil, false
		case w.isLearner():
			w.hash.unsupported("a learner does not serve HashKV")
		case w.row.membership != MembershipProxy && s.Answered() && s.Err == nil && !w.status.busy() &&
			p.isOurs(w.row.cluster):
			able = append(able, w)
		}
	}
	if p.cfg.Cluster && p.resolved.cluster == 0 {
		return nil, len(able) == 0
	}
	return able, true
}

// lowestRevisions returns the newest revision that all workers of a cluster have.
func lowestRevisions(workers []*worker) map[ClusterID]int64 {
	lowest := make(map[ClusterID]int64)
	for _, w := range workers {
		revision := w.status.fact.Value.Revision
		if has, ok := lowest[w.row.cluster]; !ok || revision < has {
			lowest[w.row.cluster] = revision
		}
	}
	return lowest
}

// endWhenAnswered ends the round once nobody is left to answer.
func (h *hashRounds) endWhenAnswered(r *round) {
	for _, w := range h.asked {
		if !w.closed && w.hash.busy() {
			return
		}
	}
	h.Ended, h.endedIn = true, r.number
	switch same, compared := h.compare(); {
	case !compared:
		h.agreeing = 0
	case h.agreeing > 0 && same == h.same:
		h.agreeing++
	default:
		h.agreeing, h.same = 1, same
	}
	h.Settled = h.agreeing >= hashRepeats || h.Number >= hashAttempts
}

// compare reports whether the round's hashes are equal, and whether they were comparable.
func (h *hashRounds) compare() (same, compared bool) {
	same = true
	first := make(map[ClusterID]HashKV)
	for _, w := range h.asked {
		fact := &w.hash.fact
		switch {
		case w.closed:
			continue
		case fact.Err != nil && fact.Err.Kind == ErrOther: // usually compacted meanwhile
			return false, false
		case fact.Err != nil:
			continue
		}
		other, has := first[w.row.cluster]
		switch {
		case !has:
			first[w.row.cluster] = fact.Value
		case other.Revision != fact.Value.Revision || other.CompactRevision != fact.Value.CompactRevision:
			return false, false
		case other.Hash != fact.Value.Hash:
			same = false
		}
	}
	return same, true
}

// callHashKV requests the hash of the member's keys up to a revision; 0 means its newest. The member reads all of them.
func callHashKV(ctx context.Context, cl *client, round int, revision int64) answer[HashKV] {
	r, c, err := invoke(ctx, cl, func(ctx context.Context, c *conn) (*pb.HashKVResponse, error) {
		return pb.NewMaintenanceClient(c.ActiveConnection()).HashKV(ctx, &pb.HashKVRequest{Revision: revision})
	})
	if err != nil {
		failed := answer[HashKV]{err: explain(err, "", max(hashTimeout, cl.p.cfg.CommandTimeout))}
		if errors.Is(etcdError(err), rpctypes.ErrCompacted) ||
			errors.Is(etcdError(err), rpctypes.ErrFutureRev) {
			failed.err = &Error{Kind: ErrOther,
				Text: fmt.Sprintf("it does not have revision %d: no longer, or not yet", revision)}
		}
		return failed
	}
	return toAnswer(cl, r, c, err, func(r *pb.HashKVResponse) HashKV {
		return HashKV{
			Round: round,
			// Before 3.6 the answer lacks the revision: it is the requested one, or the store's.
			Revision:        cmp.Or(r.GetHashRevision(), revision, r.GetHeader().GetRevision()),
			CompactRevision: r.GetCompactRevision(),
			Hash:            r.GetHash(),
		}
	})
}
