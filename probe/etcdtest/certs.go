package etcdtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificateLife is the default validity of certificates: long enough that no rule calls their end near.
const certificateLife = 365 * 24 * time.Hour

// authorityLife is the validity of a CA certificate, whose end counts as near two years before.
const authorityLife = 10 * certificateLife

// Certs are the PEM files that a cluster's clients need; empty for a cluster in plain text.
type Certs struct {
	// CAFile signed all of the cluster's certificates; CertFile and KeyFile are a client's key pair (its name is
	// "root").
	CAFile, CertFile, KeyFile string
	// OtherCAFile signed nothing of the cluster's; OtherCertFile and OtherKeyFile are a client's key pair that it
	// signed.
	OtherCAFile, OtherCertFile, OtherKeyFile string
	// ExpiredCertFile and ExpiredKeyFile are a client's key pair that CAFile signed and that has expired.
	ExpiredCertFile, ExpiredKeyFile string

	serverCertFile, serverKeyFile string
	peerCertFile, peerKeyFile     string
}

// tlsConfig is the configuration of a client with its key pair. It accepts an expired served certificate.
func (c *Certs) tlsConfig(serverNotAfter time.Time) (*tls.Config, error) {
	caPEM, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(caPEM) {
		return nil, fmt.Errorf("reading the cluster's CA %q: no certificate in it", c.CAFile)
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the client's certificate: %w", err)
	}
	config := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if !serverNotAfter.IsZero() && serverNotAfter.Before(time.Now()) {
		config.Time = func() time.Time { return serverNotAfter.Add(-time.Minute) }
	}
	return config, nil
}

// makeCerts writes a cluster's certificates into dir.
func makeCerts(dir string, serverNotAfter time.Time) (*Certs, error) {
	usual := time.Now().Add(certificateLife)
	begin := time.Now()
	switch {
	case serverNotAfter.IsZero():
		serverNotAfter = usual
	case serverNotAfter.Before(begin):
		begin = serverNotAfter
	}
	begin = begin.Add(-time.Hour)
	ca, err := newAuthority("etcdtest CA", begin, begin.Add(authorityLife))
	if err != nil {
		return nil, err
	}
	other, err := newAuthority("unrelated CA", begin, usual)
	if err != nil {
		return nil, err
	}
	certs := &Certs{
		CAFile: filepath.Join(dir, "ca.crt"), CertFile: filepath.Join(dir, "client.crt"),
		KeyFile:       filepath.Join(dir, "client.key"),
		OtherCAFile:   filepath.Join(dir, "other-ca.crt"),
		OtherCertFile: filepath.Join(dir, "other-client.crt"), OtherKeyFile: filepath.Join(dir, "other-client.key"),
		ExpiredCertFile: filepath.Join(dir, "expired-client.crt"),
		ExpiredKeyFile:  filepath.Join(dir, "expired-client.key"),
		serverCertFile:  filepath.Join(dir, "server.crt"), serverKeyFile: filepath.Join(dir, "server.key"),
		peerCertFile: filepath.Join(dir, "peer.crt"), peerKeyFile: filepath.Join(dir, "peer.key"),
	}
	if err := writePEM(certs.CAFile, "CERTIFICATE", ca.certificate.Raw); err != nil {
		return nil, err
	}
	if err := writePEM(certs.OtherCAFile, "CERTIFICATE", other.certificate.Raw); err != nil {
		return nil, err
	}
	for _, leaf := range []struct {
		by                *authority
		name              string
		notAfter          time.Time
		certFile, keyFile string
	}{
		{ca, "root", usual, certs.CertFile, certs.KeyFile},
		{ca, "root", begin.Add(time.Minute), certs.ExpiredCertFile, certs.ExpiredKeyFile},
		{other, "root", usual, certs.OtherCertFile, certs.OtherKeyFile},
		{ca, "etcd-server", serverNotAfter, certs.serverCertFile, certs.serverKeyFile},
		{ca, "etcd-peer", usual, certs.peerCertFile, certs.peerKeyFile},
	} {
		if err := leaf.by.issue(leaf.name, leaf.notAfter, leaf.certFile, leaf.keyFile); err != nil {
			return nil, err
		}
	}
	return certs, nil
}

// An authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(name string, notBefore, notAfter time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generating the key of %q: %w", name, err)
	}
	template := certificateTemplate(name, notBefore, notAfter)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("signing the certificate of %q: %w", name, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parsing the certificate of %q: %w", name, err)
	}
	return &authority{certificate: certificate, key: key}, nil
}

// issue writes a certificate for loopback and its key, valid for servers and clients (etcd's gateway presents the
// server's to itself).
func (a *authority) issue(name string, notAfter time.Time, certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generating the key of %q: %w", name, err)
	}
	template := certificateTemplate(name, a.certificate.NotBefore, notAfter)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	template.DNSNames = []string{"localhost"}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("signing the certificate of %q: %w", name, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding the key of %q: %w", name, err)
	}
	if err := writePEM(certFile, "CERTIFICATE", der); err != nil {
		return err
	}
	return writePEM(keyFile, "PRIVATE KEY", keyDER)
}

func certificateTemplate(name string, notBefore, notAfter time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"etcdtest"}},
		NotBefore:    notBefore,
		NotAfter:     notAfter,
	}
}

func writePEM(file, kind string, der []byte) error {
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		return fmt.Errorf("writing a certificate: %w", err)
	}
	return nil
}
