package probe

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
)

// tlsFiles holds etcdoc's key pair and the authorities that it trusts. All connections share it. Each connection reads
// the files anew, because certificates rotate; while files are being replaced, it uses their last good content.
type tlsFiles struct {
	cfg TLS

	mu    sync.Mutex
	asked time.Time        // when the pair was last read for its facts; zero until the first sweep
	pair  *tls.Certificate // the newest that could be read; nil without CertFile
	roots *x509.CertPool   // likewise; nil without CAFile, which means the system's
}

// newTLSFiles reads the files, to report errors before anything is dialled. Its error joins those of all files.
func newTLSFiles(files TLS) (*tlsFiles, error) {
	f := &tlsFiles{cfg: files}
	var rootsErr, pairErr error
	if files.CAFile != "" {
		_, rootsErr = f.readRoots()
	}
	switch {
	case files.CertFile == "" && files.KeyFile == "":
	case files.KeyFile == "":
		pairErr = aboutSetting("cert", fmt.Errorf("the client certificate %q (--cert) needs its key: give --key",
			files.CertFile))
	case files.CertFile == "":
		pairErr = aboutSetting("key", fmt.Errorf("the client key %q (--key) needs its certificate: give --cert",
			files.KeyFile))
	default:
		_, pairErr = f.readPair()
	}
	return f, errors.Join(aboutSetting("cacert", rootsErr), pairErr)
}

// maxPEMBytes bounds a certificate file: a bundle of all public authorities takes a quarter of it.
const maxPEMBytes = 1 << 20

// readPEM reads a file of certificates or keys.
func readPEM(path string) ([]byte, error) {
	text, err := ReadRegular(path, maxPEMBytes, "a file of certificates")
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: let this user read it, or run etcdoc as root", err)
	}
	return text, err
}

// readRoots reads the CA certificates from disk.
func (f *tlsFiles) readRoots() (*x509.CertPool, error) {
	text, err := readPEM(f.cfg.CAFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: name the CA that signed the members' certificates (kubeadm: "+
				"/etc/kubernetes/pki/etcd/ca.crt)", err)
		}
		return nil, fmt.Errorf("reading the CA certificates (--cacert): %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading the CA certificates (--cacert): there is no PEM certificate in %q",
			f.cfg.CAFile)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.roots = roots
	return roots, nil
}

// authorities returns the trusted authorities; nil means the system's.
func (f *tlsFiles) authorities() *x509.CertPool {
	if f.cfg.CAFile == "" {
		return nil
	}
	if roots, err := f.readRoots(); err == nil {
		return roots
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.roots
}

// readPair reads the client's key pair from disk.
func (f *tlsFiles) readPair() (*tls.Certificate, error) {
	certPEM, certErr := readPEM(f.cfg.CertFile)
	if certErr != nil {
		certErr = fmt.Errorf("reading the client certificate (--cert): %w", certErr)
	}
	keyPEM, keyErr := readPEM(f.cfg.KeyFile)
	switch {
	case keyErr != nil:
		keyErr = fmt.Errorf("reading the client key (--key): %w", keyErr)
	case isEncrypted(keyPEM):
		keyErr = fmt.Errorf("the client key %q (--key) is encrypted, and etcdoc asks for no passphrase: "+
			"decrypt it into a file that only you can read (openssl pkey -in %s -out KEY), and give that",
			f.cfg.KeyFile, f.cfg.KeyFile)
	}
	if certErr != nil || keyErr != nil {
		return nil, errors.Join(aboutSetting("cert", certErr), aboutSetting("key", keyErr))
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	switch {
	case err != nil && !hasBlock(certPEM, "CERTIFICATE") && hasBlock(keyPEM, "CERTIFICATE"):
		return nil, aboutSetting("key", fmt.Errorf("the client certificate is in %q (--key), and its key in %q (--cert): "+
			"swap --cert and --key", f.cfg.KeyFile, f.cfg.CertFile))
	case err != nil && !hasBlock(certPEM, "CERTIFICATE"):
		return nil, aboutSetting("cert", fmt.Errorf("there is no PEM certificate in %q (--cert): give the client "+
			"certificate", f.cfg.CertFile))
	case err != nil:
		return nil, aboutSetting("key", fmt.Errorf("the client certificate %q (--cert) and the key %q (--key) do not "+
			"make a pair: %w: give the key of that certificate", f.cfg.CertFile, f.cfg.KeyFile, err))
	}
	if pair.Leaf == nil {
		return nil, aboutSetting("cert", errors.New("the client certificate (--cert) has no leaf"))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pair = &pair
	return &pair, nil
}

// hasBlock reports whether a text in PEM has a block of a type.
func hasBlock(text []byte, blockType string) bool {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == blockType {
			return true
		}
	}
	return false
}

// isEncrypted reports whether a key needs a passphrase: PKCS #8 says so in the block type (RFC 7468), older formats in
// a header (RFC 1421).
func isEncrypted(keyPEM []byte) bool {
	for block, rest := pem.Decode(keyPEM); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return true
		}
	}
	return false
}

// currentPair returns the pair to present in a handshake, read anew; the previous one while the files are being
// replaced.
func (f *tlsFiles) currentPair() (*tls.Certificate, error) {
	pair, err := f.readPair()
	if err == nil {
		return pair, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pair != nil {
		return f.pair, nil
	}
	return nil, err
}

// rereadAfter is how long facts about certificates may be older than the certificates: connections last for days, and a
// renewed certificate is not to be reported as expiring.
const rereadAfter = time.Minute

// due reports whether the pair is to be read anew for its facts, and expects the caller to do that.
func (f *tlsFiles) due(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked.IsZero() { // newTLSFiles has read it
		f.asked = now
	}
	if f.pair == nil || now.Sub(f.asked) < rereadAfter {
		return false
	}
	f.asked = now
	return true
}

// leaf returns the client certificate read last; nil if none is used.
func (f *tlsFiles) leaf() *x509.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pair == nil {
		return nil
	}
	return f.pair.Leaf
}

// config returns the TLS configuration for one connection to a member; protocol may be empty. It calls served with the
// chain that the handshake presents, verified or not.
func (f *tlsFiles) config(protocol string, served func(chain []*x509.Certificate)) *tls.Config {
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            f.authorities(),
		ServerName:         f.cfg.ServerName,
		InsecureSkipVerify: f.cfg.InsecureSkipVerify, //nolint:gosec // a flag asks for it, and etcdoc warns about it
		VerifyConnection: func(state tls.ConnectionState) error {
			switch {
			case len(state.VerifiedChains) > 0:
				served(longestValid(state.VerifiedChains))
			case len(state.PeerCertificates) > 0:
				served(state.PeerCertificates)
			}
			return nil
		},
	}
	if protocol != "" {
		c.NextProtos = []string{protocol}
	}
	if f.cfg.CertFile != "" {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return f.currentPair() }
	}
	return c
}

// describeCertificate returns what etcdoc uses of a certificate; nil for nil.
func describeCertificate(leaf *x509.Certificate) *Certificate {
	if leaf == nil {
		return nil
	}
	return &Certificate{
		Subject:   leaf.Subject.String(),
		Issuer:    leaf.Issuer.String(),
		NotBefore: leaf.NotBefore,
		NotAfter:  leaf.NotAfter,
		Names:     namesOf(leaf),
	}
}

// maxCertNames bounds the names of a certificate that are kept, and maxCertNameBytes each of them (RFC 1035, 2.3.4).
const maxCertNames, maxCertNameBytes = 32, 255

// namesOf returns the names and addresses that a certificate is for.
func namesOf(c *x509.Certificate) (names []string) {
	for _, name := range c.DNSNames {
		if len(name) <= maxCertNameBytes {
			names = append(names, name)
		}
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names[:min(len(names), maxCertNames)]
}

// longestValid returns the chain whose authorities stay valid longest.
func longestValid(chains [][]*x509.Certificate) []*x509.Certificate {
	return slices.MaxFunc(chains, func(a, b []*x509.Certificate) int {
		first, second := firstToExpire(a), firstToExpire(b)
		if first == nil || second == nil {
			return len(a) - len(b)
		}
		return first.NotAfter.Compare(second.NotAfter)
	})
}

// firstToExpire returns the authority in a chain, leaf first, that expires first; nil if it has none.
func firstToExpire(chain []*x509.Certificate) (first *x509.Certificate) {
	for _, c := range chain[min(1, len(chain)):] {
		if c.IsCA && (first == nil || c.NotAfter.Before(first.NotAfter)) {
			first = c
		}
	}
	return first
}
