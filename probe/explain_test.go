package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const endpoint = "http://10.0.0.1:2379"
	tests := map[string]struct {
		err   error
		kind  ErrorKind
		words string
	}{
		"refused":     {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, ErrRefused, "nothing listens"},
		"no route":    {&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, ErrUnreachable, "no route"},
		"no network":  {&net.OpError{Op: "dial", Err: syscall.ENETUNREACH}, ErrUnreachable, "no route"},
		"reset":       {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, ErrClosed, "reset"},
		"broken pipe": {&net.OpError{Op: "write", Err: syscall.EPIPE}, ErrClosed, "reset"},
		"no such host": {&net.DNSError{Name: "etcd-9", Err: "no such host", IsNotFound: true}, ErrUnreachable,
			`no such host "etcd-9"`},
		"DNS down": {&net.DNSError{Name: "etcd-9", Err: "server misbehaving"}, ErrUnreachable,
			"server misbehaving"},
		"deadline": {context.DeadlineExceeded, ErrTimeout, "no answer within 5s"},
		"gRPC deadline": {status.Error(codes.DeadlineExceeded, "context deadline exceeded"), ErrTimeout,
			"no answer within 5s"},
		"gRPC's own": {status.Error(codes.Unavailable, "name resolver error: produced zero addresses"),
			ErrUnreachable, "resolver"},
		"said by etcd": {status.Error(codes.Unavailable, "etcdserver: not capable"), ErrOther,
			"answers that it is unavailable"},
		"said by a proxy": {status.Error(codes.Unavailable, "upstream connect error"), ErrOther,
			"answers that it is unavailable"},
		"gRPC gone": {status.Error(codes.Unavailable, "error reading from server: EOF"), ErrClosed, "closed"},
		"gRPC reset": {status.Error(codes.Unavailable,
			"error reading from server: read tcp 10.0.0.9:1->10.0.0.1:2379: read: connection reset by peer"), ErrClosed,
			"reset"},
		"gRPC broken": {status.Error(codes.Unavailable,
			"connection error: desc = \"transport: write: broken pipe\""), ErrClosed, "reset"},
		"gRPC closing":  {status.Error(codes.Unavailable, "transport is closing"), ErrClosed, "closed"},
		"gRPC draining": {status.Error(codes.Unavailable, "the connection is draining"), ErrClosed, "closed"},
		"gRPC no route": {status.Error(codes.Unavailable,
			"connection error: desc = \"transport: Error while dialing: dial tcp 10.0.0.1:2379: connect: no route to "+
				"host\""), ErrUnreachable, "no route"},
		"permission":        {rpctypes.ErrGRPCPermissionDenied, ErrPermission, "role"},
		"permission in 3.5": {status.Error(codes.Unknown, "auth: permission denied"), ErrPermission, "role"},
		"no user in 3.5":    {status.Error(codes.Unknown, "auth: user name is empty"), ErrNoUser, "--user"},
		"no token in 3.5":   {status.Error(codes.Unknown, "auth: invalid auth token"), ErrPermission, "no longer valid"},
		"no user":           {rpctypes.ErrGRPCUserEmpty, ErrNoUser, "--user"},
		"wrong password":    {rpctypes.ErrGRPCAuthFailed, ErrWrongPassword, "--user and its password"},
		"no leader":         {rpctypes.ErrGRPCNoLeader, ErrNoLeader, "no leader"},
		"leader lost":       {rpctypes.ErrGRPCTimeoutDueToLeaderFail, ErrNoLeader, "request timed out"},
		"learner":           {rpctypes.ErrGRPCNotSupportedForLearner, ErrUnsupported, "learner"},
		"old version": {status.Error(codes.Unimplemented, "unknown service x"), ErrUnsupported,
			"unknown service x"},
		"out of space":   {rpctypes.ErrGRPCNoSpace, ErrOther, "space"},
		"something else": {errors.New("sky fell"), ErrOther, "sky fell"},
		"already in words": {fmt.Errorf("asking: %w", &Error{Kind: ErrRefused, Text: endpoint + ": said before"}),
			ErrRefused, "said before"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := explain(test.err, endpoint, 5*time.Second)
			if got.Kind != test.kind || !strings.Contains(got.Text, test.words) ||
				strings.Count(got.Text, endpoint) != 1 {
				t.Errorf("%s: %q, want %s, saying %q and the endpoint once", got.Kind, got.Text, test.kind, test.words)
			}
		})
	}
}

func TestExpositionsThatAreNotServed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		serve http.HandlerFunc
		kind  ErrorKind
		words string
	}{
		"gRPC only": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnsupportedMediaType)
		}, ErrUnsupported, "415"},
		"not there": {http.NotFound, ErrUnsupported, "404"},
		"not allowed": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
			ErrPermission, "403"},
		"broken": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
		}, ErrUnsupported, "500"},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/login", http.StatusFound)
		}, ErrUnsupported, "302"},
		"no exposition": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "{}") }, ErrMalformed,
			"it is not an exposition"},
		"another program's": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintln(w, "etcd_db_total_size_in_bytes{endpoint=\"x\"} 1\nprocess_open_fds 7")
		}, ErrMalformed, "neither etcd_server_id nor etcd_server_has_leader"},
		"several members'": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintln(w, "etcd_server_has_leader{pod=\"a\"} 1\netcd_server_has_leader{pod=\"b\"} 1")
		}, ErrMalformed, "metrics of 2 members"},
		"not gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprintln(w, "etcd_mvcc_put_total 1")
		}, ErrMalformed, "unpacking"},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ErrTimeout,
			"no answer within 100ms"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.serve)
			defer server.Close()
			timeout := time.Minute
			if test.kind == ErrTimeout {
				timeout = 100 * time.Millisecond
			}
			p := start(t, Config{Endpoints: []string{server.URL}, CommandTimeout: timeout})
			f := newScraper(p, &client{p: p})
			defer f.close()
			ctx, cancel := context.WithTimeout(t.Context(), p.cfg.CommandTimeout)
			defer cancel()
			a := f.scrape(ctx, 0, []string{server.URL + "/metrics"}, nil)
			if a.ok || a.err == nil || a.err.Kind != test.kind || !strings.Contains(a.err.Text, test.words) ||
				!strings.Contains(a.err.Text, server.URL) {
				t.Errorf("got %v, %+v, want %s, saying %q", a.ok, a.err, test.kind, test.words)
			}
		})
	}
}

func TestMalformedExpositionKeepsWhatCouldBeRead(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "etcd_mvcc_put_total 1\netcd_server_has_leader 1\netcd_server_is_leader x\n")
	}))
	defer server.Close()
	p := start(t, Config{Endpoints: []string{server.URL}})
	f := newScraper(p, &client{p: p})
	defer f.close()
	a := f.scrape(t.Context(), 0, []string{server.URL + "/metrics"}, nil)
	if !a.ok || a.value.Puts != Known(1) || a.value.Date.IsZero() || a.err != nil || a.value.ParseError == nil ||
		!strings.Contains(a.value.ParseError.Text, "line 3") {
		t.Errorf("got %+v, %v", a.value, a.err)
	}
}

func TestAlarmsOfStatus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []Alarm
	}{
		"as printed":      {"memberID:10501334649042878790 alarm:NOSPACE", []Alarm{{"NOSPACE", 10501334649042878790}}},
		"with two spaces": {"memberID:10501334649042878790  alarm:CORRUPT", []Alarm{{"CORRUPT", 10501334649042878790}}},
		"with blanks":     {" memberID: 7 alarm: NOSPACE ", []Alarm{{"NOSPACE", 7}}},
		"of no member":    {"alarm:NOSPACE", []Alarm{{"NOSPACE", 0}}},
		"no leader":       {"etcdserver: no leader", nil},
		"no number":       {"memberID:x alarm:NOSPACE", nil},
		"nothing":         {"", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := readStatus(&pb.StatusResponse{Errors: []string{test.text}})
			if !reflect.DeepEqual(got.Alarms, test.want) {
				t.Errorf("%q holds %+v, want %+v", test.text, got.Alarms, test.want)
			}
		})
	}
}

// TestPortsThatSpeakFirst: net/http logs bytes that a server sends before any request; etcdoc must not.
func TestPortsThatSpeakFirst(t *testing.T) {
	t.Parallel()
	var logged strings.Builder
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00") // HTTP/2 settings
			_, _ = c.Read(make([]byte, 1024))
			c.Close()
		}
	}()
	p := start(t, Config{Endpoints: []string{l.Addr().String()}})
	f := newScraper(p, &client{p: p})
	defer f.close()
	for range 50 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		a := f.scrape(ctx, 0, []string{"http://" + l.Addr().String() + "/metrics"}, nil)
		cancel()
		if a.err == nil || a.err.Kind != ErrUnsupported || !strings.Contains(a.err.Text, "gRPC only") {
			t.Fatalf("got %v", a.err)
		}
	}
	if logged.Len() > 0 {
		t.Errorf("it was logged: %s", logged.String())
	}
}

// TestClosedEarly: net/http returns one of two errors, depending on which side is faster.
func TestClosedEarly(t *testing.T) {
	t.Parallel()
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, errors.New(closedEarly)} {
		if e := explain(fmt.Errorf("Get: %w", err), "http://a:1", time.Second); e.Kind != ErrClosed || !wasClosed(e) {
			t.Errorf("%v: %s, %q", err, e.Kind, e.Text)
		}
	}
}

// TestErrorHasItsWhereApart: What is the text without the endpoint, even if one error combines several endpoints.
func TestErrorHasItsWhereApart(t *testing.T) {
	refused := withEndpoint("http://a:2379", &Error{Kind: ErrRefused, Text: "connection refused"})
	late := withEndpoint("http://b:2379", &Error{Kind: ErrTimeout, Text: "no answer"})
	merged := oneOf([]*Error{refused, late})
	want := Error{Kind: ErrRefused, Text: "http://a:2379: connection refused; http://b:2379: no answer",
		Where: "http://a:2379", What: "connection refused; http://b:2379: no answer"}
	if *merged != want {
		t.Errorf("%+v, want %+v", *merged, want)
	}
}
