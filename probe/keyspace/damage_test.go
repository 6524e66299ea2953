package keyspace_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"

	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// makeDatabase writes a database with so many revisions of keys and returns its path. Its pages are small, so that it
// has branches, and large values go over several.
func makeDatabase(t testing.TB, revisions int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 1024, NoFreelistSync: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		var errs []error
		for _, name := range []string{"key", "meta", "lease", "members"} {
			_, err := tx.CreateBucket([]byte(name))
			errs = append(errs, err)
		}
		for i := range revisions {
			kv := &mvccpb.KeyValue{Key: fmt.Appendf(nil, "/registry/pods/ns/pod-%d", i%(1+revisions/3)),
				CreateRevision: int64(i + 2), ModRevision: int64(i + 2), Version: 1,
				Value: bytes.Repeat([]byte{'v'}, 40+i%7*300)}
			errs = append(errs, putRevision(tx, i+2, i%11 == 10, kv))
		}
		at := append(binary.BigEndian.AppendUint64(nil, 2), "_\x00\x00\x00\x00\x00\x00\x00\x00"...)
		errs = append(errs, tx.Bucket([]byte("meta")).Put([]byte("finishedCompactRev"), at),
			tx.Bucket([]byte("meta")).Put([]byte("scheduledCompactRev"), at))
		return errors.Join(errs...)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func putRevision(tx *bbolt.Tx, main int, tombstone bool, kv *mvccpb.KeyValue) error {
	at := append(binary.BigEndian.AppendUint64(nil, uint64(main)), "_\x00\x00\x00\x00\x00\x00\x00\x00"...)
	if tombstone {
		at, kv = append(at, 't'), &mvccpb.KeyValue{Key: kv.Key}
	}
	value, err := proto.Marshal(kv)
	return errors.Join(err, tx.Bucket([]byte("key")).Put(at, value))
}

// readAny opens and reads a file that may be anything.
func readAny(ctx context.Context, path string) (u keyspace.Usage, err error) {
	db, err := keyspace.Open(ctx, path, nil)
	if err != nil {
		return u, err
	}
	u, err = db.Read(ctx, keyspace.Options{Keys: 2})
	return u, errors.Join(err, db.Close())
}

// checkAny opens and checks a file that may be anything.
func checkAny(ctx context.Context, path string) (c keyspace.Check, err error) {
	db, err := keyspace.Open(ctx, path, nil)
	if err != nil {
		return c, err
	}
	c, err = db.Check(ctx, keyspace.Options{}, nil)
	return c, errors.Join(err, db.Close())
}

func writeFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "snapshot.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTruncated: a file that ends too soon, wherever, is an error that names the first page that is missing.
func TestTruncated(t *testing.T) {
	whole, err := os.ReadFile(makeDatabase(t, 400))
	if err != nil {
		t.Fatal(err)
	}
	u, err := readAny(t.Context(), writeFile(t, whole))
	if err != nil {
		t.Fatal(err)
	}
	whole = whole[:u.DatabaseBytes]
	random := rand.New(rand.NewPCG(15, 50))
	for range 50 {
		size := random.IntN(len(whole))
		path := writeFile(t, whole[:size])
		before := sum(t, path)
		_, err := readAny(t.Context(), path)
		var damaged *keyspace.DamagedError
		switch {
		case errors.As(err, &damaged) && damaged.Truncated && damaged.Page == uint64(size)/1024 &&
			strings.Contains(err.Error(), fmt.Sprintf("is truncated: page %d of ", size/1024)):
		case err != nil && size < 1024: // there is no whole header
		default:
			t.Errorf("the first %d of %d bytes: %v", size, len(whole), err)
		}
		if sum(t, path) != before {
			t.Errorf("the first %d of %d bytes were changed", size, len(whole))
		}
	}
}

// TestDamaged: what is wrong with a page is an error that names it.
func TestDamaged(t *testing.T) {
	path := makeDatabase(t, 400)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	leaf, branch := findPage(whole, 2), findPage(whole, 1)
	for name, test := range map[string]struct {
		at    int // in the file
		bytes []byte
		want  string
	}{
		"a page of another number": {leaf * 1024, []byte{0xff}, fmt.Sprintf("page %d of", leaf)},
		"no kind":                  {leaf*1024 + 8, []byte{0x40}, "neither a leaf nor a branch"},
		"too many elements":        {leaf*1024 + 10, []byte{0xff, 0xff}, "counts 65535 elements"},
		"too long":                 {leaf*1024 + 12, []byte{0xff, 0xff, 0xff}, "goes on for"},
		"an element outside":       {leaf*1024 + 16 + 12, []byte{0xff, 0xff}, "its element 0 from byte"},
		"elements that overlap":    {leaf*1024 + 16 + 16 + 4, []byte{0x10, 0}, "where another one is"},
		"no revision":              {leaf*1024 + 16 + 8, []byte{3, 0}, "is no revision of etcd"},
		"a circle":                 {branch*1024 + 16 + 8, []byte{byte(branch), byte(branch >> 8)}, "is used twice"},
		"a page outside":           {branch*1024 + 16 + 8, []byte{0xff, 0xff}, "none of the pages"},
	} {
		content := bytes.Clone(whole)
		copy(content[test.at:], test.bytes)
		_, err := readAny(t.Context(), writeFile(t, content))
		var damaged *keyspace.DamagedError
		if !errors.As(err, &damaged) || damaged.Truncated || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// findPage returns a page of a kind in the bucket of keys: the names of the buckets are on a leaf, too.
func findPage(database []byte, kind byte) (found int) {
	for i := range len(database) / 1024 {
		p := database[i*1024:]
		if p[8] == kind && binary.NativeEndian.Uint64(p) == uint64(i) && p[10] > 1 &&
			(kind == 1 || p[16] == 0) {
			found = i
		}
	}
	return found
}

// TestOtherFiles: what is no database of etcd is an error that says what it is, or what to name instead.
func TestOtherFiles(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 64<<10)
	for name, test := range map[string]struct{ path, want string }{
		"none":     {filepath.Join(t.TempDir(), "none"), "no such file"},
		"empty":    {writeFile(t, nil), "is empty"},
		"short":    {writeFile(t, []byte("{}")), "is no database of etcd"},
		"zeros":    {writeFile(t, zeros), "is no database of etcd"},
		"SQLite":   {writeFile(t, append([]byte("SQLite format 3\x00"), zeros...)), "SQLite"},
		"bbolt":    {other, "is a database of bbolt, and not etcd's"},
		"a folder": {t.TempDir(), "is not a regular file"},
		"two in a zip": {writeFile(t, zipped(t, map[string][]byte{"a": zeros, "b": zeros})),
			"there are 2 files in it"},
		"nothing in a zip": {writeFile(t, zipped(t, nil)), "there is no file in it"},
		"cut gzip":         {writeFile(t, gzipped(t, zeros)[:20]), "is truncated, and can't be unpacked"},
		"gzip of nothing":  {writeFile(t, gzipped(t, nil)), "is empty"},
	} {
		if _, err := readAny(t.Context(), test.path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	if _, err := keyspace.OpenDataDir(t.Context(), t.TempDir(), nil); !errors.Is(err, fs.ErrNotExist) &&
		!strings.Contains(fmt.Sprint(err), "--data-dir") {
		t.Errorf("a folder that is no data directory: %v", err)
	}
	if _, err := keyspace.OpenDataDir(t.Context(), other, nil); !strings.Contains(fmt.Sprint(err), "--snapshot") {
		t.Errorf("a file in the place of a data directory: %v", err)
	}
}

func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for name, content := range files {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCompressed: a snapshot is the same however it is compressed, and no temporary file stays.
func TestCompressed(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	path := makeDatabase(t, 100)
	want, err := readAny(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content = append(content, make([]byte, 32)...) // a snapshot's sum
	for name, packed := range map[string][]byte{
		"gzip": gzipped(t, content), "zip": zipped(t, map[string][]byte{"etcd-snapshot-1": content}), "plain": content,
	} {
		got, err := readAny(t.Context(), writeFile(t, packed))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Total != want.Total || got.DatabaseBytes != want.DatabaseBytes || got.FileBytes != want.FileBytes+32 {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readAny(ended, writeFile(t, gzipped(t, content))); !errors.Is(err, context.Canceled) {
		t.Errorf("unpacking while the context has ended: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(temporary, "etcdoc-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v was left: %v", left, err)
	}
}

// TestKeptFreelist: etcd on systems other than Linux keeps the list of free pages in the file.
func TestKeptFreelist(t *testing.T) {
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
	db, err = bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	want := int64(db.Stats().FreePageN) * 1024
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	u, err := readAny(t.Context(), path)
	if err != nil || u.FreeBytes != want || want == 0 || u.Total.Writes() != 100 {
		t.Errorf("%v: %d bytes are free, want %d; %+v", err, u.FreeBytes, want, u.Total)
	}
}

// TestLocked: a database that a process has open for writing is an error that says what to do.
func TestLocked(t *testing.T) {
	path := makeDatabase(t, 10)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := readAny(t.Context(), path); !errors.Is(err, keyspace.ErrLocked) ||
		strings.Contains(err.Error(), "--") { // it is said of files that different commands read
		t.Error(err)
	}
}

// TestCutWhileItIsRead: a file that is cut after it was opened is an error, and ends no process.
func TestCutWhileItIsRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open can't be cut there")
	}
	path := makeDatabase(t, 2000)
	db, err := keyspace.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := os.Truncate(path, 64<<10); err != nil {
		t.Fatal(err)
	}
	_, err = db.Read(t.Context(), keyspace.Options{})
	var damaged *keyspace.DamagedError
	if !errors.As(err, &damaged) || damaged.Page < 64 || !strings.Contains(err.Error(), "can't be read") {
		t.Error(err)
	}
}

// TestInterrupted: reading ends with its context.
func TestInterrupted(t *testing.T) {
	path := makeDatabase(t, 20_000)
	ctx, cancel := context.WithCancel(t.Context())
	db, err := keyspace.Open(ctx, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	reports := 0
	_, err = db.Read(ctx, keyspace.Options{Progress: func(pages, of uint64) {
		if reports++; pages == 0 || pages > of {
			t.Errorf("%d pages of %d", pages, of)
		}
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || reports != 1 {
		t.Errorf("after %d reports: %v", reports, err)
	}
}

// FuzzDatabase: whatever the bytes of a database are, reading it ends without a panic, in an error or with parts that
// add up, and changes nothing.
func FuzzDatabase(f *testing.F) {
	whole, err := os.ReadFile(makeDatabase(f, 60))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte{}, uint32(0), false)
	f.Add(uint32(16), []byte{1}, uint32(0), false)
	f.Add(uint32(4*1024+8), []byte{1, 0, 9, 0}, uint32(0), false)
	f.Add(uint32(0), []byte{}, uint32(2000), false)
	for i := 2; i < len(whole)/1024; i += 3 {
		f.Add(uint32(i*1024+10), []byte{1, 0, 0, 0, 0, 0, 3}, uint32(0), false)
	}
	for at := uint32(1024 + 16 + 8); at < 1024+16+56; at += 8 { // the header that counts
		f.Add(at, []byte{5, 1}, uint32(0), true)
	}
	f.Fuzz(func(t *testing.T, at uint32, patch []byte, cut uint32, signs bool) {
		content := bytes.Clone(whole)
		copy(content[int(at)%len(content):], patch)
		if signs { // a header that was patched counts, too
			for _, page := range []int{0, 1024} {
				sum := fnv.New64a()
				sum.Write(content[page+16 : page+16+56])
				binary.NativeEndian.PutUint64(content[page+16+56:], sum.Sum64())
			}
		}
		path := writeFile(t, content[:len(content)-int(cut)%len(content)])
		before := sum(t, path)
		u, err := readAny(t.Context(), path)
		if parts := u.Total.Bytes() + u.OtherBytes + u.OverheadBytes + u.FreeBytes; err == nil &&
			(parts != u.DatabaseBytes || u.FreeBytes < 0 || u.OverheadBytes < 0) {
			t.Errorf("the parts do not add up: %+v", u)
		}
		if _, err := checkAny(t.Context(), path); err == nil {
			if wrong := checkedByBolt(t, path); wrong != nil {
				t.Errorf("bbolt's own check finds %v", wrong)
			}
		}
		if sum(t, path) != before {
			t.Error("the file was changed")
		}
	})
}
