package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// A statement is what a finding or an event says. text is a sentence that names its subject; rest leaves out a name
// that text begins with, for use beside that name.
type statement struct {
	text, rest string
	// headline is rest in at most whatWidth columns; empty if nobody gave it.
	headline string
	// brief is the headline in at most briefEventWidth columns, still with the value; empty if nobody gave it.
	brief string
	// beyond is what text says beyond the headline, as a sentence without a full stop, where hasBeyond is set; empty
	// where that is nothing.
	beyond    string
	hasBeyond bool
	// predicate reports that rest and headline are what the member is or does, and follow its name without a colon.
	predicate bool
	// named reports that text names the member or cluster that it is about.
	named bool
	// nameFirst reports that text begins with a name.
	nameFirst bool
	// nameInside reports that rest names it as well.
	nameInside bool
	// hasDuration reports that text says how long the condition has lasted.
	hasDuration bool
}

// saying sets what the text says beyond the headline, as a sentence without a full stop; empty where that is nothing.
func (s statement) saying(beyond string) statement {
	s.beyond, s.hasBeyond = beyond, true
	return s
}

// withDuration marks a statement that says how long the condition has lasted.
func (s statement) withDuration() statement {
	s.hasDuration = true
	return s
}

// briefly returns the statement with the headline that is the first of some forms, the longest first, that fits.
func (s statement) briefly(forms ...string) statement { return s.brieflyWithin(whatWidth, forms) }

// brieflyOfAll is briefly for a statement about the cluster, which no name comes before.
func (s statement) brieflyOfAll(forms ...string) statement {
	return s.brieflyWithin(whatOfAllWidth, forms)
}

func (s statement) brieflyWithin(width int, forms []string) statement {
	s.headline = ""
	for _, form := range forms {
		if form != "" && displaywidth.String(form) <= width {
			s.headline = form
			break
		}
	}
	return s
}

// inShort returns the statement with the first of some forms that fits beside an event's name in a narrow window.
func (s statement) inShort(forms ...string) statement {
	s.brief = ""
	for _, form := range forms {
		if displaywidth.String(form) <= briefEventWidth {
			s.brief = form
			break
		}
	}
	return s
}

// fits reports whether the rest is as short as a headline.
func (s statement) fits(r *Rule) bool {
	width := whatWidth
	if r.Scope == ScopeCluster {
		width = whatOfAllWidth
	}
	return s.brieflyWithin(width, []string{s.rest}).headline != ""
}

// headlineFor is the headline of the rest, or that of the rule if it is too long and nobody gave one.
func (s statement) headlineFor(r *Rule) string {
	if r.Scope == ScopeCluster {
		return cmp.Or(s.headline, s.brieflyOfAll(s.rest).headline, r.Brief)
	}
	return cmp.Or(s.headline, s.briefly(s.rest).headline, r.Brief)
}

// formerly begins a statement that no longer holds.
const formerly = "lately: "

// plain makes a statement that does not name its subject.
func plain(text string) statement { return statement{text: text, rest: text} }

// naming makes a statement that names its subject, but not at its beginning.
func naming(text string) statement {
	return statement{text: text, rest: text, named: true, nameInside: true}
}

// ofMembers makes a statement about the cluster that begins with the name of a member.
func ofMembers(text string) statement { return statement{text: text, rest: text, nameFirst: true} }

// has makes a statement of what the member has, does one of what it does or is, and learner one of what a learner
// does.
func (s *subject) has(rest string) statement  { return s.at.has(rest) }
func (s *subject) does(rest string) statement { return s.at.does(rest) }
func (s *subject) learner(rest string) statement {
	return statement{text: "the learner " + s.at.Label + " " + rest, rest: rest, named: true}
}

// has makes a statement of what a member has.
func (r MemberRef) has(rest string) statement {
	return statement{text: r.Label + ": " + rest, rest: rest, named: true, nameFirst: true}
}

// does makes a statement of what a member does or is.
func (r MemberRef) does(rest string) statement {
	return statement{text: r.Label + " " + rest, rest: rest, predicate: true, named: true, nameFirst: true}
}

// surround puts the statement between two texts.
func (s statement) surround(before, after string) statement {
	s.text, s.rest = before+s.text+after, before+s.rest+after
	s.nameFirst = s.nameFirst && before == ""
	return s
}

// opening returns the statement for the beginning of a sentence.
func (s statement) opening() string {
	if s.nameFirst {
		return s.text
	}
	return upperFirst(s.text)
}

// lead returns the name to put before a text that does not name its subject.
func (r MemberRef) lead(named bool) string {
	if named || r.IsZero() {
		return ""
	}
	return r.Label + ": "
}

// upperFirst begins a sentence with a text that does not begin with a name.
func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// groupedByValue lists the values with the members that have them, the most common first: 3.6.4 on etcd-1 and etcd-2;
// 3.5.9 on etcd-3.
func groupedByValue[K comparable](members map[K][]string, name func(K) string) string {
	keys := make([]K, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if order := len(members[b]) - len(members[a]); order != 0 {
			return order
		}
		return strings.Compare(name(a), name(b))
	})
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = name(key) + " on " + join(members[key])
	}
	return strings.Join(texts, "; ")
}

// labelsOf are the labels of members.
func labelsOf(members []MemberRef) []string {
	labels := make([]string, len(members))
	for i, m := range members {
		labels[i] = m.Label
	}
	return labels
}

// maxNamed is how many names a sentence lists. It exceeds the members of any cluster that etcd's FAQ recommends
// (seven), so that it only shortens texts about hundreds.
const maxNamed = 16

// join joins names: a, b and c.
func join(names []string) string { return joinBy("and", names) }

// either joins alternatives: a, b or c.
func either(names []string) string { return joinBy("or", names) }

func joinBy(word string, names []string) string {
	n := len(names)
	switch {
	case n < 2:
		return strings.Join(names, "")
	case n > maxNamed:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed-1], ", "), n-maxNamed+1)
	}
	return strings.Join(names[:n-1], ", ") + " " + word + " " + names[n-1]
}
