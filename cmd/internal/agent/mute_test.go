package agent

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestParseMute rejects what names no rule or no time.
func TestParseMute(t *testing.T) {
	t.Parallel()
	rules := thresholds.NewRuleSet(thresholds.Rules())
	for _, text := range []string{"", "db-fragmentation", "nothing=1h", "db-fragmentation=", "db-fragmentation=soon", "db-fragmentation=-1h"} {
		if m, err := ParseMute(text, rules, time.Now()); err == nil {
			t.Errorf("%q is %+v", text, m)
		}
	}
	for _, text := range []string{"db-fragmentation@=1h", "db-fragmentation@ =1h"} {
		if m, err := ParseMute(text, rules, time.Now()); err == nil || !strings.Contains(err.Error(), "no member is named") {
			t.Errorf("%q is %+v, %v", text, m, err)
		}
	}
	m, err := ParseMute("db-fragmentation=2026-11-27T18:00:00Z", rules, time.Now())
	if err != nil || m.Member != "" || m.Until.Hour() != 18 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestMuteOfNothing: a mute that can never silence anything is an error, which says why.
func TestMuteOfNothing(t *testing.T) {
	t.Parallel()
	rules := thresholds.NewRuleSet(thresholds.Rules())
	for rule, want := range map[thresholds.RuleID]string{
		thresholds.QuorumLost: "Alertmanager", thresholds.RequestsMany: "is off",
		thresholds.WALFsyncSlow: "", thresholds.DBFragmented: "",
	} {
		_, err := ParseMute(string(rule)+"=1h", rules, time.Now())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", rule, err, want)
		}
	}
}

// TestFindingMetric: alerts are for a finding that nothing explains and nobody has muted.
func TestFindingMetric(t *testing.T) {
	t.Parallel()
	now := time.Now()
	of := func(rule thresholds.RuleID, by thresholds.RuleID) thresholds.Finding {
		return thresholds.Finding{Rule: rule, Level: thresholds.Warning, InhibitedBy: by,
			Member: thresholds.MemberRef{Key: "1", Label: "etcd-1"}}
	}
	a := New(Options{Interval: time.Minute, Healthy: func(*thresholds.Assessment) bool { return false },
		Find: func(*thresholds.Assessment, string) (*thresholds.Member, error) { return nil, errNoSweep }})
	a.newest.Store(&report{
		assessment: thresholds.Assessment{At: now,
			APIServers: []thresholds.APIServer{{Reaches: thresholds.Reaches}}, Findings: []thresholds.Finding{
				of(thresholds.DBFragmented, ""), of(thresholds.WALFsyncSlow, ""),
				of(thresholds.BackendCommitSlow, thresholds.WALFsyncSlow),
			}},
		mutes:   thresholds.Mutes{{Rule: thresholds.DBFragmented, Member: "etcd-1", Until: now.Add(59*time.Minute + 4740257367)}},
		arrived: now,
	})
	want := `# HELP etcdoc_finding A finding: 1, or 0 where another finding explains it or it is muted.
# TYPE etcdoc_finding gauge
etcdoc_finding{level="warning",member="etcd-1",rule="backend-commit-slow"} 0
etcdoc_finding{level="warning",member="etcd-1",rule="db-fragmentation"} 0
etcdoc_finding{level="warning",member="etcd-1",rule="wal-fsync-slow"} 1
`
	if err := testutil.CollectAndCompare(a, strings.NewReader(want), "etcdoc_finding"); err != nil {
		t.Error(err)
	}
	page := httptest.NewRecorder()
	a.serveLanding(page, nil)
	if !strings.Contains(page.Body.String(), "API server: reaches etcd.") {
		t.Errorf("the page has no word about the API server:\n%s", page.Body)
	}
	if !strings.Contains(page.Body.String(), "db-fragmentation of etcd-1 for 59m05s.") {
		t.Errorf("the page does not say what is muted, and for how long:\n%s", page.Body)
	}
	if !strings.Contains(page.Body.String(), "fails (503)") {
		t.Errorf("the page does not say that /health fails:\n%s", page.Body)
	}
	health := httptest.NewRecorder()
	a.serveHealth(health, nil)
	var document struct {
		Findings []struct {
			Rule, Level string
			MutedUntil  time.Time `json:"muted_until"`
		}
	}
	if err := json.Unmarshal(health.Body.Bytes(), &document); err != nil || len(document.Findings) != 3 {
		t.Fatalf("%v in %s", err, health.Body)
	}
	until := a.newest.Load().mutes[0].Until
	for _, f := range document.Findings {
		is := f.Rule == string(thresholds.DBFragmented)
		if f.MutedUntil.IsZero() == is || is && !f.MutedUntil.Equal(until) || f.Level != "warning" {
			t.Errorf("in the JSON, with a mute until %v: %+v", until, f)
		}
	}
}
