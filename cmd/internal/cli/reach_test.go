package cli

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestSameMemberTwice: two endpoints that lead to one member are named, and either stands for it.
func TestSameMemberTwice(t *testing.T) {
	t.Parallel()
	endpoint := oneVoter.Use(t).Endpoints()[0]
	again := strings.Replace(endpoint, "127.0.0.1", "localhost", 1)
	both := endpoint + "," + again
	code, out, errs := etcdoc(t, "check", "--window", "0", "--endpoints", both, "--can-lose", again, "--accept-risk")
	named := func(other, asked string) bool {
		return strings.Contains(out, other+": it leads to etcd-1, as "+asked+" does")
	}
	if code != ExitUnhealthy || !named(again, endpoint) && !named(endpoint, again) { // whichever answers first is asked
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

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
			if !shift {
				seenThroughOne(t, c.Members()[0].ClientURL)
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

// seenThroughOne: through one endpoint, where all members advertise that one's URL, the others' health is unknown: no
// face has a number for them.
func seenThroughOne(t *testing.T, endpoint string) {
	t.Helper()
	code, a := checked(t, "--endpoints", endpoint)
	if c := a.Cluster; code != ExitHealthy || a.Level != "unknown" || c.HealthyVoters != 1 || c.UnknownVoters != 2 ||
		c.Tolerance != nil {
		t.Errorf("through one endpoint: exit code %d: %s, %+v", code, a.Level, c)
	}
	config := lenient(t)
	if _, out, _ := etcdoc(t, "check", "--window", "0", "--config", config, "--endpoints", endpoint); !strings.Contains(out,
		"1/3 voters seen healthy") || strings.Contains(out, "[FAIL]") {
		t.Errorf("through one endpoint:\n%s", out)
	}
	if _, out, _ := etcdoc(t, "check", "--window", "0", "--config", config, "-o", "nagios", "--endpoints",
		endpoint); !strings.Contains(out, "healthy_voters=U;") {
		t.Errorf("through one endpoint: %s", out)
	}
	code, out, _ := etcdoc(t, "plan", "restart etcd-2", "--window", "0", "-o", "json", "--endpoints", endpoint)
	if code != ExitNotDone || !strings.Contains(out, `"tolerance": null`) || strings.Contains(out, `"tolerance": -`) {
		t.Errorf("a plan through one endpoint: exit code %d: %s", code, out)
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

// TestOnlyOneHostInReach: from one host, as behind a firewall or a NAT, the other members can't be reached at what they
// advertise. What the member there reports of them decides whether they run.
func TestOnlyOneHostInReach(t *testing.T) {
	t.Parallel()
	for name, far := range map[string]func(*testing.T, string) string{"refused": refusing, "silent": silent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := etcdtest.New(t, etcdtest.Config{Advertise: func(m *etcdtest.Member, all []*etcdtest.Member) []string {
				if m == all[0] {
					return []string{m.ClientURL}
				}
				return []string{far(t, m.Name)}
			}})
			members := c.Members()
			own := members[0].ClientURL
			for _, leader := range []*etcdtest.Member{members[0], members[1]} {
				if err := c.MoveLeader(t.Context(), leader); err != nil {
					t.Fatal(err)
				}
				code, a := checked(t, "--endpoints", own)
				if code != ExitHealthy || a.Level != "unknown" || a.Reading.Cause != "undetermined" {
					t.Errorf("%s leads: exit code %d, %s: %+v, %+v", leader.Name, code, a.Level, a.Reading, a.Findings)
				}
				for i, m := range a.Members {
					if (m.State == "out-of-reach") != (i > 0) || m.CanLose.Verdict != "unknown" {
						t.Errorf("%s leads: %s is %s, and losing it %+v", leader.Name, m.Name, m.State, m.CanLose)
					}
				}
			}
			if name == "silent" {
				return // each of its checks waits for that
			}
			if code, _ := checked(t, "--endpoints", own, "--can-lose", "etcd-1"); code != ExitNotDone {
				t.Errorf("nothing is known of the others' health, and losing etcd-1 has the exit code %d", code)
			}
			if code, a := checked(t, "--endpoints", own+","+members[1].ClientURL, "--can-lose", "etcd-1"); code !=
				ExitNotDone || a.Members[2].State != "out-of-reach" {
				t.Errorf("two of three are in reach: exit code %d: %+v", code, a.Members)
			}
			if err := members[2].Kill(); err != nil {
				t.Fatal(err)
			}
			code, a := checked(t, "--endpoints", own)
			if code != ExitUnhealthy || a.Members[1].State != "out-of-reach" || a.Members[2].State != "down" {
				t.Errorf("etcd-3 was killed: exit code %d: %+v", code, a.Members)
			}
			code, a = checked(t, "--endpoints", own+","+members[1].ClientURL)
			if code != ExitUnhealthy || a.Reading.Cause != "member-down" || a.Members[0].CanLose.Verdict != "no" {
				t.Errorf("etcd-3 was killed, two are in reach: exit code %d: %+v: %+v", code, a.Reading, a.Members)
			}
		})
	}
}

// TestHungOutOfReach: a leader in reach hears nothing from a member that hangs, although their connection stays open.
func TestHungOutOfReach(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 5,
		Advertise: func(m *etcdtest.Member, all []*etcdtest.Member) []string {
			if m == all[0] || m == all[1] {
				return []string{m.ClientURL}
			}
			return []string{refusing(t, m.Name)}
		}})
	members := c.Members()
	if err := c.MoveLeader(t.Context(), members[0]); err != nil {
		t.Fatal(err)
	}
	if err := members[3].Pause(); err != nil {
		t.Fatal(err)
	}
	code, a := checked(t, "--endpoints", members[0].ClientURL)
	states := make([]string, len(a.Members))
	for i, m := range a.Members {
		states[i] = m.State
		if m.CanLose.Verdict == "safe" {
			t.Errorf("losing %s is safe: %+v", m.Name, m.CanLose)
		}
	}
	if want := []string{"ok", "ok", "out-of-reach", "down", "out-of-reach"}; code != ExitUnhealthy ||
		!slices.Equal(states, want) {
		t.Errorf("etcd-4 hangs: exit code %d, %q, want %q: %s", code, states, want, a.Reading.Text)
	}
	if err := members[3].Resume(); err != nil {
		t.Fatal(err)
	}
}

// TestMetricsOfOneHost: each member serves its metrics on its host's loopback only, as k3s and RKE2 do. Asked from one
// host, they are healthy as far as Status tells; none is safe to lose, since nothing shows the others' disks.
func TestMetricsOfOneHost(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Metrics: true, GRPCOnly: true})
	own := []string{"--endpoints", c.Members()[0].ClientURL, "--metrics-endpoints", c.Members()[0].MetricsURL}
	code, a := checked(t, own...)
	if code != ExitHealthy || a.Reading.Cause != "healthy" || a.Level != "notice" {
		t.Errorf("exit code %d, %s: %+v", code, a.Level, a.Reading)
	}
	for _, m := range a.Members {
		if m.State != "ok" || m.CanLose.Verdict != "unknown" {
			t.Errorf("%s is %s, and losing it %+v", m.Name, m.State, m.CanLose)
		}
	}
	if code, _ := checked(t, append(own, "--can-lose", "etcd-1")...); code != ExitNotDone {
		t.Errorf("--can-lose etcd-1: exit code %d", code)
	}
}

// refusing is a URL of a member at which connections are refused: nobody listens on the lowest ports. At silent they
// are accepted, and nobody answers.
func refusing(_ *testing.T, member string) string {
	return "http://127.0.0.1:" + strings.TrimPrefix(member, "etcd-")
}

func silent(t *testing.T, _ string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return "http://" + listener.Addr().String()
}
