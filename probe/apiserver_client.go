package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// An apiClient sends requests to one API server. Its methods may be called by several goroutines.
type apiClient struct {
	p      *Prober
	server APIServer
	tls    *tlsFiles
	http   *http.Client
	// own is the transport that it made and must close; nil if one was given. It does not use Config.DialContext, which
	// leads to members.
	own    *http.Transport
	dialer net.Dialer
}

func newAPIClient(p *Prober, server APIServer) *apiClient {
	files, _ := newTLSFiles(server.TLS, apiServerFiles) // checked before
	dialer := net.Dialer{Timeout: p.cfg.DialTimeout, KeepAlive: 15 * time.Second}
	c := &apiClient{p: p, server: server, tls: files, dialer: dialer}
	c.http = &http.Client{Transport: server.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	if server.Transport == nil {
		c.own = &http.Transport{
			DialContext: c.dialer.DialContext, DialTLSContext: c.dialTLS,
			TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2
			MaxIdleConnsPerHost: 3, IdleConnTimeout: rehandshakeAfter, MaxResponseHeaderBytes: maxHeaders,
		}
		c.http.Transport = c.own
	}
	return c
}

func (c *apiClient) close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

func (c *apiClient) dialTLS(ctx context.Context, _, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.p.cfg.DialTimeout)
	defer cancel()
	config := c.tls.config("http/1.1", func([]*x509.Certificate) {})
	if config.ServerName == "" {
		config.ServerName = serverNameOf("https://" + address)
	}
	raw, err := c.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return secured(ctx, raw, config)
}

// maxTokenBytes bounds a file with a token, which takes about 1 KB.
const maxTokenBytes = 64 << 10

// token returns the bearer token; empty without a file of one.
func (s *APIServer) token() (string, error) {
	if s.TokenFile == "" {
		return "", nil
	}
	text, err := ReadRegular(s.TokenFile, maxTokenBytes, "a file with a token")
	token := strings.TrimSpace(string(text))
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the token for the API server: %w", err)
	case token == "" || strings.ContainsAny(token, "\r\n"):
		return "", fmt.Errorf("reading the token for the API server: %q holds no token in one line", s.TokenFile)
	}
	return token, nil
}

// get sends a request that may take as long as limit. The caller closes the body of the answer.
func (c *apiClient) get(ctx context.Context, path, accept string, limit time.Duration) (*http.Response, *Error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server.URL+path, nil)
	if err != nil {
		return nil, explain(err, c.server.URL, 0)
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("User-Agent", "etcdoc")
	token, err := c.server.token()
	if err != nil {
		return nil, withEndpoint(c.server.URL, &Error{Kind: ErrToken, Text: err.Error()})
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.explain(withoutURL(err), limit)
	}
	return response, nil
}

// apiServerNames say where to write a name that an API server's certificate is for.
var apiServerNames = nameFixes{"name it by one of these with --apiserver", "with --apiserver"}

// explain turns an error into words: what is about certificates names the flags of API servers.
func (c *apiClient) explain(err error, limit time.Duration) *Error {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &authority):
		return withEndpoint(c.server.URL, &Error{Kind: ErrTLSAuthority, Text: "its certificate is signed by an untrusted " +
			"authority" + issuerOf(authority.Cert) + ": give the cluster's CA with --apiserver-cacert"})
	case errors.As(err, &name):
		return withEndpoint(c.server.URL, explainName(name, apiServerNames))
	}
	return explain(err, c.server.URL, limit)
}

// maxCheckBytes bounds the answer to a check: kube-apiserver lists about 50 in 2 KB.
const maxCheckBytes = 64 << 10

// The checks of etcd. etcdReadiness is another one since 1.25, with a timeout of its own.
const (
	etcdCheck     = "etcd"
	etcdReadiness = "etcd-readiness"
)

// recheckAfter is when a check that failed is asked for once more. kube-apiserver makes a check at most once in half
// its timeout, which is 2 s by default, and answers with the result of the last one meanwhile: with a failure, before
// the first.
const recheckAfter = 1200 * time.Millisecond

// check asks for the check of etcd behind a path, which is /readyz or /livez. A failure counts if it is seen twice.
func (c *apiClient) check(ctx context.Context, path string) answer[EtcdCheck] {
	first := c.checkOnce(ctx, path)
	if !first.ok || first.value.OK {
		return first
	}
	wait := time.NewTimer(recheckAfter)
	defer wait.Stop()
	select {
	case <-wait.C:
		return c.checkOnce(ctx, path)
	case <-ctx.Done():
		return first
	}
}

// checkOnce asks for the check by itself, or, where that is forbidden, among all checks, which everybody may see
// (system:public-info-viewer) without their reasons.
func (c *apiClient) checkOnce(ctx context.Context, path string) answer[EtcdCheck] {
	code, text, err := c.read(ctx, path+"/"+etcdCheck)
	switch {
	case err != nil:
		return answer[EtcdCheck]{err: err}
	case code == http.StatusOK, code == http.StatusInternalServerError:
		check, is := checkByItself(code, text)
		if !is { // of something between here and the API server
			err := c.explainCode(code, path)
			err.Text += ", in other words than kube-apiserver's"
			return answer[EtcdCheck]{err: err}
		}
		return answer[EtcdCheck]{value: check, ok: true}
	}
	code, text, err = c.read(ctx, path+"?verbose")
	if err == nil && (code == http.StatusOK || code == http.StatusInternalServerError) {
		if check, has := checkAmongAll(text); has {
			return answer[EtcdCheck]{value: check, ok: true}
		}
		err = &Error{Kind: ErrUnsupported, Text: "it has no check of etcd at " + path}
		return answer[EtcdCheck]{err: withEndpoint(c.server.URL, err)}
	}
	if err == nil {
		err = c.explainCode(code, path)
	}
	return answer[EtcdCheck]{err: err}
}

// checkByItself reads the answer to one check: ok, or an error after the words that kube-apiserver puts before it.
func checkByItself(code int, text string) (check EtcdCheck, is bool) {
	text = strings.TrimSpace(text)
	if code == http.StatusOK {
		return EtcdCheck{OK: true}, text == "ok"
	}
	reason, is := strings.CutPrefix(text, "internal server error: ")
	return EtcdCheck{Reason: truncate(reason, maxErrorBytes)}, is
}

// checkAmongAll finds the checks of etcd in the list that ?verbose gives: [+]etcd ok, or [-]etcd failed: reason
// withheld.
func checkAmongAll(text string) (check EtcdCheck, has bool) {
	check.OK = true
	for line := range strings.Lines(text) {
		mark, name := line[:min(len("[+]"), len(line))], line[min(len("[+]"), len(line)):]
		name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
		if name == etcdCheck || name == etcdReadiness {
			has = has || mark == "[+]" || mark == "[-]"
			check.OK = check.OK && mark != "[-]"
		}
	}
	return check, has
}

// read returns the answer to a check: its code and its text.
func (c *apiClient) read(ctx context.Context, path string) (code int, text string, failure *Error) {
	limit := c.p.cfg.CommandTimeout
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	response, failure := c.get(ctx, path, "text/plain, */*;q=0.1", limit)
	if failure != nil {
		return 0, "", failure
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxCheckBytes))
	if err != nil {
		return 0, "", c.explain(err, limit)
	}
	return response.StatusCode, string(body), nil
}

// explainCode explains a status that is no answer to the question.
func (c *apiClient) explainCode(code int, path string) *Error {
	e := &Error{Kind: ErrUnsupported, Text: fmt.Sprintf("HTTP %d %s for %s", code, http.StatusText(code), path)}
	switch code {
	case http.StatusUnauthorized:
		e = &Error{Kind: ErrPermission, Text: "it wants to know who asks for " + path + ": give a token with " +
			"--apiserver-token-file, such as that of kubectl create token (HTTP 401)"}
	case http.StatusForbidden:
		e = &Error{Kind: ErrPermission, Text: "it takes the right to get " + path + " (HTTP 403)"}
	}
	return withEndpoint(c.server.URL, e)
}

// scrape reads what etcdoc uses of the API server's metrics, line by line: a large cluster's take tens of MiB.
func (c *apiClient) scrape(ctx context.Context) answer[*APIServerMetrics] {
	const path = "/metrics"
	limit := max(apiMetricsTimeout, c.p.cfg.CommandTimeout)
	response, failure := c.get(ctx, path, "text/plain;version=0.0.4", limit)
	if failure != nil {
		return answer[*APIServerMetrics]{err: failure}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return answer[*APIServerMetrics]{err: c.explainCode(response.StatusCode, path)}
	}
	m, err := decodeAPIServer(bufio.NewReaderSize(response.Body, maxAPILine))
	if err == nil {
		return answer[*APIServerMetrics]{value: m, ok: true}
	}
	var own *Error
	if errors.As(err, &own) {
		return answer[*APIServerMetrics]{err: withEndpoint(c.server.URL, own)}
	}
	return answer[*APIServerMetrics]{err: c.explain(err, limit)}
}
