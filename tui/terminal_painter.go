package tui

import (
	"bytes"
	"strings"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// painter writes frames to the terminal as soon as there are any, and of those that come faster than the terminal takes
// them only the newest. Bubble Tea's own renderer looks for a new one many times a second, and each look wakes the
// process. It still sets the terminal's modes, and gets an empty view to draw. Two of its writes matter here: it begins
// what it draws with the cursor's home, after it entered the alternate screen and after each change of the window, and
// it leaves that screen whenever it gives the terminal back.
type painter struct {
	*expiringOutput
	// frames has the newest frame until it is painted. Only the event loop sends.
	frames chan frame
	ended  chan struct{}

	mu sync.Mutex // guards what follows, and is held while the terminal is written to
	// allowed says that the screen is the dashboard's own.
	allowed bool
	// frame is to be seen, and painted is what is: empty if that is not known.
	frame, painted string
	changes        bytes.Buffer
}

// frame is a whole window. anew says that nothing on the screen is as it was painted.
type frame struct {
	text string
	anew bool
}

// newPainter starts a painter. close ends it.
func newPainter(out *expiringOutput) *painter {
	p := &painter{expiringOutput: out, frames: make(chan frame, 1), ended: make(chan struct{})}
	go p.run()
	return p
}

// close waits for the last frame.
func (p *painter) close() {
	close(p.frames)
	<-p.ended
}

// show has a frame painted, and does not wait for it.
func (p *painter) show(next frame) {
	select {
	case skipped := <-p.frames:
		next.anew = next.anew || skipped.anew
	default:
	}
	p.frames <- next
}

func (p *painter) run() {
	defer close(p.ended)
	for next := range p.frames {
		p.mu.Lock()
		if p.frame = next.text; next.anew {
			p.painted = ""
		}
		p.paint()
		p.mu.Unlock()
	}
}

// Write writes for Bubble Tea. The frame takes the place of what that draws.
func (p *painter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if bytes.HasPrefix(b, []byte(ansi.CursorHomePosition)) {
		p.allowed, p.painted = true, ""
		p.paint()
		return len(b), nil
	}
	if bytes.Contains(b, []byte(ansi.ResetModeAltScreenSaveCursor)) {
		p.allowed = false
	}
	return p.expiringOutput.Write(b)
}

// paint writes the lines that changed. A terminal that takes none ends the program elsewhere.
func (p *painter) paint() {
	if !p.allowed || p.frame == p.painted {
		return
	}
	p.changes.Reset()
	whole, next, last, more := p.painted == "", p.frame, p.painted, true
	for row := 1; more; row++ {
		var line, was string
		line, next, more = strings.Cut(next, "\n")
		was, last, _ = strings.Cut(last, "\n")
		if whole || line != was {
			p.changes.WriteString(ansi.CursorPosition(1, row))
			p.changes.WriteString(line)
		}
	}
	p.painted = p.frame
	_, _ = p.expiringOutput.Write(p.changes.Bytes())
}

// dashboard is what Bubble Tea runs: it keeps the model, and has its frames painted.
type dashboard struct {
	model   model
	painter *painter
}

// Init begins.
func (d *dashboard) Init() tea.Cmd { return d.model.Init() }

// Update handles a message.
func (d *dashboard) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	d.model, cmd = d.model.Update(msg)
	_, resized := msg.(tea.WindowSizeMsg)
	d.painter.show(frame{d.model.View(), resized})
	return d, cmd
}

// View leaves nothing for Bubble Tea to draw.
func (d *dashboard) View() string { return "" }
