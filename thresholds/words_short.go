package thresholds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/etcdoc/etcdoc/probe"
)

// shortWidth is how many columns a [MemberRef.Short] takes at most: etcdoc's own, so that a headline of 60 columns has
// 44 left for what it says of the member.
const shortWidth = 16

// ellipsis stands for what a Short leaves out.
const ellipsis = "…"

// nameSeparators are the characters before which a name may be cut.
const nameSeparators = "-._:/@ "

// shortNames keeps the Shorts of the last sweep's rows: they change only with the labels.
type shortNames struct {
	labels, shorts []string
}

// of returns the Short of each label. apart marks the rows whose labels do not count for what the names share: see
// apartOf.
func (n *shortNames) of(labels []string, apart []bool) []string {
	if slices.Equal(labels, n.labels) {
		return n.shorts
	}
	var members []string
	for i, label := range labels {
		if !apart[i] {
			members = append(members, label)
		}
	}
	cut := commonCut(members)
	shorten := cut.apply
	if !cut.fits(members) {
		shorten = differingParts(members).of
	}
	shorts := make([]string, len(labels))
	for i, label := range labels {
		shorts[i] = label
		if !apart[i] {
			shorts[i] = shorten(label)
		}
	}
	n.labels, n.shorts = labels, distinct(shorts, labels)
	return n.shorts
}

// apartOf marks the rows whose labels are no names of members: those that are none, and where others have names, those
// that are called by an address.
func apartOf(members []probe.Member) []bool {
	apart := make([]bool, len(members))
	isNamed := func(m *probe.Member) bool { return !m.IsStray() && (m.Name != "" || m.Called != "") }
	named := false
	for i := range members {
		named = named || isNamed(&members[i])
	}
	for i := range members {
		apart[i] = members[i].IsStray() || named && !isNamed(&members[i])
	}
	return apart
}

// nameParts tells which parts of a name between separators a Short keeps; nil: all.
type nameParts []bool

// differingParts keeps the parts that are not the same in all labels. It keeps all where labels have more parts than
// others.
func differingParts(labels []string) nameParts {
	first := partsOf(labels[0])
	keep := make(nameParts, len(first))
	for _, label := range labels[1:] {
		parts := partsOf(label)
		if len(parts) != len(first) {
			return nil
		}
		for i, part := range parts {
			keep[i] = keep[i] || part != first[i]
		}
	}
	if !slices.Contains(keep, true) {
		return nil
	}
	return keep
}

func (keep nameParts) of(label string) string {
	if keep == nil {
		return label
	}
	short, isCut := "", false
	for i, part := range partsOf(label) {
		switch {
		case keep[i]:
			short += part
		case !isCut:
			short += ellipsis
		}
		isCut = !keep[i]
	}
	return short
}

// partsOf cuts a name before each separator.
func partsOf(name string) (parts []string) {
	from := 0
	for i, c := range name {
		if i > from && strings.ContainsRune(nameSeparators, c) {
			parts, from = append(parts, name[from:i]), i
		}
	}
	return append(parts, name[from:])
}

// A nameCut is how many characters a Short leaves out at the beginning and at the end of its label.
type nameCut struct{ head, tail int }

func (c nameCut) apply(label string) string {
	if c == (nameCut{}) {
		return label
	}
	characters := charactersOf(label)
	short := strings.Join(characters[c.head:len(characters)-c.tail], "")
	if c.head > 0 {
		short = ellipsis + short
	}
	if c.tail > 0 {
		short += ellipsis
	}
	return short
}

// commonCut returns what all labels lose: at the end all that they share, such as a domain, and at the beginning as
// little as makes them fit into shortWidth; both at separators, else between any two characters. Labels that fit, and
// those that share nothing, are not cut.
func commonCut(labels []string) nameCut {
	names := make([][]string, len(labels))
	widest := 0
	for i, label := range labels {
		names[i] = charactersOf(label)
		widest = max(widest, displaywidth.String(label))
	}
	if widest <= shortWidth || len(names) < 2 {
		return nameCut{}
	}
	head, tail := shared(names)
	heads, tails := cutsOf(names[0], head, tail)
	for _, h := range heads {
		if c := (nameCut{h, tails[len(tails)-1]}); c.fits(labels) {
			return c
		}
	}
	for cut := range head + tail + 1 {
		for h := min(cut, head); h >= 0 && cut-h <= tail; h-- {
			if c := (nameCut{h, cut - h}); c.fits(labels) {
				return c
			}
		}
	}
	return nameCut{}
}

// fits reports whether all labels fit into shortWidth after the cut.
func (c nameCut) fits(labels []string) bool {
	return !slices.ContainsFunc(labels, func(label string) bool {
		return displaywidth.String(c.apply(label)) > shortWidth
	})
}

// shared returns how many characters all names begin and end with. At least one of each name is in neither.
func shared(names [][]string) (head, tail int) {
	least := len(slices.MinFunc(names, func(a, b []string) int { return len(a) - len(b) }))
	same := func(at func(name []string) string) bool {
		return !slices.ContainsFunc(names, func(name []string) bool { return at(name) != at(names[0]) })
	}
	for head < least-1 && same(func(name []string) string { return name[head] }) {
		head++
	}
	for head+tail < least-1 && same(func(name []string) string { return name[len(name)-1-tail] }) {
		tail++
	}
	return head, tail
}

// cutsOf returns where a name may lose its first head and its last tail characters at a separator, which stays with
// what is left of the beginning, and goes with what is cut from the end.
func cutsOf(name []string, head, tail int) (heads, tails []int) {
	heads, tails = []int{0}, []int{0}
	for i := 1; i < head; i++ {
		if strings.Contains(nameSeparators, name[i]) {
			heads = append(heads, i)
		}
	}
	for n := 2; n <= tail; n++ {
		if strings.Contains(nameSeparators, name[len(name)-n]) {
			tails = append(tails, n)
		}
	}
	return heads, tails
}

// distinct cuts what is wider than shortWidth in its middle, and tells those apart that are equal then. Equal labels
// are numbered.
func distinct(names, labels []string) []string {
	for head := shortWidth / 2; head < shortWidth; head++ {
		if cut := cutMiddles(names, head); tellApart(cut, labels) {
			return numbered(cut)
		}
	}
	for head := shortWidth/2 - 1; head > 0; head-- {
		if cut := cutMiddles(names, head); tellApart(cut, labels) {
			return numbered(cut)
		}
	}
	return numbered(cutMiddles(names, shortWidth/2))
}

// tellApart reports whether different labels have different names.
func tellApart(names, labels []string) bool {
	of := make(map[string]string, len(names))
	for i, name := range names {
		if label, taken := of[name]; taken && label != labels[i] {
			return false
		}
		of[name] = labels[i]
	}
	return true
}

// cutMiddles keeps up to head columns of the beginning of what is wider than shortWidth, and as many of its end as fit.
func cutMiddles(names []string, head int) []string {
	cut := slices.Clone(names)
	for i, name := range names {
		if displaywidth.String(name) > shortWidth {
			cut[i] = cutMiddle(name, head)
		}
	}
	return cut
}

func cutMiddle(name string, head int) string {
	characters := charactersOf(name)
	first := ""
	for _, c := range characters {
		if displaywidth.String(first+c) > head {
			break
		}
		first += c
	}
	last, room := "", shortWidth-displaywidth.String(ellipsis)-displaywidth.String(first)
	for i := len(characters) - 1; i >= 0 && displaywidth.String(characters[i]+last) <= room; i-- {
		last = characters[i] + last
	}
	return first + ellipsis + last
}

// numbered appends a number to names that occur twice.
func numbered(names []string) []string {
	taken := make(map[string]bool, len(names))
	for i, name := range names {
		for n := 2; taken[names[i]]; n++ {
			number := fmt.Sprintf("~%d", n)
			names[i] = name + number
			if displaywidth.String(names[i]) > shortWidth {
				characters := charactersOf(name)
				names[i] = strings.Join(characters[:max(0, len(characters)-len(number)-1)], "") + ellipsis + number
			}
		}
		taken[names[i]] = true
	}
	return names
}

// charactersOf splits a text into what a terminal shows as one character.
func charactersOf(text string) (all []string) {
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		all = append(all, g.Value())
	}
	return all
}
