package probe

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
)

// A sample is a line of an exposition: name{label="value",…} number [timestamp]. Its slices point into the exposition
// and are valid until the next line.
type sample struct {
	labels []rawLabel
	value  float64
	// bucket is the one that the labels name; its series is nil if that is not known yet.
	bucket bucket
}

// rawLabel is a label as it stands in the exposition, its value still escaped.
type rawLabel struct {
	name, value []byte
	escaped     bool
}

// text returns the label's value, unescaped.
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

// label returns the value of a label; empty if there is none.
func (s *sample) label(name string) []byte {
	for i := range s.labels {
		if string(s.labels[i].name) == name {
			return s.labels[i].text()
		}
	}
	return nil
}

// nextLine cuts off the first line and trims its blanks.
func nextLine(text []byte) (line, rest []byte) {
	if end := bytes.IndexByte(text, '\n'); end >= 0 {
		return trimBlanks(text[:end]), text[end+1:]
	}
	return trimBlanks(text), nil
}

// metricName returns what precedes the labels or the value.
func metricName(line []byte) []byte {
	for i, c := range line {
		if endsName(c) {
			return line[:i]
		}
	}
	return line
}

func endsName(c byte) bool { return c == '{' || c == ' ' || c == '\t' }

// endsInZero reports whether a line ends with its labels and 0, as client_golang writes it.
func endsInZero(line []byte) bool { return bytes.HasSuffix(line, []byte("} 0")) }

// errUnusual: the line is not as etcd writes it, though it may be valid.
var errUnusual = errors.New("it is not as etcd writes it")

// parse parses a line after its name. It accepts only what every parser reads the same way.
func (s *sample) parse(line []byte, nameLength int) error {
	s.labels, s.bucket = s.labels[:0], bucket{}
	rest := skipBlanks(line[nameLength:])
	if len(rest) > 0 && rest[0] == '{' {
		if rest = s.parseLabels(rest[1:]); rest == nil {
			return errUnusual
		}
	}
	return s.parseNumber(rest)
}

// parseNumber parses what is behind the labels.
func (s *sample) parseNumber(rest []byte) error {
	number, rest := nextField(rest)
	// Go reads 0x1p-2 and 1_000; the exposition format does not.
	value, err := strconv.ParseFloat(string(number), 64)
	if err != nil || bytes.ContainsAny(number, "pP_") {
		return errUnusual
	}
	s.value = value
	if timestamp, rest := nextField(rest); len(timestamp) > 0 {
		if _, err := strconv.ParseInt(string(timestamp), 10, 64); err != nil || len(skipBlanks(rest)) > 0 {
			return errUnusual
		}
	}
	return nil
}

// parseLabels parses the labels up to the closing brace and returns the rest; nil if they are unusual.
func (s *sample) parseLabels(rest []byte) []byte {
	for {
		rest = skipBlanks(rest)
		if len(rest) > 0 && rest[0] == '}' {
			return rest[1:]
		}
		equals := bytes.IndexByte(rest, '=')
		if equals < 0 {
			return nil
		}
		l := rawLabel{name: trimBlanks(rest[:equals])}
		rest = skipBlanks(rest[equals+1:])
		if len(rest) == 0 || rest[0] != '"' || !isLabelName(l.name) || len(s.labels) == maxLabels {
			return nil
		}
		if l.value, l.escaped, rest = quoted(rest); rest == nil || len(l.value) > maxLabelValue ||
			!utf8.Valid(l.value) {
			return nil
		}
		for i := range s.labels {
			if bytes.Equal(s.labels[i].name, l.name) {
				return nil
			}
		}
		s.labels = append(s.labels, l)
		rest = skipBlanks(rest)
		switch {
		case len(rest) > 0 && rest[0] == ',':
			rest = rest[1:]
		case len(rest) == 0 || rest[0] != '}':
			return nil
		}
	}
}

// quoted cuts off the quoted text, still escaped. rest is nil if the quotes don't close, or if it contains an escape
// that the format does not have.
func quoted(b []byte) (inner []byte, escaped bool, rest []byte) {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '"':
			return b[1:i], escaped, b[i+1:]
		case '\\':
			escaped = true
			if i++; i == len(b) || b[i] != '\\' && b[i] != 'n' && b[i] != '"' {
				return nil, false, nil
			}
		}
	}
	return nil, false, nil
}

// isLabelName reports whether a name needs no quotes and is not reserved.
func isLabelName(name []byte) bool {
	for i, c := range name {
		letter := c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(name) > 0 && len(name) <= maxLabelName && string(name) != "__name__"
}

func skipBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

func trimBlanks(b []byte) []byte {
	b = skipBlanks(b)
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

// nextField cuts off the first field.
func nextField(b []byte) (first, rest []byte) {
	b = skipBlanks(b)
	for i, c := range b {
		if c == ' ' || c == '\t' {
			return b[:i], b[i:]
		}
	}
	return b, nil
}
