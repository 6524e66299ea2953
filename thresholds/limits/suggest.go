package limits

import (
	"cmp"
	"slices"
	"strings"
)

// longestWord bounds the work per word. Parts of a name that are shorter than shortestPart are in too many.
const (
	longestWord  = 64
	shortestPart = 3
)

// Suggest proposes names for an unknown word in a configuration.
func Suggest(word string, names []string) string {
	near := Nearest(word, names)
	if len(near) == 0 {
		return "etcdoc config lists those there are"
	}
	return "want " + strings.Join(near, ", ") + ", … (etcdoc config lists them all)"
}

// Nearest returns up to three names that differ least from a word; none if all are far from it.
func Nearest(word string, names []string) []string {
	if len(word) > longestWord {
		word = word[:longestWord]
	}
	distances := make(map[string]int, len(names))
	for _, name := range names {
		distances[name] = editDistance(word, name)
		short := min(len(name), len(word)) < shortestPart
		if !short && (strings.Contains(name, word) || strings.Contains(word, name)) {
			// a part of the name says more than its length
			distances[name] = min(distances[name], 1)
		}
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(distances[a], distances[b]) })
	n := 0
	for n < min(3, len(sorted)) && distances[sorted[n]] <= max(1, 2*len(word)/5) &&
		distances[sorted[n]] <= distances[sorted[0]]+1 {
		n++
	}
	return sorted[:n]
}

// DidYouMean asks for the name that is nearest to a word, in upper or lower case; empty if none is near.
func DidYouMean(word string, names []string) string {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(name)
	}
	near := Nearest(strings.ToLower(word), lower)
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + names[slices.Index(lower, near[0])] + "?"
}

// editDistance is how many bytes to insert, delete or replace to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
