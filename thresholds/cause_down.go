package thresholds

import (
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// memberDown is about members that are down or hung.
func (r *diagnoser) memberDown() *diagnosis {
	down := r.found(anyMember, MemberUnreachable)
	down = append(down, slices.DeleteFunc(r.found(anyMember, MemberLate),
		func(f *Finding) bool { return f.Severity < Warning })...)
	down = slices.DeleteFunc(down, func(f *Finding) bool {
		i := r.place(f.Member.Key)
		// A defragmentation explains the silence. On a slow disk, the process still answers what needs no backend.
		return i >= 0 && (r.members[i].isDefragmented() || r.processRuns(i) && r.writesSlowly(i))
	})
	if len(down) == 0 {
		return nil
	}
	slices.SortStableFunc(down, severestFirst)
	d := &diagnosis{cause: CauseMemberDown, root: down[0], covered: down[1:], quorum: true}
	i := r.place(d.root.Member.Key)
	switch {
	case r.hung(d.root):
		d.cause = CauseMemberHung
	case i >= 0 && r.members[i].State == StateOutOfReach: // it answers, with a certificate that nobody accepts
		d.cause = CauseCertificate
	}
	for _, f := range down {
		why, peers := r.whyDown(f)
		after := ""
		if why != "" {
			after = ": " + why
		}
		if f == d.root {
			d.after, d.beyond = after, ofMember(f.Member.Label, why)
			if f.Expected != "" {
				d.beyond = "Announced: " + f.Expected
			}
		} else {
			d.further = append(d.further, f.opening()+after)
			d.states(f)
		}
		d.add(peers)
		if i := r.place(f.Member.Key); i >= 0 {
			if err := r.members[i].probed.Status.Err; err != nil && err.Where != "" { // else the finding has all of it
				d.add(err.Text)
			}
		}
	}
	d.next = r.adviseRestoring(down)
	if d.caution = r.cautionAbout(d.root); d.caution == nil && d.next != "" {
		d.caution = r.cautionAboutDown(down)
	}
	r.headDown(d, down)
	// These follow from the missing voter, but keep their own verdict.
	d.covered = append(d.covered, r.found("", QuorumAtRisk)...)
	return d
}

// cautionAboutDown is that the cluster misses members that are down: the voters among them, if there are any.
func (r *diagnoser) cautionAboutDown(down []*Finding) *caution {
	voters := slices.DeleteFunc(slices.Clone(down), func(f *Finding) bool {
		i := r.place(f.Member.Key)
		return i >= 0 && !r.members[i].Voter
	})
	if len(voters) > 0 {
		down = voters
	}
	c := &caution{until: pluralForm(len(down), "is back", "are back")}
	if slices.ContainsFunc(down, func(f *Finding) bool { return r.neverRan(f) || r.neverServed(f) }) {
		c.until = pluralForm(len(down), "runs", "run")
	}
	for _, f := range down {
		c.keys, c.labels = append(c.keys, f.Member.Key), append(c.labels, f.Member.Label)
	}
	return c
}

// processRuns reports whether the process of member i runs although its Status is late or has timed out: it has
// answered with its metrics since the Status request was sent.
func (r *diagnoser) processRuns(i int) bool {
	m := r.members[i].probed
	slow := m.Status.Err == nil || m.Status.Err.Kind == probe.ErrTimeout
	return slow && !m.Status.Pending.IsZero() && m.Metrics.Err == nil && m.Metrics.At.After(m.Status.Pending)
}

// everAnswered reports whether member i has ever answered anything. If not, its host may be down as well.
func (r *diagnoser) everAnswered(i int) bool {
	m := r.members[i].probed
	return m.Status.Answered() || m.Metrics.Answered()
}

// hung reports whether a member that is down stopped answering without any other failure since. A request that times
// out is no other failure.
func (r *diagnoser) hung(f *Finding) bool {
	i := r.place(f.Member.Key)
	return !r.isStarting(f) && (f.Rule == MemberLate || i >= 0 && r.members[i].track.hung)
}

// whyDown says what a member's kind of failure suggests, and which peers still have a connection with it.
func (r *diagnoser) whyDown(f *Finding) (why, peers string) {
	i := r.place(f.Member.Key)
	if i < 0 || f.Level < Warning || r.members[i].joins { // not a voter, or expected to be down
		return "", ""
	}
	m := &r.members[i]
	if m.startsAgain {
		return "its peers are connected with it again, and it serves when it has caught up", ""
	}
	if m.severedFrom != nil { // the summary says it
		return "", ""
	}
	with, without := r.peersOf(i)
	if len(with) > 0 {
		peers = haveWords(with) + " a connection with " + m.Label + " still"
	} else if len(without) > 0 {
		peers = haveWords(without) + " no connection with " + m.Label
	}
	if r.processRuns(i) {
		why = "its process runs, for it answers with its metrics: what waits for its backend hangs, as on a slow disk"
		return why, peers
	}
	if f.Rule == MemberLate && r.everAnswered(i) {
		return "its process is stopped, starved of CPU, or stuck on its disk", peers
	}
	switch {
	case r.members[i].probed.Membership == probe.MembershipNeverStarted:
		return "it has published neither a name nor a client URL, as a member does when it first starts", peers
	case m.neverServed:
		return "a member publishes a client URL when it first starts", peers
	case m.downError == probe.ErrRefused:
		why = "its host answers, and etcd does not run there"
	case m.downError == probe.ErrClosed:
		why = "its host answers, and the connection was ended before etcd did: " +
			"its process stops, or something between cuts it"
	case m.downError == probe.ErrUnreachable:
		why = "its host, or the network to it, is down"
	case m.opens(r.now):
		why = "its host refused connections until just now: etcd starts there, or the host goes down"
	case r.isHere(i) && (m.downError == probe.ErrTimeout || f.Rule == MemberLate):
		why = "its process hangs"
	case m.downError == probe.ErrTimeout || f.Rule == MemberLate:
		why = "its process hangs, its host is down, or the network swallows what is sent"
	}
	if f.Rule != MemberLate && r.runsUnreached(i) {
		why = "its peers still hear it, so that it is only from here that it can't be reached"
	}
	return why, peers
}

// runsUnreached reports that member i is down as seen from here, and runs by what its peers show.
func (r *diagnoser) runsUnreached(i int) bool {
	return r.members[i].State == StateDown && r.members[i].runs
}

// peersOf returns the labels of the members whose metrics show a connection with member i, and of those whose metrics
// show none.
func (r *diagnoser) peersOf(i int) (with, without []string) {
	for j := range r.sameCluster(r.members[i].Key) {
		metrics, fresh := r.fresh(j)
		if j == i || !fresh || r.members[j].State != StateOK {
			continue
		}
		switch active, known := metrics.Peers[r.members[i].ID].Active.Get(); {
		case !known:
		case active > 0:
			with = append(with, r.members[j].Label)
		default:
			without = append(without, r.members[j].Label)
		}
	}
	return with, without
}
