package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/cmd/internal/cli"
)

// demo runs the demo without a terminal, and checks that it leaves nothing behind.
func demo(ctx context.Context, t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var out, errs bytes.Buffer
	cmd := newCommand(cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	cmd.SetArgs(args)
	code = cli.ExitCode(cmd.ExecuteContext(ctx), "etcdoc-demo", &errs)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it leaves files behind: %v, %v", left, err)
	}
	children, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range children {
		if pids, err := os.ReadFile(file); err == nil && len(bytes.TrimSpace(pids)) > 0 {
			t.Errorf("it leaves processes behind: %s", pids)
		}
	}
	return code, out.String(), errs.String()
}

func TestDemoWithoutTerminal(t *testing.T) {
	code, stdout, stderr := demo(t.Context(), t, "--for", "15s")
	if code != cli.ExitHealthy {
		t.Fatalf("exit code %d: %s\n%s", code, stderr, stdout)
	}
	for _, want := range []string{
		"3/3 voters healthy", "May I lose it now?", // the check
		"watching 3 members", "MARK      calm", "MARK      drain etcd-", " is down", // the story
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "\x1b") {
		t.Error("escape sequences without a terminal")
	}
}

func TestDemoIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
	defer cancel()
	if code, _, stderr := demo(ctx, t); code != cli.ExitHealthy {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestDemoUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"--for -1s": {"--for", "-1s"}, "unknown flag": {"--bogus"}, "takes no argument": {"now"},
		"--interval 1ms": {"--interval", "1ms"},
	} {
		code, stdout, stderr := demo(t.Context(), t, args...)
		if code != cli.ExitNotDone || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %q, %q", args, code, stdout, stderr)
		}
	}
}
