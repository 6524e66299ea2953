package frugal

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestOneCore: unless the environment names another number.
func TestOneCore(t *testing.T) {
	if n := runtime.GOMAXPROCS(0); n != 1 && os.Getenv("GOMAXPROCS") == "" {
		t.Errorf("it uses %d cores", n)
	}
}

// TestThreadsWakeLess: all threads that there are, the Go runtime's own among them.
func TestThreadsWakeLess(t *testing.T) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	wakeLess()
	for _, thread := range threads {
		file := "/proc/" + thread.Name() + "/timerslack_ns"
		slack, err := os.ReadFile(file)
		if err != nil {
			t.Skip(err)
		}
		got := strings.TrimSpace(string(slack))
		if got == timerSlack {
			continue
		}
		if err := os.WriteFile(file, []byte(timerSlack), 0); errors.Is(err, syscall.EPERM) {
			t.Skip("only root may change it")
		}
		t.Errorf("thread %s may wake %s ns late, want %s", thread.Name(), got, timerSlack)
	}
}
