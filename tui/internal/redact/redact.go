// Package redact hides who a cluster is from those who look at a shared screen: it writes aliases in place of the names
// and addresses in texts. It is pure: the same things, learned in the same order, have the same aliases.
package redact

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// Aliases stand for names and addresses: the same alias for the same thing from the first time that it is learned. An
// Aliases never changes: methods that learn return another one.
type Aliases struct {
	// words are the aliases of single words in lower case; phrases those of longer names, the longest first.
	words   map[string]string
	phrases [][2]string
	// counted is how many things of a kind have an alias.
	counted map[string]int
}

// The aliases of what was never learned: an address that only a foreign text names.
const (
	someHost = "host-?"
	someID   = "id-?"
)

// New returns Aliases that know nothing.
func New() *Aliases { return &Aliases{words: map[string]string{}, counted: map[string]int{}} }

// add gives a new name an alias of a kind: kind-a, kind-b …
func (a *Aliases) add(kind, name string) *Aliases {
	name = strings.ToLower(probe.Printable(name))
	if !a.lacks(name) {
		return a
	}
	next := a.put(name, kind+"-"+letters(a.counted[kind]))
	next.counted[kind]++
	return next
}

// put gives a name in lower case an alias, unless it has one.
func (a *Aliases) put(name, alias string) *Aliases {
	if !a.lacks(name) {
		return a
	}
	next := &Aliases{words: maps.Clone(a.words), phrases: slices.Clone(a.phrases), counted: maps.Clone(a.counted)}
	next.words[name] = alias
	if wordEnd(name) < len(name) {
		next.phrases = append(next.phrases, [2]string{name, alias})
		slices.SortStableFunc(next.phrases, func(x, y [2]string) int { return len(y[0]) - len(x[0]) })
	}
	return next
}

// lacks reports that a name needs an alias.
func (a *Aliases) lacks(name string) bool {
	_, known := a.words[name]
	return !known && name != ""
}

// isAlias reports that a word is an alias: redacting twice changes nothing more.
func (a *Aliases) isAlias(word string) bool {
	for _, alias := range a.words {
		if alias == word {
			return true
		}
	}
	return false
}

// letters counts a, b … z, aa, ab …
func letters(n int) string {
	if n < 26 {
		return string(rune('a' + n))
	}
	return letters(n/26-1) + string(rune('a'+n%26))
}

// Redact writes the aliases in place of the names and addresses in a text.
func (a *Aliases) Redact(text string) string {
	if alias, known := a.words[strings.ToLower(text)]; known {
		return alias
	}
	for _, phrase := range a.phrases {
		for {
			at := strings.Index(strings.ToLower(text), phrase[0])
			if at < 0 || at+len(phrase[0]) > len(text) {
				break
			}
			text = text[:at] + phrase[1] + text[at+len(phrase[0]):]
		}
	}
	return eachWord(text, func(word string, at place) string {
		if alias, known := a.words[strings.ToLower(word)]; known && !isSmallNumber(word) {
			return alias
		}
		switch {
		case at != inPath && looksLikeHost(word), at == beforePort && hasLetter(word) && !a.isAlias(word):
			return someHost
		case looksLikeID(word):
			return someID
		}
		return word
	})
}

// RedactTyped is Redact for a text that is still being typed: it also hides names that are only part of a word.
func (a *Aliases) RedactTyped(text string) string {
	const least = 3 // letters of a name; shorter ones are parts of too many words
	names := slices.DeleteFunc(slices.Collect(maps.Keys(a.words)), func(name string) bool { return len(name) < least })
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(len(y)-len(x), strings.Compare(x, y)) })
	for i, name := range names {
		names[i] = regexp.QuoteMeta(name)
	}
	if len(names) > 0 {
		text = regexp.MustCompile("(?i)"+strings.Join(names, "|")).ReplaceAllStringFunc(text, func(name string) string {
			return a.words[strings.ToLower(name)]
		})
	}
	return a.Redact(text)
}

// jsonString matches a string in JSON, with the colon behind it where it is a field's name.
var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(?:\s*:)?`)

// RedactJSON redacts the values of a JSON document, not its fields' names.
func (a *Aliases) RedactJSON(document string) string {
	return jsonString.ReplaceAllStringFunc(document, func(literal string) string {
		var value string
		if strings.HasSuffix(literal, ":") || json.Unmarshal([]byte(literal), &value) != nil {
			return literal
		}
		hidden, err := json.Marshal(a.Redact(probe.Printable(value)))
		if err != nil {
			return `""`
		}
		return string(hidden)
	})
}
