package probe

import "sync"

// inbox holds what calls have to say to the goroutine in Next. It holds no more than there are lanes.
type inbox struct {
	mu    sync.Mutex
	queue []func()
	ready chan struct{}
}

func (b *inbox) put(accept func()) {
	b.mu.Lock()
	b.queue = append(b.queue, accept)
	b.mu.Unlock()
	notify(b.ready)
}

func (b *inbox) empty() {
	b.mu.Lock()
	queue := b.queue
	b.queue = nil
	b.mu.Unlock()
	for _, accept := range queue {
		accept()
	}
}

// notify makes one receive on c succeed; what was not received yet counts for both.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
