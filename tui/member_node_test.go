package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// TestNodeOnTheMemberPage: what Kubernetes says of a member's node, what is not known of another one's, and nothing
// where nobody asks.
func TestNodeOnTheMemberPage(t *testing.T) {
	t.Parallel()
	var why *probe.Error
	node := &probe.Node{Name: "cp-1", Ready: probe.ConditionUnknown, Cordoned: true, DrainedBy: "kured",
		KubeletVersion: "v1.33.1+rke2r1", IsVoter: probe.ConditionTrue}
	nodes := func(_ time.Duration, s *probe.Sweep, _ *world) { s.Members[0].Node, s.NodesErr = node, why }
	facts := func(member int) string {
		t.Helper()
		m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 5, fault: nodes}, 120, 40)
		lines := strings.Join(m.renderFactLines(&m.shown.members[member], 200), "\n")
		_, found, has := strings.Cut(ansi.Strip(lines), "\nnode")
		if !has {
			return ""
		}
		line, rest, _ := strings.Cut(found, "\n")
		if why != nil {
			line += rest
		}
		return strings.Join(strings.Fields(line), " ")
	}
	for member, want := range []string{
		"name cp-1 ready ? cordoned yes drained by kured kubelet v1.33.1+rke2r1 EtcdIsVoter yes", "name ?",
	} {
		if got := facts(member); got != want {
			t.Errorf("member %d: %q, want %q", member, got, want)
		}
	}
	node, why = nil, &probe.Error{Kind: probe.ErrOther, Text: "reading the nodes: forbidden"}
	if got := facts(0); !strings.HasPrefix(got, "name ?") || !strings.Contains(got, "reading the nodes: forbidden") {
		t.Errorf("refused: %q", got)
	}
	why = nil
	if got := facts(0); got != "" {
		t.Errorf("nobody asks: %q", got)
	}
}

// TestNodeInTheChecklist: a node that is cordoned, or not ready, is noted in its member's turn; one that is as it
// should be is not.
func TestNodeInTheChecklist(t *testing.T) {
	t.Parallel()
	node := &probe.Node{Name: "cp-1", Ready: probe.ConditionTrue, IsVoter: probe.ConditionTrue}
	nodes := func(_ time.Duration, s *probe.Sweep, _ *world) { s.Members[0].Node = node }
	checklist := func() string {
		t.Helper()
		m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 5, fault: nodes}, 80, 24)
		return plainScreen(t, press(t, m, "d"), 80, 24)
	}
	if screen := checklist(); strings.Contains(screen, "node ") {
		t.Errorf("a node that is as it should be:\n%s", screen)
	}
	node = &probe.Node{Name: "cp-1", Ready: probe.ConditionFalse, Cordoned: true}
	if screen := checklist(); strings.Count(screen, "node not ready, cordoned") != 1 {
		t.Errorf("a node that is cordoned:\n%s", screen)
	}
}
