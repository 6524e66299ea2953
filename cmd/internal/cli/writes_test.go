package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	etcdwal "go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// logOf makes the log of a member in a data directory, with a put of 100 bytes for each key; all but the last are known
// to be committed. It stays open to be written to.
func logOf(t *testing.T, keys ...string) (dataDir string, put func(key string)) {
	t.Helper()
	dataDir = t.TempDir()
	metadata, err := proto.Marshal(&pb.Metadata{NodeID: proto.Uint64(0xabc), ClusterID: proto.Uint64(0xdef)})
	if err != nil {
		t.Fatal(err)
	}
	log, err := etcdwal.Create(nil, filepath.Join(dataDir, "member", "wal"), metadata)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	index := uint64(0)
	put = func(key string) {
		index++
		data, err := proto.Marshal(&pb.InternalRaftRequest{Put: &pb.PutRequest{Key: []byte(key),
			Value: bytes.Repeat([]byte("v"), 100)}})
		if err != nil {
			t.Error(err)
		}
		state := &raftpb.HardState{Term: proto.Uint64(2), Commit: proto.Uint64(index - 1)}
		entry := &raftpb.Entry{Term: proto.Uint64(2), Index: proto.Uint64(index), Data: data}
		if err := log.Save(state, []*raftpb.Entry{entry}); err != nil {
			t.Error(err)
		}
	}
	for _, key := range keys {
		put(key)
	}
	return dataDir, put
}

// writtenKeys are of Kubernetes and of others.
var writtenKeys = []string{"/registry/pods/default/a", "/registry/pods/default/a", "/registry/pods/default/b",
	"/registry/secrets/kube-system/token", "app/config/x\x1b[31m"}

func TestWrites(t *testing.T) {
	t.Parallel()
	dir, _ := logOf(t, writtenKeys...)
	code, out, errs := etcdoc(t, "writes", "--data-dir", dir, "--show-keys")
	if code != ExitHealthy || errs != "" {
		t.Fatalf("%d: %s", code, errs)
	}
	for _, want := range []string{
		"member abc of cluster def: entries 1 to 5, term 2", "the last 1 not known to be committed", "5 × put",
		"Reads are not in a log.", "/registry/pods/ ", "all 3 prefixes", "/registry/pods/default/a ",
		"/registry/secrets/kube-system/(masked)", "up to 256 B", "█",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), strings.TrimSpace(want)) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "token") || strings.Contains(out, "vvv") || strings.Contains(out, "\x1b") {
		t.Errorf("it says too much:\n%s", out)
	}
	if _, out, _ := etcdoc(t, "writes", "--wal-dir", filepath.Join(dir, "member", "wal"), "--from", "2", "--to", "3"); !strings.Contains(
		out, "entries 2 to 3") || strings.Contains(out, "default/a") {
		t.Errorf("a range:\n%s", out)
	}
}

// TestWritesFormats: the formats for programs hold the same numbers.
func TestWritesFormats(t *testing.T) {
	t.Parallel()
	dir, _ := logOf(t, writtenKeys...)
	code, out, errs := etcdoc(t, "writes", "--data-dir", dir, "-o", "json", "--show-keys")
	var d writesJSON
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != ExitHealthy {
		t.Fatalf("%d, %v: %s", code, err, errs)
	}
	pods := d.WritesByPrefix[0]
	if pods.Prefix != "/registry/pods/" || !pods.Kubernetes || pods.Puts != 3 || d.Total.Puts != 5 || d.Entries != 5 ||
		d.Requests["puts"] != 5 || d.LastIndex != 5 || d.CommittedIndex != 4 || d.Uncommitted != 1 || d.Torn ||
		d.Member != "abc" || len(d.WritesByKey) != 4 || d.WritesByKey[0].Puts != 2 {
		t.Errorf("%s", out)
	}
	if code, out, errs := etcdoc(t, "writes", "--data-dir", dir, "-o", "yaml"); code != ExitHealthy ||
		!strings.HasPrefix(out, "schema: etcdoc/v1\n") {
		t.Errorf("%d: %s%s", code, errs, out)
	}
	_, out, _ = etcdoc(t, "writes", "--data-dir", dir, "-o", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][0] != "/registry/pods/" || rows[1][1] != "3" {
		t.Errorf("%v: %q", err, rows)
	}
}

// TestWritesFollow shows what is written after it began, and ends when it is interrupted.
func TestWritesFollow(t *testing.T) {
	t.Parallel()
	dir, put := logOf(t, "before/x/1", "before/x/2")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen, written := make(chan string, 1), false
	out := writerFunc(func(p []byte) (int, error) {
		line := string(p)
		switch {
		case strings.Contains(line, "before/x/"):
			t.Errorf("it shows what was there: %s", line)
			fallthrough
		case strings.Contains(line, "after/x/"):
			select {
			case seen <- line:
			default:
			}
		default:
			if !written {
				put("after/x/1")
				written = true
			}
		}
		return len(p), nil
	})
	code := make(chan int, 1)
	go func() {
		code <- Run(ctx, []string{"writes", "--data-dir", dir, "--follow", "--interval", "10ms"}, strings.NewReader(""), out, out)
	}()
	select {
	case <-seen:
	case c := <-code:
		t.Fatalf("it ended with %d", c)
	}
	cancel()
	if c := <-code; c != ExitHealthy {
		t.Errorf("exit code %d", c)
	}
}

// writerFunc is a function as a writer.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestWritesErrors(t *testing.T) {
	t.Parallel()
	dir, _ := logOf(t, writtenKeys...)
	damaged, _ := logOf(t, writtenKeys...)
	files, err := filepath.Glob(filepath.Join(damaged, "member", "wal", "*.wal"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(content, []byte("default/b"))
	content[at]++
	broken := filepath.Join(t.TempDir(), "member", "wal", filepath.Base(files[0]))
	if err := os.MkdirAll(filepath.Dir(broken), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, content, 0o600); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "member", "wal", filepath.Base(files[0]))
	then := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, then, then); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"":                                  {ExitNotDone, "give one of --data-dir DIR and --wal-dir DIR"},
		"--data-dir a --wal-dir b":          {ExitNotDone, "give one of"},
		"--data-dir " + t.TempDir():         {ExitNotDone, "no such file"},
		"--wal-dir " + t.TempDir():          {ExitNotDone, "holds no write-ahead log"},
		"--wal-dir a --by size":             {ExitNotDone, "want writes or bytes"},
		"--wal-dir a --from 5 --to 4":       {ExitNotDone, "want no less than --from"},
		"--wal-dir a --follow -o json":      {ExitNotDone, "--follow goes with -o table"},
		"--wal-dir a --follow --since 1h":   {ExitNotDone, "begins now"},
		"--wal-dir a --endpoints b":         {ExitNotDone, "is about members that answer"},
		"--data-dir " + dir + " --since 1h": {ExitNotDone, "nothing was written to"},
		"--wal-dir " + filepath.Dir(broken): {ExitUnhealthy, "is damaged at byte"},
		"--wal-dir " + filepath.Dir(broken) + " --interval 0s --follow": {ExitNotDone, "want more than 0"},
	} {
		code, out, errs := etcdoc(t, append([]string{"writes"}, strings.Fields(args)...)...)
		if code != want.code || !strings.Contains(errs, want.says) {
			t.Errorf("%q: %d: %s", args, code, errs)
		}
		if want.code == ExitUnhealthy && !strings.Contains(out, fmt.Sprint("entries 1 to ", 2)) {
			t.Errorf("%q: what is before the damage is not printed:\n%s", args, out)
		}
	}
}
