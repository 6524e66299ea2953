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

	corev1 "k8s.io/api/core/v1"

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
	if why := w.Gone("http://10.0.0.1:2381"); why != nil {
		t.Errorf("the way is there: %v", why)
	}
}

// wantNoWay checks that an error is about the way, and says each of some words.
func wantNoWay(t *testing.T, err error, words ...string) {
	t.Helper()
	var why *probe.Error
	if !errors.As(err, &why) || why.Kind != probe.ErrNoWay {
		t.Fatalf("%v is not about the way", err)
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
	_, err = dial()
	wantNoWay(t, err, "connection refused")
	if err := w.Gone("https://10.0.0.1:2379"); err == nil {
		t.Error("the way is not gone")
	}
	if _, err := w.DialContext(t.Context(), "tcp", "10.0.0.9:2379"); err == nil {
		t.Error("an address of nobody is dialled")
	} else {
		wantNoWay(t, err, "10.0.0.9")
	}

	s.Restart()
	for c, err = dial(); err != nil; c, err = dial() {
		wantNoWay(t, err)
		time.Sleep(time.Millisecond) // it is not tried again before its time
	}
	speak(t, c)
	_ = c.Close()

	for what, refusal := range map[string]struct {
		code int32
		say  string
		want []string
	}{
		"forbidden":   {403, "no rights", []string{"pods/portforward", "kube-system", "no rights"}},
		"no kubelet":  {500, "error dialing backend: dial tcp 10.0.0.1:10250: i/o timeout", []string{"etcd-a", "dialing backend"}},
		"expired":     {401, "Unauthorized", []string{"log in"}},
		"pod is gone": {404, "not there", []string{"etcd-a", "gone"}},
	} {
		s.Refuse("portforward/etcd-a", refusal.code, refusal.say)
		w.state(&w.pods[0]).retry = time.Time{}
		if _, err := dial(); err == nil {
			t.Errorf("%s: there is a connection", what)
		} else {
			wantNoWay(t, err, refusal.want...)
		}
	}
}

// TestHungAPIServer: a forward that does not come in time is about the way, before the dial itself times out.
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
}

// TestOpenSaysWhy there are no pods.
func TestOpenSaysWhy(t *testing.T) {
	t.Parallel()
	node := func(kubelet, image string) []corev1.Node {
		return []corev1.Node{{Status: corev1.NodeStatus{
			NodeInfo: corev1.NodeSystemInfo{KubeletVersion: kubelet, OSImage: image}}}}
	}
	for name, test := range map[string]struct {
		server *kubetest.Server
		refuse string
		want   []string
	}{
		"k3s":       {&kubetest.Server{Nodes: node("v1.33.1+k3s1", "Ubuntu")}, "", []string{"k3s", "sudo etcdoc"}},
		"Talos":     {&kubetest.Server{Nodes: node("v1.33.1", "Talos (v1.10.1)")}, "", []string{"Talos", "--endpoints"}},
		"a managed": {&kubetest.Server{Nodes: node("v1.33.1-eks", "Bottlerocket")}, "", []string{"component=etcd", "managed"}},
		"no nodes":  {&kubetest.Server{}, "nodes", []string{"component=etcd"}},
		"no rights": {&kubetest.Server{}, "pods", []string{"list pods", "pods/portforward", "kubectl auth can-i", "it is forbidden"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := test.server.Start(t)
			if test.refuse != "" {
				s.Refuse(test.refuse, 403, "it is forbidden")
			}
			_, err := Open(t.Context(), Access{Kubeconfig: s.Kubeconfig()})
			if err == nil {
				t.Fatal("it found pods")
			}
			for _, want := range append(test.want, "context test") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

// TestPodsOfDistributions: where a distribution's pods serve, and whose certificates fit.
func TestPodsOfDistributions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server            *kubetest.Server
		pod               kubetest.Pod
		endpoint, metrics string
		pair              string
	}{
		"kubeadm": {pod: kubetest.Pod{
			Command: []string{"etcd", "--listen-client-urls=https://127.0.0.1:2379,https://10.0.0.1:2379",
				"--listen-metrics-urls=http://127.0.0.1:2381"},
			Annotations: map[string]string{advertised: "https://10.0.0.1:2379"},
		}, endpoint: "https://10.0.0.1:2379", metrics: "http://:2381", pair: "/etc/kubernetes/pki/etcd ca.crt healthcheck-client.crt healthcheck-client.key"},
		"RKE2": {pod: kubetest.Pod{
			Command: []string{"etcd", "--config-file=/var/lib/rancher/rke2/server/db/etcd/config"},
		}, endpoint: "https://10.0.0.1:2379", pair: "/var/lib/rancher/rke2/server/tls/etcd server-ca.crt client.crt client.key"},
		"OpenShift": {server: &kubetest.Server{Namespace: "openshift-etcd", Labels: map[string]string{"app": "etcd"}},
			pod: kubetest.Pod{Command: []string{"/bin/sh", "-c", "exec etcd \\\n  --listen-client-urls=https://0.0.0.0:2379,unixs://x:0 \\\n" +
				"  --listen-metrics-urls=https://0.0.0.0:9978 ||  mv /x /y"}},
			endpoint: "https://10.0.0.1:2379", metrics: "https://:9978", pair: "/etc/kubernetes/static-pod-resources/etcd-certs configmaps/etcd-all-bundles/server-ca-bundle.crt secrets/"},
		"without TLS, another port": {pod: kubetest.Pod{Command: []string{"etcd", "--listen-client-urls", "http://$(IP):4001"}},
			endpoint: "https://10.0.0.1:2379", pair: "healthcheck-client.key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.pod.Name, test.pod.Node, test.pod.IP = "etcd-a", "a", "10.0.0.1"
			if test.server == nil {
				test.server = new(kubetest.Server)
			}
			test.server.Pods = []kubetest.Pod{test.pod}
			w := open(t, test.server.Start(t))
			var config probe.Config
			w.Use(&config)
			if len(config.Endpoints) != 1 || config.Endpoints[0] != test.endpoint || config.MetricsAt != test.metrics {
				t.Errorf("it is asked at %q, metrics at %q", config.Endpoints, config.MetricsAt)
			}
			if !strings.Contains(config.PairFrom, test.pair) || !strings.Contains(config.PairFrom, "ssh a sudo tar -cC ") {
				t.Errorf("the pair is from %q", config.PairFrom)
			}
		})
	}
}

// TestNoShellInACommand: what an API server calls a node does not get into a command to copy.
func TestNoShellInACommand(t *testing.T) {
	t.Parallel()
	s := &kubetest.Server{Pods: []kubetest.Pod{{Name: "etcd-a", Node: "a;reboot", IP: "10.0.0.1"}}}
	if from := open(t, s.Start(t)).PairFrom(); !strings.HasPrefix(from, "ssh NODE sudo tar ") ||
		strings.Contains(from, "reboot") {
		t.Errorf("the pair is from %q", from)
	}
}
