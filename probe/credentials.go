package probe

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// tlsFiles holds etcdoc's key pair and the authorities that it trusts. All connections share it. Each connection reads
// the files anew, because certificates rotate; while files are being replaced, it uses their last good content.
type tlsFiles struct {
	cfg   TLS
	names tlsNames

	mu    sync.Mutex
	asked time.Time        // when the pair was last read for its facts; zero until the first sweep
	pair  *tls.Certificate // the newest that could be read; nil without CertFile
	roots *x509.CertPool   // likewise; nil without CAFile, which means the system's
}

// tlsNames say what errors call the files, and where the CA is.
type tlsNames struct {
	roots, cert, key fileName
	findRoots        string
}

var (
	memberFiles = tlsNames{
		roots: fileName{"CA certificates", "cacert"},
		cert:  fileName{"client certificate", "cert"}, key: fileName{"client key", "key"},
		findRoots: "name the CA that signed the members' certificates (kubeadm: /etc/kubernetes/pki/etcd/ca.crt)",
	}
	// A pair for API servers comes from the flags of the host's own one.
	apiServerFiles = tlsNames{
		roots: fileName{"API server's CA", "apiserver-cacert"},
		cert:  fileName{"client certificate for the API server", ""}, key: fileName{"client key for the API server", ""},
		findRoots: "name the cluster's CA (kubeadm: /etc/kubernetes/pki/ca.crt)",
	}
)

// A fileName is what a file is, and the flag that gives it; empty if none does.
type fileName struct{ words, flag string }

func (n fileName) String() string {
	if n.flag == "" {
		return n.words
	}
	return n.words + " (--" + n.flag + ")"
}

// about returns an error as one of the file's flag.
func (n fileName) about(err error) error {
	if n.flag == "" {
		return err
	}
	return aboutSetting(n.flag, err)
}

// newTLSFiles reads the files, to report errors before anything is dialled. Its error joins those of all files.
func newTLSFiles(files TLS, names tlsNames) (*tlsFiles, error) {
	f := &tlsFiles{cfg: files, names: names}
	var rootsErr, pairErr error
	if files.CAFile != "" {
		f.roots = x509.NewCertPool() // trusts nobody
		_, rootsErr = f.readRoots()
	}
	switch {
	case files.CertFile == "" && files.KeyFile == "":
	case files.KeyFile == "":
		pairErr = names.cert.about(fmt.Errorf("the %s %q needs its key: give --key", names.cert, files.CertFile))
	case files.CertFile == "":
		pairErr = names.key.about(fmt.Errorf("the %s %q needs its certificate: give --cert", names.key, files.KeyFile))
	default:
		_, pairErr = f.readPair()
	}
	return f, errors.Join(names.roots.about(rootsErr), pairErr)
}

// maxPEMBytes bounds a certificate file: a bundle of all public authorities takes a quarter of it.
const maxPEMBytes = 1 << 20

// ReadAsRoot is what lets etcdoc read a host's files that the user of an id may not read.
func ReadAsRoot(uid int) string {
	if uid == 0 { // in a container
		return "give root the capability CAP_DAC_READ_SEARCH, without which it may not read other users' files"
	}
	return "run etcdoc as root (sudo)"
}

// readPEM reads a file of certificates or keys.
func readPEM(path string) ([]byte, error) {
	text, err := ReadRegular(path, maxPEMBytes, "a file of certificates")
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: let this user read it, or %s", err, ReadAsRoot(os.Geteuid()))
	}
	return text, err
}

// readRoots reads the CA certificates from disk.
func (f *tlsFiles) readRoots() (*x509.CertPool, error) {
	text, err := readPEM(f.cfg.CAFile)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: %s", err, f.names.findRoots)
		}
		return nil, fmt.Errorf("reading the %s: %w", f.names.roots, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading the %s: there is no PEM certificate in %q", f.names.roots, f.cfg.CAFile)
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
	cert, key := f.names.cert, f.names.key
	certPEM, certErr := readPEM(f.cfg.CertFile)
	if certErr != nil {
		certErr = fmt.Errorf("reading the %s: %w", cert, certErr)
	}
	keyPEM, keyErr := readPEM(f.cfg.KeyFile)
	switch {
	case keyErr != nil:
		keyErr = fmt.Errorf("reading the %s: %w", key, keyErr)
	case isEncrypted(keyPEM):
		keyErr = fmt.Errorf("the %s %q is encrypted, and etcdoc asks for no passphrase: decrypt it into a file that only "+
			"you can read (openssl pkey -in %s -out KEY), and give that", key, f.cfg.KeyFile, f.cfg.KeyFile)
	}
	if certErr != nil || keyErr != nil {
		return nil, errors.Join(cert.about(certErr), key.about(keyErr))
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	switch {
	case err != nil && !hasBlock(certPEM, "CERTIFICATE") && hasBlock(keyPEM, "CERTIFICATE"):
		return nil, key.about(fmt.Errorf("the %s is in %q, and the %s in %q: swap them", cert, f.cfg.KeyFile, key,
			f.cfg.CertFile))
	case err != nil && !hasBlock(certPEM, "CERTIFICATE"):
		return nil, cert.about(fmt.Errorf("there is no PEM certificate in %q: give the %s", f.cfg.CertFile, cert))
	case err != nil:
		return nil, key.about(fmt.Errorf("the %s %q and the %s %q do not make a pair: %w: give the key of that certificate",
			cert, f.cfg.CertFile, key, f.cfg.KeyFile, err))
	}
	if pair.Leaf == nil {
		return nil, cert.about(fmt.Errorf("the %s has no leaf", cert))
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

// config returns the TLS configuration for one connection; protocol may be empty. It calls served with the chain that
// the handshake presents, verified or not.
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
