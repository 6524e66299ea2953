package etcdtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestACutLinkPartsTwoMembersOnly(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS, PeerProxies: true, Metrics: true})
	a, b, third := c.Members()[0], c.Members()[1], c.Members()[2]
	connected := func(from, to *etcdtest.Member) bool { return activePeer(ctx, t, from, to) }
	allConnected := func() bool {
		for _, from := range c.Members() {
			for _, to := range c.Members() {
				if from != to && !connected(from, to) {
					return false
				}
			}
		}
		return true
	}
	await(ctx, t, "all members to be connected", allConnected)
	link, err := c.Link(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := c.Link(b, a); err != nil || same != link {
		t.Fatalf("the link has two sides: %v, %v", same, err)
	}
	if link.Open() == 0 {
		t.Fatal("no connection between two connected members")
	}
	link.Cut()
	await(ctx, t, "the two to be parted", func() bool { return !connected(a, b) && !connected(b, a) })
	for _, m := range []*etcdtest.Member{a, b} {
		if !connected(m, third) || !connected(third, m) {
			t.Errorf("%s and %s are parted too", m.Name, third.Name)
		}
	}
	link.Heal()
	await(ctx, t, "all members to be connected again", allConnected)

	if _, err := c.Link(a, a); err == nil {
		t.Error("a member has a link with itself")
	}
}

func TestALinkNeedsProxies(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 2})
	if _, err := c.Link(c.Members()[0], c.Members()[1]); err == nil {
		t.Fatal("there is a link without proxies")
	}
	if _, err := c.OneWay(c.Members()[0], c.Members()[1]); err == nil {
		t.Fatal("there is a way without proxies")
	}
}

// activePeer reads etcd_network_active_peers.
func activePeer(ctx context.Context, t *testing.T, from, to *etcdtest.Member) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from.MetricsURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	want := fmt.Sprintf(`etcd_network_active_peers{Local="%x",Remote="%x"} 1`, from.ID, to.ID)
	found := false
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		found = found || lines.Text() == want
	}
	return found
}

func TestProxyDelaysStallsAndCuts(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	proxy, err := etcdtest.NewProxy(echoServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	conn := dial(ctx, t, proxy)
	roundTrip(t, conn, "straight")

	const delay = 60 * time.Millisecond
	proxy.Delay(delay)
	if took := roundTrip(t, conn, "delayed"); took < 2*delay {
		t.Errorf("a round trip took %s, less than both directions' delay of %s each", took, delay)
	}
	if proxy.Accepted() != 1 || proxy.Open() != 1 {
		t.Errorf("accepted %d, open %d; want one connection", proxy.Accepted(), proxy.Open())
	}

	// After a stall the bytes arrive in order.
	proxy.Stall()
	if _, err := io.WriteString(conn, "first\nsecond\n"); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(2 * delay))
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatalf("%d bytes came through a stalled link", n)
	}
	_ = conn.SetReadDeadline(time.Time{})
	proxy.Heal()
	got := make([]byte, len("first\nsecond\n"))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "first\nsecond\n" {
		t.Fatalf("after the stall: %q, %v", got, err)
	}

	proxy.Cut()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlived a cut")
	}
	wantReset(ctx, t, proxy)
	proxy.Heal()
	roundTrip(t, dial(ctx, t, proxy), "healed")
	if proxy.Accepted() != 3 {
		t.Errorf("accepted %d, want 3", proxy.Accepted())
	}
}

// TestADelayedLinkKeepsItsThroughputAndItsOrder: a delay is no throttle; bytes sent together arrive together after one
// delay.
func TestADelayedLinkKeepsItsThroughputAndItsOrder(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	proxy, err := etcdtest.NewProxy(echoServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	const delay, size = 50 * time.Millisecond, 8 << 20
	proxy.Delay(delay)
	conn := dial(ctx, t, proxy)
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(i >> 8)
	}
	go func() {
		_, _ = conn.Write(sent)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	began := time.Now()
	got, err := io.ReadAll(conn) // the proxy passes the end of the stream on
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(sent) {
		t.Fatalf("%d bytes came back, not as they were sent", len(got))
	}
	// With one delay per read of the proxy this would take at least 512 delays.
	if took := time.Since(began); took < 2*delay || took > 200*delay {
		t.Errorf("%d bytes took %s with a delay of %s", size, took, delay)
	}
}

func TestProxyInFrontOfNothing(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	proxy, err := etcdtest.NewProxy(address)
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	wantReset(within(t), t, proxy)
}

func echoServer(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

func dial(ctx context.Context, t *testing.T, proxy *etcdtest.Proxy) net.Conn {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// wantReset opens a connection that must be reset, possibly before it is established.
func wantReset(ctx context.Context, t *testing.T, proxy *etcdtest.Proxy) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", proxy.Addr())
	if err == nil {
		defer func() { _ = conn.Close() }()
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a connection that is to be reset got %v", err)
	}
}

func roundTrip(t *testing.T, conn net.Conn, line string) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := fmt.Fprintln(conn, line); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(line)+1)
	if _, err := io.ReadFull(conn, got); err != nil || strings.TrimSpace(string(got)) != line {
		t.Fatalf("sent %q, got %q, %v", line, got, err)
	}
	return time.Since(began)
}
