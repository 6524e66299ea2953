package probe

import (
	"bufio"
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// recordedAPIServer are metrics of Kubernetes 1.37.2, recorded from its own code for etcd, and cut to what matters.
func recordedAPIServer(t *testing.T) string {
	t.Helper()
	file, err := os.Open("testdata/apiserver/kubernetes-1.37.2.prom.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decodedAPIServer(text string) (*APIServerMetrics, error) {
	return decodeAPIServer(bufio.NewReaderSize(strings.NewReader(text), maxAPILine))
}

// TestDecodeAPIServer reads what Kubernetes 1.37 exposes.
func TestDecodeAPIServer(t *testing.T) {
	t.Parallel()
	m, err := decodedAPIServer(recordedAPIServer(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"create", "delete", "get", "list", "listWithCount"}
	if got := slices.Sorted(maps.Keys(m.Operations)); !slices.Equal(got, want) {
		t.Errorf("operations: %q, want %q", got, want)
	}
	gets, pods := m.Operations["get"], m.Requests[EtcdRequest{"get", "pods"}]
	leases := m.Requests[EtcdRequest{"get", "leases.coordination.k8s.io"}]
	if gets.Count() != 1264 || pods.Count() != 632 || leases.Count() != 632 || len(gets.Bounds) != 24 {
		t.Errorf("gets: %v; of pods: %v, of leases: %v, in %d buckets", gets.Count(), pods.Count(), leases.Count(),
			len(gets.Bounds))
	}
	if gets.Counts[0] != pods.Counts[0]+leases.Counts[0] {
		t.Errorf("of %v and %v quick gets, %v are counted", pods.Counts[0], leases.Counts[0], gets.Counts[0])
	}
	if !slices.Equal(m.Databases, []APIServerDatabase{{"etcd-0", 217088}}) {
		t.Errorf("databases: %v", m.Databases)
	}
	if len(m.ResourceBytes) > 0 { // -1: it has not seen their sizes
		t.Errorf("sizes: %v", m.ResourceBytes)
	}
	if !m.CountsErrors || len(m.Errors) > 0 || !m.StartTime.IsKnown() || m.Series < 300 {
		t.Errorf("errors: %t %v, started: %v, %d series", m.CountsErrors, m.Errors, m.StartTime, m.Series)
	}
}

// histogramOf is a family with one series.
func histogramOf(labels string) string {
	name := etcdRequestDuration
	return fmt.Sprintf("%[1]s_bucket{%[2]s,le=\"0.005\"} 1\n%[1]s_bucket{%[2]s,le=\"+Inf\"} 2\n%[1]s_sum{%[2]s} 3\n"+
		"%[1]s_count{%[2]s} 2\n", name, labels)
}

// TestDecodeOlderAPIServers: names and labels have changed with the versions.
func TestDecodeOlderAPIServers(t *testing.T) {
	t.Parallel()
	m, err := decodedAPIServer(histogramOf(`operation="get",type="*core.Pod"`) +
		"etcd_db_total_size_in_bytes{endpoint=\"https://127.0.0.1:2379\"} 5\n" +
		"apiserver_storage_db_total_size_in_bytes{endpoint=\"https://127.0.0.1:2379\"} 6\n" +
		"apiserver_storage_size_bytes{cluster=\"etcd-1\"} 8\napiserver_storage_size_bytes{cluster=\"etcd-0\"} 7\n" +
		"apiserver_storage_db_total_size_in_bytes{endpoint=\"https://127.0.0.1:2379\"} 6\n" +
		"etcd_request_errors_total{operation=\"get\",type=\"*core.Pod\"} 4\n" +
		"apiserver_resource_size_estimate_bytes{group=\"apps\",resource=\"deployments\"} 9\n" +
		"apiserver_resource_size_estimate_bytes{group=\"\",resource=\"pods\"} -1\n")
	if err != nil {
		t.Fatal(err)
	}
	pods := EtcdRequest{"get", "*core.Pod"}
	if h := m.Requests[pods]; h.Count() != 2 || h.Sum != 3 || m.Errors[pods] != 4 {
		t.Errorf("gets: %+v, errors %v", h, m.Errors)
	}
	if !slices.Equal(m.Databases, []APIServerDatabase{{"etcd-0", 7}, {"etcd-1", 8}}) {
		t.Errorf("the newest name counts: %v", m.Databases)
	}
	if want := map[string]float64{"deployments.apps": 9}; !maps.Equal(m.ResourceBytes, want) {
		t.Errorf("sizes: %v, want %v", m.ResourceBytes, want)
	}
}

// TestDecodeHostileAPIServer: what is no API server's, or too much, costs a bounded amount and is an error.
func TestDecodeHostileAPIServer(t *testing.T) {
	t.Parallel()
	var kinds strings.Builder
	for i := range maxAPIKinds + 100 {
		kinds.WriteString(histogramOf(fmt.Sprintf(`operation="get",group="",resource="r%d"`, i)))
	}
	m, err := decodedAPIServer(kinds.String())
	if err != nil || !m.Truncated || len(m.Requests) != maxAPIKinds {
		t.Errorf("too many kinds: %v", err)
	}
	long := "unwanted{a=\"" + strings.Repeat("x", 10*maxAPILine) + "\"} 1\n"
	long += histogramOf(`operation="get",resource="pods"`)
	if m, err := decodedAPIServer(long); err != nil || len(m.Requests) != 1 {
		t.Errorf("a long line of another family: %v", err)
	}
	for name, text := range map[string]string{
		"nothing":         "",
		"another program": "go_goroutines 5\n",
		"HTML":            "<html></html>\n",
		"no number":       etcdRequestDuration + "_sum{operation=\"get\"} x\n",
		"a bucket alone":  etcdRequestDuration + "_bucket{operation=\"get\",le=\"1\"} 1\n",
		"different buckets": histogramOf(`operation="get",resource="a"`) +
			strings.ReplaceAll(histogramOf(`operation="get",resource="b"`), "0.005", "0.1"),
		"counts that shrink": strings.ReplaceAll(histogramOf(`operation="get"`), "} 1\n", "} 5\n"),
	} {
		if m, err := decodedAPIServer(text); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	endless := io.MultiReader(strings.NewReader(histogramOf(`operation="get"`)), &endlessLines{})
	if _, err := decodeAPIServer(bufio.NewReaderSize(endless, maxAPILine)); err == nil {
		t.Error("it read to the end of what has none")
	}
}

// endlessLines never ends.
type endlessLines struct{}

func (*endlessLines) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	b[len(b)-1] = '\n'
	return len(b), nil
}

// FuzzDecodeAPIServer: whatever comes, there is an error or histograms that are cumulative.
func FuzzDecodeAPIServer(f *testing.F) {
	f.Add(histogramOf(`operation="get",group="apps",resource="deployments"`))
	f.Add("apiserver_storage_size_bytes{cluster=\"etcd-0\"} 1e9\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := decodedAPIServer(text)
		if err != nil {
			return
		}
		for kind, h := range m.Requests {
			if !h.IsKnown() || !slices.IsSorted(h.Counts) || len(h.Bounds) != len(h.Counts) {
				t.Errorf("%v: %+v", kind, h)
			}
		}
	})
}

// An apiServerFake answers as kube-apiserver does: everybody may see the list of checks, and a token gives the rest.
type apiServerFake struct {
	*httptest.Server
	metrics string
	failing atomic.Bool
	scrapes atomic.Int64
}

const apiToken = "a-token"

func newAPIServerFake(t *testing.T) *apiServerFake {
	t.Helper()
	fake := &apiServerFake{metrics: recordedAPIServer(t)}
	fake.Server = httptest.NewUnstartedServer(fake)
	fake.Config.ErrorLog = log.New(io.Discard, "", 0)
	fake.StartTLS()
	t.Cleanup(fake.Close)
	return fake
}

func (s *apiServerFake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	verbose := r.URL.Query().Has("verbose")
	mark, failed := "[+]etcd ok", s.failing.Load()
	switch {
	case !verbose && r.Header.Get("Authorization") != "Bearer "+apiToken:
		http.Error(w, "forbidden", http.StatusForbidden)
	case r.URL.Path == "/metrics":
		s.scrapes.Add(1)
		_, _ = io.WriteString(w, s.metrics)
	case failed && !verbose:
		http.Error(w, "internal server error: error getting data from etcd: context deadline exceeded\n",
			http.StatusInternalServerError)
	case failed:
		mark = "[-]etcd failed: reason withheld"
		w.WriteHeader(http.StatusInternalServerError)
		fallthrough
	case verbose:
		_, _ = io.WriteString(w, "[+]ping ok\n"+mark+"\n[+]etcd-readiness ok\nreadyz check passed\n")
	default:
		_, _ = io.WriteString(w, "ok")
	}
}

// config is how to ask it, with a token or as anybody.
func (s *apiServerFake) config(t *testing.T, token string) APIServer {
	t.Helper()
	dir := t.TempDir()
	server := APIServer{URL: s.URL, TLS: TLS{CAFile: filepath.Join(dir, "ca.crt")}}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(server.TLS.CAFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if token != "" {
		server.TokenFile = filepath.Join(dir, "token")
		if err := os.WriteFile(server.TokenFile, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return server
}

// TestAPIServer asks one beside a real member: with rights, without, and while its check fails.
func TestAPIServer(t *testing.T) {
	t.Parallel()
	fake := newAPIServerFake(t)
	nobody := fake.config(t, "")
	nobody.URL = strings.Replace(nobody.URL, "127.0.0.1", "localhost", 1)
	nobody.TLS.ServerName = "example.com"
	p := start(t, Config{
		Endpoints: []string{oneMember.Use(t).Members()[0].ClientURL}, Cluster: true, Interval: 200 * time.Millisecond,
		APIServers: []APIServer{fake.config(t, apiToken), nobody},
	})
	s := await(t, p, "both have answered", func(s Sweep) bool {
		first, second := &s.APIServers[0], &s.APIServers[1]
		return first.Metrics.Answered() && first.Live.Answered() && second.Ready.Answered() && second.Metrics.Err != nil
	})
	known, unknown := &s.APIServers[0], &s.APIServers[1]
	if !known.Ready.Value.OK || !known.Live.Value.OK || !unknown.Ready.Value.OK {
		t.Errorf("checks: %+v, %+v, %+v", known.Ready, known.Live, unknown.Ready)
	}
	if m := known.Metrics.Value; len(m.Operations) != 5 {
		t.Errorf("metrics: %+v", m)
	}
	if err := unknown.Metrics.Err; err.Kind != ErrPermission || !strings.Contains(err.Text, "get /metrics") {
		t.Errorf("%s: %s", err.Kind, err.Text)
	}
	fake.failing.Store(true)
	s = await(t, p, "both checks fail", func(s Sweep) bool {
		return !s.APIServers[0].Ready.Value.OK && !s.APIServers[1].Ready.Value.OK
	})
	if got := s.APIServers[0].Ready.Value.Reason; got != "error getting data from etcd: context deadline exceeded" {
		t.Errorf("the reason is %q", got)
	}
	if got := s.APIServers[1].Ready.Value.Reason; got != "" {
		t.Errorf("the reason of what is withheld is %q", got)
	}
	if n := fake.scrapes.Load(); n > 4 {
		t.Errorf("%d scrapes", n)
	}
}

// TestAPIServerErrors: what keeps an API server from answering names its flags, and is no one's but its own.
func TestAPIServerErrors(t *testing.T) {
	t.Parallel()
	fake := newAPIServerFake(t)
	untrusted := fake.config(t, "")
	other := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	misnamed := fake.config(t, "")
	misnamed.TLS.ServerName = "elsewhere"
	notFound := fake.config(t, "")
	notFound.URL = other.URL
	untrusted.TLS.CAFile = ""
	page := func(code int) APIServer { // of a load balancer, or a portal
		other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>unavailable</html>", code)
		}))
		t.Cleanup(other.Close)
		server := fake.config(t, "")
		server.URL = other.URL
		return server
	}
	refused := fake.config(t, "")
	refused.URL = "https://127.0.0.1:1"
	tests := []struct {
		server APIServer
		kind   ErrorKind
		words  string
	}{
		{untrusted, ErrTLSAuthority, "--apiserver-cacert"}, {refused, ErrRefused, "connection refused"},
		{notFound, ErrUnsupported, "HTTP 404"}, {page(http.StatusInternalServerError), ErrUnsupported, "HTTP 500"},
		{misnamed, ErrTLSName, "--apiserver"},
	}
	for _, test := range tests {
		t.Run(test.words, func(t *testing.T) {
			t.Parallel()
			p := start(t, Config{Endpoints: []string{oneMember.Use(t).Members()[0].ClientURL},
				APIServers: []APIServer{test.server}})
			s := await(t, p, "it fails", func(s Sweep) bool {
				v := &s.APIServers[0]
				return v.Ready.Err != nil && v.Metrics.Err != nil && s.Members[0].Status.Fresh()
			})
			for _, err := range []*Error{s.APIServers[0].Ready.Err, s.APIServers[0].Metrics.Err} {
				if err.Kind != test.kind || !strings.Contains(err.Text, test.words) ||
					!strings.Contains(err.Text, test.server.URL) {
					t.Errorf("%s: %s", err.Kind, err.Text)
				}
			}
		})
	}
}

// TestCheckByItself: what does not answer as kube-apiserver does says nothing about etcd.
func TestCheckByItself(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code   int
		text   string
		ok, is bool
	}{
		{http.StatusOK, "ok", true, true}, {http.StatusOK, "<html>log in</html>", true, false},
		{http.StatusInternalServerError, "internal server error: etcd failed\n", false, true},
		{http.StatusInternalServerError, "<html>unavailable</html>", false, false},
	} {
		if check, is := checkByItself(test.code, test.text); is != test.is || is && check.OK != test.ok {
			t.Errorf("%d %q: %+v, of kube-apiserver: %v", test.code, test.text, check, is)
		}
	}
}

// TestAPIServerSettings: a token goes over TLS alone, and files are read before anything is dialled.
func TestAPIServerSettings(t *testing.T) {
	t.Parallel()
	fake := newAPIServerFake(t)
	plain := fake.config(t, apiToken)
	plain.URL, plain.TLS.CAFile = "http://127.0.0.1:8001", ""
	text := fake.config(t, "a").TokenFile
	for name, server := range map[string]APIServer{
		"https:// alone":        plain,
		"name the cluster's CA": {URL: fake.URL, TLS: TLS{CAFile: "/nowhere/ca.crt"}},
		"no port":               {URL: "https://10.0.0.1"},
		"user":                  {URL: "https://a:b@10.0.0.1:6443"},
		"no token in one line":  {URL: fake.URL, TokenFile: fake.config(t, "a\nb").TokenFile},
		"API server's CA (--apiserver-cacert): there is no PEM certificate in": {URL: fake.URL, TLS: TLS{CAFile: text}},
		"give the client certificate for the API server":                       {URL: fake.URL, TLS: TLS{CertFile: text, KeyFile: text}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Check(Config{Endpoints: []string{"127.0.0.1:2379"}, APIServers: []APIServer{server}})
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("not %q: %v", name, err)
			}
			if strings.Contains(err.Error(), "a:b@") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
	plain.TokenFile = ""
	if err := Check(Config{Endpoints: []string{"127.0.0.1:2379"}, APIServers: []APIServer{plain, plain}}); err != nil {
		t.Error(err)
	}
}
