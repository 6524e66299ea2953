// Package schematest holds JSON in tests to the schema that etcdoc publishes.
package schematest

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/etcdoc/etcdoc/assets"
)

// compiled is the schema of etcdoc/v1, with formats such as date-time checked.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	text, _ := assets.Read("schema/etcdoc-v1.schema.json")
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("etcdoc-v1.schema.json", document); err != nil {
		return nil, err
	}
	return compiler.Compile("etcdoc-v1.schema.json")
})

// Check fails the test if text is not a document of the schema.
func Check(t testing.TB, text []byte) {
	t.Helper()
	if err := Validate(text); err != nil {
		t.Errorf("not as etcdoc assets schema says: %v", err)
	}
}

// Validate returns why text is not a document of the schema.
func Validate(text []byte) error {
	schema, err := compiled()
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}
