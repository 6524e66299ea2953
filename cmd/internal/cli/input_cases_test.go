package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/thresholds"
)

// fieldCase returns the path of a case from the field.
func fieldCase(name ...string) string {
	return filepath.Join(append([]string{"testdata", "cases"}, name...)...)
}

// TestInputStartTimeMoves: one process for ten days, whose start time jitters by a second, or moves once by 120 s.
func TestInputStartTimeMoves(t *testing.T) {
	for _, series := range []string{"dumps", "step"} {
		path := fieldCase("start-time-moves-with-the-clock", series)
		if code, r := judged(t, path); code != ExitHealthy || r.finds("member-restarted") {
			t.Errorf("%s: exit code %d, %s", series, code, r.Reading.Text)
		}
		for _, e := range judgedFields(t, path).Events {
			if e.Kind == thresholds.EventRestarted {
				t.Errorf("%s: %s", series, e.Text)
			}
		}
	}
}

// TestInputSeveralMembersInOneFile: members that a label distinguishes are read apart; otherwise the file is refused.
// Nothing is ever summed.
func TestInputSeveralMembersInOneFile(t *testing.T) {
	refused := fieldCase("several-members-in-one-file", "all.prom")
	if code, stdout, stderr := etcdoc(t, "check", "--input", refused); code != ExitNotDone || stdout != "" ||
		!strings.Contains(stderr, "--input: "+refused+": ") {
		t.Errorf("exit code %d, stdout %q, stderr %q: want 2, nothing, and the file", code, stdout, stderr)
	}
	for _, name := range []string{"federate.prom", "gauges.prom"} {
		code, r := judged(t, fieldCase("several-members-in-one-file", name))
		if code != ExitUnhealthy || len(r.Members) != 3 || r.Cluster.Leader == nil ||
			*r.Cluster.Leader != "10.0.0.1:2381" {
			t.Fatalf("%s: exit code %d, %+v", name, code, r)
		}
		leaderless, quota := 0, 0.0
		for _, f := range r.Findings {
			if f.Rule == "no-leader" {
				leaderless++
			}
		}
		for _, m := range r.Members {
			if m.Vitals["db_quota_bytes"] != 2<<30 {
				t.Errorf("%s: the quota of %s is %g", name, m.Name, m.Vitals["db_quota_bytes"])
			}
			quota = max(quota, m.Vitals["db_size_bytes"]/m.Vitals["db_quota_bytes"])
		}
		if leaderless != 2 || r.finds("db-quota") != (name == "gauges.prom") ||
			(quota > 0.97) != (name == "gauges.prom") {
			t.Errorf("%s: %d without a leader, %g of the quota", name, leaderless, quota)
		}
	}
}

// TestInputWithOddLines: the unreadable lines of an exposition are reported, and the rest is judged.
func TestInputWithOddLines(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "etcd-1.prom")
	writeDump(t, path, 1, 1000, 50)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	odd := "etcd_mvcc_put_total many\netcd_server_slow_apply_total{foo-bar=\"x\"} 3 1732150800.5 # {trace_id=\"y\"} 1\n"
	if err := os.WriteFile(path, append(text, odd...), 0o600); err != nil {
		t.Fatal(err)
	}
	apiserver := []byte("etcd_db_total_size_in_bytes 1\nprocess_open_fds 7\n")
	if err := os.WriteFile(filepath.Join(folder, "kube-apiserver.prom"), apiserver, 0o600); err != nil {
		t.Fatal(err)
	}
	code, r := judged(t, folder)
	if code != ExitUnhealthy || len(r.Members) != 1 || !r.finds("wal-fsync-slow") || r.finds("metrics-unavailable") {
		t.Errorf("exit code %d, %s", code, r.Reading.Text)
	}
	for _, place := range []string{"etcd_mvcc_put_total many", filepath.Join(folder, "kube-apiserver.prom")} {
		if !r.omits(place) {
			t.Errorf("%q is not listed as not looked at: %q", place, r.Reading.NotLookedAt)
		}
	}
}

// TestInputDownMemberHasNoDump: the dumped members fail to send to one without a dump.
func TestInputDownMemberHasNoDump(t *testing.T) {
	path := fieldCase("down-member-has-no-dump", "series")
	code, r := judged(t, path)
	if code != ExitUnhealthy || r.Level != "warning" || !r.finds("undumped-member") {
		t.Errorf("exit code %d, %s: %s", code, r.Level, r.Reading.Text)
	}
	folder := t.TempDir() // a single sweep
	for _, member := range []string{"etcd-1", "etcd-2"} {
		text, err := os.ReadFile(filepath.Join(path, member, "1732150890.prom"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, member+".prom"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, r = judged(t, folder)
	if code != ExitHealthy || r.finds("undumped-member") || !r.omits("3333333333333333") {
		t.Errorf("a single sweep: exit code %d, %s: %s, %q", code, r.Level, r.Reading.Text, r.Reading.NotLookedAt)
	}
}

// TestInputSteps: a constant failure is found however far apart the dumps are, and nothing is found if nothing fails.
func TestInputSteps(t *testing.T) {
	t.Parallel()
	const lines = "etcd_server_heartbeat_send_failures_total %[1]d\netcd_server_slow_apply_total %[1]d\n" +
		"etcd_server_slow_read_indexes_total %[1]d\n" +
		"etcd_network_active_peers{Local=\"a1\",Remote=\"a2\"} 1\n" +
		"etcd_network_peer_sent_failures_total{To=\"a2\"} %[1]d\n" +
		"grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\"," +
		"grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} %[2]d\n" +
		"grpc_server_handled_total{grpc_code=\"Unavailable\",grpc_method=\"Put\"," +
		"grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} %[1]d\n"
	for _, step := range []time.Duration{15 * time.Second, 30 * time.Second, time.Minute} {
		for _, n := range []int{3, 7, 20} {
			for _, perSecond := range []int{0, 3} {
				folder := t.TempDir()
				for i := range n {
					for member := 1; member <= 2; member++ {
						path := filepath.Join(folder, fmt.Sprintf("etcd-%d/%d.prom", member,
							dumpedAt.Add(time.Duration(i)*step).Unix()))
						writeDump(t, path, member, 10000+60*i, 0)
						if member == 2 {
							continue
						}
						text, err := os.ReadFile(path)
						if err != nil {
							t.Fatal(err)
						}
						seconds := i * int(step/time.Second)
						text = fmt.Appendf(text, lines, 500+perSecond*seconds, 1000+20*seconds)
						if err := os.WriteFile(path, text, 0o600); err != nil {
							t.Fatal(err)
						}
					}
				}
				code, r := judged(t, folder)
				for _, rule := range []string{"heartbeat-failures", "slow-applies", "slow-read-indexes",
					"peer-send-failures", "grpc-failures"} {
					if r.finds(rule) != (perSecond > 0) {
						t.Errorf("%d dumps, %v apart, %d/s: %s is found: %v (%s)", n, step, perSecond, rule,
							r.finds(rule), r.Reading.Text)
					}
				}
				if (code == ExitUnhealthy) != (perSecond > 0) {
					t.Errorf("%d dumps, %v apart, %d/s: exit code %d", n, step, perSecond, code)
				}
			}
		}
	}
}
