package probe

import (
	"bytes"
	"errors"
	"fmt"
)

// maxSeries caps how many series an exposition may have. etcd has about 1,300 of them; the cap is against an
// endpoint that is something else altogether.
const maxSeries = 50_000

// grpcHandled has about 765 series, most of which stand at 0 for ever: those are left out.
const grpcHandled = "grpc_server_handled_total"

// filter copies the lines that etcdoc wants of an exposition. Parsing is what costs, by far; telling from its
// first bytes that a line is not wanted costs next to nothing.
type filter struct {
	// wanted says which families are, and whether they are histograms.
	wanted map[string]shape

	// out are the wanted lines, each ending in a newline, and lines their numbers in the exposition, from 1.
	out   []byte
	lines []int
	// series counts the samples of the exposition, wanted or not.
	series int
	// sawGRPC says that grpcHandled was there, if only with zeros.
	sawGRPC bool
}

type shape int

const (
	scalar shape = iota + 1
	distribution
)

// decision is what is done with the lines of one metric name. Lines of a name follow one another, so that the
// decision is looked up once for all of them.
type decision struct {
	name          []byte
	keep, dropNil bool
}

func (f *filter) run(text []byte) error {
	f.out, f.lines, f.series, f.sawGRPC = f.out[:0], f.lines[:0], 0, false
	var last decision
	for number := 1; len(text) > 0; number++ {
		var line []byte
		if end := bytes.IndexByte(text, '\n'); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			line, text = text, nil
		}
		line = bytes.TrimLeft(line, " \t")
		if len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			if f.wantsType(line) {
				f.keep(line, number)
			}
			continue
		}
		if f.series++; f.series > maxSeries {
			return fmt.Errorf("more than %d series: this is no etcd member's exposition", maxSeries)
		}
		if !last.covers(line) {
			last = f.decide(metricName(line))
		}
		if last.keep && !(last.dropNil && isNil(line)) {
			f.keep(line, number)
		}
	}
	return nil
}

func (f *filter) keep(line []byte, number int) {
	f.out = append(append(f.out, line...), '\n')
	f.lines = append(f.lines, number)
}

// wantsType reports whether a comment is the TYPE line of a wanted family.
func (f *filter) wantsType(line []byte) bool {
	rest, isType := bytes.CutPrefix(line, []byte("# TYPE "))
	if !isType {
		return false
	}
	name := metricName(rest)
	if string(name) == grpcHandled {
		f.sawGRPC = true
	}
	return f.wanted[string(name)] != 0
}

func (f *filter) decide(name []byte) decision {
	if string(name) == grpcHandled {
		f.sawGRPC = true
		return decision{name: name, keep: true, dropNil: true}
	}
	if f.wanted[string(name)] != 0 {
		return decision{name: name, keep: true}
	}
	for _, suffix := range [...]string{"_bucket", "_sum", "_count"} {
		if family, cut := bytes.CutSuffix(name, []byte(suffix)); cut {
			return decision{name: name, keep: f.wanted[string(family)] == distribution}
		}
	}
	return decision{name: name}
}

// covers reports whether line is of the decision's metric name: of just that name, not of a longer one.
func (d *decision) covers(line []byte) bool {
	n := len(d.name)
	return n > 0 && len(line) > n && endsName(line[n]) && bytes.Equal(line[:n], d.name)
}

// metricName is what stands before the labels or the value.
func metricName(line []byte) []byte {
	for i, c := range line {
		if endsName(c) {
			return line[:i]
		}
	}
	return line
}

func endsName(c byte) bool { return c == '{' || c == ' ' || c == '\t' }

// isNil reports whether the sample's value is 0, as client_golang writes it.
func isNil(line []byte) bool {
	n := len(line)
	return n >= 2 && line[n-1] == '0' && line[n-2] == ' '
}

// describe puts the exposition's own line number and text into an error about a line of out.
func (f *filter) describe(line int, message string) error {
	if line < 1 || line > len(f.lines) {
		return errors.New(message)
	}
	text := f.out
	for range line - 1 {
		text = text[bytes.IndexByte(text, '\n')+1:]
	}
	text = text[:bytes.IndexByte(text, '\n')]
	const most = 80
	ellipsis := ""
	if len(text) > most {
		text, ellipsis = text[:most], "…"
	}
	return fmt.Errorf("line %d (%q%s): %s", f.lines[line-1], text, ellipsis, message)
}
