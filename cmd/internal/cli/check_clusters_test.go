package cli

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// twoClusters writes a configuration of two clusters that are well, and of one that nobody answers for.
func twoClusters(t *testing.T, more string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "config.yaml")
	text := fmt.Sprintf(`dial-timeout: 200ms
clusters:
  nobody: {endpoints: ["127.0.0.1:1"]}
  one:
    endpoints: [%q]
  three:
    endpoints: [%q]
    name: the large one
    thresholds: {db-quota: off}
%s`, oneVoter.Use(t).Endpoints()[0], threeVoters.Use(t).Endpoints()[1], more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestOn looks at the cluster that is named, whatever the environment's endpoints are.
func TestOn(t *testing.T) {
	file := twoClusters(t, "")
	t.Setenv("ETCDCTL_ENDPOINTS", "127.0.0.1:2")
	t.Setenv("ETCDCTL_USER", "stranger:s3cret") // of another cluster: nobody logs in with it here
	t.Setenv("ETCDCTL_CACERT", "/nowhere/ca.crt")
	var got struct{ Members []struct{ Name string } }
	code, out, errs := etcdoc(t, "check", "--config", file, "--on", "three", "--window", "0", "-o", "json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != ExitHealthy || len(got.Members) != 3 {
		t.Errorf("exit code %d, %v: %s%s", code, err, out, errs)
	}
	_, out, _ = etcdoc(t, "config", "--config", file, "--on", "three")
	if strings.Contains(out, "stranger") || strings.Contains(out, "nowhere") {
		t.Errorf("the environment's user or certificates are in effect:\n%s", out)
	}
	for _, want := range []string{"name: the large one", "config.yaml:8", `"on": three`, "one, three"} {
		if !strings.Contains(out, want) {
			t.Errorf("the configuration lacks %s:\n%s", want, out)
		}
	}
}

// TestSeveralClusters judges each by itself, the worst first, and exits as the worst does.
func TestSeveralClusters(t *testing.T) {
	file := twoClusters(t, "")
	for _, test := range []struct {
		on    string
		code  int
		first string
		lines int
	}{
		{"all", ExitUnhealthy, "nobody", 3}, {"one, three", ExitHealthy, "one", 2},
		{"three,nobody", ExitUnhealthy, "nobody", 2},
	} {
		code, out, errs := etcdoc(t, "check", "--config", file, "--on", test.on, "--window", "0")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != test.code || len(lines) != test.lines || strings.Fields(lines[0])[1] != test.first {
			t.Errorf("--on %s: exit code %d, want %d\n%s%s", test.on, code, test.code, out, errs)
		}
		if test.code == ExitHealthy && !strings.Contains(lines[0], " may fail. Healthy") && !strings.Contains(lines[0],
			"none to spare. Healthy") {
			t.Errorf("--on %s: the headline is no sentence of its own: %s", test.on, lines[0])
		}
	}
	code, out, _ := etcdoc(t, "check", "--config", file, "--on", "all", "--window", "0", "-o", "json")
	var got struct {
		Schema   string
		Clusters []struct {
			On         string
			ExitCode   int `json:"exit_code"`
			Assessment struct{ Members []struct{ Name string } }
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != ExitUnhealthy || len(got.Clusters) != 3 ||
		got.Clusters[0].On != "nobody" || got.Clusters[0].ExitCode != ExitUnhealthy {
		t.Errorf("exit code %d, %v: %s", code, err, out)
	}
	code, out, _ = etcdoc(t, "check", "--config", file, "--on", "all", "--window", "0", "--can-lose-max", "-o", "json")
	if code != ExitUnhealthy || strings.Count(out, `"question": "can-lose-max"`) != 3 {
		t.Errorf("how many may be lost: exit code %d: %s", code, out)
	}
	_, out, _ = etcdoc(t, "check", "--config", file, "--on", "all", "--window", "0", "--can-lose-max")
	if !strings.HasPrefix(out, "NO       ") ||
		!strings.Contains(out, "no voter may be lost now: it is the only voter") ||
		!strings.Contains(out, "\nUNKNOWN  nobody") {
		t.Errorf("how many may be lost:\n%s", out)
	}
}

// TestSeveralClustersTakeNoQuestionAboutOne, wherever that is asked.
func TestSeveralClustersTakeNoQuestionAboutOne(t *testing.T) {
	const want = "is about one cluster: --on names 3"
	file := twoClusters(t, "")
	for flag, value := range map[string]string{
		"can-lose": "etcd-1", "can-remove": "etcd-1", "wait": "1m", "stable": "1s", "input": "bundle",
	} {
		variable := "ETCDOC_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
		t.Run(flag, func(t *testing.T) {
			if flag == "stable" {
				t.Setenv("ETCDOC_WAIT", "1m") // which it goes with
			}
			byFile := twoClusters(t, flag+": "+value+"\n")
			if code, out, errs := etcdoc(t, "check", "--config", byFile, "--on", "all"); code != ExitNotDone || out != "" ||
				!strings.Contains(errs, want) || !strings.Contains(errs, "set by") {
				t.Errorf("by the file: exit code %d: %s%s", code, out, errs)
			}
			t.Setenv(variable, value)
			if code, out, errs := etcdoc(t, "check", "--config", file, "--on", "all"); code != ExitNotDone || out != "" ||
				!strings.Contains(errs, want) || !strings.Contains(errs, "set by ETCDOC_") {
				t.Errorf("by %s: exit code %d: %s%s", variable, code, out, errs)
			}
		})
	}
	t.Setenv("ETCDCTL_ENDPOINTS", "127.0.0.1:2")
	t.Setenv("ETCDOC_ON", "one,three")
	if code, out, errs := etcdoc(t, "check", "--config", file, "--window", "0"); code != ExitHealthy {
		t.Errorf("the environment's endpoints count: exit code %d: %s%s", code, out, errs)
	}
}

// TestClustersThatAreNone: the message names the place, the key, and what is allowed.
func TestClustersThatAreNone(t *testing.T) {
	file := twoClusters(t, `  four: {endpoints: [a:1], interval: 2s}
  five: {endpoint: a:1}
  six: {cacert: ca.crt}
  one: {endpoints: [a:1]}
  all: {endpoints: [a:1]}
`)
	_, _, errs := etcdoc(t, "check", "--config", file)
	for _, want := range []string{"config.yaml:10: interval is not about one cluster", "config.yaml:11: unknown key",
		"want endpoints", "config.yaml:13: there is a cluster", "config.yaml:14: a cluster can't be called"} {
		if !strings.Contains(errs, want) {
			t.Errorf("the errors lack %s:\n%s", want, errs)
		}
	}
	good := twoClusters(t, "  six: {cacert: ca.crt}\n")
	for want, args := range map[string][]string{
		"want three":                  {"check", "--config", good, "--on", "tree"},
		"has nobody, one, three, six": {"check", "--config", good, "--on", "elsewhere"},
		"which cluster":               {"check", "--config", good, "--on", "six"},
		"has no clusters":             {"check", "--config", "/dev/null", "--on", "six"},
		"with one cluster":            {"--plain", "--config", good, "--on", "all"},
		"about one":                   {"plan", "--config", good, "--on", "one,three", "restart etcd-1"},
		"that of one":                 {"config", "--config", good, "--on", "all"},
		"is about one":                {"check", "--config", good, "--on", "all", "--can-lose", "etcd-1"},
	} {
		if code, out, errs := etcdoc(t, args...); code != ExitNotDone || !strings.Contains(errs, want) {
			t.Errorf("%q: exit code %d, want an error that says %q: %s%s", args, code, want, out, errs)
		}
	}
}

// TestClustersAreMentioned where nothing says which of the file's clusters is meant.
func TestClustersAreMentioned(t *testing.T) {
	t.Parallel()
	file := twoClusters(t, "")
	check := func(args ...string) bool {
		_, _, errs := etcdoc(t, append([]string{"check", "--window", "0", "--config", file}, args...)...)
		return strings.Contains(errs, "has clusters: nobody, one, three: --on NAME")
	}
	if !check() {
		t.Error("a check of the default endpoint does not mention them")
	}
	if check("--on", "one") || check("--endpoints", "127.0.0.1:1") {
		t.Error("a check that says which cluster is meant mentions them")
	}
}

// TestConfigCheck says what is wrong with a file, and TestSample's file has nothing wrong with it.
func TestConfigCheck(t *testing.T) {
	good := twoClusters(t, "")
	if code, out, errs := etcdoc(t, "config", "--check", good); code != ExitHealthy ||
		!strings.Contains(out, "no mistakes; clusters: nobody, one, three") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	bad := twoClusters(t, "interval: soon\n")
	if code, out, errs := etcdoc(t, "config", "--check", bad); code != ExitNotDone || out != "" ||
		!strings.Contains(errs, "config.yaml:10: interval") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if code, _, errs := etcdoc(t, "config", "--check", bad+".none"); code != ExitNotDone ||
		!strings.Contains(errs, bad+".none") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestSample sets nothing as it is, and is a configuration without its comment signs.
func TestSample(t *testing.T) {
	_, text, _ := etcdoc(t, "config", "--sample")
	file := filepath.Join(t.TempDir(), "config.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var set []string
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("the sample sets %s", line)
		}
		key, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "#")), ":")
		nested := strings.HasPrefix(line, "#  ")
		if strings.HasPrefix(line, "# ") && !nested {
			continue // a comment
		}
		if value == "" && !nested && key != "thresholds" && key != "clusters" {
			continue // a flag without a default
		}
		set = append(set, strings.TrimPrefix(line, "#"))
	}
	write(text)
	if code, _, errs := etcdoc(t, "config", "--check", file); code != ExitHealthy {
		t.Errorf("the sample is refused: %s", errs)
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	ca := configFile(t, string(pem.EncodeToMemory(block)))
	write(strings.ReplaceAll(strings.Join(set, ""), "/etc/etcd/prod/ca.crt", ca))
	if code, out, errs := etcdoc(t, "config", "--check", file); code != ExitHealthy ||
		!strings.Contains(out, "prod, staging") {
		t.Errorf("the sample without its comment signs is refused: %s%s", out, errs)
	}
}
