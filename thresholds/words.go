package thresholds

import "fmt"

// Plural writes a count with its noun: 1 member, 2 members.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// pluralForm returns single for one thing, else several.
func pluralForm(n int, single, several string) string {
	if n == 1 {
		return single
	}
	return several
}

// inQuotes puts a text from outside in quotation marks. [probe.Printable] has escaped it already.
func inQuotes(text string) string { return `"` + text + `"` }
