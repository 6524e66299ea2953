package profile

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// host is a copy of a fixture, with certificates where a distribution keeps them.
type host struct {
	t    *testing.T
	root string
}

func fixture(t *testing.T, name string, pairs ...string) *host {
	t.Helper()
	h := &host{t, t.TempDir()}
	if name != "" {
		if err := os.CopyFS(h.root, os.DirFS(filepath.Join("testdata", name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range pairs {
		h.pair(path, now.Add(24*time.Hour))
	}
	return h
}

// pair writes a certificate that ends then, its key beside it, and ca.* files.
func (h *host) pair(path string, end time.Time) {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "etcdoc"},
		NotBefore: end.Add(-48 * time.Hour), NotAfter: end}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		h.t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		h.t.Fatal(err)
	}
	keyPath := strings.TrimSuffix(path, ".pem") + "-key.pem"
	if base, ok := strings.CutSuffix(path, ".crt"); ok {
		keyPath = base + ".key"
	}
	h.write(path, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	h.write(keyPath, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
}

func (h *host) write(path, text string) {
	h.t.Helper()
	path = filepath.Join(h.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) find(name Name) (*Host, error) {
	return Find(Options{Profile: name, Root: h.root, Hostname: "node1", Now: now})
}

// found is find, with the host's own paths.
func (h *host) found(name Name) *Host {
	h.t.Helper()
	got, err := h.find(name)
	if err != nil {
		h.t.Fatal(err)
	}
	if got == nil {
		h.t.Fatal("it found no etcd")
	}
	for _, path := range []*string{&got.CAFile, &got.CertFile, &got.KeyFile, &got.DataDir, &got.WALDir,
		&got.BackupDir} {
		*path = strings.TrimPrefix(*path, h.root)
	}
	return got
}

const (
	kubeadmPKI = "/etc/kubernetes/pki/"
	openshift  = "/etc/kubernetes/static-pod-resources/etcd-certs/"
)

// TestProfiles finds etcd on a host of each distribution, with and without its profile's name.
func TestProfiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fixture string
		// certs are pairs on the host, and cas further files there.
		certs, cas []string
		want       Host
		// flags are some of those that were seen.
		flags func(*probe.ServerFlags) bool
	}{
		{
			"kubeadm",
			[]string{kubeadmPKI + "etcd/healthcheck-client.crt", kubeadmPKI + "etcd/server.crt"},
			[]string{kubeadmPKI + "etcd/ca.crt"},
			Host{Profile: Kubeadm, Source: manifests + "etcd.yaml", Endpoints: []string{"https://127.0.0.1:2379"},
				Others: []string{"https://10.0.0.2:2379", "https://10.0.0.3:2379"}, MetricsAt: "http://:2381",
				CAFile: kubeadmPKI + "etcd/ca.crt", CertFile: kubeadmPKI + "etcd/healthcheck-client.crt",
				KeyFile: kubeadmPKI + "etcd/healthcheck-client.key", DataDir: "/var/lib/etcd"},
			func(f *probe.ServerFlags) bool {
				return f.Name == "cp-1" && f.QuotaBackendBytes == 8<<30 && f.SnapshotCount == 10000 &&
					f.FeatureGates["InitialCorruptCheck"]
			},
		},
		{
			"kubeadm-external", []string{"/opt/etcd-client/client.crt"}, []string{"/opt/etcd-client/ca.crt"},
			Host{Profile: Kubeadm, Source: manifests + "kube-apiserver.yaml",
				Endpoints: []string{"https://10.0.0.7:2379", "https://10.0.0.8:2379", "https://10.0.0.9:2379"},
				MetricsAt: "http://:2381", CAFile: "/opt/etcd-client/ca.crt", CertFile: "/opt/etcd-client/client.crt",
				KeyFile: "/opt/etcd-client/client.key", Also: map[string]string{
					"https://10.0.0.7:4002": "Kubernetes' events", "https://10.0.0.8:4002": "Kubernetes' events"}},
			nil,
		},
		{
			"minikube",
			[]string{"/var/lib/minikube/certs/etcd/healthcheck-client.crt"},
			[]string{"/var/lib/minikube/certs/etcd/ca.crt"},
			Host{Profile: Minikube, Source: manifests + "etcd.yaml", Endpoints: []string{"https://127.0.0.1:2379"},
				MetricsAt: "http://:2381", CAFile: "/var/lib/minikube/certs/etcd/ca.crt",
				CertFile: "/var/lib/minikube/certs/etcd/healthcheck-client.crt",
				KeyFile:  "/var/lib/minikube/certs/etcd/healthcheck-client.key", DataDir: "/var/lib/minikube/etcd"},
			nil,
		},
		{
			"rke2", []string{rke2 + "server/tls/etcd/client.crt"}, []string{rke2 + "server/tls/etcd/server-ca.crt"},
			Host{Profile: RKE2, Source: rke2 + "server/db/etcd/config", Endpoints: []string{"https://127.0.0.1:2379"},
				Others: []string{"https://10.0.0.2:2379"}, MetricsAt: "http://:2381",
				CAFile: rke2 + "server/tls/etcd/server-ca.crt", CertFile: rke2 + "server/tls/etcd/client.crt",
				KeyFile: rke2 + "server/tls/etcd/client.key", DataDir: rke2 + "server/db/etcd"},
			func(f *probe.ServerFlags) bool {
				return f.ElectionTimeout == 5*time.Second && f.HeartbeatInterval == 500*time.Millisecond
			},
		},
		{
			"rke2-moved", []string{"/data/rke2/server/tls/etcd/client.crt"},
			[]string{"/data/rke2/server/tls/etcd/server-ca.crt"},
			Host{Profile: RKE2, Source: "/data/rke2/server/db/etcd/config",
				Endpoints: []string{"https://127.0.0.1:2379"},
				Others:    []string{"https://10.0.0.2:2379"}, MetricsAt: "http://:2381",
				CAFile: "/data/rke2/server/tls/etcd/server-ca.crt", CertFile: "/data/rke2/server/tls/etcd/client.crt",
				KeyFile: "/data/rke2/server/tls/etcd/client.key", DataDir: "/data/rke2/server/db/etcd"},
			nil,
		},
		{
			"k3s", []string{k3s + "server/tls/etcd/server-client.crt"}, []string{k3s + "server/tls/etcd/server-ca.crt"},
			Host{Profile: K3s, Source: k3s + "server/db/etcd/config", Endpoints: []string{"https://127.0.0.1:2379"},
				Others: []string{"https://10.0.0.2:2379"}, MetricsAt: "http://:2381",
				CAFile: k3s + "server/tls/etcd/server-ca.crt", CertFile: k3s + "server/tls/etcd/server-client.crt",
				KeyFile: k3s + "server/tls/etcd/server-client.key", DataDir: k3s + "server/db/etcd"},
			nil,
		},
		{
			"openshift", []string{openshift + "secrets/etcd-all-certs/etcd-peer-cp-0.crt"},
			[]string{openshift + "configmaps/etcd-all-bundles/server-ca-bundle.crt"},
			Host{Profile: OpenShift, Source: manifests + "etcd-pod.yaml", Endpoints: []string{"https://127.0.0.1:2379"},
				Others:    []string{"https://10.0.0.2:2379", "https://10.0.0.3:2379"},
				MetricsAt: "https://:9978",
				CAFile:    openshift + "configmaps/etcd-all-bundles/server-ca-bundle.crt",
				CertFile:  openshift + "secrets/etcd-all-certs/etcd-peer-cp-0.crt",
				KeyFile:   openshift + "secrets/etcd-all-certs/etcd-peer-cp-0.key", DataDir: "/var/lib/etcd"},
			func(f *probe.ServerFlags) bool {
				return f.ExtensiveMetrics && f.ElectionTimeout == time.Second && f.QuotaBackendBytes == 8<<30 &&
					slices.Equal(f.AdvertiseClientURLs, []string{"https://10.0.0.1:2379"})
			},
		},
		{
			"kops", []string{"/srv/kubernetes/kube-apiserver/etcd-client.crt"},
			[]string{"/srv/kubernetes/kube-apiserver/etcd-ca.crt"},
			Host{Profile: KOps, Source: manifests + "kube-apiserver.manifest",
				Endpoints: []string{"https://127.0.0.1:4001"}, CAFile: "/srv/kubernetes/kube-apiserver/etcd-ca.crt",
				CertFile: "/srv/kubernetes/kube-apiserver/etcd-client.crt",
				KeyFile:  "/srv/kubernetes/kube-apiserver/etcd-client.key", DataDir: "/mnt/master-vol-0a1b2c",
				Also: map[string]string{"https://127.0.0.1:4002": "Kubernetes' events"}},
			nil,
		},
		{
			"k0s", []string{"/var/lib/k0s/pki/apiserver-etcd-client.crt"}, []string{"/var/lib/k0s/pki/etcd/ca.crt"},
			Host{Profile: K0s, Source: "/var/lib/k0s/pki/apiserver-etcd-client.crt",
				Endpoints: []string{"https://127.0.0.1:2379"}, CAFile: "/var/lib/k0s/pki/etcd/ca.crt",
				CertFile: "/var/lib/k0s/pki/apiserver-etcd-client.crt",
				KeyFile:  "/var/lib/k0s/pki/apiserver-etcd-client.key", DataDir: "/var/lib/k0s/etcd"},
			nil,
		},
		{
			"talos", []string{"/system/secrets/etcd/admin.crt"}, []string{"/system/secrets/etcd/ca.crt"},
			Host{Profile: Talos, Source: "/system/secrets/etcd/admin.crt",
				Endpoints: []string{"https://127.0.0.1:2379"}, CAFile: "/system/secrets/etcd/ca.crt",
				CertFile: "/system/secrets/etcd/admin.crt", KeyFile: "/system/secrets/etcd/admin.key",
				DataDir: "/var/lib/etcd"},
			nil,
		},
		{
			"rke1", []string{"/etc/kubernetes/ssl/kube-etcd-10-0-0-1.pem"}, []string{"/etc/kubernetes/ssl/kube-ca.pem"},
			Host{Profile: RKE1, Source: "/etc/kubernetes/ssl/kube-etcd-10-0-0-1.pem",
				Endpoints: []string{"https://127.0.0.1:2379"}, CAFile: "/etc/kubernetes/ssl/kube-ca.pem",
				CertFile: "/etc/kubernetes/ssl/kube-etcd-10-0-0-1.pem",
				KeyFile:  "/etc/kubernetes/ssl/kube-etcd-10-0-0-1-key.pem", DataDir: "/var/lib/rancher/etcd"},
			nil,
		},
		{
			"kubespray",
			[]string{"/etc/ssl/etcd/ssl/admin-alpha.pem", "/etc/ssl/etcd/ssl/admin-node1.pem"},
			[]string{"/etc/ssl/etcd/ssl/ca.pem"},
			Host{Profile: Kubespray, Source: "/etc/etcd.env", Endpoints: []string{"https://127.0.0.1:2379"},
				Others: []string{"https://10.0.0.2:2379", "https://10.0.0.3:2379"}, CAFile: "/etc/ssl/etcd/ssl/ca.pem",
				CertFile: "/etc/ssl/etcd/ssl/admin-node1.pem", KeyFile: "/etc/ssl/etcd/ssl/admin-node1-key.pem",
				DataDir: "/var/lib/etcd"},
			func(f *probe.ServerFlags) bool {
				return f.ElectionTimeout == 5*time.Second && f.AutoCompactionRetention == "8"
			},
		},
		{
			"etcd", nil, nil,
			Host{Profile: Etcd, Source: "/etc/systemd/system/etcd.service",
				Endpoints: []string{"http://127.0.0.1:12379"}, Others: []string{"http://n2.example:12379"},
				DataDir: "/srv/etcd"},
			func(f *probe.ServerFlags) bool {
				return f.HeartbeatInterval == 200*time.Millisecond && f.SnapshotCount == 20000 &&
					f.AutoCompactionMode == "periodic"
			},
		},
		{
			"etcd-config", []string{"/etc/etcd/pki/server.crt"}, []string{"/etc/etcd/pki/ca.crt"},
			Host{Profile: Etcd, Source: "/etc/etcd/etcd.conf.yml", Endpoints: []string{"https://127.0.0.1:2379"},
				CAFile: "/etc/etcd/pki/ca.crt", CertFile: "/etc/etcd/pki/server.crt",
				KeyFile: "/etc/etcd/pki/server.key"},
			func(f *probe.ServerFlags) bool {
				on, known := f.FeatureGates["InitialCorruptCheck"]
				return f.FeatureGates["CompactHashCheck"] && known && !on
			},
		},
	}
	seen := []Name{Auto, None}
	for _, test := range tests {
		seen = append(seen, test.want.Profile)
		t.Run(test.fixture, func(t *testing.T) {
			t.Parallel()
			h := fixture(t, test.fixture, test.certs...)
			for _, path := range test.cas {
				h.write(path, "CA\n")
			}
			if test.want.DataDir != "" {
				test.want.WALDir = test.want.DataDir + "/member/wal"
			}
			for _, name := range []Name{Auto, test.want.Profile} {
				got := h.found(name)
				if flags := got.Flags; test.flags != nil && (flags == nil || !test.flags(flags)) {
					t.Errorf("--profile %s: flags: %+v", name, flags)
				}
				if err := got.Err(); err != nil {
					t.Errorf("--profile %s: %v", name, err)
				}
				got.Flags, got.APIServer = nil, nil // which TestAPIServer holds
				if !reflect.DeepEqual(*got, test.want) {
					t.Errorf("--profile %s:\n got %+v\nwant %+v", name, *got, test.want)
				}
			}
		})
	}
	for _, name := range Names() {
		if !slices.Contains(seen, name) {
			t.Errorf("there is no host of the profile %s", name)
		}
	}
}

func TestNoEtcdOnThisHost(t *testing.T) {
	t.Parallel()
	h := fixture(t, "")
	for _, name := range []Name{Auto, None, ""} {
		if got, err := h.find(name); got != nil || err != nil {
			t.Errorf("--profile %s: %+v, %v", name, got, err)
		}
	}
	if _, err := h.find(RKE2); err == nil || !strings.Contains(err.Error(), rke2+"server/db/etcd/config") {
		t.Errorf("the error doesn't name what was looked for: %v", err)
	}
	if _, err := fixture(t, "k3s-sqlite").find(Auto); err == nil || !strings.Contains(err.Error(), "SQLite") {
		t.Errorf("k3s without etcd: %v", err)
	}
}

// TestFilesWithoutEtcd: a file where etcd's settings are expected, and which runs something else, is named with that.
func TestFilesWithoutEtcd(t *testing.T) {
	t.Parallel()
	const pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: pause, command: [/pause]}]}\n"
	for _, test := range []struct{ path, text, want string }{
		{manifests + "etcd.yaml", pod, "nothing in it runs etcd"},
		{"/etc/etcd.env", "TZ=UTC\n", "nothing in it runs etcd"},
		{"/etc/systemd/system/etcd.service", "[Service]\nExecStart=/usr/bin/true\n", "nothing in it runs etcd"},
		{manifests + "kube-apiserver.yaml", pod, "nothing in it runs kube-apiserver"},
	} {
		h := fixture(t, "")
		h.write(test.path, test.text)
		found, err := h.find(Auto)
		var hidden *HiddenError
		if found != nil || !errors.As(err, &hidden) || !strings.Contains(hidden.Error(), test.path+": "+test.want) {
			t.Errorf("%s: %+v, %v", test.path, found, err)
		}
	}
}

// TestPairs: an expired pair gives way to a valid one, an unreadable pair to any.
func TestPairs(t *testing.T) {
	t.Parallel()
	h := fixture(t, "kubeadm", kubeadmPKI+"apiserver-etcd-client.crt")
	h.write(kubeadmPKI+"etcd/ca.crt", "CA\n")
	h.pair(kubeadmPKI+"etcd/healthcheck-client.crt", now.Add(-time.Hour))
	h.pair(kubeadmPKI+"etcd/server.crt", now.Add(time.Hour))
	h.write(kubeadmPKI+"etcd/server.key", "no key\n")
	got := h.found(Auto)
	if got.CertFile != kubeadmPKI+"apiserver-etcd-client.crt" {
		t.Errorf("it takes %s", got.CertFile)
	}
	if len(got.Remarks) != 2 {
		t.Errorf("it says nothing of the expired pair, or of the one that is none: %q", got.Remarks)
	}
	only := fixture(t, "kubeadm")
	only.write(kubeadmPKI+"etcd/ca.crt", "CA\n")
	only.pair(kubeadmPKI+"etcd/healthcheck-client.crt", now.Add(-time.Hour))
	if got := only.found(Auto); got.CertFile != kubeadmPKI+"etcd/healthcheck-client.crt" {
		t.Errorf("the only pair has expired, and it takes %q", got.CertFile)
	}
}

// TestRoot: a link on the host leads to the host's own files, never to ours.
func TestRoot(t *testing.T) {
	t.Parallel()
	h := fixture(t, "", "/data/rke2/server/tls/etcd/client.crt")
	h.write("/data/rke2/server/tls/etcd/server-ca.crt", "CA\n")
	if err := os.MkdirAll(filepath.Join(h.root, "var/lib/rancher"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/data/rke2", filepath.Join(h.root, "var/lib/rancher/rke2")); err != nil {
		t.Fatal(err)
	}
	if got := h.found(Auto); got.Profile != RKE2 || got.CertFile != "/data/rke2/server/tls/etcd/client.crt" {
		t.Errorf("got %+v", got)
	}
}

// TestIncompletePair: a pair that lacks a file, or has one that makes no sense, is named with what to do, and its
// authority is kept.
func TestIncompletePair(t *testing.T) {
	t.Parallel()
	const cert, key = "/etc/etcd/pki/server.crt", "/etc/etcd/pki/server.key"
	for name, test := range map[string]struct {
		spoil func(*host)
		says  []string
	}{
		"no key": {func(h *host) {
			if err := os.Remove(filepath.Join(h.root, key)); err != nil {
				h.t.Fatal(err)
			}
		}, []string{key, "--cert and --key"}},
		"no certificate": {func(h *host) {
			if err := os.Remove(filepath.Join(h.root, cert)); err != nil {
				h.t.Fatal(err)
			}
		}, []string{cert, "--cert and --key"}},
		"a key that is none": {func(h *host) { h.write(key, "nonsense") }, []string{key, "--cert and --key"}},
	} {
		h := fixture(t, "", cert)
		h.write("/etc/etcd/pki/ca.crt", "CA\n")
		h.write("/etc/etcd/etcd.conf", "ETCD_LISTEN_CLIENT_URLS=https://127.0.0.1:2379\nETCD_CERT_FILE="+cert+
			"\nETCD_KEY_FILE="+key+"\nETCD_TRUSTED_CA_FILE=/etc/etcd/pki/ca.crt\n")
		test.spoil(h)
		got, err := h.find(Etcd)
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(got.Remarks, "; ")
		if got.CertFile != "" || got.CAFile != filepath.Join(h.root, "/etc/etcd/pki/ca.crt") {
			t.Errorf("%s: pair %q, authority %q", name, got.CertFile, got.CAFile)
		}
		for _, want := range test.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q does not say %q", name, said, want)
			}
		}
	}
}
