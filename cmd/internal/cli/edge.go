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

// NewStreams wraps the standard streams: escapingWriter keeps terminal control sequences out of what is written, and
// patientWriter waits for the reader until ctx ends.
func NewStreams(ctx context.Context, in io.Reader, out, err io.Writer) Streams {
	wrap := func(w io.Writer) io.Writer { return &escapingWriter{to: &patientWriter{ctx: ctx, to: w}} }
	return Streams{in, wrap(out), wrap(err)}
}

// An escapingWriter is the second line of defence against control characters. The first is [probe.Printable]: probe
// applies it to what clusters answer, and cli to what it quotes of users and files, since only there a forged line end
// differs from a real one. The escapingWriter escapes whatever gets past it, except line ends and tabs. One goroutine
// writes at a time.
type escapingWriter struct {
	to io.Writer
	// partial is the beginning of a character whose other bytes have not been written yet.
	partial []byte
	// err is the first error of a write.
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

// undelivered returns the first error of writing to stdout: the reader is gone, or the disk is full. Not every writer
// checks for errors; cobra's help does not.
func (s Streams) undelivered() error {
	if out, is := s.Out.(*escapingWriter); is && out.err != nil {
		return fmt.Errorf("writing to standard output: %w", out.err)
	}
	return nil
}

// printableLines is [probe.Printable] for several lines: it keeps line ends and tabs.
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

// unescaped returns the stream without its escapingWriter, for moving the cursor.
func unescaped(stream io.Writer) io.Writer {
	if o, is := stream.(*escapingWriter); is {
		return o.to
	}
	return stream
}

// file returns the file behind a stream.
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

// terminal returns the file behind a stream if it is a terminal.
func terminal(stream any) (*os.File, bool) {
	f, is := file(stream)
	if !is || !term.IsTerminal(int(f.Fd())) {
		return nil, false
	}
	return f, true
}

// IsInteractive reports whether a dashboard can run: both input and output are a terminal.
func (s Streams) IsInteractive() bool {
	_, in := terminal(s.In)
	_, out := terminal(s.Out)
	return in && out
}

// warnf writes one line to stderr.
func warnf(stderr io.Writer, format string, arguments ...any) {
	fmt.Fprintf(stderr, "etcdoc: %s\n", probe.Printable(fmt.Sprintf(format, arguments...)))
}

// maxMessages bounds how many errors are printed at once: more would scroll the first ones away. maxListed does so
// where they are what was asked for.
const (
	maxMessages = 20
	maxListed   = 1000
)

// A listing is errors that the user asked for: up to maxListed are printed.
type listing struct{ error }

// messages returns a line for each of the errors joined in err, up to maxMessages; a last line counts the rest.
func messages(err error) []string {
	most := maxMessages
	var list listing
	if errors.As(err, &list) {
		err, most = list.error, maxListed
	}
	parts := flattened(err)
	var all []string
	for _, part := range parts[:min(len(parts), most)] {
		all = append(all, probe.Printable(part.Error()))
	}
	if more := len(parts) - len(all); more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return all
}

// flattened returns the errors joined in err, also in several steps, or err itself; nil for nil.
func flattened(err error) (all []error) {
	if err == nil {
		return nil
	}
	parts := joined(err)
	if parts == nil {
		return []error{err}
	}
	for _, part := range parts {
		all = append(all, flattened(part)...)
	}
	return all
}

var errExample = errors.New("one of several")

// joined returns the errors that [errors.Join] joined in err. It returns nil for any other error, also for one that
// wraps several with %w.
func joined(err error) []error {
	several, is := err.(interface{ Unwrap() []error })
	if !is || reflect.TypeOf(err) != reflect.TypeOf(errors.Join(errExample)) {
		return nil
	}
	return several.Unwrap()
}
