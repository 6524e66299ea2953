package etcdtest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestLogTailKeepsWholeLinesAndPassesAllOn(t *testing.T) {
	t.Parallel()
	var all bytes.Buffer
	tail := &logTail{name: "etcd-9", next: &all, mu: new(sync.Mutex)}
	const lines = 20_000
	for n := range lines {
		if _, err := fmt.Fprintf(tail, "line %06d\n", n); err != nil {
			t.Fatal(err)
		}
	}
	kept := tail.String()
	if len(kept) < logTailBytes || len(kept) > 2*logTailBytes+100 {
		t.Errorf("it keeps %d bytes, want %d to twice as many", len(kept), logTailBytes)
	}
	if !strings.HasPrefix(kept, "line ") || !strings.HasSuffix(kept, fmt.Sprintf("line %06d\n", lines-1)) {
		t.Errorf("it keeps %q … %q", kept[:20], kept[len(kept)-20:])
	}
	if got := strings.Count(all.String(), "etcd-9 line "); got != lines {
		t.Errorf("it passed %d lines on, want %d", got, lines)
	}
}

func TestComplaint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, log, want string }{
		{"nothing", "", ""},
		{"only information", `{"level":"info","msg":"a"}` + "\n" + `{"level":"info","msg":"b"}` + "\n", "b"},
		{"a warning before information", `{"level":"warn","msg":"w","error":"e"}` + "\n" +
			`{"level":"info","msg":"b"}` + "\n", "w: e"},
		{"a panic", `{"level":"warn","msg":"w"}` + "\npanic: nil map\n\ngoroutine 1\n", "panic: nil map"},
	} {
		tail := &logTail{mu: new(sync.Mutex)}
		_, _ = tail.Write([]byte(test.log))
		if got := tail.lastError(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
