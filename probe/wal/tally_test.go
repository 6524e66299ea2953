package wal_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	etcdwal "go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/wal"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	os.Exit(m.Run()) //nolint:forbidigo // this is the test's main
}

// A script writes to a cluster, and counts what it wrote.
type script struct {
	t        *testing.T
	client   *clientv3.Client
	prefixes map[string]wal.Counts
	keys     map[string]wal.Counts
}

func (s *script) ctx() context.Context { return s.t.Context() }

func (s *script) must(_ any, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// wrote counts what was written to a key.
func (s *script) wrote(prefix, key string, c wal.Counts) {
	for counts, name := range map[*map[string]wal.Counts]string{&s.prefixes: prefix, &s.keys: key} {
		sum := (*counts)[name]
		sum.Puts += c.Puts
		sum.Deletes += c.Deletes
		sum.RangeDeletes += c.RangeDeletes
		sum.Conditional += c.Conditional
		sum.Bytes += c.Bytes
		(*counts)[name] = sum
	}
}

func (s *script) put(prefix, name string, valueBytes int, options ...clientv3.OpOption) {
	s.t.Helper()
	key := prefix + name
	s.must(s.client.Put(s.ctx(), key, strings.Repeat("v", valueBytes), options...))
	s.wrote(prefix, key, wal.Counts{Puts: 1, Bytes: int64(len(key) + valueBytes)})
}

// transactions writes in transactions: as kube-apiserver does, without a comparison, and only otherwise.
func (s *script) transactions() {
	const object, plain, other = "/registry/leases/kube-node-lease/n1", "/app/a/both", "/app/b/else"
	value := strings.Repeat("w", 200)
	s.must(s.client.Txn(s.ctx()).If(clientv3.Compare(clientv3.ModRevision(object), "=", 0)).
		Then(clientv3.OpPut(object, value)).Else(clientv3.OpGet(object)).Commit())
	s.wrote("/registry/leases/", object, wal.Counts{Puts: 1, Conditional: 1, Bytes: int64(len(object) + len(value))})
	s.must(s.client.Txn(s.ctx()).Then(clientv3.OpPut(plain, value), clientv3.OpDelete("/app/a/gone")).Commit())
	s.wrote("/app/a/", plain, wal.Counts{Puts: 1, Bytes: int64(len(plain) + len(value))})
	s.wrote("/app/a/", "/app/a/gone", wal.Counts{Deletes: 1})
	s.must(s.client.Txn(s.ctx()).If(clientv3.Compare(clientv3.Version(other), ">", 5)).
		Else(clientv3.OpPut(other, value)).Commit())
	s.wrote("/app/b/", other, wal.Counts{Puts: 1, Conditional: 1, Bytes: int64(len(other) + len(value))})
}

// hashes are those of the files in a directory.
func hashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		hash := sha256.New()
		_, err = io.Copy(hash, file)
		all[path] = fmt.Sprintf("%x", hash.Sum(nil))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCountsAreExact compares what is counted in the log of a real member, which runs, was killed meanwhile, and has
// several segments, with what a script wrote.
func TestCountsAreExact(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	m := c.Members()[0]
	s := &script{t: t, client: c.Client(), prefixes: map[string]wal.Counts{}, keys: map[string]wal.Counts{}}
	for i := range 300 {
		s.put("/registry/pods/", fmt.Sprintf("default/p%d", i%20), 1000+i)
		s.put("/registry/secrets/", "default/token", 40)
		s.put("/registry/example.com/widgets/", fmt.Sprint("w", i), 10)
	}
	s.transactions()
	s.must(s.client.Delete(s.ctx(), "/registry/pods/default/p3"))
	s.wrote("/registry/pods/", "/registry/pods/default/p3", wal.Counts{Deletes: 1})
	s.must(s.client.Delete(s.ctx(), "/registry/pods/", clientv3.WithPrefix()))
	s.wrote("/registry/pods/", "/registry/pods/", wal.Counts{Deletes: 1, RangeDeletes: 1})
	lease, err := s.client.Grant(s.ctx(), 3600)
	s.must(lease, err)
	for i := range 7 {
		s.put("/registry/events/", fmt.Sprint("default/e", i), 100, clientv3.WithLease(lease.ID))
	}
	s.must(s.client.Revoke(s.ctx(), lease.ID))
	s.must(s.client.Compact(s.ctx(), 100))
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(s.ctx()); err != nil {
		t.Fatal(err)
	}
	learner, err := s.client.MemberAddAsLearner(s.ctx(), []string{"http://127.0.0.1:1"})
	s.must(learner, err)
	s.must(s.client.MemberRemove(s.ctx(), learner.Member.ID))
	s.must(s.client.RoleAdd(s.ctx(), "reader"))
	for i := range 70 { // into another segment
		s.put("/big/x/", fmt.Sprint(i%3), 1_000_000)
	}

	dir := wal.Dir(m.DataDir)
	w := count(t, dir, wal.Options{Top: 1000, ShowSecrets: true})
	if segments, err := wal.Segments(dir); err != nil || len(segments) < 2 {
		t.Errorf("%d segments, %v", len(segments), err)
	}
	s.check(w)
	what := make([]string, 0, len(w.Changes))
	for _, change := range w.Changes {
		what = append(what, change.What)
	}
	id := fmt.Sprintf("%x", learner.Member.ID)
	for _, want := range []string{"compaction up to revision 100",
		"member " + id + " (http://127.0.0.1:1) added as a learner", "member " + id + " removed", "role added reader"} {
		if !slices.Contains(what, want) {
			t.Errorf("%q is not among the changes: %q", want, what)
		}
	}
	if len(w.Leases) != 1 || w.Leases[0].ID != int64(lease.ID) || w.Leases[0].Puts != 7 || !w.Leases[0].Granted ||
		!w.Leases[0].Revoked {
		t.Errorf("leases: %+v", w.Leases)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	before := hashes(t, m.DataDir)
	s.check(count(t, dir, wal.Options{Top: 1000, ShowSecrets: true}))
	if !maps.Equal(before, hashes(t, m.DataDir)) {
		t.Error("reading has changed a file")
	}
	masked := count(t, dir, wal.Options{Top: 1000})
	if slices.ContainsFunc(masked.Keys, func(k wal.Key) bool { return strings.Contains(k.Name, "token") }) {
		t.Error("the name of a Secret is shown")
	}
}

func count(t *testing.T, dir string, o wal.Options) wal.Writes {
	t.Helper()
	segments, err := wal.Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	w, torn, err := wal.Count(t.Context(), segments, o, nil)
	if err != nil || torn != nil {
		t.Fatalf("torn %v, %v", torn, err)
	}
	return w
}

func (s *script) check(w wal.Writes) {
	s.t.Helper()
	prefixes, keys := map[string]wal.Counts{}, map[string]wal.Counts{}
	for _, p := range w.Prefixes {
		prefixes[p.Name] = p.Counts
	}
	for _, k := range w.Keys {
		keys[k.Name] = k.Counts
	}
	if !maps.Equal(prefixes, s.prefixes) {
		s.t.Errorf("by prefix: %+v, want %+v", prefixes, s.prefixes)
	}
	if !maps.Equal(keys, s.keys) {
		s.t.Errorf("by key: %+v, want %+v", keys, s.keys)
	}
	var total wal.Counts
	for _, c := range prefixes {
		total.Puts += c.Puts
		total.Deletes += c.Deletes
		total.RangeDeletes += c.RangeDeletes
		total.Conditional += c.Conditional
		total.Bytes += c.Bytes
	}
	if w.Total != total || w.Unread != 0 || w.Replaced != 0 || w.Entries != int64(w.Last-w.First)+1 {
		s.t.Errorf("total %+v, want %+v; %+v", w.Total, total, w)
	}
}

// TestReplacedEntriesDoNotCount: what another leader's entries take the place of was never written.
func TestReplacedEntriesDoNotCount(t *testing.T) {
	dir := writeLog(t, 10)
	log := reopened(t, dir)
	state := &raftpb.HardState{Term: proto.Uint64(3), Vote: proto.Uint64(1), Commit: proto.Uint64(10)}
	var lost []*raftpb.Entry
	for i := uint64(11); i <= 15; i++ {
		lost = append(lost, entry(t, 3, i, "/lost/x", 10))
	}
	if err := log.Save(state, lost); err != nil {
		t.Fatal(err)
	}
	state = &raftpb.HardState{Term: proto.Uint64(4), Vote: proto.Uint64(2), Commit: proto.Uint64(12)}
	kept := []*raftpb.Entry{entry(t, 4, 12, "/kept/x", 10), entry(t, 4, 13, "/kept/x", 10)}
	if err := log.Save(state, kept); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	w := count(t, dir, wal.Options{})
	puts := map[string]int64{}
	for _, p := range w.Prefixes {
		puts[p.Name] = p.Puts
	}
	if want := map[string]int64{"/k/": 10, "/lost/": 1, "/kept/": 2}; !maps.Equal(puts, want) {
		t.Errorf("%v, want %v", puts, want)
	}
	if w.Replaced != 4 || w.Uncommitted != 1 || w.Committed != 12 || w.First != 1 || w.Last != 13 || w.LastTerm != 4 {
		t.Errorf("%+v", w)
	}
	if w := count(t, dir, wal.Options{From: 5, To: 12}); w.First != 5 || w.Last != 12 || w.Entries != 8 {
		t.Errorf("a range: %+v", w)
	}
}

// BenchmarkCount reads a log of requests as kube-apiserver makes them.
func BenchmarkCount(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "wal")
	etcdwal.SegmentSizeBytes = 64_000_000
	log, err := etcdwal.Create(nil, dir, []byte{})
	if err != nil {
		b.Fatal(err)
	}
	log.SetUnsafeNoFsync()
	const entries, valueBytes = 50_000, 1000
	for i := uint64(1); i <= entries; i++ {
		key := fmt.Appendf(nil, "/registry/pods/namespace-%d/pod-%d", i%50, i%5000)
		data, err := proto.Marshal(&pb.InternalRaftRequest{ID: i, Txn: &pb.TxnRequest{
			Compare: []*pb.Compare{{Key: key, Target: pb.Compare_MOD}},
			Success: []*pb.RequestOp{{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: key,
				Value: make([]byte, valueBytes)}}}},
			Failure: []*pb.RequestOp{{Request: &pb.RequestOp_RequestRange{RequestRange: &pb.RangeRequest{Key: key}}}},
		}})
		if err != nil {
			b.Fatal(err)
		}
		state := &raftpb.HardState{Term: proto.Uint64(1), Commit: proto.Uint64(i - 1)}
		if err := log.Save(state, []*raftpb.Entry{{Term: proto.Uint64(1), Index: &i, Data: data}}); err != nil {
			b.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		b.Fatal(err)
	}
	segments, err := wal.Segments(dir)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w, _, err := wal.Count(b.Context(), segments, wal.Options{Top: 20}, nil)
		if err != nil || w.Entries != entries {
			b.Fatal(w.Entries, err)
		}
		b.SetBytes(w.EntryBytes)
	}
}

// TestOldChanges: etcd 3.5 publishes names and versions in requests that stand for themselves.
func TestOldChanges(t *testing.T) {
	t.Parallel()
	request := func(method, path string) (data []byte) {
		data = protowire.AppendVarint(protowire.AppendTag(data, 1, protowire.VarintType), 7)
		for i, text := range []string{method, path, `{"name":"one","clientURLs":["http://127.0.0.1:2379"]}`} {
			data = protowire.AppendString(protowire.AppendTag(data, protowire.Number(2+i), protowire.BytesType), text)
		}
		return data
	}
	e := wal.Entry{Data: request("PUT", "/0/members/8e9e05c52164694d/attributes")}
	if r, err := e.Request(); err != nil || r.Kind != wal.Change || r.What != "PUT /0/members/8e9e05c52164694d/attributes" ||
		len(r.Writes) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	e = wal.Entry{Data: request("PUX", "/0/version")}
	if r, err := e.Request(); err == nil {
		t.Errorf("what is none passes: %+v", r)
	}
}
