//go:build faults

package faults

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// trustSweeps is how long a row with wrong certificates is observed.
const trustSweeps = 8

func mutualTLS() etcdtest.Config { return etcdtest.Config{TLS: etcdtest.MutualTLS} }

// expiredServer has members present an expired server certificate.
func expiredServer() etcdtest.Config {
	return etcdtest.Config{TLS: etcdtest.MutualTLS, ServerNotAfter: time.Now().Add(-72 * time.Hour)}
}

// withExpiredPair gives the observer an expired client pair, in files of its own.
func withExpiredPair(s *stage, config *probe.Config) {
	dir := s.TempDir()
	config.TLS.CertFile, config.TLS.KeyFile = filepath.Join(dir, "client.crt"), filepath.Join(dir, "client.key")
	s.pair = config.TLS
	certs := s.cluster.Certs
	if err := s.writePair(certs.ExpiredCertFile, certs.ExpiredKeyFile); err != nil {
		s.Fatal(err)
	}
}

// writePair replaces the observer's client pair.
func (s *stage) writePair(certFile, keyFile string) error {
	for from, to := range map[string]string{certFile: s.pair.CertFile, keyFile: s.pair.KeyFile} {
		text, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// byOtherNames gives the observer host names that lead to the members and that their certificate does not cover.
func byOtherNames(s *stage, config *probe.Config) {
	config.Endpoints = nil
	for i, m := range s.cluster.Members() {
		u, err := url.Parse(m.ClientURL)
		if err != nil {
			s.Fatal(err)
		}
		config.Endpoints = append(config.Endpoints, fmt.Sprintf("https://etcd-%d.example:%s", i+1, u.Port()))
	}
	config.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
}

// renewClient lets the observer's pair expire, and then follows the advice.
func (s *stage) renewClient() {
	s.distrust(probe.ErrClientCertExpired, "Renew the client pair that --cert and --key name")
	s.change("renew the client pair", func(context.Context) error {
		return s.writePair(s.cluster.Certs.CertFile, s.cluster.Certs.KeyFile)
	})
	s.expectRecovery(outcome{
		cause: thresholds.CauseNotTrusted, anyAlarm: true, sweeps: settlingSweeps,
		onTheWay: []thresholds.Cause{thresholds.CauseUnreachable},
	})
}

func (s *stage) serverExpired() {
	s.distrust(probe.ErrTLSExpired, "Renew the certificate that the member serves")
}

func (s *stage) serverNameMissing() {
	s.distrust(probe.ErrTLSName, "Use a name that the certificate is for, or issue one")
}

// distrust wants the reading to name the reason for which no member can be asked, and the one step that fits it,
// without a verdict on any member: the members are healthy.
func (s *stage) distrust(kind probe.ErrorKind, next string) {
	o := outcome{
		cause: thresholds.CauseNotTrusted, sweeps: trustSweeps, anyAlarm: true, unsafe: s.cluster.Members(),
		check: func(l *observation) string {
			if !strings.HasPrefix(l.Reading.Next, next) {
				return fmt.Sprintf("the step %q: %q", next, l.Reading.Next)
			}
			for i := range l.Members {
				if m := &l.Members[i]; m.CanLose.Verdict != thresholds.LossUnknown {
					return fmt.Sprintf("no verdict on %s: %s, %s", m.Label, m.CanLose.Verdict, m.CanLose.Reason)
				}
			}
			found := 0
			for i := range l.Findings {
				f := &l.Findings[i]
				if f.Rule != thresholds.MemberUnreachable {
					continue
				}
				found++
				if !strings.Contains(f.Summary, kind.Words()) || !strings.HasPrefix(f.Advice, next) {
					return fmt.Sprintf("the reason %q and the step %q of %s: %q, %q", kind.Words(), next,
						f.Member.Label, f.Summary, f.Advice)
				}
			}
			if found != len(s.cluster.Members()) {
				return fmt.Sprintf("a finding about each member: there are %d", found)
			}
			return neverDestructive(l)
		},
	}
	s.expect(o)
	s.expectNothingElse(o, s.observer.count()+trustSweeps)
	s.expectNothingDestructive()
}
