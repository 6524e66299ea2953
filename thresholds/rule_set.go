package thresholds

import (
	"cmp"

	"github.com/etcdoc/etcdoc/probe"
)

// A RuleSet is rules in their order, by their id, and by the vital that each judges. It is never changed.
type RuleSet struct {
	all     []Rule
	byID    map[RuleID]*Rule
	byVital map[Vital]*Rule
	limits  map[Vital]VitalLimits
}

// NewRuleSet returns the set of rules, which must not be changed afterwards.
func NewRuleSet(rules []Rule) RuleSet {
	s := RuleSet{rules, make(map[RuleID]*Rule, len(rules)), make(map[Vital]*Rule), make(map[Vital]VitalLimits)}
	for i := range rules {
		r := &rules[i]
		s.byID[r.ID] = r
		if r.Vital == NoVital || r.Unit != r.Vital.Unit() || s.byVital[r.Vital] != nil {
			continue
		}
		s.byVital[r.Vital] = r
		if !r.Below {
			s.limits[r.Vital] = r.vitalLimits()
		}
	}
	return s
}

// All returns the rules in their order.
func (s RuleSet) All() []Rule { return s.all }

// Rule returns the rule with an id; one without limits if there is none.
func (s RuleSet) Rule(id RuleID) (rule *Rule, has bool) {
	if rule, has = s.byID[id]; !has {
		rule = &Rule{ID: id}
	}
	return rule, has
}

// Judging returns the rule that judges a vital in the vital's own unit; nil if there is none.
func (s RuleSet) Judging(v Vital) *Rule { return s.byVital[v] }

// Limiting returns the rule whose limits are shown beside a vital; nil if there is none. The size of a database has the
// limits on its share of the quota.
func (s RuleSet) Limiting(v Vital) *Rule {
	if v == DBSize {
		v = DBQuotaUsed
	}
	return s.byVital[v]
}

// LimitBase returns the amount that limits on a vital are shares of: for the size of a database the smallest quota of
// the members, in bytes, or 0 where none is known; 1 for any other vital.
func LimitBase(members []Member, v Vital) float64 {
	if v != DBSize {
		return 1
	}
	var least probe.Value
	for i := range members {
		quota := members[i].Vitals[DBQuota]
		if quota.IsKnown() && (!least.IsKnown() || quota.Or(0) < least.Or(0)) {
			least = quota
		}
	}
	return least.Or(0)
}

// Limits returns the limits that a vital must not reach, in its unit. quota is that of the database, in bytes, which
// only [DBSize] needs: it has no limits if that is 0.
func (s RuleSet) Limits(v Vital, quota float64) VitalLimits {
	if v != DBSize {
		return s.limits[v]
	}
	if quota <= 0 {
		return nil
	}
	shares := s.limits[DBQuotaUsed]
	sizes := make(VitalLimits, len(shares))
	for i, l := range shares {
		sizes[i] = VitalLimit{l.Value * quota, l.Level}
	}
	return sizes
}

// InForce returns the limit of a vital that the members' marks go by, those of last known values too: that of the worst
// mark, else the first one. Without any mark it is the nearest to the peak of their values. quota is as in
// [RuleSet.Limits].
func (s RuleSet) InForce(members []Member, v Vital, peak, quota float64) VitalLimits {
	limits := s.Limits(v, quota)
	if len(limits) == 0 {
		return nil
	}
	var worst Level
	var found VitalLimit
	for i := range members {
		k := members[i].Mark(v)
		limit, known := k.Limit.Get()
		level := max(k.Level, k.LastLevel)
		if !known || v == DBSize && !members[i].Vitals[DBQuota].IsKnown() || found.Value > 0 && level <= worst {
			continue
		}
		if v == DBSize { // a share of its own quota
			limit *= quota / members[i].Vitals[DBQuota].Or(quota)
		}
		worst, found = level, VitalLimit{limit, k.LimitLevel}
		if k.LastLevel > k.Level {
			found = limits.of(k.LastLevel)
		}
	}
	if nearest, has := limits.Nearest(peak); has && found.Value <= 0 {
		found = nearest
	}
	return VitalLimits{found}
}

// A VitalLimit is a limit in the unit of a vital, and the level that begins there.
type VitalLimit struct {
	Value float64
	Level Level
}

// VitalLimits are limits that a value must not reach, the lowest first.
type VitalLimits []VitalLimit

// of returns the limit of a level; zero if there is none.
func (l VitalLimits) of(level Level) VitalLimit {
	for _, limit := range l {
		if limit.Level == level {
			return limit
		}
	}
	return VitalLimit{}
}

// LevelOf returns the level of a value by the limits alone, for however long it lasts.
func (l VitalLimits) LevelOf(value float64) Level {
	level := OK
	for _, limit := range l {
		if value >= limit.Value {
			level = max(level, limit.Level)
		}
	}
	return level
}

// Nearest returns the limit to show beside values with a peak: the highest that the peak reaches, else the first.
func (l VitalLimits) Nearest(peak float64) (limit VitalLimit, has bool) {
	if len(l) == 0 {
		return VitalLimit{}, false
	}
	nearest := l[0]
	for _, limit := range l {
		if peak >= limit.Value {
			nearest = limit
		}
	}
	return nearest, true
}

// Reached returns the level of the limit if the worst value is over it, else [OK].
func (l VitalLimit) Reached(worst Level) Level {
	if worst >= l.Level {
		return l.Level
	}
	return OK
}

// vitalLimits are the limits of all levels.
func (r *Rule) vitalLimits() VitalLimits {
	var limits VitalLimits
	for _, level := range graded {
		if value, known := r.Limit(level).Value.Get(); known {
			limits = append(limits, VitalLimit{value, level})
		}
	}
	return limits
}

// LevelOf returns the level of a value by the rule's limits alone, for however long it lasts.
func (r *Rule) LevelOf(value float64) Level {
	worst := OK
	for _, level := range graded {
		if limit, known := r.Limit(level).Value.Get(); known && r.Breached(value, limit) {
			worst = max(worst, level)
		}
	}
	return worst
}

// LimitWords says where a level of the rule begins, its value as write has it: "from 10 ms on, for 15s", "at 4 h or less
// in 1h, for 1m", and "when it holds" of a condition. It is empty if the rule does not have the level.
func (r *Rule) LimitWords(level Level, write func(Unit, float64) string) string {
	limit := r.Limit(level)
	value, has := limit.Value.Get()
	if !has {
		return ""
	}
	var text string
	switch {
	case r.Unit == Condition && value > 1:
		text = cmp.Or(limit.holds, "when the severe case holds")
	case r.Unit == Condition:
		text = "when it holds"
	case r.Below:
		text = "at " + write(r.Unit, value) + " or less"
	default:
		text = "from " + write(r.Unit, value) + " on"
	}
	if limit.Window > 0 {
		text += " in " + ShortDuration(limit.Window)
	}
	if limit.For > 0 {
		text += ", for " + ShortDuration(limit.For)
	}
	return text
}

// LimitFrom returns the limit of a level, or the mildest one if the rule does not have that level, with its level.
func (r *Rule) LimitFrom(level Level) (limit Limit, of Level, has bool) {
	if limit := r.Limit(level); limit.Value.IsKnown() {
		return limit, level, true
	}
	return r.FirstLimit()
}

// FirstLimit returns the mildest limit that the rule has, and its level.
func (r *Rule) FirstLimit() (limit Limit, of Level, has bool) {
	for _, level := range graded {
		if limit := r.Limit(level); limit.Value.IsKnown() {
			return limit, level, true
		}
	}
	return Limit{}, OK, false
}

// NearestToLimit returns the member with the worst mark by the rule; of several the one whose value is furthest on the
// side of the limit, current values before last known ones. It is nil if none has a value.
func (r *Rule) NearestToLimit(members []Member) *Member {
	var nearest *Member
	var most nearness
	for i := range members {
		m := &members[i]
		shown, _ := m.Shown(r.Vital)
		value, known := shown.Get()
		if !known {
			continue
		}
		if r.Below {
			value = -value
		}
		if n := (nearness{m.markBy(r).Level, !m.IsStale(r.Vital), value}); nearest == nil || most.less(n) {
			nearest, most = m, n
		}
	}
	return nearest
}

// nearness is how near a member's value is to a limit.
type nearness struct {
	level   Level
	current bool
	value   float64
}

func (n nearness) less(than nearness) bool {
	switch {
	case n.level != than.level:
		return n.level < than.level
	case n.current != than.current:
		return than.current
	}
	return n.value < than.value
}

// LimitFor returns the limit in force for a member's value by the rule, in the rule's unit, and the level that the
// value has reached.
func (r *Rule) LimitFor(m *Member) (limit probe.Value, reached Level) {
	k := m.markBy(r)
	if k.Rule != r.ID {
		first, _, _ := r.FirstLimit()
		return first.Value, k.Level
	}
	return k.Limit, k.Level
}

// markBy returns the member's mark by one rule.
func (m *Member) markBy(r *Rule) Mark {
	for _, k := range m.Marks {
		if k.Rule == r.ID {
			return k
		}
	}
	return Mark{Vital: r.Vital}
}

// StandIn returns the vital shown in place of a p99 of too few observations: the slowest observation.
func (v Vital) StandIn() (slowest Vital, has bool) {
	switch v {
	case WALFsyncP99:
		return WALFsyncWorst, true
	case BackendCommitP99:
		return BackendCommitWorst, true
	}
	return v, false
}
