package tui

import (
	"github.com/etcdoc/etcdoc/thresholds"
)

// ruleSet is the rules in their order, by their id, and by the vital that each judges.
type ruleSet struct {
	all     []thresholds.Rule
	byID    map[thresholds.RuleID]*thresholds.Rule
	byVital map[thresholds.Vital]*thresholds.Rule
}

func newRuleSet(rules []thresholds.Rule) ruleSet {
	s := ruleSet{rules, make(map[thresholds.RuleID]*thresholds.Rule, len(rules)),
		make(map[thresholds.Vital]*thresholds.Rule)}
	for i := range rules {
		r := &rules[i]
		s.byID[r.ID] = r
		if r.Vital != thresholds.NoVital && r.Unit == r.Vital.Unit() {
			s.byVital[r.Vital] = r
		}
	}
	return s
}

// named is the rule with an id; one without limits where there is none.
func (s ruleSet) named(id thresholds.RuleID) (rule *thresholds.Rule, has bool) {
	if rule, has = s.byID[id]; !has {
		rule = new(thresholds.Rule)
	}
	return rule, has
}

// of is the rule whose limits a vital is drawn with; nil for none. The size of a database has the limits on its share
// of the quota.
func (s ruleSet) of(v thresholds.Vital) *thresholds.Rule {
	if v == thresholds.DBSize {
		v = thresholds.DBQuotaUsed
	}
	return s.byVital[v]
}

// levelLimit is a limit and the level that begins there.
type levelLimit struct {
	value float64
	level thresholds.Level
}

// limits are the limits that a vital must not reach, lowest first, in the unit of the chart. share is what limits in
// percent are a share of (a database's quota), 1 for all others.
func (m model) limits(v thresholds.Vital, share float64) []levelLimit {
	rule := m.rules.of(v)
	if rule == nil || rule.Below || share <= 0 {
		return nil
	}
	var limits []levelLimit
	for level := thresholds.Notice; level <= thresholds.Critical; level++ {
		if n, known := rule.Limit(level).Value.Get(); known {
			limits = append(limits, levelLimit{n * share, level})
		}
	}
	return limits
}

// reached is the limit's level where a value is over it, else OK.
func (l levelLimit) reached(worst thresholds.Level) thresholds.Level {
	if worst >= l.level {
		return l.level
	}
	return thresholds.OK
}

// levelOf is the level of a single value by limits.
func levelOf(limits []levelLimit, n float64) thresholds.Level {
	level := thresholds.OK
	for _, l := range limits {
		if n >= l.value {
			level = max(level, l.level)
		}
	}
	return level
}

// nearestLimit is the limit to show in a chart with this peak: the highest that the peak reaches, else the first.
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

// inForce is the limit of a vital that the members' marks go by, as the limit of a chart of theirs: that of the worst
// mark, else the first one. Without any mark it is the nearest limit to the peak. share is as in limits.
func (m model) inForce(
	members []thresholds.Member, v thresholds.Vital, limits []levelLimit, peak, share float64,
) []levelLimit {
	var worst thresholds.Level
	var found levelLimit
	for i := range members {
		k := members[i].Mark(v)
		limit, known := k.Limit.Get()
		if !known || found.value > 0 && k.Level <= worst {
			continue
		}
		if v == thresholds.DBSize { // a share of its own quota
			limit *= share / members[i].Vitals[thresholds.DBQuota].Or(share)
		}
		worst, found = k.Level, levelLimit{limit, k.LimitLevel}
	}
	if found.value <= 0 || len(limits) == 0 {
		return nearest(limits, peak)
	}
	return []levelLimit{found}
}

// findingLevel is the level of a rule's finding about a member; OK when there is none.
func (m model) findingLevel(member string, rule thresholds.RuleID) thresholds.Level {
	if f := m.shown.assessment.Finding(rule, member); f != nil {
		return f.Level
	}
	return thresholds.OK
}

// standIn is the vital shown in place of a quantile of too few observations: the slowest one.
func standIn(v thresholds.Vital) (worst thresholds.Vital, has bool) {
	switch v {
	case thresholds.WALFsyncP99:
		return thresholds.WALFsyncWorst, true
	case thresholds.BackendCommitP99:
		return thresholds.BackendCommitWorst, true
	}
	return v, false
}
