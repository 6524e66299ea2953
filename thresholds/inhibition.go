package thresholds

import "slices"

// An Inhibition is which findings inhibit which: an inhibited finding raises no alarm of its own. It is built once
// for an assessment, in linear time: large clusters have thousands of findings.
type Inhibition struct {
	findings []Finding
	reading  *Reading
	places   map[*Finding]int
	// by is the index of each finding's inhibitor, and root that of the last one in its chain. Both are its own index
	// where there is none.
	by, root []int
	// under are the indices of the findings whose chain ends at an uninhibited one, by its index.
	under map[int][]int
}

// Inhibition returns which of the findings inhibit which.
func (a *Assessment) Inhibition() *Inhibition {
	findings := a.Findings
	n := &Inhibition{
		findings: findings, reading: &a.Reading, places: make(map[*Finding]int, len(findings)),
		by: make([]int, len(findings)), root: make([]int, len(findings)), under: make(map[int][]int),
	}
	first := make(map[alertKey]int, len(findings))
	for i := range findings {
		f := &findings[i]
		n.places[f] = i
		if key := (alertKey{f.Rule, f.Member.Key}); first[key] == 0 {
			first[key] = i + 1
		}
	}
	for i := range findings {
		n.by[i], n.root[i] = inhibitor(&findings[i], i, first), -1
	}
	for i := range findings {
		n.findRoot(i)
		if root := n.root[i]; root != i {
			n.under[root] = append(n.under[root], i)
		}
	}
	return n
}

// inhibitors are the findings that f may name as its inhibitor: the one about the member that it names, else the ones
// about its own member and about the cluster.
func (f *Finding) inhibitors() []alertKey {
	if !f.InhibitedByMember.IsZero() {
		return []alertKey{{f.InhibitedBy, f.InhibitedByMember.Key}}
	}
	return []alertKey{{f.InhibitedBy, f.Member.Key}, {f.InhibitedBy, ""}}
}

// inhibitor returns the index of the first finding that f names as its inhibitor; self where there is none. The values
// of first count from 1.
func inhibitor(f *Finding, self int, first map[alertKey]int) int {
	if f.InhibitedBy == "" {
		return self
	}
	by := 0
	for _, key := range f.inhibitors() {
		if i := first[key]; i > 0 && (by == 0 || i < by) {
			by = i
		}
	}
	if by == 0 {
		return self
	}
	return by - 1
}

// findRoot follows the chain of inhibitors from i to its end. In a circle one of the findings becomes the root.
func (n *Inhibition) findRoot(i int) {
	var path []int
	for n.root[i] < 0 {
		n.root[i] = i // provisional, and the end of a circle
		path = append(path, i)
		if n.by[i] == i {
			break
		}
		i = n.by[i]
	}
	for _, on := range path {
		n.root[on] = n.root[i]
	}
}

// By returns the finding that inhibits one of the assessment's; nil where none does.
func (n *Inhibition) By(f *Finding) *Finding {
	i, known := n.places[f]
	if !known || n.by[i] == i {
		return nil
	}
	return &n.findings[n.by[i]]
}

// Root returns the finding at the end of the chain of inhibitors of one of the assessment's; itself where none
// inhibits it.
func (n *Inhibition) Root(f *Finding) *Finding {
	i, known := n.places[f]
	if !known {
		return f
	}
	return &n.findings[n.root[i]]
}

// Under returns the findings whose chain ends at one of the roots, without those, in the assessment's order.
func (n *Inhibition) Under(roots ...*Finding) []*Finding {
	var places []int
	for _, root := range roots {
		if i, known := n.places[root]; known {
			places = append(places, n.under[i]...)
		}
	}
	slices.Sort(places)
	found := make([]*Finding, len(places))
	for k, i := range places {
		found[k] = &n.findings[i]
	}
	return found
}
