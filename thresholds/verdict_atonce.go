package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxSets is how many sets of one size are judged: all of clusters of up to twelve voters. etcd recommends seven at
// most. maxSetsListed is how many of a group are named, and maxSetsSaid how many of
// them in a sentence.
const (
	maxSets       = 1000
	maxSetsListed = 20
	maxSetsSaid   = 5
)

// AtOnce is how many voters may be lost at once, and which.
type AtOnce struct {
	// Voters are those that are there to lose: not those that are down already, as [Member.LostAlready] says.
	Voters []MemberRef
	// Sizes are the sets of one voter, of two, and so on, up to the first size of which no set may be lost.
	Sizes []LossSize
	// TooMany is the first size with too many sets to judge; 0 if there is none.
	TooMany int
	// Nobody is the verdict where no voter is there to lose, or known; zero elsewhere.
	Nobody CanLose
}

// A LossSize is what may be lost of the sets of one size.
type LossSize struct {
	Members int
	// Groups have the sets with the same verdict on the same ground: safe ones first, then risks, unknown ones
	// and those that may not be lost.
	Groups []LossGroup
}

// A LossGroup is sets with the same verdict, for the reason of the first of them.
type LossGroup struct {
	CanLose
	// Sets are the first of all Count sets.
	Sets  [][]MemberRef
	Count int
}

// CanLose reports whether the members with these keys may be lost at once, by the newest sweep. A single member's own
// verdict is that of the set of one.
func (e *Evaluator) CanLose(keys []string) CanLose {
	if e.facts == nil {
		return CanLose{LossUnknown, GroundHealth, "nobody has been asked yet", "nobody asked yet"}
	}
	gone := make(places, len(keys))
	for i, key := range keys {
		gone[i] = slices.IndexFunc(e.facts.members, func(m memberFacts) bool { return m.Key == key })
		if gone[i] < 0 {
			return CanLose{LossUnknown, GroundIdentity, "one of them is no member now", "not a member now"}
		}
	}
	return e.facts.canLose(gone...)
}

// AtOnce reports how many voters may be lost at once, by the newest sweep.
func (e *Evaluator) AtOnce() AtOnce {
	if e.facts == nil {
		return AtOnce{Nobody: e.CanLose(nil)}
	}
	return e.facts.atOnce()
}

func (f *verdictFacts) atOnce() AtOnce {
	var a AtOnce
	var all, there places
	for i := range f.members {
		all = append(all, i)
		if m := &f.members[i]; m.votes.value && !m.down && (!m.fails || !f.canLose(i).isAllowed()) {
			there, a.Voters = append(there, i), append(a.Voters, m.MemberRef)
		}
	}
	if len(there) == 0 {
		a.Nobody = f.canLose(all...)
		return a
	}
	for n := 1; n <= len(there); n++ {
		sets := combinations(there, n)
		if sets == nil {
			a.TooMany = n
			return a
		}
		size := LossSize{Members: n}
		for _, set := range sets {
			size.add(f.canLose(set...), f.refs(set))
		}
		slices.SortStableFunc(size.Groups, func(g, h LossGroup) int {
			return cmp.Compare(g.Verdict.rank(), h.Verdict.rank())
		})
		a.Sizes = append(a.Sizes, size)
		if size.Groups[0].Verdict == LossNo {
			return a
		}
	}
	return a
}

// add adds a set to the group of its verdict and its ground.
func (s *LossSize) add(verdict CanLose, set []MemberRef) {
	at := slices.IndexFunc(s.Groups, func(g LossGroup) bool {
		return g.Verdict == verdict.Verdict && g.Ground == verdict.Ground
	})
	if at < 0 {
		at, s.Groups = len(s.Groups), append(s.Groups, LossGroup{CanLose: verdict})
	}
	if g := &s.Groups[at]; g.Count < maxSetsListed {
		g.Sets = append(g.Sets, set)
	}
	s.Groups[at].Count++
}

func (f *verdictFacts) refs(set places) []MemberRef {
	refs := make([]MemberRef, len(set))
	for k, i := range set {
		refs[k] = f.members[i].MemberRef
	}
	return refs
}

// combinations are all sets of n out of some members; nil if they are more than maxSets.
func combinations(of places, n int) (sets []places) {
	count := 1
	for i := range n {
		if count = count * (len(of) - i) / (i + 1); count > maxSets {
			return nil
		}
	}
	picked := make(places, n)
	var pick func(k, from int)
	pick = func(k, from int) {
		if k == n {
			sets = append(sets, slices.Clone(picked))
			return
		}
		for i := from; i <= len(of)-(n-k); i++ {
			picked[k] = of[i]
			pick(k+1, i+1)
		}
	}
	pick(0, 0)
	return sets
}

// Safe is the largest number of voters of which a set may be lost safely, and whether every set of that size may; 0 if
// there is none.
func (a *AtOnce) Safe() (n int, every bool) { return a.largest(LossSafe) }

// Kept is the largest number of voters of which a set may be lost safely or at a risk, and whether every set of that
// size may; 0 if there is none.
func (a *AtOnce) Kept() (n int, every bool) { return a.largest(LossRisk) }

// Largest names the first of the largest sets that are at worst as a verdict says; empty if there is none.
func (a *AtOnce) Largest(atWorst Verdict) string {
	n, _ := a.largest(atWorst)
	if n == 0 {
		return ""
	}
	var all LossGroup
	for _, g := range a.Sizes[n-1].Groups { // the sizes begin at one
		if g.Verdict.rank() <= atWorst.rank() {
			all.Sets, all.Count = append(all.Sets, g.Sets...), all.Count+g.Count
		}
	}
	return all.words(maxSetsSaid)
}

// largest is the largest size with a set that is at worst as a verdict says, and whether all of that size are.
func (a *AtOnce) largest(atWorst Verdict) (n int, every bool) {
	for i := range a.Sizes {
		groups := a.Sizes[i].Groups
		if groups[0].Verdict.rank() <= atWorst.rank() {
			n, every = a.Sizes[i].Members, groups[len(groups)-1].Verdict.rank() <= atWorst.rank()
		}
	}
	return n, every
}

// Any is the verdict on losing any n voters at once, whichever they are: the worst of all sets of that size.
func (a *AtOnce) Any(n int) CanLose {
	if len(a.Sizes) == 0 && a.TooMany == 0 {
		return a.Nobody
	}
	if a.TooMany > 0 && n >= a.TooMany {
		return CanLose{LossUnknown, GroundHealth, fmt.Sprintf(
			"sets of %d are too many to judge: name the members to lose", n), "too many sets to judge"}
	}
	size := &a.Sizes[min(n, len(a.Sizes))-1]
	first, worst := &size.Groups[0], &size.Groups[len(size.Groups)-1]
	out := worst.CanLose
	switch {
	case n > len(a.Voters):
		out.Reason = fmt.Sprintf("there are only %s to lose, and losing %d of them: %s", Plural(len(a.Voters), "voter"),
			size.Members, out.Reason)
	case len(size.Groups) > 1:
		out.Reason = fmt.Sprintf("%s: %s", worst.words(maxSetsSaid), worst.Reason)
		if first.Verdict == LossSafe {
			out.Reason += "; safe: " + first.words(maxSetsSaid)
		}
	}
	return out
}

// SetWords names the sets of the group.
func (g *LossGroup) SetWords() string { return g.words(maxSetsListed) }

// words names at most so many sets.
func (g *LossGroup) words(most int) string {
	sets := g.Sets[:min(most, len(g.Sets))]
	words := make([]string, len(sets))
	for i, set := range sets {
		words[i] = strings.Join(labelsOf(set), "+")
	}
	text := strings.Join(words, ", ")
	if more := g.Count - len(sets); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
