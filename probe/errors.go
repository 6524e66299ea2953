package probe

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error says why a member did not answer a question, in words that a person can act on.
type Error struct {
	Kind ErrorKind
	// Text says what went wrong and where, and what to do if that is known. Like Go's errors it starts in lower case
	// and has no full stop.
	Text string
	// Where is the URL that Text begins with; empty if it begins with none.
	Where string
	// What is Text without the Where before it, for where that is shown beside it; empty where Text is a sentence about
	// it.
	What string
}

func (e *Error) Error() string { return e.Text }

// ErrorKind classifies an error, for code that decides by it.
type ErrorKind string

// errorWords say in a few words what went wrong.
var errorWords = map[ErrorKind]string{
	ErrRefused:               "connection refused",
	ErrUnreachable:           "unreachable",
	ErrClosed:                "connection closed",
	ErrTimeout:               "no answer in time",
	ErrTLS:                   "TLS mismatch",
	ErrTLSAuthority:          "certificate of an unknown authority",
	ErrTLSOtherAuthority:     "certificate of another authority than the given one",
	ErrTLSName:               "certificate for another name",
	ErrTLSExpired:            "certificate expired",
	ErrTLSNotYetValid:        "certificate not valid yet",
	ErrClientCertMissing:     "client certificate missing",
	ErrClientCertRefused:     "client certificate refused",
	ErrClientCertExpired:     "client certificate expired",
	ErrClientCertNotYetValid: "client certificate not valid yet",
	ErrTLSSpoken:             "http:// to a TLS port",
	ErrTLSNotSpoken:          "https:// to a port without TLS",
	ErrLogin:                 "not logged in",
	ErrWithheld:              "login withheld",
	ErrPermission:            "permission denied",
	ErrNoUser:                "authentication is on, and no user is given",
	ErrWrongPassword:         "user or password is wrong",
	ErrToken:                 "token refused",
	ErrTokenExpired:          "token expired",
	ErrNoLeader:              "no leader",
	ErrUnsupported:           "not served",
	ErrMalformed:             "malformed answer",
	ErrNotGRPC:               "no etcd on this port",
	ErrElsewhere:             "out of reach from here",
	ErrForeign:               "another cluster answers",
	ErrPeerPort:              "a peer port",
	ErrProxy:                 "a proxy",
	ErrNoWay:                 "no way through the API server",
	ErrMayNotForward:         "no right to list pods or to forward ports",
	ErrKubeLogin:             "login refused by the API server",
	ErrNoPod:                 "no such pod",
	ErrNotFound:              "no etcd found",
	ErrRootOnly:              "root's rights are needed",
	ErrNotInDump:             "not in a dump",
}

// Words says in a few words what went wrong.
func (k ErrorKind) Words() string { return cmp.Or(errorWords[k], "failed") }

// ErrorKinds returns all kinds of error.
func ErrorKinds() []ErrorKind { return append(slices.Collect(maps.Keys(errorWords)), ErrOther) }

// The kinds of error.
const (
	ErrRefused     ErrorKind = "refused"     // nothing listens there
	ErrUnreachable ErrorKind = "unreachable" // no route, no such host
	ErrClosed      ErrorKind = "closed"      // its host was reached and closed the connection before the answer
	ErrTimeout     ErrorKind = "timeout"     // no answer in time, reached or not
	// ErrTLS: certificates or TLS settings mismatch in an unknown way: see [ErrorKind.IsTLS]
	ErrTLS        ErrorKind = "tls"
	ErrPermission ErrorKind = "permission" // the user may not ask this; the member answered, so it is alive
	ErrNoLeader   ErrorKind = "no-leader"  // the member answered that it has no leader
	// ErrUnsupported: the member does not serve this: a learner, an old version, a gRPC-only port
	ErrUnsupported ErrorKind = "unsupported"
	ErrMalformed   ErrorKind = "malformed" // the answer could not be decoded
	// ErrElsewhere: every URL that the member advertises leads to another member (all advertise the same URL, or a
	// loopback address). It may be healthy, but is unreachable from here.
	ErrElsewhere ErrorKind = "elsewhere"
	// ErrForeign: a member of another cluster answers there.
	ErrForeign ErrorKind = "foreign"
	// ErrProxy: the endpoint answers for a cluster, not for one member.
	ErrProxy ErrorKind = "proxy"
	// ErrNoWay: the way to the member through a Kubernetes API server is gone; the member may be healthy.
	ErrNoWay ErrorKind = "no-way"
	// ErrMayNotForward: an API server answers that this user may not list etcd's pods, or not forward ports to
	// them.
	ErrMayNotForward ErrorKind = "may-not-forward"
	// ErrKubeLogin: an API server answers that it does not take the kubeconfig's login.
	ErrKubeLogin ErrorKind = "kubeconfig-login"
	// ErrNoPod: an API server answers, and the member's pod is not there.
	ErrNoPod ErrorKind = "no-pod"
	// ErrNotFound: the endpoint is a guess, and nothing listens there: see [Config.Guess].
	ErrNotFound ErrorKind = "not-found"
	// ErrRootOnly: this user may not connect with a socket; or the same as ErrNotFound, and files that may name the
	// endpoint can't be read.
	ErrRootOnly  ErrorKind = "root-only"
	ErrNotInDump ErrorKind = "not-in-dump" // the dumps don't contain it: see Dumps
	// ErrNotGRPC: what answers there does not speak gRPC, or not etcd's: it is not etcd, or not its client port
	ErrNotGRPC ErrorKind = "not-grpc"
	ErrOther   ErrorKind = "other"
)

// The kinds of ErrTLS with a known cause.
const (
	ErrTLSAuthority ErrorKind = "tls-authority" // no authority that we trust signed the member's certificate
	// ErrTLSOtherAuthority: the same, although a CA is given.
	ErrTLSOtherAuthority ErrorKind = "tls-other-authority"
	ErrTLSName           ErrorKind = "tls-name"    // the member's certificate is for another name than the endpoint's
	ErrTLSExpired        ErrorKind = "tls-expired" // the member's certificate, or its authority's, has expired
	// ErrTLSNotYetValid: one of them is not valid yet by this host's clock, which may be behind.
	ErrTLSNotYetValid ErrorKind = "tls-not-yet-valid"
	// The member asks for a client certificate and gets none, or refuses the one it gets, which may not be valid now.
	ErrClientCertMissing     ErrorKind = "client-certificate-missing"
	ErrClientCertRefused     ErrorKind = "client-certificate-refused"
	ErrClientCertExpired     ErrorKind = "client-certificate-expired"
	ErrClientCertNotYetValid ErrorKind = "client-certificate-not-yet-valid"
	ErrTLSSpoken             ErrorKind = "tls-spoken"     // the endpoint is http://, and the port speaks TLS
	ErrTLSNotSpoken          ErrorKind = "tls-not-spoken" // the endpoint is https://, and the port speaks plain text
)

const (
	// ErrPeerPort means that the port is for peers and serves no clients.
	ErrPeerPort ErrorKind = "peer-port"
	// ErrNoUser means that the member answered and asks for a user; none is given.
	ErrNoUser ErrorKind = "no-user"
	// ErrWrongPassword means that the member answered and rejects the user or the password.
	ErrWrongPassword ErrorKind = "wrong-password"
	// ErrToken means that the member answered and rejects the given token. See [Config.Token].
	ErrToken ErrorKind = "token"
	// ErrTokenExpired means the same, and that the token has expired by its own claim.
	ErrTokenExpired ErrorKind = "token-expired"
	// ErrLogin means that the member answered and asks for a user; our login has failed or is still running.
	ErrLogin ErrorKind = "login"
	// ErrWithheld means that the member answered and asks for a user; it gets no password, because its endpoint is less
	// secure than those that the user named. See [Config.User].
	ErrWithheld ErrorKind = "login-withheld"
)

// IsTLS reports whether certificates or TLS settings mismatch. Whoever runs etcdoc or issues the certificates can
// repair that.
func (k ErrorKind) IsTLS() bool {
	switch k {
	case ErrTLS, ErrTLSAuthority, ErrTLSOtherAuthority, ErrTLSName, ErrTLSExpired, ErrTLSNotYetValid,
		ErrClientCertMissing, ErrClientCertRefused, ErrClientCertExpired, ErrClientCertNotYetValid,
		ErrTLSSpoken, ErrTLSNotSpoken:
		return true
	}
	return false
}

// IsNowhere reports that nothing says that there is a member, or how it can be asked: the error is no fault of one.
func (k ErrorKind) IsNowhere() bool {
	switch k {
	case ErrNoWay, ErrMayNotForward, ErrKubeLogin, ErrNoPod, ErrNotFound, ErrRootOnly:
		return true
	}
	return false
}

// IsSilence reports whether nothing came back from where the request was sent.
func (k ErrorKind) IsSilence() bool { return k == ErrRefused || k == ErrUnreachable || k == ErrTimeout }

// IsDenied reports whether the member answered but denied the request: it is alive.
func (k ErrorKind) IsDenied() bool { return k.isRefusal() || k == ErrLogin }

// isRefusal reports whether the member will deny the next attempt too.
func (k ErrorKind) isRefusal() bool {
	switch k {
	case ErrPermission, ErrNoUser, ErrWrongPassword, ErrToken, ErrTokenExpired, ErrWithheld:
		return true
	}
	return false
}

// maxErrorBytes bounds the text of an error, which quotes the network.
const maxErrorBytes = 512

// truncate cuts a text to so many bytes, between characters, and marks the cut. It replaces invalid UTF-8.
func truncate(text string, most int) string {
	const cut = "…"
	if len(text) > 4*most { // bounds the work, too
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

// truncated returns the error with a text short enough to keep.
func (e *Error) truncated() *Error {
	if e == nil || len(e.Text) <= maxErrorBytes && utf8.ValidString(e.Text) {
		return e
	}
	return &Error{Kind: e.Kind, Text: truncate(e.Text, maxErrorBytes), Where: e.Where,
		What: truncate(e.What, maxErrorBytes)}
}
