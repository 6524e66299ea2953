package probe

import "sync"

// inbox queues the answers for the goroutine in Next. It never holds more of them than there are pollers.
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

// notify makes one receive on c succeed. Two notifications before that receive count as one.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
