package probe

import (
	"context"
	"encoding/hex"
	"net"
	"path"
	"strings"
)

// socketPath returns the path of a unix socket's URL, with the scheme unix or unixs, which means TLS. As etcd's client
// does, it takes unix:///ABSOLUTE, unix://RELATIVE and unix:PATH.
func socketPath(endpoint string) (socket string, ok bool) {
	scheme, rest, found := strings.Cut(endpoint, ":")
	if !found || scheme != "unix" && scheme != "unixs" {
		return "", false
	}
	return strings.TrimPrefix(rest, "//"), true
}

// networkAddress returns the network and address to dial for an endpoint.
func networkAddress(endpoint string) (network, address string) {
	if socket, ok := socketPath(endpoint); ok {
		return "unix", socket
	}
	return "tcp", HostPort(endpoint)
}

func (c *Config) dial(ctx context.Context, endpoint string) (net.Conn, error) {
	network, address := networkAddress(endpoint)
	return c.DialContext(ctx, network, address)
}

// socketHost ends the hosts that stand for unix sockets in HTTP requests; before it comes the path in hexadecimal.
const socketHost = ".socket"

// requestURL returns the URL to request for that of an exposition: net/http knows no unix socket.
func requestURL(metrics string) string {
	socket, ok := socketPath(strings.TrimSuffix(metrics, "/metrics"))
	switch {
	case !ok:
		return metrics
	case isHTTPS(metrics):
		return "https://" + hex.EncodeToString([]byte(socket)) + socketHost + "/metrics"
	default:
		return "http://" + hex.EncodeToString([]byte(socket)) + socketHost + "/metrics"
	}
}

// dialAddress returns what to dial for the address of an HTTP request.
func dialAddress(address string) (network, dialled string) {
	host, _, err := net.SplitHostPort(address)
	if err == nil && strings.HasSuffix(host, socketHost) {
		if socket, err := hex.DecodeString(strings.TrimSuffix(host, socketHost)); err == nil {
			return "unix", string(socket)
		}
	}
	return "tcp", address
}

// IsSocket reports whether an endpoint is a unix socket.
func IsSocket(endpoint string) bool {
	_, is := socketPath(endpoint)
	return is
}

// socketName is the name that the certificate of a unix socket's server must have: etcd's client takes the file's.
func socketName(socket string) string { return path.Base(socket) }
