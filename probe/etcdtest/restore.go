package etcdtest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/client/pkg/v3/types"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.etcd.io/etcd/server/v3/etcdserver/api/membership"
	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/etcdserver/cindex"
	"go.etcd.io/etcd/server/v3/storage/backend"
	"go.etcd.io/etcd/server/v3/storage/schema"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"
)

// restoreTerm is the term of a restored cluster's first entries, as etcdutl sets it.
const restoreTerm = 1

// Restore saves a snapshot of the cluster, ends all members, and starts new ones with their names and URLs on data
// restored from it, like `etcdutl snapshot restore` on each: another cluster with the same keys. With sameToken the new
// cluster has the old one's token and therefore all its ids, which etcd derives from the token, the names and the peer
// URLs. It returns once the cluster is healthy. The old members are dead; Members returns their replacements.
func (c *Cluster) Restore(ctx context.Context, sameToken bool) error {
	file := filepath.Join(c.dir, "snapshot.db")
	if err := c.saveSnapshot(ctx, file); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	for _, m := range c.Members() {
		if err := m.Kill(); err != nil {
			return err
		}
	}
	token := c.token()
	if !sameToken {
		token = fmt.Sprintf("restored-%d", time.Now().UnixNano())
	}
	for _, m := range c.Members() {
		next, err := c.replaceBy(m)
		if err != nil {
			return err
		}
		if err := c.restoreMember(next, file, token); err != nil {
			return fmt.Errorf("restoring %s: %w", next.Name, err)
		}
		next.args = append(c.memberArgs(next, "new"), "--initial-cluster-token="+token)
	}
	for _, m := range c.Members() {
		if err := m.start(); err != nil {
			return err
		}
	}
	for _, m := range c.Members() {
		if err := m.waitServing(ctx); err != nil {
			return err
		}
	}
	return c.WaitHealthy(ctx)
}

// saveSnapshot saves the leader's backend without the trailing checksum. It contains everything committed; a follower's
// may lack the newest part.
func (c *Cluster) saveSnapshot(ctx context.Context, file string) error {
	leader, err := c.Leader(ctx)
	if err != nil {
		return err
	}
	// A linearizable read is answered once everything committed before it is applied.
	if _, err := leader.client.Get(ctx, "etcdtest"); err != nil {
		return err
	}
	stream, err := leader.client.Snapshot(ctx)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(stream)
	if err = errors.Join(err, stream.Close()); err != nil {
		return err
	}
	if len(data)%512 != sha256.Size {
		return fmt.Errorf("%d bytes have no checksum", len(data))
	}
	return os.WriteFile(file, data[:len(data)-sha256.Size], 0o600)
}

// restoreMember makes a member's data: the snapshot's backend with the new membership, and a log that begins with that.
// The steps are those of etcdutl's snapshot package.
func (c *Cluster) restoreMember(m *Member, file, token string) error {
	lg := zap.NewNop()
	urls, err := types.NewURLsMap(c.initialCluster())
	if err != nil {
		return err
	}
	cluster, err := membership.NewClusterFromURLsMap(lg, token, urls)
	if err != nil {
		return err
	}
	snapDir, walDir := filepath.Join(m.DataDir, "member", "snap"), filepath.Join(m.DataDir, "member", "wal")
	if err := os.MkdirAll(snapDir, 0o700); err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(snapDir, "db"), data, 0o600); err != nil {
		return err
	}
	self := cluster.MemberByName(m.Name)
	if self == nil {
		return errors.New("it is none of the new cluster's members")
	}
	m.ID = uint64(self.ID)
	entries, voters, err := firstEntries(cluster)
	if err != nil {
		return err
	}
	last := uint64(len(entries))
	if err := renewBackend(lg, filepath.Join(snapDir, "db"), cluster, last); err != nil {
		return err
	}
	return writeLog(lg, walDir, snapDir, cluster, m.ID, entries, voters)
}

// renewBackend replaces the membership in a backend, and sets its applied index to the last of the first entries.
func renewBackend(lg *zap.Logger, file string, cluster *membership.RaftCluster, last uint64) error {
	be := backend.NewDefaultBackend(lg, file)
	defer func() { _ = be.Close() }()
	members := schema.NewMembershipBackend(lg, be)
	if err := members.TrimMembershipFromBackend(); err != nil {
		return err
	}
	cluster.SetBackend(members)
	for _, member := range cluster.Members() {
		cluster.AddMember(member, true)
	}
	cindex.UpdateConsistentIndexForce(be.BatchTx(), last, restoreTerm)
	return nil
}

// firstEntries returns one entry per member, which adds it.
func firstEntries(cluster *membership.RaftCluster) (entries []*raftpb.Entry, voters []uint64, err error) {
	for i, id := range cluster.MemberIDs() {
		member, err := json.Marshal(cluster.Member(id))
		if err != nil {
			return nil, nil, err
		}
		change, err := proto.Marshal(&raftpb.ConfChange{
			Type: raftpb.ConfChangeAddNode.Enum(), NodeId: new(uint64(id)), Context: member,
		})
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, &raftpb.Entry{
			Type: raftpb.EntryConfChange.Enum(), Term: new(uint64(restoreTerm)), Index: new(uint64(i + 1)),
			Data: change,
		})
		voters = append(voters, uint64(id))
	}
	return entries, voters, nil
}

// writeLog writes the entries, and a raft snapshot behind them.
func writeLog(
	lg *zap.Logger, walDir, snapDir string, cluster *membership.RaftCluster, self uint64, entries []*raftpb.Entry,
	voters []uint64,
) error {
	metadata, err := proto.Marshal(&etcdserverpb.Metadata{NodeID: new(self), ClusterID: new(uint64(cluster.ID()))})
	if err != nil {
		return err
	}
	log, err := wal.Create(lg, walDir, metadata)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	last, term, state := uint64(len(entries)), uint64(restoreTerm), &raftpb.ConfState{Voters: voters}
	hard := &raftpb.HardState{Term: new(term), Vote: new(voters[0]), Commit: new(last)}
	if err := log.Save(hard, entries); err != nil {
		return err
	}
	snapshot := &raftpb.Snapshot{
		Data:     etcdserver.GetMembershipInfoInV2Format(lg, cluster),
		Metadata: &raftpb.SnapshotMetadata{Index: new(last), Term: new(term), ConfState: state},
	}
	if err := snap.New(lg, snapDir).SaveSnap(snapshot); err != nil {
		return err
	}
	return log.SaveSnapshot(&walpb.Snapshot{Index: new(last), Term: new(term), ConfState: state})
}
