package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/assets"
)

// TestRecipesAreWellFormed: each recipe says what it is for and what it does when the answer is unknown, calls etcdoc
// with flags that there are, is run by a test, and is well-formed by what its tool has for that on this machine.
func TestRecipesAreWellFormed(t *testing.T) {
	t.Parallel()
	others := []string{"kured-textfile.sh", "kured-rules.yaml", "kured.yaml", "nagios.cfg", "icinga2.conf"}
	page, commands := readDoc(t, "assets/docs/recipes.md"), 0
	for _, file := range assets.Names() {
		name, is := strings.CutPrefix(file, "recipes/")
		if !is {
			continue
		}
		text := recipe(t, name)
		if guards[name] == nil && !slices.Contains(others, name) {
			t.Errorf("no test runs %s", name)
		}
		if !strings.Contains(page, "(../recipes/"+name+")") {
			t.Errorf("recipes.md does not link %s", name)
		}
		head, _, _ := strings.Cut(text, "\n\n")
		for _, want := range []string{"Needs: ", "nknown", "\n"} {
			if !strings.Contains(strings.ReplaceAll(head, "UNKNOWN", "unknown"), want) {
				t.Errorf("%s does not begin with what it needs, and what it does when the answer is unknown", name)
			}
		}
		for i, line := range strings.Split(text, "\n") {
			if len(line) > 120 {
				t.Errorf("%s:%d is longer than 120 columns", file, i+1)
			}
		}
		for _, args := range etcdocCommands(text) {
			accepts(t, file, args)
			commands++
		}
		if filepath.Ext(name) == ".sh" {
			checkShell(t, name)
		}
	}
	for name := range guards {
		for _, args := range etcdocCommands(guards[name](t).script) {
			accepts(t, name, args)
			commands++
		}
	}
	for _, args := range etcdocCommands(icingaCommand(t)) {
		accepts(t, "icinga2.conf", args)
		commands++
	}
	if commands < 15 {
		t.Errorf("only %d commands were checked", commands)
	}
}

// checkShell reads a script with sh, and with shellcheck where that is installed.
func checkShell(t *testing.T, name string) {
	t.Helper()
	for _, checker := range [][]string{{"sh", "-n"}, {"shellcheck", "-s", "sh", "-"}} {
		if _, err := exec.LookPath(checker[0]); err != nil {
			continue
		}
		cmd := exec.CommandContext(t.Context(), checker[0], checker[1:]...)
		cmd.Stdin = strings.NewReader(recipe(t, name))
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v\n%s", name, checker[0], err, output)
		}
	}
}

// TestRecipesOfSystemd verifies the units, and that of the agent, with systemd itself.
func TestRecipesOfSystemd(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd-analyze")
	}
	folder := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "/usr/bin/etcdoc", "/bin/true")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("apt-daily-upgrade.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
	write("apt-daily-upgrade.service.d/etcdoc.conf", recipe(t, "systemd-upgrade.conf"))
	write("etcd-reboot.service", recipe(t, "systemd-reboot.service"))
	agent, _ := assets.Read("packages/etcdoc.service")
	for _, args := range etcdocCommands(agent) {
		accepts(t, "etcdoc.service", args)
	}
	write("etcdoc.service", agent)
	for _, unit := range []string{"apt-daily-upgrade.service", "etcd-reboot.service", "etcdoc.service"} {
		cmd := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", filepath.Join(folder, unit))
		if output, err := cmd.CombinedOutput(); err != nil || len(bytes.TrimSpace(output)) > 0 {
			t.Errorf("%s: %v\n%s", unit, err, output)
		}
	}
}
