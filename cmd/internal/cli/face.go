package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/etcdoc/etcdoc/thresholds"
)

// A face writes an assessment as the answer to a question, and returns the exit code.
type face func(io.Writer, *question, *thresholds.Assessment) (code int, err error)

// faceOf is the face that -o chooses.
func faceOf(format string, out io.Writer, rules []thresholds.Rule) (face, error) {
	width := widthOf(out)
	switch format {
	case "table", "simple": // the second is etcdctl's default
		return tableFace(page{width: width, rules: rules}), nil
	case "wide":
		return tableFace(page{width: width, wide: true, rules: rules}), nil
	case "json":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return q.code(a), printJSON(w, a)
		}, nil
	case "yaml":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return q.code(a), printYAML(w, a)
		}, nil
	case "nagios":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return printNagios(w, q, a, rules)
		}, nil
	default:
		return nil, fmt.Errorf("--output %q: want table, wide, json, yaml or nagios", format)
	}
}

func tableFace(p page) face {
	return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
		p.answer = q.verdict(a)
		return q.code(a), p.print(w, a)
	}
}

func printJSON(w io.Writer, a *thresholds.Assessment) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(a)
}

// printYAML writes the JSON as YAML: the same fields in the same order.
func printYAML(w io.Writer, a *thresholds.Assessment) error {
	var text bytes.Buffer
	if err := printJSON(&text, a); err != nil {
		return err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text.Bytes(), &document); err != nil {
		return fmt.Errorf("turning JSON into YAML: %w", err)
	}
	plain(&document)
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return err
	}
	return encoder.Close()
}

// plain takes JSON's brackets and quotes off, as far as the meaning does not need them.
func plain(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, child := range n.Content {
		plain(child)
	}
}
