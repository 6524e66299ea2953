package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// dumpedIn assigns each member of the dumps to a cluster, numbered from 0. Members share a cluster if they name each
// other, or the same other member, among their peers. A member that names nobody and that nobody names is -1: it may be
// alone, or its dump was filtered.
func dumpedIn(members []probe.Member) (in []int, clusters int) {
	first := make(map[probe.MemberID]int) // the first member known to share a cluster with this id
	root := make([]int, len(members))
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	named := make([]bool, len(members))
	for i := range members {
		root[i] = i
		join := func(id probe.MemberID) {
			if id == 0 {
				return
			}
			if other, known := first[id]; known {
				root[find(i)] = find(other)
			} else {
				first[id] = i
			}
		}
		join(members[i].ID)
		if members[i].Metrics.Answered() {
			for id := range members[i].Metrics.Value.Peers {
				join(id)
				named[i] = true
			}
		}
	}
	number := make(map[int]int)
	for i := range members {
		if named[i] {
			if _, numbered := number[find(i)]; !numbered {
				number[find(i)] = len(number)
			}
		}
	}
	in = make([]int, len(members))
	for i := range members {
		if n, numbered := number[find(i)]; numbered {
			in[i] = n
		} else {
			in[i] = -1
		}
	}
	return in, len(number)
}

// dumpedClusters are the places of each dumped cluster's members: see dumpedIn.
func (c *clusterState) dumpedClusters() [][]int {
	clusters := make([][]int, c.dumps)
	for i, of := range c.dumpedIn {
		if of >= 0 {
			clusters[of] = append(clusters[of], i)
		}
	}
	return clusters
}

// differentClusters reports that the members at two places belong to different clusters, or that their dumps don't show
// a common one: nothing is known about the link between them.
func (c *clusterState) differentClusters(members []memberState, i, j int) bool {
	if c.dumped {
		return c.dumpedIn[i] != c.dumpedIn[j]
	}
	return (members[i].Other == nil) != (members[j].Other == nil) // of two other clusters' neither is a member
}

// judgeDumpedClusters is judgeClusterIDs for dumps: dumping two clusters is no fault.
func judgeDumpedClusters(s *subject) measurement {
	return holds(s.cluster.dumps > 1)
}

func sayDumpedClusters(s *subject) string {
	clusters := s.cluster.dumpedClusters()
	groups := make([]string, 0, len(clusters))
	for _, cluster := range clusters {
		groups = append(groups, join(s.labelsAt(cluster)))
	}
	const most = 4
	text := fmt.Sprintf("the dumps are of %d clusters, whose members do not know each other", len(clusters))
	for i, group := range groups[:min(len(groups), most)] {
		text += map[bool]string{true: ": ", false: "; "}[i == 0] + group
	}
	return text + andMore(len(groups)-most, "cluster")
}

// dumpedRivals are the places of the members that claim leadership and may share a cluster; none if there is only one.
func (s *subject) dumpedRivals() []int {
	leaders := make(map[int][]int) // by cluster
	for i := range s.members {
		if s.members[i].Role == RoleLeader {
			of := s.cluster.dumpedIn[i]
			leaders[of] = append(leaders[of], i)
		}
	}
	alone := leaders[-1]
	for of := range s.cluster.dumps {
		if len(leaders[of]) > 1 {
			return leaders[of]
		}
	}
	if s.cluster.dumps == 1 && len(leaders[0]) > 0 { // who is alone may be of the one cluster that there is, or not
		alone = slices.Concat(leaders[0], alone)
	}
	if len(alone) > 1 {
		return alone
	}
	return nil
}

// judgeDumpedLeaders is judgeTwoLeaders for dumps, which lack the term. Dumps are taken one after the other, so those
// of one moment may come from before and after an election. A leader that lost its quorum steps down within an election
// timeout (raft's CheckQuorum, which etcd sets), so two members that claim leadership at two consecutive moments are no
// such pair.
func (s *subject) judgeDumpedLeaders() measurement {
	rivals := s.dumpedRivals()
	lasting := 0
	for _, i := range rivals {
		if since := s.members[i].track.dumpedLead; !since.IsZero() && s.now.Sub(since) >= longElectionTimeout {
			lasting++
		}
	}
	m := holds(len(rivals) > 1)
	if m.maxLevel = Notice; lasting > 1 {
		m.maxLevel = Warning
	}
	return m
}

func (s *subject) sayDumpedLeaders() string {
	return join(s.labelsAt(s.dumpedRivals())) + " each say that they lead: their dumps are of different moments or " +
		"clusters, or one has not heard that it no longer does"
}

// adviseTwoLeaders asks for better evidence if there are only dumps.
func adviseTwoLeaders(s *subject) string {
	if s.sweep.Dumps == nil {
		return ""
	}
	return "Nothing is proven by this. Dump the metrics of all members again, at the same moment, or ask the live " +
		"cluster, which knows the term: etcdoc --once."
}

// An absentee is a member without a dump, known only from the others' metrics.
type absentee struct {
	id probe.MemberID
	// with and without are the members that have a connection to it, and those that have none.
	with, without []string
	// by is the member that fails to send it most, at that rate; known reports that there were two samples.
	by    string
	rate  float64
	over  time.Duration
	known bool
}

// absentees are the members without a dump, those with the most send failures first.
func (f *frame) absentees(window time.Duration) (all []absentee) {
	dumped := make(map[probe.MemberID]bool, len(f.members))
	for i := range f.members {
		dumped[f.members[i].probed.ID] = true
	}
	if f.sweep.Dumps == nil || dumped[0] { // a dump without an id may be any of them
		return nil
	}
	for i := range f.members {
		m := f.members[i].probed
		if !m.Metrics.Fresh() || f.members[i].Role == RoleLearner {
			continue
		}
		for id, peer := range m.Metrics.Value.Peers {
			if dumped[id] {
				continue
			}
			at := slices.IndexFunc(all, func(a absentee) bool { return a.id == id })
			if at < 0 {
				at = len(all)
				all = append(all, absentee{id: id})
			}
			a := &all[at]
			if peer.Active.Or(0) > 0 {
				a.with = append(a.with, f.members[i].Label)
			} else {
				a.without = append(a.without, f.members[i].Label)
			}
			rate, over, known := f.members[i].failedSends(id, window)
			if a.known = a.known || known; rate > a.rate {
				a.by, a.rate, a.over = f.members[i].Label, rate, over
			}
		}
	}
	slices.SortFunc(all, func(a, b absentee) int {
		switch {
		case a.rate != b.rate && a.rate > b.rate:
			return -1
		case a.rate != b.rate:
			return 1
		case a.id < b.id:
			return -1
		}
		return 1
	})
	return all
}

// failedSends is how many messages per second a member could not send to another one in the window, over what time; 0
// if it no longer fails to.
func (m *memberState) failedSends(
	to probe.MemberID, window time.Duration,
) (rate float64, over time.Duration, known bool) {
	peer, at := m.track.peers[to], m.probed.Metrics.At
	if peer == nil {
		return 0, 0, false
	}
	step := m.settings.step(m.track)
	window = max(window, step+step/4)
	grown, known := peer.sendFailures.Growth(at, window)
	if recent, ok := peer.sendFailures.Growth(at, step+step/2); ok && recent == 0 {
		grown = 0
	}
	if grown <= 0 {
		return 0, 0, known
	}
	over = peer.sendFailures.Span(at, window)
	return grown / over.Seconds(), over, true
}

// judgeAbsent is about members without a dump that the others can't reach. A removed member is sent no messages.
func judgeAbsent(s *subject, window time.Duration) measurement {
	all := s.absentees(window)
	if len(all) == 0 {
		return notApplicable
	}
	m := measurement{value: probe.Known(0), window: window}
	known := false
	for i := range all {
		known = known || all[i].known
		if len(all[i].with) == 0 {
			m.value = m.value.Max(probe.Known(all[i].rate))
		}
	}
	if !known {
		return needsTwoSweeps(MissingRate, true)
	}
	return m
}

func sayAbsent(s *subject, m measurement) statement {
	var unreachable []absentee
	for _, a := range s.absentees(m.window) {
		if len(a.with) == 0 && a.rate > 0 {
			unreachable = append(unreachable, a)
		}
	}
	if len(unreachable) == 0 {
		return plain("a member without a dump is down or cut off")
	}
	worst := &unreachable[0]
	return plain(fmt.Sprintf("a member without a dump, %s, is down or cut off: %s fails to send it %s messages%s, "+
		"and %s no connection with it%s",
		worst.id, worst.by, PerSecond.Format(worst.rate), overLast(worst.over), haveWords(worst.without),
		andMore(len(unreachable)-1, "member"))).brieflyOfAll("a member without a dump is down or cut off")
}

// absent diagnoses a member without a dump.
func (r *diagnoser) absent() *diagnosis {
	d := newDiagnosis(CauseMemberDown, r.found("", MemberUndumped))
	if d == nil {
		return nil
	}
	d.quorum = true
	return d
}

// undumped names the cluster's members without a dump.
func (r *diagnoser) undumped() (missing []string) {
	led := slices.ContainsFunc(r.members, func(m memberState) bool { return m.Role == RoleLeader })
	for _, a := range r.absentees(r.settings.window) {
		switch {
		case len(a.with) > 0:
			missing = append(missing, fmt.Sprintf("%s, a member that %s a connection with: there is no dump of it",
				a.id, haveWords(a.with)))
		case a.rate > 0 || a.known && led: // that is a finding; or it was removed: its leader sends it nothing
		default:
			missing = append(missing, fmt.Sprintf("%s, a member that %s no connection with: there is no dump of it, "+
				"and it is down, cut off, or was removed",
				a.id, haveWords(a.without)))
		}
	}
	const most = 8
	if more := len(missing) - most; more > 0 {
		missing = append(missing[:most], fmt.Sprintf("%d more members without a dump", more))
	}
	return missing
}
