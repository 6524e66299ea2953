package kube

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
)

type values = map[string]any

// kubeconfig writes a kubeconfig with a context in a folder of its own.
func kubeconfig(t *testing.T, cluster, user values) string {
	t.Helper()
	text, err := json.Marshal(values{
		"current-context": "x",
		"clusters":        []any{values{"name": "c", "cluster": cluster}},
		"users":           []any{values{"name": "u", "user": user}},
		"contexts":        []any{values{"name": "x", "context": values{"cluster": "c", "user": "u"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "config"), string(text))
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// watched is an API server that notes by what right it was asked last.
type watched struct {
	*httptest.Server
	authority, cert, key []byte
	mu                   sync.Mutex
	header               http.Header
	tls                  *tls.ConnectionState
	// refuses answers 401 to a token.
	refuses string
}

func watch(t *testing.T) *watched {
	t.Helper()
	s := new(watched)
	s.Server = httptest.NewUnstartedServer(s)
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	s.authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	s.cert, s.key = s.authority, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return s
}

func (s *watched) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.header, s.tls = q.Header, q.TLS
	if s.refuses != "" && q.Header.Get("Authorization") == "Bearer "+s.refuses {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = io.WriteString(w, "{}")
}

func (s *watched) cluster() values {
	return values{"server": s.URL, "certificate-authority-data": s.authority}
}

// ask asks the API server of a kubeconfig.
func ask(t *testing.T, file string) error {
	t.Helper()
	c, _, err := Access{Kubeconfig: file}.load()
	if err != nil {
		t.Fatal(err)
	}
	return c.do(t.Context(), http.MethodGet, "", core+"/nodes", nil, nil)
}

// TestUsersOfKubeconfigs: each way to log in is what the API server sees.
func TestUsersOfKubeconfigs(t *testing.T) {
	t.Parallel()
	s := watch(t)
	for name, test := range map[string]struct {
		user values
		// want are headers. hasPair says that it sees a client certificate.
		want    map[string]string
		hasPair bool
	}{
		"nobody":     {values{}, nil, false},
		"token":      {values{"token": "t"}, map[string]string{"Authorization": "Bearer t"}, false},
		"token file": {values{"token": "t", "tokenFile": "token"}, map[string]string{"Authorization": "Bearer from-file"}, false},
		"token while its file is not there": {values{"token": "t", "tokenFile": "nowhere"},
			map[string]string{"Authorization": "Bearer t"}, false},
		"password":        {values{"username": "a", "password": "b"}, map[string]string{"Authorization": "Basic YTpi"}, false},
		"pair":            {values{"client-certificate-data": s.cert, "client-key-data": s.key}, nil, true},
		"pair of files":   {values{"client-certificate": "cert", "client-key": "key"}, nil, true},
		"data over files": {values{"client-certificate": "nowhere", "client-certificate-data": s.cert, "client-key": "key"}, nil, true},
		"as another one": {values{"token": "t", "as": "jane", "as-uid": "7", "as-groups": []string{"dev"},
			"as-user-extra": map[string][]string{"acme.com/Project x": {"y"}}}, map[string]string{
			"Authorization": "Bearer t", "Impersonate-User": "jane", "Impersonate-Uid": "7", "Impersonate-Group": "dev",
			"Impersonate-Extra-Acme.com%2fproject%20x": "y"}, false},
		"token before a plug-in": {values{"token": "t", "exec": values{"command": "nowhere", "apiVersion": pluginV1}},
			map[string]string{"Authorization": "Bearer t"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			file := kubeconfig(t, s.cluster(), test.user)
			for beside, text := range map[string]string{"token": "from-file\n", "cert": string(s.cert), "key": string(s.key)} {
				write(t, filepath.Join(filepath.Dir(file), beside), text)
			}
			if err := ask(t, file); err != nil {
				t.Fatal(err)
			}
			for key := range s.header {
				if is := key == "Authorization" || strings.HasPrefix(key, "Impersonate-"); is && test.want[key] == "" {
					t.Errorf("it sends %s: %q", key, s.header[key])
				}
			}
			for key, want := range test.want {
				if got := s.header.Get(key); got != want {
					t.Errorf("%s is %q, want %q", key, got, want)
				}
			}
			if has := len(s.tls.PeerCertificates) > 0; has != test.hasPair {
				t.Errorf("it shows a client certificate: %t", has)
			}
		})
	}
}

// TestRenewedToken: the file of a token is read for each request.
func TestRenewedToken(t *testing.T) {
	t.Parallel()
	s := watch(t)
	token := write(t, filepath.Join(t.TempDir(), "token"), "one")
	c, _, err := Access{Kubeconfig: kubeconfig(t, s.cluster(), values{"tokenFile": token})}.load()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "two"} {
		write(t, token, want)
		if err := c.do(t.Context(), http.MethodGet, "", core+"/nodes", nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := s.header.Get("Authorization"); got != "Bearer "+want {
			t.Errorf("it sends %q, want %s", got, want)
		}
	}
	if err := os.Remove(token); err != nil {
		t.Fatal(err)
	}
	if err := c.do(t.Context(), http.MethodGet, "", core+"/nodes", nil, nil); err == nil || !strings.Contains(err.Error(), token) {
		t.Errorf("without the file: %v", err)
	}
}

// TestClustersOfKubeconfigs: how the API server is reached, and how it is known.
func TestClustersOfKubeconfigs(t *testing.T) {
	t.Parallel()
	s := watch(t)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	byName := "https://localhost:" + port // for which it has no certificate
	plain := httptest.NewServer(s)
	defer plain.Close()
	proxy, tunnels := proxyTo(t)
	for name, test := range map[string]struct {
		cluster values
		// want is in the error; empty for none.
		want string
	}{
		"authority":             {s.cluster(), ""},
		"authority's file":      {values{"server": s.URL, "certificate-authority": "ca"}, ""},
		"without a scheme":      {values{"server": strings.TrimPrefix(s.URL, "https://"), "certificate-authority": "ca"}, ""},
		"below a path":          {values{"server": s.URL + "/k8s/clusters/c-1?x", "certificate-authority": "ca"}, ""},
		"no authority":          {values{"server": s.URL}, "certificate"},
		"another name":          {values{"server": byName, "certificate-authority": "ca"}, "localhost"},
		"the name that it has":  {values{"server": byName, "certificate-authority": "ca", "tls-server-name": "example.com"}, ""},
		"whoever it is":         {values{"server": byName, "insecure-skip-tls-verify": true}, ""},
		"plain, so no password": {values{"server": plain.URL}, ""},
		"through a proxy":       {values{"server": s.URL, "certificate-authority": "ca", "proxy-url": proxy}, ""},
		"proxy that is gone":    {values{"server": s.URL, "certificate-authority": "ca", "proxy-url": "socks5://127.0.0.1:1"}, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			file := kubeconfig(t, test.cluster, values{"username": "a", "password": "b"})
			write(t, filepath.Join(filepath.Dir(file), "ca"), string(s.authority))
			err := ask(t, file)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if sent := s.header.Get("Authorization") != ""; err == nil && sent != (s.tls != nil) {
				t.Errorf("it sends a password: %t", sent)
			}
		})
	}
	if *tunnels != 1 {
		t.Errorf("%d connections through the proxy, want 1", *tunnels)
	}
}

// proxyTo starts an HTTP proxy for TLS until the test ends. It counts the connections.
func proxyTo(t *testing.T) (proxyURL string, count *int) {
	t.Helper()
	count = new(int)
	var running sync.WaitGroup
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		*count++
		far, err := new(net.Dialer).DialContext(t.Context(), "tcp", q.Host)
		if q.Method != http.MethodConnect || err != nil {
			t.Errorf("%s: %v", q.Method, err)
			return
		}
		w.WriteHeader(http.StatusOK)
		near, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		running.Go(func() {
			_, _ = io.Copy(far, buffered)
			_ = far.Close()
		})
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}))
	t.Cleanup(func() { s.Close(); running.Wait() })
	return s.URL, count
}

// TestForwardThroughAProxy: forwards go where requests go.
func TestForwardThroughAProxy(t *testing.T) {
	t.Parallel()
	for protocol, old := range map[string]bool{"websocket": false, "spdy": true} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := serve(t, &kubetest.Server{OldSPDY: old})
			proxy, tunnels := proxyTo(t)
			text, err := os.ReadFile(s.Kubeconfig())
			if err != nil {
				t.Fatal(err)
			}
			through := strings.Replace(string(text), `"server":`, `"proxy-url":"`+proxy+`","server":`, 1)
			w, err := Open(t.Context(), Access{Kubeconfig: write(t, filepath.Join(t.TempDir(), "config"), through)})
			if err != nil {
				t.Fatal(err)
			}
			c, err := w.DialContext(t.Context(), "tcp", "10.0.0.1:2379")
			if err != nil {
				t.Fatal(err)
			}
			speak(t, c)
			_ = c.Close()
			if want := s.Forwards(protocol) + 1; want != 2 || *tunnels < want {
				t.Errorf("%d connections through the proxy, want %d or more", *tunnels, want)
			}
		})
	}
}

// TestKubeconfigErrors: an error names the file, the entry and the key.
func TestKubeconfigErrors(t *testing.T) {
	t.Parallel()
	s := watch(t)
	exec := func(v values) values { return values{"exec": v} }
	for want, test := range map[string]struct{ cluster, user values }{
		`cluster "c": server: there is none`:                                                      {values{}, values{}},
		`cluster "c": server: "ftp://x" is no http`:                                               {values{"server": "ftp://x"}, values{}},
		`cluster "c": proxy-url: it is no http://, https:// or socks5:// URL`:                     {values{"server": s.URL, "proxy-url": "ftp://a:b@x"}, values{}},
		`cluster "c": certificate-authority: open `:                                               {values{"server": s.URL, "certificate-authority": "nowhere"}, values{}},
		`cluster "c": certificate-authority-data: illegal base64`:                                 {values{"server": s.URL, "certificate-authority-data": "%"}, values{}},
		`cluster "c": certificate-authority-data: there is no cert`:                               {values{"server": s.URL, "certificate-authority-data": s.key}, values{}},
		`cluster "c": insecure-skip-tls-verify: it does not go with certificate-authority-data: `: {values{"server": s.URL, "certificate-authority-data": s.cert, "insecure-skip-tls-verify": true}, values{}},
		`user "u": client-certificate-data: there is no client-key with it`:                       {s.cluster(), values{"client-certificate-data": s.cert}},
		`user "u": client-key-data: there is no client-certificate with it`:                       {s.cluster(), values{"client-key-data": s.key}},
		`user "u": client-certificate: open `:                                                     {s.cluster(), values{"client-certificate": "x", "client-key-data": s.key}},
		`user "u": client-certificate-data, client-key-data: tls: `:                               {s.cluster(), values{"client-certificate-data": s.cert, "client-key-data": s.cert}},
		`user "u": username: it does not go with a token`:                                         {s.cluster(), values{"username": "a", "token": "t"}},
		`user "u": as: as-uid, as-groups and as-user-extra need it`:                               {s.cluster(), values{"as-groups": []string{"x"}}},
		`user "u": auth-provider: etcdoc knows no "gcp": let its own tool write`:                  {s.cluster(), values{"auth-provider": values{"name": "gcp"}}},
		`user "u": exec.command: there is none`:                                                   {s.cluster(), exec(values{"apiVersion": pluginV1})},
		`user "u": exec.apiVersion: "client.authentication.k8s.io/v1alpha1" is neither`:           {s.cluster(), exec(values{"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"})},
		`user "u": exec.interactiveMode: etcdoc lets no plug-in ask`:                              {s.cluster(), exec(values{"command": "x", "apiVersion": pluginV1, "interactiveMode": "Always"})},
		`user "u": exec.env: a variable has no name`:                                              {s.cluster(), exec(values{"command": "x", "apiVersion": pluginV1, "env": []values{{"value": "y"}}})},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			file := kubeconfig(t, test.cluster, test.user)
			want := "reading the kubeconfig: " + file + ": " + want
			if err := (Access{Kubeconfig: file}).Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
	for text, want := range map[string]string{
		"a: [":                          "%s: yaml: line 1",
		"clusters: 3":                   "%s: yaml: unmarshal errors:",
		`{"contexts": [{"name": "x"}]}`: "%s: current-context is not set: give --context NAME",
		`{"contexts": [{"name": "x", "context": {"cluster": "c"}}], "current-context": "x"}`: `%s: context "x": cluster: there is no cluster "c"`,
		`{"contexts": [{"name": "x"}], "current-context": "y"}`:                              `context "y" does not exist in %s (`,
	} {
		file := write(t, filepath.Join(t.TempDir(), "config"), text)
		want := "reading the kubeconfig: " + fmt.Sprintf(want, file)
		if err := (Access{Kubeconfig: file}).Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	empty := write(t, filepath.Join(t.TempDir(), "config"), "")
	if err := (Access{Kubeconfig: empty}).Check(); err == nil || !strings.Contains(err.Error(), "there is no kubeconfig ("+empty+")") {
		t.Errorf("an empty one: %v", err)
	}
}

// TestKubeconfigsMerge as those of kubectl do: what is named first counts, and paths begin where they are written.
func TestKubeconfigsMerge(t *testing.T) {
	t.Parallel()
	s := watch(t)
	dirs := []string{t.TempDir(), t.TempDir()}
	files := []string{filepath.Join(dirs[0], "a"), filepath.Join(dirs[0], "nowhere"), filepath.Join(dirs[1], "b")}
	write(t, files[0], `
clusters: [{name: one, cluster: {server: "https://one", certificate-authority: ca}}]
contexts: [{name: left, context: {cluster: one, user: me}}]
users: []
`)
	write(t, files[2], `
current-context: right
clusters: [{name: one, cluster: {server: "https://other"}}, {name: two, cluster: {server: "https://two", certificate-authority: ca}}]
users: [{name: me, user: {tokenFile: token}}]
contexts: [{name: left, context: {cluster: two, user: me}}, {name: right, context: {cluster: two, user: me}}]
`)
	for _, dir := range dirs {
		write(t, filepath.Join(dir, "ca"), string(s.authority))
		write(t, filepath.Join(dir, "token"), dir)
	}
	list, err := Access{}.files(func(string) string {
		return strings.Join(append(files, files[0], ""), string(filepath.ListSeparator))
	})
	if err != nil {
		t.Fatal(err)
	}
	all, read, err := readKubeconfigs(list)
	if err != nil || len(read) != 2 {
		t.Fatal(read, err)
	}
	if all.currentContext != "right" {
		t.Errorf("the current context is %s", all.currentContext)
	}
	for _, context := range []string{"left", "right"} {
		c, err := all.client(context, read)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
			&clientcmd.ClientConfigLoadingRules{Precedence: list}, &clientcmd.ConfigOverrides{CurrentContext: context},
		).ClientConfig()
		if err != nil {
			t.Fatal(err)
		}
		if c.base.String() != theirs.Host || c.rights.tokenFile != theirs.BearerTokenFile {
			t.Errorf("%s leads to %s with %s, and with kubectl to %s with %s", context, c.base, c.rights.tokenFile, theirs.Host,
				theirs.BearerTokenFile)
		}
		if at := all.contexts[context].Cluster; filepath.Dir(all.clusters[at].origin.path("ca"))+"/ca" != theirs.CAFile {
			t.Errorf("%s has the authority %s, and with kubectl %s", context, all.clusters[at].origin.path("ca"), theirs.CAFile)
		}
	}
}
