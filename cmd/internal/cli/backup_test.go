package cli

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// snapshotBytes returns the snapshot of a real etcd.
func snapshotBytes(t *testing.T) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "probe", "keyspace", "testdata", "v3.6.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	from, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// putBackup writes a file of a directory of backups, and returns its path.
func putBackup(t *testing.T, dir, name string, content []byte, age time.Duration) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBackup(t *testing.T) {
	t.Parallel()
	dir, whole := t.TempDir(), snapshotBytes(t)
	changed := bytes.Clone(whole)
	changed[len(changed)/2] ^= 0x40
	for name, test := range map[string]struct {
		content []byte
		args    string
		code    int
		says    []string
	}{
		"whole.db": {whole, "", ExitHealthy, []string{"OK  ", "is whole: its sum matches (SHA-256), and its ",
			"revisions can be read", "Age       3h00m, by the file's time, ", "Content   revision ", "compacted at ",
			"Cluster   version 3.6.0; storage version 3.6.0; 1 member: "}},
		"young.db": {whole, "--max-age 4h", ExitHealthy, []string{"OK  "}},
		"old.db":   {whole, "--max-age 2h", ExitUnhealthy, []string{"WARNING  ", "is whole", "That is over 2h00m."}},
		"copy.db": {whole[:len(whole)-sha256.Size], "", ExitHealthy, []string{"NOTICE  ", "Sum       none, ",
			"--skip-hash-check"}},
		"changed.db": {changed, "", ExitUnhealthy, []string{"DAMAGED  ", "must not be relied on"}},
		"cut.db":     {whole[:len(whole)/2], "", ExitUnhealthy, []string{"DAMAGED  ", "is truncated: page "}},
	} {
		path := putBackup(t, dir, name, test.content, 3*time.Hour)
		code, out, errs := etcdoc(t, append([]string{"backup", path}, strings.Fields(test.args)...)...)
		if code != test.code || errs != "" {
			t.Errorf("%s: %d: %s", name, code, errs)
		}
		for _, want := range test.says {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s: it does not say %q:\n%s", name, want, out)
			}
		}
		code, out, _ = etcdoc(t, append([]string{"backup", path, "-o", "json"}, strings.Fields(test.args)...)...)
		var document backupJSON
		if err := json.Unmarshal([]byte(out), &document); err != nil || code != test.code ||
			(document.Content != nil) != (document.State == "whole") || (document.Problem == "") != (document.Content != nil) {
			t.Errorf("%s: %d, %v: %s", name, code, err, out)
		}
	}
	ahead := putBackup(t, dir, "ahead.db", whole, -48*time.Hour)
	for code, args := range map[int][]string{ExitHealthy: nil, ExitNotDone: {"--max-age", "1h"}} {
		got, out, _ := etcdoc(t, append([]string{"backup", ahead}, args...)...)
		if got != code || !strings.Contains(out, "Age       not known: its time") {
			t.Errorf("of a time in the future: %d, want %d:\n%s", got, code, out)
		}
	}
	if code, out, errs := etcdoc(t, "backup", filepath.Join(dir, "whole.db"), "-o", "yaml"); code != ExitHealthy ||
		!strings.HasPrefix(out, "schema: etcdoc/v1\n") {
		t.Errorf("%d: %s%s", code, errs, out)
	}
}

func TestBackupDirectory(t *testing.T) {
	t.Parallel()
	whole := snapshotBytes(t)
	hours := func(dir string, ages ...int) {
		for _, age := range ages {
			at := time.Now().Add(-time.Duration(age) * time.Hour)
			putBackup(t, dir, at.UTC().Format("etcd-2006-01-02T15-04-05Z.db"), whole, time.Duration(age)*time.Hour)
		}
	}
	for name, test := range map[string]struct {
		fill func(dir string)
		args string
		code int
		says []string
	}{
		"good": {func(dir string) { hours(dir, 2, 4, 6, 8, 10) }, "", ExitHealthy, []string{
			"OK  ", ": the newest backup is whole, and 2h00m old.", "Schedule  etcd-*: 5 backups, about every 2h00m.",
			"BACKUP ", "whole", "unchecked"}},
		"a gap": {func(dir string) { hours(dir, 2, 4, 10, 12, 14) }, "--whole 0", ExitHealthy, []string{
			"NOTICE  ", "2 are missing between ", "about every 2h00m; 2 missing in 1 gap."}},
		"stale": {func(dir string) { hours(dir, 30, 54) }, "", ExitUnhealthy, []string{
			"WARNING  ", ": the newest backup is 1d06h old.", "WARN      etcd-", "over 1d02h."}},
		"old enough": {func(dir string) { hours(dir, 30, 54) }, "--max-age 31h", ExitHealthy, []string{"OK  "}},
		"damaged": {func(dir string) {
			hours(dir, 3, 5)
			putBackup(t, dir, "etcd-newest.db", whole[:len(whole)/2], time.Hour)
		}, "", ExitUnhealthy, []string{"WARNING  ", "a backup is damaged; the newest of the others is 3h00m old",
			"WARN      etcd-newest.db: truncated: page "}},
		"none":           {func(string) {}, "", ExitUnhealthy, []string{"WARNING  ", ": there is no backup."}},
		"something else": {func(dir string) { putBackup(t, dir, "x.gpg", []byte("?"), 0) }, "", ExitNotDone, []string{"UNKNOWN  ", "such as x.gpg"}},
	} {
		dir := t.TempDir()
		test.fill(dir)
		code, out, errs := etcdoc(t, append([]string{"backup", dir}, strings.Fields(test.args)...)...)
		if code != test.code || errs != "" {
			t.Errorf("%s: %d: %s%s", name, code, errs, out)
		}
		for _, want := range test.says {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s: it does not say %q:\n%s", name, want, out)
			}
		}
		code, out, _ = etcdoc(t, append([]string{"backup", dir, "-o", "json"}, strings.Fields(test.args)...)...)
		var document backupsJSON
		if err := json.Unmarshal([]byte(out), &document); err != nil || code != test.code || document.Headline == "" ||
			(len(document.Problems) == 0) != (document.Level == "ok") {
			t.Errorf("%s: %d, %v: %s", name, code, err, out)
		}
	}
}

// TestBackupPlace: without an argument it is the folder of --backup-dir, or that of RKE2 on this host.
func TestBackupPlace(t *testing.T) {
	t.Parallel()
	given, root := t.TempDir(), t.TempDir()
	putBackup(t, given, "given.db", snapshotBytes(t), time.Hour)
	rke2 := filepath.Join(root, "var/lib/rancher/rke2/server/db")
	for _, dir := range []string{"etcd", "snapshots"} {
		if err := os.MkdirAll(filepath.Join(rke2, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	putBackup(t, filepath.Join(rke2, "etcd"), "config", []byte("name: a\nlisten-client-urls: http://127.0.0.1:2379\n"), 0)
	putBackup(t, filepath.Join(rke2, "snapshots"), "found.db", snapshotBytes(t), time.Hour)
	for args, want := range map[string]string{"--backup-dir " + given: "given.db", "--root " + root: "found.db"} {
		code, out, errs := etcdoc(t, append([]string{"backup"}, strings.Fields(args)...)...)
		if code != ExitHealthy || !strings.Contains(out, want) {
			t.Errorf("%s: %d: %s%s", args, code, out, errs)
		}
	}
}

func TestBackupErrors(t *testing.T) {
	t.Parallel()
	data, _ := databaseFile(t, 10, "a")
	file := putBackup(t, t.TempDir(), "a.db", snapshotBytes(t), 0)
	text := putBackup(t, t.TempDir(), "a.txt", []byte("no snapshot"), 0)
	for args, want := range map[string]string{
		"":                      "takes a snapshot or a directory",
		"/nope-here":            "no such file",
		file + " " + file:       "takes one argument",
		file + " -o csv":        "want table, json or yaml",
		file + " --max-age -1h": "want more than 0",
		file + " --whole 3":     "is about a directory",
		data + " --whole -1":    "want 0 or more",
		data:                    "is the data directory of a member",
		text:                    "is no database of etcd",
	} {
		if code, _, errs := etcdoc(t, append([]string{"backup"}, strings.Fields(args)...)...); code != ExitNotDone ||
			!strings.Contains(errs, want) {
			t.Errorf("%q: %d: %s", args, code, errs)
		}
	}
}
