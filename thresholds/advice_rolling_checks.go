package thresholds

import (
	"fmt"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// A RollingCheck is a condition that must hold before the next member is changed or restarted.
type RollingCheck struct {
	Name   RollingCheckName
	Status CheckStatus
	// Text is what was found, or what is unknown.
	Text string
}

// RollingCheckName names a [RollingCheck].
type RollingCheckName string

// The checks before each step, in their order.
const (
	CheckAnswers  RollingCheckName = "answers"   // every member answers
	CheckVoters   RollingCheckName = "voters"    // all voters are healthy
	CheckLeader   RollingCheckName = "leader"    // somebody leads
	CheckApplyLag RollingCheckName = "apply-lag" // all have applied what was committed
	CheckFindings RollingCheckName = "findings"  // nothing is at warning or worse
)

// CheckStatus is how a check ended.
type CheckStatus string

// The statuses of a check.
const (
	CheckOK      CheckStatus = "ok"
	CheckFailed  CheckStatus = "failed"
	CheckUnknown CheckStatus = "unknown"
)

// Word is the status in the box before a check.
func (s CheckStatus) Word() string {
	switch s {
	case CheckOK:
		return "ok"
	case CheckFailed:
		return "FAIL"
	default:
		return "?"
	}
}

// Headline is the text in a few words.
func (c *RollingCheck) Headline() string {
	if c.Status == CheckOK {
		return c.Text
	}
	words := map[RollingCheckName][2]string{ // failed, and not known
		CheckAnswers:  {"not all answer", "who answers is not known"},
		CheckVoters:   {"not all voters healthy", "voters' health not known"},
		CheckLeader:   {"no leader", "leader not known"},
		CheckApplyLag: {"apply lag too high", "apply lag not known"},
		CheckFindings: {"findings at warning or worse", "not all can be judged"},
	}[c.Name]
	if c.Status == CheckFailed {
		return words[0]
	}
	return words[1]
}

// rollingChecks returns the checks between two members.
func rollingChecks(a *Assessment, lag *Rule) []RollingCheck {
	return []RollingCheck{checkAnswers(a), checkVoters(a), checkLeader(a), checkApplyLag(a, lag), checkFindings(a)}
}

func checkAnswers(a *Assessment) RollingCheck {
	var silent, far []string
	for i := range a.Members {
		switch m := &a.Members[i]; {
		case m.State == StateOK || m.Stray:
		case m.State == StateOutOfReach:
			far = append(far, m.Label)
		default:
			silent = append(silent, m.Label)
		}
	}
	switch {
	case len(silent) > 0:
		return RollingCheck{CheckAnswers, CheckFailed, "no answer from " + strings.Join(silent, ", ")}
	case len(far) > 0:
		return RollingCheck{CheckAnswers, CheckUnknown,
			fmt.Sprintf("%s %s out of reach from here", join(far), pluralForm(len(far), "is", "are"))}
	case !a.Cluster.MemberListKnown:
		return RollingCheck{CheckAnswers, CheckUnknown, "member list not known"}
	}
	return RollingCheck{CheckAnswers, CheckOK, "every member answers"}
}

func checkVoters(a *Assessment) RollingCheck {
	c := &a.Cluster
	text := fmt.Sprintf("%s, quorum %d", c.countedVoters(), c.Quorum)
	switch {
	case !c.MemberListKnown || a.Undecided():
		return RollingCheck{CheckVoters, CheckUnknown, "quorum not known"}
	case c.HealthyVoters+c.UnknownVoters < c.Voters:
		if ill := a.unhealthyVoters(); c.HealthyVoters > 0 {
			text += ": not " + strings.Join(ill, ", ")
		}
		return RollingCheck{CheckVoters, CheckFailed, text}
	case c.UnknownVoters > 0:
		return RollingCheck{CheckVoters, CheckUnknown, text}
	}
	return RollingCheck{CheckVoters, CheckOK, text}
}

// unhealthyVoters are the labels of the voters that do not count towards the quorum.
func (a *Assessment) unhealthyVoters() (labels []string) {
	for i := range a.Members {
		if m := &a.Members[i]; !m.Healthy && !m.HealthUnknown && !m.Stray && m.Role != RoleLearner {
			labels = append(labels, m.Label)
		}
	}
	return labels
}

func checkLeader(a *Assessment) RollingCheck {
	c := &a.Cluster
	switch a.Cluster.Leadership {
	case Led:
		text := c.Leader.Label + " leads"
		switch led := a.At.Sub(c.LeaderSince); {
		case led == 0:
		case c.LeaderSeenToCome:
			text += ", for " + FormatDuration(led)
		default:
			text += ", for at least " + FormatDuration(led)
		}
		return RollingCheck{CheckLeader, CheckOK, text}
	case LeadershipUnknown:
		return RollingCheck{CheckLeader, CheckUnknown, "leader not known"}
	}
	return RollingCheck{CheckLeader, CheckFailed, "no leader"}
}

// checkApplyLag compares the longest apply lag with the limit of its rule.
func checkApplyLag(a *Assessment, rule *Rule) RollingCheck {
	var most probe.Value
	whose, unknown := "", []string(nil)
	for i := range a.Members {
		m := &a.Members[i]
		n := m.Vitals[ApplyLag]
		switch {
		case m.Stray:
			continue
		case !n.IsKnown() || m.IsStale(ApplyLag) || m.State != StateOK:
			unknown = append(unknown, m.Label)
			continue
		}
		if !most.IsKnown() || n.Or(0) > most.Or(0) {
			most, whose = n, m.Label
		}
	}
	limit, limited := rule.Warning.Value.Get()
	text := "apply lag " + ApplyLag.Unit().Format(most.Or(0))
	if limited {
		text += ", limit " + ApplyLag.Unit().Format(limit)
	}
	switch {
	case most.IsKnown() && limited && rule.Breached(most.Or(0), limit):
		return RollingCheck{CheckApplyLag, CheckFailed, whose + ": " + text}
	case len(unknown) > 0:
		return RollingCheck{CheckApplyLag, CheckUnknown, "apply lag of " + join(unknown) + " not known"}
	}
	return RollingCheck{CheckApplyLag, CheckOK, text}
}

// checkFindings checks everything else: findings at warning or worse, and rules that can't be judged.
func checkFindings(a *Assessment) RollingCheck {
	alarms, unknown, worst := 0, 0, (*Finding)(nil)
	for i := range a.Findings {
		switch f := &a.Findings[i]; {
		case f.InhibitedBy != "": // its inhibitor counts
		case f.Level >= Warning:
			alarms++
			m := a.Member(f.Member.Key)
			if ours := m == nil || m.Listed; ours && (worst == nil || f.Level > worst.Level) {
				worst = f
			}
		case f.Level == Unknown:
			unknown++
		}
	}
	switch {
	case alarms > 0 && worst == nil:
		return RollingCheck{CheckFindings, CheckFailed, Plural(alarms, "finding") + " at warning or worse"}
	case alarms > 1:
		return RollingCheck{CheckFindings, CheckFailed, fmt.Sprintf("%s, and %s at warning or worse", worst.Headline,
			Plural(alarms-1, "more finding"))}
	case alarms > 0:
		return RollingCheck{CheckFindings, CheckFailed, worst.Headline}
	case unknown > 0:
		return RollingCheck{CheckFindings, CheckUnknown, Plural(unknown, "rule") + " can't be judged"}
	}
	return RollingCheck{CheckFindings, CheckOK, "nothing at warning or worse"}
}
