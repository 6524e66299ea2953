package kube

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Access says which kubeconfig and which of its contexts lead to the API server.
type Access struct {
	// Kubeconfig is a file; empty means KUBECONFIG, else ~/.kube/config, else the service account of a pod.
	Kubeconfig string
	// Context is the name of a context; empty means the current one.
	Context string
}

// load returns the client that the kubeconfig describes, and the name of its context. It asks nobody.
func (a Access) load() (*Client, string, error) {
	files, err := a.files(os.Getenv)
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	all, read, err := readKubeconfigs(files)
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if len(read) == 0 || all.isEmpty() {
		c, err := InCluster(os.Getenv, ServiceAccountDir)
		if errors.Is(err, ErrOutside) || a != (Access{}) {
			err = fmt.Errorf("there is no kubeconfig (%s): give --kubeconfig FILE, or set KUBECONFIG",
				strings.Join(files, ", "))
		}
		return c, "", err
	}
	name := cmp.Or(a.Context, all.currentContext)
	c, err := all.client(name, read)
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return c, name, nil
}

// Check returns what is wrong with the kubeconfig. It asks nobody.
func (a Access) Check() error {
	_, _, err := a.load()
	return err
}

// files are the files to read, the most important first. Only one that is named alone must be there.
func (a Access) files(getenv func(string) string) ([]string, error) {
	if a.Kubeconfig != "" {
		_, err := os.Stat(a.Kubeconfig)
		return []string{a.Kubeconfig}, err
	}
	var files []string
	for _, file := range filepath.SplitList(getenv("KUBECONFIG")) {
		if file != "" && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	if len(files) > 0 {
		return files, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, nil // as in a container; there may be a service account
	}
	return []string{filepath.Join(home, ".kube", "config")}, nil
}

// kubeconfigs are the files of a kubeconfig, merged as kubectl does: whichever names something first defines it.
type kubeconfigs struct {
	currentContext string
	clusters       map[string]*clusterEntry
	users          map[string]*userEntry
	contexts       map[string]*contextEntry
}

func (k *kubeconfigs) isEmpty() bool {
	return len(k.clusters) == 0 && len(k.users) == 0 && len(k.contexts) == 0
}

// kubeconfigFile is a file of the API kubeconfig v1, as far as etcdoc uses it.
type kubeconfigFile struct {
	CurrentContext string `yaml:"current-context"`
	Clusters       []struct {
		Name    string
		Cluster clusterEntry
	}
	Users []struct {
		Name string
		User userEntry
	}
	Contexts []struct {
		Name    string
		Context contextEntry
	}
}

type contextEntry struct {
	Cluster, User string
	origin        origin
}

type clusterEntry struct {
	Server                   string
	TLSServerName            string `yaml:"tls-server-name"`
	InsecureSkipTLSVerify    bool   `yaml:"insecure-skip-tls-verify"`
	CertificateAuthority     string `yaml:"certificate-authority"`
	CertificateAuthorityData string `yaml:"certificate-authority-data"`
	ProxyURL                 string `yaml:"proxy-url"`
	DisableCompression       bool   `yaml:"disable-compression"`
	Extensions               []struct {
		Name      string
		Extension any
	}
	origin origin
}

type userEntry struct {
	ClientCertificate     string `yaml:"client-certificate"`
	ClientCertificateData string `yaml:"client-certificate-data"`
	ClientKey             string `yaml:"client-key"`
	ClientKeyData         string `yaml:"client-key-data"`
	Token                 string
	TokenFile             string `yaml:"tokenFile"`
	As                    string
	AsUID                 string              `yaml:"as-uid"`
	AsGroups              []string            `yaml:"as-groups"`
	AsUserExtra           map[string][]string `yaml:"as-user-extra"`
	Username, Password    string
	AuthProvider          *struct{ Name string } `yaml:"auth-provider"`
	Exec                  *execEntry
	origin                origin
}

type execEntry struct {
	Command string
	Args    []string
	Env     []struct{ Name, Value string }

	APIVersion         string `yaml:"apiVersion"`
	InstallHint        string `yaml:"installHint"`
	ProvideClusterInfo bool   `yaml:"provideClusterInfo"`
	InteractiveMode    string `yaml:"interactiveMode"`
}

// origin is where an entry is: in which file, and what it is called there, such as user "admin".
type origin struct{ file, entry string }

// errorf returns an error about a key of the entry.
func (o origin) errorf(key, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %s: %w", o.file, o.entry, key, fmt.Errorf(format, args...))
}

// path returns a path that the entry names: a relative one begins at the kubeconfig's folder.
func (o origin) path(named string) string {
	if named == "" || filepath.IsAbs(named) {
		return named
	}
	return filepath.Join(filepath.Dir(o.file), named)
}

// readKubeconfigs reads the files that are there, and returns which these are.
func readKubeconfigs(files []string) (*kubeconfigs, []string, error) {
	all := &kubeconfigs{clusters: map[string]*clusterEntry{}, users: map[string]*userEntry{},
		contexts: map[string]*contextEntry{}}
	var read []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		var one kubeconfigFile
		if err := yaml.Unmarshal(text, &one); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, err)
		}
		read = append(read, file)
		all.add(&one, file)
	}
	return all, read, nil
}

func (k *kubeconfigs) add(one *kubeconfigFile, file string) {
	k.currentContext = cmp.Or(k.currentContext, one.CurrentContext)
	for i := range one.Clusters {
		entry := &one.Clusters[i].Cluster
		entry.origin = origin{file, fmt.Sprintf("cluster %q", one.Clusters[i].Name)}
		keepFirst(k.clusters, one.Clusters[i].Name, entry)
	}
	for i := range one.Users {
		entry := &one.Users[i].User
		entry.origin = origin{file, fmt.Sprintf("user %q", one.Users[i].Name)}
		keepFirst(k.users, one.Users[i].Name, entry)
	}
	for i := range one.Contexts {
		entry := &one.Contexts[i].Context
		entry.origin = origin{file, fmt.Sprintf("context %q", one.Contexts[i].Name)}
		keepFirst(k.contexts, one.Contexts[i].Name, entry)
	}
}

func keepFirst[V any](all map[string]V, name string, entry V) {
	if _, is := all[name]; !is {
		all[name] = entry
	}
}

// listContexts is how to see which contexts there are.
const listContexts = "kubectl config get-contexts lists what there is"

// client returns the client of a context. files are those that were read.
func (k *kubeconfigs) client(name string, files []string) (*Client, error) {
	where := strings.Join(files, ", ")
	if name == "" {
		return nil, fmt.Errorf("%s: current-context is not set: give --context NAME (%s)", where, listContexts)
	}
	at := k.contexts[name]
	if at == nil {
		return nil, fmt.Errorf("context %q does not exist in %s (%s)", name, where, listContexts)
	}
	cluster, user := k.clusters[at.Cluster], k.users[at.User]
	switch {
	case cluster == nil:
		return nil, at.origin.errorf("cluster", "there is no cluster %q", at.Cluster)
	case user == nil:
		return nil, at.origin.errorf("user", "there is no user %q", at.User)
	}
	return cluster.client(user)
}
