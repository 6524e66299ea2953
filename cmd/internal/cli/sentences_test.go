package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// ourWords are the fields and methods that hold sentences of etcdoc's own, and takesApart the functions that cut a
// text, search it or compare it.
var (
	ourWords = map[string]bool{
		"Summary": true, "What": true, "Reason": true, "Text": true, "Source": true, "Next": true, "Advice": true,
		"Blocked": true, "Words": true, "EvidenceTexts": true, "NotLookedAt": true, "Headline": true,
		"HeadlineWhat": true, "Brief": true, "Expected": true, "Step": true, "Wait": true, "Progress": true,
		"Margin": true, "Over": true, "Detail": true, "BriefWhat": true, "Further": true, "Cost": true,
		"Beyond": true, "BlockedBrief": true, "WaitBrief": true, "MissingOf": true, "MinimumOf": true, "Command": true,
		"Nameless": true, "NamelessBrief": true, "Why": true,
		"Unasked": true, "Unread": true, "Serves": true,
		// those of what makes the words
		"next": true, "after": true, "beyond": true, "further": true, "clauses": true, "WhyNone": true,
	}
	// ourFacts are the fields of results that are texts and no sentences: names, addresses, versions, single words.
	ourFacts = map[string]bool{
		"Key": true, "Label": true, "Short": true, "Type": true, "Name": true, "Names": true, "Word": true,
		"Allowed": true, "Endpoints": true, "MetricsEndpoint": true, "Version": true, "Before": true, "Now": true,
		"From": true, "To": true, "Mark": true, "Member": true, "Members": true, "Topic": true,
		"URL": true, "Dir": true, "Operation": true, "Slowest": true, "Resource": true,
	}
	// lists are those of ourWords that are several: a part of one is a whole sentence.
	lists = map[string]bool{"NotLookedAt": true, "EvidenceTexts": true, "clauses": true, "further": true}
	// searches are the methods of a replacer or a regular expression that take a text apart.
	searches = map[string]bool{
		"Replace": true, "MatchString": true, "FindString": true, "FindStringSubmatch": true, "FindStringIndex": true,
		"FindAllString": true, "FindAllStringSubmatch": true, "ReplaceAllString": true,
		"ReplaceAllLiteralString": true, "ReplaceAllStringFunc": true,
	}
	takesApart = map[string]bool{
		"Cut": true, "CutPrefix": true, "CutSuffix": true, "TrimPrefix": true, "TrimSuffix": true, "Trim": true,
		"TrimLeft": true, "TrimRight": true,
		"HasPrefix": true, "HasSuffix": true, "Contains": true, "ContainsAny": true, "Index": true, "LastIndex": true,
		"Split":  true,
		"SplitN": true, "SplitAfter": true, "SplitSeq": true, "Fields": true, "FieldsFunc": true, "FieldsSeq": true,
		"Count": true, "Replace": true, "ReplaceAll": true, "EqualFold": true,
	}
	// onlyDraws are the functions that take apart what they draw, with what they draw.
	onlyDraws = map[string]string{
		"alerts_terminal.go notification": "what ends a field of the terminal's sequence",
		"cause_step.go stepAt":            "fills in a rule's template",
		"chart_notes.go filled":           "breaks lines",
		"drain_commands.go isShellPlain":  "tells whether a command is safe to paste",
		"event_marks.go calledIn":         "the text of a mark is what a person typed",
		"explain_page.go printCommand":    "sets off a comment",
		"keep_copy.go copyText":           "breaks lines",
		"learn.go learnText":              "hides names and addresses",
		"redact.go Redact":                "hides names and addresses",
		"redact.go RedactTyped":           "hides names and addresses",
		"redact.go RedactJSON":            "hides names and addresses",
		"svg.go Render":                   "breaks lines",
		"text.go add":                     "breaks lines",
		"text_lines.go wholeWords":        "breaks lines",
		"text_shorts.go at":               "shortens names",
		"write.go wrapComment":            "breaks lines",
	}
	// mayCompare are the functions that compare whole sentences, or take a part, for the words' sake, with why that
	// decides nothing.
	mayCompare = map[string]string{
		"cause_words.go readingOf":         "shows each line of evidence once",
		"event.go noteWorst":               "the text of a mark is what a person typed",
		"findings.go groupFindings":        "shows advice once for all that share it",
		"member.go noteErrors":             "shows each error once; its text may be the server's",
		"overview_reading.go readingLines": "shows a text that is its own headline once",
		"write.go writeComments":           "writes it with a capital letter",
		"verdict_groups.go groupVerdicts":  "shows a reason once for all members that share it",
	}
)

// TestNoSentenceIsParsed: a fact is a field, and no code reads it back out of the words that were made of it. A local
// that was assigned from such words counts as those words.
func TestNoSentenceIsParsed(t *testing.T) {
	set, files := token.NewFileSet(), map[string]*ast.File{}
	for _, room := range []string{"thresholds", "tui", "cmd"} {
		root := filepath.Join("..", "..", "..", room)
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files[path], err = parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(files) < 200 {
		t.Errorf("only %d files were checked", len(files))
	}
	for _, found := range parsedSentences(set, files) {
		t.Errorf("%s: set a field where the fact is known, and read that", found)
	}
}

// TestSentencesAreKnown: each field of a result that is a text is either a sentence, which nobody may parse, or a fact.
func TestSentencesAreKnown(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "..", "thresholds", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			declared, is := n.(*ast.TypeSpec)
			if !is || !declared.Name.IsExported() {
				return true
			}
			record, is := declared.Type.(*ast.StructType)
			if !is {
				return true
			}
			for _, field := range record.Fields.List {
				for _, name := range field.Names {
					if !name.IsExported() || !isTextType(field.Type) {
						continue
					}
					if fields++; ourWords[name.Name] == ourFacts[name.Name] {
						t.Errorf("%s.%s: put it into ourWords if it is a sentence, else into ourFacts", declared.Name, name)
					}
				}
			}
			return true
		})
	}
	if fields < 50 {
		t.Errorf("only %d fields were found", fields)
	}
}

// isTextType reports whether a field of a type is a text, or several.
func isTextType(e ast.Expr) bool {
	if list, is := e.(*ast.ArrayType); is {
		e = list.Elt
	}
	name, is := e.(*ast.Ident)
	return is && name.Name == "string"
}

// TestParsedSentencesAreFound tests the search itself: what it must find, and what it must not.
func TestParsedSentencesAreFound(t *testing.T) {
	for body, want := range map[string]int{
		`strings.HasPrefix(f.Summary, "unknown: ")`:                                          1,
		`strings.Contains(a.Reading.Text, fact)`:                                             1,
		`strings.TrimPrefix(f.Words(), "was: ")`:                                             1,
		`text := f.Reason; text = text + "."; _, _, _ = strings.Cut(text, ": ")`:             1,
		`for _, e := range r.EvidenceTexts() { _ = strings.Index(strings.ToLower(e), "x") }`: 1,
		`if f.Summary == "fine" { return }`:                                                  1,
		`text := r.Text; _ = "fine" != strings.ToLower(text)`:                                1,
		`switch f.Reason { case "fine", "well": case "bad": }`:                               1,
		`switch { case f.Reason == "fine": }`:                                                1,
		`switch text := f.Reason; text { case "fine": }`:                                     1,
		`_ = strings.Fields(f.Summary)`:                                                      1,
		`_ = strings.Count(f.Summary, ";")`:                                                  1,
		`for range strings.SplitSeq(f.Source, "; ") { }`:                                     1,
		`for range strings.FieldsSeq(f.Source) { }`:                                          1,
		`_ = strings.EqualFold(f.Source, "etcd")`:                                            1,
		`if f.Summary == "" { return }`:                                                      0,
		`if f.Summary != before.Summary { return }`:                                          1,
		`says := func(c Check) bool { return c.Text == r.Wait }`:                             1,
		`next := cmp.Or(d.next, d.root.Advice); if next == d.root.Advice { return }`:         1,
		`line := r.Evidence[0].Text; _ = line == e.Text`:                                     1,
		`_ = byReason[f.Lead() + f.Reason]`:                                                  1,
		`reason := f.Reason; byReason[reason] = g`:                                           1,
		`id := findingID{member: f.Member.Key, why: f.Summary}`:                              1,
		`key := groupKey{f.Rule, f.Reason}`:                                                  1,
		`row := findingRow{text: f.Summary}`:                                                 0,
		`_ = r.Texts[i] + f.Summary`:                                                         0,
		`switch f.Reason { case "": }`:                                                       0,
		`_ = f.Label == "etcd-1"`:                                                            0,
		`text := f.Label; _ = strings.HasPrefix(text, "https://")`:                           0,
		`_ = strings.Join([]string{f.Summary}, "; ")`:                                        0,
		`if slices.Contains(briefs, "NOSPACE raised") { return }`:                            1,
		`brief := alarm.Type + " raised"; _ = slices.Contains(briefs, brief)`:                1,
		`_ = slices.Index(whys, f.Reason)`:                                                   1,
		`_ = slices.Contains(types, "NOSPACE")`:                                              0,
		`what := "slow"; if few { what = "not fast" }; _ = what != "slow"`:                   1,
		`kind := f.Kind(); _ = kind == "voter"`:                                              0,
		`_ = how == "slow"`:                                                                  1,
		`_ = strings.NewReplacer("the host", "the hosts").Replace(f.Summary)`:                1,
		`_ = hosts.ReplaceAllString(f.Advice, "hosts")`:                                      1,
		`if slow.MatchString(e.BriefWhat) { return }`:                                        1,
		`_ = f.Summary[len(f.Label):]`:                                                       1,
		`text := f.Next; _ = text[0]`:                                                        1,
		`_ = strings.TrimLeft(d.after, "; ")`:                                                1,
		`_ = r.NotLookedAt[0]; _ = r.NotLookedAt[1:]`:                                        0,
		`_ = isSlow(1, f.Summary)`:                                                           1,
		`_ = mentions(f.Label, "slow")`:                                                      0,
	} {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "p.go", "package thresholds\nfunc p(how string) {\n"+body+"\n}\n"+
			"func isSlow(n int, text string) bool { return n > 0 && mentions(text, \"slow\") }\n"+
			"func mentions(text, word string) bool { return strings.Contains(text, word) }\n", parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if found := parsedSentences(set, map[string]*ast.File{"p.go": file}); len(found) != want {
			t.Errorf("%s: %q, want %d", body, found, want)
		}
	}
}

// parsedSentences returns where files take sentences apart, themselves or by a function that is given one.
func parsedSentences(set *token.FileSet, files map[string]*ast.File) (found []string) {
	functions := map[string][]*ast.FuncDecl{}
	for path, file := range files {
		for _, declared := range file.Decls {
			if function, is := declared.(*ast.FuncDecl); is && function.Body != nil {
				functions[path] = append(functions[path], function)
			}
		}
	}
	parsers := parsingFunctions(functions)
	for path, all := range functions {
		for _, function := range all {
			words := wordsOf(function, nil)
			phrases, chosen := chosenWords(function, files[path].Name.Name)
			ast.Inspect(function.Body, func(n ast.Node) bool {
				how := parses(n, words)
				if how == "" {
					how = decidesByProse(n, words, phrases, chosen)
				}
				if how == "" && mayCompare[filepath.Base(path)+" "+function.Name.Name] == "" {
					how = identifies(n, words)
				}
				if how == "" {
					how = parsesBy(path, n, words, parsers)
				}
				if how != "" {
					at := set.Position(n.Pos())
					found = append(found, path+":"+strconv.Itoa(at.Line)+": "+how+" in "+function.Name.Name)
				}
				return true
			})
		}
	}
	return found
}

// wordsOf returns a function's locals that hold sentences: those assigned from words, or from one of given.
func wordsOf(function *ast.FuncDecl, given map[string]bool) map[string]bool {
	words := maps.Clone(given)
	if words == nil {
		words = map[string]bool{}
	}
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
	return words
}

// parsingFunctions returns, by the names of functions, which of their parameters they take apart, themselves or by
// another such function. Drawing does too, and is left out.
func parsingFunctions(functions map[string][]*ast.FuncDecl) map[string]map[int]bool {
	parsers := map[string]map[int]bool{}
	for grown := true; grown; {
		grown = false
		for path, all := range functions {
			for _, function := range all {
				if onlyDraws[filepath.Base(path)+" "+function.Name.Name] != "" {
					continue
				}
				name := nameIn(path, function.Name.Name)
				for i, parameter := range textParameters(function) {
					if parameter == "" || parsers[name][i] {
						continue
					}
					own := map[string]bool{parameter: true}
					ast.Inspect(function.Body, func(n ast.Node) bool {
						if parses(n, own) != "" && parses(n, nil) == "" ||
							parsesBy(path, n, own, parsers) != "" && parsesBy(path, n, nil, parsers) == "" {
							if parsers[name] == nil {
								parsers[name] = map[int]bool{}
							}
							parsers[name][i], grown = true, true
						}
						return true
					})
				}
			}
		}
	}
	return parsers
}

// parsesBy says by which function a node takes sentences apart; empty if by none.
func parsesBy(path string, n ast.Node, words map[string]bool, parsers map[string]map[int]bool) string {
	call, is := n.(*ast.CallExpr)
	if !is {
		return ""
	}
	name := ""
	switch called := call.Fun.(type) {
	case *ast.Ident:
		name = called.Name
	case *ast.SelectorExpr:
		if in, is := called.X.(*ast.Ident); is && (in.Name == "strings" || in.Name == "slices" || in.Name == "fmt") {
			return ""
		}
		name = called.Sel.Name
	}
	for i, argument := range call.Args {
		if parsers[nameIn(path, name)][i] && hasWords(argument, words) {
			return name
		}
	}
	return ""
}

// nameIn is a function's name, with its package's folder if it is private to it.
func nameIn(path, name string) string {
	if ast.IsExported(name) {
		return name
	}
	return filepath.Dir(path) + " " + name
}

// textParameters returns the names of a function's parameters by their places, empty for those that are no texts.
func textParameters(function *ast.FuncDecl) (names []string) {
	for _, field := range function.Type.Params.List {
		for _, name := range field.Names {
			if _, variadic := field.Type.(*ast.Ellipsis); variadic || !isTextType(field.Type) {
				names = append(names, "")
				continue
			}
			names = append(names, name.Name)
		}
	}
	return names
}

// parses says how a node takes sentences apart, or compares them with a text; empty if it does not.
func parses(n ast.Node, words map[string]bool) string {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		compares := n.Op == token.EQL || n.Op == token.NEQ
		if compares && (isText(n.X) && hasWords(n.Y, words) || isText(n.Y) && hasWords(n.X, words)) {
			return n.Op.String()
		}
	case *ast.SwitchStmt:
		if n.Tag == nil || !hasWords(n.Tag, words) {
			return ""
		}
		for _, statement := range n.Body.List {
			if clause, is := statement.(*ast.CaseClause); is && slices.ContainsFunc(clause.List, isText) {
				return "switch"
			}
		}
	case *ast.CallExpr:
		called, is := n.Fun.(*ast.SelectorExpr)
		parsed := func(e ast.Expr) bool { return hasWords(e, words) }
		switch {
		case is && searches[called.Sel.Name] && len(n.Args) > 0 && parsed(n.Args[0]) && !isIdent(called.X, "strings"):
			return called.Sel.Name
		case !is || !takesApart[called.Sel.Name]:
			return ""
		}
		in, is := called.X.(*ast.Ident)
		if is && in.Name == "strings" && slices.ContainsFunc(n.Args, parsed) {
			return "strings." + called.Sel.Name
		}
	}
	return ""
}

// isOneText reports whether an expression is a single sentence, not a list of them.
func isOneText(e ast.Expr, words map[string]bool) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return ourWords[e.Sel.Name] && !lists[e.Sel.Name]
	case *ast.Ident:
		return words[e.Name]
	}
	return false
}

// identifies says how a node tells one thing from another by its sentences: it compares two of them, takes a part of
// one, or makes one a key. Empty if it does not.
func identifies(n ast.Node, words map[string]bool) string {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if (n.Op == token.EQL || n.Op == token.NEQ) && hasWords(n.X, words) && hasWords(n.Y, words) {
			return n.Op.String()
		}
	case *ast.SliceExpr:
		if isOneText(n.X, words) {
			return "a slice"
		}
	case *ast.IndexExpr:
		switch {
		case hasWords(n.Index, words):
			return "a map's key"
		case isOneText(n.X, words):
			return "an index"
		}
	case *ast.CompositeLit:
		if name, is := n.Type.(*ast.Ident); !is || !isKey(name.Name) {
			return ""
		}
		for _, field := range n.Elts {
			if pair, is := field.(*ast.KeyValueExpr); is {
				field = pair.Value
			}
			if hasWords(field, words) {
				return "a key"
			}
		}
	}
	return ""
}

// decidesByProse says how a node decides by words that are not in a field: it searches a list for a phrase, or compares
// words that were chosen for one. Empty if it does not.
func decidesByProse(n ast.Node, words, phrases, chosen map[string]bool) string {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		is := func(local, text ast.Expr) bool {
			name, is := local.(*ast.Ident)
			return is && chosen[name.Name] && isText(text)
		}
		if (n.Op == token.EQL || n.Op == token.NEQ) && (is(n.X, n.Y) || is(n.Y, n.X)) {
			return n.Op.String()
		}
	case *ast.CallExpr:
		called, is := n.Fun.(*ast.SelectorExpr)
		if !is || len(n.Args) != 2 || called.Sel.Name != "Contains" && called.Sel.Name != "Index" {
			return ""
		}
		in, is := called.X.(*ast.Ident)
		if is && in.Name == "slices" && (isPhrase(n.Args[1]) || hasWords(n.Args[1], words) || isIn(n.Args[1], phrases)) {
			return "slices." + called.Sel.Name
		}
	}
	return ""
}

// chosenWords are a function's locals that were assigned nothing but literals: what they stand for is a fact. In
// thresholds, where nobody types anything, so are its parameters that are strings. phrases are the locals that were
// assigned a literal of several words.
func chosenWords(function *ast.FuncDecl, room string) (phrases, chosen map[string]bool) {
	phrases, chosen = map[string]bool{}, map[string]bool{}
	other := map[string]bool{}
	ast.Inspect(function.Body, func(n ast.Node) bool {
		assigned, is := n.(*ast.AssignStmt)
		if !is || len(assigned.Lhs) != len(assigned.Rhs) {
			return true
		}
		for i, to := range assigned.Lhs {
			name, is := to.(*ast.Ident)
			switch {
			case !is:
			case isPhrase(assigned.Rhs[i]):
				phrases[name.Name], chosen[name.Name] = true, true
			case isText(assigned.Rhs[i]):
				chosen[name.Name] = true
			case !isEmpty(assigned.Rhs[i]):
				other[name.Name] = true
			}
		}
		return true
	})
	for name := range other {
		delete(chosen, name)
	}
	for _, parameter := range function.Type.Params.List {
		kind, is := parameter.Type.(*ast.Ident)
		for _, name := range parameter.Names {
			if is && kind.Name == "string" && room == "thresholds" {
				chosen[name.Name] = true
			}
		}
	}
	return phrases, chosen
}

// isIdent reports whether an expression is a name.
func isIdent(e ast.Expr, name string) bool {
	named, is := e.(*ast.Ident)
	return is && named.Name == name
}

// isIn reports whether an expression is one of some locals.
func isIn(e ast.Expr, locals map[string]bool) bool {
	name, is := e.(*ast.Ident)
	return is && locals[name.Name]
}

// isPhrase reports whether an expression is, or is made with, a literal of several words.
func isPhrase(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return isText(e) && strings.Contains(e.Value, " ")
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (isPhrase(e.X) || isPhrase(e.Y))
	case *ast.ParenExpr:
		return isPhrase(e.X)
	}
	return false
}

// isEmpty reports whether an expression is the empty string literal.
func isEmpty(e ast.Expr) bool {
	literal, is := e.(*ast.BasicLit)
	return is && literal.Kind == token.STRING && !isText(literal)
}

// isKey reports whether a type's name says that its values tell things apart.
func isKey(name string) bool {
	return slices.ContainsFunc([]string{"ID", "Key", "Group"}, func(end string) bool {
		return strings.HasSuffix(name, end)
	})
}

// isText reports whether an expression is a string literal that is not empty.
func isText(e ast.Expr) bool {
	literal, is := e.(*ast.BasicLit)
	return is && literal.Kind == token.STRING && literal.Value != `""` && literal.Value != "``"
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
			if in, is := called.X.(*ast.Ident); is && (in.Name == "strings" || in.Name == "fmt" || in.Name == "cmp") {
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
