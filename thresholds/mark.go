package thresholds

import (
	"slices"

	"github.com/etcdoc/etcdoc/probe"
)

// A Mark is how a member's value stands to the limits of a rule about it, by the rule's own alerts: in its window, by
// the samples that it needs, and by what it leaves out. Whoever shows the value marks it if State is not empty, and
// shows Limit beside it: a value and its limit that are compared elsewhere may say something else than the findings.
type Mark struct {
	// Rule judges Vital; empty if no rule does.
	Rule  RuleID
	Vital Vital
	// State is pending or firing while the value is at or over a limit; empty while it is over none. A resolving alert
	// has none: its value is back below the limit.
	State AlertState
	// Level is that of the highest limit that the value is over; [OK] while it is over none.
	Level Level
	// Limit is the limit in force, in the unit of the vital: the one of Level, or the first that the value may reach
	// while it is over none. It is absent where the rule judges how the vital grows.
	Limit probe.Value
	// LimitLevel is the level that begins at Limit.
	LimitLevel Level
	// LastLevel is, of a value that is only the last known one, that of the highest limit that it is over. No alert
	// stands on it.
	LastLevel Level
}

// Mark returns the mark of a vital: the worst of all rules about it. The size of the database has the limits on its
// share of the quota, and the mark of a p99 is also that of the slowest of a few: see [Member.Shown].
func (m *Member) Mark(v Vital) Mark {
	best := Mark{Vital: v}
	take := func(judged Vital, scale float64) {
		for _, k := range m.Marks {
			if k.Vital != judged || best.Rule != "" && max(k.Level, k.LastLevel) <= max(best.Level, best.LastLevel) {
				continue
			}
			if limit, known := k.Limit.Get(); known {
				k.Limit = probe.Known(limit * scale)
			}
			k.Vital, best = v, k
		}
	}
	if quota, known := m.Vitals[DBQuota].Get(); known && v == DBSize {
		take(DBQuotaUsed, quota)
	}
	take(v, 1)
	return best
}

// mark sets the members' marks from the alerts of this sweep.
func (e *Evaluator) mark(f *frame) {
	n := 0
	rules := f.settings.rules.All()
	for i := range rules {
		if r := &rules[i]; r.marks() {
			n++
		}
	}
	all := make([]Mark, 0, n*len(f.members))
	for i := range f.members {
		from := len(all)
		if m := f.members[i].Member; !m.Stray {
			for k := range rules {
				if r := &rules[k]; r.marks() {
					st, kept := e.alerts[alertKey{r.ID, m.Key}]
					if !kept {
						st = &e.spare
					}
					k := st.mark(r)
					k.LastLevel = m.lastLevel(r)
					all = append(all, k)
				}
			}
			m.Marks = all[from:len(all):len(all)]
			f.members[i].markPeers(f.settings.rule(PeerRTTSlow), func(key string) bool {
				at := f.place(key)
				return at >= 0 && f.members[at].track.stoodStill(f.now, rttSmoothing)
			})
		}
	}
}

// lastLevel is [Mark.LastLevel] by a rule: by what the rule judged of the value while it was new.
func (m *Member) lastLevel(r *Rule) Level {
	if r.Unit != r.Vital.Unit() || !m.IsStale(r.Vital) {
		return OK
	}
	value, atMost := m.Shown(r.Vital)
	if l := m.Latency(r.Vital); l.IsKnown() {
		if value = l.P99; l.Few {
			value = l.Low.Max(l.Mean)
		}
	} else if atMost {
		return OK
	}
	if n, known := value.Get(); known {
		return r.LevelOf(n)
	}
	return OK
}

// markPeers sets the marks of the member's round trips from that of its slowest one. stoodStill reports whether a
// member answers again only since lately. The last assessment may share the peers: they are copied where a mark
// changes.
func (m *memberState) markPeers(r *Rule, stoodStill func(member string) bool) {
	slowest, copied := m.markBy(r), false
	for i := range m.Peers {
		p := &m.Peers[i]
		k := Mark{Rule: slowest.Rule, Vital: slowest.Vital, Limit: slowest.Limit, LimitLevel: slowest.LimitLevel}
		if p99, known := p.RoundTripP99.Get(); known && !m.track.slowUntilLately(p.ID) {
			k.Level = min(slowest.Level, r.LevelOf(p99))
		}
		past := r.LevelOf(p.RoundTripP99.Or(0)) > OK &&
			(m.track.slowUntilLately(p.ID) || stoodStill(m.Key) || stoodStill(p.Key))
		if k.Level > OK {
			k.State = slowest.State
		}
		if k == p.Mark && past == p.RoundTripIsPast {
			continue
		}
		if !copied {
			m.Peers, copied = slices.Clone(m.Peers), true
			m.track.connections = m.Peers
		}
		m.Peers[i].Mark, m.Peers[i].RoundTripIsPast = k, past
	}
}

// marks reports whether the rule judges a vital.
func (r *Rule) marks() bool { return r.Vital != NoVital && r.Scope == ScopeMember && !r.IsOff() }

// mark is the mark of the rule's vital.
func (st *alert) mark(r *Rule) Mark {
	k := Mark{Rule: r.ID, Vital: r.Vital}
	for i, level := range graded {
		limit, l := r.Limit(level).Value, &st.limits[i]
		if !limit.IsKnown() {
			continue
		}
		over := !l.pendingSince.IsZero()
		if !st.unknownSince.IsZero() { // the last finding stands for a while
			over = l.firing && l.resolvingSince.IsZero()
		}
		if over {
			k.State, k.Level = l.state(), level
		}
		if over || k.LimitLevel == OK {
			k.Limit, k.LimitLevel = limit, level
		}
	}
	if r.Unit != r.Vital.Unit() {
		k.Limit, k.LimitLevel = probe.Value{}, OK
	}
	return k
}
