package cli

import (
	"io"

	"github.com/etcdoc/etcdoc/thresholds"
)

// A face is an output format: it writes an assessment as the answer to a question, and returns the exit code.
type face func(io.Writer, *question, *thresholds.Assessment) (code int, err error)

// faceOf returns the face that -o names.
func faceOf(format string, out io.Writer, rules thresholds.RuleSet) (face, error) {
	width := widthOf(out)
	switch format {
	case "table", "simple": // the second is etcdctl's default
		return tableFace(page{width: width, rules: rules}), nil
	case "wide":
		return tableFace(page{width: width, wide: true, rules: rules}), nil
	case "json":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return q.code(a), writeJSON(w, q.answered(a).Document())
		}, nil
	case "yaml":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return q.code(a), writeYAML(w, q.answered(a).Document())
		}, nil
	case "nagios":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return printNagios(w, q, a, rules)
		}, nil
	default:
		return nil, notOneOf("output", format, []string{"table", "wide", "json", "yaml", "nagios"})
	}
}

func tableFace(p page) face {
	return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
		p.reply, p.answer = q.verdict(a), q.answered(a).Answer
		return q.code(a), p.print(w, a)
	}
}
