package kube

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
)

// A login adds the rights of a user to the requests that it sends. Of a token, a password and a plug-in it has one at
// most.
type login struct {
	transport *http.Transport
	token     string
	// tokenFile is read for each request: whoever writes it renews the token. Until it can be read, it is token.
	tokenFile          string
	username, password string
	plugin             *plugin
	// impersonate is what the user asks as whom: see Kubernetes' user impersonation.
	impersonate http.Header
}

func (l *login) CloseIdleConnections() { l.transport.CloseIdleConnections() }

// prepare waits for a plug-in, which may take longer than a request.
func (l *login) prepare(ctx context.Context) error {
	if l.plugin == nil {
		return nil
	}
	_, err := l.plugin.credential(ctx)
	return err
}

// RoundTrip sends a copy of a request, with the user's rights.
func (l *login) RoundTrip(q *http.Request) (*http.Response, error) {
	q = q.Clone(q.Context())
	q.Header.Set("User-Agent", "etcdoc")
	maps.Copy(q.Header, l.impersonate)
	var used *credential
	switch {
	case l.plugin != nil:
		var err error
		if used, err = l.plugin.credential(q.Context()); err != nil {
			return nil, err
		}
		setToken(q, used.token)
	case l.username != "" || l.password != "":
		q.SetBasicAuth(l.username, l.password)
	default:
		token, err := l.bearer()
		if err != nil {
			return nil, err
		}
		setToken(q, token)
	}
	answer, err := l.transport.RoundTrip(q)
	if err == nil && answer.StatusCode == http.StatusUnauthorized && used != nil {
		l.plugin.forget(used)
	}
	return answer, err
}

func setToken(q *http.Request, token string) {
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
}

func (l *login) bearer() (string, error) {
	if l.tokenFile == "" {
		return l.token, nil
	}
	text, err := os.ReadFile(l.tokenFile)
	token := cmp.Or(strings.TrimSpace(string(text)), l.token)
	switch {
	case token != "":
		return token, nil
	case err != nil:
		return "", fmt.Errorf("reading the token of the API server: %w", err)
	}
	return "", fmt.Errorf("reading the token of the API server: %s is empty", l.tokenFile)
}
