package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A scraper scrapes one member's exposition. It keeps its connection and serves one call at a time.
type scraper struct {
	p          *Prober
	grpcClient *client
	httpClient *http.Client
	transport  *http.Transport
	// lastURL is the URL that worked last; empty if none did.
	lastURL string
	// connected is when it last gave up its connection: see rehandshakeAfter.
	connected time.Time
}

// rehandshakeAfter is how long a connection over TLS lasts: a handshake shows whether the member's certificate was
// renewed, which etcd does without a restart.
const rehandshakeAfter = time.Hour

// maxHeaders bounds the headers of an answer, in bytes: etcd's take about 200, and net/http would accept 10 MiB.
const maxHeaders = 64 << 10

func newScraper(p *Prober, cl *client) *scraper {
	transport := &http.Transport{
		DialContext:            dialHTTP(p, nil),
		DialTLSContext:         dialHTTP(p, cl),
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // no HTTP/2
		MaxIdleConnsPerHost:    1,
		DisableCompression:     true, // bodyPool unpacks with a reader that it keeps
		ReadBufferSize:         16 << 10,
		MaxResponseHeaderBytes: maxHeaders,
	}
	return &scraper{
		p:          p,
		grpcClient: cl,
		httpClient: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
		transport: transport,
	}
}

func (s *scraper) close() { s.transport.CloseIdleConnections() }

// scrape reads the exposition of the member want (0 if its id is unknown): from the last URL that had it, else from the
// first URL that has it. ahead may have read one early; nil if not.
func (s *scraper) scrape(ctx context.Context, want MemberID, urls []string, ahead *early) answer[*Metrics] {
	if now := s.p.cfg.Now(); now.Sub(s.connected) >= rehandshakeAfter {
		s.connected = now
		if isHTTPS(s.lastURL) {
			s.transport.CloseIdleConnections()
		}
	}
	var failures []*Error
	if i := slices.Index(urls, s.lastURL); i >= 0 {
		got := s.try(ctx, known(want), s.lastURL, true)
		if got.ok {
			return got
		}
		s.lastURL, failures = "", append(failures, got.err)
		urls = slices.Delete(slices.Clone(urls), i, i+1)
	}
	got, failed := s.race(ctx, want, urls, ahead)
	if got.ok {
		s.lastURL = got.endpoint
		return got
	}
	return answer[*Metrics]{err: s.hint(append(failures, failed...))}
}

// headStart is how long a URL may take alone before the next one is tried as well.
const headStart = time.Second

// race tries the URLs in order, each once its predecessors have failed or headStart has passed, so that a hanging URL
// does not hold up the others. It returns the first exposition, or why each URL failed, in their order.
func (s *scraper) race(
	ctx context.Context, want MemberID, urls []string, ahead *early,
) (answer[*Metrics], []*Error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	finishes := make(chan answer[*Metrics], len(urls))
	begin := func(u string) {
		s.p.calls.Go(func() {
			if ahead != nil && ahead.url == u {
				if got, has := ahead.result(ctx); has {
					finishes <- got
					return
				}
			}
			finishes <- s.try(ctx, known(want), u, false)
		})
	}
	failures := make([]*Error, len(urls))
	for begun, failed := 0, 0; failed < len(urls); {
		if begun == failed { // nothing is running
			begin(urls[begun])
			begun++
		}
		var next <-chan time.Time
		if begun < len(urls) {
			next = time.After(headStart)
		}
		select {
		case <-next:
			begin(urls[begun])
			begun++
		case got := <-finishes:
			if got.ok {
				return got, nil
			}
			failures[slices.Index(urls, got.endpoint)] = got.err
			failed++
		}
	}
	return answer[*Metrics]{}, failures
}

// try reads one URL for the wanted member, at the first of its addresses that answers. answered says that it has
// answered before.
func (s *scraper) try(ctx context.Context, want wanted, u string, answered bool) answer[*Metrics] {
	began := s.p.cfg.Now()
	got, silent, failed := overRoutes(ctx, &s.p.cfg, u, func(ctx context.Context, r *route) (answer[*Metrics], error) {
		m, err := s.get(context.WithValue(ctx, routeKey{}, r), u, answered)
		if m == nil {
			return answer[*Metrics]{}, err
		}
		at := s.p.cfg.Now()
		id, ended := want()
		if ended != nil {
			return answer[*Metrics]{}, s.p.explain(ended, u, s.p.cfg.CommandTimeout)
		}
		s.p.owners.set(u, m.ServerID, s.p.cfg.Now())
		if namesAnother(id, m.ServerID) {
			return answer[*Metrics]{}, ofAnother(u, m.ServerID)
		}
		return answer[*Metrics]{
			value: m, ok: true, err: err, at: at, took: at.Sub(began), from: m.ServerID, endpoint: u,
			dialled: r.acceptedBy() != "", silent: r.silentBefore(),
		}, nil
	}, func(answer[*Metrics]) {})
	if failure := failureOf(u, failed); !got.ok {
		return answer[*Metrics]{err: failure, endpoint: u}
	}
	got.silent = append(silent, got.silent...)
	return got
}

// hint adds what to do if a living member serves no metrics at the URLs tried.
func (s *scraper) hint(failures []*Error) *Error {
	err := oneOf(failures)
	if err == nil {
		return &Error{Kind: ErrUnsupported, Text: "it has no URL for metrics: give --metrics-endpoints"}
	}
	switch err.Kind {
	case ErrRefused, ErrTimeout, ErrUnreachable, ErrClosed:
		return err
	}
	const hint = " (give --metrics-endpoints, or set etcd's --listen-metrics-urls)"
	hinted := *err
	hinted.Text += hint
	if err.What != "" {
		hinted.What += hint
	}
	return &hinted
}

// acceptedFormats are the formats that a decoder understands, the fastest one first.
const acceptedFormats = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5," +
	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.3,*/*;q=0.1"

// encodingFor returns the encoding to ask a URL for: none on the member's own host, because packing costs etcd more
// than the bytes cost a loopback.
func encodingFor(u string) string {
	if IsLoopback(u) {
		return "identity"
	}
	return "gzip"
}

// get reads one URL. The Metrics are what could be decoded; nil if nothing could.
func (s *scraper) get(ctx context.Context, u string, answered bool) (*Metrics, *Error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, requestURL(u), nil)
	if err != nil {
		return nil, explain(err, u, 0)
	}
	if request.URL.String() != u { // its host stands for the path of a socket
		request.Host = hostHeader(u)
	}
	request.Header.Set("Accept", acceptedFormats)
	request.Header.Set("Accept-Encoding", encodingFor(u))
	request.Header.Set("User-Agent", "etcdoc")
	response, err := s.httpClient.Do(request)
	if err != nil {
		return nil, s.explainRequest(err, u, answered)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, withEndpoint(u, explainHTTP(response))
	}
	var body io.Reader = response.Body
	if response.Header.Get("Content-Encoding") == "gzip" {
		unzip, err := s.p.bodies.unzip(response.Body)
		if err != nil {
			if e := explainNet(err, 0); e != nil && wasClosed(e) {
				return nil, withEndpoint(u, errEndsEarly)
			}
			return nil, withEndpoint(u, &Error{Kind: ErrMalformed, Text: "unpacking the answer: " + err.Error()})
		}
		defer s.p.bodies.unzips.Put(unzip)
		body = unzip
	}
	m, err := s.p.bodies.decodeMember(ctx, response.Header.Get("Content-Type"), body)
	if m != nil {
		m.Date, _ = http.ParseTime(response.Header.Get("Date"))
	}
	if err == nil {
		return m, nil
	}
	if e := explainNet(err, s.p.cfg.CommandTimeout); e != nil {
		switch {
		case m != nil && e.Kind == ErrTimeout:
			e = &Error{Kind: ErrTimeout, Text: fmt.Sprintf(
				"cut off after %s and %d bytes: it drips, or it is too large for the network",
				s.p.cfg.CommandTimeout, m.Bytes)}
		case wasClosed(e):
			e = errEndsEarly
		}
		return m, withEndpoint(u, e)
	}
	return m, withEndpoint(u, &Error{Kind: ErrMalformed, Text: "reading the exposition: " + err.Error()})
}

// errEndsEarly is about an answer that began and has no end.
var errEndsEarly = &Error{Kind: ErrMalformed, Text: "its answer ends in the middle: it stopped, or something in between " +
	"cuts answers off"}

// explainRequest explains a failed request. If the same port answers gRPC, a connection that closes at once means that
// it serves nothing else; TLS is fine.
func (s *scraper) explainRequest(err error, u string, answered bool) *Error {
	var name x509.HostnameError
	if errors.As(err, &name) && s.p.cfg.TLS.ServerName == "" && !s.grpcClient.has(HostPort(u)) {
		return withEndpoint(u, explainName(name, metricsNames))
	}
	e := s.p.explain(withoutURL(err), u, s.timeoutOf(err))
	switch {
	case answered || !wasClosed(e):
		return e
	case HostPort(s.grpcClient.connectedWith()) == HostPort(u):
		return withEndpoint(u, errGRPCOnly)
	}
	found := s.grpcClient.inspect(u)
	switch {
	case found != nil && found.Kind.IsTLS():
		return withEndpoint(u, found)
	case isHTTPS(u) && s.grpcClient.answersHTTP2(u):
		return withEndpoint(u, errGRPCOnly)
	}
	return s.grpcClient.suspectTLS(e, u)
}

// timeoutOf returns the timeout that applied to a request that failed with err.
func (s *scraper) timeoutOf(err error) time.Duration {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return s.p.cfg.DialTimeout
	}
	return s.p.cfg.CommandTimeout
}

func explainHTTP(response *http.Response) *Error {
	start, _ := io.ReadAll(io.LimitReader(response.Body, 512))
	switch {
	case strings.Contains(string(start), "HTTP request to an HTTPS server"):
		return tlsByText(string(start))
	case response.StatusCode == http.StatusUnsupportedMediaType:
		return &Error{Kind: ErrUnsupported, Text: "this port serves gRPC only (HTTP 415)"}
	case response.StatusCode == http.StatusNotFound:
		return &Error{Kind: ErrUnsupported, Text: "there are no metrics here (HTTP 404)"}
	case response.StatusCode == http.StatusUnauthorized, response.StatusCode == http.StatusForbidden:
		return &Error{Kind: ErrPermission, Text: "not allowed (HTTP " + response.Status + ")"}
	case response.StatusCode == http.StatusProxyAuthRequired, response.StatusCode == http.StatusBadGateway,
		response.StatusCode == http.StatusGatewayTimeout:
		return &Error{Kind: ErrUnsupported, Text: "an HTTP proxy answers there (" + response.Status + ")"}
	case response.StatusCode/100 == 3:
		return &Error{Kind: ErrUnsupported, Text: "it redirects to another address (HTTP " + response.Status + "), which " +
			"etcdoc does not follow"}
	}
	return &Error{Kind: ErrUnsupported, Text: "HTTP " + response.Status}
}
