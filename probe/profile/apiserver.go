package profile

import (
	"cmp"
	"net"

	"github.com/etcdoc/etcdoc/probe"
)

// apiServer returns the host's kube-apiserver as its flags describe it; nil if no file does. It is asked with the pair
// by which it calls kubelets itself, and trusted by the certificate that it serves: its CA is not in every
// distribution's flags. That certificate is for the name kubernetes everywhere, and rarely for the loopback address.
func (e *evidence) apiServer(t *tree) *probe.APIServer {
	if e.client == nil {
		return nil
	}
	flags := e.client.flags
	path := func(flag string) string {
		if flags[flag] == "" {
			return ""
		}
		return t.at(e.client.hostPath(flags[flag]))
	}
	host := flags["bind-address"]
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	server := &probe.APIServer{
		URL: "https://" + net.JoinHostPort(host, cmp.Or(flags["secure-port"], "6443")),
		TLS: probe.TLS{CAFile: cmp.Or(path("tls-cert-file"), path("client-ca-file")), ServerName: "kubernetes"},
	}
	if cert, key := path("kubelet-client-certificate"), path("kubelet-client-key"); cert != "" && key != "" {
		server.TLS.CertFile, server.TLS.KeyFile = cert, key
	}
	return server
}
