package thresholds

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestRestoreWords: members that are restored alike share a step, which is worded for as many as they are.
func TestRestoreWords(t *testing.T) {
	t.Parallel()
	r := &diagnoser{cohort: &cohort{frame: &frame{sweep: &probe.Sweep{}}}}
	for kind := restoreAwait; kind <= restoreStopped; kind++ {
		for _, labels := range [][]string{{"m1"}, {"m1", "m2"}} {
			n := len(labels)
			says(t, fmt.Sprintf("step %d of %d", kind, n), r.wordRestoreStep(restoreStep{kind: kind}, n, join(labels)))
			says(t, fmt.Sprintf("advice %d of %d", kind, n), r.unit().adviseRestore(kind, labels))
		}
	}
}

// TestRestoreStepNames: a step names its members before it says all that is to be done there.
func TestRestoreStepNames(t *testing.T) {
	t.Parallel()
	options := Options{}
	f := &frame{sweep: &probe.Sweep{}, settings: options.settings(NewRuleSet(Rules()), time.Second)}
	r := &diagnoser{cohort: &cohort{frame: f}}
	ports := someMembers{"…0.1:51572", "…0.1:51573"}
	for _, step := range []restoreStep{{kind: restoreStopped}, {restoreAsFound, MemberLate}} {
		text := r.restoreStepFor(step, ports)
		says(t, fmt.Sprintf("names %d", step.kind), text)
		if !strings.Contains(text, ports[0]+" and "+ports[1]) {
			t.Errorf("%q leaves a name out", text)
		}
	}
}
