// Package assets embeds what etcdoc carries along for a host without network: its documentation, manifests, recipes,
// the runbooks of its rules and causes, and the JSON Schema of its output. It imports nothing of etcdoc.
package assets

import (
	"embed"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed deploy docs/*.md packages/*.service packages/*.timer prometheus recipes runbooks/*.md schema/*.json
var files embed.FS

// Names returns the names of all files, sorted.
func Names() []string {
	var names []string
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error { // embedded files have no errors
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	slices.Sort(names)
	return names
}

// Read returns the text of a file by its name.
func Read(name string) (text string, ok bool) {
	content, err := files.ReadFile(name)
	return string(content), err == nil
}

// Find returns the names of the files that a name may mean: a whole name, the last part of one, with or without its
// extensions, or for the JSON Schema, "schema".
func Find(name string) (found []string) {
	for _, file := range Names() {
		base := path.Base(file)
		stem, _, _ := strings.Cut(base, ".")
		switch name {
		case file:
			return []string{file}
		case base, stem:
			found = append(found, file)
		}
		if name == "schema" && path.Dir(file) == name {
			found = append(found, file)
		}
	}
	return found
}

// Title returns what a file is, in the words that it begins with: up to a colon or the end of the sentence.
func Title(name string) string {
	text, _ := Read(name)
	var words []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if path.Ext(name) == ".json" {
			_, title, is := strings.Cut(line, `"title": "`)
			if !is {
				continue
			}
			line, _, _ = strings.Cut("# "+title, `"`)
		}
		switch rest, isComment := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); {
		case isComment && strings.HasPrefix(line, "#"):
			words = append(words, rest)
		case len(words) > 0 || !strings.HasPrefix(line, "#"):
			return titleOf(words)
		}
		if path.Ext(name) == ".md" || path.Ext(name) == ".json" {
			break
		}
	}
	return titleOf(words)
}

func titleOf(words []string) string {
	title := strings.Join(words, " ") + " "
	for _, end := range []string{". ", ": "} {
		title, _, _ = strings.Cut(title, end)
	}
	return strings.TrimSpace(title)
}
