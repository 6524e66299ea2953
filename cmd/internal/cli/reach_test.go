package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestKilledBehindOneURL: all members advertise the first one's URL, or each the next one's, and the user gives their
// own. A killed member can't be asked at its advertised URL; its peers know that it is down.
func TestKilledBehindOneURL(t *testing.T) {
	t.Parallel()
	for name, shift := range map[string]bool{"one for all": false, "each the next one's": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := etcdtest.New(t, etcdtest.Config{Advertise: func(m *etcdtest.Member, all []*etcdtest.Member) []string {
				for i := range all {
					if shift && all[i].Name == m.Name {
						return []string{all[(i+1)%len(all)].ClientURL}
					}
				}
				return []string{all[0].ClientURL}
			}})
			if code, a := checked(t, "--endpoints", endpoints(c)); code != ExitHealthy || a.Reading.Cause != "healthy" {
				t.Errorf("all run: exit code %d: %+v", code, a.Reading)
			}
			if err := c.Members()[2].Kill(); err != nil {
				t.Fatal(err)
			}
			waitForLeader(t, c) // it may have led
			code, a := checked(t, "--endpoints", endpoints(c))
			if code != ExitUnhealthy || a.Reading.Cause != "member-down" ||
				!slices.Contains(a.Reading.About, "etcd-3") {
				t.Errorf("etcd-3 was killed: exit code %d: %+v", code, a.Reading)
			}
			for _, m := range a.Members {
				if away := m.Name == "etcd-3"; strings.HasPrefix(m.Name, "etcd-") &&
					((m.State == "down") != away || !away && m.CanLose.Verdict != "no") {
					t.Errorf("%s is %s, and losing it %+v", m.Name, m.State, m.CanLose)
				}
			}
		})
	}
}

// TestAdvertisedWithoutTLS: members that serve TLS and advertise http run, by what their peers report, so they are
// not down.
func TestAdvertisedWithoutTLS(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.ServerTLS, RootPassword: "secret",
		Advertise: func(m *etcdtest.Member, _ []*etcdtest.Member) []string {
			return []string{strings.Replace(m.ClientURL, "https://", "http://", 1)}
		}})
	_, a := checked(t, "--endpoints", c.Members()[0].ClientURL, "--cacert", c.Certs.CAFile, "--user", "root:secret")
	if a.Level != "unknown" || a.Reading.Cause != "undetermined" || len(a.Reading.About) > 0 {
		t.Errorf("%s: %+v", a.Level, a.Reading)
	}
	for _, m := range a.Members[1:] {
		if m.State != "out-of-reach" || m.CanLose.Verdict != "unknown" {
			t.Errorf("%s is %s, and losing it %+v", m.Name, m.State, m.CanLose)
		}
	}
}

// TestUnstartedBesideACutLink: two voters that run are a quorum of three. The cut link keeps them from electing a
// leader.
func TestUnstartedBesideACutLink(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 2, PeerProxies: true})
	all := endpoints(c)
	if _, err := c.AddUnstarted(t.Context()); err != nil {
		t.Fatal(err)
	}
	link, err := c.Link(c.Members()[0], c.Members()[1])
	if err != nil {
		t.Fatal(err)
	}
	link.Cut()
	code, a := checked(t, "--endpoints", all)
	for end := time.Now().Add(30 * time.Second); a.Level != "critical" && time.Now().Before(end); {
		// the leader has to notice
		code, a = checked(t, "--endpoints", all)
	}
	slices.Sort(a.Reading.About)
	if code != ExitUnhealthy || a.Level != "critical" || a.Reading.Cause != "link-cut" ||
		!slices.Equal(a.Reading.About, []string{"etcd-1", "etcd-2"}) {
		t.Errorf("exit code %d, %s: %+v", code, a.Level, a.Reading)
	}
}
