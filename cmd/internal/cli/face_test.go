package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestYAMLInParts: any document, with lists of any length, is byte for byte the YAML of the whole.
func TestYAMLInParts(t *testing.T) {
	element := map[string]any{"text": "a: b\n- c", "of": []int{1, 2}, "none": []int{}, "nothing": nil, "yes": "no",
		"number": "12", "inner": map[string]any{}}
	for _, n := range []int{0, 1, yamlChunk - 1, yamlChunk, yamlChunk + 1, 3 * yamlChunk, 3*yamlChunk + 1} {
		list := make([]any, n)
		for i := range list {
			list[i] = element
		}
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("- %d: #\n", i)
		}
		object := struct {
			A     string   `json:"a"`
			List  []any    `json:"list"`
			Names []string `json:"names"`
			Of    any      `json:"of"`
			Not   *string  `json:"not,omitempty"`
			True  any      `json:"true"`
			Z     []any    `json:"z"`
			None  []string `json:"none"`
		}{A: "<x>", List: list, Names: names, Of: element, Z: []any{nil}, None: []string{}}
		var encoded, text bytes.Buffer
		inJSON := json.NewEncoder(&encoded)
		inJSON.SetIndent("", "  ")
		inJSON.SetEscapeHTML(false)
		if err := errors.Join(inJSON.Encode(object), writeJSON(&text, &object)); err != nil {
			t.Fatal(err)
		}
		if text.String() != encoded.String() {
			t.Errorf("%d elements: the JSON is\n%s\nwant\n%s", n, text.String(), encoded.String())
		}
		var document yaml.Node
		if err := yaml.Unmarshal(text.Bytes(), &document); err != nil {
			t.Fatal(err)
		}
		clearStyle(&document)
		var whole, parts bytes.Buffer
		encoder := yaml.NewEncoder(&whole)
		encoder.SetIndent(2)
		if err := encoder.Encode(&document); err != nil {
			t.Fatal(err)
		}
		if err := writeYAML(&parts, object); err != nil {
			t.Fatal(err)
		}
		var a, b any
		if err := yaml.Unmarshal(parts.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(whole.Bytes(), &b); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, b) || strings.TrimSpace(whole.String()) != strings.TrimSpace(parts.String()) {
			t.Errorf("%d elements: they differ", n)
		}
	}
}
