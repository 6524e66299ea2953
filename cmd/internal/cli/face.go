package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"

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
			return q.code(a), printJSON(w, q.answered(a))
		}, nil
	case "yaml":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return q.code(a), printYAML(w, q.answered(a))
		}, nil
	case "nagios":
		return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
			return printNagios(w, q, a, rules)
		}, nil
	default:
		return nil, valueErrorf("output", "%q: want table, wide, json, yaml or nagios", format)
	}
}

func tableFace(p page) face {
	return func(w io.Writer, q *question, a *thresholds.Assessment) (int, error) {
		p.reply, p.answer = q.verdict(a), q.answered(a).Answer
		return q.code(a), p.print(w, a)
	}
}

func printJSON(w io.Writer, a *thresholds.Assessment) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(a)
}

// yamlChunk is how many elements of a list become YAML at once. A YAML node takes about twenty times the memory of its
// text, and a thousand members have tens of thousands of findings.
const yamlChunk = 64

// printYAML writes the JSON document as YAML: the same fields in the same order.
func printYAML(w io.Writer, a *thresholds.Assessment) error {
	var text bytes.Buffer
	if err := printJSON(&text, a); err != nil {
		return err
	}
	return toYAML(w, &text)
}

// toYAML writes a JSON object as YAML, field by field, to bound its memory.
func toYAML(w io.Writer, text io.Reader) error {
	decoder := json.NewDecoder(text)
	if _, err := decoder.Token(); err != nil { // the opening brace
		return fmt.Errorf("turning JSON into YAML: %w", err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("turning JSON into YAML: %w", err)
		}
		key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: fmt.Sprint(name)}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("turning JSON into YAML: %w", err)
		}
		if err := fieldToYAML(w, key, value); err != nil {
			return err
		}
	}
	return nil
}

// fieldToYAML writes one field, a long list in chunks.
func fieldToYAML(w io.Writer, key *yaml.Node, value json.RawMessage) error {
	var list []json.RawMessage
	if value[0] != '[' || json.Unmarshal(value, &list) != nil || len(list) <= yamlChunk {
		text, err := encodeField(key, value)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}
	for i, part := range slices.Collect(slices.Chunk(list, yamlChunk)) {
		raw := slices.Concat([]byte("["), bytes.Join(rawBytes(part), []byte(",")), []byte("]"))
		text, err := encodeField(key, raw)
		if err != nil {
			return err
		}
		if i > 0 { // the first chunk has the key
			_, text, _ = bytes.Cut(text, []byte("\n"))
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

func rawBytes(messages []json.RawMessage) [][]byte {
	all := make([][]byte, len(messages))
	for i := range messages {
		all[i] = messages[i]
	}
	return all
}

func encodeField(key *yaml.Node, value []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(value, &document); err != nil {
		return nil, fmt.Errorf("turning JSON into YAML: %w", err)
	}
	clearStyle(&document)
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	field := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{key, document.Content[0]}}
	if err := encoder.Encode(field); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return text.Bytes(), nil
}

// clearStyle removes JSON's brackets and quotes wherever YAML can do without.
func clearStyle(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, child := range n.Content {
		clearStyle(child)
	}
}
