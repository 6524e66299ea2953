package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
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
