package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/thresholds"
)

// configFile writes a configuration.
func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestConfigErrors has a file for each mistake. The expected message is at its end, in comments.
func TestConfigErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/config/invalid-*.yaml")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.Lines(string(text)) {
			if comment, is := strings.CutPrefix(strings.TrimSpace(line), "# "); is {
				want = append(want, comment)
			}
		}
		rules, err := new(Settings).LoadFile(settable(), "etcdoc.yaml", text)
		if err == nil || rules != nil || err.Error() != strings.Join(want, "\n") {
			t.Errorf("%s: got\n%v\nwant\n%s", file, err, strings.Join(want, "\n"))
		}
	}
}

// TestConfigErrorLines: the YAML parser names no line for some mistakes, and counts from 0 for others.
func TestConfigErrorLines(t *testing.T) {
	for text, want := range map[string]string{
		"\ta: 1\n": "c.yaml:1: ", "a: b: c\n": "c.yaml:1: ", "a: 1\n\tb: 2\n": "c.yaml:2: ",
		"a: 1\nb: \x01\n": "c.yaml:2: ", "a: 1\nb: 2\nc: \xff\n": "c.yaml:3: ", "a: b: c\nd: \x01\n": "c.yaml:",
		"a:\n  b:\n    c: [d\n    e: f\n": "c.yaml:3: ", "a: 1\nb: 2\nc: [\nd: }\n": "c.yaml:4: ",
		"a: 1\nb: *c\n": "c.yaml:2: ", "a: 1\nb:\n- c: 1\n d: 2\n": "c.yaml:4: ", "a: 1\nb: \"c\nd: 2\n": "c.yaml:2: ",
	} {
		if _, err := parseConfig("c.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestPrecedence: defaults < file < environment < flags.
func TestPrecedence(t *testing.T) {
	path := configFile(t, "endpoints: [http://of-the-file-1:1, http://of-the-file-2:1]\ncommand-timeout: 7s\n"+
		"cluster: false\ndial-timeout: 3s\nname: prod\n")
	load := func(args ...string) (*pflag.FlagSet, *Settings) {
		t.Helper()
		flags, settings := settable(), new(Settings)
		flags.StringVar(&settings.file, "config", "", "") // the other flags of Settings are settable
		if err := flags.Parse(append([]string{"--config", path}, args...)); err != nil {
			t.Fatal(err)
		}
		if _, err := settings.Load(flags, os.Stderr); err != nil {
			t.Fatal(err)
		}
		return flags, settings
	}
	t.Setenv("ETCDCTL_COMMAND_TIMEOUT", "8s")
	t.Setenv("ETCDCTL_DIAL_TIMEOUT", "4s")
	flags, settings := load("--dial-timeout", "5s")
	for name, want := range map[string]string{
		"endpoints": "[http://of-the-file-1:1,http://of-the-file-2:1]", "cluster": "false", "command-timeout": "8s",
		"dial-timeout": "5s", "interval": "1s", "name": "prod",
	} {
		if got := flags.Lookup(name).Value.String(); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if settings.origins["name"] != path+":5" || settings.origins["command-timeout"] != "ETCDCTL_COMMAND_TIMEOUT" {
		t.Errorf("origins: %v", settings.origins)
	}
	t.Setenv("ETCDCTL_ENDPOINTS", "http://of-the-environment:1")
	flags, _ = load()
	if got := flags.Lookup("endpoints").Value.String(); got != "[http://of-the-environment:1]" {
		t.Errorf("a list of the environment: %s, want it instead of the file's", got)
	}
}

// TestConfigIsFound tries each place where a configuration may be.
func TestConfigIsFound(t *testing.T) {
	endpoint := func(name string) string { return "endpoints: ftp://" + name + ":1\n" } // refused because of its name
	home, xdg := t.TempDir(), t.TempDir()
	for directory, name := range map[string]string{home + "/.config": "of-home", xdg: "of-xdg"} {
		if err := os.MkdirAll(directory+"/etcdoc", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(directory+"/etcdoc/config.yaml", []byte(endpoint(name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	says := func(want string, args ...string) {
		t.Helper()
		if code, _, stderr := etcdoc(t, append([]string{"--once"}, args...)...); code != ExitNotDone ||
			!strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %q, want %q", args, code, stderr, want)
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", "")
	says("of-home")
	t.Setenv("XDG_CONFIG_HOME", xdg)
	says("of-xdg")
	t.Setenv("ETCDOC_CONFIG", configFile(t, endpoint("of-the-variable")))
	says("of-the-variable")
	says("of-the-flag", "--config", configFile(t, endpoint("of-the-flag")))
	says("no/such.yaml", "--config", "no/such.yaml")
	t.Setenv("ETCDOC_CONFIG", "no/such.yaml")
	says("ETCDOC_CONFIG names")
	says("ftp", "--config", "/dev/null", "--endpoints", "ftp://none:1")
}

func TestConfiguredValuesAreExplained(t *testing.T) {
	path := configFile(t, "interval: 2h\nwindow: -1s\n")
	if _, _, stderr := etcdoc(t, "--config", path); !strings.Contains(stderr, "--interval 2h0m0s: want 100ms to 1h") ||
		!strings.Contains(stderr, "set by "+path+":1") {
		t.Errorf("a value out of range: %q", stderr)
	}
	if _, _, stderr := etcdoc(t, "--once", "--config", path); !strings.Contains(stderr, "--window -1s") ||
		!strings.Contains(stderr, "set by "+path+":2") {
		t.Errorf("a value out of range: %q", stderr)
	}
}

func TestPasswordThatOthersCanRead(t *testing.T) {
	path := configFile(t, "user: root:secret\nendpoints: ftp://x:1\n")
	if _, _, stderr := etcdoc(t, "--once", "--config", path); strings.Contains(stderr, "WARNING") {
		t.Errorf("a file of mode 600: %q", stderr)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, stderr := etcdoc(t, "--once", "--config", path); !strings.Contains(stderr, "chmod 600 "+path) ||
		strings.Contains(stderr, "secret") {
		t.Errorf("a file of mode 644: %q", stderr)
	}
}

// TestConfigCommand prints a configuration and reads it again.
func TestConfigCommand(t *testing.T) {
	path := configFile(t, `
endpoints: [https://a:1, https://b:2]
password: geheim
user: root:secret
name: "prod: eu # 1"
interval: 2s
thresholds:
  wal-fsync-slow: {notice: off, warning: {limit: 60ms, for: 1m}}
  request-rate: {warning: 5000}
  lease-churn: off
`)
	code, first, stderr := etcdoc(t, "config", "--config", path, "--window", "5s")
	if code != ExitHealthy || stderr != "" {
		t.Fatalf("exit code %d, %q", code, stderr)
	}
	for _, want := range []string{
		"name: 'prod: eu # 1'  # set by " + path + ":5", "window: 5s  # set by --window",
		"user: root  # set by " + path + ":4",
		"    notice: off\n    warning: {limit: 60ms, for: 1m}\n    critical: {limit: 500ms, for: 15s}\n" +
			"    minimum: 100  # observations\n",
		"# warning: configured, " + path + ":8", "  lease-churn: off\n", "    warning: {limit: 5000/s, for: 0s}\n",
		"#cacert:\n",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, secret := range []string{"secret", "geheim"} {
		if strings.Contains(first, secret) {
			t.Errorf("it prints the password %q", secret)
		}
	}
	bare := func(text string) string { // without comments
		var lines []string
		for line := range strings.Lines(text) {
			if line, _, _ = strings.Cut(line, "  # "); !strings.HasPrefix(strings.TrimSpace(line), "#") {
				lines = append(lines, strings.TrimRight(line, "\n"))
			}
		}
		return strings.Join(lines, "\n")
	}
	code, second, stderr := etcdoc(t, "config", "--config", configFile(t, first))
	if code != ExitHealthy || stderr != "" || bare(second) != bare(first) {
		t.Errorf("read again: exit code %d, %q:\n%s\nwant\n%s", code, stderr, second, first)
	}

	_, defaults, _ := etcdoc(t, "config", "--defaults", "--config", path)
	_, none, _ := etcdoc(t, "config", "--config", "/dev/null")
	if defaults != none || strings.Contains(defaults, "5000/s") {
		t.Error("--defaults does not print the defaults")
	}
	for _, r := range thresholds.Rules() {
		if !strings.Contains(defaults, "\n  "+string(r.ID)+":") {
			t.Errorf("%s is not printed", r.ID)
		}
	}
	if code, _, stderr := etcdoc(t, "config", "--defaults", "--interval", "3s"); code != ExitNotDone ||
		!strings.Contains(stderr, "--interval does not go with --defaults") {
		t.Errorf("--defaults with a flag: exit code %d, %q", code, stderr)
	}
}

func TestLimitVariables(t *testing.T) {
	limits := map[string]string{
		"FSYNC_LATENCY_SECONDS": "0.25", "BACKEND_COMMIT_LATENCY_SECONDS": "0.2", "MAX_LEADER_CHANGES_5M": "6",
		"MAX_PENDING_PROPOSALS": "200", "MAX_DB_SIZE_BYTES": "6442450944",
	}
	for name, value := range limits {
		t.Setenv(name, value)
	}
	path := configFile(t, "thresholds: {wal-fsync-slow: {critical: 400ms}}\n")
	code, printed, stderr := etcdoc(t, "config", "--config", path)
	if code != ExitHealthy {
		t.Fatal(stderr)
	}
	for _, want := range []string{
		"critical: {limit: 250ms, for: 15s}",                                        // over the file's
		"warning: {limit: 200ms, for: 15s}\n    critical: {limit: 200ms, for: 15s}", // the lower level follows
		"critical: {limit: 6, for: 0s, window: 5m}", "critical: {limit: 200, for: 15s}",
		"notice: {limit: 6GiB, for: 15s}\n    critical: {limit: 6GiB, for: 15s}",
		"# critical: environment variable MAX_DB_SIZE_BYTES",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	t.Setenv("FSYNC_LATENCY_SECONDS", "10ms")
	t.Setenv("MAX_PENDING_PROPOSALS", "NaN")
	code, _, stderr = etcdoc(t, "--once")
	if code != ExitNotDone || !strings.Contains(stderr,
		`environment variable FSYNC_LATENCY_SECONDS: "10ms": want a plain number, in seconds`) ||
		!strings.Contains(stderr, "MAX_PENDING_PROPOSALS") {
		t.Errorf("bad variables: exit code %d, %q", code, stderr)
	}
}
