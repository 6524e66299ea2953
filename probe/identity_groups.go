package probe

import (
	"cmp"
	"slices"
	"time"
)

// A group is the members with one cluster id that share a list, or that follow one leader in one term. A cluster is one
// group, apart from members that it removed or that lag. Two groups that each have a quorum of their own list and a
// leader of their own are two clusters: --force-new-cluster keeps the cluster's id and drops all other members from the
// list of the member started with it (etcdserver's bootstrap.go), whatever the others go on to do.
type group struct {
	members []*memberReport
	// listKey is the key of its list, and from is the member whose list it is.
	listKey string
	from    *memberReport
	// memberList is that list with the group's members that confirm it.
	memberList MemberList
	// hasLeader says that a member follows a leader of no other group; leaderAnswers says that this leader itself
	// answers.
	hasLeader, leaderAnswers bool
}

// A leaderTerm is a leader in a term. Raft elects at most one per term.
type leaderTerm struct {
	leader MemberID
	term   uint64
}

func (rep *memberReport) follows() (f leaderTerm, follows bool) {
	if !rep.current || rep.status == nil || rep.status.Leader == 0 {
		return f, false
	}
	return leaderTerm{rep.status.Leader, rep.status.RaftTerm}, true
}

// groups returns the groups of the members that return lists of their own.
func (v *view) groups(holders []*memberReport) []*group {
	lists, leaders := make(map[string]int), make(map[leaderTerm]int)
	of := make([]int, len(holders)) // the first holder of each one's group
	join := func(a, b int) {
		for i, a, b := 0, of[a], of[b]; i < len(of) && a != b; i++ {
			if of[i] == max(a, b) {
				of[i] = min(a, b)
			}
		}
	}
	for i, rep := range holders {
		of[i] = i
		if first, held := lists[rep.listKey]; held {
			join(i, first)
		} else {
			lists[rep.listKey] = i
		}
		if f, follows := rep.follows(); !follows {
			continue
		} else if first, followed := leaders[f]; followed {
			join(i, first)
		} else {
			leaders[f] = i
		}
	}
	byFirst := make(map[int]*group)
	var all []*group
	for i, rep := range holders {
		g := byFirst[of[i]]
		if g == nil {
			g = new(group)
			byFirst[of[i]], all = g, append(all, g)
		}
		g.members = append(g.members, rep)
	}
	for _, g := range all {
		g.from = mostCommonList(g.members, g.leader())
		g.listKey, g.memberList = g.from.listKey, memberListOf(g.from, g.members, v.maxListSkew)
		for _, rep := range g.members {
			f, follows := rep.follows()
			leader := v.byID[f.leader]
			silent := leader == nil || !leader.current
			leads := follows && !silent && slices.Contains(g.members, leader)
			g.hasLeader, g.leaderAnswers = g.hasLeader || leads || follows && silent, g.leaderAnswers || leads
		}
	}
	return all
}

// leader returns whom the group's members follow in the highest term; 0 if nobody.
func (g *group) leader() MemberID {
	var latest leaderTerm
	for _, rep := range g.members {
		if f, follows := rep.follows(); follows && f.term >= latest.term {
			latest = f
		}
	}
	return latest.leader
}

// forks returns the groups that are clusters of their own if there are several. The first is the observed one: the one
// observed before, else the one that most members confirm, else the one that the first given endpoint leads to. A group
// once found to be a cluster stays one while there is another: it may lose its leader for a while.
func (v *view) forks(groups []*group) []*group {
	known := func(g *group) bool { return v.before != nil && v.before.forkLists[g.listKey] }
	var newest time.Time
	for _, g := range groups {
		if g.from.listAt.After(newest) {
			newest = g.from.listAt
		}
	}
	forks := slices.DeleteFunc(slices.Clone(groups), func(g *group) bool {
		return !known(g) && (!g.hasLeader || !g.memberList.Confirmed() || newest.Sub(g.from.listAt) > v.maxListSkew)
	})
	if len(forks) < 2 {
		return nil
	}
	stays := func(g *group) int {
		if v.sticky && v.before != nil && len(v.before.forkLists) > 0 && listKeyOf(v.before.index.list) == g.listKey {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(forks, func(a, b *group) int {
		return cmp.Or(cmp.Compare(stays(a), stays(b)),
			cmp.Compare(len(b.memberList.Witnesses), len(a.memberList.Witnesses)),
			cmp.Compare(v.firstGiven(a), v.firstGiven(b)))
	})
	return forks
}

// soundGroup returns the group to observe if no forks are known: nil for the group of the leader with the highest term.
// If no quorum confirms that group's list, it is another group with both a quorum and an answering leader.
func soundGroup(groups []*group, leader *memberReport) *group {
	of := slices.IndexFunc(groups, func(g *group) bool { return leader != nil && slices.Contains(g.members, leader) })
	if of < 0 || groups[of].memberList.Confirmed() {
		return nil
	}
	sound := slices.IndexFunc(groups, func(g *group) bool { return g.leaderAnswers && g.memberList.Confirmed() })
	if sound < 0 {
		return nil
	}
	return groups[sound]
}

// firstGiven returns the index of the first given endpoint that leads to a member of the group.
func (v *view) firstGiven(g *group) int {
	for i, e := range v.given {
		if s := v.endpoints[e]; s != nil &&
			slices.ContainsFunc(g.members, func(rep *memberReport) bool { return rep.id == s.last.member }) {
			return i
		}
	}
	return len(v.given)
}

// adoptFork makes the first of several clusters with one id the observed one.
func (r *resolution) adoptFork(forks []*group) {
	r.forkLists, r.forked = make(map[string]bool, len(forks)), make(map[MemberID]bool)
	for i, g := range forks {
		r.forkLists[g.listKey] = true
		if i == 0 {
			continue
		}
		r.forks = append(r.forks, g.memberList)
		for _, rep := range g.members {
			r.forked[rep.id] = true
		}
	}
}
