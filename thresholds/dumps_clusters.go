package thresholds

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// dumpedClusters are the members of dumps by the cluster that they are of: those that name each other, or the same other
// member, among their peers. A member that names none is in none of them: it may be alone, or its dump was filtered.
func dumpedClusters(members []probe.Member) (clusters [][]int) {
	of := make(map[probe.MemberID]int) // the first member of the cluster that somebody is known to be of
	root := make([]int, len(members))
	var find func(int) int
	find = func(i int) int {
		if root[i] != i {
			root[i] = find(root[i])
		}
		return root[i]
	}
	for i := range members {
		root[i] = i
		if !members[i].Metrics.Ever() || len(members[i].Metrics.Value.Peers) == 0 {
			continue
		}
		join := func(id probe.MemberID) {
			if id == 0 {
				return
			}
			if other, known := of[id]; known {
				root[find(i)] = find(other)
			} else {
				of[id] = i
			}
		}
		join(members[i].ID)
		for id := range members[i].Metrics.Value.Peers {
			join(id)
		}
	}
	place := make(map[int]int)
	for i := range members {
		if !members[i].Metrics.Ever() || len(members[i].Metrics.Value.Peers) == 0 {
			continue
		}
		at, has := place[find(i)]
		if !has {
			at = len(clusters)
			place[find(i)] = at
			clusters = append(clusters, nil)
		}
		clusters[at] = append(clusters[at], i)
	}
	return clusters
}

// judgeDumpedClusters is judgeClusterIDs by the metrics: it is no fault to have dumped two clusters.
func judgeDumpedClusters(s *subject) measurement {
	return condition(len(dumpedClusters(s.sweep.Members)) > 1)
}

func sayDumpedClusters(s *subject) string {
	clusters := dumpedClusters(s.sweep.Members)
	groups := make([]string, 0, len(clusters))
	for _, cluster := range clusters {
		var names []string
		for _, i := range cluster {
			names = append(names, s.members[i].Label)
		}
		groups = append(groups, join(names))
	}
	const most = 4
	text := fmt.Sprintf("the dumps are of %d clusters, whose members do not know each other", len(clusters))
	for i, group := range groups[:min(len(groups), most)] {
		text += map[bool]string{true: ": ", false: "; "}[i == 0] + group
	}
	return text + also(len(groups)-most)
}

// dumpedRivals are the members that say that they lead, of those that may be of one cluster; nobody where it is one.
func (s *subject) dumpedRivals() []MemberRef {
	clusters := dumpedClusters(s.sweep.Members)
	of := func(i int) int {
		return slices.IndexFunc(clusters, func(cluster []int) bool { return slices.Contains(cluster, i) })
	}
	leaders := make(map[int][]MemberRef)
	for i := range s.members {
		if s.members[i].Role == RoleLeader {
			leaders[of(i)] = append(leaders[of(i)], s.members[i].MemberRef)
		}
	}
	if alone := leaders[-1]; len(alone) > 0 && len(leaders) == 2 { // it may be of the one cluster that there is, or not
		for at, others := range leaders {
			if at >= 0 {
				return slices.Concat(others, alone)
			}
		}
	}
	for _, rivals := range leaders {
		if len(rivals) > 1 {
			return rivals
		}
	}
	return nil
}

// An absentee is a member that is known only by what others say of it: there is no dump of it.
type absentee struct {
	id probe.MemberID
	// with and without are the members that have a connection with it, and those that have none.
	with, without []string
	// by is the member that fails to send it most, at that rate; known says that there were two looks at it.
	by    string
	rate  float64
	over  time.Duration
	known bool
}

// absentees are the members that are known to the dumped ones only, those first that most messages could not be sent to.
func absentees(sweep *probe.Sweep, members []Member, tracks []*track, o Options, window time.Duration) (all []absentee) {
	dumped := make(map[probe.MemberID]bool, len(members))
	for i := range sweep.Members {
		dumped[sweep.Members[i].ID] = true
	}
	if sweep.Dumps == nil || dumped[0] { // who does not say who it is may be any of them
		return nil
	}
	for i := range sweep.Members {
		m := &sweep.Members[i]
		if !m.Metrics.Fresh() || members[i].Role == RoleLearner {
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
				a.with = append(a.with, members[i].Label)
			} else {
				a.without = append(a.without, members[i].Label)
			}
			rate, over, known := failedSends(tracks[i], id, m.Metrics.At, window, o)
			if a.known = a.known || known; rate > a.rate {
				a.by, a.rate, a.over = members[i].Label, rate, over
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

// failedSends is how many messages a second a member could not send to another one in the window, and goes on failing to,
// and what that is over.
func failedSends(t *track, to probe.MemberID, at time.Time, window time.Duration, o Options) (rate float64, over time.Duration, known bool) {
	peer := t.peers[to]
	if peer == nil {
		return 0, 0, false
	}
	grown, known := peer.sendFailures.growth(at, window)
	if lately, has := peer.sendFailures.growth(at, o.interval+o.interval/2); has && lately == 0 {
		grown = 0
	}
	if grown <= 0 {
		return 0, 0, known
	}
	over = peer.sendFailures.spanned(at, window)
	return grown / over.Seconds(), over, true
}

func (s *subject) absentees(window time.Duration) []absentee {
	return absentees(s.sweep, s.members, s.tracks, s.options, window)
}

// judgeAbsent is about members that only the others know, and that can't be reached by them: messages to a member that was
// removed are sent no longer.
func judgeAbsent(s *subject, window time.Duration) measurement {
	all := s.absentees(window)
	if len(all) == 0 {
		return quiet
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
		return measurement{unmeasurable: "a rate needs two looks", why: WhyTooFew}
	}
	return m
}

func sayAbsent(s *subject, m measurement) string {
	var away []absentee
	for _, a := range s.absentees(m.window) {
		if len(a.with) == 0 && a.rate > 0 {
			away = append(away, a)
		}
	}
	if len(away) == 0 {
		return "a member without a dump is down or cut off"
	}
	return fmt.Sprintf("a member without a dump, %s, is down or cut off: %s fails to send it %s messages%s, and %s no connection with it%s",
		away[0].id, away[0].by, PerSecond.Format(away[0].rate), overLast(away[0].over), have(away[0].without), also(len(away)-1))
}

// absent is about a member that only the others know.
func (r *reader) absent() *diagnosis {
	d := about(CauseMemberDown, r.found("", MemberUndumped))
	if d == nil {
		return nil
	}
	d.text, d.quorum = r.sentence(d.text), true
	return d
}

// undumped says of which members of the cluster there is no dump.
func (r *reader) undumped() (missing []string) {
	led := slices.ContainsFunc(r.a.Members, func(m Member) bool { return m.Role == RoleLeader })
	for _, a := range absentees(r.sweep, r.a.Members, r.tracks, r.options, r.options.Window) {
		switch {
		case len(a.with) > 0:
			missing = append(missing, fmt.Sprintf("%s, a member that %s a connection with: there is no dump of it", a.id, have(a.with)))
		case a.rate > 0 || a.known && led: // that is a finding; or it was removed: its leader sends it nothing
		default:
			missing = append(missing, fmt.Sprintf("%s, a member that %s no connection with: there is no dump of it, and it is down, cut off, or was removed",
				a.id, have(a.without)))
		}
	}
	const most = 8
	if more := len(missing) - most; more > 0 {
		missing = append(missing[:most], fmt.Sprintf("%d more members without a dump", more))
	}
	return missing
}
