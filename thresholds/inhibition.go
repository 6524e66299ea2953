package thresholds

import "slices"

// An Inhibition is which findings explain which: one that another explains is no alarm of its own. It is made once for an
// assessment, in a time that grows as the number of findings does: of many members there are thousands.
type Inhibition struct {
	findings []Finding
	places   map[*Finding]int
	// by is, of each, the place of the one that explains it, and root that of the one that does in the end: its own where
	// there is none.
	by, root []int
	// under are, of each that nothing explains, the places of those that it explains in the end.
	under map[int][]int
}

// Inhibition is which of the findings explain which.
func (a *Assessment) Inhibition() *Inhibition { return newInhibition(a.Findings) }

func newInhibition(findings []Finding) *Inhibition {
	n := &Inhibition{
		findings: findings, places: make(map[*Finding]int, len(findings)), by: make([]int, len(findings)), root: make([]int, len(findings)),
		under: make(map[int][]int),
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

// inhibitor is the place of the first finding that another one names as its explanation: by the rule, about the member named, or
// else about its own or the cluster. It is its own place where there is none. first are the places counted from 1.
func inhibitor(f *Finding, own int, first map[alertKey]int) int {
	if f.InhibitedBy == "" {
		return own
	}
	if !f.InhibitedByMember.IsZero() {
		if i := first[alertKey{f.InhibitedBy, f.InhibitedByMember.Key}]; i > 0 {
			return i - 1
		}
		return own
	}
	mine, cluster := first[alertKey{f.InhibitedBy, f.Member.Key}], first[alertKey{f.InhibitedBy, ""}]
	switch {
	case mine == 0 && cluster == 0:
		return own
	case mine == 0 || cluster > 0 && cluster < mine:
		return cluster - 1
	}
	return mine - 1
}

// findRoot follows the explanations from a place to their end. One of those that explain one another in a circle is taken for it.
func (n *Inhibition) findRoot(i int) {
	var path []int
	for n.root[i] < 0 {
		n.root[i] = i // until more is known
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

// By is the finding that explains one of the assessment's; nil where there is none.
func (n *Inhibition) By(f *Finding) *Finding {
	i, is := n.places[f]
	if !is || n.by[i] == i {
		return nil
	}
	return &n.findings[n.by[i]]
}

// Root is the finding that explains one of the assessment's in the end: itself where nothing does.
func (n *Inhibition) Root(f *Finding) *Finding {
	i, is := n.places[f]
	if !is {
		return f
	}
	return &n.findings[n.root[i]]
}

// Under are the findings that some explain in the end, themselves left out, in the order of the assessment.
func (n *Inhibition) Under(roots ...*Finding) []*Finding {
	var places []int
	for _, root := range roots {
		if i, is := n.places[root]; is {
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
