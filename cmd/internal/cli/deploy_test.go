package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// agentPort is the port of the agents in all that is deployed.
const agentPort = "12381"

// A mount is what the agent's container needs of a host.
type mount struct{ Path, Type, What string }

// A deployment is what differs between the manifests of distributions.
type deployment struct {
	Profile, Name, NodeLabel, Port, Limits string
	Mounts                                 []mount
}

// deployments are the distributions that there are manifests for.
func deployments() []deployment {
	const rancher = "/var/lib/rancher/"
	flags, client := "with which flags etcd runs", "the client's certificate and key"
	all := []deployment{
		{Profile: "kubeadm", Name: "kubeadm", NodeLabel: "node-role.kubernetes.io/control-plane", Mounts: []mount{
			{"/etc/kubernetes/manifests", "Directory", flags},
			{"/etc/kubernetes/pki/etcd", "Directory", client},
		}},
		{Profile: "rke2", Name: "RKE2", NodeLabel: "node-role.kubernetes.io/etcd", Mounts: []mount{
			{rancher + "rke2/server/db/etcd/config", "File", flags},
			{rancher + "rke2/server/tls/etcd", "Directory", client},
		}},
		{Profile: "k3s", Name: "k3s", NodeLabel: "node-role.kubernetes.io/etcd", Mounts: []mount{
			{rancher + "k3s/server/db/etcd/config", "File", flags},
			{rancher + "k3s/server/tls/etcd", "Directory", client},
		}},
	}
	for i := range all {
		all[i].Port = agentPort
		all[i].Limits = indented("    ", commentedOut(bareLimits()))
	}
	return all
}

// bareLimits are all rules with their limits as in a configuration file, without a word about them.
func bareLimits() string {
	text := regexp.MustCompile(`(?m)^( *#.*)?\n`).ReplaceAllString(limits.Write(thresholds.Rules(), thresholds.Rules()), "")
	return "thresholds:\n" + text
}

// indented puts a prefix before each line that has text.
func indented(prefix, text string) string {
	return regexp.MustCompile(`(?m)^(.+)$`).ReplaceAllString(text, prefix+"$1")
}

// rendered returns what a template of testdata makes of a value.
func rendered(t *testing.T, name string, of any) string {
	t.Helper()
	var b strings.Builder
	page, err := template.ParseFiles(filepath.Join("testdata", name))
	if err == nil {
		err = page.Execute(&b, of)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGoldenManifests: the manifests are what the templates, the rule table and the alerts say; -update writes them.
func TestGoldenManifests(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for _, d := range deployments() {
		want[d.Profile+"/etcdoc.yaml"] = rendered(t, "etcdoc.yaml.tmpl", d)
		want[d.Profile+"/compose.yaml"] = rendered(t, "compose.yaml.tmpl", d)
	}
	_, groups, _ := strings.Cut(alertRules(t), "groups:")
	want["monitoring/monitoring.yaml"] = rendered(t, "monitoring.yaml.tmpl", strings.TrimSuffix(indented("  ", "groups:"+groups), "\n"))
	for name, text := range want {
		file := filepath.Join(root, "assets/deploy", name)
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		} else if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("make golden-update writes %s anew: %v", file, err)
		}
	}
}
