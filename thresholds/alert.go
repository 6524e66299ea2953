package thresholds

import (
	"cmp"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// An alertKey is a rule and the member that it is about; an empty member is the cluster.
type alertKey struct {
	rule   RuleID
	member string
}

// AlertState is how far an alert has come.
type AlertState string

// The states of an alert. A pending one is no finding yet.
const (
	AlertPending   AlertState = "pending"   // over its limit, for less than it must hold
	AlertFiring    AlertState = "firing"    // over its limit for as long as it must hold, or can't be judged
	AlertResolving AlertState = "resolving" // back below its limit, for less than it must hold
)

// An alertState tracks a value against one limit.
type alertState struct {
	// pendingSince is since when the value breaches the limit without a break; zero while it does not.
	pendingSince time.Time
	// resolvingSince is since when a firing value is back below the limit; zero otherwise.
	resolvingSince time.Time
	// firing reports that the limit was breached for as long as it must hold, and has not been kept for as long since.
	firing bool
	// firingSince is when the breach began, while it fires.
	firingSince time.Time
}

// state names the state; empty if the value is below the limit and nothing is resolving.
func (l *alertState) state() AlertState {
	switch {
	case l.firing && !l.resolvingSince.IsZero():
		return AlertResolving
	case l.firing:
		return AlertFiring
	case !l.pendingSince.IsZero():
		return AlertPending
	}
	return ""
}

// observe records a measurement and reports whether the limit fires. It fires once breached for as long as it must
// hold, and stops once kept for as long again; a condition stops at once. A value over a window must stay beyond the
// limit for longer than the window, in which a single stall stays visible.
func (l *alertState) observe(limit Limit, m measurement, s *subject) bool {
	value, _ := m.value.Get()
	threshold, limited := limit.Value.Get()
	if !limited {
		return false
	}
	hold := max(limit.For, m.window)
	if s.settings.immediate || m.certain {
		hold = 0
	}
	if s.rule.Breached(value, threshold) && !m.notApplicable {
		if l.pendingSince.IsZero() {
			l.pendingSince = s.now
			if !m.since.IsZero() {
				l.pendingSince = m.since
			}
		}
		l.resolvingSince = time.Time{}
		if !l.firing && s.now.Sub(l.pendingSince) >= hold {
			l.firing, l.firingSince = true, l.pendingSince
		}
		return l.firing
	}
	l.pendingSince = time.Time{}
	if l.firing {
		if l.resolvingSince.IsZero() {
			l.resolvingSince = s.now
		}
		if s.rule.Unit == Condition || s.now.Sub(l.resolvingSince) >= hold {
			*l = alertState{}
		}
	}
	return l.firing
}

// An alert is the state of a rule for one member, kept across sweeps.
type alert struct {
	limits [3]alertState // notice, warning, critical
	// unknownSince is since when it can't be judged; zero while it can.
	unknownSince time.Time
	// These are of the newest breach: what a resolving finding says.
	says                        statement
	advice                      string
	value                       probe.Value
	tooFewSamples, learnersOnly bool
	basis                       Basis
}

// isIdle reports that the rule can be judged, and no limit is breached or resolving.
func (st *alert) isIdle() bool { return st.unknownSince.IsZero() && st.limits == [3]alertState{} }

// graded are the levels that have limits, in the order of alert.limits.
var graded = [3]Level{Notice, Warning, Critical}

// judge evaluates the subject's rule. It returns the finding, if there is one, or why the rule is not measurable.
func (st *alert) judge(s *subject) (f Finding, found bool, missing Unmeasured) {
	r := s.rule
	m := r.judge(s, s.reach(r.LongestWindow()))
	tooFew := m.notMeasurable != "" && m.why == WhyTooFew
	if m.unknown != "" || tooFew {
		st.expire(s, m)
	}
	switch {
	case (m.unknown != "" || tooFew) && st.lastFiring() >= 0:
		return st.lastKnown(s, m), true, Unmeasured{}
	case m.unknown != "":
		return st.unknown(s, m), true, Unmeasured{}
	case m.notMeasurable != "":
		*st = alert{}
		return Finding{}, false, Unmeasured{Rule: r.ID, Why: m.reason(), Text: m.notMeasurable, Suspected: m.suspected}
	}
	st.unknownSince = time.Time{}
	for i, level := range graded {
		limit, measured := r.Limit(level), m
		if limit.Value.IsKnown() && limit.Window != r.LongestWindow() {
			if measured = r.judge(s, s.reach(limit.Window)); measured.unknown != "" || measured.notMeasurable != "" {
				continue
			}
		}
		if measured.maxLevel != OK && level > measured.maxLevel {
			measured.notApplicable = true
		}
		if st.limits[i].observe(limit, measured, s) {
			if !st.limits[i].pendingSince.IsZero() {
				st.says, st.value, st.advice = r.say(s, measured), measured.value, r.Advice
				if r.advise != nil {
					st.advice = cmp.Or(r.advise(s), r.Advice)
				}
				st.tooFewSamples, st.learnersOnly = measured.tooFewSamples, measured.learnersOnly
				st.basis = measured.basis
			}
			g := st.finding(r, i)
			if g.InhibitedBy, g.InhibitedByMember.Key = measured.inhibitedBy, measured.inhibitedByMember; !found ||
				!g.Resolving() || f.Resolving() { // what fires goes before what was worse
				f, found = g, true
			}
		}
	}
	if found && f.Resolving() {
		f.PreviousLevel, f.Level = f.Level, Notice // below the limit, and a notice until that has held
		back := "just now"
		if d := s.now.Sub(f.ResolvingSince); d >= time.Second {
			back = "for " + FormatDuration(d)
		}
		f.say(f.says().surround(formerly, "; back below the limit "+back))
	}
	return f, found, Unmeasured{}
}

// reach widens a window to what it takes to see growth: at one sample a minute, a window of a minute holds a single
// point. It spans as many whole steps as fit into the window, and at least one, because older growth would dilute the
// current rate; and a quarter of a step more, because steps vary.
func (s *subject) reach(window time.Duration) time.Duration {
	step := s.settings.step(s.track)
	switch {
	case window == 0 || step == 0:
		return window
	case s.rule.Unit == Count:
		return max(window, step+step/4)
	case 2*step+step/2 <= window:
		return window
	default:
		return max(window, max(1, window/step)*step+step/4)
	}
}

// finding is the finding by the limit at index i of limits.
func (st *alert) finding(r *Rule, i int) Finding {
	l := &st.limits[i]
	f := Finding{
		Rule: r.ID, Level: graded[i], Value: st.value, Limit: r.Limit(graded[i]).Value, Unit: r.Unit,
		Advice: st.advice, Since: l.firingSince, State: l.state(), ResolvingSince: l.resolvingSince,
		Source: r.SourceOf(graded[i]), Basis: st.basis, TooFewSamples: st.tooFewSamples, LearnersOnly: st.learnersOnly,
	}
	f.say(st.says)
	if r.Unit == Condition {
		f.Value, f.Limit = probe.Value{}, probe.Value{}
	}
	return f
}

// expire ends the earlier findings of a rule that can't be judged now. They stand for [Limit.keptFor], so that a slow
// member that answers late now and then does not clear them; unless the member is down, which ends what it had.
func (st *alert) expire(s *subject, m measurement) {
	if st.unknownSince.IsZero() {
		st.unknownSince = s.now
	}
	for i := range st.limits {
		l := &st.limits[i]
		if m.disproves || m.inhibitedBy == MemberUnreachable ||
			s.now.Sub(st.unknownSince) > s.rule.Limit(graded[i]).keptFor(s.settings.window) {
			*l = alertState{}
		}
	}
}

// lastFiring is the index of the severest limit that fires and is not resolving; -1 if none does.
func (st *alert) lastFiring() int {
	for i := len(graded) - 1; i >= 0; i-- {
		if l := &st.limits[i]; l.firing && l.resolvingSince.IsZero() {
			return i
		}
	}
	return -1
}

// lastKnown is the earlier finding of a rule that can't be judged now.
func (st *alert) lastKnown(s *subject, m measurement) Finding {
	f := st.finding(s.rule, st.lastFiring())
	f.say(f.says().surround("", " (last known; now "+cmp.Or(m.unknown, m.notMeasurable)+")"))
	f.Why = m.reason()
	return f
}

// unknown is the finding that a rule can't be judged.
func (st *alert) unknown(s *subject, m measurement) Finding {
	r := s.rule
	return Finding{
		Rule: r.ID, Level: Unknown, State: AlertFiring, Unit: r.Unit, Summary: "unknown: " + m.unknown,
		What: "unknown: " + m.unknown, Named: m.named, Timed: m.timed, Why: m.reason(), Reason: m.unknown,
		Missing: m.missing, MissingOf: m.missingOf,
		InhibitedBy: m.inhibitedBy, InhibitedByMember: MemberRef{Key: m.inhibitedByMember}, Since: st.unknownSince,
		Source: r.Sources(),
		Advice: m.advice,
	}
}
