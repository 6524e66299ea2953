package cli

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A brokenWriter takes some bytes, and fails from then on.
type brokenWriter struct {
	room int
	err  error
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	if len(p) > b.room {
		n := b.room
		b.room = 0
		return n, b.err
	}
	b.room -= len(p)
	return len(p), nil
}

// TestOutputThatDoesNotGetOut: whatever the program prints, a failure to print it is reported, and an error.
func TestOutputThatDoesNotGetOut(t *testing.T) {
	none := t.TempDir()
	t.Setenv("HOME", none)
	t.Setenv("XDG_CONFIG_HOME", none)
	check := []string{"check", "--endpoints", "127.0.0.1:1", "--window", "0", "-o"}
	for _, test := range []struct {
		args []string
		want int
	}{
		{[]string{"--help"}, ExitNotDone},
		{[]string{"check", "--help"}, ExitNotDone},
		{[]string{"help", "watch"}, ExitNotDone},
		{[]string{"version"}, ExitNotDone},
		{[]string{"config"}, ExitNotDone},
		{[]string{"config", "--defaults"}, ExitNotDone},
		{[]string{"completion", "bash"}, ExitNotDone},
		{[]string{"completion", "zsh"}, ExitNotDone},
		{[]string{"completion", "fish"}, ExitNotDone},
		{[]string{"completion", "powershell"}, ExitNotDone},
		{append(check, "table"), ExitNotDone},
		{append(check, "wide"), ExitNotDone},
		{append(check, "json"), ExitNotDone},
		{append(check, "yaml"), ExitNotDone},
		{append(check, "nagios"), nagiosUnknown},
	} {
		for _, room := range []int{0, 10} {
			var stderr bytes.Buffer
			code := Run(t.Context(), test.args, strings.NewReader(""), &brokenWriter{room, syscall.ENOSPC}, &stderr)
			if code != test.want || !strings.Contains(stderr.String(), "no space left") ||
				!strings.Contains(stderr.String(), "standard output") {
				t.Errorf("%q after %d bytes: %d, %q, want %d and a word on it", test.args, room, code, stderr.String(),
					test.want)
			}
		}
	}
}

// TestReaderThatGoesAway does the same with a pipe, whose reader has enough: that needs no words.
func TestReaderThatGoesAway(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"version"}, {"config", "--defaults"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		var stderr bytes.Buffer
		if code := Run(t.Context(), args, strings.NewReader(""), w, &stderr); code != ExitNotDone ||
			stderr.Len() > 0 {
			t.Errorf("%q: %d, %q", args, code, stderr.String())
		}
		_ = w.Close()
	}
	// The output arrives anyway, and the caller still gets the error.
	out := NewStreams(t.Context(), nil, &brokenWriter{0, io.ErrClosedPipe}, io.Discard)
	if _, err := io.WriteString(out.Out, "x"); !errors.Is(err, io.ErrClosedPipe) ||
		!errors.Is(out.undelivered(), io.ErrClosedPipe) {
		t.Errorf("%v, %v", err, out.undelivered())
	}
}
