package thresholds

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// endpoint is where commands reach a member.
func (r *diagnoser) endpoint(key string) string {
	if i := r.place(key); i >= 0 {
		return r.members[i].endpoint()
	}
	return anyEndpoint
}

// anyEndpoint stands in a command for an endpoint that is not known, as of dumps.
const anyEndpoint = "ENDPOINT"

// endpoint is where commands reach the member.
func (m *Member) endpoint() string {
	if len(m.Endpoints) > 0 {
		return m.Endpoints[0]
	}
	return anyEndpoint
}

// otherEndpoint is the endpoint of a voter of the same cluster that answers, of a follower rather than the leader, and not of the one
// given; of the judged cluster where none is given.
func (r *diagnoser) otherEndpoint(key string) string {
	return cmp.Or(r.answeringEndpoint(r.sameCluster(key), key), r.endpoint(key))
}

// groupEndpoint is the endpoint of a voter of a group that answers, of a follower rather than the leader.
func (r *diagnoser) groupEndpoint(group int) string {
	return r.answeringEndpoint(r.groupMembers(group), "")
}

func (r *diagnoser) answeringEndpoint(among iter.Seq[int], but string) string {
	best := ""
	for i := range among {
		m := &r.members[i]
		if m.State == StateOK && m.Role != RoleLearner && m.Key != but && len(m.Endpoints) > 0 && (best == "" || m.Role == RoleFollower) {
			best = m.Endpoints[0]
			if m.Role == RoleFollower {
				break
			}
		}
	}
	return best
}

// maxEndpoints is how many endpoints a command names at most; an etcd cluster has seven voters or fewer (VotersMany).
const maxEndpoints = 16

// leaderLast are the endpoints of the voters of a group that answer and are wanted, as etcdctl takes them; empty where nobody
// is meant. A learner serves no maintenance but Status (etcd's isRPCSupportedForLearner).
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
	return strings.Join(slices.Compact(all), ","), n // dumps know no endpoint: one word stands for all
}

// etcdctl is a command to copy.
func etcdctl(endpoints, command string) string {
	return fmt.Sprintf("etcdctl --endpoints=%s %s", cmp.Or(endpoints, anyEndpoint), command)
}
