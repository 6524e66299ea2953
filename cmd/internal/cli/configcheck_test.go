package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestConfigCheckRefusesWhatARunDoes holds for a bad value of every key that a file may set. A key with none takes any
// text.
func TestConfigCheckRefusesWhatARunDoes(t *testing.T) {
	t.Parallel()
	bad := map[string]string{
		"endpoints": "[etcd-1]", "cacert": "/nowhere/ca.crt", "cert": "/nowhere/client.crt", "key": "/nowhere/client.key",
		"user": "{a: b}", "password": "[a]", "auth-jwt-token": "[a]", "insecure-skip-tls-verify": "perhaps",
		"insecure-transport": "perhaps", "dial-timeout": "0s", "command-timeout": "-1s",
		"discovery-srv": "https://example.com", "discovery-srv-name": "[a]", "insecure-discovery": "perhaps",
		"tls-server-name": "http://user:secret@etcd-1", "cluster": "perhaps", "metrics-endpoints": "[unix:///socket]",
		"profile": "kubeadmm", "root": "/nowhere", "backup-dir": "[a]", "on": "nobody",
		"kube": "perhaps", "kubeconfig": "/nowhere/config", "context": "nowhere",
		"apiserver": "[unix:///socket]", "apiserver-cacert": "/nowhere/ca.crt", "apiserver-token-file": "/nowhere/token",

		"interval": "1ms", "history": "1s", "name": "[a]", "theme": "pink", "glyphs": "stars", "color": "pink",
		"units": "yards", "sort": "age", "hide-columns": "[MEMBER]", "scale": "steep", "mouse": "perhaps",
		"local": "perhaps", "notify": "perhaps", "on-change": "[a]", "plain": "perhaps",
		"log-file": "/nowhere/etcdoc.log", "remember": "perhaps",

		"output": "xml", "input": "/nowhere", "window": "-1s", "fail-on": "bad",
		"can-lose": `["", a]`, "can-lose-max": "-1", "can-remove": "[a]", "accept-risk": "perhaps", "hash": "perhaps",
		"wait": "-1s", "stable": "1m",

		"listen": "8080", "web-config": "/nowhere/web.yml", "member": "[a]", "log-format": "xml",
		"kubernetes": "perhaps", "heartbeat-interval": "0s", "report-interval": "-1h", "mute": "[nothing=1h]",
	}
	screen := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(ScreenFlags).register(screen)
	serve := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(serveFlags).registerOwn(serve)
	settable().VisitAll(func(f *pflag.Flag) {
		value, has := bad[f.Name]
		if !has {
			t.Errorf("there is no bad value of %s", f.Name)
			return
		}
		run := []string{"check", "--window", "0"}
		if f.Name == "window" {
			run = run[:1]
		}
		if screen.Lookup(f.Name) != nil {
			run = []string{"--plain"}
		}
		if serve.Lookup(f.Name) != nil {
			run = []string{"serve"}
		}
		refused(t, configFile(t, f.Name+": "+value+"\n"), run...)
		if ofCluster(f.Name) {
			section := "clusters:\n  prod:\n    " + f.Name + ": " + value + "\n"
			if f.Name != "endpoints" && f.Name != "profile" && f.Name != "discovery-srv" {
				section += "    endpoints: [127.0.0.1:1]\n"
			}
			refused(t, configFile(t, section), append(run, "--on", "prod")...)
		}
	})
	for name, text := range map[string]string{
		"a cluster that nothing leads to": "clusters: {prod: {cacert: ca.crt}}",
		"an empty cluster":                "clusters: {prod: {}}",
		"a cluster without endpoints":     "clusters: {prod: {endpoints: []}}",
		"a cluster's limits":              "clusters: {prod: {endpoints: [a:1], thresholds: {wal-fsync-slow: {warning: slow}}}}",
	} {
		t.Run(name, func(t *testing.T) { refused(t, configFile(t, text), "check", "--on", "prod") })
	}
	for name, text := range map[string]string{
		"two questions":               "can-lose: [a]\ncan-remove: a\n",
		"two clusters and a question": "on: all\ncan-lose: [a]\nclusters: {a: {endpoints: [a:1]}, b: {endpoints: [b:1]}}\n",
		"a root beside endpoints":     "root: /\nendpoints: [a:1]\n",
		"a certificate without a key": "cert: " + configFile(t, "no certificate") + "\n",
		"a token and a user":          "auth-jwt-token: a\nuser: root:secret\n",
	} {
		t.Run(name, func(t *testing.T) { refused(t, configFile(t, text), "check") })
	}
}

// TestConfigCheckTellsEachMistakeOnce: keys, types and values of the file's top and of all clusters, each by its line,
// with the nearest that is allowed.
func TestConfigCheckTellsEachMistakeOnce(t *testing.T) {
	t.Parallel()
	file := configFile(t, `profile: kubeadmm
fail-on: Warnin
output: jsn
hide-columns: [MEM, ROL]
interval: 1ms
dial-timeout: soon
cacert: /nowhere/ca.crt
cert: /nowhere/client.crt
key: /nowhere/client.key
mute: [wal-fsync-slo=1h]
thresholds: {wal-fsync-slow: {warnin: 10ms}}
rules: {}
listn: ":80"
wait: 1m
stable: 5m
clusters:
  a: {endpoints: [etcd-1, "etcd-2:x"], profile: rke}
  b: {endpoint: "b:1"}
  c: {}
  d: {endpoints: ["d:1"], command-timeout: 0s}
`)
	code, out, errs := etcdoc(t, "config", "--check", file)
	if code != ExitNotDone || out != "" {
		t.Errorf("exit code %d: %s", code, out)
	}
	said := strings.Split(strings.TrimSpace(strings.TrimPrefix(errs, "etcdoc: ")), "\n")
	want := []struct{ at, words string }{
		{":1", `profile "kubeadmm": want auto, `}, {":1", "did you mean kubeadm?"},
		{":2", `fail-on "Warnin": want notice, unknown, warning or critical: did you mean warning?`},
		{":3", `output "jsn": want table, wide, json, yaml or nagios: did you mean json?`},
		{":4", `hide-columns "ROL": want some of ROLE, `}, {":4", "did you mean ROLE?"},
		{":5", "interval 1ms: want 100ms to 1h"}, {":6", `dial-timeout: "soon": want a duration such as 2s`},
		{":7", "cacert: reading the CA certificates"}, {":8", "cert: reading the client certificate"},
		{":9", "key: reading the client key"}, {":10", "want wal-fsync-slow"}, {":11", "did you mean warning?"},
		{":12", `unknown key "rules": write rules below thresholds`}, {":13", "want listen"},
		{":15", "stable 5m0s: goes with a --wait that is longer"},
		{":17", `endpoints: endpoint "etcd-1" has no port`}, {":17", `endpoints: endpoint "etcd-2:x" is not a URL`},
		{":17", `profile "rke": want auto, `}, {":18", "want endpoints"}, {":19", "which cluster is it?"},
		{":20", "command-timeout 0s: want more than 0"},
	}
	at := regexp.MustCompile(`:([0-9]+): `)
	last := 0
	for _, line := range said {
		n, err := strconv.Atoi(at.FindStringSubmatch(line)[1])
		if err != nil || n < last {
			t.Errorf("line %d after line %d: %v", n, last, err)
		}
		last = n
	}
	for _, mistake := range want {
		n := 0
		for _, line := range said {
			if strings.HasPrefix(line, file+mistake.at+": ") && strings.Contains(line, mistake.words) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d lines say %s of line %s", n, mistake.words, mistake.at)
		}
	}
	if len(said) != 20 {
		t.Errorf("%d lines for 20 mistakes:\n%s", len(said), errs)
	}
}

// TestOnWithoutClusters says which file was looked for, and what to write into it; a file with that is taken.
func TestOnWithoutClusters(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, ".config", "etcdoc", "config.yaml")
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	line := regexp.MustCompile(`a line such as (clusters: .*\}\})`)
	tell := func(on string, words ...string) string {
		t.Helper()
		code, _, errs := etcdoc(t, "check", "--on", on)
		for _, want := range words {
			if !strings.Contains(errs, want) {
				t.Errorf("--on %s: the error lacks %s: %s", on, want, errs)
			}
		}
		example := line.FindStringSubmatch(errs)
		if code != ExitNotDone || example == nil || strings.Count(errs, "set by") > 1 {
			t.Fatalf("--on %s: exit code %d: %s", on, code, errs)
		}
		return example[1]
	}
	tell("all", fmt.Sprintf("there is no configuration file %q", file), "--config")
	example := tell("prod", fmt.Sprintf("there is no configuration file %q", file))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"interval: 2s\n": "has no clusters", example: ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if want != "" {
			tell("prod", fmt.Sprintf("the configuration file %q %s", file, want))
		} else if code, out, errs := etcdoc(t, "config", "--on", "prod"); code != ExitHealthy {
			t.Errorf("what the error says is refused: %s%s", out, errs)
		}
	}
	t.Setenv("HOME", "")
	tell("prod", "neither HOME nor XDG_CONFIG_HOME is set", "--config")
	if _, _, errs := etcdoc(t, "check", "--config", configFile(t, "on: x\nclusters: {a: {endpoints: [a:1]}}\n")); strings.
		Count(errs, "(set by ") != 1 {
		t.Errorf("it does not say once where the name comes from: %s", errs)
	}
}

// refused holds that config --check refuses a file, and so does a run with it, and that neither tells a password.
func refused(t *testing.T, file string, run ...string) {
	t.Helper()
	for _, args := range [][]string{{"config", "--check", file}, append(run, "--config", file)} {
		code, out, errs := etcdoc(t, args...)
		if code != ExitNotDone || out != "" || errs == "" || strings.Contains(errs, "secret") {
			t.Errorf("%q: exit code %d: %q%q", args, code, out, errs)
		}
	}
}

// TestConfigCheckTakesWhatARunDoes: what is left to a prompt, to the DNS or to the members is no mistake.
func TestConfigCheckTakesWhatARunDoes(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a password to be asked for": "user: root\n",
		"SRV records":                "discovery-srv: nowhere.invalid\n",
		"several clusters":           "on: all\nclusters: {a: {endpoints: [a:1]}, b: {endpoints: [b:1], user: root}}\n",
		"standard input":             "input: '-'\n",
		"a log that is not there":    "log-file: " + t.TempDir() + "/etcdoc.log\n",
		"a wait":                     "wait: 5m\nstable: 1m\ncan-lose-max: 2\n",
	} {
		if code, out, errs := etcdoc(t, "config", "--check", configFile(t, text)); code != ExitHealthy ||
			!strings.Contains(out, "no mistakes") {
			t.Errorf("%s: exit code %d: %s%s", name, code, out, errs)
		}
	}
}
