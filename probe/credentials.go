package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
)

// identity is who etcdoc is to the members, and whom it trusts. It is used by all connections at once.
type identity struct {
	files TLS
	roots *x509.CertPool // nil: the system's

	mu   sync.Mutex
	pair *tls.Certificate // the newest that could be read; nil without CertFile
}

// newIdentity reads the files, so that what is wrong with them is known before anything is dialled.
func newIdentity(files TLS) (*identity, error) {
	id := &identity{files: files}
	if files.CAFile != "" {
		pem, err := os.ReadFile(files.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading the CA certificates (--cacert): %w", err)
		}
		id.roots = x509.NewCertPool()
		if !id.roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("reading the CA certificates (--cacert): there is no PEM certificate in %q", files.CAFile)
		}
	}
	switch {
	case files.CertFile == "" && files.KeyFile == "":
		return id, nil
	case files.KeyFile == "":
		return nil, fmt.Errorf("the client certificate %q (--cert) needs its key: give --key", files.CertFile)
	case files.CertFile == "":
		return nil, fmt.Errorf("the client key %q (--key) needs its certificate: give --cert", files.KeyFile)
	}
	_, err := id.readPair()
	return id, err
}

// readPair reads the client pair as it is now on disk.
func (id *identity) readPair() (*tls.Certificate, error) {
	certPEM, err := os.ReadFile(id.files.CertFile)
	if err != nil {
		return nil, fmt.Errorf("reading the client certificate (--cert): %w", err)
	}
	keyPEM, err := os.ReadFile(id.files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the client key (--key): %w", err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("the client certificate %q (--cert) and the key %q (--key) do not make a pair: %w",
			id.files.CertFile, id.files.KeyFile, err)
	}
	if pair.Leaf == nil {
		return nil, errors.New("the client certificate (--cert) has no leaf")
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	id.pair = &pair
	return &pair, nil
}

// current is the pair to show in a handshake: read anew, since certificates rotate; the one before where the
// files are just being replaced.
func (id *identity) current() (*tls.Certificate, error) {
	pair, err := id.readPair()
	if err == nil {
		return pair, nil
	}
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.pair != nil {
		return id.pair, nil
	}
	return nil, err
}

// certificate is the client certificate that was read last; nil where none is used.
func (id *identity) certificate() *Certificate {
	id.mu.Lock()
	defer id.mu.Unlock()
	if id.pair == nil {
		return nil
	}
	return describeCertificate(id.pair.Leaf)
}

// config is a TLS configuration for one member. served is called with the leaf that a handshake showed,
// whether or not it could be verified.
func (id *identity) config(protocol string, served func(*x509.Certificate)) *tls.Config {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            id.roots,
		ServerName:         id.files.ServerName,
		InsecureSkipVerify: id.files.InsecureSkipVerify, //nolint:gosec // asked for by a flag, and warned of
		NextProtos:         []string{protocol},
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) > 0 {
				served(state.PeerCertificates[0])
			}
			return nil
		},
	}
	if id.files.CertFile != "" {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return id.current() }
	}
	return c
}

func describeCertificate(leaf *x509.Certificate) *Certificate {
	return &Certificate{
		Subject:   leaf.Subject.String(),
		Issuer:    leaf.Issuer.String(),
		NotBefore: leaf.NotBefore,
		NotAfter:  leaf.NotAfter,
	}
}
