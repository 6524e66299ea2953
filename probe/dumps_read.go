package probe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// read decodes a dump.
func (d *Dumps) read(from *dumpFile) ([]decoded, error) {
	file, err := from.open()
	if err != nil {
		return nil, fmt.Errorf("reading a dump: %w", err)
	}
	defer file.Close()
	text, err := openText(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from.name, err)
	}
	all, err := d.decoder.decodeAll("", text, false)
	if err != nil {
		return all, fmt.Errorf("%s: reading the exposition: %w", from.name, err)
	}
	return all, nil
}

// dumpError says in one line why a dump can't be read.
func dumpError(err error) *Error {
	kind := ErrMalformed
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		kind = ErrOther
	}
	return &Error{Kind: kind, Text: strings.ReplaceAll(err.Error(), "\n", "; ")}
}

// openText returns the text of a dump, unpacked and without carriage returns.
func openText(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(file)
	start, err := buffered.Peek(2)
	switch {
	case len(start) == 0 && errors.Is(err, io.EOF):
		return nil, errors.New("it is empty: the member did not answer when it was taken, or the file was truncated")
	case string(start) == "\xff\xfe" || string(start) == "\xfe\xff":
		return nil, errors.New("it is UTF-16, as PowerShell's > writes it: want plain text, as curl --output writes it")
	case string(start) != "\x1f\x8b":
		return withoutCR{buffered}, nil
	}
	unzip, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("unpacking it: %w", err)
	}
	return withoutCR{unzip}, nil
}

// withoutCR drops the carriage returns that Windows adds.
type withoutCR struct{ r io.Reader }

func (r withoutCR) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	kept := slices.DeleteFunc(p[:n], func(c byte) bool { return c == '\r' })
	return len(kept), err
}
