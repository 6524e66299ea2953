package probe

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// identify ties a worker to the member that answered it. It may close the worker, because the member has one
// already; where the answer is another member's than the worker is for, it returns why that can't be used.
func (p *Prober) identify(w *worker, from MemberID, endpoint string) *Error {
	if w.id != 0 {
		return p.misdirected(w, from, endpoint)
	}
	other := p.byID(from)
	switch {
	case other == nil:
		w.peer = p.listed(from)
	case len(other.given) == 0:
		// The given endpoint is preferred to the advertised ones, which may be out of our reach.
		w.peer = other.peer
		p.remove(other)
	default:
		other.given = append(other.given, w.given...)
		other.link.reach(other.endpoints())
		p.remove(w)
		return nil
	}
	w.id = from
	w.link.reach(w.endpoints())
	return nil
}

// misdirected deals with an endpoint that reaches another member than it did.
func (p *Prober) misdirected(w *worker, from MemberID, endpoint string) *Error {
	why := &Error{ErrOther, fmt.Sprintf(
		"%s: member %s answered instead of %s: it is a load balancer, or leads elsewhere; give endpoints that reach one member each",
		endpoint, from, w.id)}
	if p.cfg.Cluster && w.peer != nil || !slices.Contains(w.given, endpoint) {
		w.link.reject(endpoint, why)
		return why
	}
	// Nothing says that the old member still exists, or we look at endpoints only: this one has a new member.
	p.release(w, false)
	return why
}

// release closes a worker and lets its given endpoints find their member anew.
func (p *Prober) release(w *worker, departed bool) {
	p.remove(w)
	for _, e := range w.given {
		heir := newWorker(p, 0, e)
		heir.departed, heir.rests = departed, p.round.number
		p.workers = append(p.workers, heir)
	}
}

func (p *Prober) remove(w *worker) {
	w.close()
	p.workers = slices.DeleteFunc(p.workers, func(x *worker) bool { return x == w })
}

func (p *Prober) byID(id MemberID) *worker {
	for _, w := range p.workers {
		if w.id == id {
			return w
		}
	}
	return nil
}

// listed is what the roster says of a member; nil: nothing.
func (p *Prober) listed(id MemberID) *Peer {
	for i := range p.list {
		if p.list[i].ID == id {
			return &p.list[i]
		}
	}
	return nil
}

// reconcile makes the workers those of the roster, as it is after the newest answers.
func (p *Prober) reconcile() {
	from := p.authority()
	if from == nil {
		p.roster.Err = p.whyNoRoster()
		return
	}
	fact := &from.peers.fact
	p.roster = Fact[Roster]{Value: p.rosterOf(from), At: fact.At, Took: fact.Took}
	p.cluster, p.list = from.cluster, fact.Value
	for _, w := range slices.Clone(p.workers) {
		if w.peer != nil && p.listed(w.id) == nil {
			p.release(w, true)
		}
	}
	for i := range p.list {
		peer := &p.list[i]
		w := p.byID(peer.ID)
		if w == nil {
			w = p.presumed(peer)
		}
		if w == nil {
			if !p.cfg.Cluster {
				continue
			}
			w = newWorker(p, peer.ID)
			p.workers = append(p.workers, w)
		}
		w.id, w.peer, w.departed = peer.ID, peer, false
		w.link.reach(w.endpoints())
	}
}

// ListKept is how long a member's own list counts as a witness of the roster: two rounds of asking for it.
const ListKept = 2 * peersEvery

// rosterOf is the roster by a member's list, and who else holds it.
func (p *Prober) rosterOf(from *worker) Roster {
	list := from.peers.fact.Value
	r := Roster{From: from.id, Cluster: from.cluster}
	same := membership(list)
	for i := range list {
		if list[i].Learner {
			continue
		}
		r.Voters++
		w := p.byID(list[i].ID)
		if w == nil || w.cluster != from.cluster || !w.peers.fact.Ever() || w.peers.fact.Err != nil {
			continue
		}
		if from.peers.fact.At.Sub(w.peers.fact.At).Abs() <= ListKept && membership(w.peers.fact.Value) == same {
			r.Witnesses = append(r.Witnesses, w.id)
		}
	}
	slices.Sort(r.Witnesses)
	return r
}

// presumed is the worker of a given endpoint that never answered, but is where only this member advertises to be.
func (p *Prober) presumed(peer *Peer) *worker {
	for _, w := range p.workers {
		if w.id != 0 || w.departed {
			continue
		}
		for _, e := range w.given {
			if owners := p.advertising(place(e)); len(owners) == 1 && owners[0] == peer.ID {
				return w
			}
		}
	}
	return nil
}

// advertising are the listed members that advertise an address.
func (p *Prober) advertising(address string) []MemberID {
	var ids []MemberID
	for _, peer := range p.list {
		if slices.ContainsFunc(peer.ClientURLs, func(u string) bool { return place(u) == address }) {
			ids = append(ids, peer.ID)
		}
	}
	return ids
}

// authority is the member whose list the sweep goes by: the leader, or else one of those who hold the list that
// most members hold; nil when nobody answered. Only members of one cluster are asked.
func (p *Prober) authority() *worker {
	var holders []*worker
	for _, w := range p.workers {
		if w.id != 0 && w.peers.fact.Ever() && w.peers.fact.Err == nil && len(w.peers.fact.Value) > 0 {
			holders = append(holders, w)
		}
	}
	holders = p.ofOneCluster(holders)
	if len(holders) == 0 {
		return nil
	}
	if leader := p.leader(); leader != 0 {
		for _, w := range holders {
			if w.id == leader {
				return w
			}
		}
	}
	votes := make(map[string]int)
	best := holders[0]
	for _, w := range holders {
		key := membership(w.peers.fact.Value)
		if votes[key]++; votes[key] > votes[membership(best.peers.fact.Value)] {
			best = w
		}
	}
	return best
}

// ofOneCluster keeps the workers of the cluster that was looked at so far, or else of the one with most of them.
func (p *Prober) ofOneCluster(workers []*worker) []*worker {
	count := make(map[ClusterID]int)
	for _, w := range workers {
		count[w.cluster]++
	}
	chosen := p.cluster
	if count[chosen] == 0 {
		for _, w := range workers {
			if count[w.cluster] > count[chosen] {
				chosen = w.cluster
			}
		}
	}
	return slices.DeleteFunc(workers, func(w *worker) bool { return w.cluster != chosen })
}

// isOurs reports whether that is the cluster that is looked at; until one is known, any is.
func (p *Prober) isOurs(cluster ClusterID) bool { return p.cluster == 0 || p.cluster == cluster }

// leader is the leader of the highest term that a member knows of; 0: nobody knows one.
func (p *Prober) leader() MemberID {
	var leader MemberID
	var term uint64
	for _, w := range p.workers {
		s := &w.status.fact
		if s.Ever() && s.Err == nil && p.isOurs(w.cluster) && s.Value.Leader != 0 && s.Value.RaftTerm >= term {
			leader, term = s.Value.Leader, s.Value.RaftTerm
		}
	}
	return leader
}

// membership is what two lists have in common that name the same members in the same roles.
func membership(peers []Peer) string {
	keys := make([]string, len(peers))
	for i, peer := range peers {
		keys[i] = fmt.Sprint(peer.ID, peer.Learner)
	}
	slices.Sort(keys)
	return strings.Join(keys, ",")
}

// whyNoRoster is why nobody answered MemberList; nil while somebody may still.
func (p *Prober) whyNoRoster() *Error {
	for _, w := range p.workers {
		if err := w.peers.fact.Err; err != nil && err.Kind != ErrUnsupported {
			return err
		}
	}
	return nil
}

// owners says whose exposition a URL serves. Calls of several members learn it at once.
type owners struct {
	mu sync.Mutex
	of map[string]MemberID
}

func (o *owners) get(u string) MemberID {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[u]
}

func (o *owners) set(u string, id MemberID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = make(map[string]MemberID)
	}
	o.of[u] = id
}
