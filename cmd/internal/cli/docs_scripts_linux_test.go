package cli

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// scriptPages are the pages whose commands are run.
var scriptPages = []string{"README.md", "cmd/README.md", "assets/docs/*.md"}

// notRun are the documentation's commands that are not run here, with the reason. TestCommandsInProseExist parses the
// etcdoc in them.
var notRun = map[string]string{
	"make build": "continuous integration runs it",
	"sudo install bin/etcdoc /usr/local/bin/": "it changes this machine",
	"make demo": "continuous integration runs it",
	"make test": "it is what runs this",
	"curl -s https://10.0.0.1:2379/metrics … > bundle/etcd-1.prom": "its options depend on the cluster: the test " +
		"writes such files",
	"etcdoc --on-change 'curl -s -d @- https://hooks.example/etcd'": "it opens the dashboard: see TestOnChange",
	"etcdoc --plain --on-change 'jq -r .reading.headline | mail -s etcd ops@example.com'": "it sends mail: see " +
		"TestOnChange",
	"etcdoc check --kube --cacert ca.crt --cert client.crt --key client.key": "it needs an API server: see " +
		"TestCheckThroughTheAPIServer",
	"etcdoc --context prod --cacert ca.crt --cert client.crt --key client.key": "it opens the dashboard",
	"etcdoc writes --data-dir /var/lib/etcd --since 1h":                        "it asks no member: see TestWrites",
	"etcdoc writes --data-dir /var/lib/etcd --follow":                          "it asks no member: see TestWritesFollow",
	"etcdoc writes --wal-dir member/wal --from 120000 --to 140000 --show-keys": "it asks no member: see TestWrites",
	"etcdoc backup /backups/etcd-2026-11-28.db.gz":                             "it asks no member: see TestBackup",
	"etcdoc backup backup.db --endpoints https://10.0.0.1:2379":                "it needs a snapshot: see TestBackupAgainstCluster",
	"etcdoc backup backup.db --dry-run-restore":                                "it asks no member: see TestBackupRestore",
	"etcdoc backup /var/lib/rancher/rke2/server/db/snapshots --max-age 13h":    "it asks no member: see TestBackupDirectory",
	"etcdoc disk /var/lib/etcd":                                                "it asks no member: see TestDisk",
	"etcdoc disk /var/lib/etcd --beside-etcd":                                  "it asks no member: see TestDisk",
	"etcdctl snapshot save backup.db":                                          "it is etcd's",
	"etcdoc space --diff --exact monday.db now":                                "it takes a file: see TestSpaceExact",
	"etcdoc space --snapshot backup.db --quota 8GiB":                           "it asks no member: see TestSpace",
	"etcdoc space --data-dir /var/lib/etcd":                                    "it asks no member: see TestSpace",
	"etcdoc recover node-1/etcd node-2/etcd node-3/etcd":                       "it asks no member: see TestRecover",
	"etcdoc recover bundle.tar.gz snapshot.db --show-keys":                     "it asks no member: see TestRecover",
	"etcdoc recover node-2/etcd --endpoints https://10.0.0.1:2379 --exact":     "see TestRecover",
	"etcdoc space --diff monday.db tuesday.db --quota 8GiB":                    "it asks no member: see TestSpaceDiff",
}

// A scripted is a command of the documentation and what comes of it.
type scripted struct {
	healthy, degraded int    // the exit codes with all members healthy, and with etcd-1 down
	does              string // the calls of fakes if the exit code is 0
	append            string // what makes it end, or look where the cluster is
}

// scripts are all other commands of the documentation.
var scripts = map[string]scripted{
	"etcdoc --endpoints https://10.0.0.1:2379 --cacert ca.crt --cert client.crt --key client.key": {
		degraded: 1, append: " --once"},
	"etcdoc check":           {degraded: 1},
	"etcdoc check -o json":   {degraded: 1},
	"etcdoc check -o nagios": {degraded: 1},
	"etcdoc check --wait 5m": {degraded: 1},
	"etcdoc check --hash":    {degraded: 1},
	"etcdoc check --can-lose etcd-2 && kubectl drain node-2": {
		degraded: 1, does: "kubectl drain node-2\n"},
	"etcdoc check --can-lose etcd-3 --wait 10m --stable 1m && kubectl drain node-3": {
		degraded: 1, does: "kubectl drain node-3\n"},
	"etcdoc check --can-lose etcd-1,etcd-2":                      {healthy: 1, degraded: 1},
	`etcdoc check --can-lose-max=2 || echo "one node at a time"`: {},
	`etcdoc plan "remove etcd-3; add etcd-4"`:                    {healthy: 1, degraded: 1},
	`etcdoc plan "remove etcd-3; add etcd-4; restart etcd-1"`:    {healthy: 1, degraded: 1},
	`etcdoc plan "move-leader etcd-2; restart etcd-3" && kubectl drain node-3`: {
		degraded: 1, does: "kubectl drain node-3\n"},
	"etcdoc check --can-remove etcd-3":                      {healthy: 1, degraded: 1},
	"etcdoc check --can-lose etcd-2 --wait 10m --stable 1m": {degraded: 1},
	"etcdoc check --wait 10m --stable 1m":                   {degraded: 1},
	"etcdoc check --on all":                                 {degraded: 1},
	"etcdoc check --input bundle":                           {},
	"etcdoc space":                                          {},
	"etcdoc space --exact":                                  {},
	"etcdoc --plain | tee -a etcd.log":                      {},
}

// endless are the commands among scripts that run until they are interrupted.
var endless = []string{"etcdoc --plain | tee -a etcd.log"}

// TestScriptsOfTheDocs runs every command of the documentation's blocks of shell against a real cluster, and compares
// its exit code: all healthy, and with a member down.
func TestScriptsOfTheDocs(t *testing.T) {
	t.Parallel()
	commands := docCommands(t)
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS})
	if err := c.MoveLeader(t.Context(), c.Members()[1]); err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, command, wait string, healthy bool) {
		t.Parallel()
		w, want := docWorkshop(t, c), scripts[command]
		if slices.Contains(endless, command) {
			w.interrupted(command, "3 of 3 voters are healthy")
			return
		}
		one := c.Members()[2].ClientURL // one endpoint is enough
		script := strings.ReplaceAll(command+want.append, "https://10.0.0.1:2379", one)
		code, output, calls := w.run(hurried(script, wait))
		wantCode, does := want.degraded, ""
		if healthy {
			wantCode, does = want.healthy, want.does
		}
		if code != wantCode || calls != does {
			t.Errorf("exit code %d, want %d; it did %q, want %q:\n%s", code, wantCode, calls, does, output)
		}
	}
	t.Run("healthy", func(t *testing.T) {
		for _, command := range commands {
			t.Run(command, func(t *testing.T) { run(t, command, "2m", true) })
		}
	})
	if err := c.Members()[0].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	for _, command := range commands {
		if command != "etcdoc check --input bundle" && !slices.Contains(endless, command) {
			t.Run("one is down/"+command, func(t *testing.T) { run(t, command, "1s", false) })
		}
	}
}

// docCommands returns the commands of the documentation that are run, each once. The tables above must fit.
func docCommands(t *testing.T) (commands []string) {
	t.Helper()
	var skipped []string
	for _, page := range filesOf(t, "", scriptPages...) {
		for _, block := range shellBlocks(readDoc(t, strings.TrimPrefix(page, root+"/"))) {
			for line := range strings.Lines(block) {
				command, _, _ := strings.Cut(line, "  #")
				command = strings.TrimSpace(command)
				if notRun[command] != "" {
					skipped = append(skipped, command)
				} else if _, is := scripts[command]; !is {
					t.Errorf("%s has the command %q, which no test runs", page, command)
				} else if !slices.Contains(commands, command) {
					commands = append(commands, command)
				}
			}
		}
	}
	for command := range notRun {
		if !slices.Contains(skipped, command) {
			t.Errorf("no page has %q any more", command)
		}
	}
	for command := range scripts {
		if !slices.Contains(commands, command) {
			t.Errorf("no page has %q any more", command)
		}
	}
	return commands
}

// docWorkshop is a workshop with the files that the documentation's commands name: certificates, a bundle of dumped
// metrics, and a configuration with two clusters.
func docWorkshop(t *testing.T, c *etcdtest.Cluster) *workshop {
	t.Helper()
	w := newWorkshop(t, c)
	for from, to := range map[string]string{
		c.Certs.CAFile: "ca.crt", c.Certs.CertFile: "client.crt", c.Certs.KeyFile: "client.key",
	} {
		if err := os.Symlink(from, filepath.Join(w.folder, to)); err != nil {
			t.Fatal(err)
		}
	}
	if strings.HasSuffix(t.Name(), "bundle") {
		for _, m := range c.Members() {
			w.write("bundle/"+m.Name+".prom", dumped(t, c, m))
		}
	}
	if strings.HasSuffix(t.Name(), "all") {
		text, err := os.ReadFile(lenient(t))
		if err != nil {
			t.Fatal(err)
		}
		clusters := "clusters:\n"
		for _, name := range []string{"prod", "staging"} {
			clusters += "  " + name + ":\n    endpoints: [" + endpoints(c) + "]\n    cacert: " + c.Certs.CAFile +
				"\n    cert: " + c.Certs.CertFile + "\n    key: " + c.Certs.KeyFile + "\n"
		}
		w.env = slices.DeleteFunc(w.env, func(kv string) bool { return strings.HasPrefix(kv, "ETCDCTL_") })
		w.env = append(w.env, "ETCDOC_CONFIG="+configFile(t, string(text)+clusters))
	}
	return w
}

// dumped returns a member's metrics, or nothing if it is down.
func dumped(t *testing.T, c *etcdtest.Cluster, m *etcdtest.Member) string {
	t.Helper()
	config, err := c.ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: config.TLS}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get(m.ClientURL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// interrupted runs a script that does not end by itself, and interrupts it once it has written a line with a text.
func (w *workshop) interrupted(script, text string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "sh", "-c", script)
	cmd.Dir, cmd.Env = w.folder, w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	interrupt := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	defer time.AfterFunc(hangGuard, interrupt).Stop()
	written := ""
	for lines := bufio.NewScanner(stdout); !strings.Contains(written, text) && lines.Scan(); {
		written += lines.Text() + "\n"
	}
	if !strings.Contains(written, text) {
		w.t.Errorf("it does not write %q: %s", text, written)
	}
	interrupt()
	_ = cmd.Wait() // sh was interrupted, too
}
