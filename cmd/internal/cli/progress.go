package cli

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/term"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// progress reports on stderr how a wait is going: on a terminal in a single line that it overwrites, elsewhere, for
// logs, in a line for each change.
type progress interface {
	report(waited, limit time.Duration, a *thresholds.Assessment)
	// end clears what should not stay on the screen.
	end()
}

// An awaited answer is one that a wait reports on.
type awaited interface {
	// brief is the answer in one line, and changeKey changes only when there is news.
	brief(a *thresholds.Assessment) string
	changeKey(a *thresholds.Assessment) string
}

func newProgress(stderr io.Writer, q awaited) progress {
	if line := newStatusLine(stderr); line != nil {
		return &progressLine{line, q}
	}
	return &progressLog{w: stderr, question: q}
}

// widthOf returns a terminal's width in columns, and defaultWidth for any other stream.
func widthOf(stream any) int {
	screen, is := terminal(stream)
	if !is {
		return defaultWidth
	}
	columns, _, err := term.GetSize(int(screen.Fd()))
	if err != nil || columns <= 0 {
		return defaultWidth
	}
	return columns
}

// A statusLine is a line on a terminal that is written again and again, and cleared in the end.
type statusLine struct {
	w     io.Writer
	width func() int
}

// newStatusLine returns one on stderr; nil if that is no terminal.
func newStatusLine(stderr io.Writer) *statusLine {
	screen, is := terminal(stderr)
	if !is {
		return nil
	}
	return &statusLine{unescaped(stderr), func() int { return widthOf(screen) }}
}

func (l *statusLine) show(text string) {
	fmt.Fprintf(l.w, "\r\x1b[K%s", truncate(probe.Printable(text), l.width()-1))
}

func (l *statusLine) end() { fmt.Fprint(l.w, "\r\x1b[K") }

// progressLine is the progress on a terminal.
type progressLine struct {
	*statusLine
	question awaited
}

func (r *progressLine) report(waited, limit time.Duration, a *thresholds.Assessment) {
	r.show(fmt.Sprintf("waiting %s of %s: %s",
		thresholds.FormatDuration(waited), thresholds.FormatDuration(limit), r.question.brief(a)))
}

// progressLog is the progress in a log.
type progressLog struct {
	w        io.Writer
	question awaited
	lastKey  string
}

func (c *progressLog) report(_, _ time.Duration, a *thresholds.Assessment) {
	if key := c.question.changeKey(a); key != c.lastKey {
		c.lastKey = key
		fmt.Fprintf(c.w, "%s  waiting: %s\n", a.At.UTC().Format(plainTime), probe.Printable(c.question.brief(a)))
	}
}

func (c *progressLog) end() {}

// readProgress shows on a terminal how far the reading of a file is.
type readProgress struct {
	line  *statusLine // nil where there is no terminal
	path  string
	next  time.Time // when to show it next
	shown bool
}

// The first time that a progress is shown, and how often after that.
const (
	firstProgress    = time.Second
	progressInterval = 200 * time.Millisecond
)

func newReadProgress(stderr io.Writer, path string) *readProgress {
	return &readProgress{line: newStatusLine(stderr), path: path, next: time.Now().Add(firstProgress)}
}

// reporting returns what is told how far it is; nil where nobody sees it.
func (p *readProgress) reporting(doing string) func(done, of uint64) {
	if p.line == nil {
		return nil
	}
	return func(done, of uint64) {
		if now := time.Now(); now.After(p.next) {
			p.next, p.shown = now.Add(progressInterval), true
			share := thresholds.Ratio.Format(float64(done) / float64(max(of, 1)))
			p.line.show(doing + " " + p.path + ": " + share)
		}
	}
}

// end clears the line.
func (p *readProgress) end() {
	if p.shown {
		p.line.end()
	}
}
