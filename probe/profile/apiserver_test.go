package profile

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestAPIServer: the manifest of the host's kube-apiserver leads to it, with what it has for itself.
func TestAPIServer(t *testing.T) {
	t.Parallel()
	h := fixture(t, "kubeadm")
	root := h.root
	got := h.found(Kubeadm).APIServer
	want := probe.APIServer{
		URL: "https://127.0.0.1:6443",
		TLS: probe.TLS{
			CAFile:   root + kubeadmPKI + "apiserver.crt",
			CertFile: root + kubeadmPKI + "apiserver-kubelet-client.crt",
			KeyFile:  root + kubeadmPKI + "apiserver-kubelet-client.key", ServerName: "kubernetes",
		},
	}
	if got == nil || *got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := fixture(t, "k3s", k3s+"server/tls/etcd/server-client.crt").found(K3s).APIServer; got != nil {
		t.Errorf("a host without one has %+v", got)
	}
}

// TestAPIServerOfFlags: an address to bind to and another port count.
func TestAPIServerOfFlags(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ bind, port, want string }{
		{"", "", "https://127.0.0.1:6443"}, {"0.0.0.0", "443", "https://127.0.0.1:443"},
		{"::", "6443", "https://127.0.0.1:6443"}, {"10.0.0.1", "6443", "https://10.0.0.1:6443"},
		{"fd00::1", "6443", "https://[fd00::1]:6443"},
	} {
		e := &evidence{client: &process{flags: map[string]string{"bind-address": test.bind, "secure-port": test.port}}}
		if got := e.apiServer(&tree{}).URL; got != test.want {
			t.Errorf("bind %q, port %q: %s, want %s", test.bind, test.port, got, test.want)
		}
	}
}
