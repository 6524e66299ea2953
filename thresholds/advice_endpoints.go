package thresholds

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// endpoint returns the endpoint for commands to the member with a key.
func (r *diagnoser) endpoint(key string) string {
	if i := r.place(key); i >= 0 {
		return r.members[i].endpoint()
	}
	return anyEndpoint
}

// anyEndpoint stands in a command for an unknown endpoint, as of dumps.
const anyEndpoint = "ENDPOINT"

// endpoint returns the endpoint for commands to the member.
func (m *Member) endpoint() string {
	if len(m.Endpoints) > 0 {
		return m.Endpoints[0]
	}
	return anyEndpoint
}

// otherEndpoint returns the endpoint of an answering voter in the cluster of the member with a key, but not of that
// member, and of a follower rather than the leader. Without a key it is one in the judged cluster.
func (r *diagnoser) otherEndpoint(key string) string {
	return cmp.Or(r.answeringEndpoint(r.sameCluster(key), key), r.endpoint(key))
}

// groupEndpoint returns the endpoint of an answering voter of a group, of a follower rather than the leader.
func (r *diagnoser) groupEndpoint(group int) string {
	return r.answeringEndpoint(r.groupMembers(group), "")
}

// answeringEndpoint returns the endpoint of an answering voter among some members, but not of the one with a key, and
// of a follower rather than the leader.
func (r *diagnoser) answeringEndpoint(among iter.Seq[int], exceptKey string) string {
	best := ""
	for i := range among {
		m := &r.members[i]
		if m.State == StateOK && m.Role != RoleLearner && m.Key != exceptKey && len(m.Endpoints) > 0 &&
			(best == "" || m.Role == RoleFollower) {
			best = m.Endpoints[0]
			if m.Role == RoleFollower {
				break
			}
		}
	}
	return best
}

// maxEndpoints is how many endpoints a command names at most. etcd clusters have seven voters or fewer (VotersMany).
const maxEndpoints = 16

// leaderLast returns the endpoints of the wanted and answering voters of a group, the leader's last, as etcdctl takes
// them, and how many they are. Learners are left out: they serve no maintenance call but Status (etcd's
// isRPCSupportedForLearner).
func (r *diagnoser) leaderLast(group int, wanted func(*memberState) bool) (endpoints string, n int) {
	var all []string
	leader := ""
	for i := range r.groupMembers(group) {
		switch m := &r.members[i]; {
		case m.State != StateOK || m.Role == RoleLearner || !wanted(m):
		case m.Role == RoleLeader:
			leader = m.endpoint()
		case len(all) < maxEndpoints:
			all = append(all, m.endpoint())
		}
	}
	if leader != "" {
		all = append(all, leader)
	}
	n = len(all)
	return strings.Join(slices.Compact(all), ","), n // dumps have no endpoints: anyEndpoint stands for all
}

// etcdctl returns a command to copy.
func etcdctl(endpoints, command string) string {
	return fmt.Sprintf("etcdctl --endpoints=%s %s", cmp.Or(endpoints, anyEndpoint), command)
}
