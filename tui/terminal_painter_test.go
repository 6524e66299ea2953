//go:build unix

package tui

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"
)

// paints expects that what is done writes exactly that to the terminal.
func (v *terminal) paints(want string, do func()) {
	v.t.Helper()
	before := len(v.sent())
	do()
	v.await(fmt.Sprintf("%q", want), func(string) bool { return len(v.sent()) >= before+len(want) })
	if sent := v.sent()[before:]; sent != want {
		v.t.Errorf("%q was written, want %q", sent, want)
	}
}

// TestPainterWritesWhatChanged, and all of it where the screen is not as it was painted, but only on a screen of the
// dashboard's own.
func TestPainterWritesWhatChanged(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	v := newTerminal(t, 20, 4)
	p := newPainter(newExpiringOutput(v.tty))
	write := func(sequence string) {
		if n, err := io.WriteString(p, sequence); n != len(sequence) || err != nil {
			t.Errorf("writing %q: %d, %v", sequence, n, err)
		}
	}
	show := func(text string, anew bool) func() { return func() { p.show(frame{text, anew}) } }
	enter, leave := ansi.SetModeAltScreenSaveCursor, ansi.ResetModeAltScreenSaveCursor
	first, second, third := ansi.CursorPosition(1, 1), ansi.CursorPosition(1, 2), ansi.CursorPosition(1, 3)

	v.paints(enter, func() {
		show("one\ntwo\nthree", false)()
		write(enter)
	})
	v.paints(first+"one"+second+"two"+third+"three", func() { write(ansi.CursorHomePosition) })
	v.paints(second+"2", show("one\n2\nthree", false))
	v.paints(first+"ONE"+third+"3", show("ONE\n2\n3", false))
	v.paints(first+"ONE"+second+"2"+third+"3", show("ONE\n2\n3", true))
	v.paints(first+"ONE"+second+"2"+third+"3", func() { write(ansi.CursorHomePosition + " " + ansi.EraseLineRight) })
	v.paints(leave+enter, func() { write(leave + enter) })
	v.paints(first+"ONE"+second+"2"+third+"3", func() { write(ansi.CursorHomePosition) })
	v.paints(leave, func() { write(leave) })
	v.paints("", func() {
		show("one\n2\n5", false)()
		p.close()
	})
}

// TestPainterSkipsFrames that come while the terminal takes none.
func TestPainterSkipsFrames(t *testing.T) {
	v := newTerminal(t, 20, 4)
	p := newPainter(newExpiringOutput(v.tty))
	v.paints("", func() { _, _ = io.WriteString(p, ansi.CursorHomePosition) })
	v.stall(true)
	for i := range 50 {
		p.show(frame{fmt.Sprintf("frame %d", i), i == 20})
	}
	v.stall(false)
	v.awaitText("frame 49")
	p.close()
	if painted := strings.Count(v.sent(), "frame"); painted > 2 {
		t.Errorf("%d frames were painted, want the first and the last: %q", painted, v.sent())
	}
}
