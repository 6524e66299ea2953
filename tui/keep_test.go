package tui

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/assets/schematest"
)

// pressed presses a key, and delivers the message of its command.
func pressed(t *testing.T, m model, k string) model {
	t.Helper()
	m, cmd := m.Update(keyMsg(k))
	if cmd == nil {
		return m
	}
	m, _ = m.Update(cmd())
	return m
}

// writes is a terminal that counts writes.
type writes struct{ all []string }

func (w *writes) Write(p []byte) (int, error) {
	w.all = append(w.all, string(p))
	return len(p), nil
}

// clipboardOf decodes what a sequence of OSC 52 puts on the clipboard.
func clipboardOf(t *testing.T, sequence string) string {
	t.Helper()
	encoded, begun := strings.CutPrefix(sequence, "\x1b]52;c;")
	encoded, ended := strings.CutSuffix(encoded, "\a")
	text, err := base64.StdEncoding.DecodeString(encoded)
	if !begun || !ended || err != nil {
		t.Fatalf("no sequence of OSC 52: %q (%v)", sequence, err)
	}
	return string(text)
}

// TestCopy sends the selection to the terminal's clipboard in one write, and confirms it.
func TestCopy(t *testing.T) {
	for name, test := range map[string]struct {
		keys       []string
		said, want string
	}{
		"a row": {nil, "sent to the clipboard: etcd-1's row",
			"etcd-1 at 2026-03-01 14:32:07Z: lose it now: SAFE " +
				"(leaves 2 healthy voters, quorum 2: then none to spare); remove it for good: RISK " +
				"(leaves 2 of 2 voters healthy, quorum 2: none to spare until another is added); " +
				"ok, follower, WAL p99 "},
		"a verdict": {[]string{"d", "j"}, "sent to the clipboard: etcd-3's verdict",
			"etcd-3 at 2026-03-01 14:32:07Z: lose it now: SAFE ("},
		"a command": {[]string{"d", "G", "k"}, "sent to the clipboard: the command", "etcdctl "},
	} {
		t.Run(name, func(t *testing.T) {
			terminal := new(writes)
			m := watched(t, "healthy", 80, 24)
			m.screen.terminal = terminal
			m = pressed(t, press(t, m, test.keys...), "y")
			if len(terminal.all) != 1 {
				t.Fatalf("%d writes, want a single one, which nothing can interrupt", len(terminal.all))
			}
			if got := clipboardOf(t, terminal.all[0]); !strings.HasPrefix(got, test.want) {
				t.Errorf("copied %q, want it to begin with %q", got, test.want)
			}
			if line := lastLine(m); !strings.Contains(line, test.said) {
				t.Errorf("the last line says %q, want %q", line, test.said)
			}
		})
	}
}

// TestCopyThroughScreen wraps the sequence in those that screen(1) passes on.
func TestCopyThroughScreen(t *testing.T) {
	for name, test := range map[string]struct {
		environment map[string]string
		wrapped     bool
	}{
		"bare": {nil, false}, "tmux": {map[string]string{"TMUX": "/tmp/tmux", "STY": "1.pts"}, false},
		"screen": {map[string]string{"STY": "1.pts"}, true},
	} {
		terminal := new(writes)
		getenv := func(name string) string { return test.environment[name] }
		m := feed(t, newTestModel(func(o *Options) { o.Getenv = getenv }), scenario{members: 3, sweeps: 2}, 80, 24)
		m.screen.terminal = terminal
		pressed(t, m, "y")
		if got := strings.HasPrefix(terminal.all[0], "\x1bP"); got != test.wrapped {
			t.Errorf("%s: wrapped: %v, want %v: %q", name, got, test.wrapped, terminal.all[0])
		}
	}
}

// TestWhatIsCopiedIsPlain: names from a cluster do nothing where they are pasted.
func TestWhatIsCopiedIsPlain(t *testing.T) {
	terminal := new(writes)
	m := newTestModel(nil)
	m.screen.terminal = terminal
	for _, s := range (scenario{members: 3, sweeps: 3, fault: nil}).generate() {
		s.Members[0].Name = "a\x1b[2J\r\nreboot\n"
		m = m.withSweep(s)
	}
	m, _ = m.Update(tickMsg{epoch})
	pressed(t, m, "y")
	if got := clipboardOf(t, terminal.all[0]); strings.ContainsAny(got, "\x1b\r\n") || !strings.HasPrefix(got, "a") {
		t.Errorf("copied %q", got)
	}
}

// brokenTerminal fails every write.
type brokenTerminal struct{}

func (brokenTerminal) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestCopyThatCannotBe(t *testing.T) {
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 120, 40)
	m.screen.terminal = brokenTerminal{}
	line := lastLine(pressed(t, m, "y"))
	if !strings.Contains(line, "copying etcd-1's row: "+io.ErrClosedPipe.Error()) {
		t.Errorf("a terminal that fails every write: %q", line)
	}
	terminal := new(writes)
	m.screen.terminal = terminal
	said, _ := m.copyCmd("everything", strings.Repeat("x", clipboardLimit+1))().(noticeMsg)
	if said.err == nil || len(terminal.all) != 0 {
		t.Errorf("more than terminals take: %v, %d writes", said.err, len(terminal.all))
	}
	none := newTestModel(nil)
	none, _ = none.Update(tickMsg{epoch})
	if none, cmd := none.Update(keyMsg("y")); cmd != nil || none.notice.text != "nothing to copy here" {
		t.Errorf("nothing to copy: %q", none.notice.text)
	}
}

// TestSnapshot writes the screen as text and as a picture, and its data as JSON, and overwrites nothing.
func TestSnapshot(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	m := feed(t, newTestModel(func(o *Options) { o.Color, o.Cluster = ColorAlways, "prod/eu1 <&>" }),
		scenarios()["one-down"], 120, 40)
	m = press(t, m, "space", "{") // as of an event of the past
	const name = "etcdoc-prod-eu1-20260301T143202Z"
	for _, want := range []string{name, name + "-2"} {
		screen := ansi.Strip(m.View())
		m = pressed(t, m, "S")
		if path := filepath.Join(dir, want) + ".{txt,svg,json}"; m.notice.text != "snapshot: "+path {
			t.Errorf("said %q (%v), want the path %s", m.notice.text, m.notice.err, path)
		}
		text := read(t, want+".txt")
		for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			if want := strings.TrimRight(strings.Split(screen, "\n")[i], " "); line != want {
				t.Errorf("line %d of the text is %q, want %q", i, line, want)
			}
		}
		checkPicture(t, read(t, want+".svg"), screen)
		var shown struct {
			Schema, At string
			Members    []struct{ Name, State string }
		}
		if err := json.Unmarshal([]byte(read(t, want+".json")), &shown); err != nil || shown.Schema != "etcdoc/v1" ||
			!strings.HasPrefix(shown.At, "2026-03-01T14:32:02") || shown.Members[1].State != "down" {
			t.Errorf("the JSON is of %+v (%v)", shown, err)
		}
		schematest.Check(t, []byte(read(t, want+".json")))
		m.notice = notice{}
		m.screen.frame = m.render()
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkPicture fails if the picture is not XML, or lacks the words of the screen.
func checkPicture(t *testing.T, picture, screen string) {
	t.Helper()
	var words strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if data, is := token.(xml.CharData); is {
			words.Write(data)
		}
	}
	together := func(text string) string { return strings.Join(strings.Fields(text), "") }
	if drawn, want := together(words.String()), together(screen); !strings.HasSuffix(drawn, want) {
		t.Errorf("the picture's words are\n%s\nwant those of the screen\n%s", drawn, want)
	}
}

// TestSnapshotThatCannotBeWritten names the file, and leaves none behind.
func TestSnapshotThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	m := feed(t, newTestModel(nil), scenario{members: 3, sweeps: 2}, 80, 24)
	if err := os.Mkdir("etcdoc-prod-eu1-20260301T143208Z.svg", 0o755); err != nil {
		t.Fatal(err)
	}
	if m = pressed(t, m, "S"); !strings.HasSuffix(m.notice.text, "Z-2.{txt,svg,json}") {
		t.Errorf("where one of the names is taken: %q, %v", m.notice.text, m.notice.err)
	}
	if _, err := os.Stat("etcdoc-prod-eu1-20260301T143208Z.txt"); err == nil {
		t.Error("one of three was left under the other name")
	}
	if err := os.Remove("etcdoc-prod-eu1-20260301T143208Z.svg"); err != nil {
		t.Fatal(err)
	}
	m.conn.cluster = strings.Repeat("long", 100)
	if m = pressed(t, m, "S"); m.notice.err == nil || !strings.Contains(m.notice.err.Error(), dir) ||
		!strings.Contains(m.notice.err.Error(), "start etcdoc in") {
		t.Errorf("a name that no file system accepts: %v", m.notice.err)
	}
	empty := newTestModel(nil)
	if empty = pressed(t, empty, "S"); empty.notice.err == nil {
		t.Error("a snapshot of nothing")
	}
}

// TestASnapshotOfASharedScreen has no name and no address in any of its files, nor in their names.
func TestASnapshotOfASharedScreen(t *testing.T) {
	t.Chdir(t.TempDir())
	m := press(t, watched(t, "one-down", 120, 40), "P")
	m = pressed(t, m, "S")
	paths, err := filepath.Glob("*")
	if err != nil || len(paths) != 3 {
		t.Fatalf("files %q (%v), said %q %v", paths, err, m.notice.text, m.notice.err)
	}
	for _, path := range paths {
		text := path + "\n" + read(t, path)
		for _, secret := range []string{"prod-eu1", "etcd-2", "10.0.3.1", "cdf818194e3a8c32", "8e9e05c52164694e"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s reveals %s", path, secret)
			}
		}
		if strings.HasSuffix(path, ".json") && !json.Valid([]byte(read(t, path))) {
			t.Errorf("%s is no JSON:\n%s", path, read(t, path))
		}
	}
}
