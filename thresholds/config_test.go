package thresholds

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
)

// thresholdsIn is the node of `thresholds:` in a configuration.
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

func configured(t *testing.T, text string) map[RuleID]Rule {
	t.Helper()
	rules, err := Configure(Rules(), thresholdsIn(t, text), "etcdoc.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return byID(rules)
}

func byID(rules []Rule) map[RuleID]Rule {
	all := make(map[RuleID]Rule, len(rules))
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
	def := byID(Rules())
	fsync := rules[WALFsyncSlow]
	for _, test := range []struct {
		name      string
		got, want Limit
	}{
		{"the limit alone leaves the rest", fsync.Notice, at(0.020, def[WALFsyncSlow].Notice.For)},
		{"limit and for", fsync.Warning, at(0.120, 30*time.Second)},
		{"a level off", fsync.Critical, Limit{}},
		{"a window", rules[PeerRTTSlow].Warning, Limit{Value: known(0.140), For: 2 * time.Minute, Window: 2 * time.Minute}},
		{"a level of which nothing is said", rules[PeerRTTSlow].Notice, def[PeerRTTSlow].Notice},
		{"a rule that is off by default", rules[RequestsMany].Warning, at(5000, 0)},
		{"a new level takes the rest from its neighbour", rules[AppliesSlow].Critical, Limit{Value: known(5), For: 30 * time.Second, Window: time.Minute}},
		{"bytes, of 1024", rules[DBLarge].Notice, at(4*gib, 15*time.Second)},
		{"bytes, as Kubernetes writes them", rules[DBLarge].Warning, at(6*gib, 15*time.Second)},
		{"bytes, of 1000", rules[DBLarge].Critical, at(7.5e9, 15*time.Second)},
		{"percent", rules[DBQuotaNear].Warning, at(0.75, 0)},
		{"a ratio", rules[DBQuotaNear].Critical, at(0.9, 0)},
		{"a condition for longer", rules[QuorumAtRisk].Warning, so(time.Minute)},
		{"a condition's new level", rules[QuorumAtRisk].Critical, so(longElectionTimeout)},
		{"a new level of the worse condition", rules[MemberUnreachable].Critical, worse(5 * time.Minute)},
		{"days", rules[CertificateExpiring].Notice, at((60 * day).Seconds(), 0)},
		{"days and hours", rules[CertificateExpiring].Critical, at((36 * time.Hour).Seconds(), 0)},
		{"nothing", rules[TwoLeaders].Critical, def[TwoLeaders].Critical},
	} {
		test.got.Source, test.got.Configured, test.want.Source = "", false, ""
		if test.got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, test.got, test.want)
		}
	}
	leases, members := rules[LeasesChurning], rules[MemberUnreachable]
	if !leases.IsOff() || members.Notice.Value.IsKnown() || fsync.Minimum != 50 || rules[DBFragmented].Minimum != gib {
		t.Error("off, or a minimum, is not minded")
	}
	for level, want := range map[Level]string{
		Notice: "configured, etcdoc.yaml:4", Warning: "configured, etcdoc.yaml:5",
	} {
		if got := fsync.SourceOf(level); got != want {
			t.Errorf("the source of the %s limit: %q, want %q", level, got, want)
		}
	}
	rtt := rules[PeerRTTSlow]
	if got := rtt.SourceOf(Notice); !strings.HasPrefix(got, "etcdoc; ") || strings.Contains(got, "Red Hat") {
		t.Errorf("the source of a limit that is as it was: %q", got)
	}
}

// TestConfiguredLimitsJudge holds a member against a configured limit.
func TestConfiguredLimitsJudge(t *testing.T) {
	t.Parallel()
	rules, err := Configure(Rules(), thresholdsIn(t, "thresholds: {proposals-pending: {notice: off, warning: 3}}"), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t, 3, Options{Rules: rules, Immediate: true})
	s.member(2).metrics.ProposalsPending = probe.Known(3)
	s.observe()
	a := s.observe()
	if f := finding(&a, ProposalsQueued, "etcd-2"); f.Level != Warning || f.Source != "configured, x.yaml:1" {
		t.Errorf("%s from %q, want a warning by the configured limit", f.Level, f.Source)
	}
	s.member(2).metrics.ProposalsPending = probe.Known(2)
	for range 60 {
		a = s.observe()
	}
	if f := finding(&a, ProposalsQueued, "etcd-2"); f.Level != OK {
		t.Errorf("%s below the configured limit", f.Level)
	}
}

// TestConfigureErrors has a file for each mistake. The message that is wanted stands at its end, as comments.
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
		rules, err := Configure(Rules(), thresholdsIn(t, string(text)), "etcdoc.yaml")
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

// TestWindowsAreKept: no rule looks further back than its points are kept.
func TestWindowsAreKept(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		if r.LongestWindow() > r.windowKept() {
			t.Errorf("%s looks back %v, and %v are kept", r.ID, r.LongestWindow(), r.windowKept())
		}
	}
}

// withoutSources are the rules as far as they judge.
func withoutSources(rules []Rule) []Rule {
	bare := make([]Rule, len(rules))
	for i, r := range rules {
		r.judge, r.say, r.advise = nil, nil, nil // functions can't be compared
		r.Notice.Source, r.Warning.Source, r.Critical.Source = "", "", ""
		bare[i] = r
	}
	return bare
}

// TestConfigurationRoundTrip reads what is written, of the default rules and of changed ones.
func TestConfigurationRoundTrip(t *testing.T) {
	t.Parallel()
	changed, err := Configure(Rules(), thresholdsIn(t, `
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
	for name, rules := range map[string][]Rule{"the defaults": Rules(), "changed": changed} {
		text := "thresholds:\n" + Configuration(rules, Rules())
		again, err := Configure(Rules(), thresholdsIn(t, text), "again")
		if err != nil {
			t.Errorf("%s: %v in\n%s", name, err, text)
			continue
		}
		got, want := withoutSources(again), withoutSources(rules)
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: got %+v, want %+v", name, got[i], want[i])
			}
		}
		for i, r := range again {
			for _, level := range graded {
				if r.Limit(level).Configured && name == "the defaults" {
					t.Errorf("%s: %s counts as changed", again[i].ID, level)
				}
			}
		}
	}
}

func TestSetCritical(t *testing.T) {
	t.Parallel()
	set := func(id RuleID, number string, window time.Duration) Rule {
		t.Helper()
		rules, err := SetCritical(Rules(), id, number, window, "the environment")
		if err != nil {
			t.Fatal(err)
		}
		return byID(rules)[id]
	}
	def := byID(Rules())[WALFsyncSlow]
	if r := set(WALFsyncSlow, "0.3", 0); r.Critical.Value != known(0.3) || r.Critical.For != def.Critical.For || r.Warning != def.Warning || r.SourceOf(Critical) != "the environment" {
		t.Errorf("between warning and critical: %+v", r)
	}
	if r := set(WALFsyncSlow, "0.05", 0); r.Warning.Value != known(0.05) || r.SourceOf(Warning) != "the environment" || r.Notice != def.Notice {
		t.Errorf("below the warning: %+v", r)
	}
	if r := set(LeaderChanging, "2", 5*time.Minute); r.Critical.Window != 5*time.Minute || r.Warning != byID(Rules())[LeaderChanging].Warning {
		t.Errorf("another window than the warning: %+v", r)
	}
	if r := set(DBLarge, "1073741824", 0); r.Critical.Value != known(gib) || r.Notice.Value != known(gib) || r.Critical.For != r.Notice.For {
		t.Errorf("a level that it did not have: %+v", r)
	}
	for _, bad := range []string{"", "fast", "NaN", "Inf", "-1", "0", "0x10", "10ms", "1e400"} {
		if rules, err := SetCritical(Rules(), WALFsyncSlow, bad, 0, ""); err == nil || rules != nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit Unit
		text string
		want float64 // NaN: refused
	}{
		{Seconds, "10ms", 0.010}, {Seconds, "30d", 30 * 86400}, {Seconds, "1d1h30m", 86400 + 5400}, {Seconds, "0.5d", 43200}, {Seconds, "0", 0},
		{Seconds, "10", math.NaN()}, {Seconds, "-1s", math.NaN()}, {Seconds, "1d-25h", math.NaN()}, {Seconds, "d", math.NaN()}, {Seconds, "1h2d", math.NaN()}, {Seconds, "40000d", math.NaN()},
		{Bytes, "8GiB", 8 * gib}, {Bytes, "8 GiB", 8 * gib}, {Bytes, "1.5Mi", 1.5 * mib}, {Bytes, "500MB", 5e8}, {Bytes, "12k", 12000}, {Bytes, "7B", 7}, {Bytes, "4096", 4096},
		{Bytes, "8 gigs", math.NaN()}, {Bytes, "GiB", math.NaN()}, {Bytes, "-1", math.NaN()}, {Bytes, "NaN", math.NaN()},
		{BytesPerSecond, "5MiB/s", 5 * mib}, {BytesPerSecond, "5MiB", 5 * mib},
		{Ratio, "80%", 0.8}, {Ratio, "80 %", 0.8}, {Ratio, "0.8", 0.8}, {Ratio, "80", math.NaN()}, {Ratio, "%", math.NaN()}, {Ratio, "Inf", math.NaN()},
		{PerSecond, "5", 5}, {PerSecond, "5/s", 5}, {PerSecond, "5/m", math.NaN()}, {PerSecond, ".inf", math.NaN()},
		{Count, "1000", 1000}, {Count, "1e3", 1000}, {Count, "1_000", math.NaN()}, {Count, "0x10", math.NaN()}, {Count, ".nan", math.NaN()}, {Count, "1e999", math.NaN()}, {Count, "-5", math.NaN()},
	} {
		got, err := test.unit.parse(test.text)
		if refused := math.IsNaN(test.want); refused != (err != nil) || !refused && got != test.want {
			t.Errorf("%s %q: %v, %v, want %v", test.unit, test.text, got, err, test.want)
		}
		if err == nil {
			if back, err := test.unit.parse(test.unit.write(got)); err != nil || back != got {
				t.Errorf("%s %q is written as %q, and read as %v, %v", test.unit, test.text, test.unit.write(got), back, err)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"db-growth", "db-quota", "wal-fsync-slow", "backend-commit-slow"}
	for word, want := range map[string]string{"wal-fsync": "wal-fsync-slow", "db-qouta": "db-quota", "backend-comit-slow": "backend-commit-slow", "growth": "db-growth"} {
		if got := nearest(word, names); len(got) == 0 || got[0] != want {
			t.Errorf("nearest to %s: %s, want %s", word, got, want)
		}
	}
	if got := Suggest("foo", names); got != "etcdoc config lists those there are" {
		t.Errorf("nothing is near, and it says %q", got)
	}
}

// FuzzConfigure reads anything: it gives rules that are in order and can be written and read again, or an error that
// says where.
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
	f.Add("thresholds:\n" + Configuration(Rules(), Rules()))
	f.Fuzz(func(t *testing.T, text string) {
		var document struct{ Thresholds yaml.Node }
		if yaml.Unmarshal([]byte(text), &document) != nil || document.Thresholds.Kind == 0 {
			return
		}
		rules, err := Configure(Rules(), &document.Thresholds, "f")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("an error that does not say where: %v", err)
			}
			return
		}
		again, err := Configure(Rules(), thresholdsIn(t, "thresholds:\n"+Configuration(rules, Rules())), "f")
		if err != nil || !reflect.DeepEqual(withoutSources(again), withoutSources(rules)) {
			t.Errorf("not the same when written and read again: %v", err)
		}
		for _, r := range rules {
			for _, level := range graded {
				limit := r.Limit(level)
				value := limit.Value.Or(0)
				if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 || limit.For < 0 || limit.Window < 0 || limit.Window > r.windowKept() {
					t.Errorf("%s: %s: %+v", r.ID, level, limit)
				}
			}
		}
	})
}
