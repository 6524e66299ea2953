package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/tui"
)

// TestSaveKeepsTheRest of a configuration byte for byte: comments, blank lines, order, and how lists are written.
func TestSaveKeepsTheRest(t *testing.T) {
	chosen := []setting{{"theme", "light"}, {"interval", "2s"}}
	for name, test := range map[string][2]string{
		"nothing there": {"", "theme: light\ninterval: 2s\n"},
		"other keys": {
			"# mine\n\nendpoints: [http://a:1,   http://b:1] # both\n\ninterval: 5s   # not too often\nthresholds:\n    wal-fsync-slow:\n        notice: 20ms\n\n# the end\n",
			"# mine\n\nendpoints: [http://a:1,   http://b:1] # both\n\ninterval: 2s   # not too often\nthresholds:\n    wal-fsync-slow:\n        notice: 20ms\n\n# the end\ntheme: light\n",
		},
		"both there":        {"theme: 'none'\ninterval: \"5s\" # x\n", "theme: light\ninterval: 2s # x\n"},
		"no line end":       {"theme: none\nname: prod", "theme: light\nname: prod\ninterval: 2s\n"},
		"on the next line":  {"theme:\n  none\n", "theme:\n  light\ninterval: 2s\n"},
		"lines of Windows":  {"theme: none\r\nname: prod\r\n", "theme: light\r\nname: prod\r\ninterval: 2s\n"},
		"comments alone":    {"# nothing yet\n", "# nothing yet\ntheme: light\ninterval: 2s\n"},
		"a sign in a value": {"name: a#b\ntheme: none\n", "name: a#b\ntheme: light\ninterval: 2s\n"},
	} {
		got, err := withSettings("config.yaml", []byte(test[0]), chosen)
		if err != nil || string(got) != test[1] {
			t.Errorf("%s: %v\n%q\nwant\n%q", name, err, got, test[1])
		}
		flags := settable()
		if _, err := new(Settings).LoadFile(flags, "config.yaml", got); err != nil || flags.Lookup("theme").Value.String() != "light" {
			t.Errorf("%s: it reads back as %s: %v", name, flags.Lookup("theme").Value, err)
		}
	}
	for name, text := range map[string]string{
		"all in braces": "{theme: none, interval: 5s}\n", "a block": "theme: |\n  none\n", "an anchor": "theme: &x none\n",
		"no YAML": "a: b: c\n", "ended": "name: prod\n...\n",
	} {
		if got, err := withSettings("config.yaml", []byte(text), chosen); err == nil && !readsBack(t, got) {
			t.Errorf("%s became %q", name, got)
		} else if err != nil && !strings.Contains(err.Error(), "config.yaml") {
			t.Errorf("%s: the error does not name the file: %v", name, err)
		}
	}
}

func readsBack(t *testing.T, text []byte) bool {
	t.Helper()
	flags := settable()
	_, err := new(Settings).LoadFile(flags, "config.yaml", text)
	return err == nil && flags.Lookup("theme").Value.String() == "light" && flags.Lookup("interval").Value.String() == "2s"
}

func TestSaveSettingsFiles(t *testing.T) {
	dir, chosen := t.TempDir(), []setting{{"theme", "light"}}
	mode := func(path string) os.FileMode {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}

	fresh := filepath.Join(dir, "etcdoc", "config.yaml")
	if err := saveSettings(fresh, chosen); err != nil {
		t.Fatal(err)
	}
	if mode(fresh) != 0o600 || mode(filepath.Dir(fresh)) != 0o700 {
		t.Errorf("a new file has the mode %v in a folder of %v", mode(fresh), mode(filepath.Dir(fresh)))
	}

	shared, link := filepath.Join(dir, "shared.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.WriteFile(shared, []byte("name: prod\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("shared.yaml", link); err != nil {
		t.Fatal(err)
	}
	if err := saveSettings(link, chosen); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(shared)
	if err != nil || string(text) != "name: prod\ntheme: light\n" || mode(shared) != 0o640 {
		t.Errorf("%q, mode %v: %v", text, mode(shared), err)
	}
	if to, err := os.Readlink(link); err != nil || to != "shared.yaml" {
		t.Errorf("the link leads to %q: %v", to, err)
	}

	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling.yaml")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{os.DevNull, dir, filepath.Join(dir, "dangling.yaml"), filepath.Join(shared, "config.yaml")} {
		if err := saveSettings(path, chosen); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("saving to %s: %v", path, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestSaveWritesWhatWasChosen and nothing else: what keys have changed from what the flags said.
func TestSaveWritesWhatWasChosen(t *testing.T) {
	path := configFile(t, "interval: 5s\n")
	screen := ScreenFlags{configPath: path}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	screen.Register(flags)
	if err := flags.Parse([]string{"--interval", "5s", "--theme", "light"}); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if err := screen.save(&said, screen.choices()); err != nil || !strings.Contains(said.String(), "nothing was chosen") {
		t.Errorf("%q, %v", &said, err)
	}
	now := screen.choices()
	now.Window, now.Sort, now.Local, now.Glyphs, now.Units = 15*time.Minute, tui.SortLag, true, tui.GlyphsBraille, tui.Units1000
	said.Reset()
	if err := screen.save(&said, now); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "interval: 5s\nhistory: 15m0s\nglyphs: braille\nunits: 1000\nsort: lag\nlocal: true\n"; string(text) != want {
		t.Errorf("written: %q, want %q", text, want)
	}
	if !strings.Contains(said.String(), "wrote history: 15m0s, glyphs: braille, units: 1000, sort: lag, local: true to "+path) {
		t.Errorf("said: %q", &said)
	}
	if _, err := new(Settings).LoadFile(settable(), path, text); err != nil {
		t.Error(err)
	}
}
