package limits

import (
	"cmp"
	"slices"
	"strings"
)

// longestWord bounds the work that a word makes.
const longestWord = 64

// Suggest says what could have been meant by a word in a configuration that is none of the names there are.
func Suggest(word string, names []string) string {
	near := nearest(word, names)
	if len(near) == 0 {
		return "etcdoc config lists those there are"
	}
	return "want " + strings.Join(near, ", ") + ", … (etcdoc config lists them all)"
}

// nearest returns the names, three at most, that differ least from a word; none where all are far from it.
func nearest(word string, names []string) []string {
	if len(word) > longestWord {
		word = word[:longestWord]
	}
	distances := make(map[string]int, len(names))
	for _, name := range names {
		distances[name] = editDistance(word, name)
		if strings.Contains(name, word) || strings.Contains(word, name) { // a part of the name says more than its length
			distances[name] = min(distances[name], 1)
		}
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(distances[a], distances[b]) })
	n := 0
	for n < min(3, len(sorted)) && distances[sorted[n]] <= max(1, len(word)/2) && distances[sorted[n]] <= distances[sorted[0]]+1 {
		n++
	}
	return sorted[:n]
}

// editDistance is how many bytes must be inserted, deleted or replaced to turn a into b.
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
