// Package kubetest is an API server for tests: it lists the pods of etcd, and forwards ports as a kubelet does, to
// addresses on loopback.
package kubetest

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const token = "secret-1"

// A Pod is one that the server lists, and where its ports are.
type Pod struct {
	Name, Node, IP string
	// Command is the container's. Annotations are the pod's.
	Command     []string
	Annotations map[string]string
	// Deleted, NotReady: it is being deleted, or its kubelet says that it is not ready.
	Deleted, NotReady bool
	// Ports are the addresses that forwards to its ports lead to. Nothing listens on all others.
	Ports map[string]string
}

// A Server is an API server with a namespace of pods, which answers until Stop. Its fields are set before it starts.
type Server struct {
	Pods []Pod
	// Namespace is where the pods are, and Labels what they are found by; nil means kubeadm's.
	Namespace string
	Labels    map[string]string
	// Nodes are those of the cluster.
	Nodes []corev1.Node
	// OldSPDY refuses WebSockets, as API servers before 1.31 do.
	OldSPDY bool

	t       testing.TB
	address string
	mu      sync.Mutex
	http    *httptest.Server
	conns   map[net.Conn]bool
	refuses map[string]metav1.Status
	// Forwards counts those opened, by the protocol.
	forwards map[string]int
}

// Start starts it until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	s.t, s.address = t, "127.0.0.1:0"
	s.refuses, s.forwards = map[string]metav1.Status{}, map[string]int{}
	if s.Namespace == "" {
		s.Namespace, s.Labels = "kube-system", map[string]string{"component": "etcd", "tier": "control-plane"}
	}
	t.Cleanup(s.Stop)
	s.Restart()
	return s
}

// Restart starts it anew at its address.
func (s *Server) Restart() {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.address = listener.Addr().String()
	s.conns = map[net.Conn]bool{}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	_ = s.http.Listener.Close()
	s.http.Listener = &tracking{listener, s}
	s.http.Config.ErrorLog = nil
	s.http.StartTLS()
}

// Stop closes the server and all its connections, forwards included.
func (s *Server) Stop() {
	s.mu.Lock()
	server, conns := s.http, s.conns
	s.http, s.conns = nil, nil
	s.mu.Unlock()
	if server == nil {
		return
	}
	_ = server.Listener.Close()
	for conn := range conns {
		_ = conn.Close()
	}
	server.Close()
}

// tracking notes what it accepts: a forward is no connection of the HTTP server any more.
type tracking struct {
	net.Listener
	s *Server
}

func (l *tracking) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.s.mu.Lock()
		defer l.s.mu.Unlock()
		if l.s.conns == nil {
			_ = conn.Close()
			return conn, nil
		}
		l.s.conns[conn] = true
	}
	return conn, err
}

// Refuse answers requests about a resource (pods, nodes) or a pod's forwards (portforward, or portforward/POD) with a
// code and a message. Code 0 ends that.
func (s *Server) Refuse(what string, code int32, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code == 0 {
		delete(s.refuses, what)
		return
	}
	s.refuses[what] = metav1.Status{Status: metav1.StatusFailure, Code: code, Message: message}
}

// Forwards returns how many forwards were opened over a protocol: websocket or spdy.
func (s *Server) Forwards(protocol string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forwards[protocol]
}

// Kubeconfig writes a kubeconfig whose context test leads to the server, and returns its path.
func (s *Server) Kubeconfig() string {
	s.mu.Lock()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
	s.mu.Unlock()
	text, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"clusters": []any{map[string]any{"name": "c",
			"cluster": map[string]any{"server": "https://" + s.address, "certificate-authority-data": authority}}},
		"users":    []any{map[string]any{"name": "u", "user": map[string]any{"token": token}}},
		"contexts": []any{map[string]any{"name": "test", "context": map[string]any{"cluster": "c", "user": "u"}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *Server) serve(w http.ResponseWriter, q *http.Request) {
	parts := strings.Split(strings.Trim(q.URL.Path, "/"), "/")
	if q.Header.Get("Authorization") != "Bearer "+token {
		answer(w, http.StatusUnauthorized, metav1.Status{Code: http.StatusUnauthorized, Message: "Unauthorized"})
		return
	}
	switch {
	case q.URL.Path == "/readyz/etcd", q.URL.Path == "/livez/etcd":
		_, _ = w.Write([]byte("ok"))
	case q.URL.Path == "/api/v1/nodes":
		s.answerUnlessRefused(w, s.nodes(q.URL.Query().Get("labelSelector")), "nodes")
	case len(parts) == 5 && parts[4] == "pods":
		s.answerUnlessRefused(w, s.list(parts[3], q.URL.Query().Get("labelSelector")), "pods")
	case len(parts) == 7 && parts[6] == "portforward":
		s.forward(w, q, parts[5])
	default:
		answer(w, http.StatusNotFound, metav1.Status{Code: http.StatusNotFound, Message: "not found"})
	}
}

func answer(w http.ResponseWriter, code int32, with any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(code))
	_ = json.NewEncoder(w).Encode(with)
}

// refusal returns the refusal of any of several things.
func (s *Server) refusal(things ...string) (metav1.Status, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, what := range things {
		if status, is := s.refuses[what]; is {
			status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
			return status, true
		}
	}
	return metav1.Status{}, false
}

func (s *Server) answerUnlessRefused(w http.ResponseWriter, with any, what string) {
	if status, is := s.refusal(what); is {
		answer(w, status.Code, status)
		return
	}
	answer(w, http.StatusOK, with)
}

// nodes returns the nodes that a selector of one label's key selects.
func (s *Server) nodes(selector string) corev1.NodeList {
	var list corev1.NodeList
	for _, n := range s.Nodes {
		if _, has := n.Labels[selector]; has || selector == "" {
			list.Items = append(list.Items, n)
		}
	}
	return list
}

// list returns the pods of a namespace that a selector of one label selects.
func (s *Server) list(namespace, selector string) corev1.PodList {
	var list corev1.PodList
	label, value, _ := strings.Cut(selector, "=")
	if namespace != s.Namespace || s.Labels[label] != value {
		return list
	}
	for _, p := range s.Pods {
		item := corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Name: p.Name, Namespace: namespace, Labels: s.Labels, Annotations: p.Annotations},
			Spec: corev1.PodSpec{NodeName: p.Node, HostNetwork: true,
				Containers: []corev1.Container{{Name: "etcd", Command: p.Command}}},
			Status: corev1.PodStatus{PodIP: p.IP, HostIP: p.IP, PodIPs: []corev1.PodIP{{IP: p.IP}},
				Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
		}
		if p.NotReady {
			item.Status.Conditions[0].Status = corev1.ConditionFalse
		}
		if p.Deleted {
			item.DeletionTimestamp = new(metav1.Now())
		}
		list.Items = append(list.Items, item)
	}
	return list
}

func (s *Server) pod(name string) (*Pod, error) {
	for i := range s.Pods {
		if s.Pods[i].Name == name {
			return &s.Pods[i], nil
		}
	}
	return nil, fmt.Errorf("pods %q not found", name)
}
