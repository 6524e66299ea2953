package cli

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// barWidth is how wide a bar of all is.
const barWidth = 16

func size(bytes int64) string { return thresholds.Bytes.Format(float64(bytes)) }

func count(n int64) string { return humanize.Comma(n) }

// share is a part of a whole in percent.
func share(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	return thresholds.Ratio.Format(float64(part) / float64(whole))
}

// bar draws a part of a whole in eighths of a column.
func bar(part, whole int64) string {
	if part <= 0 || whole <= 0 {
		return ""
	}
	eighths := int(float64(part)/float64(whole)*barWidth*8 + 0.5)
	return strings.Repeat("█", eighths/8) + []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}[eighths%8]
}

// prefixName is how a prefix is called.
func prefixName(name string, rest bool) string {
	switch {
	case rest:
		return "(other prefixes)"
	case name == "":
		return "(without a slash)"
	}
	return probe.Printable(name)
}

// printRows writes rows below their titles. The first column is aligned left, and the others right, but for bars, which
// have no title. Where they are wider than width, it cuts the beginnings of long names, and leaves out columns, those
// that drop names first; 0 is any width.
func printRows(b *paragraphs, rows [][]string, width int, drop ...string) {
	widths := make([]int, len(rows[0]))
	total := -len(columnGap)
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		total += widths[i] + len(columnGap)
	}
	shorten := func(least int) {
		if shorter := max(widths[0]-(total-width), least); width > 0 && shorter < widths[0] {
			total -= widths[0] - shorter
			widths[0] = shorter
		}
	}
	shorten(nameWidth)
	dropped := make([]bool, len(widths))
	for len(drop) > 0 && width > 0 && total > width {
		if i := slices.Index(rows[0], drop[0]); i > 0 {
			dropped[i] = true
			total -= widths[i] + len(columnGap)
		}
		drop = drop[1:]
	}
	shorten(minNameWidth)
	for _, row := range rows {
		var cells []string
		for i, cell := range row {
			if !dropped[i] {
				cells = append(cells, pad(truncateLeft(cell, widths[i]), widths[i], i > 0 && rows[0][i] != ""))
			}
		}
		b.WriteString(strings.TrimRight(strings.Join(cells, columnGap), " ") + "\n")
	}
}

// How much of names is left before columns are left out for their sake, and at least.
const (
	nameWidth    = 40
	minNameWidth = 20
)

// truncateLeft cuts the beginning of a text so that it is width wide: the end of a prefix says most.
func truncateLeft(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return "…" + string(runes[len(runes)-width+1:])
}
