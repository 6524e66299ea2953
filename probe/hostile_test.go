package probe

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// A hostileEndpoint serves something else than etcd, until the test ends. It returns its URL.
type hostileEndpoint func(t *testing.T) string

// served is an HTTP server that answers every request like this.
func served(answer http.HandlerFunc) hostileEndpoint {
	return func(t *testing.T) string {
		t.Helper()
		server := httptest.NewUnstartedServer(answer)
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.Start()
		t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
		return server.URL
	}
}

// accepted is a listener that treats every connection like this, and then closes it.
func accepted(scheme string, treat func(c *net.TCPConn)) hostileEndpoint {
	return func(t *testing.T) string {
		t.Helper()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		var mu sync.Mutex
		open := make(map[net.Conn]bool)
		running.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				mu.Lock()
				open[c] = true
				mu.Unlock()
				running.Go(func() {
					defer c.Close()
					treat(c.(*net.TCPConn))
				})
			}
		})
		t.Cleanup(func() {
			_ = l.Close()
			mu.Lock()
			for c := range open {
				_ = c.Close()
			}
			mu.Unlock()
			running.Wait()
		})
		return scheme + "://" + l.Addr().String()
	}
}

func silent(c *net.TCPConn) { _, _ = io.Copy(io.Discard, c) }

func resets(c *net.TCPConn) {
	_, _ = c.Read(make([]byte, 1))
	_ = c.SetLinger(0)
}

// goAway is a frame of HTTP/2 that says "enhance your calm" (RFC 9113, 6.8).
const goAway = "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0b"

func anotherGRPC(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(l) }() // until it is stopped
	t.Cleanup(server.Stop)
	return "http://" + l.Addr().String()
}

// endless writes the same until the client has gone.
func endless(w io.Writer, text string) {
	for {
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
	}
}

func exposes(write func(w io.Writer)) hostileEndpoint {
	return served(func(w http.ResponseWriter, _ *http.Request) {
		b := bufio.NewWriter(w)
		write(b)
		_ = b.Flush()
	})
}

const memberSeries = "etcd_server_has_leader 1\n"

// TestHostileEndpoints: beside a healthy cluster an endpoint is given that is none. It has errors that say what is
// wrong there; all members go on answering, no sweep takes longer for it, and nothing of it remains.
func TestHostileEndpoints(t *testing.T) {
	cluster := threeMembers.Use(t)
	cluster.Client() // its goroutines are no leak
	var redirected, storms atomic.Int64
	elsewhere := served(func(http.ResponseWriter, *http.Request) { redirected.Add(1) })(t)
	var labels, bomb bytes.Buffer
	labels.WriteString("etcd_server_has_leader{")
	for i := range 1_000_000 {
		labels.WriteString("l" + strconv.Itoa(i) + `="1",`)
	}
	labels.WriteString("} 1\n")
	packed := gzip.NewWriter(&bomb)
	for range 1 << 10 { // 64 MiB
		_, _ = packed.Write(bytes.Repeat([]byte("x"), 1<<16))
	}
	_ = packed.Close()
	tests := map[string]struct {
		serve           hostileEndpoint
		status, metrics ErrorKind
		words           string // in the error of its metrics
	}{
		"a body without end": {exposes(func(w io.Writer) { endless(w, "# "+strings.Repeat("x", 1<<16)+"\n") }),
			ErrNotGRPC, ErrMalformed, "more than 16 MiB"},
		"a gigabyte of series": {exposes(func(w io.Writer) { endless(w, "series_total{a=\"1\"} 1\n") }),
			ErrNotGRPC, ErrMalformed, "more than 16 MiB"},
		"a line of a million labels": {exposes(func(w io.Writer) { _, _ = w.Write(labels.Bytes()) }),
			ErrNotGRPC, ErrMalformed, "label"},
		"headers without end": {accepted("http", func(c *net.TCPConn) {
			_, _ = c.Read(make([]byte, 1))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			endless(c, "X-Header: "+strings.Repeat("x", 1<<10)+"\r\n")
		}), ErrNotGRPC, ErrMalformed, "its answer has more than 64 KiB of headers"},
		"HTML": {exposes(func(w io.Writer) { _, _ = io.WriteString(w, "<!DOCTYPE html><body>Login") }),
			ErrNotGRPC, ErrMalformed, "it is not an exposition"},
		"another's content type": {served(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.google.protobuf; "+
				"proto=io.prometheus.client.MetricFamily; encoding=delimited")
			_, _ = io.WriteString(w, memberSeries)
		}), ErrNotGRPC, ErrMalformed, "reading the exposition"},
		"a redirect": {served(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+"/metrics", http.StatusFound)
		}), ErrNotGRPC, ErrUnsupported, "it redirects to another address"},
		"a gzip bomb": {served(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}), ErrNotGRPC, ErrMalformed, "more than 16 MiB"},
		"a truncated gzip": {served(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = io.WriteString(packed, memberSeries)
			_ = packed.Flush() // and no end
		}), ErrNotGRPC, ErrMalformed, "its answer ends in the middle"},
		"an answer cut off": {served(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "# HELP")
		}), ErrNotGRPC, ErrMalformed, "its answer ends in the middle"},
		"drips": {served(func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "#")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		}), ErrNotGRPC, ErrTimeout, " 1s"}, // no answer in that time, or a part of one
		"silence":     {accepted("http", silent), ErrTimeout, ErrTimeout, "no answer within"},
		"a TLS stall": {accepted("https", silent), ErrTimeout, ErrTimeout, "no answer within"},
		"resets":      {accepted("http", resets), ErrClosed, ErrTLS, "closed the connection at once"},
		"GOAWAY storms": {accepted("http", func(c *net.TCPConn) {
			storms.Add(1)
			_, _ = io.WriteString(c, noSettings+strings.Repeat(goAway, 1000))
			silent(c)
		}), ErrClosed, ErrTimeout, "no answer within"},
		"gRPC that is not etcd's": {anotherGRPC, ErrNotGRPC, ErrUnsupported,
			"gRPC only"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			leaks := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, leaks) }) // after what the endpoint cleans up
			endpoint, timeout := test.serve(t), time.Minute
			if test.metrics == ErrTimeout {
				timeout = time.Second
			}
			p := start(t, Config{Endpoints: append(cluster.Endpoints(), endpoint), Cluster: true,
				CommandTimeout: timeout, DialTimeout: timeout})
			s := await(t, p, "both errors are known, and the members answer", func(s Sweep) bool {
				checkUnharmed(t, s, endpoint)
				m := rowAt(s, endpoint)
				return m.Status.Err != nil && m.Metrics.Err != nil && len(s.Members) == 4
			})
			m := rowAt(s, endpoint)
			if err := m.Metrics.Err; err.Kind != test.metrics || !strings.Contains(err.Text, test.words) ||
				!strings.Contains(err.Text, endpoint) {
				t.Errorf("metrics: %s: %q, want %s, saying %q", err.Kind, err.Text, test.metrics, test.words)
			}
			if text := m.Metrics.Err.Text; strings.Contains(text, "\n") {
				t.Errorf("metrics: it is no single line: %q", text)
			}
			// A busy machine may take a second to answer.
			other := timeout == time.Second && m.Status.Err.Kind == ErrTimeout
			says := map[string]string{"GOAWAY storms": "GOAWAY", "resets": "every connection at once"}[name]
			if !other && !strings.Contains(m.Status.Err.Text, says) {
				t.Errorf("status: it does not say %q: %s", says, m.Status.Err.Text)
			}
			if err := m.Status.Err; err.Kind != test.status && !other || !strings.Contains(err.Text, endpoint) {
				t.Errorf("status: %s: %q, want %s", err.Kind, err.Text, test.status)
			}
			if answers := !m.Status.Err.Kind.IsSilence(); m.Membership != MembershipGone &&
				(m.Membership != MembershipStranger || !answers) {
				t.Errorf("it counts as %s: %s", membershipWords[m.Membership], m.Status.Err.Text)
			}
			if m.Listed || m.Metrics.Fresh() || m.Status.Answered() {
				t.Errorf("it passes for a member: %+v", m)
			}
			await(t, p, "the members still answer", func(later Sweep) bool {
				checkUnharmed(t, later, endpoint)
				for i, m := range later.Members {
					before := s.Members[i]
					newer := m.Status.At.After(before.Status.At) && m.Metrics.At.After(before.Metrics.At)
					if m.Endpoint != endpoint && !newer {
						return false
					}
				}
				return true
			})
		})
	}
	if n := redirected.Load(); n > 0 {
		t.Errorf("%d requests followed a redirect", n)
	}
	if n := storms.Load(); n > 60 {
		t.Errorf("it answered GOAWAY with %d connections", n)
	}
}

// checkUnharmed fails if a member has an error, besides the one at an endpoint.
func checkUnharmed(t *testing.T, s Sweep, besides string) {
	t.Helper()
	for _, m := range s.Members {
		if m.Endpoint != besides && (m.Status.Err != nil || m.Metrics.Err != nil) {
			t.Errorf("%s: %v, %v", m.Label(), m.Status.Err, m.Metrics.Err)
		}
	}
	if s.Took > maxPatience+time.Minute/4 {
		t.Errorf("a sweep took %v", s.Took)
	}
}
