// Package assets embeds what etcdoc carries along for a host without network: its documentation, recipes, the runbooks
// of its rules and causes, and the JSON Schema of its output. It imports nothing of etcdoc.
package assets

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed docs/*.md prometheus/* recipes/* runbooks/*.md schema/*.json
var files embed.FS

// Names returns the names of all files, sorted.
func Names() []string {
	var names []string
	for _, pattern := range [...]string{"docs/*", "prometheus/*", "recipes/*", "runbooks/*", "schema/*"} {
		matches, err := fs.Glob(files, pattern)
		if err != nil {
			continue // the patterns are well-formed
		}
		names = append(names, matches...)
	}
	return names
}

// Read returns the text of a file by its name, by the last part of its name, with or without its extensions, or for
// the JSON Schema, by "schema".
func Read(name string) (text string, ok bool) {
	for _, file := range Names() {
		base := path.Base(file)
		stem, _, _ := strings.Cut(base, ".")
		if name == file || name == "schema" && path.Dir(file) == name || name == base || name == stem {
			content, err := files.ReadFile(file)
			return string(content), err == nil
		}
	}
	return "", false
}
