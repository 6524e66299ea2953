//go:build unix

package probe

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestKeysThatCannotBeRead: the error names the file, the flag, and what to do.
func TestKeysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	_, files := loopbackCertificate(t)
	dir := t.TempDir()
	write := func(name string, block *pem.Block) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	pkcs8 := write("pkcs8.key", &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("secret")})
	rsa := write("rsa.key", &pem.Block{
		Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"},
		Bytes: []byte("secret"),
	})
	for name, test := range map[string]struct {
		tls   TLS
		words []string
	}{
		"encrypted, PKCS #8": {TLS{CertFile: files.CertFile, KeyFile: pkcs8},
			[]string{pkcs8, "--key", "encrypted", "openssl pkey"}},
		"encrypted, older": {TLS{CertFile: files.CertFile, KeyFile: rsa}, []string{rsa, "--key", "encrypted"}},
		"the key is a FIFO": {TLS{CertFile: files.CertFile, KeyFile: fifo},
			[]string{fifo, "--key", "not a regular file"}},
		"the CA is a FIFO":   {TLS{CAFile: fifo}, []string{fifo, "--cacert", "not a regular file"}},
		"the CA has no end":  {TLS{CAFile: "/dev/zero"}, []string{"/dev/zero", "--cacert", "not a regular file"}},
		"the CA is a folder": {TLS{CAFile: dir}, []string{dir, "--cacert", "not a regular file"}},
		"the key is no key": {TLS{CertFile: files.CertFile, KeyFile: files.CertFile},
			[]string{"--key", files.CertFile, "pair"}},
		"the certificate is a": {TLS{CertFile: files.KeyFile, KeyFile: files.KeyFile},
			[]string{"--cert", files.KeyFile, "no PEM certificate"}},
	} {
		_, err := New(Config{Endpoints: []string{"a:1"}, TLS: test.tls})
		for _, words := range test.words {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s: %v, want %q in it", name, err, words)
			}
		}
	}
}
