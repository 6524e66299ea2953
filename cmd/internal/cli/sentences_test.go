package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ourWords are the fields and methods that hold sentences of etcdoc's own, and takesApart the functions that cut a
// text or search it.
var (
	ourWords = map[string]bool{
		"Summary": true, "What": true, "Reason": true, "Text": true, "Source": true, "Next": true, "Advice": true,
		"Blocked": true,
		"Words":   true, "EvidenceTexts": true, "NotLookedAt": true,
	}
	takesApart = map[string]bool{
		"Cut": true, "CutPrefix": true, "CutSuffix": true, "TrimPrefix": true, "TrimSuffix": true, "Trim": true,
		"TrimLeft": true, "TrimRight": true,
		"HasPrefix": true, "HasSuffix": true, "Contains": true, "ContainsAny": true, "Index": true, "LastIndex": true,
		"Split":  true,
		"SplitN": true, "Replace": true, "ReplaceAll": true, "EqualFold": true,
	}
	// mayTakeApart are the functions that search for what a person typed.
	mayTakeApart = map[string]bool{}
)

// TestNoSentenceIsParsed: a fact is a field, and no code reads it back out of the words that were made of it. A local
// that was assigned from such words counts as those words.
func TestNoSentenceIsParsed(t *testing.T) {
	files := 0
	for _, room := range []string{"thresholds", "tui", "cmd"} {
		root := filepath.Join("..", "..", "..", room)
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			for _, found := range parsedSentences(t, path, nil) {
				t.Errorf("%s: set a field where the fact is known, and read that", found)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 200 {
		t.Errorf("only %d files were checked", files)
	}
}

// TestParsedSentencesAreFound tests the search itself: what it must find, and what it must not.
func TestParsedSentencesAreFound(t *testing.T) {
	for body, want := range map[string]int{
		`strings.HasPrefix(f.Summary, "unknown: ")`:                                          1,
		`strings.Contains(a.Reading.Text, fact)`:                                             1,
		`strings.TrimPrefix(f.Words(), "was: ")`:                                             1,
		`text := f.Reason; text = text + "."; _, _, _ = strings.Cut(text, ": ")`:             1,
		`for _, e := range r.EvidenceTexts() { _ = strings.Index(strings.ToLower(e), "x") }`: 1,
		`text := f.Label; _ = strings.HasPrefix(text, "https://")`:                           0,
		`_ = strings.Join([]string{f.Summary}, "; ")`:                                        0,
	} {
		source := "package p\nfunc p() {\n" + body + "\n}\n"
		if found := parsedSentences(t, "p.go", source); len(found) != want {
			t.Errorf("%s: %q, want %d", body, found, want)
		}
	}
}

// parsedSentences returns the places in a file where sentences are taken apart. source is its text; nil: it is read.
func parsedSentences(t *testing.T, path string, source any) (found []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, declared := range file.Decls {
		function, is := declared.(*ast.FuncDecl)
		if !is || function.Body == nil || mayTakeApart[filepath.Base(path)+" "+function.Name.Name] {
			continue
		}
		words := map[string]bool{} // the locals that hold sentences
		for before := -1; before != len(words); {
			before = len(words)
			ast.Inspect(function.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					for i, to := range n.Lhs {
						if name, is := to.(*ast.Ident); is && name.Name != "_" &&
							hasWords(n.Rhs[min(i, len(n.Rhs)-1)], words) {
							words[name.Name] = true
						}
					}
				case *ast.RangeStmt:
					if name, is := n.Value.(*ast.Ident); is && name.Name != "_" && hasWords(n.X, words) {
						words[name.Name] = true
					}
				}
				return true
			})
		}
		ast.Inspect(function.Body, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is {
				return true
			}
			called, is := call.Fun.(*ast.SelectorExpr)
			if !is || !takesApart[called.Sel.Name] {
				return true
			}
			if in, is := called.X.(*ast.Ident); !is || in.Name != "strings" {
				return true
			}
			for _, argument := range call.Args {
				if hasWords(argument, words) {
					at := set.Position(call.Pos())
					found = append(found, path+":"+strconv.Itoa(at.Line)+": strings."+called.Sel.Name+" in "+function.Name.Name)
					break
				}
			}
			return true
		})
	}
	return found
}

// hasWords reports whether an expression is, or is made of, sentences: fields and methods that hold them, or locals.
func hasWords(e ast.Expr, locals map[string]bool) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return ourWords[e.Sel.Name]
	case *ast.Ident:
		return locals[e.Name]
	case *ast.ParenExpr:
		return hasWords(e.X, locals)
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (hasWords(e.X, locals) || hasWords(e.Y, locals))
	case *ast.IndexExpr:
		return hasWords(e.X, locals)
	case *ast.SliceExpr:
		return hasWords(e.X, locals)
	case *ast.CallExpr:
		if hasWords(e.Fun, locals) {
			return true
		}
		if called, is := e.Fun.(*ast.SelectorExpr); is {
			if in, is := called.X.(*ast.Ident); is && (in.Name == "strings" || in.Name == "fmt") {
				for _, argument := range e.Args {
					if hasWords(argument, locals) {
						return true
					}
				}
			}
		}
	}
	return false
}
