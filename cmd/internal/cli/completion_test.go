package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// offered returns what a shell offers after the arguments, the last of which is incomplete.
func offered(t *testing.T, args ...string) []string {
	t.Helper()
	code, out, errs := etcdoc(t, append([]string{"__complete"}, args...)...)
	if code != ExitHealthy {
		t.Fatalf("%q: exit code %d: %s", args, code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if !strings.HasPrefix(lines[len(lines)-1], ":") {
		t.Fatalf("%q: no directive: %q", args, out)
	}
	return lines[:len(lines)-1]
}

// TestCompletion: each value that a flag takes is offered, and each that is offered is taken.
func TestCompletion(t *testing.T) {
	for flag, some := range map[string]string{
		"profile": "rke2", "output": "nagios", "fail-on": "critical", "theme": "light", "glyphs": "braille",
		"units": "1000", "sort": "lag", "scale": "log", "color": "never", "hide-columns": "ROLE",
	} {
		words := offered(t, "--"+flag, "")
		if !slices.Contains(words, some) {
			t.Errorf("--%s offers %q, and not %s", flag, words, some)
		}
		for _, word := range words {
			args := []string{"config", "--" + flag, word}
			if code, _, errs := etcdoc(t, args...); code != ExitHealthy {
				t.Errorf("%q is offered, and refused: %s", args, errs)
			}
		}
	}
	if commands := strings.Join(offered(t, ""), "\n"); !strings.Contains(commands, "check\t") ||
		!strings.Contains(commands, "completion\t") || !strings.Contains(commands, "man\t") {
		t.Errorf("the commands offered are %q", commands)
	}
	for command, want := range map[string]string{"explain": "wal-fsync-slow", "assets": "docs/check.md"} {
		if words := offered(t, command, ""); !slices.Contains(words, want) {
			t.Errorf("%s offers %q, and not %s", command, words, want)
		}
		if words := offered(t, command, want, ""); len(words) > 0 {
			t.Errorf("%s %s takes no other argument, and offers %q", command, want, words)
		}
	}
	if words := offered(t, "--interval", ""); len(words) > 0 {
		t.Errorf("--interval offers %q", words)
	}
}

// TestCompletionInLists: what goes on a list is offered behind what is typed of it.
func TestCompletionInLists(t *testing.T) {
	file := filepath.Join(t.TempDir(), "etcdoc.yaml")
	if err := os.WriteFile(file, []byte("clusters:\n  prod: {endpoints: [a:1]}\n  test: {endpoints: [b:1]}\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string][]string{
		"": {"prod", "test", "all"}, "prod,": {"prod,test"}, "prod,t": {"prod,test"},
	} {
		if names := offered(t, "check", "--config", file, "--on", typed); !slices.Equal(names, want) {
			t.Errorf("after %q --on offers %q, want %q", typed, names, want)
		}
	}
	if names := offered(t, "--hide-columns", "ROLE,"); len(names) == 0 || !strings.HasPrefix(names[0], "ROLE,") {
		t.Errorf("after ROLE, --hide-columns offers %q", names)
	}
}

// TestCompletionOfMembers: their names come from the cluster that the flags lead to; without one there are none.
func TestCompletionOfMembers(t *testing.T) {
	cluster := threeVoters.Use(t)
	endpoints := strings.Join(cluster.Endpoints(), ",")
	if names := offered(t, "check", "--endpoints", endpoints, "--can-lose", ""); !slices.Equal(names,
		[]string{"etcd-1", "etcd-2", "etcd-3"}) {
		t.Errorf("offered are %q", names)
	}
	if names := offered(t, "check", "--endpoints", endpoints, "--can-lose", "etcd-2,"); !slices.Equal(names,
		[]string{"etcd-2,etcd-1", "etcd-2,etcd-3"}) {
		t.Errorf("as a second name %q are offered", names)
	}
	for typed, want := range map[string][]string{
		"remove ":                 {"remove etcd-1", "remove etcd-2", "remove etcd-3"},
		"add etcd-4; restart etc": {"add etcd-4; restart etcd-1", "add etcd-4; restart etcd-2", "add etcd-4; restart etcd-3"},
		"add ":                    nil,
		"add etcd-4 l":            {"add etcd-4 learner"},
	} {
		if words := offered(t, "plan", "--endpoints", endpoints, typed); !slices.Equal(words, want) {
			t.Errorf("after %q %q are offered, want %q", typed, words, want)
		}
	}
	if words := offered(t, "plan", "--endpoints", endpoints, "restart", "etcd-1;", "move-leader", ""); len(words) != 3 {
		t.Errorf("in a plan of several arguments %q are offered", words)
	}
	if words := offered(t, "plan", "restart etcd-1;"); !slices.Contains(words, "restart etcd-1;remove") {
		t.Errorf("behind a semicolon %q are offered", words)
	}
	if names := offered(t, "check", "--endpoints", "127.0.0.1:1", "--user", "root", "--can-lose", ""); len(names) > 0 {
		t.Errorf("without a cluster %q are offered", names)
	}
}

// TestCompletionScripts: there is one for each shell, and each shell reads its own. Two of them may not be there.
func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		t.Run(shell, func(t *testing.T) {
			code, script, errs := etcdoc(t, "completion", shell)
			if code != ExitHealthy || !strings.Contains(script, "etcdoc") {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			if shell == "powershell" {
				return // no package of Debian's has it
			}
			if _, err := exec.LookPath(shell); err != nil && os.Getenv("CI") == "" {
				t.Skip(err)
			}
			cmd := exec.CommandContext(t.Context(), shell, "-n")
			cmd.Stdin = strings.NewReader(script)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s does not read it: %v: %s", shell, err, out)
			}
		})
	}
}

// manMacro is a line that formats a page.
var manMacro = regexp.MustCompile(`^\.(TH .*|SH [A-Z ]+|TP|PP|nf|fi|nh|ad l)\n$`)

// TestManPages: there is a page for each command, and each names its flags.
func TestManPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	if code, _, errs := etcdoc(t, "man", dir); code != ExitHealthy {
		t.Fatal(errs)
	}
	root := newRoot(Streams{}, true)
	for _, cmd := range append(root.Commands(), root) {
		if cmd.Name() == "help" || cmd.Hidden {
			continue
		}
		page := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
		text, err := os.ReadFile(page)
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(text), `\-\-endpoints`) && !strings.Contains(string(text), "--endpoints") {
			t.Errorf("%s does not name --endpoints", page)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, ".") && !manMacro.MatchString(line) {
				t.Errorf("%s: a line of text is a command to roff: %q", page, line)
			}
		}
	}
	if got := roff(`.dot \ -o …`); got != `\&.dot \e \-o \[u2026]` {
		t.Errorf("roff writes %s", got)
	}
	_, out, _ := etcdoc(t, "man")
	if !strings.HasPrefix(out, ".TH \"ETCDOC\" 1 ") {
		t.Errorf("etcdoc man writes %.60q", out)
	}
	if code, _, errs := etcdoc(t, "man", "/dev/null/man1"); code != ExitNotDone || !strings.Contains(errs, "man pages") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
