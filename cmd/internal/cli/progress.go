package cli

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/term"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// progress says on stderr how a wait goes: on a terminal in one line that is written anew each time, elsewhere, where
// logs are kept, in a line for each change.
type progress interface {
	report(waited, limit time.Duration, a *thresholds.Assessment)
	// end takes away what is not to stay.
	end()
}

func newProgress(stderr io.Writer, q *question) progress {
	if screen, is := terminal(stderr); is {
		return &progressLine{w: unescaped(stderr), width: func() int { return widthOf(screen) }, question: q}
	}
	return &progressLog{w: stderr, question: q}
}

// widthOf is the width of a terminal in columns, and the default one where the stream is none.
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

// rewrittenLine is the progress on a terminal.
type progressLine struct {
	w        io.Writer
	width    func() int
	question *question
}

func (r *progressLine) report(waited, limit time.Duration, a *thresholds.Assessment) {
	line := fmt.Sprintf("waiting %v of %v: %s", waited.Round(time.Second), limit, r.question.brief(a))
	fmt.Fprintf(r.w, "\r\x1b[K%s", truncate(probe.Printable(line), r.width()-1))
}

func (r *progressLine) end() { fmt.Fprint(r.w, "\r\x1b[K") }

// changes is the progress in a log.
type progressLog struct {
	w        io.Writer
	question *question
	lastKey  string
}

func (c *progressLog) report(_, _ time.Duration, a *thresholds.Assessment) {
	if gist := c.question.changeKey(a); gist != c.lastKey {
		c.lastKey = gist
		fmt.Fprintf(c.w, "%s  waiting: %s\n", a.At.UTC().Format("15:04:05Z"), probe.Printable(c.question.brief(a)))
	}
}

func (c *progressLog) end() {}
