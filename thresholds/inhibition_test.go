package thresholds

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestInhibitionAgreesWithASearch compares the method with its definition, over made-up findings: the inhibitor of a
// finding is the first one by the rule that it names, about the member that it names, or else about its own member or
// the cluster.
func TestInhibitionAgreesWithASearch(t *testing.T) {
	t.Parallel()
	rules := []RuleID{"a", "b", "c", "d"}
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		member := func() MemberRef { return MemberRef{Key: []string{"", "1", "2", "3"}[random.IntN(4)]} }
		findings := make([]Finding, random.IntN(30))
		for i := range findings {
			f := &findings[i]
			rule := random.IntN(len(rules))
			f.Rule, f.Member, f.Level = rules[rule], member(), Level(1+random.IntN(4))
			if rule > 0 && random.IntN(2) == 0 { // so there is no circle
				f.InhibitedBy, f.InhibitedByMember = rules[random.IntN(rule)], member()
			}
		}
		n := (&Assessment{Findings: findings}).Inhibition()
		var under []*Finding
		for i := range findings {
			f := &findings[i]
			by := searchInhibitor(findings, f)
			if got := n.By(f); got != by {
				t.Fatalf("seed %d: finding %d is explained by %v, want %v", seed, i, got, by)
			}
			root := f
			for next := by; next != nil; next = searchInhibitor(findings, next) {
				root = next
			}
			if got := n.Root(f); got != root {
				t.Fatalf("seed %d: finding %d is under %v, want %v", seed, i, got, root)
			}
			if root != f && !slices.Contains(n.Under(root), f) {
				t.Fatalf("seed %d: finding %d is not under its root", seed, i)
			}
			if root == f {
				under = append(append(under, f), n.Under(f)...)
			}
		}
		if len(under) != len(findings) {
			t.Fatalf("seed %d: %d of %d findings are listed", seed, len(under), len(findings))
		}
	}
}

func searchInhibitor(findings []Finding, f *Finding) *Finding {
	i := slices.IndexFunc(findings, func(g Finding) bool {
		if f.InhibitedBy == "" || g.Rule != f.InhibitedBy {
			return false
		}
		if !f.InhibitedByMember.IsZero() {
			return g.Member.Key == f.InhibitedByMember.Key
		}
		return g.Member.IsZero() || g.Member.Key == f.Member.Key
	})
	if i < 0 {
		return nil
	}
	return &findings[i]
}

// TestInhibitionOfACircle: findings that inhibit each other still appear.
func TestInhibitionOfACircle(t *testing.T) {
	t.Parallel()
	findings := []Finding{{Rule: "a", InhibitedBy: "b"}, {Rule: "b", InhibitedBy: "a"}, {Rule: "c", InhibitedBy: "b"},
		{Rule: "d", InhibitedBy: "d"}}
	n, listed := (&Assessment{Findings: findings}).Inhibition(), 0
	for i := range findings {
		if f := &findings[i]; n.Root(f) == f {
			listed += 1 + len(n.Under(f))
		}
	}
	if listed != len(findings) {
		t.Errorf("%d of %d findings are listed", listed, len(findings))
	}
}
