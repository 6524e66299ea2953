package etcdtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestAnHTTPProxyAnswersLateInDripsAndNever(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	body := strings.Repeat("0123456789", 30)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			_, _ = io.WriteString(w, body)
		}
	}))
	defer server.Close()
	proxy, err := etcdtest.NewHTTPProxy(server.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	get := func(ctx context.Context) (time.Duration, error) {
		began := time.Now()
		got, err := fetch(ctx, t, proxy.URL())
		if err == nil && got != body {
			t.Errorf("got %d bytes, want those of the server", len(got))
		}
		return time.Since(began), err
	}
	if _, err := get(ctx); err != nil {
		t.Fatal(err)
	}

	const delay = 60 * time.Millisecond
	proxy.Delay(delay)
	if took, err := get(ctx); err != nil || took < delay {
		t.Errorf("a late answer took %s, %v; want %s at least", took, err, delay)
	}
	proxy.Delay(0)
	proxy.Drip(len(body) * 10) // a tenth of a second for the whole body
	if took, err := get(ctx); err != nil || took < delay {
		t.Errorf("a dripping answer took %s, %v; want %s at least", took, err, delay)
	}

	proxy.Hang()
	impatient, cancel := context.WithTimeout(ctx, delay)
	defer cancel()
	if _, err := get(impatient); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a proxy that hangs answered: %v", err)
	}
	waiting := make(chan error, 1)
	go func() { _, err := get(ctx); waiting <- err }()
	proxy.Heal()
	if err := <-waiting; err != nil {
		t.Errorf("what waited was not answered: %v", err)
	}
	// The server may notice too late that the impatient client is gone.
	if served := proxy.Served(); served < 4 {
		t.Errorf("it served %d requests, want 4 at least", served)
	}
}

func fetch(ctx context.Context, t *testing.T, url string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
