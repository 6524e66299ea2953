package thresholds

import (
	"fmt"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// The most columns of the parts of headlines.
const (
	// VerdictWidth is that of the reason of a verdict: etcdoc's own, so that two verdicts fit side by side into 80.
	VerdictWidth = 34
	// briefWidth is that of a [Rule.Brief], so that it fits behind a name into the reason of a verdict.
	briefWidth = VerdictWidth - shortWidth - len(": ")
	// whatWidth is that of the headline of a finding without the name, and without [wasSo]; whatOfAllWidth is that of a
	// finding about the cluster.
	whatWidth      = whatOfAllWidth - shortWidth - len(": ")
	whatOfAllWidth = HeadlineWidth - len(wasSo)
)

// countedGrounds are what several gaps of a ground are called together, as risks and as missing facts.
var countedGrounds = map[Ground]struct{ risks, missing string }{
	GroundIdentity:      {"", "%d not identified"},
	GroundMembership:    {"", "voters not confirmed"},
	GroundQuorum:        {"quorum", "quorum unknown"},
	GroundHealth:        {"%d not healthy", "health of %d unknown"},
	GroundIncident:      {"incident", "alarms unknown"},
	GroundSurvivors:     {"%d impaired", "%d may be impaired"},
	GroundCommitLatency: {"slow commits", "commits unknown"},
	GroundMargin:        {"no spare", ""},
}

// risksHeadline is the reason of a verdict that stands on some risks, missingHeadline of one that lacks some facts.
func risksHeadline(risks []gap) string {
	return gapsHeadline(risks, func(g Ground) string { return countedGrounds[g].risks })
}

func missingHeadline(missing []gap) string {
	return gapsHeadline(missing, func(g Ground) string { return countedGrounds[g].missing })
}

// gapsHeadline names the gaps, or else the first one and how many there are of each other ground, or else how many
// there are of each ground. Verdicts with the same headline therefore stand on the same gaps, or on as many.
func gapsHeadline(gaps []gap, counted func(Ground) string) string {
	briefs := make([]string, len(gaps))
	for i, g := range gaps {
		briefs[i] = g.brief
	}
	all := strings.Join(briefs, ", ")
	if displaywidth.String(all) <= VerdictWidth { // mostly, and in every sweep
		return all
	}
	counts, others := countGaps(gaps, counted), countGaps(gaps[1:], counted)
	return fitting(VerdictWidth,
		strings.Join(append([]string{briefs[0]}, others...), ", "),
		strings.Join(counts, ", "),
		fmt.Sprintf("%s, and %d more", briefs[0], len(gaps)-1),
		fmt.Sprintf("%s, and %d more", counts[0], len(gaps)-1))
}

// countGaps says how many gaps there are of each ground, in the order of the first of each.
func countGaps(gaps []gap, counted func(Ground) string) (counts []string) {
	number := make(map[Ground]int)
	var grounds []Ground
	for _, g := range gaps {
		if number[g.ground] == 0 {
			grounds = append(grounds, g.ground)
		}
		number[g.ground]++
	}
	for _, ground := range grounds {
		words := counted(ground)
		if strings.Contains(words, "%d") {
			words = fmt.Sprintf(words, number[ground])
		}
		counts = append(counts, words)
	}
	return counts
}
