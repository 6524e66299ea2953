package thresholds

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// caughtUpLag is below how many entries a member counts as caught up: a moment's worth of writes.
const caughtUpLag = 100

// rolling works out in which order to change the members, from what the verdicts stand on, and those on losing them, which
// must have been set.
func rolling(b *cohort, findings []Finding, f *verdictFacts) Rolling {
	var r Rolling
	var learners, followers []*memberState
	var leader *memberState
	for i := range b.members {
		switch m := &b.members[i]; {
		case m.State != StateOK || m.outside:
		case m.Role == RoleLearner:
			learners = append(learners, m)
		case !m.Voter:
		case b.cluster.Leads(m.Key):
			leader = m
		default:
			followers = append(followers, m)
		}
	}
	slices.SortStableFunc(learners, leastMissed)
	slices.SortStableFunc(followers, leastMissed)
	for _, m := range slices.Concat(learners, followers) {
		r.Order = append(r.Order, m.MemberRef)
	}
	if leader != nil {
		r.Order = append(r.Order, leader.MemberRef)
		if n := len(followers); n > 0 && fitToLead(followers[n-1], leader) {
			heir := followers[n-1]
			r.MoveLeaderTo = heir.MemberRef
			r.Next = moveLeaderCommand(leader, heir)
		}
	}
	if r.Blocked, r.Unknown = blocked(b, findings, f, &r, leader); r.Blocked != "" {
		r.Next = ""
	}
	r.Text = r.words(leader)
	return r
}

// leastMissed orders members by how little the cluster would miss them: the worst, slowest and most lagging first. It goes
// by findings and by orders of magnitude, so that the order stands still while nothing happens.
func leastMissed(m, n *memberState) int {
	return cmp.Or(
		falseFirst(m.Healthy, n.Healthy),
		cmp.Compare(alarmLevel(n), alarmLevel(m)),
		falseFirst(!m.slow, !n.slow),
		cmp.Compare(lagSize(n), lagSize(m)),
		cmp.Compare(m.Label, n.Label),
	)
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// alarmLevel is the member's level where that is worse than a remark.
func alarmLevel(m *memberState) Level {
	if m.Level < Warning {
		return OK
	}
	return m.Level
}

// lagSize is the order of magnitude of the entries that a member has still to take in or to apply; 0: it is caught up.
func lagSize(m *memberState) int {
	lag := max(m.Vitals[FollowerLag].Or(0), m.Vitals[ApplyLag].Or(0))
	return bits.Len(uint(lag / caughtUpLag))
}

// fitToLead reports that the leadership may go from leader to a voter: every write waits for its disk then. Where the
// leader is as slow, nothing is lost by it.
func fitToLead(m, leader *memberState) bool {
	return m.Healthy && m.impairment == "" && (!m.slow || leader.slow) && lagSize(m) == 0
}

// moveLeaderCommand is the command that moves the leadership. It must be sent to the leader itself.
func moveLeaderCommand(leader, heir *memberState) string {
	return etcdctl(leader.endpoint(), "move-leader "+heir.ID.String())
}

// blocked says why not to begin; empty where nothing stands against it. unknown says that it is only not known whether to.
func blocked(b *cohort, findings []Finding, f *verdictFacts, r *Rolling, leader *memberState) (why string, unknown bool) {
	if why, unknown = b.unmetCondition(findings); why != "" {
		return why, unknown
	}
	if m := b.firstIn(r.Order, LossNo); m != nil {
		return m.Label + " can't be spared: " + m.CanLose.Reason, false
	}
	d := &inquiry{now: f.now}
	if incident := ask(d, f.incident); incident != "" {
		return "not during an incident: " + incident, false
	}
	if m := b.firstIn(r.Order, LossUnknown); m != nil {
		return m.CanLose.Reason, true
	}
	switch {
	case len(d.lacks) > 0:
		return d.unknown().reason, true
	case leader == nil:
		return "no leader is known", false
	case r.MoveLeaderTo.IsZero():
		return "no follower is fit to lead while " + leader.Label + " is away", false
	}
	return "", false
}

// firstIn is the first member in an order whose loss has a verdict; nil: none has.
func (f *frame) firstIn(order []MemberRef, verdict Verdict) *memberState {
	for _, ref := range order {
		if i := f.place(ref.Key); i >= 0 && f.members[i].CanLose.Verdict == verdict {
			return &f.members[i]
		}
	}
	return nil
}

// unmetCondition says what has to be set right, or to be known, before a member may be taken away: that all voters answer, with the
// same data.
func (b *cohort) unmetCondition(findings []Finding) (why string, unknown bool) {
	c := b.cluster
	down := b.votersDown()
	late := b.labelsWhere(func(m *memberState) bool { return m.Voter && m.State == StateLate })
	switch {
	case !c.MemberListKnown:
		return "the cluster's member list is not known", true
	case !c.answering:
		return "no voter answers", true
	case len(down) > 0 && len(down) == len(b.unstartedVoters()):
		return "start " + strings.Join(down, ", ") + " first: it was added and never ran", false
	case len(down) > 0:
		return "bring " + strings.Join(down, ", ") + " back first", false
	case len(late) > 0:
		return "wait until " + strings.Join(late, ", ") + " answers", false
	}
	if corrupt := mismatched(findings); len(corrupt) > 0 {
		return "settle first whose data is right: that of " + join(corrupt) + " is not that of the others", false
	}
	return "", false
}

func (r *Rolling) words(leader *memberState) string {
	switch {
	case r.Unknown:
		return "Whether to start is not known: " + r.Blocked + "."
	case r.Blocked != "":
		return "Do not start: " + r.Blocked + "."
	}
	names := make([]string, 0, len(r.Order))
	for _, ref := range r.Order[:len(r.Order)-1] {
		names = append(names, ref.Label)
	}
	return fmt.Sprintf("One by one: %s; move the leadership to %s, and %s last. Look again after each.",
		strings.Join(names, ", "), r.MoveLeaderTo.Label, leader.Label)
}
