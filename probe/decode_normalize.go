package probe

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"
)

// normalize appends a line in the form that expfmt's text parser accepts: the metric's name before the braces, unusual
// label names quoted, unknown escapes as literal characters, timestamps in whole milliseconds, no exemplar. It leaves
// what it does not know for expfmt to reject.
func normalize(dst []byte, name string, line []byte) ([]byte, error) {
	dst = append(dst, name...)
	rest := line
	if line[0] != '{' {
		rest = skipBlanks(line[len(metricName(line)):])
	}
	if len(rest) > 0 && rest[0] == '{' {
		var err error
		if dst, rest, err = normalizeLabels(append(dst, '{'), rest[1:]); err != nil {
			return dst, err
		}
		dst = append(dst, '}')
	}
	value, rest := nextField(rest)
	if len(value) == 0 || value[0] == '#' {
		return dst, errors.New("it has no value")
	}
	dst = append(append(dst, ' '), value...)
	timestamp, rest := nextField(rest)
	if len(timestamp) == 0 || timestamp[0] == '#' {
		return append(dst, '\n'), nil
	}
	if rest = skipBlanks(rest); len(rest) > 0 && rest[0] != '#' {
		return dst, errors.New("what follows its value is not a timestamp")
	}
	dst = append(dst, ' ')
	if _, err := strconv.ParseInt(string(timestamp), 10, 64); err != nil {
		converted, ok := floatTimestamp(dst, timestamp)
		if !ok {
			return dst, errors.New("what follows its value is not a timestamp")
		}
		return append(converted, '\n'), nil
	}
	return append(append(dst, timestamp...), '\n'), nil
}

var errLabels = errors.New("its labels are malformed")

// normalizeLabels appends the labels up to the closing brace and returns the rest.
func normalizeLabels(dst, rest []byte) ([]byte, []byte, error) {
	for n := 0; ; {
		if rest = skipBlanks(rest); len(rest) > 0 && rest[0] == '}' {
			return dst, rest[1:], nil
		}
		name, after, isMetric, err := labelName(rest)
		if err != nil {
			return dst, nil, err
		}
		if rest = skipBlanks(after); !isMetric {
			if n++; n > maxLabels {
				return dst, nil, errors.New("it has more than " + strconv.Itoa(maxLabels) + " labels")
			}
			value, after := looselyQuoted(skipBlanks(rest[1:]))
			if after == nil {
				return dst, nil, errLabels
			}
			if len(name) > maxLabelName || len(value) > maxLabelValue {
				return dst, nil, errors.New("one of its labels is too long")
			}
			if isLabelName(name) || string(name) == "__name__" {
				dst = append(dst, name...)
			} else {
				dst = append(appendEscaped(append(dst, '"'), name), '"')
			}
			dst = append(append(appendEscaped(append(dst, '=', '"'), value), '"'), ',')
			rest = skipBlanks(after)
		}
		switch {
		case len(rest) > 0 && rest[0] == ',':
			rest = rest[1:]
		case len(rest) == 0 || rest[0] != '}':
			return dst, nil, errLabels
		}
	}
}

// labelName parses a label name up to its equals sign. Braces may also contain a quoted name without one: the metric's.
func labelName(b []byte) (name, rest []byte, isMetric bool, err error) {
	if len(b) > 0 && b[0] == '"' {
		name, rest = looselyQuoted(b)
		if rest = skipBlanks(rest); rest == nil {
			return nil, nil, false, errLabels
		}
		return name, rest, len(rest) == 0 || rest[0] != '=', nil
	}
	equals := bytes.IndexByte(b, '=')
	if equals < 0 {
		return nil, nil, false, errLabels
	}
	if name = trimBlanks(b[:equals]); len(name) == 0 || bytes.ContainsAny(name, "\",{}") {
		return nil, nil, false, errLabels
	}
	return name, b[equals:], false, nil
}

// nameInBraces returns the metric's name in a line such as {"name",label="value"} 1; nil if it has none.
func nameInBraces(line []byte) []byte {
	rest := skipBlanks(line[1:])
	if len(rest) == 0 || rest[0] != '"' {
		return nil
	}
	name, _, isMetric, err := labelName(rest)
	if err != nil || !isMetric {
		return nil
	}
	return name
}

// looselyQuoted returns the quoted text at the start of b, unescaped; the backslash of an unknown escape stays. rest is
// nil if the quotes don't close.
func looselyQuoted(b []byte) (inner, rest []byte) {
	if len(b) == 0 || b[0] != '"' {
		return nil, nil
	}
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return inner, b[i+1:]
		case c == '\\' && i+1 < len(b):
			switch i++; b[i] {
			case 'n':
				inner = append(inner, '\n')
			case '\\', '"':
				inner = append(inner, b[i])
			default:
				inner = append(inner, '\\', b[i])
			}
		default:
			inner = append(inner, c)
		}
	}
	return nil, nil
}

// appendEscaped appends text as the format writes it in quotes, with invalid UTF-8 replaced.
func appendEscaped(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch r {
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\\', '"':
			dst = append(dst, '\\', byte(r))
		default:
			dst = utf8.AppendRune(dst, r)
		}
		text = text[n:]
	}
	return dst
}

// floatTimestamp converts an OpenMetrics timestamp, in fractional seconds, to the text format's milliseconds.
func floatTimestamp(dst, word []byte) ([]byte, bool) {
	seconds, err := strconv.ParseFloat(string(word), 64)
	if err != nil || math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/2000 {
		return dst, false
	}
	return strconv.AppendInt(dst, int64(math.Round(1000*seconds)), 10), true
}
