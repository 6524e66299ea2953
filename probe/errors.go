package probe

import (
	"strings"
	"unicode/utf8"
)

// Error is why a member did not answer a question, in words that a person can act on.
type Error struct {
	Kind ErrorKind
	// Text says what went wrong and where, and what to do where that is known. It starts in lower case and has no
	// full stop, as Go's errors do.
	Text string
}

func (e *Error) Error() string { return e.Text }

// ErrorKind is what went wrong, for those who decide by it.
type ErrorKind string

// Words says in two or three words what went wrong.
func (k ErrorKind) Words() string {
	switch k {
	case ErrRefused:
		return "connection refused"
	case ErrUnreachable:
		return "unreachable"
	case ErrClosed:
		return "connection closed"
	case ErrTimeout:
		return "no answer in time"
	case ErrTLS:
		return "TLS does not fit"
	case ErrTLSAuthority:
		return "certificate of an unknown authority"
	case ErrTLSOtherAuthority:
		return "certificate of another authority than the given"
	case ErrTLSName:
		return "certificate for another name"
	case ErrTLSExpired:
		return "certificate not valid now"
	case ErrClientCertMissing:
		return "client certificate missing"
	case ErrClientCertRefused:
		return "client certificate refused"
	case ErrClientCertExpired:
		return "client certificate expired"
	case ErrTLSSpoken:
		return "http:// to a TLS port"
	case ErrTLSNotSpoken:
		return "https:// to a port without TLS"
	case ErrLogin:
		return "not logged in"
	case ErrWithheld:
		return "login withheld"
	case ErrPermission:
		return "permission denied"
	case ErrNoUser:
		return "authentication is on, and no user is given"
	case ErrWrongPassword:
		return "user or password is wrong"
	case ErrNoLeader:
		return "no leader"
	case ErrUnsupported:
		return "not served"
	case ErrMalformed:
		return "malformed answer"
	case ErrElsewhere:
		return "out of reach from here"
	case ErrForeign:
		return "another cluster answers"
	case ErrPeerPort:
		return "a peer port"
	case ErrProxy:
		return "a proxy"
	case ErrNotInDump:
		return "not in a dump"
	default:
		return "failed"
	}
}

// The kinds of error.
const (
	ErrRefused     ErrorKind = "refused"     // nothing listens there
	ErrUnreachable ErrorKind = "unreachable" // no route, no such host
	ErrClosed      ErrorKind = "closed"      // its host was reached, and ended the connection before the answer
	ErrTimeout     ErrorKind = "timeout"     // it was reached, or not, and did not answer in time
	ErrTLS         ErrorKind = "tls"         // certificates or TLS settings do not fit, and it is not known how: see [ErrorKind.IsTLS]
	ErrPermission  ErrorKind = "permission"  // the user may not ask this; the member answered, so that it is alive
	ErrNoLeader    ErrorKind = "no-leader"   // the member answered: it has no leader
	ErrUnsupported ErrorKind = "unsupported" // the member does not serve this: a learner, an old version, a gRPC-only port
	ErrMalformed   ErrorKind = "malformed"   // the answer could not be read
	// ErrElsewhere: every URL that the member advertises leads to another member (they all advertise the same, or an
	// address that each host has for itself, such as 127.0.0.1). It may be well: it is out of reach from here.
	ErrElsewhere ErrorKind = "elsewhere"
	// ErrForeign: a member of another cluster answers there.
	ErrForeign ErrorKind = "foreign"
	// ErrProxy: the endpoint answers for a cluster and not for one member.
	ErrProxy     ErrorKind = "proxy"
	ErrNotInDump ErrorKind = "not-in-dump" // the expositions that were dumped do not have it: see Dumps
	ErrOther     ErrorKind = "other"
)

// The kinds of ErrTLS where it is known what does not fit.
const (
	ErrTLSAuthority ErrorKind = "tls-authority" // the member's certificate: signed by nobody whom we trust
	// ErrTLSOtherAuthority: the same, where a CA was given.
	ErrTLSOtherAuthority ErrorKind = "tls-other-authority"
	ErrTLSName           ErrorKind = "tls-name"    // the member's certificate: for another name than the endpoint's
	ErrTLSExpired        ErrorKind = "tls-expired" // the member's certificate, or its authority's: not valid at this time
	// The member wants a client certificate and gets none, refuses the one that it gets, or says that this has expired.
	ErrClientCertMissing ErrorKind = "client-certificate-missing"
	ErrClientCertRefused ErrorKind = "client-certificate-refused"
	ErrClientCertExpired ErrorKind = "client-certificate-expired"
	ErrTLSSpoken         ErrorKind = "tls-spoken"     // the endpoint is http://, and the port speaks TLS
	ErrTLSNotSpoken      ErrorKind = "tls-not-spoken" // the endpoint is https://, and the port speaks plain text
)

const (
	// ErrPeerPort is said of a port where members talk to members, and that serves no clients.
	ErrPeerPort ErrorKind = "peer-port"
	// ErrNoUser says that the member answered, and wants to know who asks; nobody is given.
	ErrNoUser ErrorKind = "no-user"
	// ErrWrongPassword says that the member answered, and does not take the user or the password.
	ErrWrongPassword ErrorKind = "wrong-password"
	// ErrLogin says that the member answered, and wants to know who asks; our login there has failed or has not ended yet.
	ErrLogin ErrorKind = "login"
	// ErrWithheld says that the member answered, and wants to know who asks; it gets no password, since its endpoint is plainer
	// than those that the user named. See [Config.User].
	ErrWithheld ErrorKind = "login-withheld"
)

// IsTLS reports that certificates or TLS settings do not fit: it is for the side of etcdoc to mend, or for whoever
// hands out the certificates.
func (k ErrorKind) IsTLS() bool {
	switch k {
	case ErrTLS, ErrTLSAuthority, ErrTLSOtherAuthority, ErrTLSName, ErrTLSExpired, ErrClientCertMissing, ErrClientCertRefused, ErrClientCertExpired,
		ErrTLSSpoken, ErrTLSNotSpoken:
		return true
	}
	return false
}

// IsDenied reports that the member answered, and that it would not say what was asked: it is alive.
func (k ErrorKind) IsDenied() bool { return k.isRefusal() || k == ErrLogin }

// isRefusal reports that the member will answer the same next time.
func (k ErrorKind) isRefusal() bool {
	return k == ErrPermission || k == ErrNoUser || k == ErrWrongPassword || k == ErrWithheld
}

// mostErrorBytes is how long the text of an error may be: what it quotes comes from the network.
const maxErrorBytes = 512

// clip cuts a text after at most so many bytes, between characters, and says so. What is no UTF-8 is replaced.
func truncate(text string, most int) string {
	const cut = "…"
	if len(text) > 4*most { // what is looked through is bounded, too
		text = text[:4*most]
	}
	text = strings.ToValidUTF8(text, "\ufffd")
	if len(text) <= most {
		return text
	}
	end := most - len(cut)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + cut
}

// clipped is the error with a text that can be kept.
func (e *Error) truncated() *Error {
	if e == nil || len(e.Text) <= maxErrorBytes && utf8.ValidString(e.Text) {
		return e
	}
	return &Error{e.Kind, truncate(e.Text, maxErrorBytes)}
}
