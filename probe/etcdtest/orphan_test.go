package etcdtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// orphanEnv makes the test binary start a cluster in the directory it names, pause a member, report that, and wait to
// be killed.
const orphanEnv = "ETCDTEST_ORPHAN_MAKER"

func runOrphanMaker(out io.Writer) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := etcdtest.Start(ctx, etcdtest.Config{Size: 2, Dir: os.Getenv(orphanEnv)})
	if err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	members := c.Members()
	if err := members[1].Pause(); err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	fmt.Fprintln(out, "ready", members[0].PID(), members[1].PID())
	<-ctx.Done()
	return 1
}

// processExists reports whether a process exists. A zombie does not count.
func processExists(pid int) bool {
	if p, err := os.FindProcess(pid); err != nil || p.Signal(syscall.Signal(0)) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func TestMembersAndFilesVanishWhenTheirParentIsKilled(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	dir := t.TempDir()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(ctx, executable)
	parent.Env = append(os.Environ(), orphanEnv+"="+dir)
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) != 3 || words[0] != "ready" {
		t.Fatalf("the parent said %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()

	for _, word := range words[1:] {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		await(ctx, t, "process "+word+" to end", func() bool { return !processExists(pid) })
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if len(entries) != 0 {
		t.Fatalf("the members left %v", entries)
	}
}

// await polls until done, or fails the test when ctx ends.
func await(ctx context.Context, t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, ctx.Err())
		}
	}
}
