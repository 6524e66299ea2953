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
	if screen, is := terminal(stderr); is {
		return &progressLine{w: unescaped(stderr), width: func() int { return widthOf(screen) }, question: q}
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

// progressLine is the progress on a terminal.
type progressLine struct {
	w        io.Writer
	width    func() int
	question awaited
}

func (r *progressLine) report(waited, limit time.Duration, a *thresholds.Assessment) {
	line := fmt.Sprintf("waiting %s of %s: %s",
		thresholds.FormatDuration(waited), thresholds.FormatDuration(limit), r.question.brief(a))
	fmt.Fprintf(r.w, "\r\x1b[K%s", truncate(probe.Printable(line), r.width()-1))
}

func (r *progressLine) end() { fmt.Fprint(r.w, "\r\x1b[K") }

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
