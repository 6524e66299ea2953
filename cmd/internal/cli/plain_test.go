package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestPlain watches a real cluster lose a member, without a terminal, until it is interrupted.
func TestPlain(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	initial, worsened := listenFor("may be lost now: "), listenFor("(was ")
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, []string{"watch", "--plain", "--interval", "200ms", "--name", "prod", "--endpoints",
			endpoints(c), "--config", lenient(t)}, strings.NewReader(""), io.MultiWriter(initial, worsened), &stderr)
	}()
	await := func(ch <-chan struct{}, what string) {
		t.Helper()
		select {
		case <-ch:
		case code := <-ended:
			t.Fatalf("it ended before %s with %d: %s%s", what, code, worsened, stderr.String())
		case <-time.After(hangGuard):
			t.Fatalf("never %s: %s", what, worsened)
		}
	}
	await(initial.ch, "said how the cluster stands")
	if err := c.Members()[2].Kill(); err != nil {
		t.Fatal(err)
	}
	await(worsened.ch, "said that a verdict has changed")
	cancel()
	select {
	case code := <-ended:
		if code != ExitHealthy || stderr.Len() > 0 {
			t.Errorf("interrupted: exit code %d, %q", code, stderr.String())
		}
	case <-time.After(hangGuard):
		t.Fatal("an interrupt does not end it")
	}
	said := worsened.String()
	for _, want := range []string{", times in UTC\n", "watching 3 members, cluster prod\n", "  MEMBER    ",
		"  LOSE      ", "  END       watched for "} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing:\n%s", want, said)
		}
	}
	if strings.Contains(said, "\x1b") || strings.Contains(said, "\r") {
		t.Errorf("something moves the cursor: %q", said)
	}
}

// broken is a pipe without a reader.
func broken(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	r.Close()
	return w
}

// TestPlainIntoAClosedPipe ends quietly: the program's end reports the closed pipe, whatever was written.
func TestPlainIntoAClosedPipe(t *testing.T) {
	folder := t.TempDir()
	writeElection(t, folder, 5, time.Second, 2)
	dumps, err := probe.OpenDumps(t.Context(), folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := new(ScreenFlags).Plain(t.Context(), Streams{Out: broken(t)}, dumps); err != nil {
		t.Errorf("a closed pipe: %v", err)
	}
}

// failing is a source that breaks, or a disk that is full.
type failing struct{ err error }

func (f failing) Next(context.Context) (probe.Sweep, error) { return probe.Sweep{}, f.err }
func (f failing) Write([]byte) (int, error)                 { return 0, f.err }

func TestPlainThatFails(t *testing.T) {
	reason := errors.New("the reason")
	if err := new(ScreenFlags).Plain(t.Context(), Streams{Out: io.Discard}, failing{reason}); !errors.Is(err, reason) {
		t.Errorf("a source that breaks: %v", err)
	}
	folder := t.TempDir()
	writeElection(t, folder, 5, time.Second, 2)
	dumps, err := probe.OpenDumps(t.Context(), folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := new(ScreenFlags).Plain(t.Context(), Streams{Out: failing{reason}}, dumps); !errors.Is(err, reason) {
		t.Errorf("a disk that is full: %v", err)
	}
	var out bytes.Buffer
	if err := new(ScreenFlags).Plain(t.Context(), Streams{Out: &out}, failing{io.EOF}); err != nil || out.Len() > 0 {
		t.Errorf("a source without a sweep: %v, %q", err, out.String())
	}
}

// TestPlainLines: the date appears before the first line and where it changes, and no text makes a line of its own.
func TestPlainLines(t *testing.T) {
	evening := time.Date(2026, 2, 28, 23, 59, 58, 0, time.UTC)
	var out bytes.Buffer
	p := &plainLog{w: &out}
	p.writeLine(evening, "OK", "one\ntwo\x1b[2J")
	p.writeLine(evening.Add(time.Second), "WARNING", "three")
	p.writeLine(evening.Add(2*time.Second), "MARK", "four")
	want := `2026-02-28, times in UTC
23:59:58Z  OK        one\ntwo\x1b[2J
23:59:59Z  WARNING   three
2026-03-01, times in UTC
00:00:00Z  MARK      four
`
	if out.String() != want {
		t.Errorf("the lines are\n%s\nwant\n%s", out.String(), want)
	}
}

func TestPlainInLocalTime(t *testing.T) {
	var out bytes.Buffer
	p := &plainLog{w: &out, local: true}
	at := time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)
	p.writeLine(at, "OK", "noon")
	if want := at.Local().Format("2006-01-02, times in MST -0700\n15:04:05") +
		"  OK        noon\n"; out.String() != want {
		t.Errorf("local time: %q, want %q", out.String(), want)
	}
}

// TestPlainVerdicts: members with the same verdict share a line, and a changed reason alone is no news.
func TestPlainVerdicts(t *testing.T) {
	member := func(name string, v thresholds.Verdict, reason string) thresholds.Member {
		return thresholds.Member{MemberRef: thresholds.MemberRef{Key: name, Label: name},
			CanLose: thresholds.CanLose{Verdict: v, Reason: reason}}
	}
	var out bytes.Buffer
	p := &plainLog{w: &out}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	down := member("b", thresholds.LossSafe, "leaves 2 healthy voters")
	down.State, down.Condition.Word, down.DownProven = thresholds.StateDown, thresholds.ConditionDown, true
	stray := member("d", thresholds.LossNo, "y")
	stray.Stray = true
	for i, members := range [][]thresholds.Member{
		{member("a", thresholds.LossSafe, "x"), member("b", thresholds.LossSafe, "x"),
			member("c", thresholds.LossNo, "y")},
		{member("a", thresholds.LossSafe, "z"), member("b", thresholds.LossSafe, "z"),
			member("c", thresholds.LossNo, "z")},
		{member("a", thresholds.LossRisk, "w"), member("b", thresholds.LossRisk, "w"),
			member("c", thresholds.LossRisk, "w")},
		{member("a", thresholds.LossNo, "y"), down, member("c", thresholds.LossNo, "y"), stray},
		{member("a", thresholds.LossNo, "y"), member("b", thresholds.LossSafe, "x"),
			member("c", thresholds.LossNo, "y"), stray},
	} {
		var change thresholds.Change
		p.watch, change = p.watch.With(&thresholds.Assessment{Members: members}, nil)
		p.writeVerdicts(at.Add(time.Duration(i)*time.Second), change.Verdicts)
	}
	want := `2026-03-01, times in UTC
12:00:00Z  LOSE      c: may be lost now: NO: y
12:00:00Z  LOSE      a, b: may be lost now: SAFE: x
12:00:02Z  LOSE      a, b: may be lost now: RISK (was SAFE): w
12:00:02Z  LOSE      c: may be lost now: RISK (was NO): w
12:00:03Z  LOSE      a, c: may be lost now: NO (was RISK): y
12:00:03Z  LOSE      b: down already (was RISK)
12:00:04Z  LOSE      b: may be lost now: SAFE (was down already): x
`
	if out.String() != want {
		t.Errorf("the lines are\n%s\nwant\n%s", out.String(), want)
	}
}
