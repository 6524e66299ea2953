package tui

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestTheValueOfAFindingThatResolves is marked as the last one over the limit.
func TestTheValueOfAFindingThatResolves(t *testing.T) {
	t.Parallel()
	m := newTestModel(nil)
	f := thresholds.Finding{Value: probe.Known(0.123), Unit: thresholds.Seconds, State: thresholds.AlertFiring}
	firing := m.findingValue(&f)
	f.State = thresholds.AlertResolving
	if resolving := m.findingValue(&f); firing != "123ms" || resolving != "~123ms" {
		t.Errorf("firing %q, resolving %q", firing, resolving)
	}
}

// TestTheValueOfAFindingIsTheTables: of few fsyncs the list has the bound that the table has, not that of the limit.
func TestTheValueOfAFindingIsTheTables(t *testing.T) {
	t.Parallel()
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 30}, 120, 40)
	a := &m.shown.assessment.Members[1]
	a.WALFsync = thresholds.Latency{Low: probe.Known(0.016), High: probe.Known(0.032), Observations: 9, Few: true}
	f := thresholds.Finding{Rule: thresholds.WALFsyncSlow, Member: a.MemberRef, Value: probe.Known(0.016),
		Unit: thresholds.Seconds, State: thresholds.AlertFiring}
	if got := m.findingValue(&f); got != "≤32ms" {
		t.Errorf("%q beside %q in the table", got, m.vitalCell(a, thresholds.WALFsyncP99).text)
	}
}
