package tui

import (
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// nodeFacts are what Kubernetes says of the node that a member runs on; nothing where nobody asks it.
func (m model) nodeFacts(a *thresholds.Member) []fact {
	t, n := m.theme, a.Node
	if n == nil {
		asked := m.shown.assessment.NodesErr != nil ||
			slices.ContainsFunc(m.shown.members, func(other thresholds.Member) bool { return other.Node != nil })
		if !asked {
			return nil
		}
		return []fact{{name: "name", value: span{t.dim, "?"}}}
	}
	plain := func(name, text string) fact { return fact{name: name, value: span{t.plain, t.clean(text)}} }
	cordoned := "no"
	if n.Cordoned {
		cordoned = "yes"
	}
	facts := []fact{plain("name", n.Name), m.conditionFact("ready", n.Ready), plain("cordoned", cordoned)}
	if n.DrainedBy != "" {
		facts = append(facts, plain("drained by", n.DrainedBy))
	}
	facts = append(facts, plain("kubelet", n.KubeletVersion))
	if n.IsVoter != "" {
		facts = append(facts, m.conditionFact("EtcdIsVoter", n.IsVoter))
	}
	return facts
}

// nodeNote says in short what about a member's node matters for a change of the member; empty for nothing.
func nodeNote(n *probe.Node) string {
	if n == nil {
		return ""
	}
	var notes []string
	switch n.Ready {
	case probe.ConditionFalse:
		notes = append(notes, "not ready")
	case probe.ConditionUnknown:
		notes = append(notes, "silent")
	}
	if n.Cordoned {
		notes = append(notes, "cordoned")
	}
	if n.DrainedBy != "" {
		notes = append(notes, "drained by "+n.DrainedBy)
	}
	if n.IsVoter == probe.ConditionFalse {
		notes = append(notes, "no EtcdIsVoter")
	}
	if len(notes) == 0 {
		return ""
	}
	return "node " + strings.Join(notes, ", ")
}

// conditionFact is a condition of a node, which is unknown while its kubelet is silent.
func (m model) conditionFact(name string, status probe.ConditionStatus) fact {
	t := m.theme
	switch status {
	case probe.ConditionTrue:
		return fact{name: name, value: span{t.plain, "yes"}}
	case probe.ConditionFalse:
		return fact{name: name, value: span{t.plain, "no"}}
	}
	return fact{name: name, value: span{t.dim, "?"}}
}
