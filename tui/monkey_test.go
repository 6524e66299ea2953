package tui

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/probe"
)

// TestAnyKeyAtAnyTime presses keys at random, in windows of random sizes, while sweeps come in. Each frame must fit
// its window, one of the past must say so, and a shared screen must name nothing real.
func TestAnyKeyAtAnyTime(t *testing.T) {
	t.Chdir(t.TempDir())
	for seed, c := range randomWalks() {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWalk(uint64(seed))
			defer func() {
				if r := recover(); r != nil {
					t.Fatalf("after %q: %v\n%s", w.pressed, r, debug.Stack())
				}
			}()
			w.press(t, 60) // before the first sweep
			for _, s := range c.generate() {
				w.model, _ = w.model.Update(sweepMsg{sweep: s, at: s.At.Add(s.Took), turn: w.model.conn.turn})
				w.checkFrame(t)
				w.press(t, 3)
			}
		})
	}
}

// randomWalks are the clusters that keys are pressed on.
func randomWalks() []scenario {
	const sweeps = 180
	faults := func(ago time.Duration, s *probe.Sweep, w *world) {
		at := sweeps*time.Second - ago
		if last := s.Members[len(s.Members)-1].Name; at%(40*time.Second) == 0 {
			s.Marks = append(s.Marks, probe.Mark{At: s.At, Text: "drain " + last, Member: last,
				Window: 20 * time.Second})
		}
		switch n := len(s.Members); int(at/(15*time.Second)) % 9 {
		case 1:
			down(s, n-1)
		case 2:
			for j := range (n + 1) / 2 {
				leaderless(s, j)
			}
			for j := n / 2; j < n; j++ {
				down(s, j)
			}
		case 3:
			w.slow[0] = 0.3
		case 4:
			w.slow[0] = 0
			s.Members[0].Status.Pending, s.Members[0].Metrics.Pending = s.At.Add(-3*time.Second), s.At
		case 5:
			s.Members[n/2].Metrics = probe.Fact[*probe.Metrics]{Err: &probe.Error{Kind: probe.ErrUnsupported,
				Text: "this port serves gRPC only"}}
		case 6:
			s.Members = s.Members[:max(n-1, 1)] // one has left
		case 7:
			for j := range s.Members {
				down(s, j)
			}
		case 8:
			w.leader, w.term = (w.leader+1)%n, w.term+1
		}
	}
	return []scenario{
		{members: 1, sweeps: sweeps, fault: faults},
		{members: 3, sweeps: sweeps, fault: faults},
		{members: 3, learners: 4, sweeps: sweeps, fault: faults},
		{members: 3, sweeps: 30, fault: scenarios()["nothing-reachable"].fault},
	}
}

// walk presses keys at random.
type walk struct {
	random    *rand.Rand
	model     model
	keys      []tea.KeyMsg
	pressed   []string
	clipboard *bytes.Buffer
}

func newWalk(seed uint64) *walk {
	w := &walk{random: rand.New(rand.NewPCG(seed, 7)), model: newTestModel(withClusters), clipboard: new(bytes.Buffer)}
	w.model.screen.terminal = w.clipboard
	k := w.model.keys
	records := k.whileTyping()
	for r := range k.each() {
		records = append(records, *r)
	}
	for _, r := range records {
		if slices.Contains([]*key.Binding{&k.Quit, &k.QuitKeep, &k.Stop, &k.Suspend}, r.to) { // they leave
			continue
		}
		for _, name := range r.keys {
			w.keys = append(w.keys, namedKey(name))
		}
	}
	return w
}

// namedKey returns the message of a key that a binding names.
func namedKey(name string) tea.KeyMsg {
	for _, special := range []tea.KeyType{
		tea.KeyUp, tea.KeyDown, tea.KeyLeft, tea.KeyRight, tea.KeyPgUp, tea.KeyPgDown, tea.KeyHome, tea.KeyEnd,
		tea.KeyTab, tea.KeyShiftTab,
		tea.KeyEnter, tea.KeyEsc, tea.KeyCtrlB, tea.KeyCtrlF,
	} {
		if msg := (tea.KeyMsg{Type: special}); msg.String() == name {
			return msg
		}
	}
	if name == " " {
		return keyMsg("space")
	}
	return keyMsg(name)
}

// press presses n keys, and checks the screen after each. Between them the window may change its size.
func (w *walk) press(t *testing.T, n int) {
	t.Helper()
	sizes := [][2]int{{80, 24}, {80, 24}, {120, 40}, {200, 60}, {60, 15}, {30, 5}, {1, 1}, {80, 1}, {100, 30}, {3, 50}}
	for range n {
		if w.random.IntN(8) == 0 {
			size := sizes[w.random.IntN(len(sizes))]
			w.model = resized(t, w.model, size[0], size[1])
			w.checkFrame(t)
		}
		msg := w.keys[w.random.IntN(len(w.keys))]
		w.pressed = append(w.pressed, msg.String())
		var cmd tea.Cmd
		w.model, cmd = w.model.Update(msg)
		if cmd != nil {
			w.model, _ = w.model.Update(cmd())
		}
		w.checkFrame(t)
		w.checkKept(t)
	}
}

// checkFrame checks what the screen shows.
func (w *walk) checkFrame(t *testing.T) {
	t.Helper()
	m := w.model
	if m.screen.width == 0 {
		return
	}
	checkGeometry(t, m, m.screen.width, m.screen.height)
	w.tame(t, "the screen", sgr.ReplaceAllString(m.View(), ""))
	screen := ansi.Strip(m.View())
	typing := m.screen.height == 1 && m.prompt.open()
	if m.paused && !m.help.open && !typing && m.screen.width >= 30 && !strings.Contains(screen, "PAUSED") &&
		!strings.Contains(screen, "AS OF") {
		w.fail(t, "a paused view does not say so")
	}
	if m.seen.live.known() && m.shown.sweep < m.seen.live.sweep && !m.paused {
		w.fail(t, "a view that is not paused is not of the newest sweep")
	}
	w.holdBack(t, "the screen", screen)
}

// copied matches what is sent to the terminal's clipboard.
var copied = regexp.MustCompile("\x1b]52;c;([^\a\x1b]*)")

// checkKept checks what was written and copied.
func (w *walk) checkKept(t *testing.T) {
	t.Helper()
	for _, found := range copied.FindAllStringSubmatch(w.clipboard.String(), -1) {
		text, err := base64.StdEncoding.DecodeString(found[1])
		if err != nil {
			t.Fatal(err)
		}
		w.tame(t, "the clipboard", string(text))
		w.holdBack(t, "the clipboard", string(text))
	}
	w.clipboard.Reset()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		kept, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		w.tame(t, f.Name(), string(kept))
		w.holdBack(t, f.Name(), f.Name()+"\n"+string(kept))
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
	}
}

// sgr matches the dashboard's own styling within a frame.
var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// tame checks that a text has nothing that a terminal obeys or shows as nothing.
func (w *walk) tame(t *testing.T, where, text string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		if !probe.IsPrintable(line) {
			w.fail(t, fmt.Sprintf("%s has %q", where, line))
		}
	}
}

// holdBack checks that a text names nothing real while others look on.
func (w *walk) holdBack(t *testing.T, where, text string) {
	t.Helper()
	if !w.model.present.on {
		return
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			w.fail(t, fmt.Sprintf("%s shows %q:\n%s", where, secret, text))
		}
	}
}

func (w *walk) fail(t *testing.T, what string) {
	t.Helper()
	t.Fatalf("%s, after %q:\n%s", what, w.pressed, ansi.Strip(w.model.View()))
}
