package probe

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
	case ErrTimeout:
		return "no answer in time"
	case ErrTLS:
		return "TLS does not fit"
	case ErrPermission:
		return "permission denied"
	case ErrNoLeader:
		return "no leader"
	case ErrUnsupported:
		return "not served"
	case ErrMalformed:
		return "malformed answer"
	case ErrElsewhere:
		return "out of reach from here"
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
	ErrUnreachable ErrorKind = "unreachable" // no route, no such host, connection reset
	ErrTimeout     ErrorKind = "timeout"     // it was reached, or not, and did not answer in time
	ErrTLS         ErrorKind = "tls"         // certificates or TLS settings do not fit: ours to mend
	ErrPermission  ErrorKind = "permission"  // user, password or role; the member answered, so that it is alive
	ErrNoLeader    ErrorKind = "no-leader"   // the member answered: it has no leader
	ErrUnsupported ErrorKind = "unsupported" // the member does not serve this: a learner, an old version, a gRPC-only port
	ErrMalformed   ErrorKind = "malformed"   // the answer could not be read
	// ErrElsewhere: every URL that the member advertises leads to another member (they all advertise the same, or an
	// address that each host has for itself, such as 127.0.0.1). It may be well: it is out of reach from here.
	ErrElsewhere ErrorKind = "elsewhere"
	// ErrProxy: the endpoint answers for a cluster and not for one member.
	ErrProxy     ErrorKind = "proxy"
	ErrNotInDump ErrorKind = "not-in-dump" // the expositions that were dumped do not have it: see Dumps
	ErrOther     ErrorKind = "other"
)
