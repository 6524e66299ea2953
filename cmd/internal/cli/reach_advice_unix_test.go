//go:build unix

package cli

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestWhatToDoAboutAWayThatFails: whatever keeps etcdoc from a cluster, it says what to do.
func TestWhatToDoAboutAWayThatFails(t *testing.T) {
	t.Parallel()
	left := filepath.Join(t.TempDir(), "s") // a path of a socket is short
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: left, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	socket.SetUnlinkOnClose(false)
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ args, says []string }{
		"a socket that nobody listens on": {[]string{"--endpoints", "unix://" + left},
			[]string{"Nothing listens on this socket: see on this host", "--listen-client-urls"}},
		"no SRV records": {[]string{"--discovery-srv", "nothing.invalid", "--discovery-srv-name", "x"},
			[]string{"dig +short SRV _etcd-client-ssl-x._tcp.nothing.invalid", "--endpoints"}},
		"no CA file": {[]string{"--endpoints", "https://127.0.0.1:1", "--cacert", "/nothing/ca.crt"},
			[]string{"/nothing/ca.crt", "the CA that signed"}},
		"no files of the profile": {[]string{"--profile", "minikube", "--root", t.TempDir()},
			[]string{"none of its files", "--profile auto", "--endpoints"}},
		"an IPv6 address without brackets": {[]string{"--endpoints", "::1:41810"}, []string{"[::1]:41810"}},
	} {
		code, out, errs := etcdoc(t, append([]string{"check", "--window", "0"}, test.args...)...)
		for _, want := range test.says {
			if all := strings.Join(strings.Fields(out+errs), " "); code == ExitHealthy || !strings.Contains(all, want) {
				t.Errorf("%s: exit code %d, without %q: %s", name, code, want, all)
			}
		}
	}
}

// TestSpareMetricsEndpoint: a wrong metrics endpoint is named although every member has its own.
func TestSpareMetricsEndpoint(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, Metrics: true})
	wrong := "http://127.0.0.1:1/metrics"
	for _, spare := range []bool{false, true} {
		urls := c.Members()[0].MetricsURL
		if spare {
			urls += "," + wrong
		}
		code, a := checked(t, "--endpoints", c.Members()[0].ClientURL, "--metrics-endpoints", urls)
		named := false
		for _, gap := range a.Reading.NotLookedAt {
			named = named || strings.Contains(gap, wrong) && strings.Contains(gap, "no member needs")
		}
		if code != ExitHealthy || named != spare {
			t.Errorf("a wrong one is given: %t: exit code %d: %q", spare, code, a.Reading.NotLookedAt)
		}
	}
}
