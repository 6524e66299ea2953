package redact

import (
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

func TestRedact(t *testing.T) {
	r := New().add("cluster", "prod").add("member", "etcd-1").add("member", "etcd-11").add("member", "default").
		add("member", "node one").add("member", "1").add("host", "10.0.3.11").add("host", "n7").add("id",
		"8e9e05c52164694d")
	r = r.learnText("x509: certificate is valid for kube.acme.example, n8, not n9.acme.example").
		learnText("expires in 3 d (CN=Acme Etcd 1,O=acme)").
		learnText("dial tcp: lookup etcd.acme.example on 10.96.0.10:53: no such host")
	for text, want := range map[string]string{
		"etcd-1":                  "member-a",
		"etcd-1, etcd-11: etcd-2": "member-a, member-b: etcd-2",
		"ETCD-1's peers.":         "member-a's peers.",
		"etcd-1→etcd-11":          "member-a→member-b",
		"etcdserver: no leader; 1 can be lost in etcd-12": "etcdserver: no leader; 1 can be lost in etcd-12",
		"1":                                                 "member-e",
		"on node one (default).":                            "on member-d (member-c).",
		"http://10.0.3.11:2379/metrics":                     "http://host-a:2379/metrics",
		"https://[fd00::1]:2379 and fe80::":                 "https://[host-?]:2379 and host-?",
		"of n7: n8, n9.acme.example":                        "of host-b: host-d, host-e",
		"KUBE.acme.example.":                                "host-c.",
		"lookup etcd.acme.example on 10.96.0.10:53":         "lookup host-f on host-g:53",
		"(CN=Acme Etcd 1,O=acme)":                           "(CN=subject-a,O=subject-b)",
		"member 8e9e05c52164694d, 91bc3c398fb3c146":         "member id-a, id-?",
		"14:32:07Z 3.6.11 1.9 GiB, e.g. 12h; see etcd.yaml": "14:32:07Z 3.6.11 1.9 GiB, e.g. 12h; see etcd.yaml",
		"see /etc/acme.com":                                 "see /etc/acme.com",
		"dial db7:2379: refused, db7 at 14:32":              "dial host-?:2379: refused, db7 at 14:32",
		"etcd.yaml:120, n7:2379":                            "etcd.yaml:120, host-b:2379",
		"prod: member-a":                                    "cluster-a: member-a",
		"new.acme.example (::1)…":                           "host-? (host-?)…",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if again := r.Redact(want); again != want && !strings.Contains(text, "->") {
			t.Errorf("redacted twice, %q becomes %q", want, again)
		}
	}
	if letters(0) != "a" || letters(25) != "z" || letters(26) != "aa" || letters(27*26) != "aaa" {
		t.Error("letters miscounts")
	}
}

// TestRedactKnowsCertificates: the subject of a certificate is on the member's page, and in the JSON.
func TestRedactKnowsCertificates(t *testing.T) {
	c := &probe.Certificate{Subject: "CN=etcd-client,O=Acme Bank", Issuer: "CN=acme-ca"}
	a := thresholds.Assessment{ClientCertificate: c, Members: []thresholds.Member{{
		MemberRef:         thresholds.MemberRef{Key: "1", Label: "etcd-1"},
		ServedCertificate: &probe.Certificate{Subject: "CN=node17", Names: []string{"db1", "*.acme.example"}},
	}}}
	r := New().Learn("", nil, &a, nil)
	for _, name := range []string{"etcd-client", "Acme Bank", "acme-ca", "node17"} {
		if got := r.Redact("it shows CN=" + name); strings.Contains(got, name) {
			t.Errorf("%q", got)
		}
	}
	if got := r.Redact("its certificate is for db1, *.acme.example"); strings.Contains(got, "db1") ||
		strings.Contains(got, "acme") {
		t.Errorf("%q", got)
	}
}

// TestRedactShortNames: a member has one alias, by whichever of its names a text calls it.
func TestRedactShortNames(t *testing.T) {
	a := thresholds.Assessment{Members: []thresholds.Member{
		{MemberRef: thresholds.MemberRef{Key: "1", Label: "acme-control-plane-01", Short: "…-01"}},
		{MemberRef: thresholds.MemberRef{Key: "2", Label: "acme-control-plane-02", Short: "…-02"}},
	}}
	r := New().Learn("", nil, &a, nil)
	const both = "member-b is down; member-b and member-a"
	if got := r.Redact("…-02 is down; acme-control-plane-02 and …-01"); got != both {
		t.Errorf("%q", got)
	}
}

// TestRedactTyped hides a name while it is still being typed.
func TestRedactTyped(t *testing.T) {
	a := New().add("member", "etcd-1").add("member", "e2")
	if got := a.RedactTyped("xetcd-1y e2x"); got != "xmember-ay e2x" {
		t.Errorf("%q", got)
	}
}

// TestRedactJSON hides values and keeps the names of fields.
func TestRedactJSON(t *testing.T) {
	a := New().add("member", "name").add("cluster", `a "b"`)
	const redacted = `{"name": "member-a", "of": ["cluster-a", 1]}`
	if got := a.RedactJSON(`{"name": "name", "of": ["a \"b\"", 1]}`); got != redacted {
		t.Error(got)
	}
}

// TestRedactKnowsWhatUsersName: marks' texts, files, and who logs in; an unknown host by its port.
func TestRedactKnowsWhatUsersName(t *testing.T) {
	log := []thresholds.Event{
		{Kind: thresholds.EventMark, Text: "Bob moves INC-4711"}, {Kind: thresholds.EventMark, Text: "INC42"},
		{Kind: thresholds.EventMark, Text: "drain"}, {Kind: thresholds.EventDown, Text: "dial db7:2379: refused"},
	}
	flags := []string{"--cacert=/etc/acme/ca.crt", "--cert=alice.crt", "--user=alice", "--endpoints=x",
		"--cluster=true"}
	r := New().LearnFlags(flags).LearnFiles("/home/bob/prod.yaml", "").Learn("", nil, &thresholds.Assessment{}, log)
	for text, want := range map[string]string{
		"A Bob moves INC-4711":                       "A note-a",
		"is down, expected: Bob moves INC-4711":      "is down, expected: note-a",
		"expected: INC42":                            "expected: note-b",
		"drain no other member":                      "drain no other member",
		"etcdctl --cacert=/etc/acme/ca.crt get":      "etcdctl --cacert=file-a get",
		"reading alice.crt: --user=alice":            "reading file-c: --user=user-a",
		"prod.yaml, /home/bob/prod.yaml, etcdoc.log": "file-e, file-d, etcdoc.log",
		"db7 is back":                                "host-a is back",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestRedactKnowsKubernetes: nodes and API servers have names of hosts, contexts those of clusters.
func TestRedactKnowsKubernetes(t *testing.T) {
	a := thresholds.Assessment{
		Members: []thresholds.Member{{
			MemberRef: thresholds.MemberRef{Key: "1", Label: "etcd-1"}, Node: &probe.Node{Name: "berlin7"},
		}},
		APIServers: []thresholds.APIServer{
			{URL: "https://api7:6443", Label: "api7:6443", Unread: "refused by proxy.acme.example"},
		},
		NodesErr: &probe.Error{Text: "lookup gate.acme.example: no such host"},
	}
	r := New().Learn("", nil, &a, nil).LearnFlags([]string{"--context=acme-prod", "--kubeconfig=/home/jane/acme.yaml",
		"--apiserver=auto"})
	const automatic = "--apiserver=auto"
	if got := r.Redact(automatic); got != automatic {
		t.Errorf("%q", got)
	}
	text := "node berlin7, api7 and api7:6443, proxy.acme.example, gate.acme.example, --context=acme-prod, " +
		"--kubeconfig=/home/jane/acme.yaml"
	for _, name := range []string{"berlin", "api7", "acme", "jane"} {
		if got := r.Redact(text); strings.Contains(got, name) {
			t.Errorf("%s is in %q", name, got)
		}
	}
}

// TestRedactKnowsPrefixes of keys, which say who uses a cluster, but for those that every Kubernetes has.
func TestRedactKnowsPrefixes(t *testing.T) {
	long := "/registry/" + strings.Repeat("long.", 12) + "acme.example/things/"
	a := &thresholds.Assessment{
		Space: &probe.Space{Prefixes: []probe.SpacePrefix{{Name: "/registry/pods/"}, {Name: "acme/secret/"}, {Rest: true}}},
		Members: []thresholds.Member{{Written: &probe.Written{Prefixes: []probe.WrittenPrefix{
			{Name: "acme/secret/"}, {Name: long}, {},
		}}}},
	}
	r := New().Learn("", nil, a, nil)
	for text, want := range map[string]string{
		"/registry/pods/ takes 61% and acme/secret/ 23%": "/registry/pods/ takes 61% and prefix-a 23%",
		"in Acme/Secret/.": "in prefix-a.",
		long:               "prefix-b",
		"to " + thresholds.WrittenName(&a.Members[0].Written.Prefixes[1]) + ", 12%": "to prefix-b, 12%",
		"the other prefixes, keys without a prefix":                                 "the other prefixes, keys without a prefix",
	} {
		if got := r.Redact(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
