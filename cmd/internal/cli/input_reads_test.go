package cli

import (
	"fmt"
	"slices"
	"testing"
)

// TestInputSlowReads: reads that wait for the leader are blamed on a link only if round trips show it, which is all
// that dumps have. Quick round trips count against it; the load is named even if no gRPC calls are counted.
func TestInputSlowReads(t *testing.T) {
	t.Parallel()
	trips := func(took float64) func(member, at int) string {
		return func(member, at int) string {
			n, times := map[int]int{}, map[int]float64{}
			for peer := 1; peer <= 3; peer++ {
				if peer != member {
					n[peer], times[peer] = at/30, took
					if member+peer == 1+3 {
						times[peer] = min(took, 0.002)
					}
				}
			}
			return tripLines(member, n, times)
		}
	}
	none := func(int, int) string { return "" }
	slowReads := func(who ...int) func(member, at int) string {
		return func(member, at int) string {
			for _, m := range who {
				if m == member {
					return fmt.Sprintf("etcd_server_slow_read_indexes_total %d\n", 3*at)
				}
			}
			return "etcd_server_slow_read_indexes_total 0\n"
		}
	}
	const (
		applies = "etcd_server_slow_apply_total %g\n"
		cpu     = "process_cpu_seconds_total %g\n"
		ranges  = "etcd_mvcc_range_total %g\n"
		writes  = "etcd_mvcc_put_total %g\netcd_mvcc_delete_total 0\netcd_mvcc_txn_total 0\n"
		calm    = ranges + writes
	)
	counts := func(lines string, per ...float64) func(member, at int) string {
		return func(member, at int) string {
			grown := make([]any, len(per))
			for i, rate := range per {
				ever := rate * float64(dumpedAt.Unix()-1.7e9) // as long as its process has run
				if grown[i] = ever; member == 2 || lines == calm {
					grown[i] = ever + rate*float64(at)
				}
			}
			return fmt.Sprintf(lines, grown...)
		}
	}
	idle := counts(calm, 1, 1)
	tests := map[string]struct {
		reads, trips, more func(member, at int) string
		cause              string
		candidates         []string
	}{
		"quick links": {slowReads(2), trips(0.0005), idle, "not-clear",
			[]string{"cpu-starvation", "overload"}},
		"quick links, both followers": {slowReads(2, 3), trips(0.0005), idle, "not-clear",
			[]string{"cpu-starvation", "overload"}},
		"quick links, busy": {slowReads(2), trips(0.0005), counts(cpu+applies, 0.99, 2), "not-clear",
			[]string{"cpu-starvation", "overload"}},
		"no round trips": {slowReads(2), none, idle, "not-clear",
			[]string{"cpu-starvation", "slow-link"}},
		"no round trips, both": {slowReads(2, 3), none, none, "not-clear",
			[]string{"cpu-starvation", "slow-link", "overload"}},
		"slow links":                 {slowReads(2), trips(0.17), idle, "slow-link", nil},
		"a storm of reads":           {slowReads(2), trips(0.0005), counts(ranges+cpu, 20000, 3), "overload", nil},
		"a storm of reads, both":     {slowReads(2, 3), trips(0.0005), counts(ranges, 20000), "overload", nil},
		"a storm of reads, no trips": {slowReads(2), none, counts(ranges, 20000), "overload", nil},
		"a burst of writes":          {slowReads(2), trips(0.0005), counts(ranges+writes, 1, 5000), "overload", nil},
		"as many reads as are no storm": {slowReads(2), trips(0.0005), counts(ranges, 500), "not-clear",
			[]string{"cpu-starvation", "overload"}},
	}
	for name, test := range tests {
		for _, step := range []int{15, 30, 60} {
			t.Run(fmt.Sprintf("%s, %d s", name, step), func(t *testing.T) {
				folder := t.TempDir()
				for member := 1; member <= 3; member++ {
					dumpSeries(t, folder, member, every(step, 600), nil, func(at int) string {
						return test.reads(member, at) + test.trips(member, at) + test.more(member, at)
					})
				}
				_, r := judged(t, folder)
				if r.Level != "warning" || r.Reading.Cause != test.cause ||
					!slices.Equal(r.Reading.Candidates, test.candidates) {
					t.Errorf("%s, %s, %q: %s", r.Level, r.Reading.Cause, r.Reading.Candidates, r.Reading.Text)
				}
			})
		}
	}
}
