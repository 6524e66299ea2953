package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds/limits"
)

// A section is what a configuration file says of one cluster.
type section struct {
	name, at string
	node     *yaml.Node
}

const (
	// clustersKey is the key of the file's clusters, by name.
	clustersKey = "clusters"
	// allClusters stands for all of them.
	allClusters = "all"
)

// readClusters notes the sections of clusters.
func (r *fileReader) readClusters(at string, node *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		r.errs = append(r.errs, fmt.Errorf("%s: clusters: want a name for each, with its endpoints and so on below it", at))
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], resolved(node.Content[i+1])
		at := fmt.Sprintf("%s:%d", r.path, key.Line)
		switch {
		case slices.Contains(r.settings.named, key.Value):
			r.errs = append(r.errs, fmt.Errorf("%s: there is a cluster %.60q already", at, key.Value))
		case key.Value == "" || key.Value == allClusters || strings.Contains(key.Value, ","):
			r.errs = append(r.errs, fmt.Errorf("%s: a cluster can't be called %.60q: --on means something else by it", at,
				key.Value))
		case value.Kind != yaml.MappingNode:
			r.errs = append(r.errs, fmt.Errorf("%s: %.60q: want its endpoints and so on below it", at, key.Value))
		default:
			r.settings.named = append(r.settings.named, probe.Printable(key.Value))
			r.clusters = append(r.clusters, section{probe.Printable(key.Value), at, value})
		}
	}
}

// ofCluster reports whether a cluster's section may set a flag: one that says which cluster it is, and how to reach it.
func ofCluster(flag string) bool {
	connection := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(connectionFlags).register(connection)
	return flag == "name" || connection.Lookup(flag) != nil
}

// clusterOn returns the cluster that the flags, the environment or the file choose; empty if none or several.
func (s *Settings) clusterOn(flags *pflag.FlagSet) string {
	f := flags.Lookup(onFlag)
	if f == nil {
		return ""
	}
	if value := os.Getenv(variable(f)); !f.Changed && value != "" {
		_ = f.Value.Set(value) // any text will do
		s.origins[f.Name] = variable(f)
	}
	if on := f.Value.String(); on != allClusters && !strings.Contains(on, ",") {
		return on
	}
	return ""
}

// adoptCluster calls the chosen cluster on the screen what the file calls it, unless the user gives another name. It
// fails if the cluster's section does not say which cluster that is: the environment's endpoints may be another's.
func (s *Settings) adoptCluster(flags *pflag.FlagSet, of section) error {
	if f := flags.Lookup("name"); f != nil && !f.Changed && s.origins[f.Name] == "" {
		s.origins[f.Name] = of.at
		_ = f.Value.Set(of.name) // any text will do
	}
	for i := 0; i < len(of.node.Content); i += 2 {
		switch of.node.Content[i].Value {
		case "endpoints", "discovery-srv", "profile", kubeFlag, kubeconfigFlag, contextFlag:
			return nil
		}
	}
	return &lineError{of.at, fmt.Errorf("%s has no endpoints, discovery-srv, profile or context: which cluster is it?", of.name)}
}

// A lineError is about a line of the configuration file.
type lineError struct {
	at  string // the file and its line
	err error
}

func (e *lineError) Error() string { return e.at + ": " + e.err.Error() }
func (e *lineError) Unwrap() error { return e.err }

// mentionClusters says on stderr that the file has clusters, where nothing says which cluster to look at.
func (s *Settings) mentionClusters(flags *pflag.FlagSet, stderr io.Writer) {
	given := s.given(flags)
	if len(s.named) == 0 || s.on != "" ||
		slices.ContainsFunc([]string{
			"endpoints", "discovery-srv", "profile", "input", kubeFlag, kubeconfigFlag, contextFlag,
		}, given) {
		return
	}
	names := s.named[:min(len(s.named), maxClustersNamed)]
	warnf(stderr, "%s has clusters: %s: --on NAME looks at one of them, and check --on all at every one", s.path,
		strings.Join(names, ", "))
}

// maxClustersNamed is how many clusters a message lists.
const maxClustersNamed = 16

// noCluster is the error about a cluster that the file does not have.
func (s *Settings) noCluster(name string) error {
	if len(s.named) == 0 {
		example := name
		if name == allClusters {
			example = "prod"
		}
		section := fmt.Sprintf("a line such as clusters: {%q: {endpoints: [\"https://10.0.0.1:2379\"]}}", example)
		if s.path == "" {
			return valueErrorf(onFlag, "%q: there is no configuration file (neither HOME nor XDG_CONFIG_HOME is set): "+
				"name one with --config, with %s in it", name, section)
		}
		why := "the configuration file %q has no clusters"
		if s.missing {
			why = "there is no configuration file %q"
		}
		return valueErrorf(onFlag, "%q: "+why+": write %s into it, or name another file with --config", name,
			s.path, section)
	}
	if len(limits.Nearest(name, s.named)) == 0 && len(s.named) <= maxClustersNamed {
		return valueErrorf(onFlag, "%q: the configuration file %q has %s", name, s.path, strings.Join(s.named, ", "))
	}
	return valueErrorf(onFlag, "%q: %s", name, limits.Suggest(name, s.named))
}
