package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/moby/spdystream"

	"github.com/etcdoc/etcdoc/probe"
)

// forward opens a connection with a port of a pod, by a forward of its own: no port of this host is opened for it.
func (w *Way) forward(ctx context.Context, p *etcdPod, port string) (net.Conn, error) {
	type made struct {
		conn net.Conn
		err  error
	}
	done := make(chan made, 1)
	go func() { // SPDY's calls, and plug-ins that log in, take no context
		tunnel, err := w.upgrade(ctx, p)
		if err != nil {
			done <- made{nil, err}
			return
		}
		conn, err := openStreams(tunnel, port, w.state(p).noteBroken)
		if err != nil {
			tunnel.Close()
		}
		done <- made{conn, err}
	}()
	select {
	case m := <-done:
		return m.conn, m.err
	case <-ctx.Done():
		go func() {
			if m := <-done; m.err == nil {
				_ = m.conn.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

// openStreams opens the two streams of a forwarded connection. broken is called if the tunnel breaks.
func openStreams(tunnel *tunnel, port string, broken func()) (net.Conn, error) {
	failures, err := tunnel.open(http.Header{"Streamtype": {"error"}, "Port": {port}, "Requestid": {"0"}})
	if err != nil {
		return nil, fmt.Errorf("opening the forward: %w", err)
	}
	_ = failures.Close() // only the kubelet writes to it
	data, err := tunnel.open(http.Header{"Streamtype": {"data"}, "Port": {port}, "Requestid": {"0"}})
	if err != nil {
		return nil, fmt.Errorf("opening the forward: %w", err)
	}
	near, far := net.Pipe()
	c := &forwarded{Conn: near, tunnel: tunnel, broken: broken}
	go c.receive(far, data, failures)
	go func() {
		_, _ = io.Copy(data, far)
		_ = data.Close()
	}()
	return c, nil
}

// forwarded is a connection with a port of a pod. The pipe gives it the deadlines that a stream has not.
type forwarded struct {
	net.Conn
	tunnel *tunnel
	remote address
	broken func()

	mu sync.Mutex
	// why is why the pod's side ended, if that came before Close, and is known.
	why    error
	closed bool
}

// maxFailureBytes bounds what a kubelet says of a forward that failed, and failureWait how long that may take.
const (
	maxFailureBytes = 4 << 10
	failureWait     = time.Second
)

// receive copies what comes from the pod until the connection ends, and notes why it does.
func (c *forwarded) receive(far net.Conn, data, failures *spdystream.Stream) {
	said := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(io.LimitReader(failures, maxFailureBytes))
		said <- string(text)
	}()
	_, _ = io.Copy(far, data)
	_ = data.Reset() // else the kubelet waits for what nobody sends
	var why error
	select {
	case <-c.tunnel.CloseChan():
		why = noWay("the connection with it ended")
	default:
		select {
		case text := <-said:
			why = failureOf(text)
		case <-time.After(failureWait):
		}
	}
	c.mu.Lock()
	if !c.closed {
		c.why = why
		if errors.As(why, new(*probe.Error)) {
			c.broken()
		}
	}
	c.mu.Unlock()
	_ = far.Close()
	c.tunnel.Close()
}

// failureOf explains what a kubelet says of a forward that failed; nil for nothing. It dials the port itself, so that
// only its text says that nothing listens there.
func failureOf(text string) error {
	switch text = strings.TrimSpace(text); {
	case text == "":
		return nil
	case strings.Contains(text, "connection refused"):
		return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return noWay("the kubelet forwards nothing: " + text)
}

func (c *forwarded) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.explain(err)
}

func (c *forwarded) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.explain(err)
}

// explain says why the pod's side of the pipe is closed, if that is the error.
func (c *forwarded) explain(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.why != nil:
		return c.why
	case errors.Is(err, io.ErrClosedPipe) && !c.closed:
		return &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return err
}

func (c *forwarded) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	err := c.Conn.Close()
	c.tunnel.Close()
	return err
}

func (c *forwarded) RemoteAddr() net.Addr { return c.remote }

// An address is what was dialled.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

// whyNoForward explains why a forward could not be opened.
func whyNoForward(err error, p *etcdPod) *probe.Error {
	if errors.Is(err, context.DeadlineExceeded) {
		return noWay("no answer in time: it hangs, or does not reach the kubelet of " + p.node)
	}
	var answer *StatusError
	if !errors.As(err, &answer) {
		return noWay(err.Error())
	}
	var text string
	kind := probe.ErrNoWay
	switch answer.Code {
	case http.StatusForbidden:
		kind, text = probe.ErrMayNotForward, fmt.Sprintf("the API server refuses to forward ports to %s: it takes the right to create pods/portforward "+
			"in %s: %s", p.name, p.namespace, answer.Message)
	case http.StatusUnauthorized:
		return loginRefused(answer)
	case http.StatusNotFound:
		kind, text = probe.ErrNoPod, fmt.Sprintf("the pod %s is gone: %s", p.name, answer.Message)
	default:
		text = fmt.Sprintf("the API server forwards nothing to %s on %s: %s", p.name, p.node, answer.Message)
	}
	return &probe.Error{Kind: kind, Text: text}
}

// whyNoPods explains why the pods could not be listed; nil without an error.
func whyNoPods(err error) *probe.Error {
	var answer *StatusError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNoPods):
		return &probe.Error{Kind: probe.ErrNoPod, Text: err.Error()}
	case !errors.As(err, &answer):
	case answer.Code == http.StatusForbidden:
		return &probe.Error{Kind: probe.ErrMayNotForward, Text: err.Error()}
	case answer.Code == http.StatusUnauthorized:
		return loginRefused(answer)
	}
	return noWay(err.Error())
}

func loginRefused(answer *StatusError) *probe.Error {
	return &probe.Error{Kind: probe.ErrKubeLogin,
		Text: "the API server refuses the login of the kubeconfig: log in with kubectl: " + answer.Message}
}

func noWay(why string) *probe.Error {
	return &probe.Error{Kind: probe.ErrNoWay, Text: "the way through the API server is gone: " + why}
}
