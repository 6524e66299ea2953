package etcdtest

import (
	"os"
	"runtime"
	"testing"
)

// A Footprint is what the test's process holds at a moment.
type Footprint struct {
	Goroutines, Descriptors int
	Live                    uint64 // bytes of the heap after a collection
}

// FootprintNow takes the footprint, after a collection of garbage.
func FootprintNow(t testing.TB) Footprint {
	t.Helper()
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	return Footprint{runtime.NumGoroutine(), len(descriptors), memory.HeapAlloc}
}
