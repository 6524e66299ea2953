package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/assets/schematest"
	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// patience is how long something is waited for: a guard against hanging.
const patience = 30 * time.Second

// Tests share these clusters and must leave them unchanged.
var (
	threeVoters = etcdtest.Shared{}
	oneVoter    = etcdtest.Shared{Config: etcdtest.Config{Size: 1}}
)

// asEtcdoc makes the test binary run as etcdoc.
const asEtcdoc = "ETCDOC_TEST_AS_ETCDOC"

// A run executes all tests and then stops the shared clusters.
type run struct{ *testing.M }

func (r run) Run() int {
	code := r.M.Run()
	for _, c := range []*etcdtest.Shared{&threeVoters, &oneVoter} {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

func TestMain(m *testing.M) {
	etcdtest.Main()
	if _, is := os.LookupEnv(asEtcdoc); is {
		code := Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		os.Exit(code) //nolint:forbidigo // this process is etcdoc
	}
	ours := []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"} // a user may have a configuration there
	for _, variable := range limitVariables {
		ours = append(ours, variable.name)
	}
	for _, variable := range os.Environ() { // tests set their own variables
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "ETCDCTL_") ||
			strings.HasPrefix(name, "ETCDOC_") || slices.Contains(ours, name) {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	// Tests of clusters mostly wait, so more of them run than there are CPUs. The flag overrides this.
	_ = flag.Set("test.parallel", "4")
	goleak.VerifyTestMain(run{m}, kubetest.Leftovers()...)
}

// etcdoc runs the program without a terminal.
func etcdoc(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(t.Context(), args, strings.NewReader(""), &out, &err)
	if bytes.HasPrefix(out.Bytes(), []byte("{\n  \"schema\": ")) {
		schematest.Check(t, out.Bytes())
	}
	return code, out.String(), err.String()
}

func TestUsageErrors(t *testing.T) {
	missing := t.TempDir() + "/ca.crt"
	tests := map[string]struct {
		args []string
		want []string // all of them parts of the message
	}{
		"no terminal":           {nil, []string{"the dashboard needs a terminal", "etcdoc --plain", "etcdoc --once"}},
		"no terminal for watch": {[]string{"watch"}, []string{"the dashboard needs a terminal", "--plain", "--once"}},
		"unknown flag":          {[]string{"--endpoint", "x"}, []string{"unknown flag: --endpoint", "etcdoc --help"}},
		"unknown flag of check": {[]string{"check", "--bogus"},
			[]string{"unknown flag: --bogus", "etcdoc check --help"}},
		"unknown profile": {[]string{"assets", "guard.yaml", "--profile", "bogus"},
			[]string{`--profile "bogus": want auto, rke2, k3s`}},
		"a profile without it": {[]string{"assets", "kustomization.yaml", "--profile", "etcd"},
			[]string{"want one of deploy/k3s/kustomization.yaml, deploy/kubeadm/kustomization.yaml, deploy/rke2/kus"}},
		"help for none":        {[]string{"help", "chekc"}, []string{`unknown command "chekc"`}},
		"an unknown shell":     {[]string{"completion", "ksh"}, []string{"ksh", "bash, zsh, fish or powershell"}},
		"unknown command":      {[]string{"chekc"}, []string{`unknown command "chekc"`}},
		"a number apart":       {[]string{"check", "--can-lose-max", "2"}, []string{"--can-lose-max=2"}},
		"an argument to check": {[]string{"check", "etcd-1"}, []string{"etcdoc check takes no argument", "etcd-1"}},
		"unknown format": {[]string{"--once", "-o", "xml"},
			[]string{`--output "xml"`, "table, wide, json, yaml or nagios"}},
		"format without --once": {[]string{"-o", "json"}, []string{"--output goes with --once"}},
		"unknown level": {[]string{"--once", "--fail-on", "bad"},
			[]string{`--fail-on "bad"`, "notice, unknown, warning or critical"}},
		"ok is no failure":    {[]string{"check", "--fail-on", "ok"}, []string{`--fail-on "ok"`}},
		"a risk of nothing":   {[]string{"check", "--accept-risk"}, []string{"--accept-risk goes with --can-lose"}},
		"nobody to lose":      {[]string{"check", "--can-lose", ""}, []string{"--can-lose names nobody"}},
		"nobody else to lose": {[]string{"check", "--can-lose", "a,,b"}, []string{"--can-lose has an empty name"}},
		"a comma too many":    {[]string{"check", "--can-lose", "a,"}, []string{"--can-lose has an empty name"}},
		"two to remove":       {[]string{"check", "--can-remove", "a,b"}, []string{"--can-remove a,b: want one member"}},
		"no domain":           {[]string{"check", "--discovery-srv", ""}, []string{"--discovery-srv names no domain"}},
		"a password alone":    {[]string{"check", "--user", ":secret"}, []string{"ETCDCTL_PASSWORD, which ps does not show"}},
		"nobody to remove":    {[]string{"check", "--can-remove", ""}, []string{"--can-remove names nobody"}},
		"none to lose": {[]string{"check", "--can-lose-max=0"},
			[]string{"--can-lose-max 0: want how many voters, 1 or more"}},
		"not a number to lose": {[]string{"check", "--can-lose-max=all"},
			[]string{"--can-lose-max", "want a whole number"}},
		"two questions about members": {[]string{"check", "--can-lose", "a", "--can-remove", "a"},
			[]string{"--can-remove does not go with --can-lose: ask one question"}},
		"two questions": {[]string{"check", "--can-lose", "a", "--fail-on", "notice"},
			[]string{"--fail-on does not go with --can-lose"}},
		"a wait below it":       {[]string{"check", "--wait", "-1s"}, []string{"--wait -1s", "0 or more"}},
		"--wait without --once": {[]string{"--wait", "5m"}, []string{"--wait goes with --once"}},
		"--can-lose of dumps": {[]string{"--once", "--input", "x", "--can-lose", "a"},
			[]string{"--can-lose", "does not go with --input"}},
		"--wait for dumps": {[]string{"--once", "--input", "x", "--wait", "1m"},
			[]string{"--wait", "does not go with --input"}},
		"negative window": {[]string{"--once", "--window", "-1s"}, []string{"--window -1s", "0 or more"}},
		"not a duration":  {[]string{"--once", "--window", "soon"}, []string{"soon", "--window"}},
		"bad endpoint": {[]string{"--once", "--endpoints", "ftp://x:1"},
			[]string{"ftp", "http://HOST:PORT"}},
		"no port": {[]string{"--once", "--endpoints", "etcd-1"}, []string{"etcd-1", "no port", "2379"}},
		"no CA file": {[]string{"--once", "--cacert", missing},
			[]string{"--cacert", missing, "no such file"}},
		"a certificate, no key": {[]string{"--once", "--cert", missing}, []string{"--cert", "--key"}},
		"the dashboard's, --once": {[]string{"--once", "--interval", "5s"},
			[]string{"--interval is about the dashboard", "--once"}},
		"a user, nobody to ask": {[]string{"--once", "--user", "root"},
			[]string{"--user root has no password", "ETCDCTL_PASSWORD"}},
		"a timeout of nothing": {[]string{"--once", "--command-timeout", "0s"}, []string{"--command-timeout 0s"}},
		"an unknown colour":    {[]string{"--color", "pink"}, []string{`--color "pink"`, "auto, always or never"}},
		"unknown glyphs": {[]string{"watch", "--glyphs", "x"},
			[]string{`--glyphs "x"`, "block, braille or ascii"}},
		"an interval below it":  {[]string{"--interval", "-1s"}, []string{"--interval -1s", "100ms to 1h"}},
		"an interval too short": {[]string{"--interval", "99ms"}, []string{"--interval 99ms", "100ms to 1h"}},
		"an interval too long": {[]string{"watch", "--interval", "61m"},
			[]string{"--interval 1h1m0s", "100ms to 1h"}},
		"a history below it":      {[]string{"--history", "-5m"}, []string{"--history -5m0s", "1m to 24h"}},
		"a history too short":     {[]string{"--history", "59s"}, []string{"--history 59s", "1m to 24h"}},
		"a history too long":      {[]string{"watch", "--history", "25h"}, []string{"--history 25h0m0s", "1m to 24h"}},
		"a dial timeout below it": {[]string{"--once", "--dial-timeout", "-1s"}, []string{"--dial-timeout -1s"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := etcdoc(t, test.args...)
			if code != ExitNotDone || stdout != "" || !strings.HasPrefix(stderr, "etcdoc: ") {
				t.Errorf("exit code %d, stdout %q, stderr %q: want 2, nothing, and a message", code, stdout, stderr)
			}
			for _, want := range test.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("stderr %q does not say %q", stderr, want)
				}
			}
			if strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
				t.Errorf("stderr has more than a line: %q", stderr)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("ETCDCTL_ENDPOINTS", "ftp://of-the-environment:1")
	if _, _, stderr := etcdoc(t, "--once"); !strings.Contains(stderr, "of-the-environment") {
		t.Errorf("ETCDCTL_ENDPOINTS is not minded: %q", stderr)
	}
	_, _, stderr := etcdoc(t, "--once", "--endpoints", "ftp://of-the-flag:1")
	if !strings.Contains(stderr, "of-the-flag") {
		t.Errorf("the flag does not win over ETCDCTL_ENDPOINTS: %q", stderr)
	}
	t.Setenv("ETCDCTL_DIAL_TIMEOUT", "soon")
	if code, _, stderr := etcdoc(t, "--once"); code != ExitNotDone ||
		!strings.Contains(stderr, `ETCDCTL_DIAL_TIMEOUT="soon"`) {
		t.Errorf("a bad variable: exit code %d, %q, want 2 and its name", code, stderr)
	}
	if code, _, stderr := etcdoc(t, "version"); code != ExitHealthy {
		t.Errorf("a bad variable that version ignores: exit code %d, %q", code, stderr)
	}
	t.Setenv("ETCDCTL_DIAL_TIMEOUT", "")
	t.Setenv("ETCDCTL_PASSWORD", "of nobody")
	t.Setenv("ETCDCTL_KEEPALIVE_TIME", "2s")
	if _, _, stderr := etcdoc(t, "--once", "--window", "0", "--hex", "-w", "json",
		"--endpoints", "127.0.0.1:1"); !strings.Contains(stderr, "nobody logs in") {
		t.Errorf("etcdctl's flags, and a password without a user: %q", stderr)
	}
	t.Setenv("ETCDOC_OUTPUT", "xml")
	if _, _, stderr := etcdoc(t, "--once"); !strings.Contains(stderr, `"xml"`) {
		t.Errorf("ETCDOC_OUTPUT is not minded: %q", stderr)
	}
}

func TestVersionAndHelp(t *testing.T) {
	code, stdout, _ := etcdoc(t, "version")
	if code != ExitHealthy || !strings.HasPrefix(stdout, "etcdoc ") || !strings.Contains(stdout, "go1.") {
		t.Errorf("version: exit code %d, %q", code, stdout)
	}
	code, stdout, _ = etcdoc(t, "--help")
	for _, want := range []string{"--endpoints", "--cacert", "--once", "check", "watch", "version", "It only reads"} {
		if code != ExitHealthy || !strings.Contains(stdout, want) {
			t.Errorf("help (exit code %d) does not name %q:\n%s", code, want, stdout)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	args := []string{"--once", "--endpoints", "127.0.0.1:1"}
	code := Run(ctx, args, strings.NewReader(""), &out, &err)
	if code != ExitNotDone || !strings.Contains(err.String(), "etcdoc: interrupted while") {
		t.Errorf("an interrupted check: exit code %d, %q, want 2", code, err.String())
	}
}
