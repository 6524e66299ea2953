package cli

import (
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestRefusedLoginBesideACertificate: a wrong password is named once, although the members answer whom the client
// certificate names.
func TestRefusedLoginBesideACertificate(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, TLS: etcdtest.MutualTLS, RootPassword: "secret"})
	tls := []string{"--endpoints", endpoints(c), "--cacert", c.Certs.CAFile, "--cert", c.Certs.CertFile,
		"--key", c.Certs.KeyFile}
	for user, refused := range map[string]bool{"": false, "root:secret": false, "root:wrong": true, "nobody:x": true} {
		args := tls
		if user != "" {
			args = append(args[:len(args):len(args)], "--user", user)
		}
		code, a := checked(t, args...)
		var said []string
		for _, gap := range a.Reading.NotLookedAt {
			if strings.Contains(gap, "login was refused") {
				said = append(said, gap)
			}
		}
		name, _, _ := strings.Cut(user, ":")
		if code != ExitHealthy || refused != (len(said) == 1) || len(said) > 1 ||
			refused && (!strings.Contains(said[0], `"`+name+`"`) || !strings.Contains(said[0], "CN=root")) {
			t.Errorf("user %q: exit code %d: %q", user, code, said)
		}
	}
}
