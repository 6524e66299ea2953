package frugal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// mapped is how many KiB of files are in the memory of this process.
func mapped(t *testing.T) (kib int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, found := strings.Cut(string(status), "RssFile:")
	if _, err := fmt.Sscan(line, &kib); err != nil || !found {
		t.Fatalf("no RssFile in %s", status)
	}
	return kib
}

// TestForgetStart touches all of the program, as a start of etcdoc nearly does.
func TestForgetStart(t *testing.T) {
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	for _, m := range programs() {
		if _, err := io.Copy(io.Discard, io.NewSectionReader(memory, int64(m.from), int64(m.to-m.from))); err != nil {
			t.Fatal(err)
		}
	}
	before := mapped(t)
	ForgetStart()
	if after := mapped(t); after > before*9/10 {
		t.Errorf("%d KiB of files are in memory, and %d before", after, before)
	}
}
