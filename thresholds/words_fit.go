package thresholds

import (
	"fmt"

	"github.com/clipperhouse/displaywidth"
)

// The most columns of headlines, steps and margins: etcdoc's own. A window of 80 columns has room for a headline
// beside the level, and for a step beside its label.
const (
	HeadlineWidth = 60
	StepWidth     = 66
	MarginWidth   = 38
	// RecoveryWidth is that of [Recovery.Headline], which stands behind a word of 8 columns in a window of 60.
	RecoveryWidth = 51
)

// fitting returns the first wording that fits into a width, or the last one if none does.
func fitting(width int, wordings ...string) string {
	for _, wording := range wordings {
		if displaywidth.String(wording) <= width {
			return wording
		}
	}
	return wordings[len(wordings)-1]
}

// naming returns the first wording that fits into a width: with the members' names, with the first one's, with their
// number alone. words put wordings around the names, the longest first: all are tried before a name is left out.
func (n someMembers) naming(width int, words ...func(who string) string) string {
	wordings := make([]string, 0, 3*len(words))
	for _, who := range n.forms() {
		for _, word := range words {
			wordings = append(wordings, word(who))
		}
	}
	return fitting(width, wordings...)
}

// someMembers are the Shorts of the members that a headline is about.
type someMembers []string

// forms are the ways to name the members, the longest first.
func (n someMembers) forms() []string {
	switch len(n) {
	case 0:
		return []string{"no member"}
	case 1:
		return []string{n[0]}
	case 2:
		return []string{n[0] + " and " + n[1], "2 members"}
	case 3:
		return []string{
			n[0] + ", " + n[1] + " and " + n[2], n[0] + " and 2 more members", "3 members",
		}
	}
	return []string{fmt.Sprintf("%s and %d more members", n[0], len(n)-1), fmt.Sprintf("%d members", len(n))}
}
