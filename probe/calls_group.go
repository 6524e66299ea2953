package probe

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A callGroup counts the goroutines of requests. Each begins with the stack that a call through gRPC or net/http ends
// up with: to get there by doubling would copy it three times, a twentieth of what a look at a cluster takes. Where
// many run, as for a hostile member list, they begin small: most of them wait, and memory is what counts.
type callGroup struct {
	sync.WaitGroup
	running atomic.Int64
}

// fewCalls is how many requests begin with a large stack: as many as a cluster of nine has in its first sweep.
const fewCalls = 48

// Go runs a request in a goroutine of its own.
func (g *callGroup) Go(call func()) {
	g.WaitGroup.Go(func() {
		if g.running.Add(1) <= fewCalls {
			growStack()
		}
		defer g.running.Add(-1)
		call()
	})
}

// growStack makes the goroutine's stack 16 KiB large: the runtime grows a stack to what the next function's variables
// need, in powers of two.
//
//go:noinline
func growStack() {
	var variables [10 << 10]byte
	runtime.KeepAlive(&variables)
}
