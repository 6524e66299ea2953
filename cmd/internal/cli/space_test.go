package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"
)

// databaseFile writes a database with revisions of these keys, in their order, in a data directory, and returns both.
// A key with a minus before it is deleted.
func databaseFile(t *testing.T, valueBytes int, keys ...string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, "member", "snap", "db")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{PageSize: 4096, NoFreelistSync: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucket([]byte("key"))
		if err != nil {
			return err
		}
		var errs []error
		for i, key := range keys {
			at := append(binary.BigEndian.AppendUint64(nil, uint64(i+2)), "_\x00\x00\x00\x00\x00\x00\x00\x00"...)
			kv := &mvccpb.KeyValue{Value: bytes.Repeat([]byte("v"), valueBytes), Version: 1}
			name, deleted := strings.CutPrefix(key, "-")
			if kv.Key = []byte(name); deleted {
				at, kv = append(at, 't'), &mvccpb.KeyValue{Key: kv.Key}
			}
			message, err := proto.Marshal(kv)
			errs = append(errs, err, bucket.Put(at, message))
		}
		return errors.Join(errs...)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

// spaceKeys are of Kubernetes and of others.
var spaceKeys = []string{
	"/registry/pods/default/a", "/registry/pods/default/b", "/registry/pods/default/a", "/registry/pods/default/a",
	"-/registry/pods/default/b", "/registry/secrets/kube-system/token", "app/config/x", "app/config/y", "plain",
}

func TestSpace(t *testing.T) {
	t.Parallel()
	dir, file := databaseFile(t, 100, spaceKeys...)
	code, out, errs := etcdoc(t, "space", "--data-dir", dir, "--show-keys", "--quota", "8GiB")
	if code != ExitHealthy || errs != "" {
		t.Fatalf("%d: %s", code, errs)
	}
	for _, want := range []string{
		file + ": revision 10, never compacted", "history", "<0.01% of the quota, 8 GiB", "A compaction of all history",
		"PREFIX", "/registry/pods/ ", "app/config/ ", "(without a slash)", "all 4 prefixes",
		"REVS/KEY", "Most revised keys", "  /registry/pods/default/a", "/registry/secrets/kube-system/(masked)", "█",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "token") || strings.Contains(out, "vvv") || strings.Contains(out, "MANAGED") {
		t.Errorf("it says too much:\n%s", out)
	}
	if _, out, _ := etcdoc(t, "space", "--snapshot", file); strings.Contains(out, "default/a") {
		t.Errorf("it names keys unasked:\n%s", out)
	}
	_, out, _ = etcdoc(t, "space", "--snapshot", file, "--show-keys", "--show-secret-names", "--top", "2", "--depth", "1")
	for _, want := range []string{"2 more with less: --top 0 shows all.", "all 4 prefixes"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if code, _, _ := etcdoc(t, "space", "--snapshot", file, "--quota", "4Ki"); code != ExitUnhealthy {
		t.Errorf("a database over its quota: exit code %d", code)
	}
}

// TestSpaceFormats: the formats for programs hold the same numbers.
func TestSpaceFormats(t *testing.T) {
	t.Parallel()
	_, file := databaseFile(t, 100, spaceKeys...)
	code, out, errs := etcdoc(t, "space", "--snapshot", file, "-o", "json", "--show-keys", "--quota", "1GiB")
	var document spaceJSON
	if err := json.Unmarshal([]byte(out), &document); err != nil || code != ExitHealthy {
		t.Fatalf("%d, %v: %s", code, err, errs)
	}
	pods := document.Prefixes[0]
	if pods.Prefix != "/registry/pods/" || !pods.Kubernetes || pods.Keys != 1 || pods.DeletedKeys != 1 ||
		pods.HistoryRevisions != 3 || pods.Tombstones != 1 || pods.MostRevisions != 3 ||
		pods.ManagedFieldsBytes != nil || document.Total.Keys != 5 || len(document.MostRevised) != 6 ||
		document.Total.Revisions != int64(len(spaceKeys)) {
		t.Errorf("%s", out)
	}
	d := document.Database
	if *d.QuotaBytes != 1<<30 || d.LiveBytes+d.HistoryBytes+d.TombstoneBytes+d.OtherBytes+d.OverheadBytes+
		d.FreeBytes != d.SizeBytes || d.UsedBytes != d.SizeBytes-d.FreeBytes {
		t.Errorf("the parts: %+v", d)
	}
	if code, out, errs := etcdoc(t, "space", "--snapshot", file, "-o", "yaml"); code != ExitHealthy ||
		!strings.HasPrefix(out, "schema: etcdoc/v1\n") {
		t.Errorf("%d: %s%s", code, errs, out)
	}
	_, out, _ = etcdoc(t, "space", "--snapshot", file, "-o", "csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 5 || rows[1][0] != "/registry/pods/" || rows[1][1] != "1" || rows[1][3] != "5" {
		t.Fatalf("%v: %q", err, rows)
	}
	for i, name := range rows[0] { // the values are no Kubernetes objects
		unknown := name == "managed_fields_bytes" || name == "annotations_bytes"
		if unknown != (rows[1][i] == "") {
			t.Errorf("%s: %q", name, rows[1][i])
		}
	}
}

func TestSpaceDiff(t *testing.T) {
	t.Parallel()
	older, oldFile := databaseFile(t, 1000, spaceKeys...)
	more := spaceKeys
	for i := range 50 {
		more = append(more, fmt.Sprintf("app/config/%d", i))
	}
	_, newer := databaseFile(t, 1000, append(more, "-app/config/x")...)
	then := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for file, at := range map[string]time.Time{oldFile: then, newer: then.Add(4 * time.Hour)} {
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := etcdoc(t, "space", "--diff", older, newer, "--quota", "1MiB")
	if code != ExitHealthy {
		t.Fatalf("%d: %s", code, errs)
	}
	for _, want := range []string{"in 4h00m by the files' times:", "revisions: +51",
		"is reached in", "PREFIX", "+49", "BYTES/H", "all 4 prefixes"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	code, out, errs = etcdoc(t, "space", "--diff", oldFile, newer, "--between", "2h", "-o", "json")
	var document growthJSON
	if err := json.Unmarshal([]byte(out), &document); err != nil || code != ExitHealthy {
		t.Fatalf("%d, %v: %s", code, err, errs)
	}
	if p := document.Prefixes[0]; p.Prefix != "app/config/" || p.KeysBefore != 2 || p.KeysAfter != 51 ||
		*p.BytesPerHour != float64(p.BytesAfter-p.BytesBefore)/2 || document.ByFiles ||
		document.Quota != nil || document.Reached != nil || *document.Between != 7200 {
		t.Errorf("%s", out)
	}
	if _, out, _ := etcdoc(t, "space", "--diff", oldFile, newer, "-o", "csv"); strings.Count(out, "\n") != 5 {
		t.Errorf("%s", out)
	}
	if code, _, errs := etcdoc(t, "space", "--diff", newer, oldFile); code != ExitNotDone ||
		!strings.Contains(errs, "the other way round") {
		t.Errorf("%d: %s", code, errs)
	}
	_, out, _ = etcdoc(t, "space", "--diff", oldFile, oldFile, "--quota", "1GiB")
	if !strings.Contains(out, "The files' times do not say in which time") || !strings.Contains(out, "not known when") {
		t.Errorf("without a time between them:\n%s", out)
	}
}

func TestSpaceErrors(t *testing.T) {
	t.Parallel()
	dir, file := databaseFile(t, 100, spaceKeys...)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.db")
	if err := os.WriteFile(cut, whole[:9000], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		code int
		args []string
		want string
	}{
		"exact of a file": {ExitNotDone, []string{"--snapshot", file, "--exact"}, "--exact is about a live cluster"},
		"now is older":    {ExitNotDone, []string{"--diff", "now", file, "--exact"}, "--diff OLD now"},
		"now by estimate": {ExitNotDone, []string{"--diff", file, "now"}, "now takes --exact"},
		"names of keys":   {ExitNotDone, []string{"--show-keys"}, "--show-keys takes --exact"},
		"two":             {ExitNotDone, []string{"--data-dir", dir, "--snapshot", file}, "give one of"},
		"an argument":     {ExitNotDone, []string{file}, "takes no argument"},
		"one of two":      {ExitNotDone, []string{"--diff", file}, "OLD and NEW"},
		"no such file":    {ExitNotDone, []string{"--snapshot", "/nowhere"}, "no such file"},
		"no such folder":  {ExitNotDone, []string{"--data-dir", "/nowhere"}, "no such file"},
		"another folder":  {ExitNotDone, []string{"--data-dir", t.TempDir()}, "what etcd has as its --data-dir?"},
		"another file":    {ExitNotDone, []string{"--snapshot", "space_test.go"}, "is no database of etcd"},
		"truncated":       {ExitUnhealthy, []string{"--snapshot", cut}, "is truncated: page 2 of"},
		"a live member":   {ExitNotDone, []string{"--snapshot", file, "--endpoints", "a:1"}, "--endpoints is about members"},
		"a format":        {ExitNotDone, []string{"--snapshot", file, "-o", "xml"}, "want table, wide, json, yaml or csv"},
		"a depth":         {ExitNotDone, []string{"--snapshot", file, "--depth", "0"}, "want 1 or more"},
		"a quota":         {ExitNotDone, []string{"--snapshot", file, "--quota", "much"}, "want a size such as 8GiB"},
		"a time":          {ExitNotDone, []string{"--snapshot", file, "--between", "1h"}, "goes with --diff"},
		"secrets":         {ExitNotDone, []string{"--snapshot", file, "--show-secret-names"}, "goes with --show-keys"},
		"keys that grow":  {ExitNotDone, []string{"--diff", "--show-keys", file, file}, "does not go with --diff"},
	} {
		code, out, errs := etcdoc(t, append([]string{"space"}, test.args...)...)
		if code != test.code || !strings.Contains(errs, test.want) || out != "" {
			t.Errorf("%s: %d, %q, want %d and %q:\n%s", name, code, errs, test.code, test.want, out)
		}
	}
}

// TestSpaceOfRunningMember: what can be read of a member that runs is said instead.
func TestSpaceOfRunningMember(t *testing.T) {
	t.Parallel()
	dir, file := databaseFile(t, 10, spaceKeys...)
	db, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	code, _, errs := etcdoc(t, "space", "--data-dir", dir)
	if code != ExitNotDone || !strings.Contains(errs, "etcdctl snapshot save FILE") || !strings.Contains(errs, "--exact") {
		t.Errorf("%d: %s", code, errs)
	}
	code, out, errs := etcdoc(t, "backup", filepath.Dir(file))
	if code != ExitNotDone || strings.Contains(out+errs, "--snapshot") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
}

// TestSpaceObeysNoKey: no key is printed so that a terminal obeys it, and each format stays what it is.
func TestSpaceObeysNoKey(t *testing.T) {
	t.Parallel()
	_, file := databaseFile(t, 10, hostile+"/a/b", "/registry/"+hostile+"/b", hostile, "-"+hostile, "=1+1/x/y", "\xff/\x00/a")
	for _, format := range []string{"table", "json", "yaml", "csv"} {
		var out bytes.Buffer
		s := &spaceFlags{output: format, snapshot: file, depth: 1, showKeys: true, showSecretNames: true}
		print, err := spaceFaceOf(s, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, s.diff = range []bool{false, true} {
			err := s.run(t.Context(), Streams{Out: &out, Err: &out}, print, nil, []string{file, file})
			if err != nil {
				t.Fatal(err)
			}
		}
		if shown := printableLines(out.String()); shown != out.String() {
			t.Errorf("%s has characters that a terminal obeys or hides:\n%q", format, out.String())
		}
	}
}

// TestSpaceFits: tables fit the terminal, whatever the keys are called, and -o wide has all of them.
func TestSpaceFits(t *testing.T) {
	t.Parallel()
	long := "/registry/" + strings.Repeat("long.", 20) + "example.com/things/"
	_, file := databaseFile(t, 100, long+"a", "/registry/pods/ns/a", long+"a", "app/config/x")
	for _, width := range []int{40, 60, 80, 100, 240} {
		for _, diff := range []bool{false, true} {
			for output, fits := range map[string]bool{"table": true, "wide": width == 240} {
				var out bytes.Buffer
				s := &spaceFlags{output: output, snapshot: file, depth: 2, diff: diff}
				print, err := spaceFaceOf(s, width)
				if err == nil {
					err = s.run(t.Context(), Streams{Out: &out, Err: &out}, print, nil, []string{file, file})
				}
				if err != nil {
					t.Fatal(err)
				}
				_, table, _ := strings.Cut(out.String(), "PREFIX")
				for line := range strings.Lines("PREFIX" + table) {
					if columns := utf8.RuneCountInString(line) - 1; fits && columns > max(width, minWidth+5) {
						t.Errorf("%d columns are wider than %d:\n%s", columns, width, line)
					}
				}
				if whole := strings.Contains(table, long); whole != (output == "wide" || width == 240) ||
					!strings.Contains(table, "example.com/things/") {
					t.Errorf("-o %s at width %d: is the name whole? %v\n%s", output, width, whole, table)
				}
			}
		}
	}
}

// TestReadProgress: the progress overwrites itself, fits the terminal, and is cleared; a short one is not shown.
func TestReadProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	line := &statusLine{&out, func() int { return 20 }}
	p := &readProgress{line: line, path: "a/long/name/of/a/file\n"}
	p.reporting("reading")(1, 2)
	p.reporting("reading")(3, 4) // too soon after the first
	p.end()
	if want := "\r\x1b[Kreading a/long/nam…\r\x1b[K"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	soon := &readProgress{line: line, next: time.Now().Add(time.Hour)}
	soon.reporting("reading")(1, 2)
	if soon.end(); out.Len() > 0 {
		t.Errorf("%q is shown too soon", out.String())
	}
	if newReadProgress(&out, "file").reporting("reading") != nil {
		t.Error("there is progress where there is no terminal")
	}
}
