//go:build faults

package faults

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// clockError is how far a wrong clock is ahead.
const clockError = 30 * time.Second

// wrongClocks puts a proxy in front of every member's metrics; those of the first few change the Date while the
// stage's clocksWrong is set.
func wrongClocks(members int) func(*stage, *probe.Config) {
	return func(s *stage, config *probe.Config) {
		for i, m := range s.cluster.Members() {
			target, err := url.Parse(m.MetricsURL)
			if err != nil {
				s.Fatal(err)
			}
			target.Path = ""
			proxy := &httputil.ReverseProxy{
				Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
				ModifyResponse: func(r *http.Response) error {
					if date, err := http.ParseTime(r.Header.Get("Date")); err == nil && i < members &&
						s.clocksWrong.Load() {
						r.Header.Set("Date", date.Add(clockError).Format(http.TimeFormat))
					}
					return nil
				},
			}
			server := httptest.NewServer(proxy)
			s.Cleanup(server.Close)
			config.MetricsEndpoints = append(config.MetricsEndpoints, server.URL+"/metrics")
		}
	}
}

func (s *stage) wrongClock() {
	s.clocks(outcome{cause: thresholds.CauseClock, sweeps: 60,
		findings: []found{{thresholds.ClockDrifting, s.cluster.Members()[0]}}})
}

func (s *stage) wrongObserverClock() {
	s.clocks(outcome{cause: thresholds.CauseClock, sweeps: 60, findings: []found{{thresholds.ObserverClock, nil}}})
}

func (s *stage) clocks(o outcome) {
	s.change("put the clock forward", func(context.Context) error { s.clocksWrong.Store(true); return nil })
	s.expect(o)
	s.change("put it right", func(context.Context) error { s.clocksWrong.Store(false); return nil })
	s.expectRecovery(o)
}

func expiringCertificate() etcdtest.Config {
	return etcdtest.Config{TLS: etcdtest.MutualTLS, ServerNotAfter: time.Now().Add(3 * 24 * time.Hour)}
}

func (s *stage) certificateExpires() {
	o := outcome{cause: thresholds.CauseCertificate, verdicts: verdictsOf{}, sweeps: 10}
	for _, m := range s.cluster.Members() {
		o.findings = append(o.findings, found{thresholds.CertificateExpiring, m})
		o.verdicts[m] = thresholds.LossSafe
	}
	s.expect(o)
}
