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
	// topicWidth is that of a [Rule.Topic]: etcdoc's own, so that a member's state stays a narrow column.
	topicWidth = 7
	// whatWidth is that of the headline of a finding without the name, and without [formerly]; whatOfAllWidth is that
	// of a finding about the cluster.
	whatWidth      = whatOfAllWidth - shortWidth - len(": ")
	whatOfAllWidth = HeadlineWidth - len(formerly)
)

// countedGrounds are what several gaps of a ground are called together, as risks and as missing facts. A form with a
// verb takes their number.
var countedGrounds = map[Ground]struct{ risks, missing groundWords }{
	GroundIdentity:      {missing: groundWords{counted: "%d not identified"}},
	GroundMembership:    {missing: groundWords{plain: "voters not confirmed"}},
	GroundHealth:        {groundWords{counted: "%d not healthy"}, groundWords{counted: "health of %d unknown"}},
	GroundIncident:      {groundWords{plain: "incident"}, groundWords{plain: "alarms unknown"}},
	GroundSurvivors:     {groundWords{counted: "%d impaired"}, groundWords{counted: "%d may be impaired"}},
	GroundCommitLatency: {groundWords{plain: "slow commits"}, groundWords{plain: "commits unknown"}},
	GroundMargin:        {risks: groundWords{plain: "no spare"}},
}

// groundWords are a text, or a format for a number of gaps.
type groundWords struct{ plain, counted string }

func (w groundWords) of(n int) string {
	if w.counted == "" {
		return w.plain
	}
	return fmt.Sprintf(w.counted, n)
}

// risksHeadline is the reason of a verdict because of some risks, missingHeadline of one that lacks some facts.
func risksHeadline(risks []gap) string {
	return gapsHeadline(risks, func(g Ground) groundWords { return countedGrounds[g].risks })
}

func missingHeadline(missing []gap) string {
	return gapsHeadline(missing, func(g Ground) groundWords { return countedGrounds[g].missing })
}

// gapsHeadline names the gaps, or else the first one and how many there are of each other ground, or else how many
// there are of each ground. Verdicts with the same headline therefore stand on the same gaps, or on as many.
func gapsHeadline(gaps []gap, counted func(Ground) groundWords) string {
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
func countGaps(gaps []gap, counted func(Ground) groundWords) (counts []string) {
	number := make(map[Ground]int)
	var grounds []Ground
	for _, g := range gaps {
		if number[g.ground] == 0 {
			grounds = append(grounds, g.ground)
		}
		number[g.ground]++
	}
	for _, ground := range grounds {
		counts = append(counts, counted(ground).of(number[ground]))
	}
	return counts
}
