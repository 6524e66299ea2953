package thresholds

import "slices"

// A findingIndex finds the findings of an assessment by rule and member: diagnosers ask for them again and again, and of
// many members there are thousands. The findings must stay where they are for as long as it is used.
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

// places are the places of the findings by a rule about a member (its key, "" for the cluster, or anyMember), in their order.
func (x *findingIndex) places(member string, rule RuleID) []int {
	if member == anyMember {
		return x.byRule[rule]
	}
	return x.byMember[alertKey{rule, member}]
}

// find is of for several rules, in the order of the findings, each once.
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

// indexed is the index of the assessment's findings, made when it is first asked for.
func (r *diagnoser) indexed() *findingIndex {
	if r.index == nil {
		r.index = newFindingIndex(r.findings)
	}
	return r.index
}

// explains reports whether a diagnosis tells of a finding, or inhibits it.
func (d *diagnosis) explains(f *Finding) bool {
	for _, part := range [...]struct {
		of   []*Finding
		seen *int
	}{{d.covered, &d.explainedCovered}, {d.inhibited, &d.explainedInhibited}} {
		if d.explained == nil || len(part.of) < *part.seen { // some were taken out
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

// keysOf are the keys of the members that findings are about.
func keysOf(findings []*Finding) map[string]bool {
	keys := make(map[string]bool, len(findings))
	for _, f := range findings {
		keys[f.Member.Key] = true
	}
	return keys
}
