package thresholds

import (
	"fmt"
	"testing"
)

// TestRestoreWords: members that are restored alike share a step, which is worded for as many as they are.
func TestRestoreWords(t *testing.T) {
	t.Parallel()
	r := &diagnoser{}
	for kind := restoreAwait; kind <= restoreStopped; kind++ {
		for _, labels := range [][]string{{"m1"}, {"m1", "m2"}} {
			n := len(labels)
			says(t, fmt.Sprintf("step %d of %d", kind, n), r.wordRestoreStep(restoreStep{kind: kind}, n, join(labels)))
			says(t, fmt.Sprintf("advice %d of %d", kind, n), adviseRestore(kind, labels))
		}
	}
}
