package etcdtest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestAProxyDelaysAndStallsOneWay(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	proxy, err := etcdtest.NewProxy(echoServer(t))
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	conn := dial(ctx, t, proxy)
	const delay = 60 * time.Millisecond
	proxy.ToServer().Delay(delay)
	if took := roundTrip(t, conn, "delayed"); took < delay {
		t.Errorf("a round trip took %s, less than one direction's delay of %s", took, delay)
	}
	if proxy.Latency() != delay {
		t.Errorf("its latency is %s, want that of the slower way", proxy.Latency())
	}
	proxy.Heal()

	// After the stall the echo arrives, and nothing is lost.
	proxy.ToClient().Stall()
	if _, err := io.WriteString(conn, "held\n"); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(2 * delay))
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Fatalf("%d bytes came back", n)
	}
	_ = conn.SetReadDeadline(time.Time{})
	proxy.Heal()
	got := make([]byte, len("held\n"))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "held\n" {
		t.Fatalf("after the stall: %q, %v", got, err)
	}
}

// TestAOneWayStallOfMembers stalls one direction between two members, from either end: the other direction still
// works.
func TestAOneWayStallOfMembers(t *testing.T) {
	t.Parallel()
	for _, mute := range []int{0, 1} {
		t.Run(fmt.Sprintf("from etcd-%d", mute+1), func(t *testing.T) {
			t.Parallel()
			ctx := within(t)
			c := etcdtest.New(t, etcdtest.Config{Size: 2, PeerProxies: true})
			from, to := c.Members()[mute], c.Members()[1-mute]
			way, err := c.OneWay(from, to)
			if err != nil {
				t.Fatal(err)
			}
			await(ctx, t, "both to hear of each other", func() bool {
				return received(ctx, t, from, to) > 0 && received(ctx, t, to, from) > 0
			})
			way.Stall()
			// By the time that as much has come the other way, everything in flight has arrived.
			hearMore := func() float64 {
				before := received(ctx, t, from, to)
				await(ctx, t, "the mute one to hear more", func() bool { return received(ctx, t, from, to) > before })
				return received(ctx, t, to, from)
			}
			if first, then := hearMore(), hearMore(); then != first {
				t.Errorf("%s heard %g bytes more through a stalled way", to.Name, then-first)
			}
		})
	}
}

// received returns how many bytes member at has received from another one.
func received(ctx context.Context, t *testing.T, at, from *etcdtest.Member) float64 {
	t.Helper()
	return metric(ctx, t, at.MetricsURL, fmt.Sprintf(`etcd_network_peer_received_bytes_total{From="%x"}`, from.ID))
}

// metric reads a series; it is 0 if there is none.
func metric(ctx context.Context, t *testing.T, url, series string) float64 {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
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
	var value float64
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), series+" "); ok {
			if value, err = strconv.ParseFloat(text, 64); err != nil {
				t.Fatal(err)
			}
		}
	}
	return value
}
