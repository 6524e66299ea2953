package limits

import (
	"reflect"
	"testing"

	"github.com/etcdoc/etcdoc/thresholds"
)

// judged has the fields that a rule is judged by: its exported fields, without the sources.
func judged(rules []thresholds.Rule) [][]any {
	all := make([][]any, len(rules))
	for i, r := range rules {
		r.Notice.Source, r.Warning.Source, r.Critical.Source = "", "", ""
		of := reflect.ValueOf(r)
		for f := range of.NumField() {
			if of.Type().Field(f).IsExported() {
				all[i] = append(all[i], of.Field(f).Interface())
			}
		}
	}
	return all
}

// TestConfigurationRoundTrip reads what was written, of the default rules and of changed ones.
func TestConfigurationRoundTrip(t *testing.T) {
	t.Parallel()
	changed, err := Configure(thresholds.Rules(), thresholdsIn(t, `
thresholds:
  wal-fsync-slow: {notice: 1.5ms, warning: off, minimum: 7}
  db-size: {notice: 123456789, warning: 5GB}
  db-quota: {notice: 0.333}
  slow-applies: {critical: 1.7/s}
  lease-churn: off
  grpc-failures: {notice: off, warning: off, minimum: 5}
  quorum-lost: {critical: {for: 1h30m}, warning: on}
  db-growth: {notice: {limit: 2d12h, window: 4h}}
`), "x")
	if err != nil {
		t.Fatal(err)
	}
	for name, rules := range map[string][]thresholds.Rule{"the defaults": thresholds.Rules(), "changed": changed} {
		text := "thresholds:\n" + Write(rules, thresholds.Rules())
		again, err := Configure(thresholds.Rules(), thresholdsIn(t, text), "again")
		if err != nil {
			t.Errorf("%s: %v in\n%s", name, err, text)
			continue
		}
		got, want := judged(again), judged(rules)
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: got %+v, want %+v", name, got[i], want[i])
			}
		}
		for i, r := range again {
			for _, level := range levels {
				if r.Limit(level).Configured && name == "the defaults" {
					t.Errorf("%s: %s counts as changed", again[i].ID, level)
				}
			}
		}
	}
}
