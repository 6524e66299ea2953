package main

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/spf13/pflag"
)

// TestCastIsWhole: each line is an event of the format, in the order of time, and characters that a read splits stay
// whole.
func TestCastIsWhole(t *testing.T) {
	const shown = "\x1b[1mWARN\x1b[0m ▁▂▃ etcd-2 │ ~1.9G\r\n"
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now := func() time.Time {
		at = at.Add(250 * time.Millisecond)
		return at
	}
	var out strings.Builder
	if err := writeCast(&out, iotest.OneByteReader(strings.NewReader(shown)), now); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	var head struct{ Version, Width, Height int }
	if err := json.Unmarshal([]byte(lines[0]), &head); err != nil || head.Version != 2 || head.Width != castColumns ||
		head.Height != castLines {
		t.Errorf("the head is %s (%v)", lines[0], err)
	}
	var text strings.Builder
	last := 0.0
	for _, line := range lines[1:] {
		var event []any
		if err := json.Unmarshal([]byte(line), &event); err != nil || len(event) != 3 || event[1] != "o" {
			t.Fatalf("an event is %s (%v)", line, err)
		}
		if seconds := event[0].(float64); seconds <= last {
			t.Errorf("%v s comes after %v s", seconds, last)
		} else {
			last = seconds
		}
		text.WriteString(event[2].(string))
	}
	if text.String() != shown {
		t.Errorf("it shows %q, want %q", text.String(), shown)
	}
}

// TestCastArgs: the recorded demo gets the flags of its own that were given.
func TestCastArgs(t *testing.T) {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("cast", "", "")
	flags.Duration("for", 0, "")
	flags.String("theme", "", "")
	flags.String("glyphs", "", "")
	if err := flags.Parse([]string{"--cast=x", "--for=9s", "--theme=light"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(castArgs(flags, time.Minute), " "); got != "--for=1m0s --theme=light" {
		t.Errorf("the arguments are %s", got)
	}
}
