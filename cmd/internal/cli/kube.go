package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/probe"
)

// kubeFlags say through which API server etcd's pods are reached.
type kubeFlags struct {
	on                  bool
	kubeconfig, context string
}

func (k *kubeFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&k.on, kubeFlag, isPlugin(os.Args[0]),
		"reach etcd's pods through the API server of a kubeconfig's current context, by port forwards")
	flags.StringVar(&k.kubeconfig, kubeconfigFlag, "",
		"kubeconfig `file` for --kube (default $KUBECONFIG or ~/.kube/config)")
	flags.StringVar(&k.context, contextFlag, "", "`name` of the kubeconfig's context for --kube")
}

// The flags that choose the way through an API server.
const (
	kubeFlag       = "kube"
	kubeconfigFlag = "kubeconfig"
	contextFlag    = "context"
)

// pluginPrefix begins the names of kubectl's plug-ins.
const pluginPrefix = "kubectl-"

// isPlugin reports whether kubectl runs etcdoc as a plug-in, by the name that it was called by.
func isPlugin(argv0 string) bool { return strings.HasPrefix(filepath.Base(argv0), pluginPrefix) }

// isChosen reports whether the way leads through an API server. Called as a plug-in of kubectl, it does unless
// something else says where the members are.
func (k *kubeFlags) isChosen(given func(flag string) bool) bool {
	switch {
	case given(kubeFlag):
		return k.on
	case given(kubeconfigFlag), given(contextFlag):
		return true
	}
	return k.on && k.conflict(given) == ""
}

// conflict returns a given flag that says where the members are, besides --kube; empty if there is none.
func (k *kubeFlags) conflict(given func(flag string) bool) string {
	for _, flag := range []string{"endpoints", "discovery-srv", "profile", "root"} {
		if given(flag) {
			return flag
		}
	}
	return ""
}

// check returns an error if the flags conflict with others, or the kubeconfig can't be read. It asks nobody.
func (k *kubeFlags) check(given func(flag string) bool) error {
	if !k.isChosen(given) {
		return nil
	}
	if other := k.conflict(given); other != "" {
		return valueErrorf(other, "does not go with --kube, which finds the members by their pods: leave one of them out")
	}
	return k.explain(k.access().Check(), given)
}

func (k *kubeFlags) access() kube.Access {
	return kube.Access{Kubeconfig: k.kubeconfig, Context: k.context}
}

// explain says which flag an error about the kubeconfig is about, where one is given.
func (k *kubeFlags) explain(err error, given func(flag string) bool) error {
	if err == nil {
		return nil
	}
	switch {
	case given(contextFlag):
		return valueErrorf(contextFlag, "%s: %w", k.context, err)
	case given(kubeconfigFlag):
		return valueErrorf(kubeconfigFlag, "%s: %w", k.kubeconfig, err)
	case given(kubeFlag):
		return valueErrorf(kubeFlag, "finds no way: %w", err)
	}
	return err
}

// throughKube returns the configuration of a prober that reaches the members through an API server.
func (c *connectionFlags) throughKube(
	ctx context.Context, streams Streams, given func(flag string) bool,
) (probe.Config, error) {
	if err := c.kube.check(given); err != nil {
		return probe.Config{}, err
	}
	way, err := kube.Open(ctx, c.kube.access())
	if err != nil {
		return probe.Config{}, c.kube.explain(err, given)
	}
	config := c.assemble(nil, given)
	config.Endpoints = nil
	way.Use(&config)
	c.apiServer.through = new(way.APIServer())
	if config.APIServers, err = c.apiServer.podServers(nil); err != nil {
		return probe.Config{}, err
	}
	if config.User, config.Password, err = c.login(ctx, streams); err != nil {
		return probe.Config{}, err
	}
	warnf(streams.Err, "%s", way.Summary())
	if config.PairFrom != "" {
		warnf(streams.Err, "without a client pair only metrics are read, and all else is unknown; it is to be had by %s", config.PairFrom)
	}
	return config, nil
}
