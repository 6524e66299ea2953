package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/etcdoc/etcdoc/assets/schematest"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/probe/recovery"
)

// TestRecover looks at what is left of a cluster whose members end one after the other: first one that then lacks some
// keys, then one that leaves the last without a quorum, then that.
func TestRecover(t *testing.T) {
	c := etcdtest.New(t, etcdtest.Config{})
	put := func(from, to int) {
		for i := from; i < to; i++ {
			for _, key := range []string{"/registry/pods/ns/%d", "/registry/secrets/ns/s%d", "app/config/\x1b[31m%d"} {
				if _, err := c.Client().Put(t.Context(), fmt.Sprintf(key, i), "a value"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	put(0, 5)
	leader, err := c.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var followers []*etcdtest.Member
	for _, m := range c.Members() {
		if m != leader {
			followers = append(followers, m)
		}
	}
	behind, other := followers[0], followers[1]
	kill(t, behind)
	put(3, 9)
	t.Run("live", func(t *testing.T) { recoverLive(t, leader, behind) })
	t.Run("running", func(t *testing.T) { recoverRunning(t, leader, behind) })
	t.Run("exact", func(t *testing.T) { recoverExactly(t, leader, behind) })
	kill(t, other)
	t.Run("without quorum", func(t *testing.T) { recoverWithoutQuorum(t, leader, behind) })
	t.Run("exact without quorum", func(t *testing.T) { recoverExactly(t, leader, behind) })
	kill(t, leader)
	t.Run("dead", func(t *testing.T) { recoverDead(t, leader, behind) })
	t.Run("bundle", func(t *testing.T) { recoverBundle(t, leader, behind) })
	t.Run("alone", func(t *testing.T) { recoverAlone(t, behind) })
	t.Run("elsewhere", func(t *testing.T) { recoverWALDir(t, leader) })
}

func kill(t *testing.T, m *etcdtest.Member) {
	t.Helper()
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
}

// said runs etcdoc recover and returns its document.
func said(t *testing.T, code int, args ...string) (d recoverJSON) {
	t.Helper()
	got, out, errs := etcdoc(t, append([]string{"recover", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &d); err != nil || got != code {
		t.Fatalf("%d, want %d: %v\n%s%s", got, code, err, errs, out)
	}
	return d
}

// recoverExactly compares the database that a live member sends with the data of one that lacks some of it.
func recoverExactly(t *testing.T, leader, behind *etcdtest.Member) {
	temporary := t.TempDir()
	d := said(t, ExitHealthy, behind.DataDir, "--endpoints", leader.ClientURL, "--exact", "--temp-dir", temporary,
		"--show-keys")
	live, last := d.Choices[0], d.Choices[len(d.Choices)-1]
	if live.Kind != "live" || live.ConsistentIndex == nil || *live.ConsistentIndex != *live.Applied ||
		live.CompactRevision == nil || *live.Loss.Revisions != 0 || live.Loss.NotAll != "" {
		t.Errorf("%+v", live)
	}
	// 12 keys are new since it ended, and 6 older; it may not have known of the newest before as committed.
	if l := last.Loss; last.Name != behind.Name || l.Gone < 12 || l.Gone+l.Older < 18 || l.NotAll != "" {
		t.Errorf("%+v", l)
	}
	for _, u := range live.Unknown {
		if u.Fact == "last compaction" || u.Fact == "removed members" {
			t.Errorf("%+v", u)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
	missing := filepath.Join(temporary, "missing")
	code, out, errs := etcdoc(t, "recover", "--endpoints", leader.ClientURL, "--exact", "--temp-dir", missing)
	if code != ExitNotDone || out != "" || !strings.Contains(errs, "no such file or directory") {
		t.Errorf("without the folder: %d, %q: %s", code, out, errs)
	}
}

func recoverLive(t *testing.T, leader, behind *etcdtest.Member) {
	d := said(t, ExitHealthy, behind.DataDir, "--endpoints", leader.ClientURL)
	if d.Warranted != "has-quorum" || len(d.Choices) != 3 || len(d.Procedure) > 0 || d.Choices[2].Name != behind.Name {
		t.Errorf("%+v", d)
	}
	if d := said(t, ExitHealthy, "--endpoints", leader.ClientURL); len(d.Choices) != 2 || d.Choices[0].Kind != "live" ||
		*d.Choices[0].Loss.Revisions != 0 {
		t.Errorf("%+v", d)
	}
}

// recoverRunning names the data directory of a member that runs.
func recoverRunning(t *testing.T, leader, behind *etcdtest.Member) {
	d := said(t, ExitHealthy, behind.DataDir, leader.DataDir)
	last := d.Choices[1]
	if !last.Running || last.Keeps != nil || last.Commit == nil || d.Certain || d.Missing != 0 ||
		!strings.Contains(fmt.Sprint(last.Problems), "etcd is running on it") {
		t.Errorf("%+v", d)
	}
	if status, err := leader.Status(t.Context()); err != nil || status.Leader != leader.ID {
		t.Errorf("the leader has noticed it: %v, %v", status, err)
	}
}

func recoverWithoutQuorum(t *testing.T, leader, behind *etcdtest.Member) {
	d := said(t, ExitHealthy, behind.DataDir, "--endpoints", leader.ClientURL)
	if d.Warranted != "no" || d.Choices[0].Kind != "live" || *d.Choices[1].Loss.Revisions < 17 {
		t.Errorf("%+v", d)
	}
	d = said(t, ExitUnhealthy, "--endpoints", leader.ClientURL)
	if d.Warranted != "if-gone" || d.Missing != 1 || !d.UnseenQuorum || len(d.Procedure) < 5 {
		t.Errorf("%+v", d)
	}
}

func recoverDead(t *testing.T, leader, behind *etcdtest.Member) {
	d := said(t, ExitHealthy, "--show-keys", behind.DataDir, leader.DataDir)
	first, second := &d.Choices[0], &d.Choices[1]
	if d.Warranted != "no" || first.Name != leader.Name || second.Name != behind.Name || d.Missing != 0 || d.Quorum != 2 {
		t.Fatalf("%+v", d)
	}
	lost := second.Loss
	known := lost.Gone + lost.Older
	if d.Beyond != nil {
		known += d.Beyond.Gone + d.Beyond.Older
	}
	if *second.Loss.Revisions < lost.Gone+lost.Older || known < 17 || lost.Back != 0 || lost.NotAll != "" {
		t.Errorf("%+v, beyond %+v", lost, d.Beyond)
	}
	_, out, _ := etcdoc(t, "recover", "--show-keys", "--top", "0", behind.DataDir, leader.DataDir)
	for _, want := range []string{
		"NO ", "is there, and 2 of 3 voters are needed", "First     " + leader.Name + ", which keeps all up to index",
		"CHOICE", "With " + behind.Name + " these are lost", "/registry/pods/", "/registry/pods/ns/4 (older, revision ",
		"/registry/secrets/ns/(masked) (gone", "systemctl start etcd", "cp -a " + leader.DataDir,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "a value") || strings.Contains(out, "ns/s") || strings.Contains(out, "\x1b") {
		t.Errorf("it says too much:\n%s", out)
	}
}

// recoverBundle packs both directories, and a snapshot of one.
func recoverBundle(t *testing.T, leader, behind *etcdtest.Member) {
	path := filepath.Join(t.TempDir(), "bundle.tar.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(file)
	archive := tar.NewWriter(packed)
	for name, dir := range map[string]string{"node-1/etcd": leader.DataDir, "node-2/etcd": behind.DataDir} {
		addTree(t, archive, name, os.DirFS(dir))
	}
	addTree(t, archive, "snapshots", os.DirFS(filepath.Join(behind.DataDir, "member", "snap")))
	for _, closing := range []io.Closer{archive, packed, file} {
		if err := closing.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", t.TempDir())
	d := said(t, ExitHealthy, path)
	if len(d.Choices) != 3 || d.Choices[0].In != path || d.Choices[0].Path != "node-1/etcd" || d.Warranted != "no" {
		t.Errorf("%+v", d)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("it has left %v, %v", left, err)
	}
}

func addTree(t *testing.T, to *tar.Writer, name string, from fs.FS) {
	t.Helper()
	if err := fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, ".tmp") {
			return err
		}
		content, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		if err := to.WriteHeader(&tar.Header{Name: name + "/" + path, Mode: 0o600, Size: int64(len(content))}); err != nil {
			return err
		}
		_, err = to.Write(content)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// recoverAlone has one member of three: whether the others have more is not known.
func recoverAlone(t *testing.T, behind *etcdtest.Member) {
	for profile, wants := range map[string][]string{
		"etcd":    {"systemctl stop etcd", "ETCD_FORCE_NEW_CLUSTER=true", "member add", "--learner --peer-urls=http://127"},
		"kubeadm": {"/etc/kubernetes/manifests/etcd.yaml", "- --force-new-cluster", "kubeadm join", "crictl exec"},
		"rke2":    {"systemctl stop rke2-server", "rke2 server --cluster-reset", "/var/lib/rancher/rke2/server/db"},
		"k3s":     {"systemctl stop k3s", "k3s server --cluster-reset", "/var/lib/rancher/k3s/server/db"},
	} {
		d := said(t, ExitUnhealthy, behind.DataDir, "--profile", profile)
		if d.Warranted != "if-gone" || !d.UnseenQuorum || d.LosesNothing || d.Profile != profile {
			t.Errorf("%+v", d)
		}
		commands := fmt.Sprint(d.Procedure)
		for _, want := range wants {
			if !strings.Contains(commands, want) {
				t.Errorf("%s: the steps do not say %q:\n%s", profile, want, commands)
			}
		}
		d = said(t, ExitUnhealthy, filepath.Join(behind.DataDir, "member", "snap", "db"), "--profile", profile)
		if restore := fmt.Sprint(d.Procedure); d.Choices[0].Way != "restore" ||
			!strings.Contains(restore, "snapshot restore") && !strings.Contains(restore, "--cluster-reset-restore-path=") {
			t.Errorf("%s: %+v", profile, d)
		}
	}
	_, out, _ := etcdoc(t, "recover", behind.DataDir, "-o", "yaml")
	if !strings.HasPrefix(out, "schema: etcdoc/v1\n") {
		t.Error(out)
	}
}

// recoverWALDir reads a log that is elsewhere.
func recoverWALDir(t *testing.T, leader *etcdtest.Member) {
	dir := t.TempDir()
	for _, part := range []string{"snap", "wal"} {
		to := filepath.Join(dir, "data", "member", part)
		if part == "wal" {
			to = filepath.Join(dir, "log")
		}
		if err := os.CopyFS(to, os.DirFS(filepath.Join(leader.DataDir, "member", part))); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	d := said(t, ExitUnhealthy, data, "--wal-dir", data+"="+filepath.Join(dir, "log"))
	if c := &d.Choices[0]; c.Way != "force-new-cluster" || c.Commit == nil || c.WALDir != filepath.Join(dir, "log") {
		t.Errorf("%+v", c)
	}
	d = said(t, ExitUnhealthy, data)
	if c := &d.Choices[0]; c.Way != "restore" || c.Commit != nil || len(c.Problems) == 0 || len(c.Unknown) == 0 {
		t.Errorf("without its log: %+v", c)
	}
}

func TestRecoverErrors(t *testing.T) {
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
	log, _ := logOf(t, "a")
	other, _ := logOf(t, "a", "b")
	for name, test := range map[string]struct {
		code int
		args []string
		want string
	}{
		"nothing":          {ExitNotDone, nil, "takes data directories, snapshots or bundles"},
		"no such file":     {ExitNotDone, []string{"/nowhere"}, "no such file"},
		"another folder":   {ExitNotDone, []string{t.TempDir()}, "holds neither a data directory of etcd"},
		"another file":     {ExitNotDone, []string{"recover_test.go"}, "is no database of etcd"},
		"a log's pair":     {ExitNotDone, []string{dir, "--wal-dir", "wal"}, "want a data directory and its log"},
		"a stray log":      {ExitNotDone, []string{dir, "--wal-dir", "/a=/b"}, "none of the data directories"},
		"a format":         {ExitNotDone, []string{dir, "-o", "csv"}, "want table, json or yaml"},
		"a depth":          {ExitNotDone, []string{dir, "--depth", "0"}, "want 1 or more"},
		"secrets":          {ExitNotDone, []string{dir, "--show-secret-names"}, "goes with --show-keys"},
		"a certificate":    {ExitNotDone, []string{dir, "--cacert", "ca.crt"}, "--cacert goes with --endpoints"},
		"a layout":         {ExitNotDone, []string{dir, "--profile", "bogus"}, `--profile "bogus"`},
		"exact":            {ExitNotDone, []string{dir, "--exact"}, "--exact goes with --endpoints"},
		"a folder":         {ExitNotDone, []string{dir, "--temp-dir", "x"}, "--temp-dir goes with --exact"},
		"nobody answers":   {ExitNotDone, []string{"--endpoints", "127.0.0.1:1", "--dial-timeout", "50ms"}, "no member answers"},
		"different logs":   {ExitNotDone, []string{log, other}, ""},
		"a truncated file": {ExitUnhealthy, []string{cut}, ""},
	} {
		code, out, errs := etcdoc(t, append([]string{"recover"}, test.args...)...)
		if code != test.code || !strings.Contains(errs, test.want) || (out == "") != (test.want != "") {
			t.Errorf("%s: %d, %q, want %d and %q:\n%s", name, code, errs, test.code, test.want, out)
		}
	}
	_, out, _ := etcdoc(t, "recover", cut)
	if !strings.Contains(out, "is truncated: page 2 of") || !strings.Contains(out, "None can be ranked") {
		t.Errorf("%s", out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs strings.Builder
	if code := Run(ctx, []string{"recover", dir}, strings.NewReader(""), io.Discard, &errs); code != ExitNotDone ||
		!strings.Contains(errs.String(), "interrupted") {
		t.Errorf("%d: %s", code, errs.String())
	}
}

// hostileRecovered has a hostile text everywhere.
func hostileRecovered(text string) *recovered {
	number, revision := uint64(7), int64(5)
	peer := probe.Peer{ID: 1, Name: text, PeerURLs: []string{text}, ClientURLs: []string{text}}
	other := probe.Peer{ID: 2, PeerURLs: []string{text}}
	loss := &recovery.Loss{From: 3, To: 7, Revisions: &revision, Why: text, Gone: 1,
		Prefixes: []recovery.LostPrefix{{Name: text, Gone: 1}},
		Keys:     []recovery.LostKey{{Name: text, Change: recovery.Gone, Revision: 4}}}
	s := &recovery.Survivor{
		Kind: recovery.DataDir, Path: text, In: text, WALDir: text, Cluster: 3, Member: 1, Name: text, Version: text,
		Term: &number, Commit: &number, ConsistentIndex: &number, LastIndex: &number,
		Members: []probe.Peer{peer, other},
		Removed: []probe.MemberID{9}, Alarms: []probe.Alarm{{Type: text, Member: 1}}, Revision: &revision,
		ClusterVersion: text, StorageVersion: text, Keeps: &number, How: recovery.ForceNewCluster, Loss: loss,
		Problems: []string{text}, Unknown: []recovery.Unknown{{Facts: []string{"term"}, Why: text}},
	}
	snapshot := &recovery.Survivor{Kind: recovery.Snapshot, Path: text, Keeps: &number, How: recovery.Restore,
		Loss: loss}
	return &recovered{at: time.Unix(0, 0), Analysis: &recovery.Analysis{
		Cluster: 3, Survivors: []*recovery.Survivor{s, snapshot}, Failed: []error{errors.New(text)},
		Members: []probe.Peer{peer, other}, Committed: 7, Beyond: loss, BeyondIn: []string{text}, Dropped: 2, Quorum: 2,
		Voters: []recovery.Voter{{Peer: peer, Standing: recovery.Here},
			{Peer: other, Standing: recovery.NeverStarted}},
		Missing: 1, UnseenQuorum: true, Unranked: text, By: recovery.ByMajority,
	}}
}

// TestRecoverObeysNoName: no name is printed so that a terminal obeys it, or that it looks like a line of etcdoc's.
func TestRecoverObeysNoName(t *testing.T) {
	t.Parallel()
	for _, warrant := range []recovery.Warrant{recovery.NotWarranted, recovery.StartsNewVoter, recovery.IfGone,
		recovery.NotKnown, recovery.Quorate} {
		for i := range 2 {
			r := hostileRecovered(hostile)
			r.Warrant = warrant
			r.Survivors = r.Survivors[i:]
			for _, name := range []profile.Name{"", profile.Kubeadm, profile.RKE2, profile.Talos} {
				r.profile = name
				r.steps = r.stepsOf()
				for _, format := range []string{"table", "json", "yaml"} {
					flags := &recoverFlags{output: format, showKeys: true, showSecretNames: true}
					print, err := recoverFaceOf(flags, 80)
					var out bytes.Buffer
					if err == nil {
						err = print(&out, r)
					}
					if err != nil {
						t.Fatal(err)
					}
					if shown := printableLines(out.String()); shown != out.String() ||
						strings.Contains(out.String(), "\nOK b") {
						t.Errorf("%s %s has what a terminal obeys or hides:\n%q", warrant, format, out.String())
					}
					if format == "json" {
						schematest.Check(t, out.Bytes())
					}
				}
			}
		}
	}
}

// TestRecoverFits: the table fits the terminal.
func TestRecoverFits(t *testing.T) {
	t.Parallel()
	r := hostileRecovered("/registry/" + strings.Repeat("long.", 20) + "example.com/things/")
	r.Warrant = recovery.IfGone
	for _, width := range []int{60, 80, 120, 200} {
		print, err := recoverFaceOf(&recoverFlags{output: "table"}, width)
		var out bytes.Buffer
		if err == nil {
			err = print(&out, r)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, table, _ := strings.Cut(out.String(), "CHOICE")
		table, _, _ = strings.Cut("CHOICE"+table, "\n\n")
		for line := range strings.Lines(table) {
			if columns := utf8.RuneCountInString(line) - 1; columns > width {
				t.Errorf("%d columns are wider than %d:\n%s", columns, width, line)
			}
		}
	}
}

// TestRecoverVerdicts: who answers, who is to be started, and how many must be gone.
func TestRecoverVerdicts(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]struct {
		warrant   recovery.Warrant
		missing   int
		standings []recovery.Standing
	}{
		"a and b answer, and 2 of 3 voters are needed for a quorum: the cluster has its quorum. The data of c is there, and " +
			"etcd does not run on it: start it. Replace a member": {recovery.Quorate, 0,
			[]recovery.Standing{recovery.Answers, recovery.Answers, recovery.Here}},
		"a answers, and 1 of 1 voter is needed": {recovery.Quorate, 0, []recovery.Standing{recovery.Answers}},
		"a runs, and 1 of 1 voter is needed for a quorum: find out what keeps the cluster from having a leader": {
			recovery.NotWarranted, 0, []recovery.Standing{recovery.Answers}},
		"Only if a is gone for good, which etcdoc can't see: 1 of 1 voter is needed for a quorum. If it can be started with its " +
			"old data, start it: that loses nothing.": {recovery.IfGone, 1, []recovery.Standing{recovery.NotGiven}},
		"Only if a and b are gone for good, which etcdoc can't see: 3 of 4 voters are needed for a quorum. If one of them can be " +
			"started with its old data, start it, and then d, which was added and never ran, with an empty data directory: that " +
			"loses nothing.": {recovery.IfGone, 2, []recovery.Standing{recovery.NotGiven, recovery.NotGiven, recovery.Here,
			recovery.NeverStarted}},
		"Only if 2 of b, c and d are gone for good, which etcdoc can't see: 3 of 4 voters are needed for a quorum. If 2 of them " +
			"can be started with their old data, start them: that loses nothing.": {recovery.IfGone, 2,
			[]recovery.Standing{recovery.Here, recovery.NotGiven, recovery.NotGiven, recovery.Unusable}},
	} {
		r := &recovered{Analysis: &recovery.Analysis{Warrant: test.warrant, Missing: test.missing,
			Quorum: len(test.standings)/2 + 1}}
		for i, standing := range test.standings {
			peer := probe.Peer{Name: string(rune('a' + i))}
			r.Voters = append(r.Voters, recovery.Voter{Peer: peer, Standing: standing})
		}
		if _, text := r.verdict(); !strings.Contains(text, want) {
			t.Errorf("%q\ndoes not say\n%q", text, want)
		}
	}
}

// TestRecoverCopies: two copies of a member are told apart by their paths.
func TestRecoverCopies(t *testing.T) {
	t.Parallel()
	at := uint64(7)
	of := func(path string) *recovery.Survivor {
		return &recovery.Survivor{Kind: recovery.DataDir, Path: path, Member: 1, Name: "a", Keeps: &at,
			Loss: &recovery.Loss{From: at, To: at}}
	}
	r := &recovered{Analysis: &recovery.Analysis{Survivors: []*recovery.Survivor{of("/x"), of("/y")}}}
	if text := r.choice(); !strings.HasPrefix(text, "a (/x), which keeps") || !strings.Contains(text, "a (/y) keeps as much") {
		t.Error(text)
	}
}

// TestRecoverKeepsOldData: no member's old data is deleted before it was put away.
func TestRecoverKeepsOldData(t *testing.T) {
	t.Parallel()
	for _, name := range []profile.Name{"", profile.Kubeadm, profile.RKE2, profile.K3s} {
		k := procedureOf(name, "")
		if k.rejoin != nil && !strings.HasPrefix(k.rejoin[0], "mv ") {
			t.Errorf("%s: %q", name, k.rejoin)
		}
	}
}

// TestShellWord: a name in a command stays one word.
func TestShellWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"/var/lib/etcd": "/var/lib/etcd", "": "''", "a b": "'a b'", "$(x)": "'$(x)'",
		"it's": `'it'\''s'`, "a=http://b:2380,c": "a=http://b:2380,c", "~": "'~'"} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
