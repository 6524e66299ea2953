package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// savedSnapshot saves a snapshot of a member.
func savedSnapshot(t *testing.T, client *clientv3.Client) string {
	t.Helper()
	from, err := client.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "snapshot.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// spaceOf runs etcdoc space, which must succeed.
func spaceOf(t *testing.T, args ...string) (document spaceJSON) {
	t.Helper()
	code, out, errs := etcdoc(t, append([]string{"space", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &document); err != nil || code != ExitHealthy {
		t.Fatalf("%d, %v: %s", code, err, errs)
	}
	return document
}

// putPods writes revisions of the keys of 100 pods, and returns once all members have them.
func putPods(t *testing.T, c *etcdtest.Cluster, revisions int) {
	t.Helper()
	newest := int64(0)
	for i := range revisions {
		key := fmt.Sprintf("/registry/pods/ns/pod-%d", i%100)
		put, err := c.Client().Put(t.Context(), key, strings.Repeat("v", 100+i))
		if err != nil {
			t.Fatal(err)
		}
		newest = put.Header.Revision
	}
	waitForRevision(t, c, newest)
}

// waitForRevision waits until all members have a revision.
func waitForRevision(t *testing.T, c *etcdtest.Cluster, revision int64) {
	t.Helper()
	for _, m := range c.Members() {
		for has := int64(0); has < revision; {
			status, err := c.Client().Status(t.Context(), m.ClientURL)
			if err != nil {
				t.Fatal(err)
			}
			has = status.Header.Revision
		}
	}
}

// TestSpaceExact: a live member's database says the same as a snapshot of it. It comes from a learner if there is one,
// else from a follower; from the leader only if that is asked for.
func TestSpaceExact(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	putPods(t, c, 300)
	older := savedSnapshot(t, c.Client())
	putPods(t, c, 100)
	want := spaceOf(t, "--snapshot", savedSnapshot(t, c.Client()))
	dir := t.TempDir()
	checkFrom := func(role thresholds.Role, args ...string) {
		t.Helper()
		d := spaceOf(t, append(args, "--exact", "--temp-dir", dir, "--endpoints", c.Members()[0].ClientURL)...)
		if d.Member == nil || d.Member.Role != role || d.File != "" {
			t.Errorf("%v of %+v (%q), want a %s", args, d.Member, d.File, role)
		}
		if d.Revision != want.Revision || d.Total != want.Total || !reflect.DeepEqual(d.Prefixes, want.Prefixes) ||
			d.Database.QuotaBytes == nil {
			t.Errorf("%+v, want\n%+v", d, want)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("it leaves %v, %v", left, err)
		}
	}
	checkFrom(thresholds.RoleFollower)
	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkFrom(thresholds.RoleLeader, "--from", leader.Name)

	code, out, errs := etcdoc(t, "space", "--diff", "--exact", older, "now", "--endpoints", leader.ClientURL)
	if code != ExitHealthy || !strings.Contains(out, "revisions: +100") || !strings.Contains(out, "follower") {
		t.Errorf("%d: %s%s", code, errs, out)
	}
	for what, args := range map[string][]string{
		"no member of that name":    {"--from", "nobody"},
		"no such file or directory": {"--temp-dir", filepath.Join(dir, "missing")},
	} {
		code, out, errs := etcdoc(t, append([]string{"space", "--exact", "--endpoints", leader.ClientURL}, args...)...)
		if code != ExitNotDone || out != "" || !strings.Contains(errs, what) {
			t.Errorf("%d, %q, want %q: %s", code, out, what, errs)
		}
	}

	if _, err := c.AddLearner(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitForRevision(t, c, want.Revision)
	checkFrom(thresholds.RoleLearner)
}

// TestSpaceExactOfOne: there is nobody but the leader.
func TestSpaceExactOfOne(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, RootPassword: "secret"})
	if _, err := c.Client().RoleAdd(t.Context(), "reader"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client().UserAdd(t.Context(), "u", "p"); err != nil {
		t.Fatal(err)
	}
	m := c.Members()[0]
	args := []string{"space", "--exact", "--endpoints", m.ClientURL, "--user"}
	code, out, errs := etcdoc(t, append(args, "root:secret")...)
	if code != ExitNotDone || out != "" || !strings.Contains(errs, "--from MEMBER reads from it all the same") ||
		!strings.Contains(errs, m.Name+" (leader)") {
		t.Errorf("%d, %q: %s", code, out, errs)
	}
	code, out, errs = etcdoc(t, append(args, "root:secret", "--from", m.Name)...)
	if code != ExitHealthy || !strings.Contains(out, m.Name+": revision ") || !strings.Contains(out, "of the quota") {
		t.Errorf("%d, %q: %s", code, out, errs)
	}
	code, out, errs = etcdoc(t, append(args, "u:p", "--from", m.Name)...)
	if code != ExitNotDone || out != "" || !strings.Contains(errs, "only to a user with the role root") {
		t.Errorf("%d, %q: %s", code, out, errs)
	}
}

func TestSpaceOfNobody(t *testing.T) {
	t.Parallel()
	for _, more := range [][]string{{"--exact"}, nil} {
		code, out, errs := etcdoc(t, append([]string{"space", "--endpoints", "127.0.0.1:1"}, more...)...)
		if code != ExitNotDone || out != "" || !strings.Contains(errs, "no member answers: ") {
			t.Errorf("%d, %q: %s", code, out, errs)
		}
	}
}

// TestSpaceEstimate: an estimate counts the keys, and says how far off it may be; of few keys it reads all.
func TestSpaceEstimate(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{RootPassword: "secret"})
	putPods(t, c, 300)
	for _, key := range []string{"/registry/secrets/ns/token", "app/config/x", "plain"} {
		if _, err := c.Client().Put(t.Context(), key, "v"); err != nil {
			t.Fatal(err)
		}
	}
	m := c.Members()[0]
	want := spaceOf(t, "--snapshot", savedSnapshot(t, c.Client()))
	args := []string{"space", "--endpoints", m.ClientURL, "--user", "root:secret"}
	code, out, errs := etcdoc(t, append(args, "-o", "json")...)
	var d estimateJSON
	if err := json.Unmarshal([]byte(out), &d); err != nil || code != ExitHealthy {
		t.Fatalf("%d, %v: %s", code, err, errs)
	}
	if d.Keys != 103 || d.LiveBytes != want.Total.LiveBytes || d.ErrorBytes != 0 || d.Member.Role != "follower" ||
		d.Database.QuotaBytes == nil || d.Database.UsedBytes == 0 || len(d.Estimates) != 4 ||
		d.Estimates[0].Prefix != "/registry/pods/" || d.Estimates[0].LiveBytes != want.Prefixes[0].LiveBytes {
		t.Errorf("%+v, want\n%+v", d, want)
	}
	code, out, errs = etcdoc(t, args...)
	for _, want := range []string{"estimated 20", "All 103 keys were counted", "of the quota, ", "/registry/pods/",
		"(without a slash)", "is not known: no member tells", "all 4 prefixes"} {
		if !strings.Contains(out, want) || code != ExitHealthy {
			t.Errorf("%d, it does not say %q: %s\n%s", code, want, errs, out)
		}
	}
	if strings.Contains(out, "token") {
		t.Errorf("it names a Secret:\n%s", out)
	}
	if _, out, _ = etcdoc(t, append(args, "-o", "csv")...); strings.Count(out, "\n") != 5 {
		t.Errorf("%s", out)
	}
	if code, _, _ := etcdoc(t, append(args, "--quota", "1KiB")...); code != ExitUnhealthy {
		t.Errorf("a database over its quota: exit code %d", code)
	}
	if _, err := c.Client().UserAdd(t.Context(), "u", "p"); err != nil {
		t.Fatal(err)
	}
	code, out, errs = etcdoc(t, "space", "--endpoints", m.ClientURL, "--user", "u:p")
	if code != ExitNotDone || out != "" || !strings.Contains(errs, "takes a role that may read all of them") {
		t.Errorf("%d, %q: %s", code, out, errs)
	}
}

// TestSpaceNamesWhatFillsIt: where the database is nearly full, the command says so, and what to do about which prefix.
func TestSpaceNamesWhatFillsIt(t *testing.T) {
	t.Parallel()
	const quota = 16 << 20
	c := etcdtest.New(t, etcdtest.Config{Size: 1, Args: []string{fmt.Sprintf("--quota-backend-bytes=%d", quota)}})
	m := c.Members()[0]
	for i, size := 0, int64(0); size < quota*85/100; i++ {
		_, err := c.Client().Put(t.Context(), fmt.Sprintf("app/big/%d", i), strings.Repeat("v", 128<<10))
		if err != nil {
			t.Fatal(err)
		}
		status, err := c.Client().Status(t.Context(), m.ClientURL)
		if err != nil {
			t.Fatal(err)
		}
		size = status.DbSize
	}
	for from, args := range map[string][]string{
		"By an estimate of ": nil, "By the whole database of ": {"--exact", "--from", m.Name},
	} {
		code, out, errs := etcdoc(t, append([]string{"space", "--endpoints", m.ClientURL}, args...)...)
		text := strings.Join(strings.Fields(out), " ")
		for _, want := range []string{from + m.Name, "app/big/ takes ", "Next: ", "sk who needs what is in app/big/."} {
			if code == ExitNotDone || !strings.Contains(text, want) { // the last put may pass the quota
				t.Errorf("%d, it does not say %q: %s\n%s", code, want, errs, out)
			}
		}
	}
}
