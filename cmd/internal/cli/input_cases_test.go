package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// fieldCase is the path of a case from the field.
func fieldCase(name ...string) string {
	return filepath.Join(append([]string{"testdata", "cases"}, name...)...)
}

// TestInputStartTimeMoves: one process for ten days, whose start time trembles by a second, or moves once by 120 s.
func TestInputStartTimeMoves(t *testing.T) {
	for _, series := range []string{"dumps", "step"} {
		code, r := judged(t, fieldCase("start-time-moves-with-the-clock", series))
		_, table, _ := etcdoc(t, "check", "--input", fieldCase("start-time-moves-with-the-clock", series))
		if code != ExitHealthy || r.finds("member-restarted") || strings.Contains(table, "restarted") {
			t.Errorf("%s: exit code %d, %s:\n%s", series, code, r.Reading.Text, table)
		}
	}
}
