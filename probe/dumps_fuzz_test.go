package probe

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzDumps: whatever names and texts the files of a bundle have, reading it ends, no member is in a sweep twice, and
// nothing that is shown of it is unprintable.
func FuzzDumps(f *testing.F) {
	const text = "etcd_server_has_leader 1\netcd_server_id{server_id=\"a1\"} 1\n"
	f.Add("etcd-1.prom", text, "etcd-2.prom", "etcd_server_has_leader 0\netcd_server_id{server_id=\"b2\"} 1\n")
	f.Add("etcd-1/10.prom", text, "etcd-1/20.prom", text)
	f.Add("a.prom.gz", "\x1f\x8b", "\x1b]0;x\x07.prom", text)
	f.Add("all.prom", text+"etcd_server_has_leader 1\n", "notes.txt", "hello")
	f.Add("2026-01-01T00:00:00Z.prom", text, "2026-01-01T00-00-05Z.prom", "etcd_server_has_leader{instance=\"\n")
	f.Fuzz(func(t *testing.T, firstName, first, secondName, second string) {
		folder := t.TempDir()
		for name, text := range map[string]string{firstName: first, secondName: second} {
			path := filepath.Join(folder, filepath.Join("/", name)) // stays inside
			if os.MkdirAll(filepath.Dir(path), 0o700) != nil || os.WriteFile(path, []byte(text), 0o600) != nil {
				return // no name of a file
			}
		}
		d, err := OpenDumps(t.Context(), folder, nil)
		if err != nil {
			return
		}
		for sweeps := 0; ; sweeps++ {
			s, err := d.Next(t.Context())
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil || sweeps > 2 {
				t.Fatalf("sweep %d: %v", sweeps, err)
			}
			seen := make(map[string]bool)
			for _, m := range s.Members {
				if seen[m.Key()] {
					t.Errorf("%q is there twice", m.Key())
				}
				seen[m.Key()] = true
			}
			eachText(reflect.ValueOf(s.Printable()), "Sweep", func(path, text string) {
				if !IsPrintable(text) {
					t.Errorf("%s is %q", path, text)
				}
			})
		}
	})
}
