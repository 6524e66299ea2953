package probe

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// oddLines maps lines that etcd never writes to the families that they cost; nil: none.
var oddLines = map[string]struct {
	line  string
	costs []string
}{
	"a label on a gauge": {`etcd_mvcc_db_total_size_in_bytes{x="q"} 3`,
		[]string{"etcd_mvcc_db_total_size_in_bytes"}},
	"a label on the quota": {`etcd_server_quota_backend_bytes{x="q"} 3`,
		[]string{"etcd_server_quota_backend_bytes"}},
	"a gauge that is no number":  {"etcd_server_proposals_pending NaN", []string{"etcd_server_proposals_pending"}},
	"an infinite gauge":          {"etcd_server_proposals_pending +Inf", []string{"etcd_server_proposals_pending"}},
	"a negative gauge":           {"etcd_server_proposals_pending -5", []string{"etcd_server_proposals_pending"}},
	"a gauge twice":              {"etcd_server_is_leader 0", []string{"etcd_server_is_leader"}},
	"a leader twice":             {"etcd_server_has_leader 1", []string{"etcd_server_has_leader"}},
	"a label on having a leader": {`etcd_server_has_leader{host="x"} 0`, []string{"etcd_server_has_leader"}},
	"its id twice, with a label": {`etcd_server_id{server_id="2a",host="x"} 1`, []string{"etcd_server_id"}},
	"a label on a counter": {`etcd_server_leader_changes_seen_total{x="q"} 9`,
		[]string{"etcd_server_leader_changes_seen_total"}},
	"a counter that is no number": {"etcd_mvcc_put_total NaN", []string{"etcd_mvcc_put_total"}},
	"a label on a bucket": {`etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001",x="q"} 3`,
		[]string{"etcd_disk_wal_fsync_duration_seconds"}},
	"a bucket twice": {`etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 3`,
		[]string{"etcd_disk_wal_fsync_duration_seconds"}},
	"a sum twice": {"etcd_disk_wal_fsync_duration_seconds_sum 3",
		[]string{"etcd_disk_wal_fsync_duration_seconds"}},
	"a count that is no number": {"etcd_disk_wal_fsync_duration_seconds_count NaN",
		[]string{"etcd_disk_wal_fsync_duration_seconds"}},
	"two gauges": {"etcd_server_is_leader 0\netcd_server_is_learner 1",
		[]string{"etcd_server_is_leader", "etcd_server_is_learner"}},
	"a line of nobody's":             {`api_requests_total{code="200"} 3`, nil},
	"no line at all":                 {"hello, world", nil},
	"a family of a later etcd":       {`etcd_server_moods{kind="sunny"} NaN`, nil},
	"a label that is not closed":     {`etcd_server_proposals_pending{x="q`, []string{"etcd_server_proposals_pending"}},
	"a value that is none":           {"etcd_server_proposals_pending many", []string{"etcd_server_proposals_pending"}},
	"a build that is not this one's": {`etcd_server_version{server_version="3.5.0"} 0`, nil},
}

// TestOneOddLine: an odd line costs its own family and nothing else, wherever it stands, and an error names it.
func TestOneOddLine(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"leader-of-three", "follower-of-three"} {
		text := exposition(t, "testdata/etcd-3.7.3-"+file+".prom.gz")
		for name, odd := range oddLines {
			for _, whole := range [][]byte{
				append([]byte(odd.line+"\n"), text...), append(slices.Clone(text), odd.line+"\n"...),
			} {
				for _, fast := range []bool{true, false} {
					all, err := newDecoder().decodeAll("", bytes.NewReader(whole), fast)
					if err != nil || len(all) != 1 {
						t.Fatalf("%s: %d expositions, %v", name, len(all), err)
					}
					want := without(t, text, odd.costs)
					got := all[0].metrics
					if said := got.ParseError; (said != nil) != (odd.costs != nil) {
						t.Errorf("%s: it says %v", name, said)
					}
					got.Bytes, got.Series, got.ParseError = want.Bytes, want.Series, nil
					if dump(got) != dump(want) {
						t.Errorf("%s says\n%s, want\n%s", name, dump(got), dump(want))
					}
				}
			}
		}
	}
}

// without returns what an exposition decodes to without some families.
func without(t *testing.T, text []byte, names []string) *Metrics {
	t.Helper()
	m, err := readMetrics(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families() {
		if slices.ContainsFunc(f.names, func(name string) bool { return slices.Contains(names, name) }) {
			f.reset(m)
		}
	}
	return m
}

// sampleLine splits a sample into its name, its labels and the rest.
var sampleLine = regexp.MustCompile(`(?m)^([a-z]\w*)(?:\{(.*)\})? `)

// labelledText adds a label to every sample, as a scrape does.
func labelledText(text []byte, label string) []byte {
	return bytes.ReplaceAll(sampleLine.ReplaceAll(text, []byte(`$1{$2,`+label+`} `)), []byte("{,"), []byte("{"))
}

// TestSeveralMembersInOneText: a text of several members is split by a label, or refused. Odd lines change nothing
// about that.
func TestSeveralMembersInOneText(t *testing.T) {
	t.Parallel()
	text := exposition(t, "testdata/etcd-3.7.3-follower-of-three.prom.gz")
	other := exposition(t, "testdata/etcd-3.7.3-leader-of-three.prom.gz")
	join := func(texts ...[]byte) []byte { return bytes.Join(texts, nil) }
	at := func(label string, text []byte) []byte { return labelledText(text, fmt.Sprintf("instance=%q", label)) }
	half := func(text []byte, share int) []byte {
		return text[:bytes.LastIndexByte(text[:len(text)*share/100], '\n')+1]
	}
	tests := map[string]struct {
		text    []byte
		members []string // the label's value for each member; nil: the text is refused
		refused string
	}{
		"one":                        {text, []string{""}, ""},
		"two, one after the other":   {join(text, other), nil, "metrics of 2 members in one file"},
		"three, one after the other": {join(text, other, noID(text)), nil, "metrics of 3 members in one file"},
		"one, twice":                 {join(text, text), nil, "2 expositions of one member in one file"},
		"two without an id":          {join(noID(text), noID(other)), nil, "metrics of 2 members in one file"},
		"two without id or has_leader": {join(noAnchor(text), noAnchor(other)), nil,
			"metrics of 2 members in one file"},
		"two, and the second cut short": {join(text, half(other, 95)), nil, "members in one file"},
		"two by instance":               {join(at("a", text), at("b", other)), []string{"a", "b"}, ""},
		"one by instance":               {at("a", text), []string{""}, ""},
		"one of them twice":             {join(at("a", text), at("b", other), at("b", other)), nil, "in one file"},
	}
	odd := slices.Sorted(maps.Keys(oddLines))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for i := range len(odd) + 1 {
				whole, of := test.text, "nothing odd"
				if i < len(odd) {
					of = odd[i]
					whole = append([]byte(oddLines[of].line+"\n"), test.text...)
				}
				all, err := newDecoder().decodeAll("", bytes.NewReader(whole), false)
				var members []string
				for _, e := range all {
					members = append(members, e.source)
				}
				if !slices.Equal(members, test.members) {
					t.Errorf("%s: %q (%v), want %q", of, members, err, test.members)
				}
				if test.members != nil {
					continue
				}
				var several *severalProcessesError
				if !errors.As(err, &several) || !strings.Contains(several.inFile(), test.refused) ||
					several.processes < 2 {
					t.Errorf("%s: %v, want %q", of, err, test.refused)
				}
			}
		})
	}
}

func noID(text []byte) []byte {
	return regexp.MustCompile(`(?m)^etcd_server_id.*\n`).ReplaceAll(text, nil)
}

func noAnchor(text []byte) []byte {
	return regexp.MustCompile(`(?m)^etcd_server_has_leader.*\n`).ReplaceAll(noID(text), nil)
}
