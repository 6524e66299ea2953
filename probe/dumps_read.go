package probe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// read decodes a dump. The Metrics are what could be read; nil is nothing.
func (d *Dumps) read(from *dumpFile) (*Metrics, *Error) {
	file, err := from.open()
	if err != nil {
		return nil, &Error{ErrOther, "reading a dump: " + err.Error()}
	}
	defer file.Close()
	text, err := plainText(file)
	if err != nil {
		return nil, &Error{ErrMalformed, from.name + ": " + err.Error()}
	}
	metrics, err := d.decoder.decode("", text)
	if err != nil {
		return metrics, &Error{ErrMalformed, from.name + ": reading the exposition: " + strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	return metrics, nil
}

// plainText is the text of a dump, unpacked and with plain line ends.
func plainText(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(file)
	start, err := buffered.Peek(2)
	switch {
	case len(start) == 0 && errors.Is(err, io.EOF):
		return nil, errors.New("it is empty: the member did not answer when it was taken, or it was cut short")
	case string(start) == "\xff\xfe" || string(start) == "\xfe\xff":
		return nil, errors.New("it is in UTF-16, as PowerShell's > writes: want plain text, as curl --output writes")
	case string(start) != "\x1f\x8b":
		return noReturns{buffered}, nil
	}
	unzip, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("unpacking it: %w", err)
	}
	return noReturns{unzip}, nil
}

// noReturns leaves out the carriage returns of a text that has been through Windows.
type noReturns struct{ of io.Reader }

func (r noReturns) Read(p []byte) (int, error) {
	n, err := r.of.Read(p)
	kept := slices.DeleteFunc(p[:n], func(c byte) bool { return c == '\r' })
	return len(kept), err
}
