package kubetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"

	gorilla "github.com/gorilla/websocket"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	constants "k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// forward answers a request for a forward to a pod, over a WebSocket or SPDY.
func (s *Server) forward(w http.ResponseWriter, q *http.Request, name string) {
	if status, is := s.refusal("portforward", "portforward/"+name); is {
		answer(w, status.Code, status)
		return
	}
	pod, err := s.pod(name)
	if err != nil {
		answer(w, http.StatusNotFound, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
			Status: metav1.StatusFailure, Code: http.StatusNotFound, Message: err.Error()})
		return
	}
	k := &kubelet{pod: pod, streams: map[string]httpstream.Stream{}}
	var tunnel httpstream.Connection
	switch isWebSocket := gorilla.IsWebSocketUpgrade(q); {
	case isWebSocket && s.OldSPDY:
		http.Error(w, "unable to upgrade: unexpected request", http.StatusBadRequest)
		return
	case isWebSocket:
		tunnel, err = overWebSocket(w, q, k.accept)
	default:
		tunnel, err = overSPDY(w, q, k.accept)
	}
	if err != nil {
		s.t.Errorf("forwarding to %s: %v", name, err)
		return
	}
	protocol := "spdy"
	if gorilla.IsWebSocketUpgrade(q) {
		protocol = "websocket"
	}
	s.mu.Lock()
	s.forwards[protocol]++
	s.mu.Unlock()
	<-tunnel.CloseChan()
	_ = tunnel.Close()
}

func overWebSocket(
	w http.ResponseWriter, q *http.Request, accept httpstream.NewStreamHandler,
) (httpstream.Connection, error) {
	upgrader := gorilla.Upgrader{Subprotocols: []string{constants.WebsocketsSPDYTunnelingPortForwardV1}}
	if !slices.Contains(gorilla.Subprotocols(q), upgrader.Subprotocols[0]) {
		return nil, fmt.Errorf("it asks for the protocols %q", gorilla.Subprotocols(q))
	}
	conn, err := upgrader.Upgrade(w, q, nil)
	if err != nil {
		return nil, err
	}
	return spdy.NewServerConnection(portforward.NewTunnelingConnection("server", conn), accept)
}

func overSPDY(
	w http.ResponseWriter, q *http.Request, accept httpstream.NewStreamHandler,
) (httpstream.Connection, error) {
	if _, err := httpstream.Handshake(q, w, []string{constants.PortForwardV1Name}); err != nil {
		return nil, err
	}
	tunnel := spdy.NewResponseUpgrader().UpgradeResponse(w, q, accept)
	if tunnel == nil {
		return nil, fmt.Errorf("no upgrade to SPDY")
	}
	return tunnel, nil
}

// A kubelet serves one forward: a pair of streams for each connection.
type kubelet struct {
	pod     *Pod
	mu      sync.Mutex
	streams map[string]httpstream.Stream
}

func (k *kubelet) accept(stream httpstream.Stream, replied <-chan struct{}) error {
	id := stream.Headers().Get(corev1.PortForwardRequestIDHeader)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch kind := stream.Headers().Get(corev1.StreamType); kind {
	case corev1.StreamTypeError:
		k.streams[id] = stream
	case corev1.StreamTypeData:
		failures := k.streams[id]
		if failures == nil {
			return fmt.Errorf("data without a stream for errors")
		}
		go func() {
			<-replied
			k.connect(context.Background(), stream, failures)
		}()
	default:
		return fmt.Errorf("a stream of the kind %q", kind)
	}
	return nil
}

// connect copies between a stream and a port of the pod, and ends both as a kubelet does.
func (k *kubelet) connect(ctx context.Context, data, failures httpstream.Stream) {
	defer failures.Close()
	defer data.Close()
	port := data.Headers().Get(corev1.PortHeader)
	var conn net.Conn
	err := fmt.Errorf("dial tcp4 127.0.0.1:%s: connect: connection refused", port)
	if to := k.pod.Ports[port]; to != "" {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", to)
	}
	if err != nil {
		fmt.Fprintf(failures, "error forwarding port %s to pod 0123, uid : failed to execute portforward in network "+
			"namespace \"host\": failed to connect to localhost:%s inside namespace \"0123\", IPv4: %v", port, port, err)
		return
	}
	defer conn.Close()
	go func() {
		_, _ = io.Copy(conn, data)
		_ = conn.Close()
	}()
	_, _ = io.Copy(data, conn)
}

// Leftovers are the goroutines that connections leave behind when a test is over: for a second, one that the other side
// has closed; for good, on the server's side, a stream that its client left before it was accepted.
func Leftovers() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreTopFunction("github.com/moby/spdystream.(*Connection).shutdown"),
		goleak.IgnoreAnyFunction("github.com/moby/spdystream.(*Stream).waitWriteReply"),
	}
}
