package thresholds

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

const wordsFolder = "testdata/words"

// A phrasebook holds the sentences that tests check: a file of testdata/words for each file of tests, with an entry
// for each sentence, "# " and its key before it. Tests assert fields; the wording is held there, and only there.
type phrasebook struct {
	mu sync.Mutex
	// kept and said are the sentences of the files and those of this run, by file and key.
	kept, said map[string]map[string]string
}

var phrases = phrasebook{kept: make(map[string]map[string]string), said: make(map[string]map[string]string)}

// says compares a sentence with testdata/words. The key distinguishes it from others of the same test; -update writes
// it anew.
func says(t *testing.T, what, text string) {
	t.Helper()
	phrases.hold(t, what, text)
}

// saysFinding compares the summary of a finding about a member or, if empty, the cluster; a missing finding has no
// words.
func saysFinding(t *testing.T, a *Assessment, rule RuleID, member string) {
	t.Helper()
	if f := finding(a, rule, member); f.Rule != "" {
		phrases.hold(t, strings.TrimSpace(string(rule)+" "+member), f.Summary)
	}
}

// saysReading compares the text of the reading.
func saysReading(t *testing.T, a *Assessment) {
	t.Helper()
	phrases.hold(t, "", a.Reading.Text)
}

// hold is called by a helper of the test's.
func (p *phrasebook) hold(t *testing.T, what, text string) {
	t.Helper()
	_, caller, _, _ := runtime.Caller(2)
	file := strings.TrimSuffix(filepath.Base(caller), "_test.go") + ".txt"
	key := t.Name()
	if what != "" {
		key += ": " + what
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.said[file] == nil {
		p.said[file] = make(map[string]string)
		p.kept[file] = readWords(t, file)
	}
	if before, twice := p.said[file][key]; twice && before != text {
		t.Errorf("%q has two sentences, %q and %q: give them keys of their own", key, before, text)
	}
	p.said[file][key] = text
	if kept, has := p.kept[file][key]; !*update && (!has || kept != text) {
		t.Errorf("%s: says\n%q, and %s has\n%q (make golden-update writes it anew)", key, text, file, kept)
	}
}

// readWords returns the entries of a file, none if it does not exist.
func readWords(t *testing.T, file string) map[string]string {
	t.Helper()
	words := make(map[string]string)
	text, err := os.ReadFile(filepath.Join(wordsFolder, file))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for entry := range strings.SplitSeq("\n"+string(text), "\n# ") {
		if key, said, ok := strings.Cut(entry, "\n"); ok && key != "" {
			words[key] = strings.TrimSuffix(said, "\n")
		}
	}
	return words
}

// settle writes the sentences if -update is set, and reports entries that no test checks if all tests have run.
func (p *phrasebook) settle() error {
	all := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == ""
	files, err := filepath.Glob(filepath.Join(wordsFolder, "*.txt"))
	if err != nil {
		return err
	}
	if !*update {
		for _, path := range files {
			file := filepath.Base(path)
			for key := range p.kept[file] {
				if _, is := p.said[file][key]; all && !is {
					return fmt.Errorf("%s: no test says %q (make golden-update removes it)", path, key)
				}
			}
			if all && p.said[file] == nil {
				return fmt.Errorf("%s: no test says any of it (make golden-update removes it)", path)
			}
		}
		return nil
	}
	for _, path := range files {
		if all && p.said[filepath.Base(path)] == nil {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for file, said := range p.said {
		if !all {
			said = maps.Clone(p.kept[file])
			maps.Copy(said, p.said[file])
		}
		if err := writeWords(file, said); err != nil {
			return err
		}
	}
	return nil
}

func writeWords(file string, said map[string]string) error {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(said)) {
		fmt.Fprintf(&text, "# %s\n%s\n", key, said[key])
	}
	if err := os.MkdirAll(wordsFolder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(wordsFolder, file), []byte(text.String()), 0o644)
}
