package keyspace_test

import (
	"errors"
	"os"
	"testing"

	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// TestPeek: what a file is shows at its beginning, and that a plain one is cut from its length.
func TestPeek(t *testing.T) {
	whole, err := os.ReadFile(makeDatabase(t, 400))
	if err != nil {
		t.Fatal(err)
	}
	const database, damaged, other = "database", "damaged", "other"
	packed := gzipped(t, whole)
	for name, test := range map[string]struct {
		content    []byte
		want       string
		compressed bool
	}{
		"plain":           {whole, database, false},
		"gzip":            {packed, database, true},
		"zip":             {zipped(t, map[string][]byte{"etcd-snapshot-1": whole}), database, true},
		"cut":             {whole[:len(whole)/2], damaged, false},
		"cut gzip":        {packed[:1000], damaged, true},
		"empty":           {nil, other, false},
		"text":            {[]byte("Error: context deadline exceeded\n"), other, false},
		"gzip of nothing": {gzipped(t, nil), other, true},
		"two in a zip":    {zipped(t, map[string][]byte{"a": whole, "b": whole}), other, true},
	} {
		compressed, err := keyspace.Peek(t.Context(), writeFile(t, test.content))
		got := database
		switch {
		case errors.As(err, new(*keyspace.DamagedError)):
			got = damaged
		case errors.As(err, new(*keyspace.KindError)):
			got = other
		case err != nil:
			got = err.Error()
		}
		if got != test.want || compressed != test.compressed {
			t.Errorf("%s: %s, compressed: %v: %v", name, got, compressed, err)
		}
	}
	if _, err := keyspace.Peek(t.Context(), t.TempDir()); err == nil {
		t.Error("a folder passes")
	}
}
