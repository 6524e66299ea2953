package kube

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

type nodeList struct{ Items []node }

// node is what the API says of a node, as far as etcdoc uses it.
type node struct {
	Metadata struct {
		Name        string
		Annotations map[string]string
	}
	Spec   struct{ Unschedulable bool }
	Status struct {
		Addresses  []struct{ Type, Address string }
		Conditions []condition
		NodeInfo   struct{ KubeletVersion, OSImage string }
	}
}

// condition is one of a node or a pod.
type condition struct {
	Type   string
	Status probe.ConditionStatus
}

// etcdNodes select the nodes that may run etcd: RKE2 and k3s mark those that do, the others control planes.
var etcdNodes = [...]string{"node-role.kubernetes.io/etcd", "node-role.kubernetes.io/control-plane"}

// Nodes reads the nodes that may run etcd, by the API server's memory: that costs etcd no read.
func (c *Client) Nodes(ctx context.Context) ([]probe.Node, error) {
	all := map[string]probe.Node{}
	for _, label := range etcdNodes {
		var list nodeList
		path := core + "/nodes?resourceVersion=0&labelSelector=" + url.QueryEscape(label)
		if err := c.do(ctx, http.MethodGet, "", path, nil, &list); err != nil {
			if isStatus(err, http.StatusForbidden) {
				err = fmt.Errorf("%w: it takes the right to list nodes (kubectl auth can-i list nodes)", err)
			}
			return nil, fmt.Errorf("reading the nodes: %w", err)
		}
		for i := range list.Items {
			all[list.Items[i].Metadata.Name] = list.Items[i].read()
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b probe.Node) int { return cmp.Compare(a.Name, b.Name) }), nil
}

func (n *node) read() probe.Node {
	out := probe.Node{
		Name: n.Metadata.Name, Cordoned: n.Spec.Unschedulable, KubeletVersion: n.Status.NodeInfo.KubeletVersion,
		DrainedBy: n.drainedBy(),
	}
	for _, a := range n.Status.Addresses {
		if a.Type == "InternalIP" {
			out.Addresses = append(out.Addresses, a.Address)
		}
	}
	for _, c := range n.Status.Conditions {
		switch c.Type {
		case "Ready":
			out.Ready = c.Status
		case "EtcdIsVoter":
			out.IsVoter = c.Status
		}
	}
	return out
}

// drainedBy returns what says in an annotation that it drains the node; empty for nobody. kubectl drain leaves none.
// Sources: OpenShift's machine-config-operator (pkg/daemon/constants) and kured (--annotate-nodes).
func (n *node) drainedBy() string {
	const config = "machineconfiguration.openshift.io/"
	wanted := n.Metadata.Annotations[config+"desiredDrain"]
	if strings.HasPrefix(wanted, "drain-") && wanted != n.Metadata.Annotations[config+"lastAppliedDrain"] {
		return "machine-config-operator"
	}
	if n.Metadata.Annotations["weave.works/kured-reboot-in-progress"] != "" {
		return "kured"
	}
	return ""
}

// nodes reads the nodes that may run etcd, with the addresses of the pods on them.
func (w *Way) nodes(ctx context.Context) ([]probe.Node, error) {
	all, err := w.api.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range all {
		for _, pod := range w.pods {
			if pod.node == all[i].Name {
				all[i].Addresses = append(all[i].Addresses, pod.hosts...)
			}
		}
	}
	return all, nil
}
