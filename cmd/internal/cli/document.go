package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A document is a struct, or a pointer to one, with the tags of its JSON. Its lists are written in pieces: a thousand
// members have tens of thousands of findings, and an encoder would hold all of their text, several times.

// yamlChunk is how many elements of a list become YAML at once. A YAML node takes about twenty times the memory of its
// text.
const yamlChunk = 64

// fieldsOf yields the fields of a document that are written, by their names.
func fieldsOf(document any) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		object := reflect.Indirect(reflect.ValueOf(document))
		for i := range object.NumField() {
			name, options, _ := strings.Cut(object.Type().Field(i).Tag.Get("json"), ",")
			if value := object.Field(i); options != "" && value.IsZero() {
				continue
			} else if !yield(name, value) {
				return
			}
		}
	}
}

// writeJSON writes a document as an indenting [json.Encoder] does.
func writeJSON(w io.Writer, document any) error {
	const indent = "  "
	out, separator := bufio.NewWriter(w), "{"
	for name, value := range fieldsOf(document) {
		fmt.Fprintf(out, "%s\n%s%q: ", separator, indent, name)
		separator = ","
		if value.Kind() != reflect.Slice || value.Len() == 0 {
			if err := writeValue(out, value, indent); err != nil {
				return err
			}
			continue
		}
		before := "["
		for i := range value.Len() {
			fmt.Fprint(out, before, "\n", indent, indent)
			before = ","
			if err := writeValue(out, value.Index(i), indent+indent); err != nil {
				return err
			}
		}
		fmt.Fprint(out, "\n", indent, "]")
	}
	fmt.Fprint(out, "\n}\n")
	return out.Flush()
}

// writeValue writes a value without a line end; prefix begins each line but the first.
func writeValue(w io.Writer, value reflect.Value, prefix string) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent(prefix, "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value.Interface()); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err := w.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	return err
}

// writeYAML writes a document as YAML: the same fields as its JSON in the same order.
func writeYAML(w io.Writer, document any) error {
	for name, value := range fieldsOf(document) {
		if value.Kind() != reflect.Slice || value.Len() <= yamlChunk {
			text, err := yamlField(name, value)
			if err != nil {
				return err
			}
			if _, err := w.Write(text); err != nil {
				return err
			}
			continue
		}
		for from := 0; from < value.Len(); from += yamlChunk {
			text, err := yamlField(name, value.Slice(from, min(from+yamlChunk, value.Len())))
			if err != nil {
				return err
			}
			if from > 0 { // the first chunk has the name
				_, text, _ = bytes.Cut(text, []byte("\n"))
			}
			if _, err := w.Write(text); err != nil {
				return err
			}
		}
	}
	return nil
}

func yamlField(name string, value reflect.Value) ([]byte, error) {
	inJSON, err := json.Marshal(value.Interface())
	if err != nil {
		return nil, fmt.Errorf("turning JSON into YAML: %w", err)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(inJSON, &node); err != nil {
		return nil, fmt.Errorf("turning JSON into YAML: %w", err)
	}
	clearStyle(&node)
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	field := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
		{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, node.Content[0]}}
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
