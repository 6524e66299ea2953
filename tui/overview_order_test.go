package tui

import (
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/thresholds"
)

// TestTheOrderInShortNamesTheLeader: where not all names have room, the leader's is among those that are left, also
// where another member goes last.
func TestTheOrderInShortNamesTheLeader(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 5, sweeps: 60}, 80, 24)
	r := &m.shown.assessment.Rolling
	leader := m.shown.assessment.Cluster.Leader
	var others []thresholds.RollingStep
	for i := range m.shown.assessment.Members {
		if ref := m.shown.assessment.Members[i].MemberRef; ref.Key != leader.Key {
			others = append(others, thresholds.RollingStep{Kind: thresholds.StepMember, Member: ref})
		}
	}
	led := thresholds.RollingStep{Kind: thresholds.StepMember, Member: leader}
	r.Phase, r.Steps = thresholds.PhaseOrder, append(append(others[:3:3], led), others[3])
	forms := m.orderForms()
	if len(forms) != 2 {
		t.Fatalf("%d forms", len(forms))
	}
	short := ""
	for _, s := range forms[1] {
		short += s.text
	}
	if want := "3 more with " + m.shortName(leader) + ", which leads, then "; !strings.Contains(short, want) {
		t.Errorf("%q, want %q", short, want)
	}
}
