package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/tui"
)

// screenOf returns the flags of a dashboard as a command line sets them.
func screenOf(t *testing.T, args ...string) (*ScreenFlags, *pflag.FlagSet) {
	t.Helper()
	screen, flags := new(ScreenFlags), pflag.NewFlagSet("", pflag.ContinueOnError)
	screen.register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return screen, flags
}

// stateHome puts the state file into a folder of the test's, and returns its path.
func stateHome(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	return statePath()
}

// TestChoicesAreRemembered: exactly what keys have changed from the flags is what the next dashboard starts with.
// Flags and the environment override it, and it overrides the configuration file, which stays unchanged.
func TestChoicesAreRemembered(t *testing.T) {
	path := stateHome(t)
	screen, _ := screenOf(t, "--interval", "5s", "--theme", "light")
	var said bytes.Buffer
	if err := screen.rememberChoices(&said, path, screen.choices()); err != nil || said.Len() > 0 {
		t.Errorf("nothing was chosen: %q, %v", &said, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("and it is remembered")
	}
	now := screen.choices()
	now.Window, now.Sort, now.Local, now.Glyphs = 15*time.Minute, tui.SortLag, true, tui.GlyphsBraille
	now.Notify, now.Hidden = true, []string{"ROLE"} // which no key has kept
	if err := screen.rememberChoices(&said, path, now); err != nil ||
		!strings.Contains(said.String(),
			"remembered history: 15m0s, glyphs: braille, sort: lag, local: true, notify: true in "+path) {
		t.Errorf("%q, %v", &said, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	now = screen.choices()
	now.Sort = tui.SortName // and the rest as remembered
	if err := screen.rememberChoices(&said, path, now); err != nil {
		t.Fatal(err)
	}

	file := configFile(t, "glyphs: ascii\nunits: 1000\nremember: true\nhide-columns: [UP]\n")
	t.Setenv("ETCDOC_CONFIG", file)
	t.Setenv("ETCDOC_GLYPHS", "block")
	next, flags := screenOf(t, "--local=false")
	var stderr bytes.Buffer
	if _, err := new(Settings).Load(flags, &stderr); err != nil || stderr.Len() > 0 {
		t.Fatalf("%v, %q", err, &stderr)
	}
	if next.history != 15*time.Minute || next.sort != "name" || next.units != "1000" || next.glyphs != "block" ||
		next.local || !next.remember || next.interval != time.Second || !next.notify ||
		!slices.Equal(next.hidden, []string{"UP"}) || next.Check() != nil {
		t.Errorf("the next dashboard begins with %+v", next)
	}
	if text, err := os.ReadFile(file); err != nil ||
		string(text) != "glyphs: ascii\nunits: 1000\nremember: true\nhide-columns: [UP]\n" {
		t.Errorf("the configuration file is %q, %v", text, err)
	}
}

// TestColumnsAreKept at once, beside what else is kept, and the next dashboard has them without --remember. With
// --remember=false, wherever it was given, nothing is kept, and nothing that was kept is used.
func TestColumnsAreKept(t *testing.T) {
	path := stateHome(t)
	if err := writeState(path, []setting{{"sort", "lag"}}); err != nil {
		t.Fatal(err)
	}
	begin := func(args ...string) *ScreenFlags {
		t.Helper()
		screen, flags := screenOf(t, args...)
		var stderr bytes.Buffer
		settings := new(Settings)
		if _, err := settings.Load(flags, &stderr); err != nil || stderr.Len() > 0 {
			t.Fatalf("%v, %q", err, &stderr)
		}
		screen.statePath, screen.keeps = path, settings.keeps(flags)
		return screen
	}
	for _, hidden := range [][]string{{"ROLE", "WAL p50"}, nil} {
		if err := begin().columnsKeeper()(hidden); err != nil {
			t.Fatal(err)
		}
		if next := begin(); !slices.Equal(next.hidden, hidden) || next.sort != "lag" {
			t.Errorf("the next dashboard hides %v, sorts by %s; want %v, lag", next.hidden, next.sort, hidden)
		}
	}
	if err := keepColumns(path, []string{"ROLE"}); err != nil {
		t.Fatal(err)
	}
	if next := begin("--hide-columns", "UP"); !slices.Equal(next.hidden, []string{"UP"}) {
		t.Errorf("against the command line %v are hidden", next.hidden)
	}
	forgets := func(where string, screen *ScreenFlags) {
		t.Helper()
		if screen.columnsKeeper() != nil || len(screen.hidden) > 0 || screen.sort != "list" {
			t.Errorf("--remember=false %s: hidden %v, sorted by %s", where, screen.hidden, screen.sort)
		}
	}
	forgets("on the command line", begin("--remember=false"))
	t.Setenv("ETCDOC_REMEMBER", "false")
	forgets("in the environment", begin())
	if screen := begin("--remember"); screen.columnsKeeper() == nil || !slices.Equal(screen.hidden, []string{"ROLE"}) {
		t.Errorf("--remember does not override the environment: %v are hidden", screen.hidden)
	}
	t.Setenv("ETCDOC_REMEMBER", "")
	t.Setenv("ETCDOC_CONFIG", configFile(t, "remember: false\n"))
	forgets("in the configuration", begin())
}

// TestColumnsThatCannotBeKept: why, and of which file.
func TestColumnsThatCannotBeKept(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	if err := keepColumns(statePath(), nil); err == nil ||
		!strings.Contains(err.Error(), "neither HOME nor XDG_STATE_HOME is set") {
		t.Errorf("without a home: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "etcdoc", "chosen.yaml")
	if err := keepColumns(path, nil); err == nil || err.Error() != "not a directory: "+path {
		t.Errorf("below a file: %v", err)
	}
	path = stateHome(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("a: b: c"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keepColumns(path, nil); err == nil || !strings.HasPrefix(err.Error(), path) ||
		!strings.Contains(err.Error(), "delete it to begin anew") {
		t.Errorf("over a file that cannot be read: %v", err)
	}
}

// TestColumnsThatCannotBeHidden are named with those that can.
func TestColumnsThatCannotBeHidden(t *testing.T) {
	for columns, want := range map[string][]string{
		"MEMBER":            {`"MEMBER": this column is always there: want some of ROLE, ALARM, WAL p50`},
		"state":             {`"state": this column is always there`},
		"role,nothing":      {`"nothing": want some of ROLE, ALARM, WAL p50`},
		"NAME,nothing,rolE": {`"NAME": want some of ROLE`, `"nothing": want some of ROLE`},
	} {
		screen, _ := screenOf(t, "--hide-columns", columns)
		said := flattened(screen.Check())
		if len(said) != len(want) {
			t.Errorf("%s: %v", columns, said)
			continue
		}
		for i, err := range said {
			if !strings.Contains(err.Error(), want[i]) || strings.Contains(err.Error(), "did you mean") {
				t.Errorf("%s: %v, want %s", columns, err, want[i])
			}
		}
	}
	if screen, _ := screenOf(t, "--hide-columns", "role,WAL p50", "--hide-columns", "up"); screen.Check() != nil {
		t.Error(screen.Check())
	}
}

// TestStateThatCannotBeUsed: a bad state file prevents no start; the unusable part is reported, and the rest is used.
func TestStateThatCannotBeUsed(t *testing.T) {
	for name, test := range map[string]struct{ text, says, sort string }{
		"nothing there":     {"", "", "list"},
		"another's key":     {"sort: lag\npassword: secret\n", `"password" is nothing that a key chooses`, "lag"},
		"no such value":     {"interval: often\nsort: lag\n", `interval: "often": want a duration`, "lag"},
		"no YAML":           {"a: b: c\n", "it is no YAML", "list"},
		"a list":            {"[1, 2]\n", "want keys and values", "list"},
		"larger than it is": {strings.Repeat("# x\n", maxStateBytes), "state file", "list"},
	} {
		path := stateHome(t)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		screen, flags := screenOf(t)
		var stderr bytes.Buffer
		(&Settings{origins: map[string]string{}}).fromState(flags, &stderr)
		if screen.sort != test.sort || !strings.Contains(stderr.String(), test.says) ||
			(test.says == "") != (stderr.Len() == 0) || strings.Contains(stderr.String(), "secret") {
			t.Errorf("%s: sort %s: %q", name, screen.sort, &stderr)
		}
		if test.says != "" && !strings.Contains(stderr.String(), path) {
			t.Errorf("%s: it does not say which file: %q", name, &stderr)
		}
	}
}

// TestStateIsTheDashboards: a check ignores it.
func TestStateIsTheDashboards(t *testing.T) {
	path := stateHome(t)
	if err := writeState(path, []setting{{"interval", "7s"}}); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(checkFlags).register(flags)
	var stderr bytes.Buffer
	s := &Settings{origins: map[string]string{}}
	s.fromState(flags, &stderr)
	if len(s.origins) > 0 || stderr.Len() > 0 {
		t.Errorf("%v, %q", s.origins, &stderr)
	}
}
