package probe

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // "": it is none
		"1732190400": "2024-11-21T12:00:00Z", "1732190400.5": "2024-11-21T12:00:00.5Z",
		"1732190400.123456789": "2024-11-21T12:00:00.123456789Z",
		"1732190400123":        "2024-11-21T12:00:00.123Z", "1732190400123456": "2024-11-21T12:00:00.123456Z",
		"1732190400123456789":  "2024-11-21T12:00:00.123456789Z",
		"2024-11-21T12:00:00Z": "2024-11-21T12:00:00Z", "2024-11-21T12-00-00Z": "2024-11-21T12:00:00Z",
		"2024-11-21T12_00_00Z": "2024-11-21T12:00:00Z",
		"2024-11-21t12:00:00z": "", "2024-11-21T12-00-00.25Z": "2024-11-21T12:00:00.25Z",
		"2024-11-21T13:00:00+01:00": "2024-11-21T12:00:00Z", "2024-11-21T13-00-00+01-00": "2024-11-21T12:00:00Z",
		"2024-11-21T11-00-00-01-00": "2024-11-21T12:00:00Z", "2024-11-21T11_00_00-01_00": "2024-11-21T12:00:00Z",
		"": "", "1": "", "173219040": "", "17321904000": "", "0732190400": "", "-732190400": "", "+732190400": "",
		"1732190400.": "", "1732190400.x": "",
		"1732190400.1234567891": "", "1732190400123.5": "", "1e10000000": "", "1_732190400": "", "etcd-1": "",
		"2024-11-21T12:00:00": "", "2024-11-21": "",
		"9999999999999999999": "", "0001-01-01T00:00:00Z": "", "9999-01-01T00:00:00Z": "", "٠١٢٣٤٥٦٧٨٩": "",
	}
	for stem, want := range tests {
		at, is := parseTimestamp(stem)
		if got := at.Format(time.RFC3339Nano); is != (want != "") || is && got != want {
			t.Errorf("parseMoment(%q) = %s, %v; want %q", stem, got, is, want)
		}
	}
}

// FuzzParseMoment: a parsed time is in the range that can be computed with, and parses to the same again in every
// notation.
func FuzzParseMoment(f *testing.F) {
	for _, stem := range []string{"1732190400", "1732190400.5", "1732190400123", "2024-11-21T12-00-00Z",
		"2024-11-21T11_00_00-01_00", "etcd-1"} {
		f.Add(stem)
	}
	f.Fuzz(func(t *testing.T, stem string) {
		at, is := parseTimestamp(stem)
		if !is {
			return
		}
		if at.Unix() < 1e9 || at.Unix() >= 1e10 {
			t.Fatalf("%q is %v: out of the range of dumps", stem, at)
		}
		written := at.Format(time.RFC3339Nano)
		for _, again := range []string{
			written, strings.ReplaceAll(written, ":", "-"), strings.ReplaceAll(written, ":", "_"),
			fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond()),
		} {
			if same, is := parseTimestamp(again); !is || !same.Equal(at) {
				t.Errorf("%q is %v, and %q is %v", stem, at, again, same)
			}
		}
	})
}
