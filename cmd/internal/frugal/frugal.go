// Package frugal makes a program take little of its host, which may be a member's. It is initialised first of all: Go
// initialises packages in the order of their paths, as far as what they import allows (since Go 1.21). With one core
// for what is initialised after it, etcdoc version takes 5 ms of CPU instead of 7.
package frugal

import (
	"os"
	"runtime"
)

// timerSlack is by how many nanoseconds the kernel may delay a timer to wake a thread less often: see
// PR_SET_TIMERSLACK in prctl(2). Nothing here needs timers that are more exact: what is measured ends with an answer,
// and answers and keys wake a thread at once.
const timerSlack = "5000000"

func init() { //nolint:gochecknoinits // it has to come before the other packages
	wakeLess()
	// A sweep's work is short, and waking other cores costs more than it saves. How many a container may use need not
	// be read then: main's go:debug containermaxprocs.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}

// wakeLess lets the threads of the Go runtime sleep up to timerSlack longer. While there is work, its monitor sleeps
// for 20 µs at a time, and to wake so often would be up to half of what a dashboard takes. Threads that are yet to
// start do as the one that starts them. Only Linux knows this, and lets only root change it for threads other than the
// one that asks: elsewhere nothing changes.
func wakeLess() {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, thread := range threads {
		_ = os.WriteFile("/proc/"+thread.Name()+"/timerslack_ns", []byte(timerSlack), 0)
	}
}
