package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/moby/spdystream"
)

// A tunnel leads to a pod's kubelet. It carries streams as SPDY does: through a WebSocket, or on its own. Streams are
// opened by one goroutine, before others may close it.
type tunnel struct {
	*spdystream.Connection
	conn    net.Conn
	streams []*spdystream.Stream
}

// What the API calls a forward, and the WebSocket that SPDY goes through: see Kubernetes' KEP 4006.
const (
	forwardProtocol = "portforward.k8s.io"
	webSocketPrefix = "SPDY/3.1+"
	spdyProtocol    = "SPDY/3.1"
	protocolHeader  = "X-Stream-Protocol-Version"
)

const (
	// pingEvery keeps a tunnel open that nobody uses: what lies between may end it after a minute.
	pingEvery = 10 * time.Second
	// replyTimeout is how long the kubelet may take to accept a stream.
	replyTimeout = 30 * time.Second
	// leaveTimeout is how long taking leave may take.
	leaveTimeout = time.Second
)

func newTunnel(conn net.Conn) (*tunnel, error) {
	c, err := spdystream.NewConnection(conn, false)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	go c.Serve(func(unasked *spdystream.Stream) { _ = unasked.Reset() })
	t := &tunnel{Connection: c, conn: conn}
	go t.ping()
	return t, nil
}

// Close ends all streams. It waits for nobody: what takes no leave in time is cut off.
func (t *tunnel) Close() {
	time.AfterFunc(leaveTimeout, func() { _ = t.conn.Close() })
	go func() {
		for _, stream := range t.streams {
			_ = stream.Reset() // else SPDY waits until the other side has ended them
		}
		_ = t.Connection.Close()
	}()
}

func (t *tunnel) ping() {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-t.CloseChan():
			return
		case <-ticker.C:
			_, _ = t.Ping() // a tunnel that is gone closes by itself
		}
	}
}

// open opens a stream.
func (t *tunnel) open(headers http.Header) (*spdystream.Stream, error) {
	stream, err := t.CreateStream(headers, nil, false)
	if err != nil {
		return nil, err
	}
	t.streams = append(t.streams, stream)
	return stream, stream.WaitTimeout(replyTimeout)
}

// upgrade asks the API server for a forward to a pod: over a WebSocket, or over SPDY where it is too old for that, or
// what lies between lets none pass.
func (w *Way) upgrade(ctx context.Context, p *etcdPod) (*tunnel, error) {
	at := w.api.at(objectPath(core, p.namespace, "pods", p.name) + "/portforward")
	if !w.spdyOnly.Load() {
		tunnel, answered, err := w.api.overWebSocket(ctx, at)
		if err == nil || !answered {
			return tunnel, err
		}
	}
	tunnel, err := w.api.overSPDY(ctx, at)
	if err == nil {
		w.spdyOnly.Store(true)
	}
	return tunnel, err
}

// overWebSocket also reports whether somebody answered, if with a refusal.
func (c *Client) overWebSocket(ctx context.Context, at string) (_ *tunnel, answered bool, _ error) {
	options := &websocket.DialOptions{HTTPClient: c.http, Subprotocols: []string{webSocketPrefix + forwardProtocol}}
	socket, answer, err := websocket.Dial(ctx, at, options) //nolint:bodyclose // it has closed it
	if err != nil {
		return nil, answer != nil, withoutURL(err)
	}
	if socket.Subprotocol() == "" {
		_ = socket.CloseNow()
		return nil, true, errors.New("the API server does not say which protocol goes through the WebSocket")
	}
	tunnel, err := newTunnel(webSocketConn{
		websocket.NetConn(context.Background(), socket, websocket.MessageBinary), socket})
	return tunnel, true, err
}

// webSocketConn closes a WebSocket without waiting for the other side: SPDY has taken its leave by then.
type webSocketConn struct {
	net.Conn
	socket *websocket.Conn
}

func (c webSocketConn) Close() error { return c.socket.CloseNow() }

func (c *Client) overSPDY(ctx context.Context, at string) (*tunnel, error) {
	conn := new(upgradedConn)
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) { conn.Conn = got.Conn }})
	request, err := http.NewRequestWithContext(traced, http.MethodPost, at, nil)
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {spdyProtocol}, protocolHeader: {forwardProtocol}}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, withoutURL(err)
	}
	var is bool
	if conn.body, is = answer.Body.(io.ReadWriteCloser); answer.StatusCode != http.StatusSwitchingProtocols || !is {
		defer answer.Body.Close()
		text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		if err != nil {
			return nil, fmt.Errorf("reading an answer of the API server: %w", err)
		}
		return nil, statusError(answer, text)
	}
	protocol := answer.Header.Get(protocolHeader)
	if !strings.EqualFold(answer.Header.Get("Upgrade"), spdyProtocol) || protocol != forwardProtocol {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("the API server forwards by %q over %q", protocol, answer.Header.Get("Upgrade"))
	}
	return newTunnel(conn)
}

// upgradedConn is a connection that was one of HTTP: what HTTP has read of it already comes first.
type upgradedConn struct {
	net.Conn
	body io.ReadWriteCloser
}

func (c *upgradedConn) Read(p []byte) (int, error)  { return c.body.Read(p) }
func (c *upgradedConn) Write(p []byte) (int, error) { return c.body.Write(p) }
func (c *upgradedConn) Close() error                { return c.body.Close() }

// withoutURL leaves away which URL was asked, in a long error.
func withoutURL(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}
