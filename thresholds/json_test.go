package thresholds

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (make golden-update writes it anew):\n%s", path, got)
	}
}

func TestGoldenJSON(t *testing.T) {
	t.Parallel()
	scenes := map[string]func(*scene){
		"healthy": func(*scene) {},
		"one-down": func(s *scene) {
			s.member(3).down = errRefused
		},
		"no-answer": func(s *scene) {
			s.members, s.noMemberList = s.members[:1], true
			s.member(1).down, s.member(1).id, s.member(1).name = errRefused, 0, ""
		},
	}
	for name, direct := range scenes {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			if name == "no-answer" {
				direct(s)
			}
			s.run(16*time.Second, func() { s.work(50, 2*time.Millisecond) })
			direct(s)
			s.work(50, 2*time.Millisecond)
			a := s.observe()
			got, err := json.MarshalIndent(a, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", append(got, '\n'))
		})
	}
}
