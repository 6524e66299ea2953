package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fieldCase is the path of a case from the field.
func fieldCase(name ...string) string {
	return filepath.Join(append([]string{"testdata", "cases"}, name...)...)
}

// TestInputStartTimeMoves: one process for ten days, whose start time trembles by a second, or moves once by 120 s.
func TestInputStartTimeMoves(t *testing.T) {
	for _, series := range []string{"dumps", "step"} {
		code, r := judged(t, fieldCase("start-time-moves-with-the-clock", series))
		_, table, _ := etcdoc(t, "check", "--input", fieldCase("start-time-moves-with-the-clock", series))
		if code != ExitHealthy || r.finds("member-restarted") || strings.Contains(table, "restarted") {
			t.Errorf("%s: exit code %d, %s:\n%s", series, code, r.Reading.Text, table)
		}
	}
}

// TestInputSeveralMembersInOneFile: read as members where a label tells them apart, else refused, and never summed.
func TestInputSeveralMembersInOneFile(t *testing.T) {
	const refused = "all.prom: metrics of 3 members in one file, one file a member\n"
	code, stdout, stderr := etcdoc(t, "check", "--input", fieldCase("several-members-in-one-file", "all.prom"))
	if code != ExitNotDone || stdout != "" || !strings.HasSuffix(stderr, refused) {
		t.Errorf("exit code %d, %q, %q: want %q", code, stdout, stderr, refused)
	}
	for _, name := range []string{"federate.prom", "gauges.prom"} {
		code, r := judged(t, fieldCase("several-members-in-one-file", name))
		if code != ExitUnhealthy || len(r.Members) != 3 || r.Cluster.Leader == nil || *r.Cluster.Leader != "10.0.0.1:2381" {
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
		if leaderless != 2 || r.finds("db-quota") != (name == "gauges.prom") || (quota > 0.97) != (name == "gauges.prom") {
			t.Errorf("%s: %d without a leader, %g of the quota", name, leaderless, quota)
		}
	}
}

// TestInputWithOddLines: what can't be read of an exposition is said, and the rest of it is judged.
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
	if err := os.WriteFile(filepath.Join(folder, "kube-apiserver.prom"), []byte("etcd_db_total_size_in_bytes 1\nprocess_open_fds 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, r := judged(t, folder)
	if code != ExitUnhealthy || len(r.Members) != 1 || !r.finds("wal-fsync-slow") || r.finds("metrics-unavailable") {
		t.Errorf("exit code %d, %s", code, r.Reading.Text)
	}
	gaps := strings.Join(r.Reading.NotLookedAt, "\n")
	for _, want := range []string{"etcd_mvcc_put_total many", "kube-apiserver.prom: neither etcd_server_id nor"} {
		if !strings.Contains(gaps, want) {
			t.Errorf("%q is not said:\n%s", want, gaps)
		}
	}
}
