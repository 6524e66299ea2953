package recovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

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
		s.unknown("a member that answers does not say it", "last log index", "log size")
		s.choose()
		live = append(live, s)
	}
	return live
}

// errNoIndex is about a database that can't be compared with a log.
var errNoIndex = errors.New("it does not say up to which entry of the log it is")

// ofDatabase are facts that only the database of a member that answers says.
var ofDatabase = []string{"consistent index", "last compaction", "removed members"}

// stream lets a member that answers send its database, and reads it, if that is wanted. An error says that nothing can
// be read: what one member does not send is not known of it.
func (r *reader) stream(
	s *Survivor, open func(context.Context, *Survivor, keyspace.Progress) (*keyspace.DB, error),
) error {
	if open == nil {
		s.unknown("its database was not read", ofDatabase...)
		return nil
	}
	db, err := open(r.ctx, s, r.report("reading the database of", s.Label()))
	if err == nil {
		s.db = db
		var state keyspace.Summary
		state, err = db.Summarize(r.ctx)
		if err == nil && state.ConsistentIndex == nil {
			err = errNoIndex
		}
		if err == nil {
			s.state = &state
			s.describe()
			// The status is a bit older than the database, which has all that was applied then: up to 3.4 its
			// consistent index is that of the last write of a key. Nothing is applied before it is committed.
			s.Commit = known(max(index(s.Commit), index(s.ConsistentIndex)))
			s.Applied = known(max(index(s.Applied), index(s.ConsistentIndex)))
			s.choose()
			return nil
		}
		s.db, err = nil, errors.Join(err, db.Close())
	}
	var place *fs.PathError
	if r.ctx.Err() != nil || errors.As(err, &place) {
		return err
	}
	s.unknown(fmt.Sprintf("its database could not be read: %v", err), ofDatabase...)
	return nil
}
