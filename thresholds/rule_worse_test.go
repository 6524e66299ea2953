package thresholds

import "testing"

// TestGotWorse at the limits of a rule: a limit that was not reached before, and growth below it.
func TestGotWorse(t *testing.T) {
	t.Parallel()
	slow := Rule{ID: WALFsyncSlow, Notice: Limit{Value: known(0.010)}, Warning: Limit{Value: known(0.1)}}
	low := Rule{ID: WALFsyncSlow, Below: true, Warning: Limit{Value: known(10)}}
	for _, test := range []struct {
		rule          *Rule
		before, after float64
		want          bool
	}{
		{&slow, 0.009, 0.010, true},
		{&slow, 0.009, 0.0099, false},
		{&slow, 0.003, 0.005, true},
		{&slow, 0.003, 0.0049, false},
		{&slow, 0.0034, 0.005, false},
		{&slow, 0.012, 0.017, false},
		{&slow, 0.012, 0.0181, true},
		{&slow, 0.09, 0.1, true},
		{&slow, 0.2, 0.2, false},
		{&slow, 0.2, 0.01, false},
		{&low, 11, 10, true},
		{&low, 100, 11, false},
		{&low, 9, 8, false},
		{&Rule{ID: WALFsyncSlow}, 1, 100, false},
	} {
		if got := test.rule.GotWorse(test.before, test.after); got != test.want {
			t.Errorf("from %v to %v: %t", test.before, test.after, got)
		}
	}
}
