package tui

import (
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// shortNames writes the members' short names for their labels in a text. Long labels come before others that they
// begin with.
type shortNames []thresholds.MemberRef

// shortNamesOf are those of members whose labels are longer.
func shortNamesOf(members []thresholds.Member) shortNames {
	var longer shortNames
	for i := range members {
		if r := members[i].MemberRef; r.Short != "" && r.Short != r.Label && r.Label != "" {
			longer = append(longer, r)
		}
	}
	slices.SortStableFunc(longer, func(a, b thresholds.MemberRef) int { return len(b.Label) - len(a.Label) })
	return longer
}

// in writes short names for the labels that are words of their own. Within an address, an option or a longer word a
// label stays: that is what the reader copies.
func (n shortNames) in(text string) string {
	if len(n) == 0 {
		return text
	}
	var out strings.Builder
	for at := 0; at < len(text); {
		label, short := n.at(text, at)
		if label == "" {
			label, short = text[at:at+1], text[at:at+1]
		}
		out.WriteString(short)
		at += len(label)
	}
	return out.String()
}

// at is the label that is a word of its own at a place of a text, and its short name; both empty where there is none.
func (n shortNames) at(text string, place int) (label, short string) {
	const opening, closing = "(\"'[", ".,:;!?)\"']"
	if place > 0 && !strings.ContainsRune(" \n"+opening, rune(text[place-1])) {
		return "", ""
	}
	for _, r := range n {
		rest, is := strings.CutPrefix(text[place:], r.Label)
		if !is {
			continue
		}
		rest = strings.TrimLeft(strings.TrimPrefix(rest, "'s"), closing)
		if rest == "" || rest[0] == ' ' || rest[0] == '\n' {
			return r.Label, r.Short
		}
	}
	return "", ""
}
