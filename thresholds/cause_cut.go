package thresholds

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// A pair is the link between two members, by their indices.
type pair struct {
	a, b int
	// rttLower and rttUpper bound the slowest of the newest round trips, in seconds.
	rttLower, rttUpper float64
	// basis is the kind of observation behind the bounds. track is the record of the end that observed it.
	basis Basis
	track *peerTrack
}

func (p pair) has(i int) bool { return p.a == i || p.b == i }

// commonMember returns the member that all pairs share, if there are two or more; else a negative number.
func commonMember(pairs []pair) int {
	if len(pairs) < 2 {
		return -1
	}
	for _, i := range []int{pairs[0].a, pairs[0].b} {
		if !slices.ContainsFunc(pairs, func(p pair) bool { return !p.has(i) }) {
			return i
		}
	}
	return -1
}

// placesOf returns the indices of the members of pairs, each once, in the order of the pairs.
func placesOf(pairs []pair) (all []int) {
	seen := map[int]bool{}
	for _, p := range pairs {
		for _, i := range []int{p.a, p.b} {
			if !seen[i] {
				seen[i] = true
				all = append(all, i)
			}
		}
	}
	return all
}

// endKeys returns the key of the common member, or if that is negative those of all members of the pairs; nil if there
// are none.
func (r *diagnoser) endKeys(pairs []pair, common int) (keys []string) {
	if common >= 0 {
		return []string{r.members[common].Key}
	}
	for _, p := range pairs {
		keys = append(keys, r.members[p.a].Key, r.members[p.b].Key)
	}
	return keys
}

// answersWithMetrics reports whether a listed member answers and its metrics are fresh.
func (r *diagnoser) answersWithMetrics(i int) bool {
	m := &r.members[i]
	_, fresh := r.fresh(i)
	return fresh && m.State == StateOK && !m.outside
}

// cutLinks returns the links that at least one end reports as disconnected, between members that have answered for long
// enough to have found each other. An end that disagrees proves little: the gauge of a member that joined a running
// cluster counts its connections twice.
func (r *diagnoser) cutLinks() (cut []pair) {
	byID := make(map[probe.MemberID][]int, len(r.members))
	for i := range r.members {
		if r.answersWithMetrics(i) {
			byID[r.members[i].ID] = append(byID[r.members[i].ID], i)
		}
	}
	for i := range r.members {
		metrics, _ := r.fresh(i)
		if !r.answersWithMetrics(i) {
			continue
		}
		for id := range metrics.Peers {
			for _, j := range byID[id] {
				if i != j && r.lostConnection(i, j) && !r.isJustBack(i) && !r.isJustBack(j) {
					cut = append(cut, pair{a: min(i, j), b: max(i, j)})
				}
			}
		}
	}
	if leader := r.leaderOf(r.cluster); leader >= 0 {
		for i := range r.members {
			if r.members[i].hearing == notHeard && !r.withholdsAnswers(i) && !r.isJustBack(i) &&
				!r.isJustBack(leader) {
				cut = append(cut, pair{a: min(i, leader), b: max(i, leader)})
			}
		}
	}
	slices.SortFunc(cut, func(p, q pair) int { return cmp.Or(cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b)) })
	return slices.Compact(cut)
}

// isJustBack reports that a member has been late or down, and answers again only since shortly: that its peers have no
// connection with it, or heard nothing from it, is what that left behind.
func (r *diagnoser) isJustBack(i int) bool {
	t := r.members[i].track
	return t.interrupted && elapsed(t.okSince, r.now) < settlingTime
}

// lostConnection reports whether the metrics of member i show no working connection with member j.
func (r *diagnoser) lostConnection(i, j int) bool {
	metrics, _ := r.fresh(i)
	active, known := metrics.Peers[r.members[j].ID].Active.Get()
	return known && active <= 0 || r.unanswered(i, j)
}

// unanswered reports whether member i gets no answer from member j although it has a connection with it.
func (r *diagnoser) unanswered(i, j int) bool {
	metrics, _ := r.fresh(i)
	return metrics.Peers[r.members[j].ID].Active.Or(0) > 0 &&
		r.members[i].track.unanswered(r.members[j].track, r.members[j].ID, r.now)
}

// linkCut is about members that answer but have lost each other.
func (r *diagnoser) linkCut() *diagnosis {
	cut := r.cutLinks()
	var signs []*Finding
	for _, i := range placesOf(cut) {
		signs = append(signs, r.found(r.members[i].Key, PeerDisconnected, PeerSendFailing, NoLeader, FollowerStuck,
			VoterUnhealthy, LearnerStuck)...)
	}
	if len(signs) == 0 && len(cut) > 0 && r.cluster.CutOff > 0 && r.cluster.HealthyVoters > r.cluster.Quorum {
		signs = r.found("", QuorumAtRisk) // none is to spare by these links alone
	}
	if len(signs) == 0 {
		return r.sendsFailing()
	}
	slices.SortStableFunc(signs, severestFirst)
	d := &diagnosis{cause: CauseLinkCut, root: signs[0], quorum: true, symptom: true}
	cutOff := r.cutOffMember(cut)
	d.blamed = r.endKeys(cut, cutOff)
	if cutOff >= 0 {
		r.wordCutOff(d, cutOff)
	} else {
		r.wordCutLinks(d, cut, r.cutEffect(cut))
	}
	for _, f := range signs[1:] {
		r.inhibit(d, f.Member.Key, f.Rule)
	}
	for _, i := range placesOf(cut) {
		if m := &r.members[i]; i == cutOff || m.Role != RoleLeader && cutOff < 0 {
			r.inhibit(d, m.Key, withoutQuorum...)
			r.inhibitUnknown(d, m.Key, WALFsyncSlow, BackendCommitSlow)
		}
	}
	for _, f := range r.found("", QuorumAtRisk) {
		if f != d.root {
			d.covered = append(d.covered, f)
		}
	}
	for _, p := range cut {
		d.add(r.cutEvidence(p))
	}
	return d
}

// cutOffMember returns the member that all cut links share if it has lost all others that answer; else a negative
// number.
func (r *diagnoser) cutOffMember(cut []pair) int {
	i := commonMember(cut)
	others := 0
	for j := range r.members {
		if j != i && r.answersWithMetrics(j) {
			others++
		}
	}
	if i >= 0 && len(cut) == others {
		return i
	}
	return -1
}

// wordCutOff words the diagnosis of a member that has lost all others.
func (r *diagnoser) wordCutOff(d *diagnosis, i int) {
	m := &r.members[i]
	d.cause = CauseCutOff
	d.text = m.Label + " is cut off: it has no connection with any other member, and answers from here"
	d.next = r.repairNetwork(m.MemberRef)
	d.headline = m.Short + " is cut off from all others; it answers us"
	d.step = "Check " + r.peerPort(i) + " between " + m.Short + " and its peers"
	switch {
	case m.Role == RoleLearner:
		d.cause = CauseLearner
		d.text = "The learner " + d.text
		d.headline = "The learner " + m.Short + " is cut off from all others"
	case r.knowsNoLeader(i):
		d.text = m.Label + " is cut off: it has no connection with any other member, and knows no leader"
		d.headline = m.Short + " is cut off from all others, without a leader"
		d.states(r.found(m.Key, NoLeader)...)
	}
}

// wordCutLinks words the diagnosis of members that have lost each other, but not all others. effect says what that
// leads to.
func (r *diagnoser) wordCutLinks(d *diagnosis, cut []pair, effect string) {
	links := r.linkNames(cut)
	for _, i := range placesOf(cut) {
		if m := &r.members[i]; m.Role != RoleLeader && r.knowsNoLeader(i) {
			d.states(r.found(m.Key, NoLeader)...)
			break // the effect is that of the first one
		}
	}
	d.text, d.beyond = fmt.Sprintf("The link between %s is cut: %s", links[0], effect), "This means that "+effect
	if len(cut) > 1 {
		d.beyond = "Cut: " + strings.Join(links, "; ") + ". This means that " + effect
		d.text = fmt.Sprintf("Links between members are cut (%s): %s", strings.Join(links, "; "), effect)
	}
	d.headline = "Link cut: " + r.pairName(cut[0])
	if len(cut) > 1 {
		d.heading(r.shortsAt(placesOf(cut)), func(who string) string {
			return fmt.Sprintf("%d links cut between %s", len(cut), who)
		})
	}
	ends := placesOf(cut)
	port, between := r.peerPort(ends...), ""
	if common := commonMember(cut); common >= 0 {
		between = r.members[common].Short + " and "
		ends = slices.DeleteFunc(ends, func(i int) bool { return i == common })
	}
	d.stepping(r.shortsAt(ends), func(who string) string { return "Check " + port + " between " + between + who })
	d.next = fmt.Sprintf("Look at the path between the hosts of %s, both ways: "+
		"firewall rules for %s, routes, peer certificates.", strings.Join(links, ", of "), port)
}

// peerPort names the port at which some members take what their peers send: as the member list has it, or else the
// usual one.
func (r *diagnoser) peerPort(places ...int) string {
	var ports []string
	for _, i := range places {
		for _, raw := range r.members[i].probed.PeerURLs {
			if u, err := url.Parse(raw); err == nil && u.Port() != "" && !slices.Contains(ports, u.Port()) {
				ports = append(ports, u.Port())
			}
		}
	}
	switch len(ports) {
	case 0:
		return "peer port 2380"
	case 1:
		return "peer port " + ports[0]
	case 2:
		return "peer ports " + join(ports)
	}
	return "the peer ports"
}

// cutEffect says what cut links lead to.
func (r *diagnoser) cutEffect(cut []pair) string {
	for _, p := range cut {
		for _, i := range []int{p.a, p.b} {
			if m := &r.members[i]; m.hearing == notHeard {
				return "nothing that " + m.Label + " sends arrives, so that it acknowledges no write"
			}
		}
	}
	for _, p := range cut {
		for _, i := range []int{p.a, p.b} {
			if m := &r.members[i]; m.Role != RoleLeader && r.knowsNoLeader(i) {
				return m.Label + " can't reach its leader and knows none; writes and linearizable reads through it fail"
			}
		}
	}
	for _, p := range cut {
		if r.members[p.a].Role == RoleLeader || r.members[p.b].Role == RoleLeader {
			follower := p.a
			if r.members[p.a].Role == RoleLeader {
				follower = p.b
			}
			if m := &r.members[follower]; inDump(r.members[follower].probed) && m.Role == RoleFollower {
				return m.Label + " has a leader all the same, " +
					"and no dump shows whether all that the leader commits reaches it"
			}
			lag, known := r.members[follower].Vitals[FollowerLag].Get()
			if known && lag < caughtUpLag && r.members[follower].Healthy && !r.cut(p.a, p.b) {
				return "what the leader commits gets through all the same, over the connection that is left"
			}
			return "what the leader commits does not get through"
		}
	}
	return "neither leads, so that writes go on; should one of them have to follow the other, it can't"
}

// knowsNoLeader reports whether a member itself shows that it has no leader: by its Status, or in a dump by its
// metrics.
func (r *diagnoser) knowsNoLeader(i int) bool {
	m := r.members[i].probed
	if inDump(m) {
		return leaderlessDump(m)
	}
	return m.Status.Answered() && m.Status.Value.Leader == 0
}

// cutEvidence says which end of a cut link reports it, and what it reports.
func (r *diagnoser) cutEvidence(p pair) string {
	a, b := r.members[p.a].Label, r.members[p.b].Label
	switch {
	case r.members[p.a].hearing == notHeard && !r.lostConnection(p.a, p.b) && !r.lostConnection(p.b, p.a):
		return b + " receives no raft messages from " + a
	case r.members[p.b].hearing == notHeard && !r.lostConnection(p.a, p.b) && !r.lostConnection(p.b, p.a):
		return a + " receives no raft messages from " + b
	case r.unanswered(p.a, p.b) && r.unanswered(p.b, p.a):
		return fmt.Sprintf("neither of %s and %s gets an answer from the other", a, b)
	case r.unanswered(p.a, p.b):
		return a + " gets no answer from " + b
	case r.unanswered(p.b, p.a):
		return b + " gets no answer from " + a
	case !r.lostConnection(p.b, p.a):
		return a + " has no connection with " + b
	case !r.lostConnection(p.a, p.b):
		return b + " has no connection with " + a
	default:
		return fmt.Sprintf("neither of %s and %s has a connection with the other", a, b)
	}
}

// sendsFailing is about messages that are lost although there are connections.
func (r *diagnoser) sendsFailing() *diagnosis {
	d := newDiagnosis(CauseLinkCut, r.found(anyMember, PeerDisconnected, PeerSendFailing))
	if d == nil {
		return nil
	}
	d.quorum = true
	d.next = r.repairNetwork(d.root.Member)
	r.wordLostUnseen(d)
	r.inhibit(d, d.root.Member.Key, slowness[:]...)
	return d
}

// wordLostUnseen says that members which the one of the root has no connection with may not run, where none of them can
// be asked from here, and where to look then.
func (r *diagnoser) wordLostUnseen(d *diagnosis) {
	i := r.place(d.root.Member.Key)
	if i < 0 || d.root.Rule != PeerDisconnected {
		return
	}
	var lost places
	var urls []string
	for j := range r.sameCluster(d.root.Member.Key) {
		with, _ := r.peersOf(j)
		switch m := &r.members[j]; {
		case j == i || m.probed.IsStray() || !r.lostConnection(i, j):
		case m.State != StateOutOfReach || len(with) > 0: // another is connected with it: it runs
			return
		default:
			lost, urls = append(lost, j), append(urls, m.probed.PeerURLs...)
		}
	}
	if len(lost) == 0 {
		return
	}
	who, n, at := join(r.labelsAt(lost)), len(lost), ""
	if len(urls) > 0 {
		at = " (" + strings.Join(urls, ", ") + ")"
	}
	d.further = append(d.further, "From here it can't be seen whether "+who+pluralForm(n, " runs", " run"))
	d.stepping(r.shortsAt(lost), func(who string) string { return "Check whether etcd runs on " + who })
	d.next = fmt.Sprintf("See on the %s of %s whether etcd runs there (%s). If so, look at the network between %s and "+
		"%s%s.", pluralForm(n, "host", "hosts"), who, r.unit().state(), d.root.Member.Label, pluralForm(n, "it", "them"), at)
}
