package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/spf13/pflag"
)

// The terminal of a cast, and how long it lasts unless --for says so.
const (
	castColumns = 100
	castLines   = 30
	castLength  = 66 * time.Second
)

// castKeys are the keys that a cast's viewer sees at work: at is the share of the length at which each is typed.
var castKeys = [...]struct {
	at  float64
	key string
}{
	{0.22, "d"}, {0.34, "\x1b"}, // the drain, as a checklist
	{0.45, "i"}, {0.52, "\x1b"}, // the reading of a kill, in full
	{0.66, "e"}, {0.74, "\x1b"}, // what has happened
	{0.84, "\r"}, {0.92, "\x1b"}, // a member
}

// recordCast runs the demo again, with args, in a terminal of its own, and writes what that shows to a file as an
// asciicast of version 2 (docs.asciinema.org/manual/asciicast/v2).
func recordCast(ctx context.Context, path string, args []string, length time.Duration) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: castColumns, Rows: castLines})
	if err != nil {
		return fmt.Errorf("a terminal to record: %w", err)
	}
	defer terminal.Close()
	typing, stop := context.WithCancel(ctx)
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		typeCastKeys(typing, terminal, length)
	}()
	out := bufio.NewWriter(file)
	err = writeCast(out, terminal, time.Now)
	stop()
	<-typed
	return errors.Join(err, out.Flush(), cmd.Wait())
}

// castArgs are the arguments of the demo that a cast records: all that were given but those of the cast itself.
func castArgs(flags *pflag.FlagSet, length time.Duration) []string {
	args := []string{"--for=" + length.String()}
	flags.Visit(func(f *pflag.Flag) {
		if f.Name != "cast" && f.Name != "for" {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	})
	return args
}

// typeCastKeys types castKeys in their time.
func typeCastKeys(ctx context.Context, to io.Writer, length time.Duration) {
	began := time.Now()
	for _, k := range castKeys {
		at := began.Add(time.Duration(k.at * float64(length)))
		if sleep(ctx, "", time.Until(at)) != nil {
			return
		}
		if _, err := io.WriteString(to, k.key); err != nil {
			return
		}
	}
}

// writeCast writes what a terminal shows, until it is closed, with the time of each piece.
func writeCast(out io.Writer, terminal io.Reader, now func() time.Time) error {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	began := now()
	err := lines.Encode(map[string]any{
		"version": 2, "width": castColumns, "height": castLines, "timestamp": began.Unix(),
		"title": "etcdoc on three members, with real faults", "env": map[string]string{"TERM": "xterm-256color"},
	})
	piece, kept := make([]byte, 64<<10), 0
	for err == nil {
		n, readErr := terminal.Read(piece[kept:])
		whole := wholeRunes(piece[:kept+n])
		if whole > 0 {
			seconds := float64(now().Sub(began).Milliseconds()) / 1000
			err = lines.Encode([]any{seconds, "o", string(piece[:whole])})
		}
		kept = copy(piece, piece[whole:kept+n])
		switch {
		case readErr == nil:
		case errors.Is(readErr, io.EOF), errors.Is(readErr, syscall.EIO): // Linux's word for a closed terminal
			return err
		default:
			return errors.Join(err, readErr)
		}
	}
	return err
}

// wholeRunes is the length of the bytes without a character at the end that is not complete.
func wholeRunes(b []byte) int {
	for n := 1; n <= min(utf8.UTFMax-1, len(b)); n++ {
		if at := len(b) - n; utf8.RuneStart(b[at]) {
			if !utf8.FullRune(b[at:]) {
				return at
			}
			break
		}
	}
	return len(b)
}
