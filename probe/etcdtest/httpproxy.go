package etcdtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"go.uber.org/zap"
)

// An HTTPProxy forwards HTTP requests to one server, such as a member's /metrics, and answers late, in drips, or never,
// like a starved member, a slow network or a stuck sidecar. It starts without delay. Close ends it.
type HTTPProxy struct {
	server   *http.Server
	listener net.Listener
	path     string
	closed   chan struct{}
	work     sync.WaitGroup

	mu      sync.Mutex
	delay   time.Duration
	hung    bool
	drip    int // bytes per second; 0: unlimited
	changed chan struct{}
	served  int
}

// dripsPerSecond is into how many pieces a second a dripping answer is cut.
const dripsPerSecond = 20

// NewHTTPProxy starts a proxy in front of a URL (http, without credentials) on a free loopback port.
func NewHTTPProxy(target string) (*HTTPProxy, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("starting a proxy: %w", err)
	}
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("starting a proxy in front of %s: %w", target, err)
	}
	p := &HTTPProxy{listener: listener, path: to.Path, closed: make(chan struct{}), changed: make(chan struct{})}
	transport := &http.Transport{DisableCompression: true}
	forward := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: to.Scheme, Host: to.Host}) },
		Transport:      transport,
		FlushInterval:  -1, // each drip at once
		ModifyResponse: p.dripBody,
		ErrorLog:       zap.NewStdLog(zap.NewNop()),
	}
	p.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if p.await(r.Context()) {
				forward.ServeHTTP(w, r)
			}
		}),
		ErrorLog: zap.NewStdLog(zap.NewNop()),
	}
	p.work.Go(func() {
		_ = p.server.Serve(listener)
		transport.CloseIdleConnections()
	})
	return p, nil
}

// URL is where it serves the target.
func (p *HTTPProxy) URL() string { return "http://" + p.listener.Addr().String() + p.path }

// Delay makes every answer start d later.
func (p *HTTPProxy) Delay(d time.Duration) { p.set(func() { p.delay = d }) }

// Hang stops answering and keeps connections open. Heal answers the waiting requests.
func (p *HTTPProxy) Hang() { p.set(func() { p.hung = true }) }

// Drip limits answers to so many bytes per second.
func (p *HTTPProxy) Drip(bytesPerSecond int) { p.set(func() { p.drip = bytesPerSecond }) }

// Heal undoes Delay, Hang and Drip.
func (p *HTTPProxy) Heal() { p.set(func() { p.delay, p.hung, p.drip = 0, false, 0 }) }

// Served is how many requests it has forwarded.
func (p *HTTPProxy) Served() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.served
}

// Close ends it and every running request.
func (p *HTTPProxy) Close() {
	close(p.closed)
	_ = p.server.Close()
	p.work.Wait()
}

func (p *HTTPProxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
}

// await waits until a request that came now may be forwarded, and counts it; false if it never may.
func (p *HTTPProxy) await(ctx context.Context) bool {
	came := time.Now()
	for {
		p.mu.Lock()
		rest, hung, changed := time.Until(came.Add(p.delay)), p.hung, p.changed
		if rest <= 0 && !hung {
			p.served++
			p.mu.Unlock()
			return true
		}
		p.mu.Unlock()
		var due <-chan time.Time
		if !hung {
			timer := time.NewTimer(rest)
			defer timer.Stop()
			due = timer.C
		}
		select {
		case <-due:
		case <-changed:
		case <-ctx.Done():
			return false
		case <-p.closed:
			return false
		}
	}
}

func (p *HTTPProxy) dripBody(r *http.Response) error {
	r.Body = &dripping{proxy: p, ReadCloser: r.Body, ctx: r.Request.Context()}
	return nil
}

// A dripping is a body that arrives at the proxy's rate.
type dripping struct {
	io.ReadCloser
	proxy *HTTPProxy
	ctx   context.Context
}

// Read implements io.Reader.
func (d *dripping) Read(b []byte) (int, error) {
	d.proxy.mu.Lock()
	drip := d.proxy.drip
	d.proxy.mu.Unlock()
	if drip == 0 {
		return d.ReadCloser.Read(b)
	}
	select {
	case <-time.After(time.Second / dripsPerSecond):
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-d.proxy.closed:
		return 0, net.ErrClosed
	}
	return d.ReadCloser.Read(b[:min(len(b), max(1, drip/dripsPerSecond))])
}
