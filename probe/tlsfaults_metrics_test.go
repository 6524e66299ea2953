package probe

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
)

// TestMetricsPortForOtherNames: where a port for metrics alone has a certificate for other names, the error offers them
// for --metrics-endpoints. --tls-server-name would be looked for in the certificates of the client ports, too.
func TestMetricsPortForOtherNames(t *testing.T) {
	t.Parallel()
	member := oneMember.Use(t).Endpoints()[0]
	ours := newTestAuthority(t, "our CA", nil)
	client := ours.files(t, ours.pair(t, "operator", nil))
	for name, test := range map[string]struct {
		names func(*x509.Certificate)
		want  string
	}{
		"names": {elsewhere, "its certificate is for etcd-0.example, etcd-0, not for 127.0.0.1: name it by one of these " +
			"with --metrics-endpoints"},
		"a wildcard": {wildcard, "not for 127.0.0.1: use a name that *.etcd.example covers (one label in place of the *), " +
			"with --metrics-endpoints"},
		"none": {nameless, "is for no name or address, so not for 127.0.0.1: issue one"},
	} {
		port := handshakes(t, &tls.Config{MinVersion: tls.VersionTLS12,
			Certificates: []tls.Certificate{ours.pair(t, "metrics", test.names)}})
		p := start(t, Config{Endpoints: []string{member}, MetricsEndpoints: []string{port}, Cluster: true, TLS: client})
		s := await(t, p, "metrics failed", func(s Sweep) bool { return s.Members[0].Metrics.Err != nil })
		err := s.Members[0].Metrics.Err
		if err.Kind != ErrTLSName || !strings.Contains(err.Text, port+"/metrics: ") || !strings.Contains(err.Text, test.want) ||
			strings.Contains(err.Text, "--tls-server-name") {
			t.Errorf("%s: %s: %q, want %q in it", name, err.Kind, err.Text, test.want)
		}
	}
}
