package etcdtest_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// heldBack reports whether a process is stopped now, or its control group has been throttled.
func heldBack(t *testing.T, pid int, how etcdtest.Throttling) bool {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if how == etcdtest.DutyCycle {
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.HasPrefix(stat[bytes.LastIndexByte(stat, ')'):], []byte(") T"))
	}
	groups, err := os.ReadFile(filepath.Join(dir, "cgroup"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(groups)) {
		_, group, _ := strings.Cut(strings.TrimSpace(line), "/")
		if !strings.HasPrefix(group, "etcdtest-") {
			continue
		}
		for _, hierarchy := range []string{"cpu", ""} {
			stat, err := os.ReadFile(filepath.Join("/sys/fs/cgroup", hierarchy, group, "cpu.stat"))
			if err != nil {
				continue
			}
			for lines := bufio.NewScanner(bytes.NewReader(stat)); lines.Scan(); {
				if n, ok := strings.CutPrefix(lines.Text(), "nr_throttled "); ok && n != "0" {
					return true
				}
			}
		}
	}
	return false
}
