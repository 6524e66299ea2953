package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// dumpedAt is the time of the first dump of a series.
var dumpedAt = time.Date(2024, 11, 21, 12, 0, 0, 0, time.UTC)

// writeDump writes the exposition of a member with n fsyncs of duration fast, and then slow fsyncs of 300 ms.
func writeDump(t *testing.T, path string, member, n, slow int) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "etcd_server_id{server_id=\"a%d\"} 1\netcd_server_version{server_version=\"3.6.4\"} 1\n", member)
	fmt.Fprintf(&b, "etcd_server_has_leader 1\netcd_server_is_leader %d\n", max(0, 2-member))
	fmt.Fprintf(&b, "etcd_mvcc_db_total_size_in_bytes 1e+09\netcd_server_quota_backend_bytes 8e+09\n")
	fmt.Fprintf(&b, "etcd_server_leader_changes_seen_total 1\netcd_server_proposals_pending 0\n"+
		"process_start_time_seconds 1.7e+09\n")
	fmt.Fprintf(&b, "process_cpu_seconds_total %d\n", n/100)
	for _, histogram := range []string{"etcd_disk_wal_fsync_duration_seconds",
		"etcd_disk_backend_commit_duration_seconds"} {
		for i := range 14 {
			bound, count := 0.001*math.Pow(2, float64(i)), n
			if bound > 0.3 {
				count += slow
			}
			fmt.Fprintf(&b, "%s_bucket{le=\"%g\"} %d\n", histogram, bound, count)
		}
		fmt.Fprintf(&b, "%s_bucket{le=\"+Inf\"} %d\n%s_sum 1\n%s_count %d\n", histogram, n+slow, histogram, histogram,
			n+slow)
		slow = 0 // commits are fast
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// judged returns the outcome of a check of dumps, in JSON.
func judged(t *testing.T, args ...string) (code int, r report) {
	t.Helper()
	code, stdout, stderr := etcdoc(t, append([]string{"check", "-o", "json", "--input"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit code %d, stderr %q: %v in %q", code, stderr, err, stdout)
	}
	return code, r
}

// judgedFields returns the outcome of a check of dumps, with what the JSON does not have.
func judgedFields(t *testing.T, path string) thresholds.Assessment {
	t.Helper()
	a, err := judgeDumps(t.Context(), path, nil, thresholds.Rules(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestInputSeries finds a slow disk in dumps of any spacing and number, and nothing if there is nothing.
func TestInputSeries(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{time.Second, 15 * time.Second, 5 * time.Minute} {
		for _, n := range []int{2, 4, 5, 6, 9, 40} {
			for _, slow := range []int{0, 2} {
				t.Run(fmt.Sprintf("%d %v apart, %d slow", n, every, slow), func(t *testing.T) {
					folder := t.TempDir()
					for member := 1; member <= 3; member++ {
						for i := range n {
							at := dumpedAt.Add(time.Duration(i) * every)
							name := fmt.Sprintf("etcd-%d/%d.prom", member, at.Unix())
							if member == 3 {
								name = "etcd-3/" + at.Format("2006-01-02T15-04-05Z") + ".prom"
							}
							lame := 0
							if member == 2 {
								lame = slow * i
							}
							writeDump(t, filepath.Join(folder, name), member, 10000+60*i, lame)
						}
					}
					code, r := judged(t, folder)
					want := ExitHealthy
					if slow > 0 {
						want = ExitUnhealthy
					}
					if code != want || r.finds("wal-fsync-slow") != (slow > 0) || slow > 0 &&
						(r.Reading.Cause != "slow-disk" || !slices.Equal(r.Reading.About, []string{"etcd-2"})) {
						t.Errorf("exit code %d, %s: %s", code, r.Level, r.Reading.Text)
					}
				})
			}
		}
	}
}

func TestInputOfRecordedExpositions(t *testing.T) {
	folder := t.TempDir()
	for name, recorded := range map[string]string{"etcd-1": "follower-of-three", "etcd-2": "leader-of-three"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "probe", "testdata",
			"etcd-3.7.3-"+recorded+".prom.gz"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".prom.gz"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, r := judged(t, folder)
	if code != ExitHealthy || r.Level != "unknown" || r.Cluster.Leader == nil || *r.Cluster.Leader != "etcd-2" ||
		len(r.Members) != 2 {
		t.Errorf("exit code %d, %+v", code, r)
	}
	for i, m := range r.Members {
		if m.Role != []string{"follower", "leader"}[i] || m.CanLose.Verdict != "unknown" ||
			m.Vitals["wal_fsync_p99_seconds"] <= 0 || m.Vitals["db_size_bytes"] <= 0 {
			t.Errorf("%+v", m)
		}
	}
	lacks := r.lacks()
	if !slices.Contains(lacks, string(thresholds.QuorumLost)) {
		t.Errorf("rules that can't be judged: %q", lacks)
	}
	_, stdout, stderr := etcdoc(t, "--once", "--input", folder)
	rules := thresholds.NewRuleSet(thresholds.Rules())
	for i, id := range lacks {
		rule, _ := rules.Rule(thresholds.RuleID(id))
		lacks[i] = strconv.Quote(rule.Brief)
	}
	squeezed := strings.Join(strings.Fields(stdout), " ") // a phrase may be on two lines
	for _, want := range append(lacks, "etcd-1", "etcd-2", "3.7.3") {
		if !strings.Contains(squeezed, want) || stderr != "" {
			t.Errorf("the table does not name %q, stderr %q:\n%s", want, stderr, stdout)
		}
	}
}

// TestInputWithoutAMember: a member whose dump can't be judged is not healthy.
func TestInputWithoutAMember(t *testing.T) {
	folder := t.TempDir()
	writeDump(t, filepath.Join(folder, "etcd-1.prom"), 1, 1000, 0)
	if err := os.WriteFile(filepath.Join(folder, "etcd-2.prom"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, r := judged(t, folder)
	if code != ExitUnhealthy || !r.finds("metrics-unavailable") ||
		!slices.Equal(r.Reading.About, []string{"etcd-2"}) {
		t.Errorf("exit code %d, %s", code, r.Reading.Text)
	}
}

// writeElection writes a series of n dumps of three members at a fixed spacing. From the middle on etcd-3 leads
// instead of etcd-1, which has restarted; the disk of etcd-2 is slow.
func writeElection(t *testing.T, folder string, n int, every time.Duration, slow int) {
	t.Helper()
	for member := 1; member <= 3; member++ {
		for i := range n {
			path := filepath.Join(folder, fmt.Sprintf("etcd-%d/%d.prom", member,
				dumpedAt.Add(time.Duration(i)*every).Unix()))
			lame := 0
			if member == 2 {
				lame = slow * i
			}
			writeDump(t, path, member, 10000+60*i, lame)
			if i < n/2 {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			leads := fmt.Sprintf("etcd_server_is_leader %d", max(0, member-2))
			changed := regexp.MustCompile(`etcd_server_is_leader \d`).ReplaceAllString(string(text), leads)
			if member == 1 {
				began := dumpedAt.Add(time.Duration(n/2)*every - time.Second)
				changed = strings.Replace(changed, "process_cpu_seconds_total 1", "process_cpu_seconds_total 0", 1)
				changed = strings.Replace(changed, "process_start_time_seconds 1.7e+09",
					fmt.Sprintf("process_start_time_seconds %d", began.Unix()), 1)
			}
			if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestInputEvents lists what happened from dump to dump: the new leader, the restarted process.
func TestInputEvents(t *testing.T) {
	folder := t.TempDir()
	writeElection(t, folder, 8, 15*time.Second, 0)
	a := judgedFields(t, folder)
	find := func(kind thresholds.EventKind) *thresholds.Event {
		at := slices.IndexFunc(a.Events, func(e thresholds.Event) bool { return e.Kind == kind })
		if at < 0 {
			return &thresholds.Event{}
		}
		return &a.Events[at]
	}
	if restarted := find(thresholds.EventRestarted); restarted.Member.Label != "etcd-1" {
		t.Errorf("restarted: %+v", restarted)
	}
	if leader := find(thresholds.EventLeader); !leader.At.Equal(dumpedAt.Add(time.Minute)) ||
		leader.Level != thresholds.Notice || leader.Member.Label != "etcd-3" {
		t.Errorf("the leader: %+v", leader)
	}
	if started := find(thresholds.EventStarted); started.Kind != "" {
		t.Errorf("the initial state is an event: %+v", started)
	}
	_, stdout, _ := etcdoc(t, "check", "--input", folder)
	for i := range a.Events {
		if e := &a.Events[i]; !strings.Contains(stdout, e.Text) {
			t.Errorf("the table lacks the event %q:\n%s", e.Text, stdout)
		}
	}
}

// TestPlainGoesForward: a finding is written once it has lasted long enough, with the time since when it holds.
func TestPlainGoesForward(t *testing.T) {
	folder := t.TempDir()
	writeElection(t, folder, 40, time.Second, 2)
	dumps, err := probe.OpenDumps(t.Context(), folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := new(ScreenFlags).Plain(t.Context(), Streams{Out: &b}, dumps); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if day := "2024-11-21, times in UTC"; lines[0] != day || strings.Count(b.String(), day) != 1 {
		t.Errorf("the lines do not begin with the day:\n%s", b.String())
	}
	lines = lines[1:]
	if !slices.IsSortedFunc(lines, func(a, b string) int {
		return strings.Compare(a[:len(plainTime)], b[:len(plainTime)])
	}) {
		t.Errorf("the lines are not in the order of their times:\n%s", b.String())
	}
	if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, ", since 12:00:") }) {
		t.Errorf("no line says since when the finding holds:\n%s", b.String())
	}
}

func TestInputFromStandardInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "etcd-1.prom")
	writeDump(t, path, 1, 1000, 50)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"--once", "-o", "json", "--input", "-"}, bytes.NewReader(text), &out, &errs)
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if code != ExitUnhealthy || !r.finds("wal-fsync-slow") || len(r.Members) != 1 || r.Members[0].Name != "stdin" ||
		errs.Len() > 0 {
		t.Errorf("exit code %d, stderr %q:\n%s", code, errs.String(), out.String())
	}
}

// TestInputWindow: slowness before the window does not count; without a window all of it does.
func TestInputWindow(t *testing.T) {
	folder := t.TempDir()
	for i := range 60 {
		writeDump(t, filepath.Join(folder, fmt.Sprintf("%d.prom", dumpedAt.Add(time.Duration(i)*time.Second).Unix())),
			1, 1000+60*i, 5*min(i, 30))
	}
	for window, slow := range map[string]bool{"10s": false, "40s": true, "0": true} {
		if _, r := judged(t, folder, "--window", window); r.finds("wal-fsync-slow") != slow {
			t.Errorf("--window %s: %s, want it slow: %v", window, r.Reading.Text, slow)
		}
	}
}

func TestInputUsage(t *testing.T) {
	folder := t.TempDir()
	dump := filepath.Join(folder, "etcd-1.prom")
	writeDump(t, dump, 1, 1000, 0)
	tests := map[string]struct {
		args []string
		want []string
	}{
		"nothing there":  {[]string{"--once", "--input", dump + "x"}, []string{"--input", dump + "x"}},
		"nothing named":  {[]string{"--once", "--input", ""}, []string{"--input"}},
		"an empty input": {[]string{"--once", "--input", "-"}, []string{"--input", "standard input"}},
		"endpoints too": {[]string{"--once", "--input", dump, "--endpoints", "x:1"},
			[]string{"--endpoints", "--input"}},
		"certificates too": {[]string{"check", "--input", dump, "--cacert", "ca.crt"},
			[]string{"--cacert", "--input"}},
		"without --once":        {[]string{"--input", dump}, []string{"--input", "--once"}},
		"a format there is not": {[]string{"--once", "--input", dump, "-o", "xml"}, []string{"--output", `"xml"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := etcdoc(t, test.args...)
			if code != ExitNotDone || stdout != "" || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit code %d, stdout %q, stderr %q: want 2, nothing, and a line", code, stdout, stderr)
			}
			missing := func(want string) bool { return !strings.Contains(stderr, want) }
			if i := slices.IndexFunc(test.want, missing); i >= 0 {
				t.Errorf("stderr %q does not name %q", stderr, test.want[i])
			}
		})
	}
}
