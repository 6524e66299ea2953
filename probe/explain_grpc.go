package probe

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// etcdError returns which of etcd's errors a call has failed with, or the error as it is. Up to 3.5, members refuse to
// send their databases or hashes in the words of etcd's package auth, and not in those of its API.
func etcdError(err error) error {
	if s, ok := status.FromError(err); ok {
		if why, isAuth := strings.CutPrefix(s.Message(), "auth: "); isAuth {
			err = status.Error(s.Code(), "etcdserver: "+why)
		}
	}
	return rpctypes.Error(err)
}

func explainStatus(s *status.Status, limit time.Duration) *Error {
	text := s.Message()
	known := etcdError(s.Err())
	switch {
	case errors.Is(known, rpctypes.ErrPermissionDenied):
		return &Error{Kind: ErrPermission,
			Text: "permission denied: the user lacks a role for this (the member itself answers)"}
	case errors.Is(known, rpctypes.ErrUserEmpty):
		return &Error{Kind: ErrNoUser, Text: "the cluster requires authentication: give --user"}
	case errors.Is(known, rpctypes.ErrAuthFailed):
		return &Error{Kind: ErrWrongPassword, Text: "user or password is wrong: check --user and its password"}
	case errors.Is(known, rpctypes.ErrInvalidAuthToken), errors.Is(known, rpctypes.ErrAuthOldRevision):
		return &Error{Kind: ErrPermission, Text: "the login is no longer valid: " + text}
	case strings.Contains(text, "etcdserver: no leader"), strings.Contains(text, "etcdserver: leader changed"),
		strings.Contains(text, "etcdserver: request timed out"):
		return &Error{Kind: ErrNoLeader, Text: "no leader answers: " + strings.TrimPrefix(text, "etcdserver: ")}
	case strings.Contains(text, "not supported for learner"):
		return &Error{Kind: ErrUnsupported, Text: "a learner does not serve this"}
	}
	if code, isHTTP := httpStatus(text); isHTTP {
		return explainNoGRPC(code, fmt.Sprintf("%d %s", code, http.StatusText(code)))
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

// errOtherGRPC is about a gRPC server without etcd's Status.
var errOtherGRPC = &Error{Kind: ErrNotGRPC,
	Text: "it answers gRPC, and serves no Status of etcd's: it is not etcd, or not its client port"}

// httpStatus returns the HTTP status in gRPC's message about an HTTP/2 answer that is not gRPC
// (google.golang.org/grpc, internal/transport/http2_client.go).
func httpStatus(text string) (code int, ok bool) {
	if _, err := fmt.Sscanf(text, "unexpected HTTP status code received from server: %d", &code); err == nil {
		return code, true
	}
	return http.StatusOK, strings.HasPrefix(text, "transport: received unexpected content-type")
}

// explainUnavailable explains gRPC's message when it has no connection; the cause is only in the text.
func explainUnavailable(text string) *Error {
	if e := tlsByText(text); e != nil {
		return e
	}
	switch {
	case saysGoAway(text):
		return errSentAway
	case strings.Contains(text, "error reading server preface: http2"):
		return &Error{Kind: ErrNotGRPC,
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

// saysGoAway reports whether gRPC's message is about the frame of HTTP/2 that ends a connection.
func saysGoAway(text string) bool { return strings.Contains(strings.ToLower(text), "goaway") }

var errSentAway = &Error{Kind: ErrClosed, Text: "it ends connections instead of answering (HTTP/2 GOAWAY): it is " +
	"shutting down, or a proxy in between turns etcdoc away"}

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

// transportFailed reports whether a gRPC call failed for lack of a connection, and not by an answer: the member's, or
// that of a web server.
func transportFailed(err error) bool {
	s, ok := status.FromError(err)
	if !ok || s.Code() != codes.Unavailable && s.Code() != codes.Canceled {
		return false
	}
	_, isHTTP := httpStatus(s.Message())
	return !isHTTP && !strings.HasPrefix(s.Message(), "etcdserver: ")
}
