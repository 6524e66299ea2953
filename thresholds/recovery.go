package thresholds

import (
	"cmp"
	"fmt"

	"github.com/etcdoc/etcdoc/probe"
)

// recovery answers whether the cluster must be rebuilt from one member's data.
func recovery(s *probe.Sweep, a *Assessment) Recovery {
	c := &a.Cluster
	answer := 0
	for i := range a.Members {
		m, said := &a.Members[i], &s.Members[i].Status
		if m.votes && m.State == StateOK && (!said.Ever() || said.Value.ClusterID == c.ID) {
			answer++
		}
	}
	switch {
	case !c.RosterKnown || c.Voters == 0:
		return Recovery{Warranted: WarrantUnknown, Text: "Whether quorum is held is not known: the cluster's member list is not."}
	case c.quorumSeen:
		return Recovery{Warranted: WarrantNo, Text: "Quorum is held: replace single members (remove, then add); a rebuild would only lose data."}
	case answer >= c.Quorum:
		return Recovery{Warranted: WarrantNo, Text: fmt.Sprintf("%d of %d voters answer, quorum needs %d: none of those is gone, mend what ails them.", answer, c.Voters, c.Quorum)}
	case answer > 0 && answer+c.uncertainVoters >= c.Quorum:
		return Recovery{Warranted: WarrantUnknown, Text: "Whether quorum is held is not known yet: some voters have not answered."}
	}
	r := Recovery{Warranted: WarrantIfGone, Text: fmt.Sprintf(
		"Only if %d of %s are gone for good; etcdoc can't see that. Old members that come back lose nothing: bring them back first.",
		c.Voters-c.Quorum+1, plural(c.Voters, "voter"))}
	if answer == 0 {
		r.Warranted = WarrantUnknown
		r.Text = "No voter answers: they are down, or out of reach from here. Bring them back first: that loses nothing."
	}
	r.newest(s, a)
	return r
}

// newest names the voter with the newest data among those that answer, and one that does not where it had more when it
// last answered. Where none answers, the last known must do.
func (r *Recovery) newest(s *probe.Sweep, a *Assessment) {
	var up, away *Member
	var unseen []string
	for i := range a.Members {
		m := &a.Members[i]
		if m.votes && m.NeverSeen {
			unseen = append(unseen, m.Label)
		}
		if !m.votes || m.NeverSeen || s.Members[i].Status.Value.ClusterID != a.Cluster.ID {
			continue
		}
		best := &up
		if m.State != StateOK {
			best = &away
		}
		if *best == nil || newer(m, *best) > 0 {
			*best = m
		}
	}
	switch {
	case up == nil && away == nil:
		return
	case up == nil:
		r.Newest = away.MemberRef
		r.Text += fmt.Sprintf(" Newest data, last known %s ago: %s.", formatDuration(away.Age), position(away))
	case away != nil && newer(away, up) > 0:
		r.Newest = up.MemberRef
		r.Text += fmt.Sprintf(" Newest data of those that answer: %s; but %s had more, %s ago: mend that one.", position(up), position(away), formatDuration(away.Age))
	case len(unseen) > 0:
		r.Newest = up.MemberRef
		r.Text += fmt.Sprintf(" Newest data of those that answer: %s; what %s had is not known.", position(up), join(unseen))
	default:
		r.Newest = up.MemberRef
		r.Text += fmt.Sprintf(" Newest data: %s.", position(up))
	}
}

// newer compares how new two members' data is, as raft does: by the term, then by the index.
func newer(m, n *Member) int {
	return cmp.Or(
		cmp.Compare(m.Vitals[RaftTerm].Or(0), n.Vitals[RaftTerm].Or(0)),
		cmp.Compare(m.Vitals[RaftIndex].Or(0), n.Vitals[RaftIndex].Or(0)),
	)
}

func position(m *Member) string {
	return fmt.Sprintf("%s (term %.0f, index %.0f)", m.Label, m.Vitals[RaftTerm].Or(0), m.Vitals[RaftIndex].Or(0))
}
