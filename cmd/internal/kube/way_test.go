package kube

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
	"github.com/etcdoc/etcdoc/probe"
)

// echo serves lines back, until the test ends.
func echo(t *testing.T) string {
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
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// serve starts an API server with one pod of etcd, whose port 2379 echoes.
func serve(t *testing.T, s *kubetest.Server) *kubetest.Server {
	t.Helper()
	s.Pods = []kubetest.Pod{{Name: "etcd-a", Node: "a", IP: "10.0.0.1", Ports: map[string]string{"2379": echo(t)}}}
	return s.Start(t)
}

func open(t *testing.T, s *kubetest.Server) *Way {
	t.Helper()
	w, err := Open(t.Context(), Access{Kubeconfig: s.Kubeconfig()})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// speak sends a line and expects it back.
func speak(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := fmt.Fprintln(c, "hello"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || line != "hello\n" {
		t.Fatalf("the answer is %q, %v", line, err)
	}
}

// TestForward: a connection with a pod's port is one as any other, deadlines included, over a WebSocket, and over SPDY
// where the API server knows nothing else.
func TestForward(t *testing.T) {
	t.Parallel()
	for protocol, old := range map[string]bool{"websocket": false, "spdy": true} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &kubetest.Server{OldSPDY: old})
			w := open(t, s)
			for range 2 {
				c, err := w.DialContext(t.Context(), "tcp", "10.0.0.1:2379")
				if err != nil {
					t.Fatal(err)
				}
				speak(t, c)
				if got := c.RemoteAddr().String(); got != "10.0.0.1:2379" {
					t.Errorf("it leads to %s", got)
				}
				_ = c.SetReadDeadline(time.Now())
				if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("after its deadline: %v", err)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}
			if got := s.Forwards(protocol); got != 2 {
				t.Errorf("%d forwards over %s, want 2", got, protocol)
			}
		})
	}
}

// TestRefusedPort: what the kubelet says of a port on which nothing listens is about the member, not about the way.
func TestRefusedPort(t *testing.T) {
	t.Parallel()
	w := open(t, serve(t, &kubetest.Server{}))
	c, err := w.DialContext(t.Context(), "tcp", "10.0.0.1:2381")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("it reads %v", err)
	}
	if _, err := fmt.Fprintln(c, "hello"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("it writes %v", err)
	}
	if why := w.Gone("http://10.0.0.1:2381"); why != nil {
		t.Errorf("the way is there: %v", why)
	}
}

// TestWriteAfterTheEnd: who writes on a connection that the pod has closed is told so, and who has closed it is told
// nothing of the pod or of the way.
func TestWriteAfterTheEnd(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_ = conn.Close()
		}
	}()
	s := serve(t, &kubetest.Server{})
	s.Pods[0].Ports["2381"] = listener.Addr().String()
	w := open(t, s)
	for port, want := range map[string]error{"2381": syscall.EPIPE, "2379": io.ErrClosedPipe} {
		c, err := w.DialContext(t.Context(), "tcp", "10.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		if port == "2379" {
			_ = c.Close()
			<-c.(*forwarded).tunnel.CloseChan()
		} else if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("port %s: it reads %v", port, err)
		}
		if _, err := fmt.Fprintln(c, "hello"); !errors.Is(err, want) {
			t.Errorf("port %s: it writes %v, want %v", port, err, want)
		}
		_ = c.Close()
	}
}

// wantNoWay checks that an error is about the way, and says each of some words.
func wantNoWay(t *testing.T, err error, words ...string) {
	t.Helper()
	wantKind(t, probe.ErrNoWay, err, words...)
}

func wantKind(t *testing.T, kind probe.ErrorKind, err error, words ...string) {
	t.Helper()
	var why *probe.Error
	if !errors.As(err, &why) || why.Kind != kind {
		t.Fatalf("%v is not of the kind %s", err, kind)
	}
	for _, word := range words {
		if !strings.Contains(why.Text, word) {
			t.Errorf("%q does not say %q", why.Text, word)
		}
	}
}

// TestWayGone: all that can happen to the way is about the way, open connections included, and it comes back alone.
func TestWayGone(t *testing.T) {
	t.Parallel()
	s := serve(t, &kubetest.Server{})
	w := open(t, s)
	dial := func() (net.Conn, error) { return w.DialContext(t.Context(), "tcp", "10.0.0.1:2379") }
	c, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	speak(t, c)

	s.Stop()
	_, err = c.Read(make([]byte, 1))
	wantNoWay(t, err, "the way through the API server is gone")
	_, err = fmt.Fprintln(c, "hello")
	wantNoWay(t, err, "the way through the API server is gone")
	_, err = dial()
	wantNoWay(t, err, "connection refused")
	if err := w.Gone("https://10.0.0.1:2379"); err == nil {
		t.Error("the way is not gone")
	}
	if _, err := w.DialContext(t.Context(), "tcp", "10.0.0.9:2379"); err == nil {
		t.Error("an address of nobody is dialled")
	} else {
		wantKind(t, probe.ErrNoPod, err, "10.0.0.9")
	}

	s.Restart()
	wantNoWay(t, w.Gone("https://10.0.0.1:2379"), "ended") // another API server would have taken over as fast
	for c, err = dial(); err != nil; c, err = dial() {
		wantNoWay(t, err)
		time.Sleep(time.Millisecond) // it is not tried again before its time
	}
	speak(t, c)
	_ = c.Close()

	for what, refusal := range map[string]struct {
		code int32
		say  string
		kind probe.ErrorKind
		want []string
	}{
		"forbidden":   {403, "no rights", probe.ErrMayNotForward, []string{"pods/portforward", "kube-system", "no rights"}},
		"no kubelet":  {500, "error dialing backend: dial tcp 10.0.0.1:10250: i/o timeout", probe.ErrNoWay, []string{"etcd-a", "dialing backend"}},
		"expired":     {401, "Unauthorized", probe.ErrKubeLogin, []string{"log in"}},
		"pod is gone": {404, "not there", probe.ErrNoPod, []string{"etcd-a", "gone"}},
	} {
		s.Refuse("portforward/etcd-a", refusal.code, refusal.say)
		w.state(&w.pods[0]).retry = time.Time{}
		if _, err := dial(); err == nil {
			t.Errorf("%s: there is a connection", what)
		} else {
			wantKind(t, refusal.kind, err, refusal.want...)
		}
	}
}

// TestRefusedList: an API server that refuses to list the pods answers, so that the way is not gone; and until the next
// list the reason stays the same.
func TestRefusedList(t *testing.T) {
	t.Parallel()
	s := serve(t, &kubetest.Server{})
	w := open(t, s)
	for code, want := range map[int32]probe.ErrorKind{
		403: probe.ErrMayNotForward, 401: probe.ErrKubeLogin, 500: probe.ErrNoWay,
	} {
		s.Refuse("pods", code, "no rights")
		w.listed = time.Time{}
		for range 2 {
			_, err := w.DialContext(t.Context(), "tcp", "10.0.0.2:2379")
			wantKind(t, want, err, "no rights")
		}
	}
	c, err := w.DialContext(t.Context(), "tcp", "10.0.0.1:2379")
	if err != nil {
		t.Fatal(err)
	}
	speak(t, c)
	_ = c.Close()
}

// TestReplacedPod: the pods are listed anew where the API server does not know one any more, and a list that does not
// come leaves what the forward says.
func TestReplacedPod(t *testing.T) {
	t.Parallel()
	s := serve(t, &kubetest.Server{})
	w := open(t, s)
	gone := w.pods[0]
	w.pods[0].name = "etcd-before"
	dial := func() error {
		c, err := w.DialContext(t.Context(), "tcp", "10.0.0.1:2379")
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	wantKind(t, probe.ErrNoPod, dial(), "etcd-before")
	wantKind(t, probe.ErrNoPod, dial(), "etcd-before") // the next list is not due
	s.Refuse("pods", 403, "no rights")
	w.listed = time.Time{}
	wantKind(t, probe.ErrNoPod, dial(), "etcd-before")
	s.Refuse("pods", 0, "")
	w.listed = time.Time{}
	if err := dial(); err != nil || w.pods[0].name != gone.name {
		t.Errorf("it goes to %s: %v", w.pods[0].name, err)
	}
}

// TestHungAPIServer: a forward that does not come in time is about the way, before the dial itself times out. One that
// nobody waits for is not.
func TestHungAPIServer(t *testing.T) {
	t.Parallel()
	s := serve(t, &kubetest.Server{})
	w := open(t, s)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	w.api.base.Host = mute.Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = w.DialContext(ctx, "tcp", "10.0.0.1:2379")
	wantNoWay(t, err, "no answer in time")
	if ctx.Err() != nil {
		t.Error("the dial has timed out itself")
	}

	w.states = map[string]*podState{}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	var why *probe.Error
	if _, err = w.DialContext(ctx, "tcp", "10.0.0.1:2379"); err == nil || errors.As(err, &why) {
		t.Errorf("nobody waits for it any more: %v", err)
	}
}
