package thresholds

import (
	"cmp"
	"fmt"
	"time"

	"github.com/coreos/go-semver/semver"
)

// rebuildAfter is how long so many voters must have been gone that the quorum is lost before a rebuild is a question: a
// process that is started again is back by then, also where it has failed at first. kubelet waits for 5 minutes at most
// before it starts a container again (MaxContainerBackOff), systemd far less.
const rebuildAfter = 5 * time.Minute

// tooEarlyToRebuild reports that the quorum, lost since a moment, may come back by itself: a voter is late, which may
// end with the next answer, or the processes may still be starting. A check does not see for how long they have been
// gone.
func tooEarlyToRebuild(b *cohort, lostSince time.Time) bool {
	gone := 0
	for i := range b.members {
		m := &b.members[i]
		switch since := m.DownSince; {
		case !m.Voter || m.State == StateOK:
		case m.State == StateLate:
			return true
		case b.settings.immediate || b.sweep.Dumps != nil:
			gone++
		default:
			if since.IsZero() { // out of reach, for an unknown time
				since = lostSince
			}
			if elapsed(lostSince, b.now) >= rebuildAfter && elapsed(since, b.now) >= rebuildAfter {
				gone++
			}
		}
	}
	return gone <= b.cluster.Voters-b.cluster.Quorum
}

// recovery judges whether the cluster must be rebuilt from one member's data. lostSince is since when there have been
// too few healthy voters.
func recovery(b *cohort, lostSince time.Time) Recovery {
	c := b.cluster
	answering := b.countWhere(func(m *memberState) bool {
		return m.Voter && m.State == StateOK && (!m.probed.Status.Answered() || b.sweep.InCluster(m.probed))
	})
	tooEarly := tooEarlyToRebuild(b, lostSince)
	switch {
	case !c.MemberListKnown || c.Voters == 0:
		return Recovery{Warranted: WarrantUnknown,
			Text: "Whether quorum is held is not known: the cluster's member list is not."}
	case c.QuorumSeen:
		return Recovery{Warranted: WarrantNo,
			Text: "Quorum is held: replace single members (remove, then add); a rebuild would only lose data."}
	case answering >= c.Quorum:
		return Recovery{Warranted: WarrantNo,
			Text: fmt.Sprintf("%d of %d voters answer, quorum needs %d: none of those is gone: repair them.",
				answering, c.Voters, c.Quorum)}
	case answering > 0 && answering+c.UnknownVoters >= c.Quorum:
		return Recovery{Warranted: WarrantUnknown, TooEarly: tooEarly,
			Text:     "Whether quorum is held is not known yet: some voters have not answered.",
			Headline: "Not known yet: some voters have not answered"}
	}
	r := Recovery{Warranted: WarrantIfGone, TooEarly: tooEarly, Text: fmt.Sprintf(
		"Only if %d of %s are gone for good; etcdoc can't see that. Old members that come back lose nothing: bring "+
			"them back first.",
		c.Voters-c.Quorum+1, Plural(c.Voters, "voter"))}
	condition := fmt.Sprintf("only if %d of %d are gone for good", c.Voters-c.Quorum+1, c.Voters)
	neverRan := b.unstartedVoters()
	switch {
	case answering == 0:
		r.Warranted = WarrantUnknown
		r.Text = "No voter answers: they are down, or out of reach from here. Bring them back first: that " +
			"loses nothing."
	case len(neverRan) > 0 && answering+len(neverRan) == c.Voters:
		r.Text = fmt.Sprintf("Only if %s can't be started: quorum waits for it alone, and it never ran, so that it "+
			"has no data that could be lost.", join(neverRan))
		condition = "only if the others can't start"
	}
	r.chooseNewest(b.frame, condition)
	r.Text += rebuildCaveat(b, r.Newest)
	return r
}

// unstartedVoters returns the labels of the voters that were added and have never run. They have no data.
func (f *frame) unstartedVoters() []string {
	return f.labelsWhere(func(m *memberState) bool {
		return m.Voter && m.neverStarted && m.State == StateDown && !m.joins
	})
}

// chooseNewest names the answering voter with the newest data, and a silent one that had more when it last answered.
// Where none answers, it uses the last known data. The condition is that of a rebuild.
func (r *Recovery) chooseNewest(f *frame, condition string) {
	var up, down *memberState
	unseen := f.labelsWhere(func(m *memberState) bool { return m.Voter && m.NeverSeen && !m.neverStarted })
	for i := range f.members {
		m := &f.members[i]
		if !m.Voter || m.NeverSeen || !f.sweep.InCluster(m.probed) {
			continue
		}
		best := &up
		if m.State != StateOK {
			best = &down
		}
		if *best == nil || compareNewest(m, *best) > 0 {
			*best = m
		}
	}
	switch {
	case up == nil && down == nil:
		r.Headline = "No voter answers, none has been seen"
		return
	case up == nil:
		r.Newest = down.MemberRef
		r.Headline = "No voter answers; newest data: " + down.Short
		r.Text += fmt.Sprintf(" Newest data, last known %s: %s.", agoWords(down.Age), position(down))
	case down != nil && compareCommitted(down, up) > 0:
		r.Newest = up.MemberRef
		r.Headline = "Repair " + down.Short + " first: its data is newest"
		r.Text += fmt.Sprintf(" Newest data of those that answer: %s; but %s had more, %s: repair that one.",
			position(up), position(down), agoWords(down.Age))
	case len(unseen) > 0:
		r.Newest = up.MemberRef
		r.Headline = fitting(RecoveryWidth, "Newest seen: "+up.Short+"; "+condition, "Newest seen: "+up.Short)
		r.Text += fmt.Sprintf(" Newest data of those that answer: %s; what %s had is not known.",
			position(up), join(unseen))
	default:
		r.Newest = up.MemberRef
		r.Headline = fitting(RecoveryWidth, "From "+up.Short+", "+condition, up.Short+", "+condition)
		r.Text += fmt.Sprintf(" Newest data: %s.", position(up))
	}
}

// compareCommitted compares how much of what the cluster committed two members have. --force-new-cluster keeps
// entries up to max(HardState.Commit, consistent_index) and drops the rest (etcdserver's bootstrapWALFromSnapshot).
// The raft term is no measure: a member that voted in a later term need not have more.
func compareCommitted(m, n *memberState) int { return cmp.Compare(committed(m), committed(n)) }

func committed(m *memberState) float64 { return m.Vitals[RaftIndex].Or(0) }

// compareNewest compares two members to rebuild from: by what they have as committed, then by how much of that they
// have applied, which is in the database already.
func compareNewest(m, n *memberState) int {
	return cmp.Or(compareCommitted(m, n), cmp.Compare(applied(m), applied(n)))
}

func applied(m *memberState) float64 {
	lag, known := m.Vitals[ApplyLag].Get()
	if !known {
		return 0
	}
	return committed(m) - lag
}

func position(m *memberState) string {
	return fmt.Sprintf("%s (committed up to index %.0f, term %.0f)", m.Label, committed(m), m.Vitals[RaftTerm].Or(0))
}

// rebuildFixes are the releases that fixed --force-new-cluster, by minor version: it left other members behind, and
// learners (etcd's CHANGELOG).
var rebuildFixes = [...]struct{ members, learners semver.Version }{
	{semver.Version{Major: 3, Minor: 5, Patch: 22}, semver.Version{Major: 3, Minor: 5, Patch: 25}},
	{semver.Version{Major: 3, Minor: 6, Patch: 1}, semver.Version{Major: 3, Minor: 6, Patch: 6}},
}

// rebuildCaveat warns of what --force-new-cluster gets wrong in the version of the member to rebuild from; empty
// where nothing is known.
func rebuildCaveat(b *cohort, from MemberRef) string {
	if i := b.place(from.Key); i >= 0 {
		m := &b.members[i]
		r, ok := m.ownVersion()
		if !ok {
			return ""
		}
		for _, fix := range rebuildFixes {
			switch {
			case r.Major != fix.members.Major || r.Minor != fix.members.Minor:
			case r.Compare(fix.members) < 0:
				return fmt.Sprintf(" Mind: --force-new-cluster of etcd %s leaves other members behind (fixed in "+
					"%s; learners in %s).", m.Version, fix.members, fix.learners)
			case r.Compare(fix.learners) < 0 && b.cluster.Learners > 0:
				return fmt.Sprintf(" Mind: --force-new-cluster of etcd %s leaves learners behind (fixed in %s).",
					m.Version, fix.learners)
			}
		}
		if r.Compare(rebuildFixes[0].members) < 0 { // 3.4 and older
			return fmt.Sprintf(" Mind: --force-new-cluster of etcd %s keeps what its log says is committed, though "+
				"the database may have more.", m.Version)
		}
	}
	return ""
}

// RebuildInQuestion reports that whether to rebuild the cluster is a question now: the quorum is lost, or whether it is
// held is not known although the voters are, and the way to them is there; and that has lasted.
func (a *Assessment) RebuildInQuestion() bool {
	switch a.Recovery.Warranted {
	case WarrantIfGone:
		return !a.Recovery.TooEarly
	case WarrantUnknown:
		return !a.Recovery.TooEarly && a.Cluster.MemberListKnown && !a.Nowhere()
	}
	return false
}
