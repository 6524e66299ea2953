package thresholds

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// TestShortNames: what all names share is cut at a word, no more of it than has to be; what is cut shows it.
func TestShortNames(t *testing.T) {
	t.Parallel()
	const sixty = "prod-eu-central-1-kubernetes-control-plane-etcd-member-node-"
	for name, test := range map[string]struct{ labels, want []string }{
		"short": {[]string{"etcd-1", "etcd-2", "etcd-3"}, []string{"etcd-1", "etcd-2", "etcd-3"}},
		"differ at the end": {[]string{sixty + "01", sixty + "02", sixty + "03"},
			[]string{"…-member-node-01", "…-member-node-02", "…-member-node-03"}},
		"differ at the end, a plane": {
			[]string{"prod-eu-west-control-plane-01", "prod-eu-west-control-plane-02"},
			[]string{"…-plane-01", "…-plane-02"}},
		"differ at the start": {
			[]string{"a.etcd.kube-system.svc.cluster.local", "bb.etcd.kube-system.svc.cluster.local"},
			[]string{"a…", "bb…"}},
		"differ in the middle": {
			[]string{"prod-eu-west-cluster-node-7-etcd-server-member-of-kubernetes",
				"prod-eu-west-cluster-node-8-etcd-server-member-of-kubernetes"},
			[]string{"…-node-7…", "…-node-8…"}},
		"of one provider": {
			[]string{"ip-10-0-1-23.eu-west-1.compute.internal", "ip-10-0-2-45.eu-west-1.compute.internal"},
			[]string{"ip-10-0-1-23…", "ip-10-0-2-45…"}},
		"IPs with ports": {[]string{"10.0.1.23:2379", "10.0.1.24:2379"}, []string{"10.0.1.23:2379", "10.0.1.24:2379"}},
		"hosts with ports": {
			[]string{"master0.example.com:2379", "master1.example.com:2379"}, []string{"master0…", "master1…"}},
		"IPv6 with ports": {
			[]string{"[2001:db8:0:1:10::1]:2379", "[2001:db8:0:1:10::2]:2379"},
			[]string{"…:0:1:10::1]…", "…:0:1:10::2]…"}},
		"nothing shared": {[]string{"alpha-of-the-north-sea", "omega-in-my-basement"},
			[]string{"alpha-of…rth-sea", "omega-in…asement"}},
		"no word to cut at": {
			[]string{strings.Repeat("x", 58) + "1y", strings.Repeat("x", 58) + "2y"},
			[]string{"…xxxxxxxxxxxxx1y", "…xxxxxxxxxxxxx2y"}},
		"one member":            {[]string{sixty + "01"}, []string{"prod-eu-…node-01"}},
		"one name is the other": {[]string{"kubernetes-control-plane", "kubernetes-control-plane-2"}, nil},
		"a name that two share": {[]string{"etcd/8e9e05c52164694d", "etcd/91bc3c398fb3c146", "etcd-3"}, nil},
		"the same twice":        {[]string{"etcd-1.example.com:2379", "etcd-1.example.com:2379"}, nil},
		"the same ends": {[]string{"aaaaaaaaaa-1-zzzzzzzzzz", "aaaaaaaaaa-2-zzzzzzzzzz",
			"aaaaaaaaaa-1-yyyyyyyyyy", "bbbbbbbbbb-2-zzzzzzzzzz"}, nil},
		"twice as wide": {
			[]string{"東京データセンター第一号館", "東京データセンター第二号館"}, []string{"…ンター第一号館", "…ンター第二号館"}},
		"a name alone": {[]string{""}, []string{""}},
		"differ in the middle and at the end": {
			[]string{sixty + "01.internal.example.company-a", sixty + "02.internal.example.company-a",
				sixty + "02.internal.example.company-d"},
			[]string{"…-01…-a", "…-02…-a", "…-02…-d"}},
		"differ at both ends": {
			[]string{"a.control-plane.example.company-1", "b.control-plane.example.company-2"}, []string{"a…-1", "b…-2"}},
		"parts too long to keep": {
			[]string{"prod-kubernetes01.internal.company-of-the-north-a", "prod-kubernetes02.internal.company-of-the-north-a",
				"prod-kubernetes02.internal.company-of-the-south-b"}, nil},
	} {
		n := shortNames{}
		got := n.of(test.labels, make([]bool, len(test.labels)))
		if test.want != nil && !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		seen := map[string]bool{}
		for i, short := range got {
			if displaywidth.String(short) > shortWidth || seen[short] {
				t.Errorf("%s: %q of %q has %d columns, or is there twice", name, short, test.labels[i],
					displaywidth.String(short))
			}
			seen[short] = true
			if strings.HasPrefix(name, "parts") && strings.Contains(short, "~") {
				t.Errorf("%s: %q has a number for a name", name, short)
			}
		}
	}
}

// TestShortNamesOfManyMembers: however many there are, no two have the same.
func TestShortNamesOfManyMembers(t *testing.T) {
	t.Parallel()
	labels := make([]string, 300)
	for i := range labels {
		labels[i] = fmt.Sprintf("%d-of-a-cluster-with-a-long-name-%d", i%17, i)
	}
	n := shortNames{}
	seen := map[string]bool{}
	for _, short := range n.of(labels, make([]bool, len(labels))) {
		if displaywidth.String(short) > shortWidth || seen[short] {
			t.Fatalf("%q is too wide, or there twice", short)
		}
		seen[short] = true
	}
}

// TestShortNamesFollowTheMembers: a member that joins may change what all share; an endpoint that leads to none does
// not.
func TestShortNamesFollowTheMembers(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{})
	for i, m := range s.members {
		m.name = fmt.Sprintf("prod-eu-west-control-plane-%d", i)
	}
	a := s.observe()
	if a.Members[1].Short != "…-plane-1" {
		t.Errorf("%q", a.Members[1].Short)
	}
	s.add("edge").learner = true
	a = s.observe()
	if got := a.Members[1].Short; got == "…-plane-1" || displaywidth.String(got) > shortWidth {
		t.Errorf("beside edge: %q", got)
	}
	s = newScene(t, 4, Options{})
	for i, m := range s.members[:3] {
		m.name = fmt.Sprintf("prod-eu-west-control-plane-%d", i)
	}
	s.members[3].name = ""
	a = s.observe()
	if got := a.Members[3]; a.Members[1].Short != "…-plane-1" || got.Short != got.Label || got.Label == "" {
		t.Errorf("beside a member without a name: %q and %q", a.Members[1].Short, got.Short)
	}
	strays := New(Options{})
	sweep := probe.Sweep{At: epoch, Interval: s.interval}
	for i := range 2 {
		name := fmt.Sprintf("prod-eu-west-control-plane-%d", i)
		sweep.Members = append(sweep.Members, probe.Member{ID: probe.MemberID(i + 1), Name: name, Listed: true,
			Membership: probe.MembershipListed})
	}
	sweep.Members = append(sweep.Members, probe.Member{Endpoint: "http://proxy:2379", Given: true,
		Membership: probe.MembershipProxy})
	a = strays.Observe(sweep)
	if a.Members[1].Short != "…-plane-1" || a.Members[2].Short != "proxy:2379" {
		t.Errorf("beside a stray: %q and %q", a.Members[1].Short, a.Members[2].Short)
	}
}
