package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-semver/semver"

	"github.com/etcdoc/etcdoc/probe"
)

// memberListUnknown says that nothing can be said of how many members there are.
func (s *subject) memberListUnknown() (m measurement, unknown bool) {
	if s.cluster.MemberListKnown && s.cluster.Voters+s.cluster.Learners > 0 {
		return measurement{}, false
	}
	m = measurement{unknown: "the cluster's member list is not known", inhibitedBy: QuorumLost}
	if !s.cluster.answering {
		m.inhibitedBy = ClusterUnreachable
	}
	return m, true
}

// silent says that the word of a member is missing, which may be the one that matters: a rule about the cluster that
// has found nothing among the others is unknown then.
func (s *subject) silent() (m measurement, is bool) {
	if len(s.members) == 0 {
		return measurement{unknown: "no member is known", inhibitedBy: ClusterUnreachable}, true
	}
	for i := range s.members {
		if !s.isMember(i) {
			continue
		}
		on := *s
		on.about(i)
		if m, ok := on.noStatus(); !ok {
			m.inhibitedByMember = on.at.Key
			return m, true
		}
	}
	return measurement{}, false
}

// isMember reports that a member of the sweep belongs to the membership, as far as that is known. What the rules compare are
// those alone.
func (s *subject) isMember(i int) bool {
	return s.isListed(i) && s.members[i].probed.Standing != probe.StandingForked
}

// answers says that the member's Status can be gone by.
func (s *subject) answers(i int) bool {
	return s.members[i].State == StateOK && !s.members[i].Stale
}

// judgeTwoLeaders is about members that all claim to lead in one term. A given endpoint of another cluster has its own
// leader in peace.
func judgeTwoLeaders(s *subject, _ time.Duration) measurement {
	if s.sweep.Dumps != nil {
		return s.judgeDumpedLeaders()
	}
	if len(s.rivals()) > 1 {
		return measurement{value: probe.Known(2)}
	}
	if m, is := s.silent(); is {
		return m
	}
	return holds(false)
}

// rivals are the members that claim to lead in the highest term for which several do.
func (s *subject) rivals() []MemberRef {
	claims := make(map[uint64][]MemberRef)
	var term uint64
	for i := range s.members {
		status := &s.members[i].probed.Status.Value
		ours := s.isMember(i) || s.sweep.InCluster(s.members[i].probed)
		if !ours || !s.answers(i) || status.Leader == 0 || status.Leader != status.MemberID {
			continue
		}
		claims[status.RaftTerm] = append(claims[status.RaftTerm], s.members[i].MemberRef)
		if len(claims[status.RaftTerm]) > 1 {
			term = max(term, status.RaftTerm)
		}
	}
	return claims[term]
}

func sayTwoLeaders(s *subject, _ measurement) statement {
	if s.sweep.Dumps != nil {
		return ofMembers(s.sayDumpedLeaders())
	}
	var names []string
	var term uint64
	for _, rival := range s.rivals() {
		names = append(names, rival.Label)
		term = s.members[s.cohort.place(rival.Key)].probed.Status.Value.RaftTerm
	}
	return ofMembers(fmt.Sprintf("%s each say that they lead in term %d", join(names), term))
}

func judgeClusterIDs(s *subject, _ time.Duration) measurement {
	if s.sweep.Dumps != nil {
		return judgeDumpedClusters(s)
	}
	if len(s.clusterIDs()) > 1 {
		return measurement{value: probe.Known(2)}
	}
	if m, is := s.silent(); is {
		return m
	}
	return holds(false)
}

// clusterIDs are the members that answer, by the cluster that they say they belong to.
func (s *subject) clusterIDs() map[probe.ClusterID][]string {
	ids := make(map[probe.ClusterID][]string)
	for i := range s.members {
		if id := s.members[i].probed.Cluster; s.answers(i) && id != 0 {
			ids[id] = append(ids[id], s.members[i].Label)
		}
	}
	return ids
}

// adviseClusterIDs tells endpoints of two clusters from a member that was started anew in the place of one: only where a
// listed member advertises its URL has it taken that one's place.
func adviseClusterIDs(s *subject) string {
	if s.sweep.Dumps != nil {
		return "Judge the dumps of each cluster by themselves: a folder for each."
	}
	for i := range s.members {
		m := s.members[i].probed
		if m.Standing != probe.StandingForeign || m.InPlaceOf == 0 {
			continue
		}
		was := s.refOf(m.InPlaceOf).Label
		return fmt.Sprintf("At %s, which %s advertises, a member of another cluster answers: %s was started as a new cluster, or the URL leads elsewhere. "+
			"Look at its data directory and --initial-cluster-state; keep a copy before anything is wiped.", m.Endpoint, was, was)
	}
	return "Give the endpoints of one cluster, and look at the other by itself."
}

func sayClusterIDs(s *subject, _ measurement) statement {
	if s.sweep.Dumps != nil {
		return plain(sayDumpedClusters(s))
	}
	return plain("members belong to different clusters: " + grouped(s.clusterIDs(), func(id probe.ClusterID) string { return id.String() }))
}

// grouped says which members have what, those that most have first: 3.6.4 on etcd-1 and etcd-2; 3.5.9 on etcd-3.
func grouped[K comparable](members map[K][]string, name func(K) string) string {
	keys := make([]K, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if order := len(members[b]) - len(members[a]); order != 0 {
			return order
		}
		return strings.Compare(name(a), name(b))
	})
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = name(key) + " on " + join(members[key])
	}
	return strings.Join(texts, "; ")
}

// mostNamed is how many names a sentence lists: more than any cluster that etcd's FAQ recommends has members (seven), so
// that it cuts nothing but the texts of hundreds.
const mostNamed = 16

// join names several things: a, b and c.
func join(names []string) string {
	n := len(names)
	switch {
	case n < 2:
		return strings.Join(names, "")
	case n > mostNamed:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostNamed-1], ", "), n-mostNamed+1)
	}
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}

// judgeVersions compares what the members run: 1 where that differs, 2 where by more than one minor version.
func judgeVersions(s *subject, _ time.Duration) measurement {
	var least, most semver.Version
	seen, unread := false, ""
	for i := range s.members {
		if !s.isMember(i) || !s.answers(i) {
			continue
		}
		r, ok := parseVersion(s.members[i].Version)
		switch {
		case !ok:
			unread = s.members[i].Label + " says that its version is " + inQuotes(s.members[i].Version)
			continue
		case !seen:
			least, most, seen = r, r, true
		}
		if r.Compare(least) < 0 {
			least = r
		}
		if r.Compare(most) > 0 {
			most = r
		}
	}
	if seen && least.Compare(most) != 0 {
		if least.Major != most.Major || most.Minor-least.Minor > 1 {
			return measurement{value: probe.Known(2)}
		}
		return holds(true)
	}
	if m, is := s.silent(); is {
		return m
	}
	if unread != "" {
		return measurement{unknown: unread}
	}
	return holds(false)
}

func sayVersions(s *subject, m measurement) statement {
	versions := make(map[string][]string)
	for i := range s.members {
		if s.isMember(i) && s.answers(i) {
			versions[s.members[i].Version] = append(versions[s.members[i].Version], s.members[i].Label)
		}
	}
	text := "versions are mixed: "
	if m.value.Or(0) > 1 {
		text = "versions are more than one minor apart: "
	}
	return plain(text + grouped(versions, func(version string) string { return version }))
}

// judgeSizes compares what the voters' databases have in use: they hold the same keys.
func judgeSizes(s *subject, _ time.Duration) measurement {
	least, most, known := s.extremeSizes()
	if !known {
		if m, is := s.silent(); is {
			return m
		}
		for i := range s.members {
			if s.members[i].Voter && !s.members[i].Vitals[DBInUse].IsKnown() {
				return measurement{notMeasurable: s.members[i].Label + " does not say how much of its database is in use"}
			}
		}
		return notApplicable // a single voter
	}
	largest := s.members[most].Vitals[DBInUse].Or(0)
	if largest < s.rule.Minimum {
		return notApplicable
	}
	smaller := 1 - s.members[least].Vitals[DBInUse].Or(0)/largest
	if m, is := s.silent(); is && smaller < s.leastLimit() {
		return m
	}
	return measurement{value: probe.Known(smaller)}
}

// leastLimit is where the lowest level of the rule begins.
func (s *subject) leastLimit() float64 {
	for _, level := range graded {
		if limit, has := s.rule.Limit(level).Value.Get(); has {
			return limit
		}
	}
	return 0
}

// extremeSizes are the voters with the least and the most in use; unknown where fewer than two say so.
func (s *subject) extremeSizes() (least, most int, known bool) {
	n := 0
	for i := range s.members {
		m := &s.members[i]
		size, has := m.Vitals[DBInUse].Get()
		if !m.Voter || !has || !s.answers(i) || m.IsStale(DBInUse) {
			continue
		}
		if n++; n == 1 {
			least, most = i, i
		}
		if size < s.members[least].Vitals[DBInUse].Or(0) {
			least = i
		}
		if size > s.members[most].Vitals[DBInUse].Or(0) {
			most = i
		}
	}
	return least, most, n > 1
}

func saySizes(s *subject, m measurement) statement {
	least, most, _ := s.extremeSizes()
	in := func(i int) string { return Bytes.Format(s.members[i].Vitals[DBInUse].Or(0)) }
	return ofMembers(fmt.Sprintf("%s has %s in use, %s less than the %s of %s, though they hold the same keys",
		s.members[least].Label, in(least), Ratio.Format(m.value.Or(0)), in(most), s.members[most].Label))
}

func judgeLearners(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return measurement{value: probe.Known(float64(s.cluster.Learners))}
}

func sayLearners(s *subject, _ measurement) statement {
	var names []string
	for i := range s.members {
		if s.members[i].Role == RoleLearner && s.isMember(i) {
			names = append(names, s.members[i].Label)
		}
	}
	if len(names) == 1 {
		return ofMembers(names[0] + " is a learner: it does not vote yet")
	}
	return ofMembers(join(names) + " are learners: they do not vote yet")
}

func judgeEven(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return holds(s.cluster.Voters > 0 && s.cluster.Voters%2 == 0)
}

func sayEven(s *subject, _ measurement) statement {
	n := s.cluster.Voters
	if n == 2 {
		return plain("2 voters: the loss of either stops writes, which a single one risks only half as often")
	}
	return plain(fmt.Sprintf("%d voters tolerate the loss of %d, as %d would", n, n-s.cluster.Quorum, n-1))
}

func judgeSingle(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return holds(s.cluster.Voters == 1)
}

func saySingle(*subject, measurement) statement {
	return plain("a single voter: no loss is tolerated")
}

func judgeVoters(s *subject, _ time.Duration) measurement {
	if m, unknown := s.memberListUnknown(); unknown {
		return m
	}
	return measurement{value: probe.Known(float64(s.cluster.Voters))}
}

func sayVoters(s *subject, _ measurement) statement {
	return plain(fmt.Sprintf("%d voters: each write waits for %d of them", s.cluster.Voters, s.cluster.Quorum))
}
