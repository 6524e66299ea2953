package probe

import (
	"bytes"
	"errors"
	"strconv"
)

// A sample is a line of an exposition: name{label="value",…} number [timestamp]. Its slices lie in the exposition
// and are good until the next line is read.
type sample struct {
	name   []byte
	labels []rawLabel
	value  float64
}

// rawLabel is a label as it stands in the exposition, its value with its escapes.
type rawLabel struct {
	name, value []byte
	escaped     bool
}

// text is the label's value.
func (l *rawLabel) text() []byte {
	if !l.escaped {
		return l.value
	}
	out := make([]byte, 0, len(l.value))
	for i := 0; i < len(l.value); i++ {
		c := l.value[i]
		if c == '\\' && i+1 < len(l.value) {
			if i++; l.value[i] == 'n' {
				c = '\n'
			} else {
				c = l.value[i]
			}
		}
		out = append(out, c)
	}
	return out
}

// label is the value of the label name; empty where there is none.
func (s *sample) label(name string) []byte {
	for i := range s.labels {
		if string(s.labels[i].name) == name {
			return s.labels[i].text()
		}
	}
	return nil
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

// isNil reports whether the value of a line is 0, as client_golang writes it.
func isNil(line []byte) bool {
	n := len(line)
	return n >= 2 && line[n-1] == '0' && line[n-2] == ' '
}

// parse reads a line whose name is known already.
func (s *sample) parse(line []byte, nameLength int) error {
	s.name, s.labels = line[:nameLength], s.labels[:0]
	rest := skipBlanks(line[nameLength:])
	if len(rest) > 0 && rest[0] == '{' {
		var err error
		if rest, err = s.parseLabels(rest[1:]); err != nil {
			return err
		}
		rest = skipBlanks(rest)
	}
	number, rest := word(rest)
	if len(number) == 0 {
		return errors.New("it has no value")
	}
	// Go reads 0x1p-2 and 1_000; the exposition format does not know them.
	value, err := strconv.ParseFloat(string(number), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) || bytes.ContainsAny(number, "pP_") {
		return errors.New("its value is no number")
	}
	s.value = value
	if timestamp, rest := word(rest); len(timestamp) > 0 {
		if _, err := strconv.ParseInt(string(timestamp), 10, 64); err != nil || len(skipBlanks(rest)) > 0 {
			return errors.New("what follows its value is no timestamp")
		}
	}
	return nil
}

// parseLabels reads the labels up to the brace that closes them, and returns what follows.
func (s *sample) parseLabels(rest []byte) ([]byte, error) {
	for {
		rest = skipBlanks(rest)
		if len(rest) > 0 && rest[0] == '}' {
			return rest[1:], nil
		}
		equals := bytes.IndexByte(rest, '=')
		if equals < 0 {
			return nil, errors.New("its labels have no end")
		}
		l := rawLabel{name: bytes.TrimRight(rest[:equals], " \t")}
		rest = skipBlanks(rest[equals+1:])
		if len(rest) == 0 || rest[0] != '"' || !isLabelName(l.name) {
			return nil, errors.New("its labels are malformed")
		}
		rest = rest[1:]
		end := 0
		for ; end < len(rest) && rest[end] != '"'; end++ {
			if rest[end] == '\\' {
				l.escaped = true
				end++
			}
		}
		if end >= len(rest) {
			return nil, errors.New("a label's value has no end")
		}
		l.value, rest = rest[:end], skipBlanks(rest[end+1:])
		s.labels = append(s.labels, l)
		switch {
		case len(rest) > 0 && rest[0] == ',':
			rest = rest[1:]
		case len(rest) == 0 || rest[0] != '}':
			return nil, errors.New("its labels are malformed")
		}
	}
}

func isLabelName(name []byte) bool {
	for i, c := range name {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(name) > 0
}

func skipBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// word cuts off the first word.
func word(b []byte) (first, rest []byte) {
	b = skipBlanks(b)
	for i, c := range b {
		if c == ' ' || c == '\t' {
			return b[:i], b[i:]
		}
	}
	return b, nil
}
