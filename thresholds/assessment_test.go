package thresholds

import (
	"reflect"
	"testing"
)

// TestResultsHideNothing: exported results have no unexported fields. Work in progress belongs to the sweep's frame,
// and memory to the evaluator.
func TestResultsHideNothing(t *testing.T) {
	t.Parallel()
	own := reflect.TypeFor[Assessment]().PkgPath()
	seen := make(map[reflect.Type]bool)
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			visit(typ.Elem())
		case reflect.Map:
			visit(typ.Key())
			visit(typ.Elem())
		case reflect.Struct:
			if typ.PkgPath() != own {
				return
			}
			for field := range typ.Fields() {
				if !field.IsExported() {
					t.Errorf("%s.%s is hidden", typ.Name(), field.Name)
				}
				visit(field.Type)
			}
		}
	}
	visit(reflect.TypeFor[Assessment]())
	if !seen[reflect.TypeFor[Finding]()] || !seen[reflect.TypeFor[Event]()] || !seen[reflect.TypeFor[Peer]()] {
		t.Error("not all results were visited")
	}
}
