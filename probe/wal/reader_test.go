package wal_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	etcdwal "go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/etcdoc/etcdoc/probe/wal"
)

// maxSegment is how long a segment of the tests becomes.
const maxSegment = 64 << 10

// entry is a put of a value in an entry of raft's.
func entry(t testing.TB, term, index uint64, key string, valueBytes int) *raftpb.Entry {
	t.Helper()
	data, err := proto.Marshal(&pb.InternalRaftRequest{ID: index, Put: &pb.PutRequest{Key: []byte(key),
		Value: []byte(strings.Repeat("v", valueBytes))}})
	if err != nil {
		t.Fatal(err)
	}
	return &raftpb.Entry{Term: &term, Index: &index, Data: data}
}

// writeLog makes a log with etcd's own code: put i, of key i%7, has a value of i%300 bytes. All but the last is known
// to be committed.
func writeLog(t testing.TB, entries int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "wal")
	etcdwal.SegmentSizeBytes = maxSegment
	log, err := etcdwal.Create(nil, dir, []byte{})
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, log, 1, entries)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func appendTo(t testing.TB, log *etcdwal.WAL, from, to int) {
	t.Helper()
	const term = 3
	for i := from; i <= to; i++ {
		state := &raftpb.HardState{Term: proto.Uint64(term), Vote: proto.Uint64(1), Commit: proto.Uint64(uint64(i - 1))}
		one := entry(t, term, uint64(i), fmt.Sprint("/k/", i%7), i%300)
		if err := log.Save(state, []*raftpb.Entry{one}); err != nil {
			t.Fatal(err)
		}
	}
}

// reopened opens a log to append to it.
func reopened(t testing.TB, dir string) *etcdwal.WAL {
	t.Helper()
	log, err := etcdwal.Open(nil, dir, &walpb.Snapshot{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := log.ReadAll(); err != nil {
		t.Fatal(err)
	}
	return log
}

// openLog makes a log as writeLog does, and opens it.
func openLog(t *testing.T, entries int) (dir string, r *wal.Reader) {
	t.Helper()
	dir = writeLog(t, entries)
	segments, err := wal.Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = wal.Open(segments); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return dir, r
}

// readAll reads the entries of a log, and how it ends.
func readAll(dir string) (entries []wal.Entry, torn *wal.Torn, err error) {
	segments, err := wal.Segments(dir)
	if err != nil {
		return nil, nil, err
	}
	r, err := wal.Open(segments)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	entries, err = readOn(r)
	return entries, r.Torn(), err
}

// readOn reads the entries up to the end of what is written.
func readOn(r *wal.Reader) (entries []wal.Entry, err error) {
	for {
		record, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return entries, err
		}
		if record.Entry != nil {
			e := *record.Entry
			e.Data = slices.Clone(e.Data)
			entries = append(entries, e)
		}
	}
}

// TestReadsWhatEtcdReads compares with etcd's own reader, over several segments.
func TestReadsWhatEtcdReads(t *testing.T) {
	dir := writeLog(t, 1000)
	log, err := etcdwal.OpenForRead(nil, dir, &walpb.Snapshot{})
	if err != nil {
		t.Fatal(err)
	}
	_, _, want, err := log.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got, torn, err := readAll(dir)
	if err != nil || torn != nil || len(got) != 1000 || len(got) != len(want) {
		t.Fatalf("%d entries, etcd reads %d; torn %v, error %v", len(got), len(want), torn, err)
	}
	for i := range got {
		if e := want[i]; got[i].Index != e.GetIndex() || got[i].Term != e.GetTerm() ||
			string(got[i].Data) != string(e.Data) || got[i].Kind != wal.NormalEntry {
			t.Fatalf("entry %d: %+v, etcd reads %+v", i, got[i], want[i])
		}
	}
	if segments, err := wal.Segments(dir); err != nil || len(segments) < 3 {
		t.Errorf("%d segments, want several; %v", len(segments), err)
	}
}

// TestGoesOn: a reader at the end reads what is written after that, also in segments that did not exist.
func TestGoesOn(t *testing.T) {
	dir, r := openLog(t, 10)
	if got, err := readOn(r); err != nil || len(got) != 10 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	log := reopened(t, dir)
	at := 10
	for _, more := range []int{1, 0, 5, 900, 1} {
		appendTo(t, log, at+1, at+more)
		if err := log.Sync(); err != nil {
			t.Fatal(err)
		}
		got, err := readOn(r)
		if err != nil || len(got) != more {
			t.Fatalf("after %d: %d entries, want %d; %v", at, len(got), more, err)
		}
		for i := range got {
			if at++; got[i].Index != uint64(at) {
				t.Fatalf("index %d, want %d", got[i].Index, at)
			}
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

// lastFrame is where the last record of a log begins, and where it ends.
func lastFrame(t *testing.T, path string) (begin, end int64) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for end+8 <= int64(len(content)) {
		prefix := binary.LittleEndian.Uint64(content[end:])
		if prefix == 0 {
			break
		}
		length := int64(prefix & (1<<56 - 1))
		if int64(prefix) < 0 {
			length += int64(prefix >> 56 & 7)
		}
		begin, end = end, end+8+length
	}
	return begin, end
}

// TestTornEnd: a log whose last record lacks its end is read up to that, and what is damaged with more behind it is an
// error that names the place.
func TestTornEnd(t *testing.T) {
	const entries = 150
	for name, test := range map[string]struct {
		damage  func(file *os.File, begin, end int64) error
		damaged bool
	}{
		"zeros from its second half on": {func(f *os.File, begin, end int64) error {
			middle := (begin + end) / 2
			middle -= middle % 512
			_, err := f.WriteAt(make([]byte, end-middle), middle)
			return err
		}, false},
		"cut within":            {func(f *os.File, begin, end int64) error { return f.Truncate((begin + end) / 2) }, false},
		"cut within its length": {func(f *os.File, begin, _ int64) error { return f.Truncate(begin + 3) }, false},
		"a wrong byte in the last record, which is whole": {func(f *os.File, begin, _ int64) error {
			_, err := f.WriteAt([]byte{0xff}, begin+40)
			return err
		}, true},
		"a length beyond the file, with more behind it": {func(f *os.File, _, _ int64) error {
			_, err := f.WriteAt([]byte{0x10}, 3) // of the first record
			return err
		}, true},
		"a wrong byte, and more behind it": {func(f *os.File, _, _ int64) error {
			_, err := f.WriteAt([]byte{0xff}, 2000)
			return err
		}, true},
		"a length beyond the file": {func(f *os.File, _, _ int64) error {
			_, err := f.WriteAt([]byte{0xff, 0xff, 0xff, 0xff}, 0)
			return err
		}, true},
	} {
		dir := writeLog(t, entries-1)
		log := reopened(t, dir) // for an entry as the last record, larger than a sector of a disk
		err := log.Save(&raftpb.HardState{}, []*raftpb.Entry{entry(t, 3, entries, "/k/last", 2000)})
		if err := errors.Join(err, log.Close()); err != nil {
			t.Fatal(err)
		}
		segments, err := wal.Segments(dir)
		if err != nil || len(segments) != 1 {
			t.Fatal(segments, err)
		}
		path := segments[0].Path
		begin, end := lastFrame(t, path)
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(test.damage(file, begin, end), file.Close()); err != nil {
			t.Fatal(err)
		}
		got, torn, err := readAll(dir)
		var damaged *wal.DamagedError
		switch {
		case test.damaged:
			if !errors.As(err, &damaged) || damaged.Path != path || damaged.Offset > begin {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil || torn == nil || torn.Offset != begin || len(got) != entries-1:
			t.Errorf("%s: %d entries, torn %+v (the last record begins at %d), error %v",
				name, len(got), torn, begin, err)
		}
	}
}

// TestTruncatedAnywhere: a log cut anywhere is read up to there, as etcd reads it, and nothing panics.
func TestTruncatedAnywhere(t *testing.T) {
	dir := writeLog(t, 150)
	segments, err := wal.Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(segments[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := readAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	_, end := lastFrame(t, segments[0].Path)
	for range 50 {
		at := random.Int64N(end)
		if err := os.WriteFile(segments[0].Path, content[:at], 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := readAll(dir)
		if err != nil || len(got) > len(whole) || len(got) > 0 && got[len(got)-1].Index != uint64(len(got)) {
			t.Errorf("cut at %d: %d entries, %v", at, len(got), err)
		}
	}
}

// TestReadsWhatWasWrittenBeforeTheNextSegment: what etcd appends to a segment while its end is read, and before it
// begins the next one, is read.
func TestReadsWhatWasWrittenBeforeTheNextSegment(t *testing.T) {
	dir, r := openLog(t, 10)
	if record, err := r.Next(); err != nil || record.Entry != nil { // the end of the segment is read ahead by now
		t.Fatal(record, err)
	}
	log := reopened(t, dir)
	appendTo(t, log, 11, 1000)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := readOn(r); err != nil || len(got) != 1000 {
		t.Errorf("%d entries, want 1000; %v", len(got), err)
	}
}

// TestMissingSegment names between which a segment is missing, and a directory without any is no log.
func TestMissingSegment(t *testing.T) {
	dir := writeLog(t, 1000)
	segments, err := wal.Segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(segments[1].Path); err != nil {
		t.Fatal(err)
	}
	_, err = wal.Segments(dir)
	if err == nil || !strings.Contains(err.Error(), filepath.Base(segments[0].Path)) {
		t.Errorf("a missing segment: %v", err)
	}
	var none *wal.NoLogError
	if _, err = wal.Segments(t.TempDir()); !errors.As(err, &none) {
		t.Errorf("no log: %v", err)
	}
}

// FuzzLog reads anything as a segment.
func FuzzLog(f *testing.F) {
	dir := writeLog(f, 20)
	segments, err := wal.Segments(dir)
	if err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(segments[0].Path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content[:3000])
	f.Add([]byte{})
	f.Add([]byte("not a log at all"))
	name := filepath.Base(segments[0].Path)
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		segments, err := wal.Segments(dir)
		if err != nil {
			t.Fatal(err)
		}
		w, _, err := wal.Count(t.Context(), segments, wal.Options{Top: 5}, nil)
		if err == nil && w.Entries > int64(len(content)) {
			t.Errorf("%d entries in %d bytes", w.Entries, len(content))
		}
	})
}
