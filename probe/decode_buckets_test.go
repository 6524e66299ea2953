package probe

import (
	"strings"
	"testing"
)

// TestBucketsSeenBefore: a decoder that knows the labels of buckets reads all else of their lines as a new one does.
func TestBucketsSeenBefore(t *testing.T) {
	t.Parallel()
	const name = "etcd_disk_wal_fsync_duration_seconds"
	text := func(low, high string) string {
		return "etcd_server_id{server_id=\"1\"} 1\n" + name + "_bucket{le=\"0.001\"}" + low + "\n" + name +
			"_bucket{le=\"+Inf\"}" + high + "\n" + name + "_sum 0.5\n" + name + "_count 7\n"
	}
	good := text(" 3", " 7")
	d := newDecoder()
	for _, test := range []string{
		good, good, text(" 4", " 7"), text("\t4 ", "  7 1700000000000"), text(" 3", " 8"), text(" 9", " 7"),
		text(" 0x3", " 7"), text(" 3 4 5", " 7"), text(" three", " 7"), text("", " 7"), text(" NaN", " 7"),
		text(" 3", " 7\n"+name+"_bucket{le=\"0.001\"} 3"), strings.Replace(good, "0.001", "0.002", 1), good,
	} {
		got, gotErr := single(d.decodeAll("", strings.NewReader(test), true))
		want, wantErr := single(newDecoder().decodeAll("", strings.NewReader(test), true))
		if dump(got) != dump(want) || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("of\n%sit says %v\n%s, a new one %v\n%s", test, gotErr, dump(got), wantErr, dump(want))
		}
	}
	if len(d.buckets) != 3 {
		t.Errorf("it knows %d buckets, want 3", len(d.buckets))
	}
}
