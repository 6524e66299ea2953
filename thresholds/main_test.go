package thresholds

import (
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: scenes make much of it and keep little, and collecting took a quarter of the CPU's time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}
