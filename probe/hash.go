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

// HashKV is a member's hash of its keys, of all their revisions after CompactRevision and up to Revision. The hashes of
// two members of a cluster can be compared where both are the same.
type HashKV struct {
	// Round is the number of the comparison that it was asked for in.
	Round                     int
	Revision, CompactRevision int64
	Hash                      uint32
}

// HashRound is how far the comparison of the members' data is, where [Config.HashKV] asks for it.
type HashRound struct {
	// Number is that of the newest comparison, from 1; 0: none has begun.
	Number int
	// Ended says that everybody who was asked in it has answered, or failed to. Facts of this round are all there then.
	Ended bool
	// Settled says that no further comparison comes soon: two could be made that agree with each other, or it was tried
	// often enough.
	Settled bool
}

const (
	// hashTimeout bounds the answer to HashKV at least: the member reads its whole database for it.
	hashTimeout = 30 * time.Second
	// hashAgain is how many comparisons must come to the same: an interrupted compaction, and one that the members are
	// not through with alike, make hashes differ for a while.
	hashRepeats = 2
	// hashAttempts is how many comparisons are made at most to come to that, and hashEvery how often one is made later.
	hashAttempts, hashEvery = 6, time.Minute
)

// hashRounds asks all members of a cluster for their hashes at a revision that each of them has, in one round after the
// other. It belongs to the goroutine that is in Next.
type hashRounds struct {
	HashRound
	began time.Time
	// endedIn is the sweep in which the newest round ended: it shows it, so that the next one begins no sooner than in the
	// sweep after.
	endedIn uint64
	asked   []*worker
	// pinned says that the newest round was about a revision that was agreed on before.
	pinned bool
	// alike is how many comparisons in a row came to the same as the newest; the newest came to same.
	agreeing int
	same     bool
}

// askHashes goes on with the comparison of the members' data.
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
		if known && h.Number == 0 { // there is nobody to wait for
			h.Ended, h.Settled = true, true
		}
		return
	}
	h.Number, h.Ended, h.Settled, h.began, h.asked = h.Number+1, false, false, p.round.began, able
	// A hash at the revision of the newest compaction may be one that was kept from then, with the compact revision of
	// before: where that made a round fail, each is asked for its newest revision instead.
	if h.agreeing == 0 {
		h.pinned = !h.pinned
	}
	lowest := lowestRevisions(able)
	for _, w := range able {
		number, revision := h.Number, lowest[w.row.cluster]
		if !h.pinned {
			revision = 0
		}
		ask(p, &w.hash, func(ctx context.Context) answer[HashKV] { return callHashKV(ctx, w.client, number, revision) }, accept(w, &w.hash))
	}
}

// hashable are the workers that can be asked; known says that all have answered their Status in this sweep, or failed to,
// or are late.
func (p *Prober) hashable() (able []*worker, known bool) {
	for _, w := range p.workers {
		s := &w.status.fact
		switch {
		case w.status.awaited(p.round.number), !s.Ever() && s.Err == nil && !w.status.busy():
			return nil, false
		case w.isLearner():
			w.hash.unsupported("a learner does not serve HashKV")
		case w.row.standing != StandingProxy && s.Ever() && s.Err == nil && !w.status.busy() && p.isOurs(w.row.cluster):
			able = append(able, w)
		}
	}
	if p.cfg.Cluster && p.resolved.cluster == 0 {
		return nil, len(able) == 0
	}
	return able, true
}

// lowestRevisions are the newest revisions that all workers of a cluster have.
func lowestRevisions(workers []*worker) map[ClusterID]int64 {
	lowest := make(map[ClusterID]int64)
	for _, w := range workers {
		revision := w.status.fact.Value.Revision
		if has, is := lowest[w.row.cluster]; !is || revision < has {
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

// compare reports whether the hashes of the round are the same, and whether they could be compared: no further attempt
// would make more of them comparable.
func (h *hashRounds) compare() (same, compared bool) {
	same = true
	first := make(map[ClusterID]HashKV)
	for _, w := range h.asked {
		fact := &w.hash.fact
		switch {
		case w.closed:
			continue
		case fact.Err != nil && fact.Err.Kind == ErrOther: // compacted meanwhile, as a rule
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

// callHashKV asks the member for the hash of its keys up to a revision; 0: its newest. The member reads all of them.
func callHashKV(ctx context.Context, cl *client, round int, revision int64) answer[HashKV] {
	r, c, err := invoke(ctx, cl, func(ctx context.Context, c *conn) (*pb.HashKVResponse, error) {
		return pb.NewMaintenanceClient(c.ActiveConnection()).HashKV(ctx, &pb.HashKVRequest{Revision: revision})
	})
	if err != nil {
		failed := answer[HashKV]{err: explain(err, "", max(hashTimeout, cl.p.cfg.CommandTimeout))}
		if errors.Is(rpctypes.Error(err), rpctypes.ErrCompacted) || errors.Is(rpctypes.Error(err), rpctypes.ErrFutureRev) {
			failed.err = &Error{ErrOther, fmt.Sprintf("it no longer has revision %d, or not yet", revision)}
		}
		return failed
	}
	return toAnswer(cl, r, c, err, func(r *pb.HashKVResponse) HashKV {
		return HashKV{
			Round: round,
			// Before 3.6 the answer does not say up to which revision; it is the one asked for, or the store's.
			Revision:        cmp.Or(r.GetHashRevision(), revision, r.GetHeader().GetRevision()),
			CompactRevision: r.GetCompactRevision(),
			Hash:            r.GetHash(),
		}
	})
}
