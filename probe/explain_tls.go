package probe

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

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
		return explainName(name, endpointNames)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return explainValidity(invalid.Cert, servedLeaf(err))
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
	errSocketNoTLS = &Error{Kind: ErrTLSNotSpoken,
		Text: "it does not speak TLS on this socket: use unix:// instead of unixs://"}
	errSocketTLS = &Error{Kind: ErrTLSSpoken,
		Text: "it speaks TLS on this socket: use unixs://, with --cacert, --cert and --key"}
	errNoGRPC = &Error{Kind: ErrNotGRPC,
		Text: "it speaks TLS and no gRPC on this port: it is not etcd, or not its client port"}
	errGRPCOnly = &Error{Kind: ErrUnsupported, Text: "this port speaks HTTP/2 alone: it serves gRPC only, or is not etcd's"}
)

// ofSocket returns an error about TLS with the words for a unix socket, if endpoint is one.
func ofSocket(endpoint string, e *Error) *Error {
	switch _, is := socketPath(endpoint); {
	case is && e == errTLSNotSpoken:
		return errSocketNoTLS
	case is && e == errTLSSpoken:
		return errSocketTLS
	}
	return e
}

// chainFirst returns why a handshake failed, with the certificate's authority before its name: crypto/x509 compares the
// name before it verifies the chain, and what nobody vouches for has no names to offer. roots are those of the
// handshake; nil means the system's.
func chainFirst(err error, roots *x509.CertPool) error {
	var name x509.HostnameError
	var unverified *tls.CertificateVerificationError
	if !errors.As(err, &name) || !errors.As(err, &unverified) || len(unverified.UnverifiedCertificates) == 0 {
		return err
	}
	served := unverified.UnverifiedCertificates
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range served[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, fault := served[0].Verify(options); fault != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: served, Err: fault}
	}
	return err
}

// issuerOf returns who signed a certificate, in parentheses; empty if unknown.
func issuerOf(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf(" (%s)", c.Issuer)
}

// maxNamesShown bounds the names of a certificate that an error lists.
const maxNamesShown = 8

// nameFixes say where to write a name that a certificate is for: one of those listed, or one that a wildcard covers.
type nameFixes struct{ listed, covered string }

// The fixes of an endpoint, of an URL that serves metrics alone (--tls-server-name counts for clients' ports, too), and
// of both where --tls-server-name is given.
var (
	endpointNames = nameFixes{
		"use one of these in the endpoint, or give one that all members' certificates have with --tls-server-name",
		"in the endpoint or with --tls-server-name",
	}
	metricsNames = nameFixes{"name it by one of these with --metrics-endpoints", "with --metrics-endpoints"}
	serverNames  = nameFixes{
		"give --tls-server-name one that all members' certificates have, or leave it out and use these in the endpoints",
		"with --tls-server-name",
	}
)

// explainName explains a certificate for other names than the one that the endpoint or --tls-server-name says.
func explainName(e x509.HostnameError, fixes nameFixes) *Error {
	names := namesOf(e.Certificate)
	if len(names) == 0 {
		return &Error{Kind: ErrTLSName, Text: fmt.Sprintf(
			"its certificate (%s) is for no name or address, so not for %s: issue one with subject alternative names",
			e.Certificate.Subject, e.Host)}
	}
	fix := fixes.listed
	switch whole := slices.DeleteFunc(slices.Clone(names), IsWildcard); {
	case len(whole) == 0:
		fix = fmt.Sprintf("use a name that %s covers (one label in place of the *), %s", names[0], fixes.covered)
	case len(whole) < len(names):
		fix += "; a * stands for one label and is not itself a name to give"
	}
	names, more := names[:min(len(names), maxNamesShown)], ""
	if n := len(e.Certificate.DNSNames) + len(e.Certificate.IPAddresses) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return &Error{Kind: ErrTLSName, Text: fmt.Sprintf("its certificate is for %s%s, not for %s: %s",
		strings.Join(names, ", "), more, e.Host, fix)}
}

// IsWildcard reports whether a certificate's name stands for several (RFC 6125, 6.4.3), so that no client asks for it.
func IsWildcard(name string) bool { return strings.HasPrefix(name, "*.") }

// servedLeaf returns the certificate that the member served as its own; nil where the error does not hold it.
func servedLeaf(err error) *x509.Certificate {
	var unverified *tls.CertificateVerificationError
	if !errors.As(err, &unverified) || len(unverified.UnverifiedCertificates) == 0 {
		return nil
	}
	return unverified.UnverifiedCertificates[0]
}

// explainValidity explains a certificate that is not valid now: the member's, which is leaf if that is known, or its
// authority's. A member's own may be a CA's, too, where it is self-signed.
func explainValidity(c, leaf *x509.Certificate) *Error {
	whose := "its certificate"
	if c.IsCA && !c.Equal(leaf) {
		whose = fmt.Sprintf("the CA certificate above it (%s)", c.Subject)
	}
	now := time.Now()
	if now.Before(c.NotBefore) {
		return &Error{Kind: ErrTLSNotYetValid, Text: fmt.Sprintf(
			"%s is not valid before %s, and this host's clock says %s: set the clock that is wrong, here or where "+
				"it was issued", whose, rfc3339(c.NotBefore), rfc3339(now))}
	}
	return &Error{Kind: ErrTLSExpired, Text: fmt.Sprintf(
		"%s expired at %s, and this host's clock says %s: renew it, or set the clock if that is wrong",
		whose, rfc3339(c.NotAfter), rfc3339(now))}
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// explainRefusedPair explains why a member refuses etcdoc's certificate, or says that it has expired, by what that
// certificate is; e if it explains nothing. leaf is nil if none is given.
func explainRefusedPair(e *Error, leaf *x509.Certificate) *Error {
	switch now := time.Now(); {
	case leaf == nil:
		return errClientCertMissing
	case now.After(leaf.NotAfter):
		return &Error{Kind: ErrClientCertExpired, Text: fmt.Sprintf(
			"it refuses the client certificate, which expired at %s, and this host's clock says %s: renew it (--cert, "+
				"--key), or set the clock if that is wrong", rfc3339(leaf.NotAfter), rfc3339(now))}
	case now.Before(leaf.NotBefore):
		return &Error{Kind: ErrClientCertNotYetValid, Text: fmt.Sprintf(
			"it refuses the client certificate (--cert), which is not valid before %s, and this host's clock says %s: "+
				"set the clock that is wrong, or wait", rfc3339(leaf.NotBefore), rfc3339(now))}
	case e.Kind == ErrClientCertExpired:
		return &Error{Kind: ErrClientCertExpired, Text: fmt.Sprintf(
			"it says that the client certificate is not valid now, which by this host's clock is valid from %s to %s: "+
				"compare the clocks, and see whether a CA above it (--cert) has expired",
			rfc3339(leaf.NotBefore), rfc3339(leaf.NotAfter))}
	case !isForClients(leaf):
		return &Error{Kind: ErrClientCertRefused, Text: fmt.Sprintf(
			"it refuses the client certificate (%s), which is not for clients: give one with the extended key usage "+
				"clientAuth (--cert, --key)", leaf.Subject)}
	}
	return &Error{Kind: ErrClientCertRefused, Text: fmt.Sprintf("%s; it is %s, issued by %s", cmp.Or(e.What, e.Text),
		leaf.Subject, leaf.Issuer)}
}

// isForClients reports whether a certificate may be used to authenticate a client (RFC 5280, 4.2.1.12).
func isForClients(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 ||
		slices.ContainsFunc(c.ExtKeyUsage, func(u x509.ExtKeyUsage) bool {
			return u == x509.ExtKeyUsageClientAuth || u == x509.ExtKeyUsageAny
		})
}

// speaksHTTP2 reports whether an HTTP/1.1 request got an HTTP/2 answer, or a refusal for not being HTTP/2.
func speaksHTTP2(text string) bool {
	return strings.Contains(text, `malformed HTTP response "\x00\x00`) || strings.Contains(text, refusedProtocol)
}

// refusedProtocol is crypto/tls's name of the alert to a client that offers only other protocols: to an HTTP/1.1
// client by a port for gRPC alone, to a gRPC client by a web server.
const refusedProtocol = "tls: no application protocol"

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
			Text: "it says that the client certificate is not valid now: renew it (--cert, --key)"}
	case strings.Contains(alert, "unknown certificate authority"):
		return &Error{Kind: ErrClientCertRefused, Text: "it does not trust the authority of the client certificate: " +
			"give a pair with --cert and --key that a CA in its --trusted-ca-file signed"}
	case strings.Contains(alert, "certificate"):
		return &Error{Kind: ErrClientCertRefused,
			Text: fmt.Sprintf("it refuses the client certificate (%s): check --cert and --key", alert)}
	case strings.Contains(alert, "handshake failure"): // up to TLS 1.2 also for a missing certificate
		return &Error{Kind: ErrTLS, Text: "it aborted the TLS handshake: it asks for a client certificate " +
			"(give --cert and --key), or it shares no cipher suite with etcdoc"}
	}
	return &Error{Kind: ErrTLS, Text: "it aborted the TLS handshake: " + alert}
}

var errClientCertMissing = &Error{Kind: ErrClientCertMissing,
	Text: "it asks for a client certificate: give --cert and --key"}
