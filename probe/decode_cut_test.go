package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

const twoFamilies = `# HELP etcd_server_has_leader Whether or not a leader exists.
# TYPE etcd_server_has_leader gauge
etcd_server_has_leader 1
# HELP grpc_server_handled_total Total number of RPCs.
# TYPE grpc_server_handled_total counter
grpc_server_handled_total{grpc_code="OK",grpc_method="Range",grpc_service="etcdserverpb.KV",grpc_type="unary"} 5
grpc_server_handled_total{grpc_code="OK",grpc_method="Txn",grpc_service="etcdserverpb.KV",grpc_type="unary"} 7
# HELP process_open_fds Number of open file descriptors.
# TYPE process_open_fds gauge
process_open_fds 9
`

// TestAFamilyThatBreaksOffIsAbsent cuts an exposition at every byte: each family is decoded whole or not at all.
func TestAFamilyThatBreaksOffIsAbsent(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut off")
	for n := range twoFamilies {
		m, err := readMetrics(io.MultiReader(strings.NewReader(twoFamilies[:n]), iotest.ErrReader(cut)))
		if !errors.Is(err, cut) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
		if m == nil {
			continue
		}
		calls := len(m.GRPCHandled)
		if calls != 0 && calls != 2 {
			t.Errorf("after %d bytes there are %d of 2 methods", n, calls)
		}
		if n < strings.Index(twoFamilies, "# HELP process") && calls > 0 {
			t.Errorf("after %d bytes it is not known that all of a family has come", n)
		}
	}
}

// TestAnExpositionThatDripsIsReadInPart: at the timeout, the families that have arrived are kept, and an error
// reports that the rest is missing.
func TestAnExpositionThatDripsIsReadInPart(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, twoFamilies[:strings.Index(twoFamilies, "# TYPE process")+5])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	p, err := New(Config{Endpoints: []string{server.URL}, CommandTimeout: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	f := newScraper(p, &client{p: p})
	defer f.close()
	ctx, cancel := context.WithTimeout(t.Context(), p.cfg.CommandTimeout)
	defer cancel()
	got := f.try(ctx, known(0), server.URL, true)
	if !got.ok || len(got.value.GRPCHandled) != 2 || got.err == nil || got.err.Kind != ErrTimeout ||
		!strings.Contains(got.err.Text, "cut off after 300ms") {
		t.Fatalf("got %+v", got)
	}
	var l poller[*Metrics]
	if l.record(got); !l.fact.Partial || l.fact.Err == nil {
		t.Errorf("the fact is %+v", l.fact)
	}
	if l.record(answer[*Metrics]{err: got.err}); l.fact.Partial {
		t.Error("nothing was decoded, and the error calls it a part")
	}
}
