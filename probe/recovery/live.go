package recovery

import "github.com/etcdoc/etcdoc/probe"

// FromSweep returns the members of a sweep that answer, as survivors; also those of other clusters, which [Read]
// refuses.
func FromSweep(sweep *probe.Sweep) (live []*Survivor) {
	var members []probe.Peer
	for i := range sweep.Members {
		m := &sweep.Members[i]
		if m.Listed {
			members = append(members, probe.Peer{ID: m.ID, Name: m.Name, Learner: m.Learner, PeerURLs: m.PeerURLs,
				ClientURLs: m.ClientURLs})
		}
	}
	for i := range sweep.Members {
		m := &sweep.Members[i]
		isApart := m.Membership == probe.MembershipForked || m.Membership == probe.MembershipRemoved || m.IsStray()
		if !m.Status.Answered() || m.Status.Err != nil || isApart {
			continue
		}
		status := m.Status.Value
		s := &Survivor{
			Kind: Live, Path: m.Endpoint, Cluster: m.Cluster, Member: m.ID, Name: m.Name, Learner: status.IsLearner,
			Version: status.Version, Leader: status.Leader, Term: known(status.RaftTerm),
			Commit:  known(status.RaftIndex),
			Members: members, Revision: &status.Revision, StorageVersion: status.StorageVersion,
			DatabaseBytes: &status.DBSizeBytes, Written: m.Status.At,
		}
		if status.RaftAppliedIndex > 0 {
			s.Applied = known(status.RaftAppliedIndex)
		}
		if m.Peers.Answered() {
			s.Members = m.Peers.Value
		}
		if sweep.Alarms.Answered() {
			s.Alarms = sweep.Alarms.Value
		} else {
			s.Alarms = status.Alarms
		}
		s.unknown("a member that answers does not say it", "last log index", "last compaction", "removed members",
			"log size")
		s.choose()
		live = append(live, s)
	}
	return live
}
