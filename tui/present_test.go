package tui

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// secrets are what no shared screen may show of the made-up clusters.
var secrets = []string{"prod-eu1", "etcd-1", "etcd-2", "etcd-3", "etcd-4", "etcd-5", "etcd-11", "10.0.3.", "8e9e05c5216469", "cdf818194e3a8c32"}

// TestPresentShowsNoNames looks at every screen there is, in several sizes.
func TestPresentShowsNoNames(t *testing.T) {
	t.Parallel()
	all := screens(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := all[name]
			if !m.presenting {
				m = m.onPresentKey()
			}
			m.notice = notice{}
			for _, size := range [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 15}, {30, 5}, {80, 1}} {
				screen := ansi.Strip(resized(t, m, size[0], size[1]).View())
				for _, secret := range secrets {
					if strings.Contains(screen, secret) {
						t.Errorf("%v: the screen shows %q:\n%s", size, secret, screen)
					}
				}
			}
			for _, secret := range secrets {
				if strings.Contains(m.summary(), secret) {
					t.Errorf("the summary shows %q:\n%s", secret, m.summary())
				}
			}
		})
	}
}

// TestPresentIsConsistent: the same alias for the same member, whatever happens and whenever it is turned on.
func TestPresentIsConsistent(t *testing.T) {
	m := press(t, feed(t, newTestModel(t, nil), scenarios()["one-down"], 120, 40), "P")
	for _, want := range []string{" PRESENT ", "member-b is down", "RISK member-a, member-c", "cluster-a"} {
		if screen := ansi.Strip(m.View()); !strings.Contains(screen, want) {
			t.Errorf("%q is missing:\n%s", want, screen)
		}
	}
	m = press(t, m, "s", "s", "s", "G", "P", "P")
	if screen := ansi.Strip(m.View()); !strings.Contains(screen, "member-b is down") {
		t.Errorf("etcd-2 has another alias after a while:\n%s", screen)
	}
	off := press(t, m, "P")
	if screen := ansi.Strip(off.View()); !strings.Contains(screen, "etcd-2 is down") || strings.Contains(screen, "PRESENT") {
		t.Errorf("the names do not come back:\n%s", screen)
	}
}

func TestRedact(t *testing.T) {
	r := newAliases().add("cluster", "prod").add("member", "etcd-1").add("member", "etcd-11").add("member", "default").
		add("member", "node one").add("member", "1").add("host", "10.0.3.11").add("host", "n7").add("id", "8e9e05c52164694d")
	r = r.learnText("x509: certificate is valid for kube.acme.example, n8, not n9.acme.example").
		learnText("expires in 3 d (CN=Acme Etcd 1,O=acme)").learnText("dial tcp: lookup etcd.acme.example on 10.96.0.10:53: no such host")
	for text, want := range map[string]string{
		"etcd-1":                  "member-a",
		"etcd-1, etcd-11: etcd-2": "member-a, member-b: etcd-2",
		"ETCD-1's peers.":         "member-a's peers.",
		"etcd-1→etcd-11":          "member-a→member-b",
		"etcdserver: no leader; 1 can be lost in etcd-12": "etcdserver: no leader; 1 can be lost in etcd-12",
		"1":                                         "member-e",
		"on node one (default).":                    "on member-d (member-c).",
		"http://10.0.3.11:2379/metrics":             "http://host-a:2379/metrics",
		"https://[fd00::1]:2379 and fe80::":         "https://[host-?]:2379 and host-?",
		"of n7: n8, n9.acme.example":                "of host-b: host-d, host-e",
		"KUBE.acme.example.":                        "host-c.",
		"lookup etcd.acme.example on 10.96.0.10:53": "lookup host-f on host-g:53",
		"(CN=Acme Etcd 1,O=acme)":                   "(CN=subject-a,O=subject-b)",
		"member 8e9e05c52164694d, 91bc3c398fb3c146": "member id-a, id-?",
		"14:32:07Z 3.6.11 1.9 GiB, e.g. 12h; see etcd.yaml, /etc/acme.com": "14:32:07Z 3.6.11 1.9 GiB, e.g. 12h; see etcd.yaml, /etc/acme.com",
		"prod: member-a":          "cluster-a: member-a",
		"new.acme.example (::1)…": "host-? (host-?)…",
	} {
		if got := r.redact(text); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
		if again := r.redact(want); again != want && !strings.Contains(text, "->") {
			t.Errorf("redacted twice, %q reads %q", want, again)
		}
	}
	if letters(0) != "a" || letters(25) != "z" || letters(26) != "aa" || letters(27*26) != "aaa" {
		t.Error("letters miscounts")
	}
}

// TestRedactKeepsUp with members and errors that come while the screen is shared.
func TestRedactKeepsUp(t *testing.T) {
	sweeps := scenario{members: 3, sweeps: 6}.generate()
	m := resized(t, newTestModel(t, nil).withSweep(sweeps[0]), 200, 60)
	m = press(t, m, "P")
	for _, s := range sweeps[1:] {
		s.Members[2].Name, s.Members[2].Endpoint = "quaxo", "https://quaxo.acme.example:2379"
		s.Members[2].ClientURLs = []string{s.Members[2].Endpoint}
		down(&s, 2)
		s.Members[2].Status.Err = &probe.Error{Kind: probe.ErrRefused, Text: "https://quaxo.acme.example:2379: lookup quaxo.acme.example on 192.0.2.53:53: no such host"}
		m = m.withSweep(s)
	}
	for _, keys := range [][]string{nil, {"["}, {"e"}, {"d"}, {"f"}, {"?"}} {
		screen := strings.ToLower(ansi.Strip(press(t, m, keys...).View()))
		for _, secret := range append([]string{"quaxo", "acme", "192.0.2"}, secrets...) {
			if strings.Contains(screen, secret) {
				t.Errorf("after %v the screen shows %q:\n%s", keys, secret, screen)
			}
		}
	}
}

// TestRedactKnowsCertificates: whom a certificate was made out to stands on the member's page, and in the JSON.
func TestRedactKnowsCertificates(t *testing.T) {
	c := &probe.Certificate{Subject: "CN=etcd-client,O=Acme Bank", Issuer: "CN=acme-ca"}
	a := thresholds.Assessment{ClientCertificate: c, Members: []thresholds.Member{{
		MemberRef: thresholds.MemberRef{Key: "1", Label: "etcd-1"}, ServedCertificate: &probe.Certificate{Subject: "CN=node17"},
	}}}
	r := newAliases().learn("", nil, &a, nil)
	for _, name := range []string{"etcd-client", "Acme Bank", "acme-ca", "node17"} {
		if got := r.redact("it shows CN=" + name); strings.Contains(got, name) {
			t.Errorf("%q", got)
		}
	}
}

func TestKeyEcho(t *testing.T) {
	m := feed(t, newTestModel(t, nil), scenario{members: 3, sweeps: 3}, 120, 40)
	last := func(m model) string {
		lines := strings.Split(ansi.Strip(m.View()), "\n")
		return lines[len(lines)-1]
	}
	if m = press(t, m, "j"); strings.Contains(last(m), "keys:") {
		t.Error("keys are echoed although nobody looks on")
	}
	m = press(t, m, "P", "d", "d", "j", "space", "G")
	if !strings.Contains(last(m), "keys: d d j space G") {
		t.Errorf("the last line %q does not echo the last keys", last(m))
	}
	if m = typed(t, press(t, m, "/"), "secret", "esc"); strings.Contains(last(m), "s e c") {
		t.Errorf("the last line %q echoes what was typed into a prompt", last(m))
	}
}
