package cli

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// TestTreeAgreesWithASearch holds the tree to its definition, over made-up findings: the explanation of a finding is the
// first one by the rule that it names, about the member that it names, or else about its own member or the cluster.
func TestTreeAgreesWithASearch(t *testing.T) {
	rules := []thresholds.RuleID{"a", "b", "c", "d"}
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		member := func() thresholds.MemberRef {
			return thresholds.MemberRef{Key: []string{"", "1", "2", "3"}[random.IntN(4)]}
		}
		findings := make([]thresholds.Finding, random.IntN(30))
		for i := range findings {
			f := &findings[i]
			rule := random.IntN(len(rules))
			f.Rule, f.Member, f.Level = rules[rule], member(), thresholds.Level(1+random.IntN(4))
			if rule > 0 && random.IntN(2) == 0 { // and so in no circle
				f.Because, f.BecauseOf = rules[random.IntN(rule)], member()
			}
			if random.IntN(3) == 0 {
				f.Limit = probe.Known(1)
			}
		}
		tree := newTree(findings)
		for i := range findings {
			if want := searchRoot(findings, i); tree.root[i] != want {
				t.Fatalf("seed %d: finding %d is under %d, want %d: %+v", seed, i, tree.root[i], want, findings)
			}
			if root := tree.root[i]; !slices.Contains(tree.under[root], i) {
				t.Fatalf("seed %d: finding %d is not under its root %d", seed, i, root)
			}
		}
		had := map[int]bool{}
		for _, item := range tree.items() {
			for _, i := range item {
				if had[i] || tree.root[i] != i || findings[i].Level != findings[item[0]].Level {
					t.Fatalf("seed %d: finding %d is in an item %v that it does not belong to", seed, i, item)
				}
				had[i] = true
			}
		}
		if len(had) != len(tree.under) {
			t.Fatalf("seed %d: %d findings are in items, and %d have no explanation", seed, len(had), len(tree.under))
		}
	}
}

func searchRoot(findings []thresholds.Finding, i int) int {
	for {
		f := &findings[i]
		cause := slices.IndexFunc(findings, func(g thresholds.Finding) bool {
			if f.Because == "" || g.Rule != f.Because {
				return false
			}
			if !f.BecauseOf.IsZero() {
				return g.Member.Key == f.BecauseOf.Key
			}
			return g.Member.IsZero() || g.Member.Key == f.Member.Key
		})
		if cause < 0 {
			return i
		}
		i = cause
	}
}

// TestTreeOfACircle: findings that name one another as their explanation are still written.
func TestTreeOfACircle(t *testing.T) {
	tree := newTree([]thresholds.Finding{{Rule: "a", Because: "b"}, {Rule: "b", Because: "a"}, {Rule: "c", Because: "b"}, {Rule: "d", Because: "d"}})
	written := 0
	for _, item := range tree.items() {
		written += len(item) + len(tree.explained(item))
	}
	if written != 4 {
		t.Errorf("%d of 4 findings are written: %+v", written, tree)
	}
}
