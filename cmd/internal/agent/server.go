package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
)

// The limits of the HTTP server. Its answers are short and made at once, but for a scrape by a slow client.
const (
	headerTimeout = 5 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
	// endTimeout is how long requests that run may take when the agent ends.
	endTimeout = 5 * time.Second
)

// Handler answers the agent's HTTP requests. It reads no request's body.
func (a *Agent) Handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(a)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.serveLanding)
	mux.HandleFunc("GET /health", a.serveHealth)
	mux.HandleFunc("GET /livez", a.serveLive)
	mux.HandleFunc("GET /readyz", a.serveReady)
	mux.HandleFunc("GET /fit", a.serveFit)
	mux.HandleFunc("GET /can-lose/{member}", a.serveCanLose)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// Serve answers requests until ctx ends, and lets those that run end then. config is a file in the format of the
// Prometheus exporter toolkit, with TLS and basic authentication; empty: neither.
func (a *Agent) Serve(ctx context.Context, listener net.Listener, config string) error {
	server := &http.Server{
		Handler: a.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(a.options.Log.Handler(), slog.LevelInfo), // a client's handshake that failed
	}
	ended := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		ended <- server.Shutdown(patience)
	})
	err := web.Serve(listener, server, &web.FlagConfig{WebConfigFile: &config}, a.options.Log)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	}
	return <-ended
}
