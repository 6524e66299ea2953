package thresholds

import "slices"

// A findingIndex looks up an assessment's findings by rule and member. Diagnosers do so often, and many members have
// thousands of findings. The findings must not move while it is in use.
type findingIndex struct {
	findings []Finding
	byRule   map[RuleID][]int
	byMember map[alertKey][]int
}

func newFindingIndex(findings []Finding) *findingIndex {
	x := &findingIndex{findings, make(map[RuleID][]int), make(map[alertKey][]int, len(findings))}
	for i := range findings {
		f := &findings[i]
		key := alertKey{f.Rule, f.Member.Key}
		x.byRule[f.Rule], x.byMember[key] = append(x.byRule[f.Rule], i), append(x.byMember[key], i)
	}
	return x
}

// places returns the indices of the findings by a rule about a member (its key, "" for the cluster, or anyMember), in
// order.
func (x *findingIndex) places(member string, rule RuleID) []int {
	if member == anyMember {
		return x.byRule[rule]
	}
	return x.byMember[alertKey{rule, member}]
}

// find returns the findings by any of the rules about a member, in order, each once.
func (x *findingIndex) find(member string, rules []RuleID) []*Finding {
	var places []int
	for _, rule := range rules {
		places = append(places, x.places(member, rule)...)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	found := make([]*Finding, len(places))
	for i, place := range places {
		found[i] = &x.findings[place]
	}
	return found
}

// indexed returns the index of the findings, built on first use.
func (r *diagnoser) indexed() *findingIndex {
	if r.index == nil {
		r.index = newFindingIndex(r.findings)
	}
	return r.index
}

// explains reports whether the diagnosis covers a finding, or inhibits it.
func (d *diagnosis) explains(f *Finding) bool {
	for _, part := range [...]struct {
		of   []*Finding
		seen *int
	}{{d.covered, &d.explainedCovered}, {d.inhibited, &d.explainedInhibited}} {
		if d.explained == nil || len(part.of) < *part.seen { // findings were removed
			d.explained, d.explainedCovered, d.explainedInhibited = make(map[*Finding]bool), 0, 0
			for _, g := range slices.Concat(d.covered, d.inhibited) {
				d.explained[g] = true
			}
			d.explainedCovered, d.explainedInhibited = len(d.covered), len(d.inhibited)
			break
		}
		for _, g := range part.of[*part.seen:] {
			d.explained[g] = true
		}
		*part.seen = len(part.of)
	}
	return d.explained[f]
}

// keysOf returns the keys of the members that findings are about.
func keysOf(findings []*Finding) map[string]bool {
	keys := make(map[string]bool, len(findings))
	for _, f := range findings {
		keys[f.Member.Key] = true
	}
	return keys
}
