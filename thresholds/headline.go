package thresholds

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// The most columns of the parts of headlines.
const (
	// VerdictWidth is that of the reason of a verdict: etcdoc's own, so that two verdicts fit side by side into 80.
	VerdictWidth = 34
	// topicWidth is that of a [Rule.Topic]: etcdoc's own, so that a member's state stays a narrow column.
	topicWidth = 7
	// whatWidth is that of the headline of a finding without the name and pastWidth; whatOfAllWidth is that of one
	// about the cluster.
	whatWidth      = whatOfAllWidth - shortWidth - len(": ")
	whatOfAllWidth = HeadlineWidth - pastWidth
	// pastWidth is what headlines leave to words that they begin with, such as most of [formerly].
	pastWidth = 5
)

// countedGrounds are what several gaps of a ground are called together, as risks and as missing facts. A form with a
// verb takes how many members.
var countedGrounds = map[Ground]struct{ risks, missing groundWords }{
	GroundIdentity:      {missing: groundWords{counted: "%s not identified"}},
	GroundMembership:    {missing: groundWords{plain: "voters not confirmed"}},
	GroundHealth:        {groundWords{counted: "%s not healthy"}, groundWords{counted: "health of %s unknown"}},
	GroundIncident:      {groundWords{plain: "incident"}, groundWords{plain: "alarms unknown"}},
	GroundSurvivors:     {groundWords{counted: "%s impaired"}, groundWords{counted: "%s may be impaired"}},
	GroundCommitLatency: {groundWords{plain: "slow commits"}, groundWords{plain: "commits unknown"}},
	GroundMargin:        {risks: groundWords{plain: "then no spare"}},
}

// groundWords are a text, or a format for a number of members.
type groundWords struct{ plain, counted string }

func (w groundWords) of(n int) string { return w.with(Plural(n, "member")) }

// brief are the words without a noun, where that does not fit or a member is named before.
func (w groundWords) brief(n int) string { return w.with(strconv.Itoa(n)) }

// besides are as many gaps besides one of the same ground that is named.
func (w groundWords) besides(n int) string { return w.with(strconv.Itoa(n) + " more") }

func (w groundWords) with(number string) string {
	if w.counted == "" {
		return w.plain
	}
	return fmt.Sprintf(w.counted, number)
}

// risksHeadline is the reason of a verdict because of some risks, missingHeadline of one that lacks some facts.
func risksHeadline(risks []gap) string {
	return gapsHeadline(risks, func(g Ground) groundWords { return countedGrounds[g].risks }, func(n int) string {
		return "and " + Plural(n, "more risk")
	})
}

func missingHeadline(missing []gap) string {
	return gapsHeadline(missing, func(g Ground) groundWords { return countedGrounds[g].missing }, func(n int) string {
		return Plural(n, "more fact")
	})
}

// gapsHeadline names the gaps, or else the first one and how many there are of each other ground, or else how many
// there are of each ground, or else how many others. Verdicts with the same headline therefore stand on the same gaps,
// or on as many.
func gapsHeadline(gaps []gap, counted func(Ground) groundWords, others func(int) string) string {
	briefs := make([]string, len(gaps))
	for i, g := range gaps {
		briefs[i] = g.brief
	}
	all := strings.Join(briefs, ", ")
	if displaywidth.String(all) <= VerdictWidth { // mostly, and in every sweep
		return all
	}
	besides, briefly := []string{briefs[0]}, []string{briefs[0]}
	var counts, briefCounts []string
	for _, g := range countGaps(gaps[1:]) {
		words, brief := counted(g.ground).of(g.number), counted(g.ground).brief(g.number)
		if g.ground == gaps[0].ground {
			words = counted(g.ground).besides(g.number)
			brief = words
		}
		besides, briefly = append(besides, words), append(briefly, brief)
	}
	groups := countGaps(gaps)
	for _, g := range groups {
		counts = append(counts, counted(g.ground).of(g.number))
		briefCounts = append(briefCounts, counted(g.ground).brief(g.number))
	}
	first := groups[0].number
	return fitting(VerdictWidth,
		strings.Join(besides, ", "),
		strings.Join(briefly, ", "),
		strings.Join(counts, ", "),
		strings.Join(briefCounts, ", "),
		briefs[0]+", "+others(len(gaps)-1),
		counts[0]+", "+others(len(gaps)-first),
		counted(groups[0].ground).brief(first)+", "+others(len(gaps)-first))
}

// gapCount is how many gaps there are of a ground.
type gapCount struct {
	ground Ground
	number int
}

// countGaps counts the gaps of each ground, in the order of the first of each.
func countGaps(gaps []gap) (counts []gapCount) {
	for _, g := range gaps {
		at := slices.IndexFunc(counts, func(c gapCount) bool { return c.ground == g.ground })
		if at < 0 {
			at, counts = len(counts), append(counts, gapCount{ground: g.ground})
		}
		counts[at].number++
	}
	return counts
}
