package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// every returns the seconds from 0 to last, a step apart.
func every(step, last int) (seconds []int) {
	for at := 0; at <= last; at += step {
		seconds = append(seconds, at)
	}
	return seconds
}

// dumpSeries writes the dumps of one of three members that fsyncs 10 times a second, at each of those seconds. slow
// is how many fsyncs had taken 300 ms by then, and more returns additional lines; nil: none.
func dumpSeries(t *testing.T, folder string, member int, seconds []int, slow func(int) int, more func(int) string) {
	t.Helper()
	for _, at := range seconds {
		path := filepath.Join(folder, fmt.Sprintf("etcd-%d/%d.prom", member,
			dumpedAt.Add(time.Duration(at)*time.Second).Unix()))
		n := 0
		if slow != nil {
			n = slow(at)
		}
		writeDump(t, path, member, 10000+10*at-n, n)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, "etcd_debugging_mvcc_slow_watcher_total 0\n"...)
		if more != nil {
			lines := more(at)
			if own := "process_cpu_seconds_total "; strings.Contains(lines, own) {
				text = bytes.ReplaceAll(text, []byte(own), []byte("process_unused_total "))
			}
			text = append(text, lines...)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestInputCollectedOneByOne: one dump of each member is a single sweep, however long it took to collect them.
func TestInputCollectedOneByOne(t *testing.T) {
	for _, apart := range []time.Duration{0, 3 * time.Second, 20 * time.Second, 40 * time.Second, 90 * time.Second,
		10 * time.Minute} {
		for _, slow := range []int{0, 500} {
			named, dated := t.TempDir(), t.TempDir()
			for member := 1; member <= 3; member++ {
				at, n := dumpedAt.Add(time.Duration(member)*apart), 0
				if member == 1 {
					n = slow
				}
				path := filepath.Join(named, fmt.Sprintf("etcd-%d.prom", member))
				writeDump(t, path, member, 10000, n)
				if err := os.Chtimes(path, at, at); err != nil {
					t.Fatal(err)
				}
				writeDump(t, filepath.Join(dated, fmt.Sprintf("etcd-%d/%d.prom", member, at.Unix())), member, 10000, n)
			}
			for _, folder := range []string{named, dated} {
				code, r := judged(t, folder)
				if (code == ExitUnhealthy) != (slow > 0) || r.finds("wal-fsync-slow") != (slow > 0) {
					t.Errorf("%v apart, %d slow: exit code %d, %s", apart, slow, code, r.Reading.Text)
				}
			}
		}
	}
}

// TestInputOwnSteps: each member is judged by its own dumps, however often the others were dumped.
func TestInputOwnSteps(t *testing.T) {
	t.Parallel()
	later := func(seconds []int, by int) []int {
		for i := range seconds {
			seconds[i] += by
		}
		return seconds
	}
	tests := map[string]struct {
		others, own []int // when they are dumped
	}{
		"as the others":             {every(15, 600), every(15, 600)},
		"half as often":             {every(15, 600), every(30, 600)},
		"a minute":                  {every(15, 600), every(60, 600)},
		"a minute, and later":       {every(15, 600), later(every(60, 540), 7)},
		"a minute, and much later":  {every(15, 600), later(every(60, 540), 54)},
		"two minutes":               {every(15, 600), every(120, 600)},
		"five minutes":              {every(15, 600), every(300, 600)},
		"two":                       {every(30, 300), []int{0, 300}},
		"three":                     {every(30, 300), []int{0, 150, 300}},
		"a gap before the last":     {every(30, 300), []int{0, 30, 60, 90, 300}},
		"a gap before the last two": {every(30, 300), []int{0, 30, 60, 240, 300}},
		"more often":                {every(60, 600), every(15, 600)},
		"all have a gap":            {[]int{0, 30, 60, 90, 300}, []int{0, 30, 60, 90, 300}},
		"an hour":                   {every(3600, 4*3600), every(3600, 4*3600)},
	}
	for name, test := range tests {
		for _, slow := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s, slow: %d", name, slow), func(t *testing.T) {
				folder := t.TempDir()
				for _, member := range []int{1, 3} {
					dumpSeries(t, folder, member, test.others, nil, nil)
				}
				dumpSeries(t, folder, 2, test.own, func(at int) int { return 5 * slow * at }, func(at int) string {
					return fmt.Sprintf("etcd_server_slow_apply_total %d\n", 3+3*slow*at)
				})
				code, r := judged(t, folder)
				if (code == ExitUnhealthy) != (slow > 0) {
					t.Errorf("exit code %d: %s", code, r.Reading.Text)
				}
				for _, rule := range []string{"wal-fsync-slow", "slow-applies"} {
					if r.finds(rule) != (slow > 0) {
						t.Errorf("%s is found: %v (%s)", rule, r.finds(rule), r.Reading.Text)
					}
				}
				for _, f := range r.Findings {
					if f.Member != nil && f.Level == "unknown" {
						t.Errorf("%s of %s is unknown", f.Rule, *f.Member)
					}
				}
			})
		}
	}
}

// tripLines returns the lines of a member's round trips with its two peers: how many there were by each second, and
// how long they took.
func tripLines(member int, trips map[int]int, took map[int]float64) string {
	var b strings.Builder
	for peer, n := range trips {
		const name, fast = "etcd_network_peer_round_trip_time_seconds", 30000
		for bound := 0.0001; bound < 4; bound *= 2 {
			count := 0
			if bound >= 0.002 {
				count = fast
			}
			if bound >= took[peer] {
				count += n
			}
			fmt.Fprintf(&b, "%s_bucket{To=\"a%d\",le=\"%g\"} %d\n", name, peer, bound, count)
		}
		fmt.Fprintf(&b, "%s_bucket{To=\"a%d\",le=\"+Inf\"} %d\n%s_sum{To=\"a%d\"} %g\n%s_count{To=\"a%d\"} %d\n",
			name, peer, fast+n, name, peer, fast*0.0015+float64(n)*took[peer], name, peer, fast+n)
		fmt.Fprintf(&b, "etcd_network_active_peers{Local=\"a%d\",Remote=\"a%d\"} 1\n", member, peer)
	}
	return b.String()
}

// TestInputLinks: links are compared at every step, and none is critical for fewer than ten round trips.
func TestInputLinks(t *testing.T) {
	t.Parallel()
	all := func(int, int) float64 { return 0.08 }
	one := func(from, to int) float64 {
		if from+to == 1+2 {
			return 0.17
		}
		return 0.002
	}
	tests := map[string]struct {
		took       func(from, to int) float64
		every      int // seconds between two of a link's round trips
		step, last int
		cause      string
		critical   bool
	}{
		"all, 15 s":                 {all, 30, 15, 300, "slow-network", false},
		"all, 30 s":                 {all, 30, 30, 300, "slow-network", false},
		"all, 60 s":                 {all, 30, 60, 480, "slow-network", false},
		"all, 2 m":                  {all, 30, 120, 1200, "slow-network", false},
		"one, 15 s":                 {one, 30, 15, 240, "slow-link", false},
		"one, 30 s":                 {one, 30, 30, 240, "slow-link", false},
		"one, 60 s: 8 round trips":  {one, 30, 60, 240, "slow-link", false},
		"one, 60 s: 16 round trips": {one, 15, 60, 600, "slow-link", true},
		"one, 15 s: 19 round trips": {one, 15, 15, 600, "slow-link", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for member := 1; member <= 3; member++ {
				dumpSeries(t, folder, member, every(test.step, test.last), nil, func(at int) string {
					trips, took := map[int]int{}, map[int]float64{}
					for peer := 1; peer <= 3; peer++ {
						if peer != member {
							trips[peer], took[peer] = at/test.every, test.took(member, peer)
						}
					}
					return tripLines(member, trips, took)
				})
			}
			_, r := judged(t, folder)
			if r.Reading.Cause != test.cause || test.cause == "slow-link" && len(r.Reading.About) != 2 ||
				(r.Level == "critical") != test.critical {
				t.Errorf("%s, %s: %s", r.Level, r.Reading.Cause, r.Reading.Text)
			}
		})
	}
}

// TestInputNotices: findings appear even if they are only notices.
func TestInputNotices(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lines func(at int) string
		rule  string // empty: nothing is found
	}{
		"nothing": {func(int) string { return "" }, ""},
		"late heartbeats": {func(at int) string {
			return fmt.Sprintf("etcd_server_heartbeat_send_failures_total %d\n", at/10)
		}, "heartbeat-failures"},
		"more late ones": {func(at int) string {
			return fmt.Sprintf("etcd_server_heartbeat_send_failures_total %d\n", 9*at/10)
		}, "heartbeat-failures"},
		"slow applies": {func(at int) string { return fmt.Sprintf("etcd_server_slow_apply_total %d\n", at/10) },
			"slow-applies"},
		"leases come and go": {func(at int) string {
			return fmt.Sprintf("etcd_debugging_lease_granted_total %d\n", 60*at)
		}, "lease-churn"},
	}
	for name, test := range tests {
		for _, step := range []int{15, 30, 60} {
			t.Run(fmt.Sprintf("%s, %d s", name, step), func(t *testing.T) {
				folder := t.TempDir()
				for member := 1; member <= 3; member++ {
					var lines func(int) string
					if member == 1 {
						lines = test.lines
					}
					dumpSeries(t, folder, member, every(step, 600), nil, lines)
				}
				code, r := judged(t, folder)
				breached := slices.DeleteFunc(r.Findings, func(f finding) bool { return f.Level == "unknown" })
				if code != ExitHealthy || test.rule != "" && !r.finds(test.rule) ||
					test.rule == "" && len(breached) > 0 {
					t.Errorf("exit code %d, %s: %s", code, r.Reading.Cause, r.Reading.Text)
				}
			})
		}
	}
}

// TestInputLastStep: a rate that started with the last step is reported over that step, and not as if it had lasted
// longer.
func TestInputLastStep(t *testing.T) {
	for _, step := range []int{30, 60, 120} {
		folder := t.TempDir()
		for member := 1; member <= 2; member++ {
			dumpSeries(t, folder, member, every(step, 10*step), nil, func(at int) string {
				return fmt.Sprintf("etcd_server_heartbeat_send_failures_total %d\n",
					100+max(0, 3*(2-member)*(at-9*step)))
			})
		}
		code, r := judged(t, folder)
		if code != ExitUnhealthy || !r.finds("heartbeat-failures") {
			t.Errorf("%d s apart: exit code %d, %s", step, code, r.Reading.Text)
		}
	}
}

// TestInputRareCalls: if most calls of a method fail, the output says so, even if they are too few to judge.
func TestInputRareCalls(t *testing.T) {
	tests := map[string]struct {
		step, last  int
		ok, failing func(at int) int
		found       bool
		why         string // it is not measured
	}{
		"1/s, 30 s":    {30, 120, func(int) int { return 9 }, func(at int) int { return at }, false, "too-few-samples"},
		"1/s, 60 s":    {60, 540, func(int) int { return 9 }, func(at int) int { return at }, false, "too-few-samples"},
		"3/s":          {30, 300, func(int) int { return 9 }, func(at int) int { return 3 * at }, true, ""},
		"5/s, an hour": {3600, 7200, func(int) int { return 9 }, func(at int) int { return 5 * at }, true, ""},
		"none fails":   {60, 540, func(at int) int { return at }, func(int) int { return 0 }, false, ""},
		"two of a few": {60, 540, func(at int) int { return at / 60 }, func(at int) int { return at / 540 * 2 },
			false, ""},
		"long ago": {30, 600, func(at int) int { return at }, func(at int) int { return min(at, 60) },
			false, ""},
		"one in hundred": {60, 540, func(at int) int { return at }, func(at int) int { return at / 100 }, false, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			const line = `grpc_server_handled_total{grpc_code=%q,grpc_method="Put",` +
				`grpc_service="etcdserverpb.KV",grpc_type="unary"} %d` + "\n"
			dumpSeries(t, folder, 1, every(test.step, test.last), nil, func(at int) string {
				return fmt.Sprintf(line, "OK", test.ok(at)) + fmt.Sprintf(line, "Unavailable", 5+test.failing(at))
			})
			_, r := judged(t, folder)
			why := ""
			for _, u := range r.Unmeasured {
				if u.Rule == "grpc-failures" {
					why = u.Why
				}
			}
			if r.finds("grpc-failures") != test.found || why != test.why {
				t.Errorf("found %v, unmeasured %q, want %v, %q: %s", r.finds("grpc-failures"), why,
					test.found, test.why, r.Reading.Text)
			}
		})
	}
}

// TestInputCutFromTheLeader: no output claims that a member knows no leader if its own dump has one.
func TestInputCutFromTheLeader(t *testing.T) {
	for _, last := range []int{0, 240} {
		for _, has := range []int{0, 1} {
			folder := t.TempDir()
			for member := 1; member <= 3; member++ {
				dumpSeries(t, folder, member, every(30, last), nil, func(int) string {
					var b strings.Builder
					for peer := 1; peer <= 3; peer++ {
						if active := 1; peer != member {
							if member == 1 && peer == 2 {
								active = 0
							}
							fmt.Fprintf(&b, "etcd_network_active_peers{Local=\"a%d\",Remote=\"a%d\"} %d\n", member,
								peer, active)
						}
					}
					return b.String()
				})
			}
			if has == 0 {
				leaderlessDumps(t, filepath.Join(folder, "etcd-2"))
			}
			code, r := judged(t, folder)
			if code != ExitUnhealthy || r.finds("no-leader") != (has == 0) {
				t.Errorf("has a leader: %d, over %d s: exit code %d, %s", has, last, code, r.Reading.Text)
			}
		}
	}
}

// leaderlessDumps removes the leader from all dumps of a folder.
func leaderlessDumps(t *testing.T, folder string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		path := filepath.Join(folder, file.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		leaderless := strings.ReplaceAll(string(text), "etcd_server_has_leader 1", "etcd_server_has_leader 0")
		if err := os.WriteFile(path, []byte(leaderless), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
