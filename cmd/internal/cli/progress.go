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
	tell(waited, limit time.Duration, a *thresholds.Assessment)
	// end takes away what is not to stay.
	end()
}

func newProgress(stderr io.Writer, q *question) progress {
	if screen, is := terminal(stderr); is {
		return &rewrittenLine{w: cursor(stderr), width: func() int { return widthOf(screen) }, question: q}
	}
	return &changes{w: stderr, question: q}
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
type rewrittenLine struct {
	w        io.Writer
	width    func() int
	question *question
}

func (r *rewrittenLine) tell(waited, limit time.Duration, a *thresholds.Assessment) {
	line := fmt.Sprintf("waiting %v of %v: %s", waited.Round(time.Second), limit, r.question.brief(a))
	fmt.Fprintf(r.w, "\r\x1b[K%s", cut(probe.Printable(line), r.width()-1))
}

func (r *rewrittenLine) end() { fmt.Fprint(r.w, "\r\x1b[K") }

// changes is the progress in a log.
type changes struct {
	w        io.Writer
	question *question
	said     string
}

func (c *changes) tell(_, _ time.Duration, a *thresholds.Assessment) {
	if gist := c.question.gist(a); gist != c.said {
		c.said = gist
		fmt.Fprintf(c.w, "%s  waiting: %s\n", a.At.UTC().Format("15:04:05Z"), probe.Printable(c.question.brief(a)))
	}
}

func (c *changes) end() {}
