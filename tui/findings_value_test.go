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
