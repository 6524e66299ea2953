package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	// readBytes is the size of one read; heldReads is how many of them a delayed direction holds before it stops
	// reading. That is far more than a delay of a second needs at etcd's rates.
	readBytes = 16 << 10
	heldReads = 2048
)

// A Proxy forwards TCP connections to one address, and can delay, stall and cut them. It inspects nothing, so TLS
// passes. Close ends it.
type Proxy struct {
	// Link is the traffic through it: all of it, unless it is a member's proxy.
	*Link

	target   func() string
	route    router
	listener *net.TCPListener
	cancel   context.CancelFunc // ends dialling the target
	work     sync.WaitGroup

	mu     sync.Mutex
	relays map[*relay]struct{} // nil once closed
}

// A router returns the link that a connection belongs to, and its direction towards the server; whole is the proxy's
// own link. A nil link resets the connection.
type router func(conn *net.TCPConn, whole *Link) (link *Link, toServer int)

// NewProxy starts a proxy in front of target ("host:port") on a free loopback port.
func NewProxy(target string) (*Proxy, error) {
	return newProxy(func() string { return target }, wholeLink)
}

// NewBalancer starts a proxy that forwards every connection to the next target in turn, like an L4 load balancer or a
// Kubernetes Service. It does no health checks.
func NewBalancer(targets ...string) (*Proxy, error) {
	if len(targets) == 0 {
		return nil, errors.New("starting a balancer: it has no target")
	}
	var turn atomic.Uint64
	return newProxy(func() string { return targets[(turn.Add(1)-1)%uint64(len(targets))] }, wholeLink)
}

func wholeLink(_ *net.TCPConn, whole *Link) (*Link, int) { return whole, toServer }

// newProxy starts a proxy that asks for a target for every connection.
func newProxy(target func() string, route router) (*Proxy, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("starting a proxy: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{
		Link: newLink(), target: target, route: route, listener: listener, cancel: cancel,
		relays: map[*relay]struct{}{},
	}
	p.work.Go(func() { p.serve(ctx) })
	return p, nil
}

// Addr is its listen address: "127.0.0.1:port".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// ToServer is what clients send through it.
func (p *Proxy) ToServer() OneWay { return OneWay{link: p.Link, dir: toServer} }

// ToClient is what the server sends through it.
func (p *Proxy) ToClient() OneWay { return OneWay{link: p.Link, dir: toClient} }

// Close resets all connections and waits until the proxy has ended.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.cancel()
	p.mu.Lock()
	for r := range p.relays {
		r.reset()
	}
	p.relays = nil
	p.mu.Unlock()
	p.work.Wait()
}

func (p *Proxy) serve(ctx context.Context) {
	for {
		conn, err := p.listener.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of file descriptors, or the client gave up
			continue
		}
		p.work.Go(func() { p.handle(ctx, conn) })
	}
}

func (p *Proxy) handle(ctx context.Context, client *net.TCPConn) {
	r := &relay{client: client, done: make(chan struct{})}
	defer r.reset()
	link, forward := p.route(client, p.Link)
	if link == nil || !link.admit() {
		return
	}
	r.link, r.forward = link, forward
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, "tcp4", p.target())
	if err != nil {
		return
	}
	r.server = conn.(*net.TCPConn)
	if !p.add(r) {
		return
	}
	defer p.remove(r)
	if !link.add(r) {
		return
	}
	defer link.remove(r)
	r.run()
}

func (p *Proxy) add(r *relay) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.relays == nil {
		return false
	}
	p.relays[r] = struct{}{}
	return true
}

func (p *Proxy) remove(r *relay) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.relays, r)
}

// A relay is one connection through a proxy: two sockets and one or two goroutines per direction.
type relay struct {
	link           *Link
	forward        int // the link's direction to the server; the other one leads back
	client, server *net.TCPConn
	done           chan struct{} // closed by end
	once           sync.Once
}

// reset closes both sockets with a reset.
func (r *relay) reset() { r.end(true) }

// end closes both sockets, with a reset or gracefully. Only its first call counts.
func (r *relay) end(reset bool) {
	r.once.Do(func() {
		close(r.done)
		for _, conn := range []*net.TCPConn{r.client, r.server} {
			if conn == nil {
				continue
			}
			if reset {
				_ = conn.SetLinger(0)
			}
			_ = conn.Close()
		}
	})
}

// run forwards bytes until both directions have ended or one has failed.
func (r *relay) run() {
	var directions sync.WaitGroup
	directions.Go(func() { r.pass(r.server, r.client, r.forward) })
	directions.Go(func() { r.pass(r.client, r.server, 1-r.forward) })
	directions.Wait()
	r.end(false)
}

// pass forwards what src sends, in one direction of the link. Without a delay it writes what it reads; with one it
// queues that for a second goroutine.
func (r *relay) pass(dst, src *net.TCPConn, dir int) {
	d := &direction{relay: r, dst: dst, dir: dir}
	defer d.finish()
	buffer := make([]byte, readBytes)
	for {
		n, err := src.Read(buffer)
		if n > 0 && !d.deliver(buffer[:n]) {
			return
		}
		switch {
		case errors.Is(err, io.EOF):
			d.deliver(nil)
			return
		case err != nil:
			r.reset()
			return
		}
	}
}

// A direction is one direction of a relay. Everything but its queue belongs to the goroutine that reads.
type direction struct {
	relay   *relay
	dst     *net.TCPConn
	dir     int          // of the relay's link
	queue   chan arrival // nil until something must be held
	held    atomic.Int64 // queued or being written
	writing sync.WaitGroup
}

// An arrival is data with the time of its arrival; without data it is the end of the stream.
type arrival struct {
	at   time.Time
	data []byte
}

// deliver writes data (nil: the end) now, or holds a copy of it. It returns false if the connection is gone.
func (d *direction) deliver(data []byte) bool {
	if now, _ := d.relay.link.impairmentNow(d.dir); now == (impairment{}) && d.held.Load() == 0 {
		return d.relay.write(d.dst, data)
	}
	if d.queue == nil {
		d.queue = make(chan arrival, heldReads)
		d.writing.Go(d.writeHeld)
	}
	d.held.Add(1)
	select {
	case d.queue <- arrival{at: time.Now(), data: slices.Clone(data)}:
		return true
	case <-d.relay.done:
		return false
	}
}

// finish waits until everything held is written.
func (d *direction) finish() {
	if d.queue != nil {
		close(d.queue)
	}
	d.writing.Wait()
}

// writeHeld writes the queue, each item when it is due.
func (d *direction) writeHeld() {
	for a := range d.queue {
		if !d.waitUntilDue(a.at) || !d.relay.write(d.dst, a.data) {
			return
		}
		d.held.Add(-1)
	}
}

// write writes data, or the end of the stream for nil. If that fails, it resets the connection and returns false.
func (r *relay) write(dst *net.TCPConn, data []byte) bool {
	if data == nil {
		_ = dst.CloseWrite()
		return true
	}
	if _, err := dst.Write(data); err != nil {
		r.reset()
		return false
	}
	return true
}

// waitUntilDue waits until what arrived at a time may pass; false if the connection is gone.
func (d *direction) waitUntilDue(at time.Time) bool {
	for {
		now, changed := d.relay.link.impairmentNow(d.dir)
		var due <-chan time.Time
		if !now.stalled {
			rest := time.Until(at.Add(now.delay))
			if rest <= 0 {
				return true
			}
			timer := time.NewTimer(rest)
			defer timer.Stop()
			due = timer.C
		}
		select {
		case <-due:
			return true
		case <-changed:
		case <-d.relay.done:
			return false
		}
	}
}
