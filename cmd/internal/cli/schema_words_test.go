package cli

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/assets"
)

// wordsOfFiles are the words in the documents of the commands that read files: where they are in the schema, the type
// whose constants they are, and those of them that are never written there. The schema's other words are package
// thresholds' (TestSchemaNamesEveryWord).
var wordsOfFiles = map[string]struct {
	dir, typ string
	unsaid   []string
}{
	"backup_content.sum":              {"probe/keyspace", "Sum", []string{"differs"}}, // that is a damaged one, without content
	"backup.state":                    {"probe", "BackupState", nil},
	"backups.problems[].fault":        {"thresholds", "BackupFault", nil},
	"backups.backups[].state":         {"probe", "BackupState", nil},
	"backup_loss.stopped":             {"probe/backup", "Stop", nil},
	"recover_loss.lost_keys[].change": {"probe/recovery", "Change", []string{"passing"}}, // these are only counted
	"recover_choice.kind":             {"probe/recovery", "Kind", nil},
	"recover_choice.way":              {"probe/recovery", "How", nil},
	"recover.rebuild_warranted":       {"probe/recovery", "Warrant", nil},
	"recover.voters[].standing":       {"probe/recovery", "Standing", nil},
	"recover.committed_by":            {"probe/recovery", "CommittedBy", nil},
	"space_source.role":               {"thresholds", "Role", []string{"unknown"}}, // nobody reads from such a one
}

// constantsOf returns the texts of a type's constants in a package of this module.
func constantsOf(t *testing.T, dir, typ string) (texts []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../..", dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, is := n.(*ast.ValueSpec)
			if !is {
				return true
			}
			if name, is := spec.Type.(*ast.Ident); !is || name.Name != typ {
				return true
			}
			for _, value := range spec.Values {
				if literal, is := value.(*ast.BasicLit); is && literal.Kind == token.STRING {
					text, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					texts = append(texts, text)
				}
			}
			return true
		})
	}
	slices.Sort(texts)
	return texts
}

// collectWords collects the words that a part of the schema lists, by where they are.
func collectWords(found map[string][]string, at string, part any) {
	node, _ := part.(map[string]any)
	list, _ := node["enum"].([]any)
	for _, word := range list {
		if text, is := word.(string); is { // else null
			found[at] = append(found[at], text)
		}
	}
	slices.Sort(found[at])
	properties, _ := node["properties"].(map[string]any)
	for name, child := range properties {
		collectWords(found, at+"."+name, child)
	}
	if items, has := node["items"]; has {
		collectWords(found, at+"[]", items)
	}
}

// TestSchemaNamesEveryWordOfFiles: the schema lists the words that the commands that read files write, and no others.
func TestSchemaNamesEveryWordOfFiles(t *testing.T) {
	t.Parallel()
	text, _ := assets.Read("schema/etcdoc-v1.schema.json")
	var document struct {
		Definitions map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for name, definition := range document.Definitions {
		command, _, _ := strings.Cut(name, "_")
		if slices.Contains([]string{"space", "write", "writes", "disk", "backup", "backups", "recover"}, command) {
			collectWords(found, name, definition)
		}
	}
	for at, is := range found {
		if _, known := wordsOfFiles[at]; !known {
			t.Errorf("%s: nobody says whose words %q are", at, is)
		}
	}
	for at, of := range wordsOfFiles {
		want := constantsOf(t, of.dir, of.typ)
		for _, word := range of.unsaid {
			if !slices.Contains(want, word) {
				t.Errorf("%s: %s has no %q", at, of.typ, word)
			}
		}
		want = slices.DeleteFunc(want, func(word string) bool { return slices.Contains(of.unsaid, word) })
		if !slices.Equal(found[at], want) || len(want) == 0 {
			t.Errorf("%s: the schema has the words\n%q, and %s.%s\n%q", at, found[at], of.dir, of.typ, want)
		}
	}
	writes, _ := document.Definitions["writes"].(map[string]any)
	properties, _ := writes["properties"].(map[string]any)
	requests, _ := properties["requests"].(map[string]any)
	listed, _ := requests["properties"].(map[string]any)
	for _, k := range requestKinds {
		if _, is := listed[k.json]; !is {
			t.Errorf("writes.requests: the schema has no %q", k.json)
		}
	}
	if len(listed) != len(requestKinds) {
		t.Errorf("writes.requests: the schema has %d kinds, and there are %d", len(listed), len(requestKinds))
	}
}
