package cli

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
)

// TestAPIServerFlags: what is not given is the pod's, and auto is the pod's own API server, or the host's.
func TestAPIServerFlags(t *testing.T) {
	t.Parallel()
	account := t.TempDir()
	if err := os.WriteFile(filepath.Join(account, "token"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	inside := func(name string) string {
		return map[string]string{"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}[name]
	}
	outside := func(string) string { return "" }
	ca, token := filepath.Join(account, "ca.crt"), filepath.Join(account, "token")
	host := &profile.Host{APIServer: &probe.APIServer{URL: "https://127.0.0.1:6443", TLS: probe.TLS{CAFile: "/pki/apiserver.crt"}}}
	for _, test := range []struct {
		name   string
		flags  apiServerFlags
		getenv func(string) string
		host   *profile.Host
		want   []probe.APIServer
		err    string
	}{
		{"none", apiServerFlags{}, inside, host, nil, ""},
		{"in a pod", apiServerFlags{urls: []string{"auto", "https://a:6443"}}, inside, nil, []probe.APIServer{
			{URL: "https://[fd00::1]:443", TLS: probe.TLS{CAFile: ca}, TokenFile: token},
			{URL: "https://a:6443", TLS: probe.TLS{CAFile: ca}, TokenFile: token},
		}, ""},
		{"in a pod, with a CA", apiServerFlags{urls: []string{"https://a:6443"}, caFile: "ca"}, inside, nil,
			[]probe.APIServer{{URL: "https://a:6443", TLS: probe.TLS{CAFile: "ca"}}}, ""},
		{"on a host", apiServerFlags{urls: []string{"auto"}}, outside, host, []probe.APIServer{*host.APIServer}, ""},
		{"elsewhere", apiServerFlags{urls: []string{"https://a:6443"}, caFile: "ca", tokenFile: "token"}, outside, nil,
			[]probe.APIServer{{URL: "https://a:6443", TLS: probe.TLS{CAFile: "ca"}, TokenFile: "token"}}, ""},
		{"nowhere", apiServerFlags{urls: []string{"auto"}}, outside, &profile.Host{}, nil, "write its URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.flags.servers(test.host, test.getenv, account)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// TestCheckAsksAPIServers: an API server that does not reach etcd fails the check, although the member is well; one
// that can't be reached itself does not.
func TestCheckAsksAPIServers(t *testing.T) {
	t.Parallel()
	endpoint := oneVoter.Use(t).Members()[0].ClientURL
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		http.Error(w, "internal server error: context deadline exceeded", http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.crt")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, _ := etcdoc(t, "check", "--window", "0", "-o", "json", "--endpoints", endpoint, "--apiserver", server.URL,
		"--apiserver-cacert", ca)
	var got struct {
		Reading    struct{ Cause string }
		APIServers []struct {
			ReachesEtcd string `json:"reaches_etcd"`
			Reason      string
		} `json:"api_servers"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.APIServers) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	if code != ExitUnhealthy || got.Reading.Cause != "apiserver" || got.APIServers[0].ReachesEtcd != "no" ||
		got.APIServers[0].Reason != "context deadline exceeded" {
		t.Errorf("exit %d: %+v", code, got)
	}
	code, out, _ = etcdoc(t, "check", "--window", "0", "--endpoints", endpoint, "--apiserver", "https://127.0.0.1:1")
	if code != ExitHealthy || !strings.Contains(out, "not known whether it reaches etcd") {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out, _ = etcdoc(t, "check", "--window", "0", "-o", "nagios", "--endpoints", endpoint, "--apiserver",
		"https://127.0.0.1:1")
	if code != nagiosUnknown || !strings.Contains(out, ". API server: not known whether it reaches etcd. |") {
		t.Errorf("exit %d: %s", code, out)
	}
}
