package probe

import (
	"runtime"
	"sync"
)

// A callGroup counts the goroutines of requests. Each begins with the stack that a call through gRPC or net/http ends
// up with: to get there by doubling would copy it three times, a twentieth of what a look at a cluster takes.
type callGroup struct{ sync.WaitGroup }

// Go runs a request in a goroutine of its own.
func (g *callGroup) Go(call func()) {
	g.WaitGroup.Go(func() {
		growStack()
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
