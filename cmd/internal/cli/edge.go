package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/etcdoc/etcdoc/probe"
)

// Streams are the program's standard streams.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// NewStreams are streams on which nothing gets out that a terminal would obey (see outward), and that wait for their
// readers until ctx ends.
func NewStreams(ctx context.Context, in io.Reader, out, err io.Writer) Streams {
	return Streams{in, &escapingWriter{to: &patientWriter{ctx: ctx, to: out}}, &escapingWriter{to: &patientWriter{ctx: ctx, to: err}}}
}

// An outward stream is the second of two locks. What clusters say is printable before it is judged, and what users and
// their files say is made so where it is quoted, as only there a line's end can be told from one that was forged. What
// gets past all of that is escaped here, all but the ends of lines and tabs. One goroutine writes to it at a time.
type escapingWriter struct {
	to io.Writer
	// held is the beginning of a character whose end has not been written yet.
	partial []byte
	// failed is the first error of a write.
	err error
}

// Write writes p escaped. It does not keep p.
func (o *escapingWriter) Write(p []byte) (int, error) {
	text := append(o.partial, p...)
	o.partial = nil
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if tail := text[len(text)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				text, o.partial = text[:len(text)-i], append([]byte(nil), tail...)
			}
			break
		}
	}
	if _, err := io.WriteString(o.to, printableLines(string(text))); err != nil {
		if o.err == nil {
			o.err = err
		}
		return 0, err
	}
	return len(p), nil
}

// undelivered is why what was written to stdout did not all get out: nobody reads it any more, or there is no space for it.
// nil where it did. Not all who write look at that, cobra's help the least.
func (s Streams) undelivered() error {
	if out, is := s.Out.(*escapingWriter); is && out.err != nil {
		return fmt.Errorf("writing to standard output: %w", out.err)
	}
	return nil
}

// printableLines is [probe.Printable] of a text of several lines.
func printableLines(text string) string {
	if probe.IsPrintable(text) {
		return text
	}
	var b strings.Builder
	for text != "" {
		at := strings.IndexAny(text, "\n\t")
		if at < 0 {
			at = len(text)
		}
		b.WriteString(probe.Printable(text[:at]))
		if at < len(text) {
			b.WriteByte(text[at])
			at++
		}
		text = text[at:]
	}
	return b.String()
}

// cursor is a stream for what is to move the cursor.
func unescaped(stream io.Writer) io.Writer {
	if o, is := stream.(*escapingWriter); is {
		return o.to
	}
	return stream
}

// file is the file behind a stream.
func file(stream any) (*os.File, bool) {
	if o, is := stream.(*escapingWriter); is {
		stream = o.to
	}
	if p, is := stream.(*patientWriter); is {
		stream = p.to
	}
	f, is := stream.(*os.File)
	return f, is
}

// terminal returns the stream's file where the stream is a terminal.
func terminal(stream any) (*os.File, bool) {
	f, is := file(stream)
	if !is || !term.IsTerminal(int(f.Fd())) {
		return nil, false
	}
	return f, true
}

// IsInteractive reports whether a dashboard can be shown: keys come from a terminal, and frames go to one.
func (s Streams) IsInteractive() bool {
	_, in := terminal(s.In)
	_, out := terminal(s.Out)
	return in && out
}

// tell writes one line to stderr.
func warnf(stderr io.Writer, format string, arguments ...any) {
	fmt.Fprintf(stderr, "etcdoc: %s\n", probe.Printable(fmt.Sprintf(format, arguments...)))
}

// mostMessages is how many mistakes are told of at once: those after them scroll the first ones away.
const maxMessages = 20

// messages are what an error says, a line each: of several joined ones, each of the first says its own, and the last line
// says how many more there are.
func messages(err error) []string {
	var all []string
	more := 0
	var add func(err error)
	add = func(err error) {
		switch parts := joined(err); {
		case parts != nil:
			for _, part := range parts {
				add(part)
			}
		case len(all) < maxMessages:
			all = append(all, probe.Printable(err.Error()))
		default:
			more++
		}
	}
	add(err)
	if more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return all
}

var joinedExample = errors.New("one of several")

// joined are the errors that [errors.Join] made err of; nil where it is another one, also where that names two causes.
func joined(err error) []error {
	several, is := err.(interface{ Unwrap() []error })
	if !is || reflect.TypeOf(err) != reflect.TypeOf(errors.Join(joinedExample)) {
		return nil
	}
	return several.Unwrap()
}
