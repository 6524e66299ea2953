package tui

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
)

// screenNames are what a screen calls its members: each has one name there, wherever it stands. Without any, members
// have the names that thresholds gives them.
type screenNames struct {
	byKey map[string]string
	// width is that of the narrowest place for them.
	width int
	// words are what texts call members that have another name on the screen, the longest first.
	words []nameWord
}

// nameWord is a name in a text, and the one on the screen in its place.
type nameWord struct{ is, becomes string }

// named gives the members the names that fit the narrowest place for one on the screen.
func (m model) named() model {
	members, t := m.shown.assessment.Members, m.theme
	shorts, labels := make([]string, len(members)), make(map[string]int, len(members))
	for i := range members {
		shorts[i] = t.clean(cmp.Or(members[i].Short, members[i].Label))
		labels[t.clean(members[i].Label)]++
	}
	names := screenNames{byKey: make(map[string]string, len(members))}
	isCut := slices.ContainsFunc(shorts, func(name string) bool { return isCutName(t, name) })
	width := m.nameWidth(isCut)
	names.width = width
	for i, name := range fitNames(t, shorts, width) {
		names.byKey[members[i].Key] = name
		for _, is := range [...]string{t.clean(members[i].Label), shorts[i]} {
			if is != name && is != "" && labels[is] < 2 {
				names.words = append(names.words, nameWord{is, name})
			}
		}
	}
	slices.SortStableFunc(names.words, func(a, b nameWord) int { return len(b.is) - len(a.is) })
	names.addGone(t, m.shown.events, width)
	m.screen.names = names
	return m
}

// addGone names the members of events that are gone: none is called like another one that has another name.
func (n screenNames) addGone(t *theme, events []thresholds.Event, width int) {
	taken := make(map[string]bool, len(n.byKey))
	for _, name := range n.byKey {
		taken[name] = true
	}
	for i := range events {
		ref := &events[i].Member
		if _, has := n.byKey[ref.Key]; has || ref.IsZero() {
			continue
		}
		whole := t.clean(ref.Label)
		name := fitAlone(t, t.clean(cmp.Or(ref.Short, ref.Label)), width)
		if taken[name] {
			name = whole
		}
		n.byKey[ref.Key], taken[name] = name, true
	}
}

// splitUsual is how wide windows usually are that have details beside their lists.
const splitUsual = 120

// nameWidth is how wide the narrowest place for a name is on any page in this window, so that all of them have the same
// names: in a list, above a chart, or before a row of round trips. Names that thresholds has cut already are cut in any
// window as for the charts beside a list in a window of splitUsual columns, the narrowest there are.
func (m model) nameWidth(cut bool) int {
	most, members := maxWhoWidth, len(m.shown.assessment.Members)
	if m.screen.width < roomyEvents {
		most = narrowWho
	}
	if cut {
		most = min(narrowWho, newGridColumns(splitUsual*listShareWide/100, members, ScaleShared, tightColumns).column)
	}
	if !m.anyAnswer() { // there are no charts then
		return most
	}
	charted, _ := m.charted()
	for _, p := range [...]page{pageOverview, pageReading, pageDrain, pageEvents, pageFindings} {
		width, links := m.gridWidth(p)
		least := tightColumns
		if p == pageOverview {
			least = minChartColumns
		}
		if width > 0 {
			most = min(most, newGridColumns(width, len(charted), m.charts.scale, least).column)
		}
		if links {
			most = min(most, linkNameWidth)
		}
	}
	return most
}

// gridWidth is how wide the charts of all members are on a page in this window, 0 where it has none; links reports that
// round trips may be below them.
func (m model) gridWidth(of page) (width int, links bool) {
	width, height := m.sizeOf(of)
	switch vast := isVast(width, height); {
	case of == pageOverview && m.isLarge(width, height):
		return width - 2*presentMargin, false
	case of == pageOverview:
		l := m.overviewLayout(width, height)
		if l.grid == 0 {
			return 0, false
		}
		return l.left, l.links > 0
	case of == pageReading && vast:
		columns, _ := readingRoom(width, height)
		return width - columns - 3, true
	case of == pageDrain && m.drainLayout(width, height).vast:
		return width * listShareWide / 100, true
	case of == pageDrain && m.drainLayout(width, height).history > 0:
		return width, false
	case of == pageEvents && width >= splitWidth:
		return width * listShareWide / 100, vast
	case of == pageFindings && vast: // with a third column
		return width * listShareMost / 100, true
	}
	return 0, false
}

// shortName names a member in a list, a table or a chart: what tells it from the others.
func (m model) shortName(r thresholds.MemberRef) string {
	if name, has := m.screen.names.byKey[r.Key]; has {
		return name
	}
	return m.theme.clean(cmp.Or(r.Short, r.Label))
}

// brief is clean for a text among others on a page, where members have their short names.
func (m model) brief(text string) string { return m.screen.names.in(m.theme.clean(text)) }

// in writes the names of the screen for those that are words of their own in a text. Within an address, an option or a
// longer word a name stays: that is what the reader copies.
func (n screenNames) in(text string) string {
	if len(n.words) == 0 {
		return text
	}
	var out strings.Builder
	for at := 0; at < len(text); {
		word := n.at(text, at)
		if word.is == "" {
			word.is = text[at : at+1]
			word.becomes = word.is
		}
		out.WriteString(word.becomes)
		at += len(word.is)
	}
	return out.String()
}

// at is the name that is a word of its own at a place of a text; none where there is none.
func (n screenNames) at(text string, place int) nameWord {
	const opening, closing = "(\"'[", ".,:;!?)\"']"
	if place > 0 && !strings.ContainsRune(" \n"+opening, rune(text[place-1])) {
		return nameWord{}
	}
	for _, word := range n.words {
		rest, is := strings.CutPrefix(text[place:], word.is)
		if !is {
			continue
		}
		rest = strings.TrimLeft(strings.TrimPrefix(rest, "'s"), closing)
		if (rest == "" || rest[0] == ' ' || rest[0] == '\n') && !endsWithOption(text[:place]) {
			return word
		}
	}
	return nameWord{}
}

// endsWithOption reports that the last word of a text is an option of a command: what follows it is copied.
func endsWithOption(text string) bool {
	words := strings.Fields(text)
	return len(words) > 0 && strings.HasPrefix(words[len(words)-1], "--")
}

// fitNames cuts names to width cells: all lose the same of what they begin and end with, at separators where that is
// enough. An address keeps its end, any other name that shares nothing both ends. Names that would be the same then
// keep what differs in each part of them, else both ends; where that does not tell them apart, all of them.
func fitNames(th *theme, names []string, width int) []string {
	wide := func(name string) bool { return ansi.StringWidth(name) > width }
	if !slices.ContainsFunc(names, wide) {
		return names
	}
	alike := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !isCutName(th, name) })
	if len(alike) < 2 { // none lost what they share
		alike = slices.DeleteFunc(slices.Clone(names), isAddress)
	}
	if len(alike) < 2 {
		alike = names
	}
	var cut nameCut
	if slices.ContainsFunc(alike, wide) {
		cut = fittingCut(th, alike, width)
	}
	fitted := make([]string, len(names))
	for i, name := range names {
		fitted[i] = name
		if slices.Contains(alike, name) {
			fitted[i] = cut.of(th, name)
		}
		if wide(fitted[i]) {
			fitted[i] = fitAlone(th, name, width)
		}
	}
	for _, way := range [...][]string{fitted, onlyDifferences(th, names), bothEnds(th, names, width)} {
		if len(way) > 0 && !slices.ContainsFunc(way, wide) && areDistinct(way) {
			return way
		}
	}
	return names
}

func areDistinct(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) == len(names)
}

// onlyDifferences keeps of names that have as many parts between separators as one another what differs in each part.
// There are none where their parts are not as many.
func onlyDifferences(th *theme, names []string) []string {
	parts := make([][]string, len(names))
	for i, name := range names {
		parts[i] = strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(separators, r) })
		if len(parts[i]) != len(parts[0]) || len(parts[i]) == 0 {
			return nil
		}
	}
	short, dots := make([]string, len(names)), th.ellipsis()
	for at := range parts[0] {
		of := make([]string, len(names))
		for i := range names {
			of[i] = parts[i][at]
		}
		var cut nameCut
		cut.head, cut.tail = sharedEnds(of)
		for cut.head > 0 && !utf8.RuneStart(of[0][cut.head]) {
			cut.head--
		}
		for cut.tail > 0 && !utf8.RuneStart(of[0][len(of[0])-cut.tail]) {
			cut.tail--
		}
		if len(slices.Compact(slices.Clone(of))) == 1 {
			cut.head, cut.tail = len(of[0]), 0 // all of it
		}
		for i, part := range of {
			kept := part[cut.head : len(part)-cut.tail]
			if before := cut.head > 0 || kept == "" || at > 0; before && !strings.HasSuffix(short[i], dots) {
				short[i] += dots
			}
			if short[i] += kept; cut.tail > 0 {
				short[i] += dots
			}
		}
	}
	return short
}

// bothEnds keeps the ends of names, more of the beginning the more that tells them apart.
func bothEnds(th *theme, names []string, width int) []string {
	room := width - textWidth(th.ellipsis())
	for head := 1; head <= room; head++ {
		short := make([]string, len(names))
		for i, name := range names {
			short[i] = name
			if w := textWidth(name); w > width {
				short[i] = ansi.Truncate(name, head, "") + th.ellipsis() + ansi.TruncateLeft(name, w-(room-head), "")
			}
		}
		if areDistinct(short) {
			return short
		}
	}
	return nil
}

// separators are between the parts of names.
const separators = "-._:/@ "

// isCutName reports a name that has lost its beginning or its end.
func isCutName(th *theme, name string) bool {
	return strings.HasPrefix(name, th.ellipsis()) || strings.HasSuffix(name, th.ellipsis())
}

func isAddress(name string) bool {
	_, err := netip.ParseAddrPort(name)
	return err == nil
}

// fitAlone cuts a name by itself.
func fitAlone(th *theme, name string, width int) string {
	if isAddress(name) && width > textWidth(th.ellipsis()) {
		return ansi.TruncateLeft(name, textWidth(name)+textWidth(th.ellipsis())-width, th.ellipsis())
	}
	return fitName(th, name, width)
}

// nameCut is how many bytes names lose at their beginning and at their end.
type nameCut struct{ head, tail int }

// fittingCut returns the first of the cuts with which all names fit; none where that is not enough.
func fittingCut(th *theme, names []string, width int) nameCut {
	cuts := nameCuts(th, names)
	fits := func(c nameCut) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return ansi.StringWidth(c.of(th, name)) > width })
	}
	if at := slices.IndexFunc(cuts, fits); at >= 0 {
		return cuts[at]
	}
	return nameCut{}
}

// of is a name with ellipses for what it loses.
func (c nameCut) of(th *theme, name string) string {
	short := name[c.head : len(name)-c.tail]
	if c.head > 0 {
		short = th.ellipsis() + short
	}
	if c.tail > 0 {
		short += th.ellipsis()
	}
	return short
}

// nameCuts are what names may lose of what all of them begin and end with: first at separators, at the end all that
// they share and at the beginning as little as can be; then anywhere.
func nameCuts(th *theme, names []string) []nameCut {
	head, tail := sharedEnds(names)
	name, dots := names[0], th.ellipsis()
	if name == "" { // they share nothing
		return nil
	}
	isSeparator := func(at int) bool { return strings.ContainsRune(separators, rune(name[at])) }
	ends := []int{0}
	for n := 1; n <= tail; n++ {
		if at := len(name) - n; isSeparator(at) && !strings.HasPrefix(dots, name[at:]) || name[at:] == dots {
			ends[0] = n
		}
	}
	if ends[0] < tail {
		ends = append(ends, tail)
	}
	least := 0
	if strings.HasPrefix(name, dots) {
		least = len(dots)
	}
	var cuts, anywhere []nameCut
	for _, end := range ends {
		for at := range head + 1 {
			switch c := (nameCut{at, end}); {
			case at > 0 && at < least, !utf8.RuneStart(name[at]), end > 0 && !utf8.RuneStart(name[len(name)-end]):
			case end == ends[0] && (at == 0 || isSeparator(at) || startsNumber(name, at)):
				cuts = append(cuts, c)
			default:
				anywhere = append(anywhere, c)
			}
		}
	}
	return append(cuts, anywhere...)
}

// startsNumber reports that a number of several digits begins at a place within a word.
func startsNumber(name string, at int) bool {
	isDigit := func(at int) bool { return at < len(name) && name[at] >= '0' && name[at] <= '9' }
	return !isDigit(at-1) && isDigit(at) && isDigit(at+1)
}

// sharedEnds are how many bytes all names begin and end with. At least one of each name is in neither.
func sharedEnds(names []string) (head, tail int) {
	first, least := names[0], len(slices.MinFunc(names, func(a, b string) int { return len(a) - len(b) }))
	same := func(at func(name string) byte) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return at(name) != at(first) })
	}
	for head < least-1 && same(func(name string) byte { return name[head] }) {
		head++
	}
	for head+tail < least-1 && same(func(name string) byte { return name[len(name)-1-tail] }) {
		tail++
	}
	return head, tail
}
