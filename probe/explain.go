package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// explain turns the error of a call to endpoint into words. limit is the call's timeout.
func explain(err error, endpoint string, limit time.Duration) *Error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	if speaksHTTP2(err.Error()) {
		return withEndpoint(endpoint, errGRPCOnly)
	}
	if e := explainTLS(err); e != nil {
		return withEndpoint(endpoint, e)
	}
	if e := explainNet(err, limit); e != nil {
		return withEndpoint(endpoint, e)
	}
	if s, ok := status.FromError(err); ok {
		return withEndpoint(endpoint, explainStatus(s, limit))
	}
	return withEndpoint(endpoint, &Error{Kind: ErrOther, Text: err.Error()}).truncated()
}

// explain also uses what is known about the certificates.
func (p *Prober) explain(err error, endpoint string, limit time.Duration) *Error {
	e := explain(err, endpoint, limit)
	var authority x509.UnknownAuthorityError
	switch {
	case e.Kind == ErrTLSAuthority && p.cfg.TLS.CAFile != "" && errors.As(err, &authority):
		return withEndpoint(endpoint, &Error{Kind: ErrTLSOtherAuthority,
			Text: fmt.Sprintf("its certificate is not signed by the CA in %s (--cacert) but by another one%s",
				p.cfg.TLS.CAFile, issuerOf(authority.Cert))})
	case e.Kind != ErrClientCertRefused:
		return e
	}
	switch c := p.tls.certificate(); {
	case c == nil:
		return withEndpoint(endpoint, errClientCertMissing) // TLS 1.2 has no better word for a missing one
	case c.NotAfter.Before(time.Now()):
		return withEndpoint(endpoint, &Error{Kind: ErrClientCertExpired,
			Text: fmt.Sprintf("it refuses the client certificate, which expired at %s: renew it (--cert, --key)",
				c.NotAfter.UTC().Format(time.RFC3339))})
	}
	return e
}

// withEndpoint puts the endpoint before the text.
func withEndpoint(endpoint string, e *Error) *Error {
	if endpoint == "" {
		return e
	}
	return (&Error{Kind: e.Kind, Text: endpoint + ": " + e.Text, Where: endpoint}).truncated()
}

func explainNet(err error, limit time.Duration) *Error {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return &Error{Kind: ErrUnreachable,
			Text: fmt.Sprintf("no such host %q: check the name, and the DNS of this machine", dns.Name)}
	case errors.As(err, &dns):
		return &Error{Kind: ErrUnreachable, Text: fmt.Sprintf("looking up %q: %s", dns.Name, dns.Err)}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Kind: ErrRefused, Text: "connection refused: the host is up, but nothing listens on this port"}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return &Error{Kind: ErrUnreachable, Text: "no route to the host: the host or the network is down"}
	case errors.Is(err, syscall.EINVAL):
		return &Error{Kind: ErrUnreachable,
			Text: "there is no such address on this machine's networks: a link-local address (fe80::…) needs " +
				"the interface to use, by a name that ip link shows, as in [fe80::1%25eth0]"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &Error{Kind: ErrTimeout, Text: noAnswer(limit)}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Error{Kind: ErrClosed, Text: resetText}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), closedEarly):
		return &Error{Kind: ErrClosed, Text: closedText}
	}
	return nil
}

const (
	resetText  = "connection reset: it stopped, or something in between cut the connection"
	closedText = "the connection was closed before the answer arrived"
	// closedEarly is net/http's message, in an error without a type, when the other side closes a new connection before
	// the request was sent.
	closedEarly = "http: server closed idle connection"
)

// wasClosed reports whether the other side closed the connection.
func wasClosed(e *Error) bool { return e.Kind == ErrClosed }

func noAnswer(limit time.Duration) string {
	return fmt.Sprintf("no answer within %s: it hangs, is overloaded, or is cut off", limit)
}

func explainTLS(err error) *Error {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return &Error{Kind: ErrTLSAuthority,
			Text: "its certificate is signed by an untrusted authority" + issuerOf(authority.Cert) +
				": give the cluster's CA with --cacert"}
	case errors.As(err, &name):
		return &Error{Kind: ErrTLSName,
			Text: fmt.Sprintf("its certificate is not for this name (%v): use one of its names", name)}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return explainExpired(invalid.Cert)
	case errors.As(err, &invalid):
		return &Error{Kind: ErrTLS, Text: "its certificate is not valid: " + invalid.Error()}
	case errors.As(err, &record):
		return errTLSNotSpoken
	case errors.As(err, &alert):
		return explainAlert(alert.Error())
	}
	return tlsByText(err.Error())
}

var (
	errTLSNotSpoken = &Error{Kind: ErrTLSNotSpoken,
		Text: "it does not speak TLS on this port: use http:// instead of https://"}
	errTLSSpoken = &Error{Kind: ErrTLSSpoken,
		Text: "it speaks TLS on this port: use https://, with --cacert, --cert and --key"}
	errGRPCOnly = &Error{Kind: ErrUnsupported, Text: "this port serves gRPC only"}
)

// issuerOf returns who signed a certificate, in parentheses; empty if unknown.
func issuerOf(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf(" (%s)", c.Issuer)
}

// explainExpired explains a certificate that is not valid now: the member's, or its authority's.
func explainExpired(c *x509.Certificate) *Error {
	whose := "its certificate"
	if c.IsCA {
		whose = fmt.Sprintf("the CA certificate above it (%s)", c.Subject)
	}
	return &Error{Kind: ErrTLSExpired, Text: fmt.Sprintf(
		"%s is not valid now (from %s to %s): renew it, or set this machine's clock",
		whose, c.NotBefore.UTC().Format(time.RFC3339), c.NotAfter.UTC().Format(time.RFC3339))}
}

// speaksHTTP2 reports whether an HTTP/1.1 request got an HTTP/2 answer, or a refusal for not being HTTP/2.
func speaksHTTP2(text string) bool {
	return strings.Contains(text, `malformed HTTP response "\x00\x00`) ||
		strings.Contains(text, "tls: no application protocol")
}

// tlsByText recognises TLS errors that gRPC and net/http wrap as text, without their type.
func tlsByText(text string) *Error {
	switch {
	case strings.Contains(text, "server gave HTTP response to HTTPS client"),
		strings.Contains(text, "first record does not look like a TLS handshake"):
		return errTLSNotSpoken
	case strings.Contains(text, "HTTP request to an HTTPS server"),
		strings.Contains(text, "malformed HTTP response \"\x15\x03"):
		return errTLSSpoken
	case strings.Contains(text, "remote error: tls: "):
		_, alert, _ := strings.Cut(text, "remote error: ")
		return explainAlert(alert)
	}
	return nil
}

// explainAlert explains why the member rejected etcdoc. The names of alerts are crypto/tls's.
func explainAlert(alert string) *Error {
	alert = strings.TrimRight(alert, "\"")
	switch {
	case strings.Contains(alert, "certificate required"):
		return errClientCertMissing
	case strings.Contains(alert, "expired certificate"):
		return &Error{Kind: ErrClientCertExpired,
			Text: "it says that the client certificate has expired: renew it (--cert, --key)"}
	case strings.Contains(alert, "certificate"):
		return &Error{Kind: ErrClientCertRefused,
			Text: fmt.Sprintf("it refuses the client certificate (%s): check --cert and --key", alert)}
	}
	return &Error{Kind: ErrTLS, Text: "it aborted the TLS handshake: " + alert}
}

var errClientCertMissing = &Error{Kind: ErrClientCertMissing,
	Text: "it asks for a client certificate: give --cert and --key"}

func explainStatus(s *status.Status, limit time.Duration) *Error {
	text := s.Message()
	known := rpctypes.Error(s.Err())
	switch {
	case errors.Is(known, rpctypes.ErrPermissionDenied):
		return &Error{Kind: ErrPermission,
			Text: "permission denied: the user lacks a role for this (the member itself answers)"}
	case errors.Is(known, rpctypes.ErrUserEmpty):
		return &Error{Kind: ErrNoUser, Text: "the cluster requires authentication: give --user"}
	case errors.Is(known, rpctypes.ErrAuthFailed):
		return &Error{Kind: ErrWrongPassword, Text: "user or password is wrong: check --user and --password"}
	case errors.Is(known, rpctypes.ErrInvalidAuthToken), errors.Is(known, rpctypes.ErrAuthOldRevision):
		return &Error{Kind: ErrPermission, Text: "the login is no longer valid: " + text}
	case strings.Contains(text, "etcdserver: no leader"), strings.Contains(text, "etcdserver: leader changed"),
		strings.Contains(text, "etcdserver: request timed out"):
		return &Error{Kind: ErrNoLeader, Text: "no leader answers: " + strings.TrimPrefix(text, "etcdserver: ")}
	case strings.Contains(text, "not supported for learner"):
		return &Error{Kind: ErrUnsupported, Text: "a learner does not serve this"}
	}
	switch s.Code() {
	case codes.DeadlineExceeded:
		return &Error{Kind: ErrTimeout, Text: noAnswer(limit)}
	case codes.Canceled:
		return &Error{Kind: ErrTimeout, Text: "the connection was closed before the answer arrived"}
	case codes.PermissionDenied, codes.Unauthenticated:
		return &Error{Kind: ErrPermission, Text: text}
	case codes.Unimplemented:
		return &Error{Kind: ErrUnsupported, Text: "it does not serve this: " + text}
	case codes.Unavailable:
		return explainUnavailable(text)
	}
	return &Error{Kind: ErrOther, Text: text}
}

// explainUnavailable explains gRPC's message when it has no connection; the cause is only in the text.
func explainUnavailable(text string) *Error {
	if e := tlsByText(text); e != nil {
		return e
	}
	switch {
	case strings.Contains(text, "error reading server preface: http2"):
		return &Error{Kind: ErrOther,
			Text: "it does not answer gRPC on this port: it is not etcd, or not its client port"}
	case strings.Contains(text, "connection refused"):
		return explainNet(syscall.ECONNREFUSED, 0)
	case strings.Contains(text, "connection reset"), strings.Contains(text, "broken pipe"):
		return explainNet(syscall.ECONNRESET, 0)
	case strings.Contains(text, "EOF"), strings.Contains(text, "closing transport"),
		strings.Contains(text, "server stopped"),
		isConnectionEnd(text):
		return explainNet(io.EOF, 0)
	}
	if isTransportText(text) {
		return &Error{Kind: ErrUnreachable, Text: text}
	}
	return &Error{Kind: ErrOther, Text: "it answers that it is unavailable: " + text}
}

// transportWords are the prefixes of gRPC's own messages when it has no connection (google.golang.org/grpc,
// internal/transport and the balancers). Any other message about unavailability comes from the member.
var transportWords = [...]string{
	"connection error: ", "error reading from server: ", "transport: ", "transport is closing", "the connection is ",
	"the stream is rejected ", "SubConn state ", "keepalive ping failed",
	"name resolver error: ", "last connection error: ", "last resolver error: ", "produced zero addresses",
	"no children to pick from",
	"grpc: the ", "the client connection is closing",
}

func isTransportText(text string) bool {
	return slices.ContainsFunc(transportWords[:], func(words string) bool { return strings.HasPrefix(text, words) })
}

// isConnectionEnd reports whether the other side closed an existing connection (google.golang.org/grpc,
// internal/transport).
func isConnectionEnd(text string) bool {
	return strings.HasPrefix(text, "transport is closing") || strings.HasPrefix(text, "the connection is draining") ||
		strings.HasPrefix(text, "the stream is rejected ")
}

// transportFailed reports whether a gRPC call failed for lack of a connection, and not by the member's answer.
func transportFailed(err error) bool {
	s, ok := status.FromError(err)
	return ok && (s.Code() == codes.Unavailable || s.Code() == codes.Canceled) &&
		!strings.HasPrefix(s.Message(), "etcdserver: ")
}

// withoutURL strips the URL from a net/http error; the message already has it.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
