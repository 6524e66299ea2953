package tui

import "slices"

// field is a part of the header. The smaller its rank, the longer it stays when the window gets narrow.
type field struct {
	rank  int
	spans []span
	// widest is the most cells it may need later: room is reserved for that, so that fields do not come and go.
	widest int
}

func (f field) width() int { return max(spansWidth(f.spans), f.widest) }

// ranksOf are the ranks of fields.
func ranksOf(fields []field) (ranks []int) {
	for _, f := range fields {
		ranks = append(ranks, f.rank)
	}
	return ranks
}

// fieldGap is the space between two fields of the header.
const fieldGap = 2

// fields adds the parts of the header.
func (l *line) fields(fields []field) {
	for i, f := range fields {
		if i > 0 {
			l.space(fieldGap)
		}
		for _, s := range f.spans {
			l.add(s.style, s.text)
		}
	}
}

func shownWidth(fields []field) int {
	w := fieldGap * max(len(fields)-1, 0)
	for _, f := range fields {
		w += spansWidth(f.spans)
	}
	return w
}

func fieldsWidth(fields []field) int {
	w := 0
	for i, f := range fields {
		if i > 0 {
			w += fieldGap
		}
		w += f.width()
	}
	return w
}

func tooWide(left, right []field, width int) bool {
	return fieldsWidth(slices.Concat(left, right)) > width
}

// fitting are the fields that fit, chosen by rank, and those that are always shown whether they fit or not.
func fitting(left, right []field, width int) (keptLeft, keptRight []field) {
	all := slices.Concat(left, right)
	byRank := make([]int, len(all))
	for i := range byRank {
		byRank[i] = i
	}
	slices.SortStableFunc(byRank, func(i, j int) int { return all[i].rank - all[j].rank })
	kept, used := make([]bool, len(all)), 0
	for n, i := range byRank {
		w := all[i].width()
		if n > 0 && all[i].rank != alwaysShown && used+fieldGap+w > width {
			break // nothing that matters less takes its place
		}
		kept[i] = true
		if used > 0 {
			used += fieldGap
		}
		used += w
	}
	for i, f := range all {
		switch {
		case !kept[i]:
		case i < len(left):
			keptLeft = append(keptLeft, f)
		default:
			keptRight = append(keptRight, f)
		}
	}
	return keptLeft, keptRight
}

// always are the fields that are never left out.
func always(fields []field) []field {
	return slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return f.rank != alwaysShown })
}
