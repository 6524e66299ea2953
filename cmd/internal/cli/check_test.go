package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// report is the part of an assessment's JSON that these tests check. The evaluator's own tests check all of it.
type report struct {
	Schema, Level string
	Cluster       struct {
		Voters, Quorum int
		Tolerance      *int
		HealthyVoters  int `json:"healthy_voters"`
		Leader         *string
	}
	Reading struct {
		Cause, Text       string
		Candidates, About []string
		NotLookedAt       []string `json:"not_looked_at"`
	}
	Members []struct {
		Name, Role, State string
		AgeSeconds        *float64 `json:"age_seconds"`
		Vitals            map[string]float64
		CanLose           struct{ Verdict, Ground string } `json:"can_lose"`
		Errors            []string
		HashKV            struct {
			Hash     string
			Revision int64
		} `json:"hash_kv"`
	}
	Findings   []finding
	Unmeasured []struct{ Rule, Why string }
}

type finding struct {
	Rule, Level, State string
	Member             *string
}

func (r *report) finds(rule string) bool {
	for _, f := range r.Findings {
		if f.Rule == rule && f.Level != "unknown" {
			return true
		}
	}
	return false
}

// omits reports whether a place is listed among what was not looked at.
func (r *report) omits(place string) bool {
	return slices.ContainsFunc(r.Reading.NotLookedAt, func(gap string) bool { return strings.Contains(gap, place) })
}

// lacks returns the rules that can't be judged.
func (r *report) lacks() (rules []string) {
	for _, f := range r.Findings {
		if f.Level == "unknown" && !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return rules
}

// check runs a check in JSON, and returns how long that took.
func check(t *testing.T, args ...string) (code int, r report, took time.Duration) {
	t.Helper()
	began := time.Now()
	code, stdout, stderr := etcdoc(t, append([]string{"--once", "-o", "json"}, args...)...)
	took = time.Since(began)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit code %d, stderr %q: %v in %q", code, stderr, err, stdout)
	}
	return code, r, took
}

func endpoints(c *etcdtest.Cluster) string { return strings.Join(c.Endpoints(), ",") }

// TestCheckThroughAnOutage follows a real cluster of three down and up again.
func TestCheckThroughAnOutage(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	one := c.Endpoints()[0] // it discovers the others
	members := c.Members()

	code, r, _ := check(t, "--endpoints", one)
	if code != ExitHealthy && !r.finds("wal-fsync-slow") && !r.finds("backend-commit-slow") {
		// this machine's disk does not matter here
		t.Errorf("three healthy members: exit code %d, %s: %s", code, r.Level, r.Reading.Text)
	}
	if r.Schema != "etcdoc/v1" || r.Cluster.Voters != 3 || r.Cluster.HealthyVoters != 3 || r.Cluster.Quorum != 2 ||
		*r.Cluster.Tolerance != 1 || r.Cluster.Leader == nil {
		t.Errorf("three healthy members: %+v", r)
	}
	for _, m := range r.Members {
		if m.State != "ok" || !slices.Contains([]string{"safe", "risk"}, m.CanLose.Verdict) ||
			m.Vitals["db_size_bytes"] <= 0 || m.Vitals["wal_fsync_observations"] < 0 ||
			m.Vitals["db_quota_bytes"] != 2<<30 {
			t.Errorf("a healthy member: %+v", m)
		}
	}

	if err := members[1].Kill(); err != nil {
		t.Fatal(err)
	}
	waitForLeader(t, c)
	code, r, _ = check(t, "--endpoints", one)
	if code != ExitUnhealthy || !r.finds("member-unreachable") || !r.finds("quorum-at-risk") ||
		r.Reading.Cause != "member-down" {
		t.Errorf("one killed: exit code %d, %s, %+v", code, r.Reading.Cause, r.Findings)
	}
	for i, m := range r.Members {
		down := i == 1
		if down != (m.State == "down") || down != (len(m.Errors) > 0) {
			t.Errorf("one killed: %+v", m)
		}
		if want := "no"; !down && (m.CanLose.Verdict != want || m.CanLose.Ground != "quorum") {
			t.Errorf("losing %s with another one down: %+v, want no", m.Name, m.CanLose)
		}
	}

	if err := members[2].Kill(); err != nil {
		t.Fatal(err)
	}
	code, r, _ = check(t, "--endpoints", one)
	if code != ExitUnhealthy || !r.finds("quorum-lost") || r.Reading.Cause != "quorum-lost" || r.Level != "critical" {
		t.Errorf("two killed: exit code %d, %s, %s, %+v", code, r.Level, r.Reading.Cause, r.Findings)
	}

	for _, m := range members[1:] {
		if err := m.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	waitForLeader(t, c)
	if err := members[2].Pause(); err != nil {
		t.Fatal(err)
	}
	code, r, _ = check(t, "--endpoints", endpoints(c), "--window", "2s")
	if code != ExitUnhealthy || !r.finds("member-unreachable") && !r.finds("member-late") {
		t.Errorf("one paused: exit code %d, %+v", code, r.Findings)
	}
	for i, m := range r.Members {
		if fresh := m.AgeSeconds != nil && m.State == "ok"; fresh == (i == 2) {
			t.Errorf("one paused: %s is %s", m.Name, m.State)
		}
	}
	if err := members[2].Resume(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckWaits: a check finds hung members, however short its window.
func TestCheckWaits(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	for _, m := range c.Members() {
		if err := m.Pause(); err != nil {
			t.Fatal(err)
		}
	}
	for _, window := range []string{"0", "300ms"} {
		if code, r, _ := check(t, "--endpoints", endpoints(c), "--window", window); code == ExitHealthy {
			t.Errorf("all paused, --window %s: exit code 0, %s: %s", window, r.Level, r.Reading.Text)
		}
	}
}

// TestCheckWithAStrayEndpoint: an endpoint of no member costs the members no vote.
func TestCheckWithAStrayEndpoint(t *testing.T) {
	t.Parallel()
	c := threeVoters.Use(t)
	_, r, _ := check(t, "--endpoints", endpoints(c)+",127.0.0.1:1", "--window", "0")
	if r.Cluster.Voters != 3 || r.Cluster.HealthyVoters != 3 || len(r.Members) != 4 {
		t.Errorf("%+v", r)
	}
}

func waitForLeader(t *testing.T, c *etcdtest.Cluster) {
	t.Helper()
	if _, err := c.Leader(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestCheckIsCutShort: once the outcome is clearly unhealthy, a check sweeps again after one second, unless the user
// set how long it must take.
func TestCheckIsCutShort(t *testing.T) {
	t.Parallel()
	_, _, short := check(t, "--endpoints", "127.0.0.1:1")
	_, _, whole := check(t, "--endpoints", "127.0.0.1:1", "--window", "3s")
	_, _, once := check(t, "--endpoints", "127.0.0.1:1", "--window", "0")
	if once >= short || short >= whole {
		t.Errorf("one sweep took %v, cut short %v, with --window 3s %v: want them in that order", once, short, whole)
	}
}

func TestCheckTable(t *testing.T) {
	t.Parallel()
	c := oneVoter.Use(t)
	_, stdout, stderr := etcdoc(t, "check", "--endpoints", endpoints(c), "--window", "500ms")
	for _, want := range []string{"MEMBER", "LOSE IT?", "etcd-1", "leader", "May I lose it now?",
		"NO        etcd-1: it is the only voter", "Not looked at:"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table does not say %q:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "\x1b") || stderr != "" {
		t.Errorf("escape sequences without a terminal, or text on stderr: %q, %q", stdout, stderr)
	}
}

func TestCheckSinceStart(t *testing.T) {
	t.Parallel()
	c := oneVoter.Use(t)
	var r report
	for range 10 { // a sweep does not wait for metrics for long, and a loaded machine may take longer
		_, r, _ = check(t, "--endpoints", endpoints(c), "--window", "0")
		if r.Level != "unknown" && r.Members[0].Vitals["wal_fsync_observations"] >= 1 {
			return
		}
	}
	t.Errorf("a single sweep: %s, %s, %+v", r.Level, r.Reading.Text, r.Members[0].Vitals)
}

func TestCheckWithCertificates(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS})
	tls := []string{"--endpoints", endpoints(c), "--cert", c.Certs.CertFile, "--key", c.Certs.KeyFile}

	code, r, _ := check(t, append(tls, "--cacert", c.Certs.CAFile)...)
	if code == ExitNotDone || r.Cluster.HealthyVoters != 3 || r.Cluster.Voters != 3 {
		t.Errorf("the right certificates: exit code %d, %+v", code, r)
	}

	code, r, _ = check(t, append(tls, "--cacert", c.Certs.OtherCAFile)...)
	if code != ExitNotDone || r.Reading.Cause != "not-trusted" {
		t.Errorf("another CA: exit code %d, %s: %s", code, r.Reading.Cause, r.Reading.Text)
	}

	code, r, _ = check(t, "--endpoints", endpoints(c), "--cacert", c.Certs.CAFile)
	if code != ExitNotDone || r.Reading.Cause != "not-trusted" {
		t.Errorf("no client certificate: exit code %d, %s: %s", code, r.Reading.Cause, r.Reading.Text)
	}

	code, _, stderr := etcdoc(t, append([]string{"--once", "--window", "0", "--insecure-skip-tls-verify"}, tls...)...)
	if code == ExitNotDone || !strings.Contains(stderr, "WARNING: --insecure-skip-tls-verify") {
		t.Errorf("without verifying: exit code %d, %q", code, stderr)
	}
}
