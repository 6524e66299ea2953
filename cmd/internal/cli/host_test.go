package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/profile"
)

// laidOut makes a host's file system: files by path, and the client's certificates of a cluster in the folder.
func laidOut(t *testing.T, cluster *etcdtest.Cluster, ca, pair string, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for path, source := range map[string]string{
		ca: cluster.Certs.CAFile, pair + ".crt": cluster.Certs.CertFile, pair + ".key": cluster.Certs.KeyFile,
	} {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = string(text)
	}
	for path, text := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// kubeadmManifest is the static pod of a member, as kubeadm writes it.
func kubeadmManifest(m *etcdtest.Member) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata:
  name: etcd
spec:
  containers:
  - command:
    - etcd
    - --advertise-client-urls=%[1]s
    - --cert-file=/etc/kubernetes/pki/etcd/server.crt
    - --data-dir=/var/lib/etcd
    - --initial-advertise-peer-urls=%[2]s
    - --listen-client-urls=%[1]s
    - --listen-metrics-urls=%[3]s
    - --name=%[4]s
    name: etcd
    volumeMounts:
    - mountPath: /etc/kubernetes/pki/etcd
      name: etcd-certs
  volumes:
  - hostPath:
      path: /etc/kubernetes/pki/etcd
    name: etcd-certs
`, m.ClientURL, m.PeerURL, origin(m.MetricsURL), m.Name)
}

// generatedConfig is a member's configuration, as RKE2 and k3s generate it.
func generatedConfig(m *etcdtest.Member) string {
	return fmt.Sprintf(`advertise-client-urls: %[1]s
election-timeout: 5000
heartbeat-interval: 500
initial-advertise-peer-urls: %[2]s
listen-client-urls: %[1]s
listen-metrics-urls: %[3]s
name: %[4]s
`, m.ClientURL, m.PeerURL, origin(m.MetricsURL), m.Name)
}

func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// TestHostNeedsNoFlag: on a control-plane node, etcdoc --once needs no other flag. Each member serves only gRPC on its
// client port, and metrics on a port of its own that this host knows for its own member alone.
func TestHostNeedsNoFlag(t *testing.T) {
	t.Parallel()
	cluster := etcdtest.New(t, etcdtest.Config{TLS: etcdtest.MutualTLS, Metrics: true, GRPCOnly: true})
	own := cluster.Members()[0]
	const rancher = "/var/lib/rancher/"
	hosts := map[string]string{
		"kubeadm": laidOut(t, cluster, "/etc/kubernetes/pki/etcd/ca.crt", "/etc/kubernetes/pki/etcd/healthcheck-client",
			map[string]string{"/etc/kubernetes/manifests/etcd.yaml": kubeadmManifest(own)}),
		"rke2": laidOut(t, cluster, rancher+"rke2/server/tls/etcd/server-ca.crt", rancher+"rke2/server/tls/etcd/client",
			map[string]string{rancher + "rke2/server/db/etcd/config": generatedConfig(own)}),
		"k3s": laidOut(t, cluster, rancher+"k3s/server/tls/etcd/server-ca.crt", rancher+"k3s/server/tls/etcd/client",
			map[string]string{rancher + "k3s/server/db/etcd/config": generatedConfig(own)}),
	}
	for name, root := range hosts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Only what is critical fails: this machine may be slow.
			code, out, errs := etcdoc(t, "--once", "--root", root, "-o", "json", "--fail-on", "critical")
			if code != ExitHealthy {
				t.Fatalf("exit code %d: %s%s", code, out, errs)
			}
			if !strings.Contains(errs, "profile "+name) || !strings.Contains(errs, own.ClientURL) {
				t.Errorf("it does not say what it found: %s", errs)
			}
			var got struct {
				Members []struct {
					Name            string
					MetricsEndpoint string `json:"metrics_endpoint"`
				}
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			if len(got.Members) != 3 {
				t.Fatalf("it found %d members: %s", len(got.Members), out)
			}
			for _, m := range got.Members {
				if m.Name == own.Name && !strings.HasPrefix(m.MetricsEndpoint, origin(own.MetricsURL)) {
					t.Errorf("the metrics of its own member come from %q", m.MetricsEndpoint)
				}
			}
			// What config prints leads to the same etcd, and says so.
			_, printed, _ := etcdoc(t, "config", "--root", root)
			for _, flag := range []string{"endpoints", "cacert", "cert", "key"} {
				line := regexp.MustCompile(`(?m)^#` + flag + `: .*  # found by the profile ` + name + `$`)
				if !line.MatchString(printed) {
					t.Errorf("config does not say which %s is in effect:\n%s", flag, printed)
				}
			}
			code, out, errs = etcdoc(t, "--once", "--config", configFile(t, printed), "--fail-on", "critical")
			if code != ExitHealthy {
				t.Errorf("with what config prints: exit code %d: %s%s", code, out, errs)
			}
		})
	}
}

// TestOtherClustersAreNamed: each cluster beside the host's own has a line, until its endpoint is given.
func TestOtherClustersAreNamed(t *testing.T) {
	t.Parallel()
	host := &profile.Host{Profile: profile.KOps, Source: "/etc/manifest", Endpoints: []string{"https://127.0.0.1:4001"},
		Also: map[string]string{"https://10.0.0.7:4002": "Kubernetes' events",
			"https://10.0.0.8:4002": "Kubernetes' events", "https://10.0.0.9:4003": "Cilium's state"}}
	for endpoint, want := range map[string]string{
		"https://127.0.0.1:4001": "etcdoc: profile kops (/etc/manifest): https://127.0.0.1:4001\n" +
			"etcdoc: another etcd holds Cilium's state: https://10.0.0.9:4003: --endpoints names it\n" +
			"etcdoc: another etcd holds Kubernetes' events: https://10.0.0.7:4002, https://10.0.0.8:4002: " +
			"--endpoints names it\n",
		"https://10.0.0.8:4002": "etcdoc: profile kops (/etc/manifest): https://10.0.0.8:4002\n" +
			"etcdoc: another etcd holds Cilium's state: https://10.0.0.9:4003: --endpoints names it\n",
	} {
		var said strings.Builder
		announce(&said, host, []string{endpoint})
		if said.String() != want {
			t.Errorf("%s: it says\n%s\nwant\n%s", endpoint, said.String(), want)
		}
	}
}
