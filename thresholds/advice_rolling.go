package thresholds

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// caughtUpLag is the lag in entries below which a member counts as caught up: a moment's worth of writes.
const caughtUpLag = 100

// A candidate is a member that may be changed, with what was concluded about it.
type candidate struct {
	*memberState
	*conclusion
}

// rolling returns the order in which to change the members. conclusions holds what was concluded about each member,
// in the sweep's order. successor is the place of the member that a reading would have lead instead of the leader.
func rolling(
	b *cohort, findings []Finding, f *verdictFacts, conclusions []conclusion, successor int,
) Rolling {
	var r Rolling
	var learners, followers, order []candidate
	var leader *candidate
	for i := range b.members {
		switch m := (candidate{&b.members[i], &conclusions[i]}); {
		case m.State != StateOK || m.outside:
		case m.Role == RoleLearner:
			learners = append(learners, m)
		case !m.Voter:
		case b.cluster.Leads(m.Key):
			leader = &m
		default:
			followers = append(followers, m)
		}
	}
	slices.SortStableFunc(learners, leastMissed)
	slices.SortStableFunc(followers, func(m, n candidate) int { // who goes last must not lead by then
		return cmp.Or(falseFirst(!m.mayBeDone, !n.mayBeDone), leastMissed(m, n))
	})
	isSuccessor := func(m candidate) bool { return successor >= 0 && m.Key == b.members[successor].Key }
	if at := slices.IndexFunc(followers, isSuccessor); at >= 0 && leader != nil && fitToLead(followers[at], *leader) {
		heir := followers[at] // who goes last of them
		followers = append(slices.Delete(followers, at, at+1), heir)
	}
	order = slices.Concat(learners, followers)
	if leader != nil {
		order = append(order, *leader)
		if n := len(followers); n > 0 && fitToLead(followers[n-1], *leader) {
			heir := followers[n-1]
			r.MoveLeaderTo = heir.MemberRef
			r.Next = moveLeaderCommand(leader.memberState, heir.memberState)
		}
	}
	for _, m := range order {
		r.Order = append(r.Order, m.MemberRef)
	}
	by := blocked(b, findings, f, order, leader, r.MoveLeaderTo)
	if r.Blocked, r.BlockedBrief, r.Unknown = by.words, by.brief, by.unknown; r.Blocked != "" {
		r.Next = ""
	}
	return r
}

// leastMissed orders members by how little the cluster would miss them: unhealthy, slow and lagging ones first. It
// compares findings and orders of magnitude, so that the order is stable while nothing happens.
func leastMissed(m, n candidate) int {
	return cmp.Or(
		falseFirst(m.Healthy, n.Healthy),
		cmp.Compare(alarmLevel(n.conclusion), alarmLevel(m.conclusion)),
		falseFirst(!m.impairment.slow, !n.impairment.slow),
		cmp.Compare(lagSize(n.memberState), lagSize(m.memberState)),
		cmp.Compare(m.Label, n.Label),
	)
}

// falseFirst orders false before true.
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

// alarmLevel returns the member's level, and OK for what is below a warning.
func alarmLevel(c *conclusion) Level {
	if c.levels.level < Warning {
		return OK
	}
	return c.levels.level
}

// lagSize returns the order of magnitude of the entries that a member has yet to receive or apply; 0: it is caught
// up.
func lagSize(m *memberState) int {
	lag := max(m.Vitals[FollowerLag].Or(0), m.Vitals[ApplyLag].Or(0))
	return bits.Len(uint(lag / caughtUpLag))
}

// fitToLead reports whether the leadership may move to a voter, on whose disk every write then waits. Where the
// leader is as slow, nothing is lost.
func fitToLead(m, leader candidate) bool {
	return m.Healthy && m.impairment.words == "" && (!m.impairment.slow || leader.impairment.slow) &&
		lagSize(m.memberState) == 0
}

// moveLeaderCommand returns the command that moves the leadership. Only the leader itself takes it.
func moveLeaderCommand(leader, heir *memberState) string {
	return etcdctl(leader.endpoint(), "move-leader "+heir.ID.String())
}

// An obstacle is why not to begin, in words and in short. It is empty where nothing prevents it; unknown reports that
// facts are missing to decide.
type obstacle struct {
	words, brief string
	unknown      bool
}

// blocked returns why not to begin.
func blocked(
	b *cohort, findings []Finding, f *verdictFacts, order []candidate, leader *candidate, moveTo MemberRef,
) obstacle {
	if unmet := b.unmetCondition(findings); unmet.words != "" {
		return unmet
	}
	if m := firstWith(order, LossNo); m != nil {
		return obstacle{m.Label + " can't be spared: " + m.canLose.Reason, m.Short + " can't be spared", false}
	}
	d := &inquiry{now: f.now}
	if incident := need(d, f.incident); incident.words != "" {
		return obstacle{"not while an incident runs: " + incident.words, incident.brief, false}
	}
	if m := firstWith(order, LossUnknown); m != nil {
		return obstacle{m.canLose.Reason, m.canLose.Headline, true}
	}
	switch {
	case len(d.missing) > 0:
		out := d.unknown()
		return obstacle{out.reason, out.headline, true}
	case leader == nil:
		return obstacle{"no leader is known", "no leader is known", false}
	case moveTo.IsZero():
		return obstacle{"no follower is fit to take over from the leader " + leader.Label, noHeir, false}
	}
	return obstacle{}
}

// noHeir is the last obstacle, in short: it matters only to a leader that has yet to have its turn.
const noHeir = "nobody fit to lead next"

// firstWith returns the first member of an order whose loss has a verdict; nil without one.
func firstWith(order []candidate, verdict Verdict) *candidate {
	for i := range order {
		if order[i].canLose.Verdict == verdict {
			return &order[i]
		}
	}
	return nil
}

// unmetCondition returns what must be repaired, or be known, before any member is taken down: all voters answer, with
// the same data.
func (b *cohort) unmetCondition(findings []Finding) obstacle {
	c := b.cluster
	down := b.votersDown()
	defragmented, starting := b.busyVoters()
	late := b.labelsWhere(func(m *memberState) bool { return m.Voter && m.State == StateLate })
	down, late = minus(down, defragmented), minus(late, defragmented)
	switch {
	case !c.MemberListKnown:
		return obstacle{c.noMemberList(), "member list not known", true}
	case c.AnsweringVoters == 0:
		return obstacle{"no voter answers", "no voter answers", true}
	case len(down) > 0 && len(down) == len(b.unstartedVoters()):
		return obstacle{"start " + strings.Join(down, ", ") + " first: it was added and never ran",
			Plural(len(down), "voter") + " never ran", false}
	case len(down) > 0 && len(minus(down, starting)) == 0:
		return obstacle{"wait until " + strings.Join(down, ", ") + " serves", Plural(len(down), "voter") + " starting",
			false}
	case len(down) > 0:
		return obstacle{"bring " + strings.Join(down, ", ") + " back first", Plural(len(down), "voter") + " down", false}
	case len(defragmented) > 0:
		return obstacle{"wait until the defragmentation of " + strings.Join(defragmented, ", ") + " ends",
			Plural(len(defragmented), "voter") + " defragmented", false}
	case len(late) > 0:
		return obstacle{"wait until " + strings.Join(late, ", ") + " answers", Plural(len(late), "voter") + " late", false}
	}
	if corrupt := mismatched(findings); len(corrupt) > 0 {
		return obstacle{"settle first whose data is right: that of " + join(corrupt) + " is not that of the others",
			"data differs", false}
	}
	return obstacle{}
}

// minus are the labels that are not among others.
func minus(labels, others []string) (rest []string) {
	for _, label := range labels {
		if !slices.Contains(others, label) {
			rest = append(rest, label)
		}
	}
	return rest
}

// nextWords say what is next.
func (r *Rolling) nextWords() string {
	switch s := r.NextStep(); {
	case s == nil:
		return "whoever has not had a turn"
	case s.Kind == StepMoveLeader:
		return "move the leadership from " + s.From.Label + " to " + s.Member.Label
	default:
		return s.Member.Label
	}
}

// orderWords name the members in the order to go. The order has a leader, and somebody who could lead.
func (r *Rolling) orderWords() string {
	names := make([]string, len(r.Order))
	for i, ref := range r.Order {
		names[i] = ref.Label
	}
	leader := len(names) - 1 - r.AfterLeader
	move := "move the leadership to " + r.MoveLeaderTo.Label
	if leader > 0 {
		move = strings.Join(names[:leader], ", ") + "; " + move
	}
	if last := names[leader+1:]; len(last) > 0 {
		return fmt.Sprintf("%s, then %s; %s, which restarted unannounced, last", move, names[leader], join(last))
	}
	return fmt.Sprintf("%s, and %s last", move, names[leader])
}
