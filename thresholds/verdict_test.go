package thresholds

import (
	"fmt"
	"slices"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// A plight is the state of a voter in the exhaustive tests.
type plight int

const (
	voterUp plight = iota
	voterDown
	voterLate     // for longer than an election timeout
	voterJustLate // it may well be healthy
	plights       // how many there are
)

// mostSize is the largest size of which every combination is tried.
const mostSize = 7

// eachCluster calls with every cluster of one to mostSize voters in which every voter is in every plight, and with
// some of nine. The first healthy one leads.
func eachCluster(visit func(b *cohort, voters []plight)) {
	for size := 1; size <= mostSize+2; size++ {
		combinations := 1
		for range size {
			combinations *= int(plights)
		}
		step := 1
		if size > mostSize {
			step = 97 // coprime to the number of plights
		}
		for n := 0; n < combinations; n += step {
			voters := make([]plight, size)
			for i, rest := 0, n; i < size; i, rest = i+1, rest/int(plights) {
				voters[i] = plight(rest % int(plights))
			}
			visit(clusterOf(voters), voters)
		}
	}
}

func clusterOf(voters []plight) *cohort {
	c := &clusterState{Cluster: Cluster{MemberListKnown: true, Voters: len(voters), Quorum: len(voters)/2 + 1}}
	b := &cohort{cluster: c, frame: &frame{now: epoch, sweep: &probe.Sweep{}}}
	for i, plight := range voters {
		m := &Member{MemberRef: MemberRef{Key: fmt.Sprint(i + 1), ID: 1, Label: fmt.Sprintf("etcd-%d", i+1),
			Short: fmt.Sprintf("etcd-%d", i+1)},
			Voter: true, Role: RoleUnknown}
		switch plight {
		case voterUp:
			m.State, m.Healthy, m.Role = StateOK, true, RoleFollower
			c.AnsweringVoters++
			c.HealthyVoters++
			if c.Leader.IsZero() {
				m.Role, c.Leader = RoleLeader, m.MemberRef
			}
		case voterDown:
			m.State = StateDown
		case voterLate, voterJustLate:
			m.State, m.MetricsTooOld = StateLate, true
		}
		if plight == voterJustLate {
			c.UnknownVoters++
		}
		b.members = append(b.members, memberState{Member: m, probed: new(probe.Member)})
	}
	c.QuorumSeen = c.HealthyVoters >= c.Quorum
	return b
}

// factsOf are the facts of a cluster in which only the health of late members is unknown.
func factsOf(b *cohort, voters []plight) *verdictFacts {
	c := b.cluster
	f := &verdictFacts{
		now: epoch, voters: c.Voters, quorum: c.Quorum, answering: c.AnsweringVoters > 0, quorumSeen: c.QuorumSeen,
		quorumLacks: "more", noQuorum: "quorum is lost", noQuorumBrief: "quorum is lost",
		membership: fact[int]{value: c.Voters, at: epoch}, incident: fact[incident]{at: epoch},
	}
	for i := range b.members {
		m := memberFacts{
			MemberRef:  b.members[i].MemberRef,
			membership: fact[probe.Membership]{value: probe.MembershipListed, at: epoch},
			votes:      fact[bool]{value: true, at: epoch}, impairment: fact[impairment]{at: epoch},
			wait:      fact[wait]{value: wait{slowest: -1}, at: epoch},
			unhealthy: b.members[i].Label + " is down", unhealthyBrief: "is down", down: voters[i] == voterDown,
			leads: b.members[i].Role == RoleLeader, counts: voters[i] == voterUp,
		}
		m.healthy = fact[bool]{ground: GroundHealth, missing: "whether " + m.Label + " is healthy",
			brief: m.Label + ": late"}
		if voters[i] != voterJustLate {
			m.healthy.value, m.healthy.at = voters[i] == voterUp, epoch
		}
		f.members = append(f.members, m)
	}
	f.path = quickPath(b, slices.Repeat([]bounds{{known: true, least: 0.002, most: 0.002}}, len(voters)))
	return f
}

// quickPath has quick links between all members.
func quickPath(b *cohort, disks []bounds) *commitPath {
	p := &commitPath{frame: b.frame, quorum: b.cluster.Quorum, voters: pathVoters(b.members), disks: disks,
		slowDisks: make([]bool, len(disks))}
	for i := range disks {
		links := make([]bounds, len(disks))
		for j := range links {
			links[j] = bounds{known: i != j}
		}
		p.links = append(p.links, links)
	}
	return p
}

// TestVerdictsNeverLoseQuorum: whatever is down, a verdict that allows a loss or a removal leaves a quorum, counted
// voter by voter; and none forbids one that would.
func TestVerdictsNeverLoseQuorum(t *testing.T) {
	t.Parallel()
	eachCluster(func(b *cohort, voters []plight) {
		f := factsOf(b, voters)
		for i, gone := range voters {
			left, perhaps := 0, 0
			for j, plight := range voters {
				if j == i {
					continue
				}
				if plight == voterUp {
					left++
				}
				if plight == voterUp || plight == voterJustLate {
					perhaps++
				}
			}
			now, all := len(voters)/2+1, len(voters)
			held := b.cluster.HealthyVoters >= now
			lose, remove := f.canLose(i), f.canRemove(i)
			if lose.Reason == "" || remove.Reason == "" {
				t.Fatalf("%v, etcd-%d: a verdict without a reason: %+v, %+v", voters, i+1, lose, remove)
			}
			if allows(lose.Verdict) && left < now {
				t.Fatalf("%v: losing etcd-%d is %s (%s), and leaves %d of %d", voters, i+1, lose.Verdict, lose.Reason,
					left, all)
			}
			if lose.Verdict == LossNo && perhaps >= now {
				t.Fatalf("%v: losing etcd-%d is no (%s), and may leave %d of %d", voters, i+1, lose.Reason, perhaps,
					all)
			}
			if held && gone == voterDown && lose.Verdict != LossSafe {
				t.Fatalf("%v: losing etcd-%d, which is down, is %s (%s)", voters, i+1, lose.Verdict, lose.Reason)
			}
			if lose.Verdict == LossSafe && gone != voterDown &&
				slices.ContainsFunc(without(voters, i), func(p plight) bool { return p != voterUp }) {
				t.Fatalf("%v: losing etcd-%d is safe with others down", voters, i+1)
			}
			then := (all-1)/2 + 1
			if allows(remove.Verdict) && (!held || all == 1 || left < then) {
				t.Fatalf("%v: removing etcd-%d is %s (%s), and leaves %d of %d", voters, i+1, remove.Verdict,
					remove.Reason, left, all-1)
			}
			if remove.Verdict == LossNo && held && all > 1 && left >= then {
				t.Fatalf("%v: removing etcd-%d is no (%s), and leaves %d of %d", voters, i+1, remove.Reason, left,
					all-1)
			}
			if gone == voterUp && remove.Verdict == LossSafe && left == then {
				t.Fatalf("%v: removing etcd-%d is safe (%s), and leaves none to spare", voters, i+1, remove.Reason)
			}
		}
	})
}

func allows(v Verdict) bool { return v == LossSafe || v == LossRisk }

func without(voters []plight, i int) []plight {
	return append(slices.Clone(voters[:i]), voters[i+1:]...)
}

// TestRollingOrder: whatever is down, the leader comes last, members that do not answer are not in the order, and
// nothing starts while one is down.
func TestRollingOrder(t *testing.T) {
	t.Parallel()
	eachCluster(func(b *cohort, voters []plight) {
		n := len(b.members)
		conclusions := conclude(make([]memberLevels, n), make([]MemberCondition, n), make([]impairment, n),
			factsOf(b, voters))
		r := rolling(b, nil, &verdictFacts{now: epoch, incident: fact[incident]{at: epoch}}, conclusions, -1)
		healthy := 0
		for i, plight := range voters {
			in := slices.Contains(r.Order, b.members[i].MemberRef)
			if in != (plight == voterUp) {
				t.Fatalf("%v: etcd-%d is in the order %v: %v", voters, i+1, r.Order, in)
			}
			if plight == voterUp {
				healthy++
			}
		}
		if len(r.Order) != healthy {
			t.Fatalf("%v: the order is %v", voters, r.Order)
		}
		if !b.cluster.Leader.IsZero() && r.Order[healthy-1] != b.cluster.Leader {
			t.Fatalf("%v: the leader is not the last of %v", voters, r.Order)
		}
		if !r.MoveLeaderTo.IsZero() && (r.MoveLeaderTo == b.cluster.Leader ||
			!slices.Contains(r.Order, r.MoveLeaderTo)) {
			t.Fatalf("%v: the leadership goes to %v", voters, r.MoveLeaderTo)
		}
		r.setPhase(b)
		begins := healthy == len(voters) && healthy > 2
		if begins != (r.Blocked == "") || begins == (r.Next == "") || begins != r.Phase.MayGoOn() || r.words() == "" {
			t.Fatalf("%v: %s, blocked %q, next %q, text %q", voters, r.Phase, r.Blocked, r.Next, r.words())
		}
	})
}
