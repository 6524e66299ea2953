package cli

import (
	"slices"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// A tree is which findings explain which. It is made once for an assessment, in a time that grows as their number does:
// of many members there are thousands. Findings are told by their place.
type tree struct {
	findings []thresholds.Finding
	// root is, of each, the one that explains it in the end: itself where there is none.
	root []int
	// under are, of each that nothing explains, those that it explains in the end, itself the first of them or among them.
	under map[int][]int
}

// blamed is what a finding names as its explanation: a rule's finding about a member; about the cluster where that has no
// key.
type blamed struct {
	rule   thresholds.RuleID
	member string
}

func newTree(findings []thresholds.Finding) *tree {
	t := &tree{findings, make([]int, len(findings)), map[int][]int{}}
	first := map[blamed]int{}
	for i := range findings {
		b := blamed{findings[i].Rule, findings[i].Member.Key}
		if _, is := first[b]; !is {
			first[b] = i
		}
	}
	const unset = -1
	for i := range t.root {
		t.root[i] = unset
	}
	for i := range findings {
		var path []int
		at := i
		for t.root[at] == unset {
			t.root[at] = at // until more is known; and where findings explain one another in a circle
			path = append(path, at)
			cause, is := causeOf(&findings[at], first)
			if !is {
				break
			}
			at = cause
		}
		for _, on := range path {
			t.root[on] = t.root[at]
		}
	}
	for i, root := range t.root {
		t.under[root] = append(t.under[root], i)
	}
	return t
}

// causeOf is the first finding that explains another one.
func causeOf(f *thresholds.Finding, first map[blamed]int) (int, bool) {
	if f.Because == "" {
		return 0, false
	}
	if !f.BecauseOf.IsZero() {
		i, is := first[blamed{f.Because, f.BecauseOf.Key}]
		return i, is
	}
	i, own := first[blamed{f.Because, f.Member.Key}]
	j, cluster := first[blamed{f.Because, ""}]
	if cluster && (!own || j < i) {
		return j, true
	}
	return i, own
}

// alike is what findings have in common that are written as one: they differ in what they found alone, and in whom they
// are about; or they can't be judged about the same member.
type alike struct {
	level    thresholds.Level
	rule     thresholds.RuleID
	advice   string
	clearing bool
	limit    probe.Value
	member   string
}

// items are the findings that nothing explains, those that are alike in one item, in the order of the first of each.
func (t *tree) items() [][]int {
	var items [][]int
	place := map[alike]int{}
	for i := range t.findings {
		if t.root[i] != i {
			continue
		}
		f := &t.findings[i]
		same := alike{level: f.Level, rule: f.Rule, advice: f.Advice, clearing: f.Clearing, limit: f.Limit}
		if f.Level == thresholds.Unknown {
			same = alike{level: f.Level, member: f.Member.Key}
		}
		at, is := place[same]
		if !is {
			at = len(items)
			place[same] = at
			items = append(items, nil)
		}
		items[at] = append(items[at], i)
	}
	return items
}

// at are the findings at some places.
func (t *tree) at(places []int) []*thresholds.Finding {
	found := make([]*thresholds.Finding, len(places))
	for i, place := range places {
		found[i] = &t.findings[place]
	}
	return found
}

// explained are the places of those that some explain, themselves left out, in their order.
func (t *tree) explained(roots []int) []int {
	var all []int
	for _, root := range roots {
		for _, i := range t.under[root] {
			if i != root {
				all = append(all, i)
			}
		}
	}
	slices.Sort(all)
	return all
}
