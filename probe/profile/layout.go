package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Name names a profile: a distribution's way to lay out etcd on a host.
type Name string

// The profiles.
const (
	Auto      Name = "auto"
	Kubeadm   Name = "kubeadm"
	RKE2      Name = "rke2"
	K3s       Name = "k3s"
	RKE1      Name = "rke1"
	OpenShift Name = "openshift"
	Talos     Name = "talos"
	KOps      Name = "kops"
	K0s       Name = "k0s"
	Kubespray Name = "kubespray"
	Minikube  Name = "minikube"
	Etcd      Name = "etcd"
	None      Name = "none"
)

// Unit is the systemd unit that has etcd inside of it, or starts it; empty if etcd has a unit of its own, or is the
// kubelet's.
func (n Name) Unit() string {
	return map[Name]string{K3s: "k3s", RKE2: "rke2-server", K0s: "k0scontroller"}[n]
}

// Names returns the profiles in the order in which help lists them.
func Names() []Name {
	names := []Name{Auto}
	for i := range layouts {
		names = append(names, layouts[i].name)
	}
	return append(names, None)
}

// A layout says where a distribution keeps its etcd. Paths are absolute; a star stands for any name of a host.
type layout struct {
	name Name
	// requires is a path without which a host is another distribution's; empty if there is none.
	requires string
	// home is the distribution's own folder, which its configuration files can move by the key data-dir.
	home      string
	homeSetBy []string
	// manifests are static pods that run etcd, configs etcd's own configuration files, environments files of ETCD_
	// variables, units systemd units that start etcd. They are what etcd runs with, so they win over the rest of the
	// row.
	manifests, configs, environments, units []string
	// apiservers are static pods of kube-apiserver, which is a client of etcd.
	apiservers []string
	// marks are further paths that only this distribution has.
	marks []string
	// identities are what a client can present, the best first.
	identities []identity
	// client is the client URL on the host itself. metrics is where each member of such a cluster serves metrics if not
	// on its client port: scheme://:PORT.
	client, metrics string
	// also are client URLs of other etcd clusters on the host, each with what it holds.
	also map[string]string
	// dataDir is etcd's data directory, and backups where the distribution keeps the snapshots that it takes by itself;
	// empty if it takes none.
	dataDir, backups string
}

// An identity is a client's key pair and the authority that signed the members' certificates.
type identity struct{ ca, cert, key string }

const (
	manifests = "/etc/kubernetes/manifests/"
	rke2      = "/var/lib/rancher/rke2/"
	k3s       = "/var/lib/rancher/k3s/"
	sqlite    = "server/db/state.db" // below k3s: where it keeps its data instead of in etcd
)

// pairsIn returns identities that share a CA: certificates named in dir, each beside its key.
func pairsIn(dir, ca string, names ...string) (all []identity) {
	for _, name := range names {
		all = append(all, identity{dir + ca, dir + name + ".crt", dir + name + ".key"})
	}
	return all
}

// layouts are the distributions, the more particular first: several leave the files of another one behind. Sources: the
// distributions' own source and documentation.
var layouts = []layout{
	{
		name: RKE2,
		home: rke2, homeSetBy: []string{"/etc/rancher/rke2/config.yaml", "/etc/rancher/rke2/config.yaml.d/*.yaml"},
		manifests:  []string{rke2 + "agent/pod-manifests/etcd.yaml"},
		configs:    []string{rke2 + "server/db/etcd/config"},
		apiservers: []string{rke2 + "agent/pod-manifests/kube-apiserver.yaml"},
		identities: pairsIn(rke2+"server/tls/etcd/", "server-ca.crt", "client", "server-client"),
		client:     "https://127.0.0.1:2379", metrics: "http://:2381", dataDir: rke2 + "server/db/etcd",
		backups: rke2 + "server/db/snapshots",
	},
	{
		name: K3s,
		home: k3s, homeSetBy: []string{"/etc/rancher/k3s/config.yaml", "/etc/rancher/k3s/config.yaml.d/*.yaml"},
		marks:      []string{k3s + sqlite},
		configs:    []string{k3s + "server/db/etcd/config"},
		identities: pairsIn(k3s+"server/tls/etcd/", "server-ca.crt", "client", "server-client"),
		client:     "https://127.0.0.1:2379", metrics: "http://:2381", dataDir: k3s + "server/db/etcd",
		backups: k3s + "server/db/snapshots",
	},
	{
		name:       OpenShift,
		manifests:  []string{manifests + "etcd-pod.yaml"},
		apiservers: []string{manifests + "kube-apiserver-pod.yaml"},
		identities: []identity{{
			"/etc/kubernetes/static-pod-resources/etcd-certs/configmaps/etcd-all-bundles/server-ca-bundle.crt",
			"/etc/kubernetes/static-pod-resources/etcd-certs/secrets/etcd-all-certs/etcd-peer-*.crt",
			"/etc/kubernetes/static-pod-resources/etcd-certs/secrets/etcd-all-certs/etcd-peer-*.key",
		}},
		client: "https://127.0.0.1:2379", metrics: "https://:9978", dataDir: "/var/lib/etcd",
	},
	{
		name:       KOps,
		marks:      []string{"/srv/kubernetes/kube-apiserver/etcd-ca.crt"},
		apiservers: []string{manifests + "kube-apiserver.manifest"},
		identities: pairsIn("/srv/kubernetes/kube-apiserver/", "etcd-ca.crt", "etcd-client"),
		client:     "https://127.0.0.1:4001",
		also:       map[string]string{"https://127.0.0.1:4002": "Kubernetes' events"},
		dataDir:    "/mnt/master-vol-*",
	},
	{
		name: K0s,
		identities: append(pairsIn("/var/lib/k0s/pki/", "etcd/ca.crt", "apiserver-etcd-client"),
			pairsIn("/var/lib/k0s/pki/etcd/", "ca.crt", "server")...),
		client: "https://127.0.0.1:2379", dataDir: "/var/lib/k0s/etcd",
	},
	{
		name:       Talos,
		identities: pairsIn("/system/secrets/etcd/", "ca.crt", "admin"),
		client:     "https://127.0.0.1:2379", dataDir: "/var/lib/etcd",
	},
	{
		name:       Minikube,
		requires:   "/var/lib/minikube/certs",
		manifests:  []string{manifests + "etcd.yaml"},
		apiservers: []string{manifests + "kube-apiserver.yaml"},
		identities: append(pairsIn("/var/lib/minikube/certs/etcd/", "ca.crt", "healthcheck-client", "server"),
			identity{"/var/lib/minikube/certs/etcd/ca.crt", "/var/lib/minikube/certs/apiserver-etcd-client.crt",
				"/var/lib/minikube/certs/apiserver-etcd-client.key"}),
		client: "https://127.0.0.1:2379", metrics: "http://:2381", dataDir: "/var/lib/minikube/etcd",
	},
	{
		name: RKE1,
		identities: []identity{{"/etc/kubernetes/ssl/kube-ca.pem", "/etc/kubernetes/ssl/kube-etcd-*.pem",
			"/etc/kubernetes/ssl/kube-etcd-*-key.pem"}},
		client: "https://127.0.0.1:2379", dataDir: "/var/lib/rancher/etcd",
	},
	{
		name:         Kubespray,
		environments: []string{"/etc/etcd.env"},
		identities: []identity{{"/etc/ssl/etcd/ssl/ca.pem", "/etc/ssl/etcd/ssl/admin-*.pem",
			"/etc/ssl/etcd/ssl/admin-*-key.pem"}},
		client: "https://127.0.0.1:2379", dataDir: "/var/lib/etcd",
	},
	{
		name:       Kubeadm,
		manifests:  []string{manifests + "etcd.yaml"},
		apiservers: []string{manifests + "kube-apiserver.yaml"},
		identities: append(pairsIn("/etc/kubernetes/pki/etcd/", "ca.crt", "healthcheck-client", "server"),
			identity{"/etc/kubernetes/pki/etcd/ca.crt", "/etc/kubernetes/pki/apiserver-etcd-client.crt",
				"/etc/kubernetes/pki/apiserver-etcd-client.key"}),
		client: "https://127.0.0.1:2379", metrics: "http://:2381", dataDir: "/var/lib/etcd",
	},
	{
		name: Etcd,
		configs: []string{"/etc/etcd/etcd.conf.yml", "/etc/etcd/etcd.conf.yaml", "/etc/etcd/etcd.yaml",
			"/etc/etcd.yaml"},
		environments: []string{"/etc/etcd/etcd.conf", "/etc/default/etcd", "/etc/sysconfig/etcd"},
		units:        []string{"/etc/systemd/system/etcd.service", "/lib/systemd/system/etcd.service"},
		client:       "http://127.0.0.1:2379", dataDir: "/var/lib/etcd",
	},
}

// moved returns the layout with its paths below the folder that the host's configuration of the distribution names, and
// with the place of backups that it names.
func (l *layout) moved(t *tree) (*layout, error) {
	home, backups := "", l.backups
	for _, pattern := range l.homeSetBy {
		for _, file := range t.glob(pattern) {
			text, err := t.read(file)
			if err != nil {
				return l, err
			}
			var config struct {
				DataDir     string `yaml:"data-dir"`
				SnapshotDir string `yaml:"etcd-snapshot-dir"`
				NoSnapshots bool   `yaml:"etcd-disable-snapshots"`
			}
			if err := yaml.Unmarshal(text, &config); err != nil {
				return l, fmt.Errorf("%s: %w", file, err)
			}
			home, backups = cmp.Or(config.DataDir, home), cmp.Or(config.SnapshotDir, backups)
			if config.NoSnapshots {
				backups = ""
			}
		}
	}
	if home == "" {
		m := *l
		m.backups = backups
		return &m, nil
	}
	home = strings.TrimSuffix(home, "/") + "/"
	move := func(path string) string {
		if rest, ok := strings.CutPrefix(path, l.home); ok {
			return home + rest
		}
		return path
	}
	m := *l
	m.home, m.dataDir, m.backups = home, move(l.dataDir), move(backups)
	for _, paths := range []*[]string{&m.manifests, &m.configs, &m.apiservers, &m.marks} {
		*paths = slices.Clone(*paths)
		for i := range *paths {
			(*paths)[i] = move((*paths)[i])
		}
	}
	m.identities = slices.Clone(l.identities)
	for i, id := range m.identities {
		m.identities[i] = identity{move(id.ca), move(id.cert), move(id.key)}
	}
	return &m, nil
}

// Pair returns the CA, and the client pair that is taken first, of a profile; a star stands for the host's name. They
// are empty for a profile without a layout.
func Pair(name Name) (ca, cert, key string) {
	for i := range layouts {
		if l := &layouts[i]; l.name == name && len(l.identities) > 0 {
			return l.identities[0].ca, l.identities[0].cert, l.identities[0].key
		}
	}
	return "", "", ""
}

// OfDataDir returns the profile whose data directory a path is, on the host itself or in a copy of its files; empty if
// that can be several's.
func OfDataDir(path string) Name {
	path = "/" + strings.Trim(path, "/")
	for i := range layouts {
		l := &layouts[i]
		same := func(other layout) bool { return other.name != l.name && other.dataDir == l.dataDir }
		if !slices.ContainsFunc(layouts, same) && strings.HasSuffix(path, l.dataDir) {
			return l.name
		}
	}
	return ""
}
