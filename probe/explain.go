package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

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
	if strings.Contains(err.Error(), headersTooLong) {
		return withEndpoint(endpoint, errHeadersTooLong)
	}
	if e := explainTLS(err); e != nil {
		return withEndpoint(endpoint, e)
	}
	if e := explainSocket(err, endpoint); e != nil {
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
	var own *Error
	if errors.As(err, &own) {
		return e
	}
	if p.cfg.Way != nil && (e.Kind == ErrTimeout || e.Kind == ErrClosed || e.Kind == ErrUnreachable) {
		if why := p.cfg.Way(endpoint); why != nil {
			return why
		}
	}
	if known := p.explainCertificates(err, e); known != e {
		return withEndpoint(endpoint, known)
	}
	return e
}

// explainCertificates explains an error of TLS better by the certificates that etcdoc was given; e if it can't.
func (p *Prober) explainCertificates(err error, e *Error) *Error {
	if e == nil {
		return nil
	}
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case p.cfg.PairFrom != "" && p.cfg.TLS.CAFile == "" && e.Kind == ErrTLSAuthority,
		p.cfg.PairFrom != "" && p.cfg.TLS.CertFile == "" && e.Kind == ErrClientCertMissing:
		return &Error{Kind: e.Kind, Text: "it asks for a client pair: " + p.cfg.PairFrom}
	case e.Kind == ErrTLSName && p.cfg.TLS.ServerName != "" && errors.As(err, &name):
		return explainName(name, serverNames)
	case e.Kind == ErrTLSAuthority && p.cfg.TLS.CAFile != "" && errors.As(err, &authority):
		return &Error{Kind: ErrTLSOtherAuthority,
			Text: fmt.Sprintf("its certificate is not signed by the CA in %s (--cacert) but by another one%s",
				p.cfg.TLS.CAFile, issuerOf(authority.Cert))}
	case e.Kind == ErrClientCertRefused, e.Kind == ErrClientCertExpired:
		return explainRefusedPair(e, p.tls.leaf())
	}
	return e
}

// withEndpoint puts the endpoint before the text.
func withEndpoint(endpoint string, e *Error) *Error {
	if endpoint == "" {
		return e
	}
	e = ofSocket(endpoint, e)
	return (&Error{Kind: e.Kind, Text: endpoint + ": " + e.Text, Where: endpoint, What: e.Text}).truncated()
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

// explainSocket explains why there is no connection with a unix socket; nil for other endpoints and other errors.
func explainSocket(err error, endpoint string) *Error {
	if _, is := socketPath(endpoint); !is {
		return nil
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Kind: ErrRefused, Text: "there is no such socket: check its path, and that etcd listens there " +
			"(--listen-client-urls)"}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Kind: ErrRootOnly, Text: "this user may not connect with the socket: run etcdoc as root, or as " +
			"etcd's user"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Error{Kind: ErrRefused, Text: "connection refused: nothing listens on this socket any more"}
	}
	return nil
}

// headersTooLong is in net/http's error, which has no type, about more headers than MaxResponseHeaderBytes.
const headersTooLong = "server response headers exceeded"

var errHeadersTooLong = &Error{Kind: ErrMalformed, Text: fmt.Sprintf("its answer has more than %d KiB of headers: it is "+
	"not etcd", maxHeaders>>10)}

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
	within := limit.String()
	if limit >= time.Minute && limit%time.Minute == 0 {
		within = fmt.Sprintf("%dm", limit/time.Minute)
	}
	return "no answer within " + within + ": it hangs, is overloaded, or is cut off"
}

// withoutURL strips the URL from a net/http error; the message already has it.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
