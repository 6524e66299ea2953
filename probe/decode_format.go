package probe

import (
	"bytes"
	"errors"
	"mime"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// errNotExposition: no line of the text is an exposition's.
var errNotExposition = errors.New("it is not an exposition: it has no metric of etcd")

// isExpositionText reports whether a text looks like an exposition: it has a HELP or TYPE comment, or mostly samples.
func isExpositionText(text []byte) bool {
	samples, others := 0, 0
	for len(text) > 0 {
		var line []byte
		line, text = nextLine(text)
		switch {
		case bytes.HasPrefix(line, []byte("# HELP ")), bytes.HasPrefix(line, []byte("# TYPE ")):
			return true
		case len(line) == 0 || line[0] == '#':
		case isSample(line):
			samples++
		default:
			others++
		}
	}
	return samples > others
}

// isSample reports whether a line has a name, perhaps labels, and a number.
func isSample(line []byte) bool {
	name := metricName(line)
	if len(name) == 0 || !metricNameOnly(name) {
		return false
	}
	sample, err := normalize(nil, string(name), line)
	if err != nil {
		return false
	}
	rest := sample[len(name):]
	if rest[0] == '{' {
		rest = rest[bytes.LastIndexByte(rest, '}')+1:]
	}
	value, _ := nextField(bytes.TrimSuffix(rest, []byte("\n")))
	_, err = strconv.ParseFloat(string(value), 64)
	return err == nil
}

// format is the format of an exposition.
type format int

const (
	formatText format = iota
	formatOpenMetrics
	formatProtobuf
)

// endOfOpenMetrics is the last line of OpenMetrics.
const endOfOpenMetrics = "# EOF"

// formatOf returns the format by the HTTP header, or else by the first and last bytes.
func formatOf(contentType string, body []byte) format {
	switch mediaType, _, _ := mime.ParseMediaType(contentType); mediaType {
	case "application/vnd.google.protobuf":
		return formatProtobuf
	case "application/openmetrics-text":
		return formatOpenMetrics
	}
	switch {
	case beginsDelimited(body):
		return formatProtobuf
	case bytes.HasSuffix(bytes.TrimRight(body, "\n\r \t"), []byte("\n"+endOfOpenMetrics)):
		return formatOpenMetrics
	}
	return formatText
}

// beginsDelimited reports whether a body begins with a metric family in delimited protobuf: its length, then its name.
func beginsDelimited(body []byte) bool {
	length, n := protowire.ConsumeVarint(body)
	if n < 0 || length == 0 || length > uint64(len(body)-n) {
		return false
	}
	name := familyName(body[n : n+int(length)])
	return len(name) > 1 && metricNameOnly(name)
}

func metricNameOnly(name []byte) bool {
	for i, c := range name {
		letter := c == '_' || c == ':' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// familyName returns the name of an encoded io.prometheus.client.MetricFamily, its field 1; nil if that does not come
// first.
func familyName(message []byte) []byte {
	number, kind, n := protowire.ConsumeTag(message)
	if n < 0 || number != 1 || kind != protowire.BytesType {
		return nil
	}
	name, n := protowire.ConsumeBytes(message[n:])
	if n < 0 {
		return nil
	}
	return name
}
