// Package kube is the way to an API server: of the cluster that a pod runs in, for the Lease by which the pods of the
// node agent agree on who speaks for all, and for Events; and of a kubeconfig's, for forwards to etcd's pods. It speaks
// the API's JSON itself: client-go would make every process of etcdoc a third larger.
package kube

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ServiceAccountDir is where a pod finds its namespace, its token and the authority of the API server.
const ServiceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

const (
	// requestTimeout is for a whole request: a hung API server must not cost a lease that another request can renew.
	requestTimeout = 5 * time.Second
	maxAnswer      = 1 << 20
)

// ErrOutside is why there is no client outside a pod.
var ErrOutside = errors.New("this is no pod of Kubernetes")

// A StatusError is an answer of the API server that is no success.
type StatusError struct {
	Code    int
	Message string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("the API server answers %d: %s", e.Code, e.Message)
}

// isStatus reports whether an error is an answer with a code.
func isStatus(err error, code int) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Code == code
}

// A Client uses the API server with the rights of a service account or of a kubeconfig. Its methods may be called by
// several goroutines.
type Client struct {
	base   *url.URL
	http   *http.Client
	rights *login
	// Namespace is the pod's own; empty with a kubeconfig.
	Namespace string
}

// newClient returns a client that adds the rights of a login to what goes by a transport.
func newClient(base *url.URL, transport *http.Transport, rights *login) *Client {
	transport.TLSHandshakeTimeout = requestTimeout
	rights.transport = transport
	return &Client{base: base, rights: rights, http: &http.Client{
		Transport:     rights,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// InCluster returns the client of the pod that this process runs in, or [ErrOutside]. dir is [ServiceAccountDir].
func InCluster(getenv func(string) string, dir string) (*Client, error) {
	host, port := getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return nil, ErrOutside
	}
	namespace, err := os.ReadFile(filepath.Join(dir, "namespace"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w with a service account: %s is not there", ErrOutside, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the service account: %w", err)
	}
	authority, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		return nil, fmt.Errorf("reading the authority of the API server: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, fmt.Errorf("%s has no certificate", filepath.Join(dir, "ca.crt"))
	}
	c := newClient(&url.URL{Scheme: "https", Host: net.JoinHostPort(host, port)}, &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		MaxIdleConns:    2, IdleConnTimeout: time.Minute,
	}, &login{tokenFile: filepath.Join(dir, "token")})
	c.Namespace = strings.TrimSpace(string(namespace))
	return c, nil
}

// Close ends the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// The content types of requests with a body.
const (
	asJSON       = "application/json"
	asMergePatch = "application/merge-patch+json"
)

// at is the URL of a path, which may have a query behind it.
func (c *Client) at(path string) string {
	path, query, _ := strings.Cut(path, "?")
	u := c.base.JoinPath(path)
	u.RawQuery = query
	return u.String()
}

// do sends a request with in as JSON, and reads the answer into out. Both may be nil.
func (c *Client) do(ctx context.Context, method, contentType, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("writing a request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.at(path), body)
	if err != nil {
		return fmt.Errorf("writing a request: %w", err)
	}
	request.Header.Set("Accept", asJSON)
	if in != nil {
		request.Header.Set("Content-Type", contentType)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("asking the API server: %w", withoutURL(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading an answer of the API server: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		return statusError(answer, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("reading an answer of the API server: %w", err)
	}
	return nil
}

func statusError(answer *http.Response, text []byte) error {
	var status struct{ Message string }
	if json.Unmarshal(text, &status) != nil || status.Message == "" {
		status.Message = http.StatusText(answer.StatusCode)
	}
	return &StatusError{answer.StatusCode, status.Message}
}

// objectPath is the path of an object, or with an empty name of all of its kind, in a group's version such as api/v1.
func objectPath(version, namespace, kind, name string) string {
	path := "/" + version + "/namespaces/" + url.PathEscape(namespace) + "/" + kind
	if name != "" {
		path += "/" + url.PathEscape(name)
	}
	return path
}
