package tui

import (
	"fmt"
	"slices"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// worded is an evaluator whose words were recorded, so that goldens do not change when thresholds words something anew.
// All else that it says is what thresholds finds in the sweeps, of the rules in goldenRules. TestGoldenWords fails
// once the recorded words no longer have the facts right.
type worded struct {
	evaluator
	recorded map[time.Duration]wording
	ago      time.Duration
}

// goldenRules are the rules whose limits and findings goldens draw.
func goldenRules() []thresholds.Rule {
	limit := func(value float64, hold time.Duration) thresholds.Limit {
		return thresholds.Limit{Value: probe.Known(value), For: hold}
	}
	const hold = 15 * time.Second
	rule := func(id thresholds.RuleID, topic string, unit thresholds.Unit, vital thresholds.Vital, summary string,
		notice, warning, critical float64) thresholds.Rule {
		r := thresholds.Rule{ID: id, Topic: topic, Unit: unit, Vital: vital, Summary: summary, Source: "etcd's guide"}
		for to, value := range map[*thresholds.Limit]float64{
			&r.Notice: notice, &r.Warning: warning, &r.Critical: critical,
		} {
			if value > 0 {
				*to = limit(value, hold)
			}
		}
		return r
	}
	condition := func(id thresholds.RuleID, topic, summary string) thresholds.Rule {
		return thresholds.Rule{ID: id, Topic: topic, Unit: thresholds.Condition, Summary: summary, Warning: limit(1, 0)}
	}
	rules := []thresholds.Rule{
		rule(thresholds.WALFsyncSlow, "disk", thresholds.Seconds, thresholds.WALFsyncP99,
			"p99 of the WAL fsync duration", 0.01, 0.1, 0.5),
		rule(thresholds.BackendCommitSlow, "disk", thresholds.Seconds, thresholds.BackendCommitP99,
			"p99 of the backend commit duration", 0.025, 0.25, 0),
		rule(thresholds.ProposalsQueued, "queue", thresholds.Count, thresholds.ProposalsPending,
			"proposals that wait", 5, 100, 0),
		rule(thresholds.DBQuotaNear, "db", thresholds.Ratio, thresholds.DBQuotaUsed,
			"how much of its quota a database takes", 0.65, 0.8, 0.95),
		rule(thresholds.ApplyLagging, "lag", thresholds.Count, thresholds.ApplyLag,
			"entries that are committed and not applied", 0, 1000, 0),
		rule(thresholds.AppliesSlow, "apply", thresholds.PerSecond, thresholds.SlowAppliesRate,
			"applies that take over 100 ms", 0.05, 0, 0),
		rule(thresholds.PeerRTTSlow, "link", thresholds.Seconds, thresholds.PeerRTTP99,
			"p99 of the round trip to a peer", 0.05, 0.1, 0),
		condition(thresholds.MemberUnreachable, "", "a member does not answer"),
		condition(thresholds.MemberLate, "", "a member answers late"),
		condition(thresholds.NoLeader, "", "a member knows no leader"),
		condition(thresholds.QuorumAtRisk, "quorum", "no further voter may fail"),
		condition(thresholds.QuorumLost, "", "fewer voters are healthy than the quorum needs"),
		condition(thresholds.ClusterUnreachable, "", "no member answers"),
		condition(thresholds.MetricsUnavailable, "metrics", "a member's metrics are out of reach"),
	}
	real := thresholds.NewRuleSet(thresholds.Rules())
	for i := range rules {
		if rule, has := real.Rule(rules[i].ID); has {
			rules[i].Brief = rule.Brief
		}
	}
	return rules
}

// newWorded makes the judge of a scenario from the one of a model.
func newWorded(scenario string, of evaluator) *worded {
	return &worded{evaluator: of, recorded: readWords(scenario)}
}

// Observe returns what the evaluator says, in the recorded words of that moment if there are any.
func (w *worded) Observe(s probe.Sweep) thresholds.Assessment {
	a := w.evaluator.Observe(s)
	w.ago = epoch.Sub(s.At)
	a = ofGoldenRules(a)
	if recorded, has := w.recorded[w.ago]; has {
		recorded.into(&a)
	}
	return a
}

// Events returns the newest events.
func (w *worded) Events(n int) []thresholds.Event {
	events := w.evaluator.Events(n)
	if recorded, has := w.recorded[w.ago]; has {
		events = recorded.intoEvents(events)
	}
	return events
}

// ofGoldenRules leaves out what other rules have found, and how values stand to them.
func ofGoldenRules(a thresholds.Assessment) thresholds.Assessment {
	rules := thresholds.NewRuleSet(goldenRules())
	other := func(id thresholds.RuleID) bool {
		_, has := rules.Rule(id)
		return !has
	}
	a.Findings = slices.DeleteFunc(slices.Clone(a.Findings), func(f thresholds.Finding) bool {
		return other(f.Rule) || f.Level == thresholds.Unknown && // of these two are enough: all are alike
			f.Rule != thresholds.WALFsyncSlow && f.Rule != thresholds.BackendCommitSlow
	})
	a.Unmeasured = slices.DeleteFunc(slices.Clone(a.Unmeasured),
		func(u thresholds.Unmeasured) bool { return other(u.Rule) })
	a.Members = slices.Clone(a.Members)
	for i := range a.Members {
		m := &a.Members[i]
		m.Marks = slices.DeleteFunc(slices.Clone(m.Marks), func(mark thresholds.Mark) bool { return other(mark.Rule) })
	}
	return a
}

// wordedModel returns a model that has seen a scenario, and shows what was found in recorded words.
func wordedModel(name string, change func(*Options)) model {
	m := newTestModel(func(o *Options) {
		o.Rules = goldenRules()
		if change != nil {
			change(o)
		}
	})
	of, is := m.judge.(evaluator)
	if !is {
		panic(fmt.Sprintf("the judge is a %T", m.judge))
	}
	m.judge = newWorded(name, of)
	return m.after(scenarios()[name])
}
