package recovery_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	etcdwal "go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"github.com/etcdoc/etcdoc/probe/recovery"
)

// puts is how many puts the log of dataDir has; applied is how many of them are in the database.
const puts, applied = 60, 40

// one, two and three are the ids of the members.
const one, two, three = 0xabc, 0xabd, 0xabe

// smallSegments keeps the logs of memberDir small.
var smallSegments = sync.OnceFunc(func() { etcdwal.SegmentSizeBytes = 16 << 10 })

func dataDir(t testing.TB, snapshotAt uint64) (dir, database, log string) {
	t.Helper()
	return memberDir(t, one, snapshotAt)
}

// memberDir makes the data directory of a member: put i, of key i%10, is entry i of the log, which says that there is a
// snapshot at an index, unless that is 0.
func memberDir(t testing.TB, id, snapshotAt uint64) (dir, database, log string) {
	t.Helper()
	dir = t.TempDir()
	database = filepath.Join(dir, "member", "snap", "db")
	if err := os.MkdirAll(filepath.Dir(database), 0o700); err != nil {
		t.Fatal(err)
	}
	writeDatabase(t, database, applied)
	smallSegments()
	wals := filepath.Join(dir, "member", "wal")
	metadata, err := proto.Marshal(&pb.Metadata{NodeID: proto.Uint64(id), ClusterID: proto.Uint64(0xdef)})
	if err != nil {
		t.Fatal(err)
	}
	w, err := etcdwal.Create(nil, wals, metadata)
	if err != nil {
		t.Fatal(err)
	}
	for i := uint64(1); i <= puts; i++ {
		data, err := proto.Marshal(&pb.InternalRaftRequest{ID: i, Put: &pb.PutRequest{
			Key: fmt.Appendf(nil, "/a/%d", i%10), Value: []byte("v")}})
		if err != nil {
			t.Fatal(err)
		}
		state := &raftpb.HardState{Term: proto.Uint64(2), Vote: proto.Uint64(1), Commit: proto.Uint64(i - 1)}
		entry := &raftpb.Entry{Term: proto.Uint64(2), Index: proto.Uint64(i), Data: data}
		if err := w.Save(state, []*raftpb.Entry{entry}); err != nil {
			t.Fatal(err)
		}
	}
	snapshot := &walpb.Snapshot{Index: proto.Uint64(snapshotAt), Term: proto.Uint64(2)}
	if snapshotAt > 0 {
		snapshot.ConfState = &raftpb.ConfState{Voters: []uint64{0xabc}}
		if err := w.SaveSnapshot(snapshot); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(wals, "*.wal"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	return dir, database, files[0]
}

// writeDatabase makes a database that has so many puts.
func writeDatabase(t testing.TB, file string, applied uint64) {
	t.Helper()
	db, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"key", "meta", "members", "members_removed", "alarm", "cluster", "lease"} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		for i := uint64(1); i <= applied; i++ {
			revision := binary.BigEndian.AppendUint64(nil, i+1)
			value, err := proto.Marshal(&mvccpb.KeyValue{Key: fmt.Appendf(nil, "/a/%d", i%10), ModRevision: int64(i + 1),
				CreateRevision: int64(i%10 + 1), Version: int64(i/10 + 1), Value: []byte("v")})
			if err != nil {
				return err
			}
			if err := tx.Bucket([]byte("key")).Put(append(append(revision, '_'), 0, 0, 0, 0, 0, 0, 0, 0), value); err != nil {
				return err
			}
		}
		for id, name := range map[uint64]string{one: "one", two: "two", three: "three"} {
			urls := []string{"http://" + name + ":2380"}
			member, err := json.Marshal(map[string]any{"id": id, "name": name, "peerURLs": urls})
			if err != nil {
				return err
			}
			if err := tx.Bucket([]byte("members")).Put(fmt.Appendf(nil, "%x", id), member); err != nil {
				return err
			}
		}
		meta := tx.Bucket([]byte("meta"))
		for _, put := range []func() error{
			func() error { return meta.Put([]byte("consistent_index"), binary.BigEndian.AppendUint64(nil, applied)) },
			func() error { return meta.Put([]byte("term"), binary.BigEndian.AppendUint64(nil, 2)) },
		} {
			if err := put(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamage cuts each file at 50 random places, and changes as many random bytes of each: what is said to be kept is
// never more than is there, and what is damaged is said.
func TestDamage(t *testing.T) {
	t.Parallel()
	dir, database, log := dataDir(t, 0)
	whole, err := recovery.Read(t.Context(), recovery.Options{Paths: []string{dir}})
	if err != nil || whole.Best() == nil || *whole.Best().Keeps != puts-1 || whole.Beyond == nil || whole.Best().Name != "one" {
		t.Fatalf("%v: %+v", err, whole)
	}
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // it is to be repeatable
	for _, file := range []string{database, log} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			at := chance.IntN(len(content))
			checkDamaged(t, dir, file, content[:at])
			changed := append([]byte(nil), content...)
			changed[at] ^= byte(1 + chance.IntN(255))
			checkDamaged(t, dir, file, changed)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func checkDamaged(t *testing.T, dir, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := recovery.Read(t.Context(), recovery.Options{Paths: []string{dir}})
	if err != nil {
		return // which says why
	}
	s := a.Survivors[0]
	if s.Keeps != nil && *s.Keeps > puts-1 && s.Keeps == s.Commit {
		t.Errorf("%s: it is said to keep %d", file, *s.Keeps)
	}
	if s.Keeps == nil && len(s.Problems) == 0 {
		t.Errorf("%s: nothing is said: %+v", file, s)
	}
}

// TestDamagedPage: a database is no choice when any page of it is damaged, also one that the comparison does not read.
func TestDamagedPage(t *testing.T) {
	t.Parallel()
	dir, database, _ := dataDir(t, 0)
	content, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	pageSize := os.Getpagesize()
	if at := bytes.LastIndex(content, []byte("/a/7")); at < 0 {
		t.Fatal("the database lacks a key")
	} else {
		copy(content[at/pageSize*pageSize:], make([]byte, 16)) // the page's header
	}
	if err := os.WriteFile(database, content, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := recovery.Read(t.Context(), recovery.Options{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	s := a.Survivors[0]
	if !s.Damaged || s.Keeps != nil || len(s.Problems) == 0 || a.Best() != nil || a.LosesNothing() {
		t.Errorf("%+v", s)
	}
}

// TestCutLog: a log that ends before what its database has lacks what was committed behind that, and nobody knows what.
func TestCutLog(t *testing.T) {
	t.Parallel()
	dir, _, log := dataDir(t, 0)
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := memberDir(t, two, 0)
	if err := os.WriteFile(log, content[:len(content)/8], 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := recovery.Read(t.Context(), recovery.Options{Paths: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	if s := a.Survivors[0]; s.How != recovery.Restore || *s.LastIndex >= *s.ConsistentIndex {
		t.Fatalf("%+v", s)
	}
	if a, err = recovery.Read(t.Context(), recovery.Options{Paths: []string{dir, other}}); err != nil {
		t.Fatal(err)
	}
	if !a.UnseenQuorum {
		t.Errorf("what the third member and the cut log had together is taken for known: %+v", a)
	}
	empty := t.TempDir()
	writeNoDatabase(t, empty)
	if a, err = recovery.Read(t.Context(), recovery.Options{Paths: []string{empty, other}}); err != nil {
		t.Fatal(err)
	}
	if len(a.Failed) != 1 || len(a.Survivors) != 1 {
		t.Errorf("%+v", a)
	}
	if _, err = recovery.Read(t.Context(), recovery.Options{Paths: []string{empty}}); err == nil {
		t.Error("nothing can be read, and that is no error")
	}
}

// writeNoDatabase makes what an etcd leaves that could not join a cluster: a database without buckets, and no log.
func writeNoDatabase(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "member", "snap", "db")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestLeadersDatabase: the leader has sent a database, which etcd puts in the place of its own when it starts. Without
// it, etcd does not start.
func TestLeadersDatabase(t *testing.T) {
	const sentAt = 50
	dir, database, _ := dataDir(t, sentAt)
	read := func() *recovery.Survivor {
		t.Helper()
		a, err := recovery.Read(t.Context(), recovery.Options{Paths: []string{dir}})
		if err != nil {
			t.Fatal(err)
		}
		return a.Survivors[0]
	}
	if s := read(); s.How != recovery.Restore || *s.Keeps != applied || len(s.Problems) != 1 ||
		*s.SnapshotIndex != sentAt {
		t.Errorf("without it: %+v", s)
	}
	writeDatabase(t, filepath.Join(filepath.Dir(database), fmt.Sprintf("%016x.snap.db", sentAt)), sentAt)
	s := read()
	if s.How != recovery.ForceNewCluster || *s.ConsistentIndex != sentAt || *s.Keeps != puts-1 ||
		*s.Revision != sentAt+1 {
		t.Errorf("with it: %+v", s)
	}
	if s.Loss.Why != "" || *s.Loss.Revisions != 0 {
		t.Errorf("%+v", s.Loss)
	}
}

// FuzzRead reads a data directory whose files hold anything.
func FuzzRead(f *testing.F) {
	_, database, log := dataDir(f, 0)
	for _, files := range [][2]string{{database, log}, {log, database}} {
		first, err := os.ReadFile(files[0])
		if err != nil {
			f.Fatal(err)
		}
		second, err := os.ReadFile(files[1])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(first, second)
	}
	dir := f.TempDir()
	files := []string{filepath.Join(dir, "member", "snap", "db"),
		filepath.Join(dir, "member", "wal", "0000000000000000-0000000000000000.wal")}
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, database, log []byte) {
		for i, content := range [][]byte{database, log} {
			if err := os.WriteFile(files[i], content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		a, err := recovery.Read(t.Context(), recovery.Options{Paths: []string{dir}})
		if err == nil && len(a.Survivors) != 1 {
			t.Errorf("%+v", a)
		}
	})
}
