package cli

import (
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
		"profile": "kubeadmm", "root": "/nowhere", "on": "nobody",

		"interval": "1ms", "history": "1s", "name": "[a]", "theme": "pink", "glyphs": "stars", "color": "pink",
		"units": "yards", "sort": "age", "hide-columns": "[MEMBER]", "scale": "steep", "mouse": "perhaps",
		"local": "perhaps", "notify": "perhaps", "on-change": "[a]", "plain": "perhaps",
		"log-file": "/nowhere/etcdoc.log", "remember": "perhaps",

		"output": "xml", "input": "/nowhere", "window": "-1s", "fail-on": "bad",
		"can-lose": `["", a]`, "can-lose-max": "-1", "can-remove": "[a]", "accept-risk": "perhaps", "hash": "perhaps",
		"wait": "-1s", "stable": "1m",

		"listen": "8080", "web-config": "/nowhere/web.yml", "member": "[a]", "log-format": "xml",
		"heartbeat-interval": "0s", "report-interval": "-1h", "mute": "[nothing=1h]",
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
