package keyspace_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// recordedSnapshot returns the snapshot of a real etcd of a version, with its sum.
func recordedSnapshot(t testing.TB, version string) []byte {
	t.Helper()
	database, _ := recorded(version)
	packed, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	from, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestCheckRecordedVersions: nothing is wrong with what etcd of any version has saved, and a check says which cluster
// it is of.
func TestCheckRecordedVersions(t *testing.T) {
	for _, version := range []string{"v3.4", "v3.5", "v3.6", "v3.7"} {
		snapshot := recordedSnapshot(t, version)
		c, err := checkAny(t.Context(), writeFile(t, snapshot))
		if err != nil || c.Sum != keyspace.SumMatches {
			t.Errorf("%s: sum %s, %v", version, c.Sum, err)
		}
		if len(c.State.Members) != 1 || c.State.Members[0].Name == "" || len(c.State.Members[0].ClientURLs) == 0 ||
			!strings.HasPrefix("v"+c.State.ClusterVersion, version+".") || c.State.ConsistentIndex == nil {
			t.Errorf("%s: %+v", version, c.State)
		}
		copied, err := checkAny(t.Context(), writeFile(t, snapshot[:len(snapshot)-sha256.Size]))
		if err != nil || copied.Sum != keyspace.SumNone || copied.Usage.Total != c.Usage.Total {
			t.Errorf("%s without its sum: sum %s, %v", version, copied.Sum, err)
		}
	}
}

// checkedByBolt returns what bbolt's own check finds first. It may only be asked about a file whose pages lead nowhere
// else.
func checkedByBolt(t testing.TB, path string) (wrong error) {
	t.Helper()
	db, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	if err := db.View(func(tx *bbolt.Tx) error {
		for found := range tx.Check() {
			wrong = errors.Join(wrong, found)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return wrong
}

// dump returns all that bbolt reads of a database. It may only be asked about a file that was checked.
func dump(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	all := map[string]string{}
	if err := db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(key, value []byte) error {
				all[string(name)+"\x00"+string(key)] = string(value)
				return nil
			})
		})
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFlippedBytes: each of 1,000 bytes that change in a snapshot is found by its sum. Without one, each is found by
// the pages or the decoders, or lies where nothing reads, or is within a key or value that is as good as it was: there
// is nothing else that could find that. What bbolt's own check finds is always found.
func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	whole := recordedSnapshot(t, "v3.7")
	content := len(whole) - sha256.Size
	want := dump(t, writeFile(t, whole[:content]))
	random := rand.New(rand.NewPCG(15, 1000))
	var byPages, unread, inTexts int
	for range 1000 {
		at := random.IntN(len(whole))
		flip := byte(1 + random.IntN(255))
		changed := bytes.Clone(whole)
		changed[at] ^= flip
		_, err := checkAny(t.Context(), writeFile(t, changed))
		var damaged *keyspace.DamagedError
		if !errors.As(err, &damaged) {
			t.Errorf("byte %d changed by %#x: %v", at, flip, err)
			continue
		}
		if at >= content {
			if !damaged.Sum {
				t.Errorf("byte %d of the sum changed: %v", at-content, err)
			}
			continue
		}
		path := writeFile(t, changed[:content])
		if !damaged.Sum {
			byPages++
			if _, err := checkAny(t.Context(), path); !errors.As(err, &damaged) {
				t.Errorf("byte %d is found with the sum alone: %v", at, err)
			}
			continue
		}
		if wrong := checkedByBolt(t, path); wrong != nil {
			t.Errorf("byte %d changed by %#x: bbolt's own check finds %v", at, flip, wrong)
		}
		if got := dump(t, path); maps.Equal(got, want) {
			unread++
		} else if isWithinOneText(got, want) {
			inTexts++
		} else {
			t.Errorf("byte %d changed by %#x: more than one key or value differs", at, flip)
		}
	}
	t.Logf("without the sum %d are found, %d lie where nothing reads, %d are in keys and values", byPages,
		unread, inTexts)
	if byPages == 0 || unread == 0 {
		t.Errorf("%d found, %d unread: the test tests nothing", byPages, unread)
	}
}

// isWithinOneText reports whether two databases differ in one entry alone, of which no length has changed.
func isWithinOneText(got, want map[string]string) bool {
	bytesOf := func(all map[string]string, but map[string]string) (n, bytes int) {
		for key, value := range all {
			if other, has := but[key]; !has || other != value {
				n++
				bytes += len(key) + len(value)
			}
		}
		return n, bytes
	}
	n, bytes := bytesOf(got, want)
	m, before := bytesOf(want, got)
	return n == 1 && m == 1 && bytes == before
}

// TestCheckTruncated: wherever a snapshot ends too soon, within its sum as well, plain or compressed, that is found.
func TestCheckTruncated(t *testing.T) {
	whole := recordedSnapshot(t, "v3.6")
	random := rand.New(rand.NewPCG(15, 50))
	cut := func(name string, all []byte, size int) {
		t.Helper()
		_, err := checkAny(t.Context(), writeFile(t, all[:size]))
		var damaged *keyspace.DamagedError
		switch {
		case errors.As(err, &damaged) && damaged.Truncated:
		case err != nil && size < 4096: // there is no whole header
		default:
			t.Errorf("the first %d of %d bytes, %s: %v", size, len(all), name, err)
		}
	}
	packed := gzipped(t, whole)
	for range 50 {
		cut("plain", whole, random.IntN(len(whole)-sha256.Size))
		cut("gzip", packed, random.IntN(len(packed)))
	}
	for size := len(whole) - sha256.Size + 1; size < len(whole); size++ {
		cut("within the sum", whole, size)
	}
	archive := zipped(t, map[string][]byte{"etcd-snapshot-1": whole})
	for range 50 {
		size := random.IntN(len(archive))
		if _, err := checkAny(t.Context(), writeFile(t, archive[:size])); err == nil {
			t.Errorf("the first %d of %d bytes of a zip archive pass", size, len(archive))
		}
	}
}

// TestCheckFindsBadContent: what is on whole pages and can't be etcd's is damage that names the page.
func TestCheckFindsBadContent(t *testing.T) {
	write := func(bucket, key string, value []byte) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte(bucket))
			return errors.Join(err, b.Put([]byte(key), value))
		}
	}
	revisionOf := func(main int, kv *mvccpb.KeyValue) func(tx *bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return putRevision(tx, main, false, kv) }
	}
	key := []byte("/registry/pods/a")
	for name, test := range map[string]struct {
		write func(tx *bbolt.Tx) error
		want  string // empty: nothing is wrong
	}{
		"another revision": {revisionOf(9999, &mvccpb.KeyValue{Key: key, CreateRevision: 1, ModRevision: 9998, Version: 1}),
			"calls itself that of revision 9998, at revision 9999"},
		"created later": {revisionOf(9999, &mvccpb.KeyValue{Key: key, CreateRevision: 10_000, ModRevision: 9999, Version: 1}),
			"version 1 of a key since revision 10000"},
		"no version": {revisionOf(9999, &mvccpb.KeyValue{Key: key, CreateRevision: 9, ModRevision: 9999}), "version 0"},
		"too many versions": {revisionOf(9999, &mvccpb.KeyValue{Key: key, CreateRevision: 9998, ModRevision: 9999,
			Version: 3}), "version 3"},
		"no key":        {revisionOf(9999, &mvccpb.KeyValue{CreateRevision: 1, ModRevision: 9999, Version: 1}), "has no key"},
		"no revision":   {write("key", "zzz", nil), "is no revision of etcd"},
		"not protobuf":  {write("key", revisionKey(9999), []byte{0xff}), "can't be decoded, at revision 9999"},
		"another kind":  {write("key", revisionKey(9999), []byte{1 << 3, 1}), "can't be decoded, at revision 9999"},
		"bumped":        {write("key", revisionKey(9999), nil), ""},
		"a member":      {write("members", "8e9e05c52164694d", []byte(`{"id":10276657743932975437,"name":"a"}`)), ""},
		"no member id":  {write("members", "x", []byte(`{}`)), `in the bucket "members"`},
		"another id":    {write("members", "1", []byte(`{"id":2}`)), `in the bucket "members"`},
		"not JSON":      {write("members", "1", []byte(`{`)), `in the bucket "members"`},
		"no removed id": {write("members_removed", "y", nil), `in the bucket "members_removed"`},
		"a short index": {write("meta", "consistent_index", []byte{1}), `in the bucket "meta"`},
		"no compaction": {write("meta", "finishedCompactRev", []byte{1}), `in the bucket "meta"`},
		"an alarm":      {write("alarm", "\x08\x01\x10\x01", nil), ""},
		"no alarm":      {write("alarm", "\x08\x01\x10\x07", nil), `in the bucket "alarm"`},
		"a lease":       {write("lease", "\x00\x00\x00\x00\x00\x00\x00\x07", []byte{8, 7, 16, 60}), ""},
		"no lease":      {write("lease", "\x00\x00\x00\x00\x00\x00\x00\x07", []byte{8, 8}), `in the bucket "lease"`},
		"no flag":       {write("auth", "authEnabled", []byte{2}), `in the bucket "auth"`},
		"another's":     {write("somebody", "else", []byte{2}), ""},
	} {
		path := makeDatabase(t, 40)
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Update(test.write), db.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = checkAny(t.Context(), path)
		var damaged *keyspace.DamagedError
		if test.want == "" && err != nil || test.want != "" && (!errors.As(err, &damaged) || damaged.Page == 0 ||
			!strings.Contains(fmt.Sprint(err), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func revisionKey(main uint64) string {
	return string(binary.BigEndian.AppendUint64(nil, main)) + "_\x00\x00\x00\x00\x00\x00\x00\x00"
}

// TestCheckFreelist: where etcd keeps a list of free pages, that is checked, too.
func TestCheckFreelist(t *testing.T) {
	path := makeDatabase(t, 300)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what the first frees, the second writes down as free
		err = errors.Join(err, db.Update(func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte("key")).Cursor()
			for range 100 {
				if k, _ := c.First(); k != nil {
					if err := c.Delete(); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := checkAny(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for page := range len(content) / 1024 {
		p := content[page*1024:]
		if p[8] != 0x10 || binary.NativeEndian.Uint64(p) != uint64(page) {
			continue
		}
		listed++
		for name, change := range map[string]func(list []byte){
			"one less":      func(list []byte) { list[10]-- },
			"out of order":  func(list []byte) { copy(list[16:24], list[24:32]) },
			"out of range":  func(list []byte) { list[16+7] = 1 },
			"more than fit": func(list []byte) { list[11] = 0xf0 },
		} {
			changed := bytes.Clone(content)
			change(changed[page*1024:])
			_, err := checkAny(t.Context(), writeFile(t, changed))
			var damaged *keyspace.DamagedError
			if !errors.As(err, &damaged) && isCurrent(content, page) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if listed == 0 {
		t.Error("there is no list of free pages")
	}
}

// isCurrent reports whether the newer header has the list of free pages on a page.
func isCurrent(content []byte, page int) bool {
	newest, list := uint64(0), uint64(0)
	for _, at := range []int{0, 1024} {
		if txid := binary.NativeEndian.Uint64(content[at+16+48:]); txid >= newest {
			newest, list = txid, binary.NativeEndian.Uint64(content[at+16+32:])
		}
	}
	return list == uint64(page)
}

// TestCheckCounts: what a check counts is what is in the database.
func TestCheckCounts(t *testing.T) {
	database, wants := recorded("v3.7")
	text, err := os.ReadFile(wants)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]keyspace.Amounts
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	c, err := checkAny(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Usage.Prefixes {
		if p.Amounts != want[p.Name] {
			t.Errorf("%q: %+v, want %+v", p.Name, p.Amounts, want[p.Name])
		}
	}
}

// TestCheckStages: a check reports each of its stages, and ends with its context in any.
func TestCheckStages(t *testing.T) {
	path := makeDatabase(t, 20_000)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ofContent := sha256.Sum256(content)
	path = writeFile(t, append(content, ofContent[:]...))
	for _, stage := range []keyspace.Stage{keyspace.StageSum, keyspace.StagePages, keyspace.StageUsage} {
		ctx, cancel := context.WithCancel(t.Context())
		db, err := keyspace.Open(ctx, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Check(ctx, keyspace.Options{}, func(now keyspace.Stage) keyspace.Progress {
			return func(done, of uint64) {
				if done > of {
					t.Errorf("%s: %d of %d", now, done, of)
				}
				if now == stage {
					cancel()
				}
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted while %s: %v", stage, err)
		}
		cancel()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
