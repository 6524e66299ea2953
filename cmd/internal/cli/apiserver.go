package cli

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
)

// apiServerFlags say which kube-apiservers to ask for their view of etcd.
type apiServerFlags struct {
	urls              []string
	caFile, tokenFile string
	// through is the API server of the kubeconfig, with its rights; nil without --kube.
	through *probe.APIServer
}

// apiServerAuto stands for the API server that --kube, the pod, or the host's files lead to.
const apiServerAuto = "auto"

func (f *apiServerFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.urls, "apiserver", nil,
		"`URLs` of kube-apiservers to ask for their view of etcd; auto: that of --kube, of the pod, or of this "+
			"control-plane node")
	flags.StringVar(&f.caFile, "apiserver-cacert", "", "CA certificates that API servers are verified against (PEM `file`)")
	flags.StringVar(&f.tokenFile, "apiserver-token-file", "",
		"`file` with the bearer token for API servers (in a pod: its service account's)")
}

// servers returns the API servers to ask. In a pod, what is not given is that of its service account: the token goes to
// nobody whom its CA does not vouch for.
func (f *apiServerFlags) servers(
	host *profile.Host, getenv func(string) string, serviceAccount string,
) ([]probe.APIServer, error) {
	var all []probe.APIServer
	account := inPod(getenv, serviceAccount)
	for _, u := range f.urls {
		server := probe.APIServer{URL: u, TLS: probe.TLS{CAFile: f.caFile}, TokenFile: f.tokenFile}
		if account != nil && f.caFile == "" && f.tokenFile == "" {
			server.TLS, server.TokenFile = account.TLS, account.TokenFile
		}
		switch {
		case u != apiServerAuto:
		case f.through != nil:
			server = *f.through
		case account != nil:
			server.URL = account.URL
		case host != nil && host.APIServer != nil:
			server = *host.APIServer
		default:
			return nil, valueErrorf("apiserver", "auto: this is no pod with a service account, and no file of this host "+
				"that was found runs kube-apiserver: write its URL")
		}
		all = append(all, server)
	}
	return all, nil
}

// nodes reads the cluster's nodes through the API server that auto finds for a pod; nil if it finds none, or is not
// asked to.
func (f *apiServerFlags) nodes(
	getenv func(string) string, serviceAccount string,
) func(context.Context) ([]probe.Node, error) {
	if !f.asksAuto() {
		return nil
	}
	client, err := kube.InCluster(getenv, serviceAccount)
	if err != nil {
		return nil
	}
	return client.Nodes
}

// check returns an error if a flag is of no use.
func (f *apiServerFlags) check() error {
	if len(f.urls) > 0 {
		return nil
	}
	var errs []error
	for flag, value := range map[string]string{"apiserver-cacert": f.caFile, "apiserver-token-file": f.tokenFile} {
		if value != "" {
			errs = append(errs, valueErrorf(flag, "is given without --apiserver: give the URL of an API server"))
		}
	}
	return errors.Join(errs...)
}

// asksAuto reports whether a pod's or a host's own API server is to be found.
func (f *apiServerFlags) asksAuto() bool { return slices.Contains(f.urls, apiServerAuto) }

// inPod returns the API server of the pod that this process runs in, with the files of its service account; nil outside
// a pod, or without such files.
func inPod(getenv func(string) string, serviceAccount string) *probe.APIServer {
	host, port := getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT")
	server := &probe.APIServer{
		URL:       "https://" + net.JoinHostPort(host, port),
		TLS:       probe.TLS{CAFile: filepath.Join(serviceAccount, "ca.crt")},
		TokenFile: filepath.Join(serviceAccount, "token"),
	}
	if _, err := os.Stat(server.TokenFile); host == "" || port == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return server
}

// podServers are the API servers to ask from here.
func (f *apiServerFlags) podServers(host *profile.Host) ([]probe.APIServer, error) {
	return f.servers(host, os.Getenv, kube.ServiceAccountDir)
}

func (f *apiServerFlags) podNodes() func(context.Context) ([]probe.Node, error) {
	return f.nodes(os.Getenv, kube.ServiceAccountDir)
}
