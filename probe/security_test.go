package probe

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	cluster := mutualTLS.Use(t)
	certs := cluster.Certs
	endpoint := strings.TrimPrefix(cluster.Endpoints()[0], "https://")

	t.Run("with the pair", func(t *testing.T) {
		p := start(t, Config{Endpoints: []string{endpoint}, Cluster: true,
			TLS: TLS{CAFile: certs.CAFile, CertFile: certs.CertFile, KeyFile: certs.KeyFile}})
		s := await(t, p, "all is answered", func(s Sweep) bool { return complete(s, 1) })
		for what, c := range map[string]*Certificate{"served": s.Members[0].ServedCertificate,
			"client's": s.ClientCertificate} {
			if c == nil || c.Subject == "" || c.Issuer == "" || !c.NotAfter.After(c.NotBefore) {
				t.Errorf("the %s certificate is %+v", what, c)
			}
		}
		ca, leaf := s.Members[0].ServedAuthority, s.Members[0].ServedCertificate
		if ca == nil || leaf == nil || ca.Subject != leaf.Issuer || ca.Issuer != ca.Subject {
			t.Errorf("the CA is %+v of %+v", ca, leaf)
		}
		if s.Members[0].Endpoint != "https://"+endpoint {
			t.Errorf("an endpoint without a scheme became %s", s.Members[0].Endpoint)
		}
	})

	tests := map[string]struct {
		endpoint string
		tls      TLS
		kind     ErrorKind
		words    string // part of both errors
	}{
		"another CA": {"https://" + endpoint,
			TLS{CAFile: certs.OtherCAFile, CertFile: certs.CertFile, KeyFile: certs.KeyFile}, ErrTLSOtherAuthority,
			certs.OtherCAFile + " (--cacert)"},
		"the system's CAs": {"https://" + endpoint, TLS{}, ErrTLSAuthority, "--cacert"},
		"no client pair": {"https://" + endpoint, TLS{CAFile: certs.CAFile}, ErrClientCertMissing,
			"--cert and --key"},
		"another's pair": {"https://" + endpoint,
			TLS{CAFile: certs.CAFile, CertFile: certs.OtherCertFile, KeyFile: certs.OtherKeyFile}, ErrClientCertRefused,
			"--cert and --key"},
		"another name": {"https://" + endpoint,
			TLS{CAFile: certs.CAFile, CertFile: certs.CertFile, KeyFile: certs.KeyFile,
				ServerName: "elsewhere.example"}, ErrTLSName, "not for elsewhere.example: give --tls-server-name one that"},
		"an expired pair": {"https://" + endpoint,
			TLS{CAFile: certs.CAFile, CertFile: certs.ExpiredCertFile, KeyFile: certs.ExpiredKeyFile},
			ErrClientCertExpired, "renew"},
		"plain text to TLS": {"http://" + endpoint, TLS{}, ErrTLSSpoken, "https://"},
		"unverified, no pair": {"https://" + endpoint, TLS{InsecureSkipVerify: true}, ErrClientCertMissing,
			"--cert and --key"},
		"plain text and files": {"http://" + endpoint, TLS{CAFile: certs.CAFile}, ErrTLSSpoken, "https://"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := start(t, Config{Endpoints: []string{test.endpoint}, Cluster: true, TLS: test.tls})
			s := await(t, p, "it failed", func(s Sweep) bool {
				return s.Members[0].Status.Err != nil && s.Members[0].Metrics.Err != nil
			})
			for what, err := range map[string]*Error{"status": s.Members[0].Status.Err,
				"metrics": s.Members[0].Metrics.Err} {
				if strings.Count(err.Text, test.endpoint) != 1 {
					t.Errorf("%s: it names its endpoint %d times: %s", what, strings.Count(err.Text, test.endpoint), err.Text)
				}
				if err.Kind != test.kind || !strings.Contains(err.Text, test.words) ||
					!strings.Contains(err.Text, endpoint) {
					t.Errorf("%s: %s: %q, want %s, naming %s and saying %s", what, err.Kind, err.Text, test.kind,
						endpoint, test.words)
				}
			}
		})
	}
}

func TestTLSToPlainText(t *testing.T) {
	t.Parallel()
	cluster := oneMember.Use(t)
	endpoint := strings.Replace(cluster.Endpoints()[0], "http:", "https:", 1)
	p := start(t, Config{Endpoints: []string{endpoint}, Cluster: true})
	s := await(t, p, "it failed", func(s Sweep) bool {
		return s.Members[0].Status.Err != nil && s.Members[0].Metrics.Err != nil
	})
	for what, err := range map[string]*Error{"status": s.Members[0].Status.Err, "metrics": s.Members[0].Metrics.Err} {
		if err.Kind != ErrTLSNotSpoken || !strings.Contains(err.Text, "http://") {
			t.Errorf("%s: %s: %q", what, err.Kind, err.Text)
		}
	}
}

func TestExpiredCertificate(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 1, TLS: etcdtest.ServerTLS,
		ServerNotAfter: time.Now().Add(-time.Hour)})
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, TLS: TLS{CAFile: cluster.Certs.CAFile}})
	s := await(t, p, "it failed", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
	m := s.Members[0]
	if m.Status.Err.Kind != ErrTLSExpired || !strings.Contains(m.Status.Err.Text, "renew") {
		t.Errorf("%s: %q", m.Status.Err.Kind, m.Status.Err.Text)
	}
	if m.ServedCertificate == nil || !m.ServedCertificate.NotAfter.Before(time.Now()) {
		t.Errorf("the expired certificate is not shown: %+v", m.ServedCertificate)
	}
}

func TestFilesThatDoNotFit(t *testing.T) {
	t.Parallel()
	cluster := mutualTLS.Use(t)
	c := cluster.Certs
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		tls   TLS
		words []string
	}{
		"no CA file":   {TLS{CAFile: "/nowhere/ca.crt"}, []string{"--cacert", "/nowhere/ca.crt"}},
		"no CA in it":  {TLS{CAFile: empty}, []string{"--cacert", empty}},
		"a cert alone": {TLS{CertFile: c.CertFile}, []string{"--key", c.CertFile}},
		"a key alone":  {TLS{KeyFile: c.KeyFile}, []string{"--cert", c.KeyFile}},
		"no cert file": {TLS{CertFile: "/nowhere/x.crt", KeyFile: c.KeyFile},
			[]string{"--cert", "/nowhere/x.crt"}},
		"no key file": {TLS{CertFile: c.CertFile, KeyFile: "/nowhere/x.key"},
			[]string{"--key", "/nowhere/x.key"}},
		"cert and other key": {TLS{CertFile: c.CertFile, KeyFile: c.OtherKeyFile},
			[]string{"--cert", "--key", c.CertFile, c.OtherKeyFile}},
		"cert and key swapped": {TLS{CertFile: c.KeyFile, KeyFile: c.CertFile},
			[]string{"swap them", c.CertFile, c.KeyFile}},
		"no cert in it": {TLS{CertFile: empty, KeyFile: c.KeyFile},
			[]string{"there is no PEM certificate in", empty, "--cert"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := New(Config{Endpoints: cluster.Endpoints(), TLS: test.tls})
			for _, w := range test.words {
				if err == nil || !strings.Contains(err.Error(), w) {
					t.Errorf("the error is %v, want one that names %s", err, w)
				}
			}
		})
	}
}

func TestClientPairRotates(t *testing.T) {
	t.Parallel()
	cluster := mutualTLS.Use(t)
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	replace := func(cert, key string) {
		t.Helper()
		for from, to := range map[string]string{cert: certFile, key: keyFile} {
			text, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(to, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	replace(cluster.Certs.OtherCertFile, cluster.Certs.OtherKeyFile)
	p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true,
		TLS: TLS{CAFile: cluster.Certs.CAFile, CertFile: certFile, KeyFile: keyFile}})
	before := await(t, p, "the wrong pair is refused", func(s Sweep) bool { return s.Members[0].Status.Err != nil })
	replace(cluster.Certs.CertFile, cluster.Certs.KeyFile)
	after := await(t, p, "the right pair is taken",
		func(s Sweep) bool { return s.Members[0].Status.Fresh() && s.Members[0].Metrics.Fresh() })
	if before.ClientCertificate.Equal(after.ClientCertificate) {
		t.Errorf("the certificate shown is still %+v", after.ClientCertificate)
	}
}

// enableAuth turns authentication on, with a root user and one without any role.
func enableAuth(t *testing.T, c *clientv3.Client) {
	t.Helper()
	ctx := t.Context()
	for _, user := range []string{"root", "nobody"} {
		if _, err := c.UserAdd(ctx, user, user+"-password"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.RoleAdd(ctx, "root"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UserGrantRole(ctx, "root", "root"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AuthEnable(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{Size: 1})
	member := cluster.Members()[0]
	root := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, User: "root", Password: "root-password"})
	await(t, root, "all is answered without authentication", func(s Sweep) bool { return complete(s, 1) })
	enableAuth(t, cluster.Client())

	t.Run("root", func(t *testing.T) {
		sees := func(s Sweep) bool { return complete(s, 1) && s.Members[0].Linearizable.Value.known() }
		next(t, root)
		await(t, root, "root sees all, who was there before it was turned on", sees)
		await(t, start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, User: "root",
			Password: "root-password"}), "root sees all", sees)
	})
	t.Run("a user without a role", func(t *testing.T) {
		p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, User: "nobody",
			Password: "nobody-password"})
		s := await(t, p, "it is answered", func(s Sweep) bool {
			m := s.Members[0]
			return m.Status.Fresh() && m.Linearizable.Fresh() && m.Serializable.Fresh()
		})
		if m := s.Members[0]; m.Linearizable.Value.known() || m.Serializable.Value.known() {
			t.Errorf("permission denied is an answer without a revision: %+v, %+v", m.Linearizable, m.Serializable)
		}
	})
	t.Run("nobody at all", func(t *testing.T) {
		p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true})
		s := await(t, p, "it is refused", func(s Sweep) bool { return s.Members[0].Linearizable.Err != nil })
		if err := s.Members[0].Linearizable.Err; err.Kind != ErrNoUser || !strings.Contains(err.Text, "--user") {
			t.Errorf("%s: %q", err.Kind, err.Text)
		}
	})
	t.Run("a wrong password", func(t *testing.T) {
		p := start(t, Config{Endpoints: cluster.Endpoints(), Cluster: true, User: "root", Password: "wrong"})
		await(t, p, "it is refused", func(s Sweep) bool {
			err := s.Members[0].Linearizable.Err
			return err != nil && err.Kind == ErrWrongPassword && strings.Contains(err.Text, "--user and its password") &&
				s.Members[0].Metrics.Fresh()
		})
	})
	t.Run("tokens that the member forgot", func(t *testing.T) {
		if err := member.Kill(); err != nil {
			t.Fatal(err)
		}
		// Restart would wait until the member can be read without a user, which never happens.
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_ = member.Restart(ctx)
		await(t, root, "root sees all again",
			func(s Sweep) bool { return complete(s, 1) && s.Members[0].Linearizable.Value.known() })
	})
}
