package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is what a run prints, and its exit code.
func outcome(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = Run(t.Context(), args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// TestPasswordsAreNotShown: a password in a URL never appears in any output, whichever way the URL was given.
func TestPasswordsAreNotShown(t *testing.T) {
	for i, url := range []string{
		"http://root:s3cret@127.0.0.1:1", "root:s3cret@127.0.0.1:1", "https://root:s3cret@127.0.0.1:1/metrics",
		"http://root:%s3cret@127.0.0.1:1",
		"http://root:x/s3cret@127.0.0.1:1", `http://root:"s3cret@127.0.0.1:1`,
		"127.0.0.1:2,http://root:s3cret@127.0.0.1:1",
		"http://root:s3cret,more@127.0.0.1:1", "http://root:1,s3cret@127.0.0.1:1",
		"root:s3cret,http://more@127.0.0.1:1",
	} {
		for _, name := range []string{"endpoints", "metrics-endpoints", "can-lose"} {
			for _, way := range []string{"flag", "environment", "file"} {
				t.Run(fmt.Sprintf("%d/%s/%s", i, name, way), func(t *testing.T) {
					home := t.TempDir()
					t.Setenv("HOME", home)
					t.Setenv("XDG_CONFIG_HOME", home)
					args := []string{"--dial-timeout", "100ms"}
					switch way {
					case "flag":
						args = append(args, "--"+name, url)
					case "environment":
						prefix := "ETCDOC_"
						if name == "endpoints" {
							prefix = "ETCDCTL_"
						}
						t.Setenv(prefix+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), url)
					default:
						file := filepath.Join(home, "etcdoc.yaml")
						if err := os.WriteFile(file, fmt.Appendf(nil, "%s: '%s'\n", name, url), 0o600); err != nil {
							t.Fatal(err)
						}
						args = append(args, "--config", file)
					}
					for _, command := range [][]string{{"check", "--window", "0"},
						{"check", "--window", "0", "-o", "json"}, {"check", "-o", "nagios"}, {"config"}, {"--plain"}} {
						if name == "can-lose" && (command[0] == "--plain" || i > 0 && command[0] != "config") {
							continue // it is searched for in what the members answer, which takes a while
						}
						code, stdout, stderr := outcome(t, append(command, args...)...)
						if strings.Contains(stdout+stderr, "s3cret") {
							t.Errorf("%q: %d\n%s\n%s", command, code, stdout, stderr)
						}
						if command[0] == "check" && code == ExitHealthy {
							t.Errorf("%q is taken: %s", command, stdout)
						}
					}
				})
			}
		}
	}
	for _, flag := range []string{
		"name", "input", "config", "cacert", "cert", "key", "log-file", "theme", "output", "fail-on", "tls-server-name",
		"discovery-srv", "discovery-srv-name",
	} {
		for _, command := range [][]string{{"check", "--window", "0"}, {"--once", "-o", "nagios"}, {"config"},
			{"watch"}, {"--plain"}} {
			args := append(command, "--endpoints", "127.0.0.1:1", "--"+flag, "http://root:s3cret@a:1")
			code, stdout, stderr := outcome(t, args...)
			if code == ExitHealthy || strings.Contains(stdout+stderr, "s3cret") {
				t.Errorf("%q: %d %s%s", args, code, stdout, stderr)
			}
		}
	}
	t.Run("a configuration that the environment names", func(t *testing.T) {
		t.Setenv(configVariable, "http://root:s3cret@a:1")
		if code, stdout, stderr := outcome(t, "config"); code != ExitNotDone ||
			strings.Contains(stdout+stderr, "s3cret") {
			t.Errorf("%d %s%s", code, stdout, stderr)
		}
	})
	for _, args := range [][]string{
		{"--plain", "--auth-jwt-token", "s3cret", "--user", "root:s3cret"},
		{"-uroot:s3cret"}, {"http://root:s3cret@a:1"}, {"check", "http://root:s3cret@a:1"},
		{"--cluster=http://root:s3cret@a:1"},
		{"--dial-timeout", "http://root:s3cret@a:1"}, {"check", "--endpoints", `"http://root:s3cret@a:1`},
	} {
		if code, stdout, stderr := outcome(t, args...); code != ExitNotDone ||
			strings.Contains(stdout+stderr, "s3cret") {
			t.Errorf("%q: %d %s%s", args, code, stdout, stderr)
		}
	}
}

// TestCopiedFlagsHaveNoPassword: they are those of the command for another terminal.
func TestCopiedFlagsHaveNoPassword(t *testing.T) {
	var c connectionFlags
	root := newRoot(Streams{Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}, false)
	flags := root.PersistentFlags()
	args := []string{"--endpoints", "http://root:s3cret@a:1,b:2", "--metrics-endpoints", "http://x:s3cret@a:1/metrics",
		"--user", "root:s3cret", "--password", "s3cret", "--auth-jwt-token", "s3cret"}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	c.endpoints, _ = flags.GetStringSlice("endpoints")
	c.metricsEndpoints, _ = flags.GetStringSlice("metrics-endpoints")
	given := strings.Join(c.commandLine(flags), " ")
	if strings.Contains(given, "s3cret") || !strings.Contains(given, "--user=root") || !strings.Contains(given, "b:2") {
		t.Errorf("given are %s", given)
	}
}

// TestEndpointsThatAreNone: the message says which endpoint, where it was given, and what to do.
func TestEndpointsThatAreNone(t *testing.T) {
	for _, test := range []struct {
		endpoints string
		words     []string
	}{
		{"127.0.0.1:1,", []string{"endpoint 2 of 2", "empty", "comma"}},
		{",127.0.0.1:1", []string{"endpoint 1 of 2", "empty", "comma"}},
		{"127.0.0.1:1,,127.0.0.1:2", []string{"endpoint 2 of 3 is empty", "comma", "127.0.0.1:1,,127.0.0.1:2"}},
		{"http://[fe80::1%25eth0]", []string{"fe80::1%25eth0", "no port"}},
		{"fe80::1%eth0:2379", []string{"fe80::1%eth0", "brackets"}},
	} {
		code, _, stderr := outcome(t, "check", "--endpoints", test.endpoints)
		for _, words := range test.words {
			if code != ExitNotDone || !strings.Contains(stderr, words) {
				t.Errorf("%s: %d, %q, want %q in it", test.endpoints, code, stderr, words)
			}
		}
	}
	code, stdout, stderr := outcome(t, "check", "--window", "0", "--endpoints", "http://[fe80::1%25nowhere0]:2379")
	if code != ExitUnhealthy || !strings.Contains(stdout+stderr, "interface") {
		t.Errorf("a zone that does not exist: %d, %s%s", code, stdout, stderr)
	}
}

// TestDomainIsNoURL: a URL given as the discovery domain is refused, and not shown.
func TestDomainIsNoURL(t *testing.T) {
	for _, domain := range []string{"root:s3cret@example.com", "http://root:s3cret@example.com", "s3cret@host",
		"//s3cret"} {
		for _, command := range [][]string{{"check", "--window", "0"}, {"config"}, {"--plain"}} {
			code, stdout, stderr := outcome(t, append(command, "--discovery-srv", domain)...)
			if strings.Contains(stdout+stderr, "s3cret") {
				t.Errorf("%q of %s: %d\n%s\n%s", command, domain, code, stdout, stderr)
			}
			if command[0] == "check" && (code == ExitHealthy ||
				!strings.Contains(stderr, "--discovery-srv wants a domain")) {
				t.Errorf("%s: %d %s", domain, code, stderr)
			}
		}
	}
}
