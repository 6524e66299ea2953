package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// FuzzLoadFile: a configuration file is taken, or refused with lines that all name the file.
func FuzzLoadFile(f *testing.F) {
	files, err := filepath.Glob("testdata/config/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("clusters:\n  a: {endpoints: [\"http://a:1\"], thresholds: {wal-fsync-slow: {warning: 20ms}}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := new(Settings).LoadFile(settable(), "f.yaml", text)
		if err == nil {
			return
		}
		for _, line := range messages(err) {
			if !strings.Contains(line, "f.yaml") || !probe.IsPrintable(line) {
				t.Errorf("%q does not say where, or is not printable", line)
			}
		}
	})
}
