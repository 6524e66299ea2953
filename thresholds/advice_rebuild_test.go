package thresholds

import (
	"strings"
	"testing"
)

func TestRebuildCaveats(t *testing.T) {
	t.Parallel()
	const members, learners = "leave other members behind", "leave learners behind"
	for version, want := range map[string][]string{
		"3.5": {members, learners}, "3.5.21": {members, learners}, "3.5.22": {learners}, "3.5.25": nil,
		"3.6.0": {members, learners}, "3.6.1": {learners}, "v3.6.5": {learners}, "3.6.6": nil, "3.7": nil, "4.0.0": nil,
		"3.4": {members}, "3.4.30": {members}, "": {"Before 3.5.22 and 3.6.1"}, "new": {"Before 3.5.22 and 3.6.1"},
	} {
		got := RebuildCaveats(version)
		if len(got) != len(want) {
			t.Errorf("%s: %q, want %q", version, got, want)
			continue
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("%s: %q, want %q", version, got[i], want[i])
			}
		}
	}
}
