package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// A workshop is a folder where scripts run. Their etcdoc is the real one, and asks a real cluster unless they name
// another. Of what would change a host, such as kubectl, there are fakes that note their calls.
type workshop struct {
	t      *testing.T
	folder string
	env    []string
}

// fakes are the commands whose calls are noted.
var fakes = []string{"kubectl", "systemctl", "restart", "upgrade", "change-node.sh"}

func newWorkshop(t *testing.T, c *etcdtest.Cluster) *workshop {
	t.Helper()
	w := &workshop{t: t, folder: t.TempDir()}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.write("bin/etcdoc", "#!/bin/sh\n"+asEtcdoc+"=1 exec "+quoted(binary)+` "$@"`+"\n")
	for _, name := range fakes {
		w.write("bin/"+name, fmt.Sprintf("#!/bin/sh\necho %s \"$@\" >> %s\n", name, quoted(w.folder+"/calls")))
	}
	w.write("change-node.sh", "#!/bin/sh\nexec change-node.sh \"$@\"\n")
	w.env = []string{
		"PATH=" + w.folder + "/bin:" + os.Getenv("PATH"), "HOME=" + w.folder, "ETCDOC_CONFIG=" + lenient(t),
		"ETCDCTL_ENDPOINTS=" + endpoints(c), "ETCDOC_PROFILE=none", "ETCDOC_WINDOW=500ms",
		"ETCDCTL_CACERT=" + c.Certs.CAFile, "ETCDCTL_CERT=" + c.Certs.CertFile, "ETCDCTL_KEY=" + c.Certs.KeyFile,
	}
	return w
}

// write makes an executable file in the folder.
func (w *workshop) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // it is to be run
		w.t.Fatal(err)
	}
}

// run runs a script with variables added to the environment, and returns its exit code, its output, and the calls of
// fakes that it made.
func (w *workshop) run(script string, variables ...string) (code int, output, calls string) {
	w.t.Helper()
	noted := filepath.Join(w.folder, "calls")
	_ = os.Remove(noted)
	cmd := exec.CommandContext(w.t.Context(), "sh", "-c", script)
	cmd.Dir, cmd.Env = w.folder, append(w.env, variables...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		w.t.Fatal(err)
	}
	made, _ := os.ReadFile(noted) // not there: no calls
	return cmd.ProcessState.ExitCode(), out.String(), string(made)
}

// waits are the durations that recipes wait for, by the shorter ones of a test.
var (
	waits  = regexp.MustCompile(`--wait \d+m`)
	stable = regexp.MustCompile(`--stable \d+m`)
)

// hurried is a script that waits for less.
func hurried(script, wait string) string {
	return stable.ReplaceAllString(waits.ReplaceAllString(script, "--wait "+wait), "--stable 1s")
}

// plainWord matches a word that shell takes as it is.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoted joins words to a command of shell.
func quoted(words ...string) string {
	var b strings.Builder
	for _, word := range words {
		if !plainWord.MatchString(word) {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		b.WriteString(word + " ")
	}
	return strings.TrimSpace(b.String())
}
