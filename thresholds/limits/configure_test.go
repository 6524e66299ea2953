package limits

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

const (
	mib = 1 << 20
	gib = 1 << 30
)

// at is a limit that must be exceeded for a while.
func at(value float64, hold time.Duration) thresholds.Limit {
	return thresholds.Limit{Value: probe.Known(value), For: hold}
}

// thresholdsIn returns the node of `thresholds:` in a configuration.
func thresholdsIn(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var document struct{ Thresholds yaml.Node }
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	if document.Thresholds.Kind == 0 {
		return nil
	}
	return &document.Thresholds
}

func configured(t *testing.T, text string) map[thresholds.RuleID]thresholds.Rule {
	t.Helper()
	rules, err := Configure(thresholds.Rules(), thresholdsIn(t, text), "etcdoc.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return byID(rules)
}

func byID(rules []thresholds.Rule) map[thresholds.RuleID]thresholds.Rule {
	all := make(map[thresholds.RuleID]thresholds.Rule, len(rules))
	for _, r := range rules {
		all[r.ID] = r
	}
	return all
}

func TestConfigure(t *testing.T) {
	t.Parallel()
	rules := configured(t, `
thresholds:
  wal-fsync-slow:
    notice: 20ms
    warning: {limit: 120ms, for: 30s}
    critical: off
    minimum: 50
  peer-rtt-slow: {warning: {limit: 140ms, for: 2m, window: 2m}}
  lease-churn: off
  request-rate: {warning: 5000}
  slow-applies: {critical: 5/s}
  db-size: {notice: 4GiB, warning: 6Gi, critical: 7500MB}
  db-quota: {warning: 75%, critical: 0.9}
  quorum-at-risk: {warning: {for: 1m}, critical: on}
  member-unreachable: {notice: off, critical: {for: 5m}}
  certificate-expiry: {notice: 60d, critical: 1d12h}
  db-fragmentation: {minimum: 1GiB}
  two-leaders: {}
`)
	def := byID(thresholds.Rules())
	fsync := rules[thresholds.WALFsyncSlow]
	worse := def[thresholds.MemberUnreachable].Warning // with its words for what holds
	worse.For = 5 * time.Minute
	for _, test := range []struct {
		name      string
		got, want thresholds.Limit
	}{
		{"the limit alone leaves the rest", fsync.Notice, at(0.020, def[thresholds.WALFsyncSlow].Notice.For)},
		{"limit and for", fsync.Warning, at(0.120, 30*time.Second)},
		{"a level off", fsync.Critical, thresholds.Limit{}},
		{"a window", rules[thresholds.PeerRTTSlow].Warning,
			thresholds.Limit{Value: probe.Known(0.140), For: 2 * time.Minute, Window: 2 * time.Minute}},
		{"a level of which nothing is said", rules[thresholds.PeerRTTSlow].Notice, def[thresholds.PeerRTTSlow].Notice},
		{"a rule that is off by default", rules[thresholds.RequestsMany].Warning, at(5000, 0)},
		{"a new level takes the rest from its neighbour", rules[thresholds.AppliesSlow].Critical,
			thresholds.Limit{Value: probe.Known(5), For: 30 * time.Second, Window: time.Minute}},
		{"bytes, of 1024", rules[thresholds.DBLarge].Notice, at(4*gib, 15*time.Second)},
		{"bytes, as Kubernetes writes them", rules[thresholds.DBLarge].Warning, at(6*gib, 15*time.Second)},
		{"bytes, of 1000", rules[thresholds.DBLarge].Critical, at(7.5e9, 15*time.Second)},
		{"percent", rules[thresholds.DBQuotaNear].Warning, at(0.75, 0)},
		{"a ratio", rules[thresholds.DBQuotaNear].Critical, at(0.9, 0)},
		{"a condition for longer", rules[thresholds.QuorumAtRisk].Warning, at(1, time.Minute)},
		{"a condition's new level", rules[thresholds.QuorumAtRisk].Critical,
			at(1, def[thresholds.QuorumAtRisk].Warning.For)},
		{"a new level of the worse condition", rules[thresholds.MemberUnreachable].Critical, worse},
		{"days", rules[thresholds.CertificateExpiring].Notice, at((60 * day).Seconds(), 0)},
		{"days and hours", rules[thresholds.CertificateExpiring].Critical, at((36 * time.Hour).Seconds(), 0)},
		{"nothing", rules[thresholds.TwoLeaders].Critical, def[thresholds.TwoLeaders].Critical},
	} {
		test.got.Source, test.got.Configured, test.want.Source = "", false, ""
		if test.got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, test.got, test.want)
		}
	}
	leases, members := rules[thresholds.LeasesChurning], rules[thresholds.MemberUnreachable]
	if !leases.IsOff() || members.Notice.Value.IsKnown() || fsync.Minimum != 50 ||
		rules[thresholds.DBFragmented].Minimum != gib {
		t.Error("off, or a minimum, is not minded")
	}
	for level, want := range map[thresholds.Level]string{
		thresholds.Notice: "configured, etcdoc.yaml:4", thresholds.Warning: "configured, etcdoc.yaml:5",
	} {
		if got := fsync.SourceOf(level); got != want {
			t.Errorf("the source of the %s limit: %q, want %q", level, got, want)
		}
	}
	rtt := rules[thresholds.PeerRTTSlow]
	if got := rtt.SourceOf(thresholds.Notice); !strings.HasPrefix(got, "etcdoc; ") || strings.Contains(got, "Red Hat") {
		t.Errorf("the source of a limit that is as it was: %q", got)
	}
}

// TestConfigureErrors has a file for each mistake. The expected message is at its end, in comments.
func TestConfigureErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/config/invalid-*.yaml")
	if err != nil || len(files) < 20 {
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
		rules, err := Configure(thresholds.Rules(), thresholdsIn(t, string(text)), "etcdoc.yaml")
		switch {
		case err == nil:
			t.Errorf("%s: no error, want\n%s", file, strings.Join(want, "\n"))
		case rules != nil:
			t.Errorf("%s: rules beside the error", file)
		case err.Error() != strings.Join(want, "\n"):
			t.Errorf("%s: got\n%v\nwant\n%s", file, err, strings.Join(want, "\n"))
		}
	}
}

func TestSetCritical(t *testing.T) {
	t.Parallel()
	set := func(id thresholds.RuleID, number string, window time.Duration) thresholds.Rule {
		t.Helper()
		rules, err := SetCritical(thresholds.Rules(), id, number, window, "the environment")
		if err != nil {
			t.Fatal(err)
		}
		return byID(rules)[id]
	}
	def := byID(thresholds.Rules())[thresholds.WALFsyncSlow]
	if r := set(thresholds.WALFsyncSlow, "0.3", 0); r.Critical.Value != probe.Known(0.3) ||
		r.Critical.For != def.Critical.For || r.Warning != def.Warning ||
		r.SourceOf(thresholds.Critical) != "the environment" {
		t.Errorf("between warning and critical: %+v", r)
	}
	if r := set(thresholds.WALFsyncSlow, "0.05", 0); r.Warning.Value != probe.Known(0.05) ||
		r.SourceOf(thresholds.Warning) != "the environment" || r.Notice != def.Notice {
		t.Errorf("below the warning: %+v", r)
	}
	if r := set(thresholds.LeaderChanging, "2", 5*time.Minute); r.Critical.Window != 5*time.Minute ||
		r.Warning != byID(thresholds.Rules())[thresholds.LeaderChanging].Warning {
		t.Errorf("another window than the warning: %+v", r)
	}
	if r := set(thresholds.DBLarge, "1073741824", 0); r.Critical.Value != probe.Known(gib) ||
		r.Notice.Value != probe.Known(gib) || r.Critical.For != r.Notice.For {
		t.Errorf("a level that it did not have: %+v", r)
	}
	for _, bad := range []string{"", "fast", "NaN", "Inf", "-1", "0", "0x10", "10ms", "1e400"} {
		if rules, err := SetCritical(thresholds.Rules(), thresholds.WALFsyncSlow, bad, 0, ""); err == nil ||
			rules != nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// FuzzConfigure: any input gives either valid rules that survive writing and reading, or an error with a position.
func FuzzConfigure(f *testing.F) {
	files, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("thresholds:\n" + Write(thresholds.Rules(), thresholds.Rules()))
	f.Fuzz(func(t *testing.T, text string) {
		var document struct{ Thresholds yaml.Node }
		if yaml.Unmarshal([]byte(text), &document) != nil || document.Thresholds.Kind == 0 {
			return
		}
		rules, err := Configure(thresholds.Rules(), &document.Thresholds, "f")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("an error that does not say where: %v", err)
			}
			return
		}
		again, err := Configure(thresholds.Rules(), thresholdsIn(t, "thresholds:\n"+Write(rules, thresholds.Rules())),
			"f")
		if err != nil || !reflect.DeepEqual(judged(again), judged(rules)) {
			t.Errorf("not the same when written and read again: %v", err)
		}
		for _, r := range rules {
			for _, level := range levels {
				limit := r.Limit(level)
				value := limit.Value.Or(0)
				if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 || limit.For < 0 || limit.Window < 0 ||
					limit.Window > r.WindowKept() {
					t.Errorf("%s: %s: %+v", r.ID, level, limit)
				}
			}
		}
	})
}
