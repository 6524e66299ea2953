package thresholds

import (
	"fmt"
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: scenes allocate much and keep little, and collecting took a quarter of the
// CPU time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	code := m.Run()
	if err := phrases.settle(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code) //nolint:forbidigo // TestMain stands in for main
}
