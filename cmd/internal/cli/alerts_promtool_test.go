package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/assets"
)

// program returns the path of a program of Prometheus. Continuous integration installs them; elsewhere the test is
// skipped where there is none.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("there is no %s, which .ci/run installs", name)
	case err != nil:
		t.Skipf("there is no %s: Debian's packages prometheus and prometheus-alertmanager have it", name)
	}
	return path
}

// promtool runs Prometheus' own checker.
func promtool(t *testing.T, stdin io.Reader, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t, "promtool"), args...)
	cmd.Stdin = stdin
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

// An alertRule is a rule in a file of Prometheus.
type alertRule struct {
	Alert, Expr         string
	For                 string
	Labels, Annotations map[string]string
}

// shippedAlerts are the rules that etcdoc carries along.
func shippedAlerts(t *testing.T) (all []alertRule) {
	t.Helper()
	text, _ := assets.Read("prometheus/alerts.yaml")
	var file struct{ Groups []struct{ Rules []alertRule } }
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// A ruleTest is a test of rules in the format of promtool.
type ruleTest struct {
	Interval string              `json:"interval"`
	Series   []map[string]string `json:"input_series"`
	Alerts   []expectedAlert     `json:"alert_rule_test"`
}

type expectedAlert struct {
	At     string           `json:"eval_time"`
	Name   string           `json:"alertname"`
	Alerts []map[string]any `json:"exp_alerts"`
}

// series are the values of a series, a minute apart.
func series(name, values string) map[string]string {
	return map[string]string{"series": name, "values": values}
}

// firing is what an alert looks like when it fires: with the labels of its series, and all templates filled in.
func (r alertRule) firing(labels map[string]string, value string) map[string]any {
	fill := func(texts map[string]string) map[string]string {
		filled := map[string]string{}
		for name, text := range texts {
			for label, is := range labels {
				text = strings.ReplaceAll(text, "{{ $labels."+label+" }}", is)
			}
			filled[name] = strings.ReplaceAll(text, "{{ $value | humanizeDuration }}", value)
		}
		return filled
	}
	all := fill(r.Labels)
	for label, is := range labels {
		all[label] = is
	}
	return map[string]any{"exp_labels": all, "exp_annotations": fill(r.Annotations)}
}

// ofFinding is the rule of etcdoc that an alert is about; empty for those about the agents.
var ofFinding = regexp.MustCompile(`etcdoc_finding\{rule="([\w-]+)"`)

// testOfFindings: each alert fires once for each member whose finding at warning or critical any agent sees; not for
// one that is explained or muted, is over, or is less.
func testOfFindings(alerts []alertRule) ruleTest {
	test := ruleTest{Interval: "1m"}
	for _, r := range alerts {
		found := ofFinding.FindStringSubmatch(r.Expr)
		if found == nil {
			continue
		}
		expected := expectedAlert{At: "5m", Name: r.Alert}
		for _, of := range []struct{ member, level, instance, values string }{
			{"fires", "warning", "node-1", "1x9"}, {"fires", "warning", "node-2", "1x9"}, {"fires", "warning", "node-3", "0x9"},
			{"burns", "critical", "node-1", "1x9"},
			{"explained", "warning", "node-1", "0x9"}, {"explained", "critical", "node-1", "0x9"},
			{"over", "critical", "node-1", "1 1 1 stale"},
			{"noticed", "notice", "node-1", "1x9"}, {"unknown", "unknown", "node-1", "1x9"},
		} {
			labels := map[string]string{"rule": found[1], "member": of.member, "level": of.level}
			test.Series = append(test.Series, series(`etcdoc_finding{rule="`+found[1]+`",member="`+of.member+`",level="`+
				of.level+`",instance="`+of.instance+`"}`, of.values))
			if of.values == "1x9" && of.instance == "node-1" && (of.level == "warning" || of.level == "critical") {
				expected.Alerts = append(expected.Alerts, r.firing(labels, ""))
			}
		}
		test.Alerts = append(test.Alerts, expected)
	}
	return test
}

// testsOfAgents are those of an alert about the agents themselves.
func (r alertRule) testsOfAgents(t *testing.T) []ruleTest {
	t.Helper()
	at := func(moment string, fires []map[string]any, of ...map[string]string) ruleTest {
		return ruleTest{"1m", of, []expectedAlert{{moment, r.Alert, fires}}}
	}
	agent := map[string]string{"instance": "node-1"}
	const swept, fit = `etcdoc_last_sweep_timestamp_seconds{instance="node-1"}`, `etcdoc_fit{instance="node-1"}`
	every := func(interval string) map[string]string {
		return series(`etcdoc_sweep_interval_seconds{instance="node-1"}`, interval+"x60")
	}
	switch r.Alert {
	case "EtcdocSilent":
		return []ruleTest{
			at("10m", []map[string]any{r.firing(agent, "10m 0s")}, series(swept, "0x20"), every("30")),
			at("10m", nil, series(swept, "0+60x20"), every("30")),
			at("9m", nil, series(swept, "0x60"), every("600")),
			at("30m", nil, series(swept, "0x60"), every("600")),
			at("31m", []map[string]any{r.firing(agent, "31m 0s")}, series(swept, "0x60"), every("600")),
		}
	case "EtcdocAbsent":
		return []ruleTest{
			at("6m", []map[string]any{r.firing(nil, "")}), at("3m", nil), at("6m", nil, series(swept, "0+60x20")),
		}
	case "EtcdocGone":
		const build = `etcdoc_build_info{instance="node-1",version="1",pod="a"}`
		other := series(`etcdoc_build_info{instance="node-2",version="1",pod="b"}`, "1x2000")
		return []ruleTest{
			at("20m", []map[string]any{r.firing(agent, "")}, series(build, "1x5 stale"), other),
			at("12m", nil, series(build, "1x5 stale"), other), at("1500m", nil, series(build, "1x5 stale"), other),
			at("20m", nil, series(build, "1x5 stale"), other,
				series(`etcdoc_build_info{instance="node-1",version="2",pod="c"}`, "_x7 1x40")),
		}
	case "EtcdocNotFit":
		return []ruleTest{
			at("20m", []map[string]any{r.firing(agent, "")}, series(fit, "0x30")),
			at("10m", nil, series(fit, "0x30")), at("20m", nil, series(fit, "1x30")),
		}
	}
	t.Errorf("no test is about %s", r.Alert)
	return nil
}

// TestAlertsWithPromtool: Prometheus takes the rules, alone and in the operator's object, and each alert fires when it
// should and at no other time.
func TestAlertsWithPromtool(t *testing.T) {
	t.Parallel()
	program(t, "promtool")
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	text, _ := assets.Read("prometheus/alerts.yaml")
	rules := write("alerts.yaml", []byte(text))
	promtool(t, nil, "check", "rules", rules)

	_, object, _ := strings.Cut(deployed(t, "monitoring/monitoring.yaml"), "\n---\n")
	var operators struct{ Spec any }
	if err := yaml.Unmarshal([]byte(object), &operators); err != nil {
		t.Fatal(err)
	}
	spec, err := yaml.Marshal(operators.Spec)
	if err != nil {
		t.Fatal(err)
	}
	promtool(t, nil, "check", "rules", write("operator.yaml", spec))

	alerts := shippedAlerts(t)
	tests := []ruleTest{testOfFindings(alerts)}
	for _, r := range alerts {
		if !ofFinding.MatchString(r.Expr) {
			tests = append(tests, r.testsOfAgents(t)...)
		}
	}
	file := map[string]any{"rule_files": []string{rules}, "evaluation_interval": "1m", "tests": tests}
	content, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	promtool(t, nil, "test", "rules", write("tests.yaml", content))
	if len(alerts) < 40 {
		t.Errorf("%d alerts", len(alerts))
	}

	// The tests can fail: not one of them passes on rules that never fire, or always.
	for name, expression := range map[string]string{"never": "expr: vector(1) > 2", "always": "expr: vector(1)"} {
		broken := regexp.MustCompile(`(?m)expr: .*$`).ReplaceAllString(text, expression)
		file["rule_files"] = []string{write(name+".yaml", []byte(broken))}
		if content, err = json.Marshal(file); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program(t, "promtool"), "test", "rules", write("tests-of-"+name+".yaml", content))
		output, err := cmd.CombinedOutput()
		for _, r := range alerts {
			if err == nil || !bytes.Contains(output, []byte(r.Alert)) {
				t.Errorf("the tests of %s pass if it fires %s", r.Alert, name)
			}
		}
	}
}
