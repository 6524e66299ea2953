package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// firstName matches the identifier that a doc comment begins with: an English sentence begins with a capital letter.
// firstType also matches that in "A frame is …", which is how comments on types begin.
var (
	firstName = regexp.MustCompile(`^([a-z]\w*)`)
	firstType = regexp.MustCompile(`^(?:An? )?([a-z]\w*)`)
)

// TestCommentsNameWhatTheyDocument finds the doc comments that a rename left behind: one that begins with an identifier
// must begin with a name that is declared below it.
func TestCommentsNameWhatTheyDocument(t *testing.T) {
	t.Parallel()
	for _, room := range []string{"probe", "thresholds", "tui", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || entry.IsDir() {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				doc, names := documented(n)
				begin := firstName
				if decl, ok := n.(*ast.GenDecl); ok && decl.Tok == token.TYPE {
					begin = firstType
				}
				if first := begin.FindStringSubmatch(doc.Text()); first != nil && len(names) > 0 &&
					!slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, first[1]) }) {
					t.Errorf("%s: the comment on %s begins with %q", files.Position(doc.Pos()),
						strings.Join(names, ", "), first[1])
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// oldTerms are words for which Prometheus, Alertmanager, Kubernetes or etcd has another one.
var oldTerms = regexp.MustCompile(`(?i)\b(?:trouble|ailing|ailment|entailed|outlast\w*|anecdotal|unmeasurable)\b|` +
	`standingRisks|quietSpans|Outlasts|OtherTrouble|who says so`)

// TestTermsAreTheFields: a thing has the name that the field has for it, in code, comments and what users read.
func TestTermsAreTheFields(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"README.md", "probe", "thresholds", "tui", "cmd", "assets"} {
		err := filepath.WalkDir(filepath.Join(root, part), func(path string, entry fs.DirEntry, err error) error {
			isText := slices.Contains([]string{".go", ".md"}, filepath.Ext(path))
			if err != nil || entry.IsDir() || !isText || filepath.Base(path) == "comments_test.go" {
				return err
			}
			text, err := os.ReadFile(path)
			for _, term := range oldTerms.FindAllString(string(text), -1) {
				t.Errorf("%s: %q: see the table of terms", path, term)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// documented returns a declaration's doc comment and the names that it declares.
func documented(n ast.Node) (doc *ast.CommentGroup, names []string) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Doc, []string{n.Name.Name}
	case *ast.GenDecl:
		for _, spec := range n.Specs {
			_, of := documented(spec)
			names = append(names, of...)
		}
		return n.Doc, names
	case *ast.TypeSpec:
		return n.Doc, []string{n.Name.Name}
	case *ast.ValueSpec:
		doc, names = n.Doc, nil
		for _, name := range n.Names {
			names = append(names, name.Name)
		}
		return doc, names
	case *ast.Field:
		for _, name := range n.Names {
			names = append(names, name.Name)
		}
		return n.Doc, names
	}
	return nil, nil
}
