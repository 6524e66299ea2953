package tui

import (
	"github.com/etcdoc/etcdoc/thresholds"
)

// ruleOf is the rule that judges a vital.
func ruleOf(v thresholds.Vital) thresholds.RuleID {
	switch v {
	case thresholds.WALFsyncP99:
		return thresholds.WALFsyncSlow
	case thresholds.BackendCommitP99:
		return thresholds.BackendCommitSlow
	case thresholds.ProposalsPending:
		return thresholds.ProposalsQueued
	case thresholds.DBSize, thresholds.DBQuotaUsed:
		return thresholds.DBQuotaNear
	case thresholds.ApplyLag:
		return thresholds.ApplyLagging
	case thresholds.FollowerLag:
		return thresholds.FollowerLagging
	case thresholds.SlowAppliesRate:
		return thresholds.AppliesSlow
	case thresholds.PeerRTTP99:
		return thresholds.PeerRTTSlow
	case thresholds.PeerSendFailuresRate:
		return thresholds.PeerSendFailing
	case thresholds.LinearizableRead:
		return thresholds.LinearizableReadSlow
	case thresholds.SerializableRead:
		return thresholds.SerializableReadSlow
	case thresholds.FDsUsed:
		return thresholds.FDsExhausted
	case thresholds.DBQuotaReachedIn:
		return thresholds.DBGrowing
	case thresholds.CertificateExpiresIn:
		return thresholds.CertificateExpiring
	case thresholds.LeaderChanges:
		return thresholds.LeaderChanging
	}
	return ""
}

func rulesByID(rules []thresholds.Rule) map[thresholds.RuleID]thresholds.Rule {
	byID := make(map[thresholds.RuleID]thresholds.Rule, len(rules))
	for _, r := range rules {
		byID[r.ID] = r
	}
	return byID
}

// levelLimit is a limit and the level that begins there.
type levelLimit struct {
	value float64
	level thresholds.Level
}

// limits are the limits that a vital is judged by, lowest first, in the unit that charts show it in; share is what
// a limit in percent is of (a database's quota), 1 for all others.
func (m model) limits(v thresholds.Vital, share float64) []levelLimit {
	rule, known := m.rules[ruleOf(v)]
	if !known || share <= 0 {
		return nil
	}
	var limits []levelLimit
	for _, l := range []struct {
		limit thresholds.Limit
		level thresholds.Level
	}{{rule.Notice, thresholds.Notice}, {rule.Warning, thresholds.Warning}, {rule.Critical, thresholds.Critical}} {
		if n, known := l.limit.Value.Get(); known {
			limits = append(limits, levelLimit{n * share, l.level})
		}
	}
	return limits
}

// levelOf is how bad a value is by limits, as far as a single value tells.
func levelOf(limits []levelLimit, n float64) thresholds.Level {
	level := thresholds.OK
	for _, l := range limits {
		if n >= l.value {
			level = max(level, l.level)
		}
	}
	return level
}

// nearestLimit is the one that a chart with this peak is read against: the highest that was crossed, else the first.
func nearestLimit(limits []levelLimit, peak float64) (levelLimit, bool) {
	if len(limits) == 0 {
		return levelLimit{}, false
	}
	nearest := limits[0]
	for _, l := range limits {
		if peak >= l.value {
			nearest = l
		}
	}
	return nearest, true
}

// breach is the level of the finding about a member by a rule; ok when there is none.
func (m model) breach(member string, rule thresholds.RuleID) thresholds.Level {
	level := thresholds.OK
	if rule == "" {
		return level
	}
	for i := range m.shown.assessment.Findings {
		if f := &m.shown.assessment.Findings[i]; f.Rule == rule && f.Member.Key == member {
			level = max(level, f.Level)
		}
	}
	return level
}

// over is the level of the limit that a member's value is over. Where a finding stands although the value is back below
// the limit, there is none; what only counts over a window of its rule's own, or must not be too small, goes by the
// finding.
func (m model) over(a *thresholds.Member, v thresholds.Vital, value float64) thresholds.Level {
	level := m.breach(a.Key, ruleOf(v))
	if level == thresholds.OK || level == thresholds.Unknown {
		return thresholds.OK
	}
	rule := m.rules[ruleOf(v)]
	if rule.Below {
		return level
	}
	for _, limit := range []thresholds.Limit{rule.Notice, rule.Warning, rule.Critical} {
		if limit.Window > 0 {
			return level
		}
	}
	share := 1.0
	if v == thresholds.DBSize {
		share = a.Vitals[thresholds.DBQuota].Or(0)
	}
	return min(level, levelOf(m.limits(v, share), value))
}

// standIn is what stands in for a quantile of too few observations: the slowest one.
func standIn(v thresholds.Vital) (worst thresholds.Vital, has bool) {
	switch v {
	case thresholds.WALFsyncP99:
		return thresholds.WALFsyncWorst, true
	case thresholds.BackendCommitP99:
		return thresholds.BackendCommitWorst, true
	}
	return v, false
}
