package probe

import (
	"context"
	"slices"
	"time"
)

// A Node is what Kubernetes' API server says of the node that a member runs on.
type Node struct {
	Name string
	// Addresses are its internal addresses, and those of the pod on it that runs a member. A member whose URLs have one
	// of them runs on it.
	Addresses []string
	// Ready is its condition of that name, which is unknown when its kubelet is silent. IsVoter is the condition
	// EtcdIsVoter of RKE2 and k3s.
	Ready, IsVoter ConditionStatus
	// Cordoned says that no new pods go to it (kubectl cordon, and kubectl drain).
	Cordoned bool
	// DrainedBy is what says that it is draining the node or is about to; empty if nothing does, as with kubectl drain.
	DrainedBy      string
	KubeletVersion string
}

// ConditionStatus is the status of a node's condition; empty if the node does not have it.
type ConditionStatus string

// The statuses of conditions, as Kubernetes writes them.
const (
	ConditionTrue    ConditionStatus = "True"
	ConditionFalse   ConditionStatus = "False"
	ConditionUnknown ConditionStatus = "Unknown"
)

const (
	// nodesEvery is how often the API server is asked for nodes, failed or not: as often as kubelets report.
	nodesEvery = 10 * time.Second
	// nodesKept is how many rounds an answer stands for when later ones fail.
	nodesKept = 3
)

// askNodes asks for the nodes that members run on.
func (p *Prober) askNodes() {
	due := p.nodes.asked.IsZero() || p.round.began.Sub(p.nodes.asked)+p.round.interval/2 >= nodesEvery
	if p.cfg.Nodes == nil || !due || !p.nodes.due(&p.round) {
		return
	}
	ask(p, &p.nodes, func(ctx context.Context) (a answer[[]Node]) {
		var err error
		if a.value, err = p.cfg.Nodes(ctx); err != nil {
			a.err = &Error{Kind: ErrOther, Text: err.Error()}
		}
		a.ok = err == nil
		return a
	}, p.nodes.record)
}

// currentNodes are the nodes of the newest answer; none if it is too old to stand for now.
func (p *Prober) currentNodes() []Node {
	f := &p.nodes.fact
	if !f.Answered() || p.round.began.Sub(f.At) > nodesKept*max(nodesEvery, p.round.interval) {
		return nil
	}
	return f.Value
}

// nodeOf returns the node that a member runs on, by the hosts of its URLs; nil unless they lead to exactly one.
func nodeOf(m *Member, nodes []Node) *Node {
	var found *Node
	for _, u := range slices.Concat([]string{m.Endpoint}, m.ClientURLs, m.PeerURLs) {
		host := Hostname(u)
		if host == "" || IsLoopback(u) {
			continue
		}
		for i := range nodes {
			if !slices.Contains(nodes[i].Addresses, host) {
				continue
			}
			if found != nil && found != &nodes[i] {
				return nil
			}
			found = &nodes[i]
		}
	}
	return found
}

func (n *Node) printable() *Node {
	if n == nil {
		return nil
	}
	own := *n
	own.Name, own.DrainedBy = Printable(n.Name), Printable(n.DrainedBy)
	own.KubeletVersion, own.Addresses = Printable(n.KubeletVersion), printableAll(n.Addresses)
	own.Ready, own.IsVoter = n.Ready.printable(), n.IsVoter.printable()
	return &own
}

// printable is a status that Kubernetes knows; every other one is unknown.
func (s ConditionStatus) printable() ConditionStatus {
	switch s {
	case "", ConditionTrue, ConditionFalse:
		return s
	}
	return ConditionUnknown
}
