package thresholds

import (
	"fmt"
	"slices"
	"strings"
)

// marginHeadline says how many voters are healthy and how many more may fail, in at most [MarginWidth] columns. While
// the cluster is critical though enough voters are healthy, it says what all clients lose instead of calling that
// healthy. It claims no more than the verdicts: unproven reports that those do not know it of every healthy voter.
func (f *frame) marginHeadline(c *clusterState, level Level, lost *Impact, unproven bool) string {
	unknown := c.UnknownVoters
	switch {
	case countMembers(f.results) == 0:
		return "quorum ?: no member known"
	case !c.MemberListKnown && c.dumped:
		return "quorum ?: dumps do not show it"
	case !c.MemberListKnown:
		return "quorum ?: member list not known"
	case c.Voters == 0:
		return "quorum ?: no voter known"
	case c.HealthyVoters >= c.Quorum:
		return heldMargin(c, level, lost, unproven)
	case c.QuorumSeen:
		return fmt.Sprintf("quorum held, %d/%d seen from here", c.HealthyVoters, c.Voters)
	case c.HealthyVoters+unknown >= c.Quorum:
		return fmt.Sprintf("quorum ?: %d/%d healthy, %d unknown", c.HealthyVoters, c.Voters, unknown)
	}
	return f.lostMargin(c)
}

// heldMargin is the margin of a quorum of healthy voters.
func heldMargin(c *clusterState, level Level, lost *Impact, unproven bool) string {
	voters := fmt.Sprintf("%d/%d", c.HealthyVoters, c.Voters)
	spare := fmt.Sprintf("%d more may fail", c.spare())
	switch {
	case c.UnknownVoters > 0:
		spare = fmt.Sprintf("%d not known", c.UnknownVoters)
	case unproven && c.spare() > 0:
		spare = "margin not known"
	case c.CatchingUpVoters > 0 && c.spare() > 0:
		spare = fmt.Sprintf("%d behind, %d may fail", c.CatchingUpVoters, c.spare())
	case c.CatchingUpVoters > 0:
		spare = fmt.Sprintf("%d catching up", c.CatchingUpVoters)
	case c.spare() == 0:
		spare = "none to spare"
	case c.HealthyVoters == c.Voters:
		spare = fmt.Sprintf("%d may fail", c.spare())
	}
	if level < Critical {
		return voters + " healthy, " + spare
	}
	quorum := "quorum " + voters + ", " + spare
	if lost == nil {
		return quorum
	}
	words, brief := lost.marginWords()
	return fitting(MarginWidth, words+", "+quorum, brief+", "+quorum, brief+", "+voters+", "+spare,
		quorum)
}

// unproven reports that not every healthy voter is known to be one that may fail, and why, in short.
func (f *frame) unproven(all []conclusion) (why string, is bool) {
	is = f.first && !f.settings.sinceStart
	for i := range all {
		m := &f.members[i]
		switch {
		case !m.Voter || !m.Healthy:
		case all[i].canLose.Verdict == LossUnknown:
			return all[i].canLose.Headline, true
		case m.hearing.isDoubt():
			is = true
		}
	}
	return "", is
}

// An openEnd is how the text of a reading goes on once the verdicts are known: behind the margin with how many voters
// can be lost, then with rest.
type openEnd struct {
	margin bool
	rest   string
}

// settled is a reading with all of its text. why says in short why it is not known how many voters can be lost.
func (o *openEnd) settled(r Reading, c *clusterState, why string, unproven bool) Reading {
	words := ""
	switch {
	case !o.margin || !c.marginAwaitsVerdicts():
	case unproven && why != "":
		words = ", and how many can be lost is not known (" + why + ")"
	case unproven:
		words = ", and how many can be lost is not known"
	default:
		words = fmt.Sprintf(": %d can be lost", c.spare())
	}
	r.Text += words + o.rest
	return r
}

// marginAwaitsVerdicts reports that the margin has a number of voters that can be lost.
func (c *clusterState) marginAwaitsVerdicts() bool {
	return c.MemberListKnown && c.UnknownVoters == 0 && c.HealthyVoters >= c.Quorum && c.spare() > 0
}

// lostByAll returns what all clients lose now by a critical finding; nil if that is nothing.
func lostByAll(impacts []Impact, findings []Finding) *Impact {
	at := slices.IndexFunc(impacts, func(i Impact) bool {
		f := findingBy(findings, i.Rule, i.Member.Key)
		return i.When == ImpactNow && len(i.Members) == 0 && f != nil && f.Level == Critical
	})
	if at < 0 {
		return nil
	}
	return &impacts[at]
}

// marginWords say the impact before the margin, in two words and in fewer letters.
func (i *Impact) marginWords() (words, brief string) {
	service := strings.ReplaceAll(string(i.Service), "-", " ")
	switch i.Effect {
	case EffectRefused, EffectFails:
		return service + " " + i.effectBrief(), "no " + service
	default:
		words = service + " " + i.effectBrief()
		return words, words
	}
}

// effectBrief is the effect behind the name of a service.
func (i *Impact) effectBrief() string {
	switch i.Effect {
	case EffectRefused:
		return "refused"
	case EffectFails:
		return "fail"
	case EffectDiverges:
		return "differ"
	default:
		return "slow"
	}
}

// lostMargin is the margin of a lost quorum. Without a leader no voter is healthy: what counts is how many answer.
func (f *frame) lostMargin(c *clusterState) string {
	answering := c.AnsweringVoters
	answer := fmt.Sprintf("%d of %d %s", answering, c.Voters, pluralForm(answering, "answers", "answer"))
	switch {
	case !c.Leader.IsZero():
		return fmt.Sprintf("%d/%d healthy, quorum needs %d", c.HealthyVoters, c.Voters, c.Quorum)
	case answering == 0:
		return fmt.Sprintf("none of %s answers, needs %d", Plural(c.Voters, "voter"), c.Quorum)
	case answering >= c.Quorum:
		return answer + ", none leads"
	}
	return fitting(MarginWidth, fmt.Sprintf("%s, no leader, needs %d", answer, c.Quorum),
		fmt.Sprintf("%d/%d answer, no leader, needs %d", answering, c.Voters, c.Quorum))
}
