package keyspace_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/protobuf/proto"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// record names files of testdata to write, for [TestRecordedVersions].
var record = flag.String("record", "", "write the database that TestUsageIsExact makes to testdata, by this `name`")

func TestMain(m *testing.M) {
	etcdtest.Main()
	os.Exit(m.Run()) //nolint:forbidigo // this is the test's main
}

// A script writes to a cluster, and keeps what must be in its database then.
type script struct {
	t      *testing.T
	client *clientv3.Client
	writes []write // in the order of their revisions
	newest map[string]*mvccpb.KeyValue
}

// A write is a revision in the database.
type write struct {
	key       string
	main      int64
	tombstone bool
	bytes     int64
}

func (s *script) put(key string, valueBytes int, lease clientv3.LeaseID) {
	s.t.Helper()
	value := strings.Repeat("v", valueBytes)
	answer, err := s.client.Put(s.t.Context(), key, value, clientv3.WithLease(lease))
	if err != nil {
		s.t.Fatal(err)
	}
	s.noted(answer.Header.Revision, key, value, lease)
}

func (s *script) noted(main int64, key, value string, lease clientv3.LeaseID) {
	kv := &mvccpb.KeyValue{Key: []byte(key), Value: []byte(value), CreateRevision: main, ModRevision: main, Version: 1,
		Lease: int64(lease)}
	if before := s.newest[key]; before != nil {
		kv.CreateRevision, kv.Version = before.CreateRevision, before.Version+1
	}
	s.newest[key] = kv
	s.writes = append(s.writes, write{key, main, false, int64(17 + proto.Size(kv))})
}

// remove deletes the keys with a prefix, in one transaction.
func (s *script) remove(prefix string) {
	s.t.Helper()
	answer, err := s.client.Delete(s.t.Context(), prefix, clientv3.WithPrefix())
	if err != nil {
		s.t.Fatal(err)
	}
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(s.newest)), func(key string) bool {
		return !strings.HasPrefix(key, prefix)
	})
	if int64(len(keys)) != answer.Deleted {
		s.t.Fatalf("%d keys begin with %q, and %d were deleted", len(keys), prefix, answer.Deleted)
	}
	for _, key := range keys {
		delete(s.newest, key)
		size := int64(18 + proto.Size(&mvccpb.KeyValue{Key: []byte(key)}))
		s.writes = append(s.writes, write{key, answer.Header.Revision, true, size})
	}
}

// compact compacts at the newest revision, which must be a put: versions of etcd differ on a tombstone there.
func (s *script) compact() {
	s.t.Helper()
	at := s.writes[len(s.writes)-1]
	if _, err := s.client.Compact(s.t.Context(), at.main, clientv3.WithCompactPhysical()); err != nil {
		s.t.Fatal(err)
	}
	newest := map[string]int64{}
	for _, w := range s.writes {
		newest[w.key] = w.main
	}
	s.writes = slices.DeleteFunc(s.writes, func(w write) bool { return w.tombstone || newest[w.key] != w.main })
}

// fill writes several keyspaces with deep histories, tombstones and leases, and compacts twice.
func (s *script) fill() {
	s.t.Helper()
	lease, err := s.client.Grant(s.t.Context(), 3600)
	if err != nil {
		s.t.Fatal(err)
	}
	for round := range 3 {
		for i := range 40 {
			s.put(fmt.Sprintf("/registry/pods/ns-%d/pod-%d", i%3, i), 900+40*i, 0)
			s.put(fmt.Sprintf("/registry/leases/kube-node-lease/node-%d", i%7), 300, 0)
			s.put(fmt.Sprintf("/registry/example.com/widgets/ns/w-%d", i), 5000, 0)
			s.put(fmt.Sprintf("app/sessions/%d", i), 64, lease.ID)
		}
		s.put("/registry/secrets/kube-system/token", 100, 0)
		s.put("/registry/services/specs/default/kubernetes", 700, 0)
		s.put("/registry/services/endpoints/default/kubernetes", 300, 0)
		s.put("top", 20_000*round, 0)
		for range 150 {
			s.put("/registry/configmaps/kube-system/leader", 400, 0)
		}
		s.remove("/registry/pods/ns-1/")
		s.transaction(lease.ID)
		if round < 2 {
			s.put("compact_rev_key", 8, 0)
			s.compact()
		}
	}
	s.remove("app/sessions/1")
	s.put("/registry/pods/ns-1/pod-1", 1000, 0)
	s.remove("app/sessions/2") // the newest revision is a tombstone
}

// transaction writes twice in one revision.
func (s *script) transaction(lease clientv3.LeaseID) {
	s.t.Helper()
	answer, err := s.client.Txn(s.t.Context()).Then(
		clientv3.OpPut("app/a/b/c", "1", clientv3.WithLease(lease)), clientv3.OpPut("app/x", "22")).Commit()
	if err != nil {
		s.t.Fatal(err)
	}
	s.noted(answer.Header.Revision, "app/a/b/c", "1", lease)
	s.noted(answer.Header.Revision, "app/x", "22", 0)
}

// amounts are what the database must hold, of each prefix and in total.
func (s *script) amounts(prefixOf func(key string) string) (prefixes map[string]keyspace.Amounts) {
	prefixes = map[string]keyspace.Amounts{}
	revisions := map[string]int64{}
	for _, w := range slices.Backward(s.writes) {
		a := prefixes[prefixOf(w.key)]
		revisions[w.key]++
		switch newest := revisions[w.key] == 1; {
		case w.tombstone:
			a.Tombstones++
			a.TombstoneBytes += w.bytes
			if newest {
				a.DeletedKeys++
			}
		case newest:
			a.Keys++
			a.LiveBytes += w.bytes
		default:
			a.History++
			a.HistoryBytes += w.bytes
		}
		a.LargestBytes = max(a.LargestBytes, w.bytes)
		a.MostRevisions = max(a.MostRevisions, revisions[w.key])
		prefixes[prefixOf(w.key)] = a
	}
	return prefixes
}

// prefixes are those of the keys that the script writes, by the beginnings of the keys.
var prefixes = []string{
	"/registry/pods/", "/registry/leases/", "/registry/example.com/widgets/", "/registry/secrets/",
	"/registry/services/specs/", "/registry/services/endpoints/", "/registry/configmaps/", "app/sessions/", "app/a/",
	"app/", "",
}

func prefixOf(key string) string {
	return prefixes[slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })]
}

func snapshot(t *testing.T, client *clientv3.Client) string {
	t.Helper()
	from, err := client.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(t.TempDir(), "snapshot.db")
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// stream reads the database of a live member.
func stream(t *testing.T, endpoint string, options keyspace.Options) keyspace.Usage {
	t.Helper()
	p, err := probe.New(probe.Config{Endpoints: []string{endpoint}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sweep, err := p.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	member, err := p.ReadMember(sweep.Members[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer member.Close()
	dir, reported := t.TempDir(), uint64(0)
	db, err := keyspace.Stream(t.Context(), member, "m", dir, func(done, of uint64) {
		if done < reported || done > of {
			t.Errorf("%d of %d were reported after %d", done, of, reported)
		}
		reported = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || runtime.GOOS == "linux" && len(left) > 0 {
		t.Errorf("while it is read, there is %v, %v", left, err)
	}
	u, err := db.Read(t.Context(), options)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if reported == 0 || u.Path != "m" {
		t.Errorf("%d bytes were reported of %q", reported, u.Path)
	}
	return u
}

func sum(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

func read(t *testing.T, path string, options keyspace.Options) keyspace.Usage {
	t.Helper()
	before := sum(t, path)
	db, err := keyspace.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := db.Read(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if after := sum(t, path); after != before {
		t.Errorf("reading %s has changed it", path)
	}
	return u
}

// TestUsageIsExact: what is counted in the database of a real etcd is what a script wrote to it, in a snapshot, after a
// defragmentation, and in the data directory of the member once it has ended.
func TestUsageIsExact(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	s := &script{t: t, client: c.Client(), newest: map[string]*mvccpb.KeyValue{}}
	s.fill()
	member := c.Members()[0]
	before := snapshot(t, c.Client())
	s.check("a snapshot", read(t, before, keyspace.Options{Keys: 3}))
	checked, err := checkAny(t.Context(), before)
	if err != nil || checked.Sum != keyspace.SumMatches || len(checked.State.Members) != 1 ||
		checked.State.Members[0].Name != member.Name {
		t.Errorf("a check of the snapshot: %v, %s, %+v", err, checked.Sum, checked.State)
	}
	whole := read(t, before, keyspace.Options{Keys: 3})
	streamed := stream(t, member.ClientURL, keyspace.Options{Keys: 3})
	whole.Path, whole.Modified = streamed.Path, streamed.Modified
	if !reflect.DeepEqual(streamed, whole) {
		t.Errorf("a live member's database has\n%+v, and a snapshot of it\n%+v", streamed, whole)
	}
	if *record != "" {
		s.record(before)
	}
	if _, err := c.Client().Defragment(t.Context(), member.Client().Endpoints()[0]); err != nil {
		t.Fatal(err)
	}
	after := read(t, snapshot(t, c.Client()), keyspace.Options{})
	s.check("after a defragmentation", after)
	checkEstimate(t, read(t, before, keyspace.Options{}).DefragmentedBytes, after)

	if _, err := keyspace.OpenDataDir(t.Context(), member.DataDir, nil); err == nil ||
		!strings.Contains(err.Error(), "etcd is running on it") {
		t.Errorf("the data directory of a member that runs: %v", err)
	}
	s.put("app/x", 5, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := member.Terminate(ctx); err != nil {
		t.Fatal(err)
	}
	s.check("the data directory", read(t, keyspace.DataFile(member.DataDir), keyspace.Options{}))
	if checked, err := checkAny(t.Context(), keyspace.DataFile(member.DataDir)); err != nil ||
		checked.Sum != keyspace.SumNone || checked.Usage.Total != s.amounts(func(string) string { return "" })[""] {
		t.Errorf("a check of the data directory: %v, %s", err, checked.Sum)
	}
}

// recorded is where a database is kept, and what must be in it.
func recorded(name string) (database, amounts string) {
	database = filepath.Join("testdata", name+".db.gz")
	return database, filepath.Join("testdata", name+".json")
}

// record keeps a database, and what the script has written to it.
func (s *script) record(snapshot string) {
	s.t.Helper()
	content, err := os.ReadFile(snapshot)
	if err != nil {
		s.t.Fatal(err)
	}
	amounts, err := json.MarshalIndent(s.amounts(prefixOf), "", "  ")
	if err != nil {
		s.t.Fatal(err)
	}
	database, wants := recorded(*record)
	err = errors.Join(os.WriteFile(database, gzipped(s.t, content), 0o600), os.WriteFile(wants, amounts, 0o600))
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestRecordedVersions: the databases of other versions of etcd are read as exactly. Each was made by
//
//	make bin/etcd-v3.5
//	ETCDTEST_SERVER=$PWD/bin/etcd-v3.5 go test ./probe/keyspace -run UsageIsExact -record v3.5
//
// but for that of 3.4.13, which does not know the flags that etcdtest starts members with: the same script wrote it to
// a member that was started by hand.
func TestRecordedVersions(t *testing.T) {
	for _, version := range []string{"v3.4", "v3.5", "v3.6", "v3.7"} {
		database, wants := recorded(version)
		text, err := os.ReadFile(wants)
		if err != nil {
			t.Fatal(err)
		}
		var want map[string]keyspace.Amounts
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		u := read(t, database, keyspace.Options{})
		got := map[string]keyspace.Amounts{}
		for _, p := range u.Prefixes {
			got[p.Name] = p.Amounts
		}
		if !maps.Equal(got, want) || len(want) < 10 {
			t.Errorf("%s:\n%+v, want\n%+v", version, got, want)
		}
		if isOld := version < "v3.6"; isOld != (u.StorageVersion == "") {
			t.Errorf("%s has storage version %q", version, u.StorageVersion)
		}
	}
}

// checkEstimate compares what a defragmentation was expected to make of a database with what it made of it.
func checkEstimate(t *testing.T, expected int64, after keyspace.Usage) {
	t.Helper()
	// Pages that the defragmentation itself wrote and left are free, and are no part of the estimate.
	if off := expected - after.UsedBytes(); max(off, -off) > after.UsedBytes()/20 {
		t.Errorf("a defragmentation leaves %d bytes, of which %d are used: %d were expected",
			after.DatabaseBytes, after.UsedBytes(), expected)
	}
}

func (s *script) check(what string, u keyspace.Usage) {
	s.t.Helper()
	want := s.amounts(prefixOf)
	got := map[string]keyspace.Amounts{}
	for _, p := range u.Prefixes {
		got[p.Name] = p.Amounts
		if p.Kubernetes != strings.HasPrefix(p.Name, "/registry/") {
			s.t.Errorf("%s: %q is said to be of Kubernetes: %v", what, p.Name, p.Kubernetes)
		}
	}
	for name := range maps.All(want) {
		if got[name] != want[name] {
			s.t.Errorf("%s: %q has\n%+v, want\n%+v", what, name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		s.t.Errorf("%s: prefixes %q, want %q", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	total := s.amounts(func(string) string { return "" })[""]
	if u.Total != total {
		s.t.Errorf("%s: in total\n%+v, want\n%+v", what, u.Total, total)
	}
	if last := s.writes[len(s.writes)-1].main; u.Revision != last {
		s.t.Errorf("%s: revision %d, want %d", what, u.Revision, last)
	}
	parts := u.Total.Bytes() + u.OtherBytes + u.OverheadBytes + u.FreeBytes
	if parts != u.DatabaseBytes || u.OverheadBytes <= 0 || u.OtherBytes <= 0 {
		s.t.Errorf("%s: the parts are %d bytes of %d: %+v", what, parts, u.DatabaseBytes, u)
	}
	if u.CompactRevision == 0 || u.CompactionUnfinished {
		s.t.Errorf("%s: compacted at %d, unfinished: %v", what, u.CompactRevision, u.CompactionUnfinished)
	}
	s.checkFree(what, u)
	s.checkKeys(what, u)
}

// checkFree holds the number of free pages to bbolt's.
func (s *script) checkFree(what string, u keyspace.Usage) {
	s.t.Helper()
	db, err := bbolt.Open(u.Path, 0, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if want := int64(db.Stats().FreePageN) * u.PageBytes; u.FreeBytes != want {
		s.t.Errorf("%s: %d bytes are free, want %d", what, u.FreeBytes, want)
	}
	if err := db.View(func(tx *bbolt.Tx) error {
		if tx.Size() != u.DatabaseBytes {
			s.t.Errorf("%s: the database has %d bytes, want %d", what, u.DatabaseBytes, tx.Size())
		}
		return nil
	}); err != nil {
		s.t.Error(err)
	}
}

// checkKeys holds the keys that are named to the script's.
func (s *script) checkKeys(what string, u keyspace.Usage) {
	s.t.Helper()
	if len(u.MostRevised) == 0 {
		return
	}
	revisions, largest := map[string]int64{}, map[string]int64{}
	for _, w := range s.writes {
		revisions[w.key]++
		largest[w.key] = max(largest[w.key], w.bytes)
	}
	for _, ranked := range []struct {
		got   []keyspace.Key
		score map[string]int64
		of    func(keyspace.Key) int64
	}{
		{u.MostRevised, revisions, func(k keyspace.Key) int64 { return k.Revisions }},
		{u.Largest, largest, func(k keyspace.Key) int64 { return k.Bytes }},
	} {
		scores := slices.SortedFunc(maps.Values(ranked.score), func(a, b int64) int { return cmp.Compare(b, a) })
		for i, key := range ranked.got {
			if score := scores[i]; ranked.of(key) != score || ranked.score[key.Name] != score ||
				key.Revisions != revisions[key.Name] {
				s.t.Errorf("%s: key %d is %+v, want one with %d", what, i, key, scores[i])
			}
		}
	}
}
