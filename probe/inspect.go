package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// alertPatience is how long a member gets to object to our certificate: with TLS 1.3 it does so after the handshake,
// and stays silent if all is well.
const alertPatience = 300 * time.Millisecond

// inspect finds out what a port is that answered no gRPC and gave no reason: one with or without TLS, one that wants a
// certificate, a peer port, or no etcd at all. It requests only the member list, sends no password, and presents a
// certificate only over TLS. nil if it learns nothing.
func (cl *client) inspect(endpoint string) *Error {
	ctx, cancel := context.WithTimeout(cl.p.ctx, cl.p.cfg.DialTimeout)
	defer cancel()
	secure := isHTTPS(endpoint)
	e, spoken := cl.inspectTLS(ctx, endpoint, secure)
	switch {
	case e != nil:
		return e
	case spoken && !secure:
		return errTLSSpoken
	}
	if e = cl.inspectHTTP(ctx, endpoint, spoken); e != nil || spoken {
		return e
	}
	if _, err := cl.handshake(ctx, endpoint, false, ""); err != nil {
		if closed := explainNet(err, 0); closed != nil && wasClosed(closed) {
			return errClosesAll
		}
	}
	return nil
}

// errClosesAll is about a port that closes connections without a word, whether TLS is spoken to it or not: one that
// speaks TLS takes part in a handshake, or says why not.
var errClosesAll = &Error{Kind: ErrClosed, Text: "it closes every connection at once, with TLS and without: a load " +
	"balancer or a port forward with no member behind it, or etcd that starts or stops"}

// inspectTLS tries a handshake. For an http endpoint it presents no certificate and accepts any. It leaves half of the
// time for inspectHTTP: what speaks no TLS may wait for the end of a request.
func (cl *client) inspectTLS(ctx context.Context, endpoint string, secure bool) (e *Error, spoken bool) {
	ctx, cancel := context.WithTimeout(ctx, cl.p.cfg.DialTimeout/2)
	defer cancel()
	c, err := cl.handshake(ctx, endpoint, secure, "")
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		defer func() { _ = c.Close() }()
		if !secure {
			return nil, true
		}
		_ = c.SetReadDeadline(time.Now().Add(alertPatience))
		_, err = c.Read(make([]byte, 1))
		return cl.p.explainCertificates(err, explainTLS(err)), true
	case secure && errors.As(err, &record):
		return errTLSNotSpoken, false
	case secure:
		return cl.p.explainCertificates(err, explainTLS(err)), false
	}
	var alert tls.AlertError
	return nil, errors.As(err, &alert) || strings.Contains(err.Error(), "remote error: tls: ")
}

// handshake connects to an endpoint and performs the TLS handshake; protocol may be empty.
func (cl *client) handshake(ctx context.Context, endpoint string, secure bool, protocol string) (*tls.Conn, error) {
	raw, err := cl.p.cfg.dial(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // sends no secret
	if secure {
		config = cl.p.tls.config(protocol, func([]*x509.Certificate) {})
		if config.ServerName == "" {
			config.ServerName = serverNameOf(endpoint)
		}
	}
	c := tls.Client(raw, config)
	if err := c.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, chainFirst(err, config.RootCAs)
	}
	return c, nil
}

// http2Preface is how a client of HTTP/2 begins (RFC 9113, 3.4), noSettings a settings frame without any (6.5): the
// fourth byte of a frame is its type.
const (
	http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + noSettings
	noSettings   = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
)

// answersHTTP2 reports whether an https port greets a client of HTTP/2 with its settings, as gRPC's do.
func (cl *client) answersHTTP2(endpoint string) bool {
	return cl.afterTLS(endpoint, cl.p.cfg.DialTimeout, func(c net.Conn) bool {
		if _, err := io.WriteString(c, http2Preface); err != nil {
			return false
		}
		frame := make([]byte, len(noSettings))
		_, err := io.ReadFull(c, frame)
		return err == nil && frame[3] == noSettings[3]
	})
}

// closesAfterTLS reports whether a port closes a connection after the handshake, before any request.
func (cl *client) closesAfterTLS(endpoint string) bool {
	return cl.afterTLS(endpoint, alertPatience, func(c net.Conn) bool {
		_, err := c.Read(make([]byte, 1))
		if err == nil {
			return false
		}
		closed := explainNet(err, 0)
		return closed != nil && wasClosed(closed)
	})
}

// afterTLS asks what is so of a connection after a handshake like gRPC's, for so long; false where there is none.
func (cl *client) afterTLS(endpoint string, patience time.Duration, is func(net.Conn) bool) bool {
	ctx, cancel := context.WithTimeout(cl.p.ctx, cl.p.cfg.DialTimeout)
	defer cancel()
	c, err := cl.handshake(ctx, endpoint, true, "h2")
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(patience))
	return is(c)
}

// maxMemberListBytes bounds the member list of a peer port.
const maxMemberListBytes = 64 << 10

// inspectHTTP requests the member list that etcd serves on its peer port (etcdhttp's NewPeerHandler: GET /members).
func (cl *client) inspectHTTP(ctx context.Context, endpoint string, overTLS bool) *Error {
	var c net.Conn
	var err error
	if overTLS {
		c, err = cl.handshake(ctx, endpoint, true, "")
	} else {
		c, err = cl.p.cfg.dial(ctx, endpoint)
	}
	if err != nil {
		return nil
	}
	defer c.Close()
	if deadline, has := ctx.Deadline(); has {
		_ = c.SetDeadline(deadline)
	}
	_, err = fmt.Fprintf(c, "GET /members HTTP/1.1\r\nHost: %s\r\nUser-Agent: etcdoc\r\nConnection: close\r\n\r\n",
		hostHeader(endpoint))
	if err != nil {
		return nil
	}
	response, err := http.ReadResponse(bufio.NewReader(io.LimitReader(c, maxMemberListBytes)), nil)
	if err != nil {
		if isHTTPS(endpoint) && !overTLS && speaksHTTP2(err.Error()) {
			return errTLSNotSpoken
		}
		return nil
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusOK && response.Header.Get("X-Etcd-Cluster-ID") != "":
		return explainPeerPort(endpoint, response.Body)
	case isHTTPS(endpoint) && !overTLS:
		return errTLSNotSpoken
	}
	if response.Header.Get("Via") != "" { // only what passes a request on says so (RFC 9110, 7.6.3)
		return &Error{Kind: ErrNotGRPC, Text: fmt.Sprintf("an HTTP proxy answers there (%s), which does not pass gRPC on: "+
			"name the member's own endpoint", truncate(response.Status, 40))}
	}
	return explainNoGRPC(response.StatusCode, response.Status)
}

// explainNoGRPC explains a port that answers a gRPC call like a web server, with an HTTP status.
func explainNoGRPC(code int, status string) *Error {
	status = truncate(status, 40)
	switch code {
	case http.StatusProxyAuthRequired:
		return &Error{Kind: ErrNotGRPC, Text: fmt.Sprintf("an HTTP proxy answers there, and asks for a login of its own "+
			"(%s): name an endpoint that leads to etcd without it", status)}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &Error{Kind: ErrNotGRPC, Text: fmt.Sprintf("an HTTP proxy answers there (%s): what is behind it does not "+
			"answer it, or it does not pass gRPC on: name the member's own endpoint", status)}
	}
	if code/100 == 3 {
		return &Error{Kind: ErrNotGRPC, Text: fmt.Sprintf("it redirects to another address (%s), which etcdoc does not "+
			"follow: it is not etcd, or not its client port", status)}
	}
	return &Error{Kind: ErrNotGRPC,
		Text: fmt.Sprintf("it answers HTTP (%s) and no gRPC: it is not etcd, or not its client port", status)}
}

// hostHeader is the Host of an HTTP request to an endpoint.
func hostHeader(endpoint string) string {
	if _, ok := socketPath(endpoint); ok {
		return "localhost"
	}
	return HostPort(endpoint)
}

// explainPeerPort names the member whose peer port an endpoint is, by the member list from that port.
func explainPeerPort(endpoint string, list io.Reader) *Error {
	var members []struct {
		Name       string
		PeerURLs   []string
		ClientURLs []string
	}
	_ = json.NewDecoder(list).Decode(&members) // without it, the owner stays unnamed
	here := func(u string) bool { return addressKey(u) == addressKey(endpoint) }
	for _, m := range members {
		m.PeerURLs, m.ClientURLs = keptURLs(m.PeerURLs), slices.DeleteFunc(keptURLs(m.ClientURLs), here)
		if slices.ContainsFunc(m.PeerURLs, here) && m.Name != "" && len(m.ClientURLs) > 0 {
			return &Error{Kind: ErrPeerPort, Text: fmt.Sprintf("that is %s's peer port, for members only; "+
				"clients use %s", truncate(m.Name, 64), truncate(strings.Join(m.ClientURLs, ", "), 200))}
		}
	}
	return &Error{Kind: ErrPeerPort, Text: "that is a peer port, for members only; " +
		"clients use the client URL (--listen-client-urls, usually port 2379)"}
}

// suspectTLS explains a connection that an endpoint closed at once, if it never answered and inspect learned nothing.
// Plain text on a TLS port ends that way, TLS on a plain one too, and often a missing client certificate.
func (cl *client) suspectTLS(e *Error, endpoint string) *Error {
	hasPair := cl.p.cfg.TLS.CertFile != ""
	switch {
	case !wasClosed(e):
		return e
	case !isHTTPS(endpoint):
		return withEndpoint(endpoint, &Error{Kind: ErrTLS,
			Text: "it closed the connection at once: it speaks TLS on this port " +
				"(use https://, with --cacert, --cert and --key), or it is shutting down"})
	case hasPair && cl.closesAfterTLS(endpoint):
		return withEndpoint(endpoint, errClosedAfterTLS)
	case hasPair:
		return withEndpoint(endpoint, &Error{Kind: ErrTLS,
			Text: "it aborted the TLS handshake: it refuses the client certificate (check --cert and --key), " +
				"it does not speak TLS on this port (use http://), or it is shutting down"})
	}
	return withEndpoint(endpoint, &Error{Kind: ErrTLS,
		Text: "it aborted the TLS handshake: it asks for a client certificate (give --cert and --key), " +
			"it does not speak TLS on this port (use http://), or it is shutting down"})
}

// errClosedAfterTLS is about a port that takes part in a handshake and closes the connection then. A peer port does
// that without a word where the client certificate is for another address than the client's (etcd's
// client/pkg/transport, listener_tls.go); a client port waits for a request.
var errClosedAfterTLS = &Error{Kind: ErrTLS, Text: "it takes part in the TLS handshake, and then closes the connection: " +
	"a peer port, for members only (clients use the client URL, usually port 2379), or it refuses the client " +
	"certificate, or it is shutting down"}
