package probe

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// FuzzExplain: whatever a member or the network says, its error has a kind, names the endpoint once and first, and is
// short enough to keep.
func FuzzExplain(f *testing.F) {
	for code, text := range map[codes.Code]string{
		codes.Unavailable:      "error reading from server: EOF",
		codes.Unimplemented:    "unknown service etcdserverpb.Maintenance",
		codes.Unknown:          "unexpected HTTP status code received from server: 407 (Proxy Authentication Required)",
		codes.PermissionDenied: "etcdserver: permission denied",
		codes.Internal:         "transport: received unexpected content-type \"text/html\"",
		codes.DeadlineExceeded: "remote error: tls: \x1b[31mbad certificate\x00\xff",
	} {
		f.Add(uint32(code), text)
	}
	const endpoint = "http://10.0.0.1:2379"
	p := &Prober{tls: &tlsFiles{}}
	f.Fuzz(func(t *testing.T, code uint32, text string) {
		for _, err := range []error{status.Error(codes.Code(max(code, 1)), text), errors.New(text)} {
			e := p.explain(err, endpoint, time.Second)
			if e.Kind == "" || e.Kind.Words() == "" || e.Where != endpoint || !strings.HasPrefix(e.Text, endpoint+": ") {
				t.Errorf("%+v", e)
			}
			shown := e.printable()
			if len(shown.Text) > maxErrorBytes || !utf8.ValidString(shown.Text) || !IsPrintable(shown.Text) ||
				!IsPrintable(shown.What) {
				t.Errorf("%d bytes: %q", len(shown.Text), shown.Text)
			}
		}
	})
}
