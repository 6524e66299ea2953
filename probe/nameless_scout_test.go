package probe

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestNamelessScout: if all metrics endpoints have answered and none names its member, the error says that, and not
// that some have not answered.
func TestNamelessScout(t *testing.T) {
	t.Parallel()
	nameless := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# TYPE etcd_server_has_leader gauge\netcd_server_has_leader 1\n"))
	}
	first, second := httptest.NewServer(http.HandlerFunc(nameless)), httptest.NewServer(http.HandlerFunc(nameless))
	defer first.Close()
	defer second.Close()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 2})
	p := start(t, Config{
		Endpoints: cluster.Endpoints(), Cluster: true,
		MetricsEndpoints: []string{first.URL + "/metrics", second.URL + "/metrics"},
	})
	await(t, p, "both say that they are nobody's", func(s Sweep) bool {
		return len(s.Members) == 2 && !slices.ContainsFunc(s.Members, func(m Member) bool {
			return m.Metrics.Err == nil || m.Metrics.Err.Kind != ErrUnsupported ||
				!strings.Contains(m.Metrics.Err.Text, "no etcd_server_id")
		})
	})
}
