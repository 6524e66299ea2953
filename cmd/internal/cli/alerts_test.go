package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/assets"
	"github.com/etcdoc/etcdoc/cmd/internal/agent"
	"github.com/etcdoc/etcdoc/thresholds"
)

// alertsHead are the alerts about the agents themselves.
const alertsHead = `# Prometheus' alerting rules on the metrics of etcdoc serve: one alert for each of etcdoc's rules that can warn.
# Written by make golden-update. A finding has held for as long as its rule demands before the agent shows it, so that
# the alerts need no "for" of their own. Agents that see the same finding raise one alert.
groups:
  - name: etcdoc-agents
    rules:
      - alert: EtcdocSilent
        expr: time() - etcdoc_last_sweep_timestamp_seconds > clamp_min(3 * etcdoc_sweep_interval_seconds, 300)
        labels: {severity: warning}
        annotations:
          summary: "etcdoc on {{ $labels.instance }} has not looked at etcd for {{ $value | humanizeDuration }}"
          description: "Nothing is known of its member: see the agent's log. A hung etcd does not stop it."
      - alert: EtcdocAbsent
        expr: absent(etcdoc_last_sweep_timestamp_seconds)
        for: 5m
        labels: {severity: warning}
        annotations:
          summary: "No etcdoc agent is scraped"
          description: "No alert about etcd can fire. Does etcdoc serve run, and does Prometheus scrape it?"
      - alert: EtcdocGone
        expr: max by (instance) (max_over_time(etcdoc_build_info[1d])) unless on (instance) etcdoc_build_info
        for: 10m
        labels: {severity: warning}
        annotations:
          summary: "The etcdoc agent of {{ $labels.instance }} is gone"
          description: "It was scraped in the last 24 hours. Does it run? Where its node was removed, this ends by itself."
      - alert: EtcdocNotFit
        expr: etcdoc_fit == 0
        for: 15m
        labels: {severity: warning}
        annotations:
          summary: "The etcd member of {{ $labels.instance }} would not carry the cluster on if another one were lost"
          description: "Drain no other control-plane node. Its /fit says why."
  - name: etcdoc-findings
    rules:
`

// alertRules renders the alerting rules.
func alertRules(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(alertsHead)
	for _, r := range thresholds.Rules() {
		if !r.Limit(thresholds.Warning).Value.IsKnown() && !r.Limit(thresholds.Critical).Value.IsKnown() {
			continue
		}
		runbook, is := assets.RunbookOf(string(r.ID))
		if !is {
			t.Fatalf("%s has no runbook", r.ID)
		}
		of := ""
		if r.Scope == thresholds.ScopeMember {
			of = "{{ $labels.member }}: "
		}
		fmt.Fprintf(&b, `      - alert: %s
        expr: max without (instance, pod) (etcdoc_finding{rule="%s", level=~"warning|critical"}) == 1
        labels: {severity: "{{ $labels.level }}"}
        annotations:
          summary: %q
          description: %q
`, agent.AlertName(r.ID), r.ID, of+runbook.Meaning, strings.TrimSuffix(r.Advice, ".")+". More: etcdoc explain "+string(r.ID))
	}
	return b.String()
}

// TestGoldenAlerts: the alerting rules are those of the rule table, and YAML; -update writes them anew.
func TestGoldenAlerts(t *testing.T) {
	t.Parallel()
	const file = "../../../assets/prometheus/alerts.yaml"
	want := alertRules(t)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if got, is := assets.Read("prometheus/alerts.yaml"); !is || got != want {
		t.Errorf("make golden-update writes %s anew", file)
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations struct{ Summary, Description string }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(want), &rules); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, group := range rules.Groups {
		for _, r := range group.Rules {
			names = append(names, r.Alert)
			if r.Expr == "" || r.Annotations.Summary == "" || r.Annotations.Description == "" {
				t.Errorf("%s lacks a part: %+v", r.Alert, r)
			}
		}
	}
	slices.Sort(names)
	if len(names) < 40 || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%d alerts, each once: %q", len(names), names)
	}
}
