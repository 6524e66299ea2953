package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestBackupAgainstCluster: what a restore would lose of a cluster is what was written to it since the snapshot, and a
// snapshot of another cluster is said to be one.
func TestBackupAgainstCluster(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{Size: 3})
	putPods(t, c, 150)
	snapshot := savedSnapshot(t, c.Client())
	putPods(t, c, 5)
	remove(t, c.Client(), "/registry/pods/ns/pod-99")
	endpoints := "--endpoints=" + strings.Join(c.Client().Endpoints(), ",")

	code, out, errs := etcdoc(t, "backup", snapshot, endpoints)
	if code != ExitHealthy || !strings.Contains(errs, "reading from ") || strings.Contains(errs, "leader") {
		t.Errorf("%d: %s", code, errs)
	}
	for _, want := range []string{
		"Against a restore would lose 6 revisions, up to 157: 0 keys, created since, would be gone, 5 would have an older",
		"and 1, deleted since, would come back.", "PREFIX CREATED CHANGED DELETED /registry/pods/ 0 5 1",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	code, out, errs = etcdoc(t, "backup", snapshot, endpoints, "--compare-keys", "60", "-o", "json")
	var document backupJSON
	if err := json.Unmarshal([]byte(out), &document); err != nil || code != ExitHealthy {
		t.Fatalf("%d, %v: %s", code, err, errs)
	}
	if l := document.Against; l.Lost != 6 || l.AtLeast || l.Whole || l.Stopped != "limit" || l.KeysRead != 60 || l.Foreign ||
		!l.SharesMember {
		t.Errorf("%+v", l)
	}

	other := etcdtest.New(t, etcdtest.Config{Size: 1})
	code, out, _ = etcdoc(t, "backup", snapshot, "--endpoints="+other.Client().Endpoints()[0])
	if code != ExitUnhealthy || !strings.Contains(out, "of another cluster") && !strings.Contains(out, "of another\n") {
		t.Errorf("%d: %s", code, out)
	}
	code, out, errs = etcdoc(t, "backup", snapshot, "--endpoints=127.0.0.1:1", "-o", "json")
	if code != ExitNotDone || !strings.Contains(errs, "no member answers") || !strings.Contains(out, `"level": "unknown"`) {
		t.Errorf("nobody answers: %d: %s%s", code, out, errs)
	}
}

// TestCheckReadsBackups: a check ends when it has read the newest backup whole, and says that one byte of it is wrong;
// so it does of the one in a folder of another cluster of the configuration.
func TestCheckReadsBackups(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1})
	dir, whole := t.TempDir(), snapshotBytes(t)
	putBackup(t, dir, "a.db", whole, 2*time.Hour)
	args := []string{"--endpoints", endpoints(c), "--backup-dir", dir, "--window", "0"}
	if code, r, _ := check(t, args...); code != ExitHealthy || r.finds("backup-corrupt") {
		t.Errorf("whole: %d, %+v", code, r.Findings)
	}
	whole[len(whole)/2] ^= 1
	putBackup(t, dir, "b.db", whole, time.Hour)
	if code, r, _ := check(t, args...); code != ExitUnhealthy || !r.finds("backup-corrupt") {
		t.Errorf("one byte changed: %d, %+v", code, r.Findings)
	}
	fresh := t.TempDir()
	putBackup(t, fresh, "c.db", whole, 0)
	code, out, _ := etcdoc(t, "check", "--endpoints", endpoints(c), "--backup-dir", fresh, "--fail-on", "unknown")
	if code != ExitUnhealthy || !strings.Contains(out, "may not be complete yet") || strings.Contains(out, "Healthy") {
		t.Errorf("just written to: %d\n%s", code, out)
	}
	file := configFile(t, "clusters: {one: {endpoints: ["+endpoints(c)+"], backup-dir: "+dir+"}, "+
		"two: {endpoints: ["+endpoints(c)+"]}}\n")
	if code, out, _ := etcdoc(t, "check", "--config", file, "--on", "one,two"); code != ExitUnhealthy ||
		!strings.Contains(out, "backup is damaged") {
		t.Errorf("among clusters: %d\n%s", code, out)
	}
}

func remove(t *testing.T, client *clientv3.Client, key string) {
	t.Helper()
	if _, err := client.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// TestBackupRestore: whether a restore works is part of the answer, and that it was not tried as well.
func TestBackupRestore(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the tool of this test is a script")
	}
	dir, tools := t.TempDir(), t.TempDir()
	snapshot := putBackup(t, dir, "a.db", snapshotBytes(t), 0)
	old := os.Getenv("PATH")
	t.Setenv("PATH", tools)
	code, out, errs := etcdoc(t, "backup", snapshot, "--dry-run-restore")
	if code != ExitNotDone || !strings.Contains(out, "UNKNOWN  ") || !strings.Contains(out, "Restore   not tried: etcdutl is not") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	for script, test := range map[string]struct {
		code int
		says string
	}{
		`cp "$3" "$5/member/snap/db"`:    {ExitHealthy, "Restore   etcdutl restored it in "},
		`echo "no room" >&2; exit 1`:     {ExitUnhealthy, "Restore   etcdutl could not restore it: it failed: no room."},
		`echo "x" > "$5/member/snap/db"`: {ExitUnhealthy, "Restore   etcdutl could not restore it: what it restored can't be read"},
	} {
		text := "#!/bin/sh\nPATH=" + old + "\n[ \"$1\" = version ] && exit 1\nmkdir -p \"$5/member/snap\"\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(tools, "etcdutl"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		code, out, errs := etcdoc(t, "backup", snapshot, "--dry-run-restore", "--temp-dir", dir)
		if code != test.code || !strings.Contains(out, test.says) {
			t.Errorf("%s: %d: %s%s", script, code, out, errs)
		}
		code, out, errs = etcdoc(t, "backup", snapshot, "--dry-run-restore", "--temp-dir", dir, "-o", "json")
		var document backupJSON
		if err := json.Unmarshal([]byte(out), &document); err != nil || code != test.code ||
			document.Restore.Restored != (test.code == ExitHealthy) {
			t.Errorf("%s: %d, %v: %s%s", script, code, err, out, errs)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}
