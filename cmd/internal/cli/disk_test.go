package cli

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/disk"
)

// TestDisk measures, says what it found in each format, and leaves nothing behind. How fast the disk is that it runs on
// is not known here.
func TestDisk(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp(".", "measured-*") // that for temporary files may be in memory
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	codes := map[string]int{"ok": ExitHealthy, "notice": ExitUnhealthy, "warning": ExitUnhealthy,
		"critical": ExitUnhealthy, "unknown": ExitNotDone}
	code, out, errs := etcdoc(t, "disk", dir, "--writes", "200", "-o", "json")
	var d diskDocument
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	if d.Writes != 200 || d.P50 > d.P99 || d.P99 > d.Longest || d.Longest > d.Seconds || d.PerSecond <= 0 ||
		d.RecordBytes != 2300 || d.Text == "" || codes[d.Level] != code {
		t.Errorf("%d: %s", code, out)
	}
	_, out, _ = etcdoc(t, "disk", dir, "--writes", "200", "--growing")
	for _, want := range []string{" for etcd: ", "one after the other", "fdatasync", "p99", "longest", "█", "200 writes of 2300 bytes"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if code, out, _ := etcdoc(t, "disk", dir, "--writes", "1", "-o", "yaml"); !strings.Contains(out, "level: ") {
		t.Errorf("%d: %s", code, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestDiskErrors(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                                "takes a directory",
		"/nope-here":                      "no such file",
		"/tmp -o csv":                     "want table, json or yaml",
		"/tmp --writes 0":                 "want 1 or more",
		"/tmp --record-size 0":            "want 1 to",
		"/tmp --duration 0s":              "want more than 0",
		"/tmp --endpoints 127.0.0.1:2379": "is about members that answer",
	} {
		if code, _, errs := etcdoc(t, append([]string{"disk"}, strings.Fields(args)...)...); code != ExitNotDone ||
			!strings.Contains(errs, want) {
			t.Errorf("%q: %d: %s", args, code, errs)
		}
	}
}

// TestDiskHistogram has a bucket that ends at the recommended limit, with a line below it, and none that is missing.
func TestDiskHistogram(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	r := &disk.Result{Syncs: []time.Duration{3 * ms, 4 * ms, 9 * ms, 10 * ms, 11 * ms, 70 * ms}}
	b := &paragraphs{width: 60}
	writeDiskHistogram(b, r, 60)
	var rows [][]string
	for line := range strings.Lines(b.String()) {
		fields := strings.Fields(line)
		rows = append(rows, []string{fields[0], fields[1], fields[len(fields)-1]})
	}
	want := [][]string{{"≤", "5", "2"}, {"≤", "10", "2"}, {"----------", "10", "recommended"}, {"≤", "20", "1"},
		{"≤", "40", "0"}, {"≤", "80", "1"}}
	if !slices.EqualFunc(rows, want, slices.Equal[[]string]) {
		t.Errorf("%q, want %q", rows, want)
	}
	one := []time.Duration{20 * ms}
	if bounds := diskBounds(&disk.Result{Syncs: one}, 10*ms); !slices.Equal(bounds, one) {
		t.Errorf("%v", bounds)
	}
}
